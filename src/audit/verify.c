/* Reads the whole log: heads in order, and with each stretch of heads the rows they cover, so that memory does
 * not grow with the log. */
#include "audit/verify.h"
#include "seam/keyfile.h"
#include <stdio.h>
#include <stdlib.h>

#define WINDOW 4096 /* heads at a time */

static void *grow(struct verify *v, void *p, size_t *cap, size_t n, size_t size)
{
	size_t more = *cap ? *cap * 2 : 16;
	void *q;

	if (n < *cap)
		return p;
	q = reallocarray(p, more, size);
	if (!q) {
		v->rc = err_set(v->e, KT_ENOMEM, "te weinig geheugen");
		return NULL;
	}
	*cap = more;
	return q;
}

struct chain *verify_chain(struct verify *v, const char *name)
{
	struct chain *more;

	for (size_t i = 0; i < v->chains_n; i++)
		if (strcmp(v->chains[i].name, name) == 0)
			return &v->chains[i];
	more = grow(v, v->chains, &v->chains_cap, v->chains_n, sizeof(*more));
	if (!more)
		return NULL;
	v->chains = more;
	more = &v->chains[v->chains_n++];
	*more = (struct chain){.next = 1};
	(void)str_copy(more->name, sizeof(more->name), str_of(name));
	return more;
}

void verify_found(struct verify *v, const char *chain, int64_t seq, const char *what, const char *why)
{
	int order = v->found ? strcmp(chain, v->r.chain) : -1;

	if (order > 0 || (order == 0 && seq >= v->r.seq))
		return;
	v->found = true;
	(void)str_copy(v->r.chain, sizeof(v->r.chain), str_of(chain));
	v->r.seq = seq;
	v->r.what = what;
	if (chain[0])
		(void)snprintf(v->r.text, sizeof(v->r.text), "Keten %s, regel %lld: %s. %s.", chain, (long long)seq, what, why);
	else
		(void)snprintf(v->r.text, sizeof(v->r.text), "Het logboek: %s. %s.", what, why);
}

/* The chain whose group a broken head belonged to: the one that grew in what comes next. */
static void broken_name(struct verify *v, const struct audit_end *ends, size_t n)
{
	const struct audit_end *first = NULL;
	int64_t seq = 0;

	for (size_t i = 0; i < n; i++) {
		const struct chain *c = verify_chain(v, ends[i].chain);

		if (!c || ends[i].seq <= c->signed_seq || (first && strcmp(ends[i].chain, first->chain) > 0))
			continue;
		first = &ends[i];
		seq = c->signed_seq + 1;
	}
	if (!first)
		return; /* nothing grew: say it of a later one, or at the end */
	verify_found(v, first->chain, seq, v->broken_what, v->broken_why);
	v->broken = false;
}

/* Whom this directory trusts. The table audit_key has no say: it belongs to whoever has the database. */
enum whose { STRANGE, OWN, KNOWN };

static enum whose key_whose(const struct verify *v, struct str key)
{
	if (key.n != SIGN_PUBLIC)
		return STRANGE;
	if (v->own_known && memcmp(key.p, v->own, SIGN_PUBLIC) == 0)
		return OWN;
	return audit_known_has(&v->known, (const uint8_t *)key.p) ? KNOWN : STRANGE;
}

/* NULL when the head is good. The message stays in v->message. */
static const char *head_judge(struct verify *v, const struct audit_head *h, const char **ret_what)
{
	const uint8_t *sig = (const uint8_t *)h->sig.p, *key = (const uint8_t *)h->key.p;
	enum whose whose = key_whose(v, h->key);
	uint8_t hash[AUDIT_HASH];

	*ret_what = "hoofd ongeldig";
	if (whose == STRANGE) {
		*ret_what = "onbekende sleutel";
		return "de sleutel onder deze groep is niet die van deze map en staat niet in keys/audit.known";
	}
	if (audit_head_hash(&v->message, h, hash) || h->sig.n != SIGN_BYTES ||
	    crypto_verify_label(sig, key, "audit-heads-sig", buf_view(&v->message)))
		return "de handtekening van deze groep klopt niet";
	v->r.foreign_key |= whose == KNOWN;
	if (v->mark_rc == 0 && v->mark.n == h->n && memcmp(hash, v->mark.message, AUDIT_HASH) != 0)
		return "de ondertekende stand is een andere dan in audit.head";
	return NULL;
}

static void checkpoint_add(struct verify *v, const struct audit_end *end)
{
	struct chain *c = verify_chain(v, end->chain);
	struct checkpoint *more;

	if (!c || c->signed_seq == end->seq)
		return;
	if (end->seq < c->signed_seq) {
		/* A later head that knows less: rows had gone when it was made. */
		verify_found(v, c->name, end->seq + 1, "verwijderd", "een eerdere ondertekende stand kende deze regel");
		return;
	}
	more = grow(v, c->cp, &c->cp_cap, c->cp_n, sizeof(*more));
	if (!more)
		return;
	c->cp = more;
	c->cp[c->cp_n].seq = end->seq;
	memcpy(c->cp[c->cp_n++].hash, end->hash, AUDIT_HASH);
	c->signed_seq = end->seq;
}

struct window {
	struct verify *v;
	int64_t read;
};

static int head_check(const struct audit_head *h, void *arg)
{
	struct window *w = arg;
	struct verify *v = w->v;
	const struct audit_end *ends = NULL;
	size_t n = 0;
	const char *what, *why = head_judge(v, h, &what);

	w->read++;
	v->r.heads++;
	arena_reset(v->json);
	if (audit_chains_of(v->json, h->chains, &ends, &n) && !why)
		why = "de ondertekende stand is niet te lezen";
	if (h->n != v->head_next && !v->broken) {
		v->broken = true;
		v->broken_what = "hoofd ongeldig";
		v->broken_why = "de ondertekende stand van deze groep ontbreekt";
	}
	v->head_next = h->n + 1;
	if (why && !v->broken) {
		v->broken = true;
		v->broken_what = what;
		v->broken_why = why;
	}
	if (v->broken)
		broken_name(v, ends, n);
	for (size_t i = 0; !why && i < n && !v->rc; i++)
		checkpoint_add(v, &ends[i]);
	return v->rc;
}

static int windows_check(struct verify *v)
{
	struct window w = {.v = v, .read = WINDOW};

	while (w.read == WINDOW) {
		int rc;

		w.read = 0;
		rc = audit_heads_each(v->tx, v->head_next - 1, WINDOW, head_check, &w, v->e);
		for (size_t i = 0; !rc && i < v->chains_n; i++) {
			if (v->chains[i].bad)
				v->chains[i].cp_n = v->chains[i].cp_at = 0;
			else
				rc = verify_rows(v, &v->chains[i]);
		}
		if (rc)
			return rc;
	}
	return 0;
}

static const struct audit_end *end_find(const struct audit_end *ends, size_t n, const char *chain)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(ends[i].chain, chain) == 0)
			return &ends[i];
	return NULL;
}

/* Is the end of the log where this directory saw it last? */
static void mark_check(struct verify *v, const struct audit_end *ends, size_t n)
{
	const struct audit_end *end = end_find(ends, n, v->mark.end.chain);
	const struct chain *c;

	if (v->mark_rc == KT_ECORRUPT && !v->mark_strange)
		verify_found(v, v->chains_n ? v->chains[0].name : "", v->chains_n ? v->chains[0].next - 1 : 0, "hoofd ongeldig",
		             "het bestand audit.head is beschadigd");
	if (v->mark_rc || v->mark.n < v->head_next)
		return;
	c = verify_chain(v, v->mark.end.chain);
	if (!c)
		return;
	if (!end || end->seq < v->mark.end.seq)
		verify_found(v, c->name, end ? end->seq + 1 : 1, "verwijderd", "audit.head kent nog regels van daarna");
	else
		verify_found(v, c->name, c->signed_seq + 1, "hoofd ongeldig", "de ondertekende stand van deze groep ontbreekt");
}

#define END_UNSEEN \
	"of het einde van het logboek er nog is, is niet te zien. Dat mag alleen door terugzetten (restore) komen"

/* Last, so that a row that can be named goes before it. A directory with a log always has its mark: it is made before
 * the first COMMIT. */
static void mark_missing(struct verify *v)
{
	const char *chain = v->chains_n ? v->chains[0].name : "";
	int64_t seq = v->chains_n ? v->chains[0].signed_seq : 0;

	if (v->found)
		return;
	if (v->mark_strange)
		verify_found(v, chain, seq, "onbekende sleutel",
		             "Het bestand audit.head is met een onbekende sleutel getekend");
	else if (!v->used)
		return;
	else if (v->mark_rc == KT_ENOTFOUND)
		verify_found(v, chain, seq, "hoofd ontbreekt", "Het bestand audit.head is weg of leeg: " END_UNSEEN);
	else if (v->mark_rc)
		verify_found(v, chain, seq, "hoofd ontbreekt", "Het bestand audit.head is niet te lezen: " END_UNSEEN);
	else if (v->r.heads == 0)
		verify_found(v, chain, seq, "hoofd ontbreekt",
		             "Er zijn dossiers, maar het logboek is leeg. Dat mag alleen door terugzetten (restore) komen");
}

static int log_check(struct verify *v, struct arena *a)
{
	const struct audit_end *ends;
	size_t n;
	int rc = audit_ends_get(v->tx, a, &ends, &n, v->e);

	/* Every chain that has rows, in order, also one that no head knows. */
	for (size_t i = 0; !rc && i < n && !v->rc; i++) {
		if (ends[i].chain[0])
			(void)verify_chain(v, ends[i].chain);
		else
			verify_found(v, "", ends[i].seq, "toegevoegd", "deze keten heeft een naam die niet bestaat");
	}
	if (!rc && !v->rc)
		rc = windows_check(v);
	if (rc || v->rc)
		return rc ? rc : v->rc;
	if (v->broken)
		broken_name(v, ends, n);
	if (v->broken) /* nothing grew after it: the head itself is all there is to name */
		verify_found(v, v->chains_n ? v->chains[0].name : "", v->chains_n ? v->chains[0].signed_seq : 0, v->broken_what,
		             v->broken_why);
	mark_check(v, ends, n);
	for (size_t i = 0; !rc && i < v->chains_n; i++)
		rc = verify_tail(v, &v->chains[i]);
	if (!rc && !v->rc)
		mark_missing(v);
	return rc ? rc : v->rc;
}

static int own_key_read(struct verify *v, const char *dir)
{
	uint8_t *secret = crypto_guard(SIGN_SECRET);
	int rc;

	if (!secret)
		return err_set(v->e, KT_ENOMEM, "te weinig vergrendelbaar geheugen");
	rc = keyfile_load(dir, "audit", secret, SIGN_SECRET, v->e);
	if (!rc) {
		memcpy(v->own, secret + SIGN_SECRET - SIGN_PUBLIC, SIGN_PUBLIC);
		v->own_known = true;
	}
	crypto_guard_free(secret);
	if (rc == KT_ENOTFOUND && v->e)
		*v->e = (struct err){0};
	return rc == KT_ENOTFOUND ? 0 : rc; /* then every head is of another */
}

static void text_good(struct verify *v)
{
	(void)snprintf(v->r.text, sizeof(v->r.text),
	               "Het logboek is heel: %lld regels, %lld getekende hoofden, %lld ketens.", (long long)v->r.rows,
	               (long long)v->r.heads, (long long)v->r.chains);
}

static int verify_run(struct verify *v, struct store *s, const char *dir)
{
	struct arena *a = arena_new(0);
	int rc;

	v->json = arena_new(0);
	if (!a || !v->json) {
		arena_free(a);
		return err_set(v->e, KT_ENOMEM, "te weinig geheugen");
	}
	rc = own_key_read(v, dir);
	/* Before the snapshot: the mark may be older than the database, never newer. */
	v->mark_rc = audit_mark_get(dir, &v->mark);
	if (!rc)
		rc = audit_known_get(dir, &v->known, v->e);
	v->mark_strange = !rc && v->mark_rc == 0 && key_whose(v, F_ARRAY(v->mark.public)) == STRANGE;
	if (v->mark_strange)
		v->mark_rc = KT_ECORRUPT;
	if (!rc)
		rc = store_read(s, &v->tx, v->e);
	if (!rc) {
		rc = audit_used_get(v->tx, &v->used, v->e);
		if (!rc)
			rc = log_check(v, a);
		v->tx = store_read_end(v->tx);
	}
	arena_free(a);
	return rc;
}

int audit_verify(struct store *s, const char *dir, struct audit_result *ret, struct err *e)
{
	struct verify v = {.e = e, .head_next = 1};
	int rc;

	buf_init(&v.message, AUDIT_JSON_MAX + 64);
	buf_init(&v.known, AUDIT_KNOWN_MAX);
	rc = verify_run(&v, s, dir);
	v.r.chains = (int64_t)v.chains_n;
	v.r.ok = !v.found;
	if (v.r.ok)
		text_good(&v);
	for (size_t i = 0; i < v.chains_n; i++)
		free(v.chains[i].cp);
	free(v.chains);
	buf_free(&v.message);
	buf_free(&v.known);
	arena_free(v.json);
	if (!rc)
		*ret = v.r;
	return rc;
}
