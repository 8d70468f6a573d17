#include "audit/audit_int.h"
#include "base/log.h"
#include "seam/keyfile.h"
#include <stdlib.h>

#define ACTION_MAX 64
#define ACTOR_MAX 128
#define OBJECT_MAX 256
#define DETAIL_MAX 4096

struct audit {
	struct store *store;
	struct clock clk;
	char *dir;
	uint8_t *secret; /* guarded */
	uint8_t public[SIGN_PUBLIC];
	struct buf json, message;
	/* of the open group; the writer thread's alone */
	bool end_known, key_known, key_written;
	unsigned added;
	struct audit_end end;
	struct audit_mark mark;
	bool mark_kept; /* audit.head is gone or says something else than the database: it stays as it is, for a person */
};

/* Another process may have added to the chain since the last group: every group reads its end anew. */
static int group_begin(struct tx *tx, void *user, struct err *e)
{
	struct audit *a = user;

	(void)tx;
	(void)e;
	a->end_known = false;
	a->key_written = false;
	a->added = 0;
	return 0;
}

static int heads_sign(struct audit *a, struct tx *tx, int64_t n, struct err *e)
{
	struct audit_head h = {.n = n, .at_ms = clock_ms(&a->clk), .key = F_ARRAY(a->public)};
	const struct audit_end *ends;
	uint8_t sig[SIGN_BYTES];
	size_t ends_n;
	int rc = audit_ends_get(tx, tx_arena(tx), &ends, &ends_n, e);

	if (rc)
		return rc;
	if (audit_chains_write(&a->json, ends, ends_n))
		return err_set(e, KT_ELIMIT, "te veel ketens in het logboek");
	h.chains = buf_view(&a->json);
	a->mark = (struct audit_mark){.n = h.n, .at_ms = h.at_ms, .end = a->end};
	memcpy(a->mark.public, a->public, SIGN_PUBLIC);
	if (audit_head_hash(&a->message, &h, a->mark.message))
		return err_set(e, KT_ELIMIT, "te veel ketens in het logboek");
	crypto_sign_label(sig, a->secret, "audit-heads-sig", buf_view(&a->message));
	h.sig = F_ARRAY(sig);
	return audit_head_insert(tx, &h, e);
}

/* A mark that the database does not know, or none at all, is the only trace of what was cut off. Then it is not written
 * again, also not once the log has grown past it. */
static int mark_compare(struct audit *a, struct tx *tx, const struct audit_head *last, struct err *e)
{
	struct audit_head h = *last;
	struct audit_mark mark;
	uint8_t hash[AUDIT_HASH];
	bool kept = audit_mark_get(a->dir, &mark) != 0; /* it was there: audit_open made it */
	int rc = 0;

	if (!kept && mark.n > 0 && mark.n < last->n) {
		rc = audit_head_get(tx, tx_arena(tx), mark.n, &h, e);
		if (rc && rc != KT_ENOTFOUND)
			return rc;
	}
	if (!kept && mark.n > 0)
		kept = rc || h.n != mark.n || audit_head_hash(&a->message, &h, hash) ||
			memcmp(hash, mark.message, AUDIT_HASH) != 0;
	if (kept && !a->mark_kept)
		log_event(LOG_ERROR, "audit-mark-unknown");
	a->mark_kept = kept;
	return 0;
}

static int group_before(struct tx *tx, void *user, struct err *e)
{
	struct audit_head last = {0};
	struct audit *a = user;
	int rc = 0;

	if (!a->added)
		return 0;
	if (!a->key_known) {
		rc = audit_key_insert(tx, a->public, clock_ms(&a->clk), e);
		a->key_written = !rc;
	}
	/* The head before the ends: whatever the isolation, an older end is then never signed behind a newer number. */
	if (!rc)
		rc = audit_head_get(tx, tx_arena(tx), INT64_MAX, &last, e);
	if (rc && rc != KT_ENOTFOUND)
		return rc;
	rc = mark_compare(a, tx, &last, e);
	return rc ? rc : heads_sign(a, tx, last.n + 1, e);
}

static void group_after(void *user, bool committed)
{
	struct audit *a = user;

	if (committed && a->added) {
		a->key_known |= a->key_written;
		if (!a->mark_kept) {
			audit_mark_sign(&a->mark, a->secret);
			audit_mark_put(a->dir, &a->mark);
		}
	}
	a->end_known = false;
	a->added = 0;
}

static void key_make(void *buf, size_t n)
{
	uint8_t public[SIGN_PUBLIC];

	(void)n;
	crypto_sign_pair(public, buf);
}

/* An Ed25519 secret of libsodium ends in its public key; a signature shows that the halves belong together. */
static int key_open(struct audit *a, const char *dir, bool *ret_made, struct err *e)
{
	uint8_t sig[SIGN_BYTES];
	bool made = keyfile_load(dir, "audit", a->secret, SIGN_SECRET, NULL) == KT_ENOTFOUND;
	int rc = keyfile_get_made(dir, "audit", a->secret, SIGN_SECRET, key_make, e);

	if (rc)
		return rc;
	*ret_made = made;
	memcpy(a->public, a->secret + SIGN_SECRET - SIGN_PUBLIC, SIGN_PUBLIC);
	crypto_sign_label(sig, a->secret, "audit-key-check", STR("audit"));
	if (crypto_verify_label(sig, a->public, "audit-key-check", STR("audit")))
		return err_at(e, KT_ECORRUPT, "audit", 0, "sleutelbestand: de sleutel van het logboek is beschadigd");
	return 0;
}

/* A directory without audit.head is a new one when its key was made just now or there is nothing to remember.
 * Otherwise somebody took the file away, and it stays away for audit_verify to see. */
static int mark_open(struct audit *a, bool made, struct err *e)
{
	struct audit_mark mark;

	if (audit_mark_get(a->dir, &mark) != KT_ENOTFOUND)
		return 0;
	return audit_mark_start(a->store, a->dir, &a->clk, a->secret, made, e);
}

int audit_open(struct store *s, const char *dir, const struct clock *clk, const char *node, struct audit **ret,
               struct err *e)
{
	struct audit *a;
	bool made = false;
	int rc;

	if (!node || !node[0] || strlen(node) > AUDIT_CHAIN_MAX || !str_utf8(str_of(node)))
		return err_set(e, KT_EINVAL, "de naam van deze schrijver hoort 1 tot 64 tekens te hebben");
	a = calloc(1, sizeof(*a));
	if (!a)
		return err_set(e, KT_ENOMEM, "te weinig geheugen");
	a->store = s;
	a->clk = *clk;
	buf_init(&a->json, AUDIT_JSON_MAX);
	buf_init(&a->message, AUDIT_JSON_MAX + 64);
	(void)str_copy(a->end.chain, sizeof(a->end.chain), str_of(node));
	a->dir = strdup(dir);
	a->secret = crypto_guard(SIGN_SECRET);
	rc =
		a->dir && a->secret ? key_open(a, dir, &made, e) : err_set(e, KT_ENOMEM, "te weinig (vergrendelbaar) geheugen");
	if (!rc)
		rc = mark_open(a, made, e);
	if (rc) {
		audit_close(a);
		return rc;
	}
	store_set_hooks(s, &(struct store_hooks){group_begin, group_before, group_after, a});
	*ret = a;
	return 0;
}

struct audit *audit_close(struct audit *a)
{
	if (!a)
		return NULL;
	crypto_guard_free(a->secret);
	buf_free(&a->json);
	buf_free(&a->message);
	free(a->dir);
	free(a);
	return NULL;
}

int audit_add(struct audit *a, struct tx *tx, const char *actor, const char *action, struct str object,
              struct str detail, struct err *e)
{
	uint8_t hash[AUDIT_HASH];
	struct audit_row r;
	int rc = 0;

	if (strlen(actor) > ACTOR_MAX || strlen(action) > ACTION_MAX || object.n > OBJECT_MAX || detail.n > DETAIL_MAX)
		return err_set(e, KT_ELIMIT, "een regel van het logboek is te lang");
	if (!str_utf8(str_of(actor)) || !str_utf8(str_of(action)) || !str_utf8(object) || !str_utf8(detail))
		return err_set(e, KT_EINVAL, "een regel van het logboek is geen UTF-8");
	if (!a->end_known) {
		char chain[AUDIT_CHAIN_MAX + 1];

		memcpy(chain, a->end.chain, sizeof(chain));
		a->end.seq = 0;
		memset(a->end.hash, 0, sizeof(a->end.hash)); /* what stands before the first row */
		rc = audit_end_get(tx, chain, &a->end, e);
		memcpy(a->end.chain, chain, sizeof(chain)); /* a chain without rows has no name in the database */
		if (rc)
			return rc;
		a->end_known = true;
	}
	r = (struct audit_row){
		.chain = str_of(a->end.chain),
		.seq = a->end.seq + 1,
		.at_ms = clock_ms(&a->clk),
		.actor = str_of(actor),
		.action = str_of(action),
		.object = object.p ? object : STR(""),
		.detail = detail.p ? detail : STR(""),
		.prev = F_ARRAY(a->end.hash),
	};
	audit_row_hash(hash, &r, r.seq);
	r.hash = F_ARRAY(hash);
	rc = audit_row_insert(tx, &r, e);
	if (rc)
		return rc;
	a->end.seq = r.seq;
	memcpy(a->end.hash, hash, sizeof(hash));
	a->added++;
	return 0;
}
