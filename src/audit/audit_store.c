/* The SQL of audit/. */
#include "audit/audit_int.h"

#define ROW "chain, seq, at_ms, actor, action, object, detail, prev, hash"

static const struct stmt row_insert = {
	"INSERT INTO audit_row (" ROW ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
	NULL,
	"tiittttbb",
	"",
};
static const struct stmt head_insert = {
	"INSERT INTO audit_head (n, at_ms, chains, key, sig) VALUES ($1, $2, $3, $4, $5)",
	NULL,
	"iibbb",
	"",
};
static const struct stmt key_insert = {
	"INSERT INTO audit_key (public, since_ms) VALUES ($1, $2) ON CONFLICT (public) DO NOTHING",
	NULL,
	"bi",
	"",
};
static const struct stmt end_read = {
	"SELECT chain, seq, hash FROM audit_row WHERE chain = $1 ORDER BY seq DESC LIMIT 1",
	NULL,
	"t",
	"tib",
};
/* Steps from chain to chain along the key: the cost is that of the chains, not of the rows. */
static const struct stmt ends_read = {
	"WITH RECURSIVE c(chain) AS ("
	"SELECT * FROM (SELECT chain FROM audit_row ORDER BY chain LIMIT 1) first "
	"UNION ALL SELECT (SELECT r.chain FROM audit_row r WHERE r.chain > c.chain ORDER BY r.chain LIMIT 1) "
	"FROM c WHERE c.chain IS NOT NULL) "
	"SELECT c.chain, (SELECT r.seq FROM audit_row r WHERE r.chain = c.chain ORDER BY r.seq DESC LIMIT 1), "
	"(SELECT r.hash FROM audit_row r WHERE r.chain = c.chain ORDER BY r.seq DESC LIMIT 1) "
	"FROM c WHERE c.chain IS NOT NULL",
	NULL,
	"",
	"tib",
};
static const struct stmt head_last = {
	"SELECT n, at_ms, chains FROM audit_head WHERE n <= $1 ORDER BY n DESC LIMIT 1",
	NULL,
	"i",
	"iib",
};
static const struct stmt rows_read = {
	"SELECT " ROW " FROM audit_row WHERE chain = $1 AND seq > $2 AND seq <= $3 ORDER BY seq LIMIT $4",
	NULL,
	"tiii",
	"tiittttbb",
};
static const struct stmt heads_read = {
	"SELECT n, at_ms, chains, key, sig FROM audit_head WHERE n > $1 ORDER BY n LIMIT $2",
	NULL,
	"ii",
	"iibbb",
};
static const struct stmt keys_read = {
	"SELECT public FROM audit_key",
	NULL,
	"",
	"b",
};
static const struct stmt used_read = {
	"SELECT CASE WHEN EXISTS (SELECT 1 FROM audit_row) OR EXISTS (SELECT 1 FROM audit_head) "
	"OR EXISTS (SELECT 1 FROM dossier) THEN 1 ELSE 0 END",
	NULL,
	"",
	"i",
};
static const struct stmt rows_after = {
	"SELECT seq FROM audit_row WHERE chain = $1 AND prev = $2 ORDER BY seq LIMIT 1",
	NULL,
	"tb",
	"i",
};
static const struct stmt rows_with = {
	"SELECT seq FROM audit_row WHERE chain = $1 AND hash = $2 ORDER BY seq LIMIT 1",
	NULL,
	"tb",
	"i",
};

int audit_row_insert(struct tx *tx, const struct audit_row *r, struct err *e)
{
	return tx_exec(tx, &row_insert, e, SV_T(r->chain), SV_I(r->seq), SV_I(r->at_ms), SV_T(r->actor), SV_T(r->action),
	               SV_T(r->object), SV_T(r->detail), SV_BS(r->prev), SV_BS(r->hash));
}

int audit_head_insert(struct tx *tx, const struct audit_head *h, struct err *e)
{
	return tx_exec(tx, &head_insert, e, SV_I(h->n), SV_I(h->at_ms), SV_BS(h->chains), SV_BS(h->key), SV_BS(h->sig));
}

int audit_key_insert(struct tx *tx, const uint8_t public[SIGN_PUBLIC], int64_t now_ms, struct err *e)
{
	return tx_exec(tx, &key_insert, e, SV_B(public, SIGN_PUBLIC), SV_I(now_ms));
}

/* Takes what stands there, damaged or not: it is audit_verify that says what is wrong. A chain whose name does not
 * fit is nobody's and gets none. */
static void end_of(const struct sval *c, struct audit_end *ret)
{
	*ret = (struct audit_end){.seq = c[1].i};
	(void)str_copy(ret->chain, sizeof(ret->chain), c[0].s);
	if (c[2].s.n)
		memcpy(ret->hash, c[2].s.p, c[2].s.n < AUDIT_HASH ? c[2].s.n : AUDIT_HASH);
}

static int end_row(const struct sval *c, void *arg)
{
	end_of(c, arg);
	return 0;
}

int audit_end_get(struct tx *tx, const char *chain, struct audit_end *ret, struct err *e)
{
	struct audit_end end = {0};
	int rc = tx_query(tx, &end_read, end_row, &end, e, SV_Z(chain));

	if (!rc)
		*ret = end;
	return rc;
}

struct ends {
	struct arena *a;
	struct audit_end *e;
	size_t n, cap;
};

static int ends_row(const struct sval *c, void *arg)
{
	struct ends *to = arg;

	if (to->n == to->cap) {
		size_t cap = to->cap ? to->cap * 2 : 8;
		struct audit_end *more = arena_array(to->a, cap, sizeof(*more));

		if (!more)
			return KT_ENOMEM;
		if (to->n)
			memcpy(more, to->e, to->n * sizeof(*more));
		to->e = more;
		to->cap = cap;
	}
	end_of(c, &to->e[to->n++]);
	return 0;
}

int audit_ends_get(struct tx *tx, struct arena *a, const struct audit_end **ret, size_t *ret_n, struct err *e)
{
	struct ends to = {.a = a};
	int rc = tx_query0(tx, &ends_read, ends_row, &to, e);

	if (rc)
		return rc;
	*ret = to.e;
	*ret_n = to.n;
	return 0;
}

int audit_head_get(struct tx *tx, struct arena *a, int64_t upto, struct audit_head *ret, struct err *e)
{
	struct err own = {0};
	struct sval c[3];
	int rc = tx_row(tx, &head_last, a, c, &own, SV_I(upto));

	if (rc && rc != KT_ENOTFOUND && e)
		*e = own; /* an empty table is no failure and leaves no words */
	if (!rc)
		*ret = (struct audit_head){.n = c[0].i, .at_ms = c[1].i, .chains = c[2].s};
	return rc;
}

static int number_row(const struct sval *c, void *arg)
{
	*(int64_t *)arg = c[0].i;
	return 0;
}

int audit_used_get(struct tx *tx, bool *ret, struct err *e)
{
	int64_t used = 0;
	int rc = tx_query0(tx, &used_read, number_row, &used, e);

	if (!rc)
		*ret = used != 0;
	return rc;
}

struct pass {
	audit_row_fn row;
	audit_head_fn head;
	audit_key_fn key;
	void *arg;
};

static int pass_row(const struct sval *c, void *arg)
{
	const struct pass *p = arg;
	const struct audit_row r = {
		.chain = c[0].s,
		.seq = c[1].i,
		.at_ms = c[2].i,
		.actor = c[3].s,
		.action = c[4].s,
		.object = c[5].s,
		.detail = c[6].s,
		.prev = c[7].s,
		.hash = c[8].s,
	};

	return p->row(&r, p->arg);
}

static int pass_head(const struct sval *c, void *arg)
{
	const struct pass *p = arg;
	const struct audit_head h = {.n = c[0].i, .at_ms = c[1].i, .chains = c[2].s, .key = c[3].s, .sig = c[4].s};

	return p->head(&h, p->arg);
}

static int pass_key(const struct sval *c, void *arg)
{
	const struct pass *p = arg;

	return p->key(c[0].s, p->arg);
}

int audit_rows_each(struct tx *tx, const char *chain, int64_t from, int64_t to, int64_t limit, audit_row_fn fn,
                    void *arg, struct err *e)
{
	struct pass p = {.row = fn, .arg = arg};

	return tx_query(tx, &rows_read, pass_row, &p, e, SV_Z(chain), SV_I(from), SV_I(to), SV_I(limit));
}

int audit_heads_each(struct tx *tx, int64_t from, int64_t limit, audit_head_fn fn, void *arg, struct err *e)
{
	struct pass p = {.head = fn, .arg = arg};

	return tx_query(tx, &heads_read, pass_head, &p, e, SV_I(from), SV_I(limit));
}

int audit_keys_each(struct tx *tx, audit_key_fn fn, void *arg, struct err *e)
{
	struct pass p = {.key = fn, .arg = arg};

	return tx_query0(tx, &keys_read, pass_key, &p, e);
}

int audit_rows_after(struct tx *tx, const char *chain, struct str hash, int64_t *ret_seq, struct err *e)
{
	*ret_seq = 0;
	return tx_query(tx, &rows_after, number_row, ret_seq, e, SV_Z(chain), SV_BS(hash));
}

int audit_rows_with(struct tx *tx, const char *chain, struct str hash, int64_t *ret_seq, struct err *e)
{
	*ret_seq = 0;
	return tx_query(tx, &rows_with, number_row, ret_seq, e, SV_Z(chain), SV_BS(hash));
}
