/* The imported lists in the database: replacing one, and asking all of them at once. */
#include "barrier/barrier.h"
#include "barrier/safety.h"
#include "seam/crypto.h"
#include "seam/json.h"
#include <stdlib.h>

static const struct stmt ST_COUNT = {"SELECT count FROM safety_list WHERE list = $1", NULL, "t", "i"};

static const struct stmt ST_CLEAR = {"DELETE FROM safety_entry WHERE list = $1", NULL, "t", ""};

static const struct stmt ST_ENTRY = {"INSERT INTO safety_entry (list, kind, value, mode) VALUES ($1, $2, $3, $4)", NULL,
                                     "titi", ""};

static const struct stmt ST_LIST = {
	"INSERT INTO safety_list (list, title, count, loaded_ms, sha) VALUES ($1, $2, $3, $4, $5)"
	" ON CONFLICT (list) DO UPDATE SET title = excluded.title, count = excluded.count,"
	" loaded_ms = excluded.loaded_ms, sha = excluded.sha",
	NULL, "ttiib", ""};

/* CROSS JOIN, or the array: the few names that were asked for are looked up one by one; the lists are never walked,
 * also right after an import, when the planner does not know their size yet. */
static const struct stmt ST_FIND = {
	"SELECT e.value, e.mode, e.list FROM json_each($2) AS j CROSS JOIN safety_entry AS e"
	" WHERE e.kind = $1 AND e.value = j.value",
	"SELECT value, mode, list FROM safety_entry"
	" WHERE kind = $1 AND value = ANY (ARRAY(SELECT jsonb_array_elements_text($2::jsonb)))",
	"it", "tit"};

/* By key, so that a page costs the same wherever it begins. */
static const struct stmt ST_STANDING = {
	"SELECT DISTINCT value FROM barrier WHERE kind = $1 AND value > $2 AND state IN ($3, $4, $5, $6)"
	" AND (ends_ms = 0 OR ends_ms > $7) ORDER BY value LIMIT $8",
	NULL, "itiiiiii", "t"};

static int no_memory(struct err *e)
{
	return err_set(e, KT_ENOMEM, "Er is te weinig geheugen om de beschermde namen na te gaan.");
}

/* ---- replacing a list ---- */

#define HASH_CHUNK (64u << 10)

/* A chain of hashes over the entries, so that a list of any size takes little memory. */
static int list_hash(const struct safety_list *l, uint8_t out[32], struct err *e)
{
	struct buf b;
	buf_init(&b, 2 * HASH_CHUNK);
	memset(out, 0, 32);
	for (size_t i = 0; i < l->n; i++) {
		buf_printf(&b, "%d %d ", (int)l->entries[i].kind, (int)l->entries[i].mode);
		buf_str(&b, l->entries[i].value);
		buf_c(&b, '\n');
		if (b.n < HASH_CHUNK && i + 1 < l->n)
			continue;
		uint8_t next[32];
		crypto_h(next, "safety-list", F_BYTES(out, 32), buf_view(&b));
		memcpy(out, next, sizeof next);
		if (buf_err(&b))
			break;
		buf_reset(&b);
	}
	int rc = buf_err(&b) ? no_memory(e) : 0;
	buf_free(&b);
	return rc;
}

static int count_row(const struct sval *c, void *arg)
{
	int64_t *count = arg;
	*count = c[0].i;
	return 0;
}

int safety_store(struct tx *tx, const struct safety_list *l, int64_t now_ms, bool allow_shrink, int64_t *ret_before,
                 struct err *e)
{
	int64_t before = 0;
	uint8_t hash[32];
	int rc = tx_query(tx, &ST_COUNT, count_row, &before, e, SV_T(l->name));
	if (rc < 0)
		return rc;
	if (!allow_shrink && (before - l->names) * 10 > before)
		return err_set(e, KT_EREFUSED,
		               "De lijst had %lld namen en heeft er nu %lld: meer dan 10 %% minder. "
		               "Is dat juist, geef dan --allow-shrink mee.",
		               (long long)before, (long long)l->names);
	rc = list_hash(l, hash, e);
	if (rc == 0)
		rc = tx_exec(tx, &ST_CLEAR, e, SV_T(l->name));
	for (size_t i = 0; rc == 0 && i < l->n; i++)
		rc = tx_exec(tx, &ST_ENTRY, e, SV_T(l->name), SV_I(l->entries[i].kind), SV_T(l->entries[i].value),
		             SV_I(l->entries[i].mode));
	if (rc == 0)
		rc = tx_exec(tx, &ST_LIST, e, SV_T(l->name), SV_T(l->title), SV_I(l->names), SV_I(now_ms),
		             SV_B(hash, sizeof hash));
	if (rc == 0)
		*ret_before = before;
	return rc;
}

/* ---- asking ---- */

#define AT_ONCE 512 /* identifiers in one question: bounds its memory, whatever the number of labels */

#define MODE(m) (1u << (m))

/* A value whose entries of the given modes protect identifier `id`. */
struct probe {
	struct str value;
	enum id_kind kind;
	unsigned modes;
	size_t id;
};

struct asker {
	struct arena *a;    /* of this question only */
	struct arena *keep; /* of the transaction */
	struct probe *probe;
	size_t n, cap;
	struct str *hit; /* of each identifier: the first list by name that protects it */
	struct str list; /* kept last: hits mostly come from the same few lists */
	enum id_kind kind;
	struct err *e;
};

static int probe_add(struct asker *q, size_t id, enum id_kind kind, struct str value, unsigned modes)
{
	if (q->n == q->cap) {
		size_t cap = q->cap ? q->cap * 2 : 16;
		struct probe *p = arena_array(q->a, cap, sizeof *p);
		if (!p)
			return KT_ENOMEM;
		if (q->n)
			memcpy(p, q->probe, q->n * sizeof *p);
		q->probe = p;
		q->cap = cap;
	}
	q->probe[q->n++] = (struct probe){value, kind, modes, id};
	return 0;
}

/* `carried`: the measure hits the name as a whole, so names below it count too. */
static int probe_host(struct asker *q, size_t id, struct str host, bool carried)
{
	int rc = probe_add(q, id, ID_DOMAIN, host,
	                   MODE(SAFETY_EXACT) | MODE(SAFETY_SUFFIX) | (carried ? MODE(SAFETY_CARRIER) : 0));
	if (rc == 0 && str_starts(host, STR("www.")))
		rc = probe_add(q, id, ID_DOMAIN, str_sub(host, 4, host.n), MODE(SAFETY_EXACT));
	if (rc == 0) {
		struct str twin = arena_fmt(q->a, "www." STR_FMT, STR_ARG(host));
		rc = twin.p ? probe_add(q, id, ID_DOMAIN, twin, MODE(SAFETY_EXACT)) : KT_ENOMEM;
	}
	for (ptrdiff_t dot; rc == 0 && (dot = str_find(host, '.')) >= 0;) {
		host = str_sub(host, (size_t)dot + 1, host.n);
		rc = probe_add(q, id, ID_DOMAIN, host, MODE(SAFETY_SUFFIX));
	}
	return rc;
}

static int probe_identifier(struct asker *q, size_t i, const struct identifier *id)
{
	if (id->kind == ID_DOMAIN)
		return probe_host(q, i, id_str(id), true);
	int rc = 0;
	if (id->kind == ID_EMAIL || id->kind == ID_PHONE || id->kind == ID_IBAN)
		rc = probe_add(q, i, id->kind, id_str(id), MODE(SAFETY_EXACT));
	if (rc < 0 || (id->kind != ID_EMAIL && id->kind != ID_URL))
		return rc;
	struct identifier *host = ARENA_NEW(q->a, struct identifier);
	if (!host)
		return KT_ENOMEM;
	return id_host(id, host) < 0 ? 0 : probe_host(q, i, id_str(host), false); /* no host: an IP address */
}

static int probe_cmp(const void *x, const void *y)
{
	const struct probe *a = x, *b = y;
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	return str_cmp(a->value, b->value);
}

/* Position of the first probe that is not before (kind, value). */
static size_t probe_find(const struct asker *q, enum id_kind kind, struct str value)
{
	struct probe key = {.value = value, .kind = kind};
	size_t lo = 0, hi = q->n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (probe_cmp(&q->probe[mid], &key) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static int found(const struct sval *c, void *arg)
{
	struct asker *q = arg;
	if (c[1].i < SAFETY_EXACT || c[1].i > SAFETY_CARRIER)
		return err_set(q->e, KT_ECORRUPT, "In een lijst met beschermde namen staat iets dat daar niet hoort.");
	unsigned mode = MODE(c[1].i);
	for (size_t i = probe_find(q, q->kind, c[0].s); i < q->n; i++) {
		const struct probe *p = &q->probe[i];
		if (p->kind != q->kind || !str_eq(p->value, c[0].s))
			break;
		struct str *hit = &q->hit[p->id];
		if (!(p->modes & mode) || (hit->p && str_cmp(*hit, c[2].s) <= 0))
			continue;
		if (!str_eq(q->list, c[2].s))
			q->list = arena_str(q->keep, c[2].s);
		if (!q->list.p)
			return no_memory(q->e);
		*hit = q->list;
	}
	return 0;
}

/* One question for all probes [from, to), which are of one kind. */
static int ask_kind(struct tx *tx, struct asker *q, size_t from, size_t to)
{
	struct buf b;
	struct jw w;
	buf_init(&b, SAFETY_MAX_BYTES);
	jw_init(&w, &b);
	jw_arr(&w);
	for (size_t i = from; i < to; i++)
		if (i == from || probe_cmp(&q->probe[i - 1], &q->probe[i]) != 0)
			jw_str(&w, q->probe[i].value);
	jw_arr_end(&w);
	q->kind = q->probe[from].kind;
	int rc = buf_err(&b) ? no_memory(q->e) : tx_query(tx, &ST_FIND, found, q, q->e, SV_I(q->kind), SV_T(buf_view(&b)));
	buf_free(&b);
	return rc;
}

static int ask(struct tx *tx, struct asker *q)
{
	int rc = 0;
	if (q->n)
		qsort(q->probe, q->n, sizeof *q->probe, probe_cmp);
	for (size_t from = 0, to; rc == 0 && from < q->n; from = to) {
		for (to = from + 1; to < q->n && q->probe[to].kind == q->probe[from].kind;)
			to++;
		rc = ask_kind(tx, q, from, to);
	}
	return rc;
}

static int check_slice(struct tx *tx, struct asker *q, const struct policy *p, const struct identifier *id, size_t n,
                       struct str measure, struct safety_hit *ret)
{
	const struct policy_measure *m = policy_measure(p, measure);
	enum safety imported = m && m->informs_only ? SAFETY_WARN : SAFETY_BLOCK;
	q->hit = arena_array(q->a, n, sizeof *q->hit);
	struct safety_hit *hit = arena_array(q->a, n, sizeof *hit);
	int rc = q->hit && hit ? 0 : KT_ENOMEM;
	for (size_t i = 0; rc == 0 && i < n; i++) {
		hit[i] = policy_safety(p, &id[i], measure);
		if (hit[i].verdict < imported)
			rc = probe_identifier(q, i, &id[i]);
	}
	if (rc < 0)
		return no_memory(q->e);
	rc = ask(tx, q);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < n; i++)
		ret[i] = q->hit[i].p ? (struct safety_hit){.verdict = imported, .list = q->hit[i]} : hit[i];
	return 0;
}

int safety_check_many(struct tx *tx, const struct policy *p, const struct identifier *ids, size_t n, struct str measure,
                      struct safety_hit *ret, struct err *e)
{
	struct asker q = {.a = arena_new(0), .keep = tx_arena(tx), .e = e};
	if (!q.a)
		return no_memory(e);
	int rc = 0;
	for (size_t at = 0; rc == 0 && at < n; at += AT_ONCE) {
		q.probe = NULL;
		q.n = q.cap = 0;
		rc = check_slice(tx, &q, p, ids + at, n - at < AT_ONCE ? n - at : AT_ONCE, measure, ret + at);
		arena_reset(q.a);
	}
	arena_free(q.a);
	return rc;
}

int safety_check(struct tx *tx, const struct policy *p, const struct identifier *id, struct str measure,
                 struct safety_hit *ret, struct err *e)
{
	return safety_check_many(tx, p, id, 1, measure, ret, e);
}

/* ---- what stands ---- */

#define STANDING 4 /* states in ST_STANDING */

struct standing {
	struct rpz_page *page;
	struct err *e;
};

static int standing_row(const struct sval *c, void *arg)
{
	const struct standing *s = arg;
	struct str v = c[0].s;
	if (s->page->n == RPZ_PAGE || v.n == 0 || v.n > ID_MAX)
		return err_set(s->e, KT_ECORRUPT, "In de database staat een domeinnaam die geen domeinnaam kan zijn.");
	struct identifier *id = &s->page->name[s->page->n++];
	*id = (struct identifier){.kind = ID_DOMAIN, .n = (uint8_t)v.n};
	memcpy(id->value, v.p, v.n);
	return 0;
}

/* Which states stand is barrier_stands' to say, not this statement's. */
static int standing_states(int64_t out[STANDING], struct err *e)
{
	size_t n = 0;
	for (int s = 0; s < BARRIER_STATES; s++) {
		if (!barrier_stands((enum barrier_state)s))
			continue;
		if (n < STANDING)
			out[n] = s;
		n++;
	}
	return n == STANDING ? 0 : err_set(e, KT_EINTERNAL, "De zone kent niet alle toestanden van een barrière.");
}

int safety_standing(struct tx *tx, const struct policy *p, int64_t now_ms, struct str after, struct rpz_page *ret,
                    struct err *e)
{
	struct standing s = {ret, e};
	int64_t st[STANDING] = {0};
	struct safety_hit *hit = calloc(RPZ_PAGE, sizeof *hit);
	int rc = hit ? standing_states(st, e) : no_memory(e);
	ret->n = 0;
	if (rc == 0)
		rc = tx_query(tx, &ST_STANDING, standing_row, &s, e, SV_I(ID_DOMAIN), SV_T(after), SV_I(st[0]), SV_I(st[1]),
		              SV_I(st[2]), SV_I(st[3]), SV_I(now_ms), SV_I(RPZ_PAGE));
	if (rc == 0)
		rc = safety_check_many(tx, p, ret->name, ret->n, STR("domein_blokkeren"), hit, e);
	for (size_t i = 0; rc == 0 && i < ret->n; i++)
		ret->shielded[i] = hit[i].verdict == SAFETY_BLOCK;
	free(hit);
	return rc;
}
