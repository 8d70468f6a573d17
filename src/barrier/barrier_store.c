#include "barrier/barrier_store.h"

#define COLS \
	"id, kind, value, partner, measure, rule, state, since_ms, created_ms, due_ms, ends_ms, reporters, note, " \
	"synthetic"
#define COL_TYPES "tittttiiiiiiti"

static const struct stmt ST_INSERT = {
	"INSERT INTO barrier (" COLS ", tag) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
	NULL, COL_TYPES "b", ""};

static const struct stmt ST_UPDATE = {
	"UPDATE barrier SET state = $2, since_ms = $3, due_ms = $4, ends_ms = $5 WHERE id = $1", NULL, "tiiii", ""};

static const struct stmt ST_EVIDENCE = {"UPDATE barrier SET reporters = $2, note = $3, ends_ms = $4 WHERE id = $1",
                                        NULL, "titi", ""};

/* The one that stands, else the newest that is not failed (8), lifted (9) or expired (10): after those the same may be
 * proposed again. After a refusal (3) or rejection (7) too, but not at once: barrier.c decides. */
static const struct stmt ST_FIND = {"SELECT " COLS
                                    " FROM barrier WHERE kind = $1 AND value = $2 AND partner = $3 AND measure = $4"
                                    " AND state NOT IN (8, 9, 10)"
                                    " ORDER BY CASE WHEN state IN (3, 7) THEN 1 ELSE 0 END, since_ms DESC LIMIT 1",
                                    NULL, "ittt", COL_TYPES};

static const struct stmt ST_GET = {"SELECT " COLS " FROM barrier WHERE id = $1", NULL, "t", COL_TYPES};

/* $1: state, 0 for every one; $2: partner, '' for every one; $3: 1 with those below it ("bank:KENT" of "bank"). */
#define FILTER \
	"($1 = 0 OR state = $1) AND ($2 = '' OR partner = $2 OR" \
	" ($3 = 1 AND substr(partner, 1, length($2) + 1) = $2 || ':'))"
#define NEWEST " ORDER BY created_ms DESC, id DESC LIMIT $4"
static const struct stmt ST_LIST = {"SELECT " COLS " FROM barrier WHERE " FILTER NEWEST, NULL, "itii", COL_TYPES};
static const struct stmt ST_LIST_AFTER = {
	"SELECT " COLS " FROM barrier WHERE " FILTER
	" AND (created_ms, id) < (SELECT o.created_ms, o.id FROM barrier o WHERE o.id = $5)" NEWEST,
	NULL, "itiit", COL_TYPES};

static const struct stmt ST_LIST_OF = {"SELECT " COLS " FROM barrier WHERE tag = $1 AND id > $2 ORDER BY id LIMIT $3",
                                       NULL, "bti", COL_TYPES};

/* States 1, 2, 4, 5 and 6 can still end; a due clock runs in 4 and 5 only. */
static const struct stmt ST_DUE = {
	"SELECT " COLS " FROM barrier WHERE state IN (1, 2, 4, 5, 6)"
	" AND ((ends_ms > 0 AND ends_ms <= $1) OR (due_ms > 0 AND due_ms <= $1)) ORDER BY id LIMIT 64",
	NULL, "i", COL_TYPES};

static const struct stmt ST_STEP = {
	"INSERT INTO barrier_step (barrier, n, at_ms, state, actor, why) VALUES ($1, $2, $3, $4, $5, $6)", NULL, "tiiitt",
	""};

static const struct stmt ST_STEP_COUNT = {"SELECT COUNT(*) FROM barrier_step WHERE barrier = $1", NULL, "t", "i"};

static const struct stmt ST_APPROVALS = {"SELECT COALESCE(SUM(CASE WHEN actor = $2 THEN 1 ELSE 0 END), 0), "
                                         "COALESCE(SUM(CASE WHEN actor <> $2 THEN 1 ELSE 0 END), 0)"
                                         " FROM barrier_step WHERE barrier = $1 AND state = 1 AND actor <> 'system'",
                                         NULL, "tt", "ii"};

static const struct stmt ST_STEPS = {"SELECT at_ms, state, actor, why FROM barrier_step WHERE barrier = $1 ORDER BY n",
                                     NULL, "t", "iitt"};

int barrier_insert(struct tx *tx, const struct barrier *b, const uint8_t tag[32], struct err *e)
{
	return tx_exec(tx, &ST_INSERT, e, SV_T(b->id), SV_I(b->kind), SV_T(b->value), SV_T(b->partner), SV_T(b->measure),
	               SV_T(b->rule), SV_I(b->state), SV_I(b->since_ms), SV_I(b->created_ms), SV_I(b->due_ms),
	               SV_I(b->ends_ms), SV_I(b->reporters), SV_T(b->note), SV_I(b->synthetic), SV_B(tag, 32));
}

int barrier_update(struct tx *tx, const struct barrier *b, struct err *e)
{
	return tx_exec(tx, &ST_UPDATE, e, SV_T(b->id), SV_I(b->state), SV_I(b->since_ms), SV_I(b->due_ms),
	               SV_I(b->ends_ms));
}

int barrier_evidence(struct tx *tx, struct str id, int64_t reporters, struct str note, int64_t ends_ms, struct err *e)
{
	return tx_exec(tx, &ST_EVIDENCE, e, SV_T(id), SV_I(reporters), SV_T(note), SV_I(ends_ms));
}

static struct barrier from_row(const struct sval *c)
{
	return (struct barrier){.id = c[0].s,
	                        .kind = (enum id_kind)c[1].i,
	                        .value = c[2].s,
	                        .partner = c[3].s,
	                        .measure = c[4].s,
	                        .rule = c[5].s,
	                        .state = (enum barrier_state)c[6].i,
	                        .since_ms = c[7].i,
	                        .created_ms = c[8].i,
	                        .due_ms = c[9].i,
	                        .ends_ms = c[10].i,
	                        .reporters = c[11].i,
	                        .note = c[12].s,
	                        .synthetic = c[13].i != 0};
}

int barrier_find(struct tx *tx, struct arena *a, const struct barrier *like, struct barrier *ret, struct err *e)
{
	struct sval c[sizeof(COL_TYPES) - 1];
	int rc =
		tx_row(tx, &ST_FIND, a, c, e, SV_I(like->kind), SV_T(like->value), SV_T(like->partner), SV_T(like->measure));
	if (rc < 0)
		return rc;
	*ret = from_row(c);
	return 0;
}

int barrier_get(struct tx *tx, struct arena *a, struct str id, struct barrier *ret, struct err *e)
{
	struct sval c[sizeof(COL_TYPES) - 1];
	int rc = tx_row(tx, &ST_GET, a, c, e, SV_T(id));
	if (rc == KT_ENOTFOUND)
		return err_set(e, rc, "Er is geen maatregel met dit nummer.");
	if (rc < 0)
		return rc;
	*ret = from_row(c);
	return 0;
}

struct each {
	barrier_fn fn;
	void *arg;
};

static int each_row(const struct sval *c, void *arg)
{
	const struct each *h = arg;
	struct barrier b = from_row(c);
	return h->fn(&b, h->arg);
}

int barrier_list(struct tx *tx, const struct barrier_filter *f, barrier_fn fn, void *arg, struct err *e)
{
	struct each h = {fn, arg};
	struct str after = f->after.p ? f->after : STR(""), partner = f->partner.p ? f->partner : STR("");
	if (!f->tag.n && after.n)
		return tx_query(tx, &ST_LIST_AFTER, each_row, &h, e, SV_I(f->state), SV_T(partner), SV_I(f->family),
		                SV_I(f->limit), SV_T(after));
	if (!f->tag.n)
		return tx_query(tx, &ST_LIST, each_row, &h, e, SV_I(f->state), SV_T(partner), SV_I(f->family), SV_I(f->limit));
	return tx_query(tx, &ST_LIST_OF, each_row, &h, e, SV_BS(f->tag), SV_T(after), SV_I(f->limit));
}

int barrier_due(struct tx *tx, int64_t now_ms, barrier_fn fn, void *arg, struct err *e)
{
	struct each h = {fn, arg};
	return tx_query(tx, &ST_DUE, each_row, &h, e, SV_I(now_ms));
}

static int due_any(const struct barrier *b, void *arg)
{
	(void)b;
	*(bool *)arg = true;
	return 1;
}

int barrier_tick_due(struct tx *tx, int64_t now_ms, bool *ret_due, struct err *e)
{
	bool due = false;
	int rc = barrier_due(tx, now_ms, due_any, &due, e);
	if (rc < 0)
		return rc;
	*ret_due = due;
	return 0;
}

int barrier_step_insert(struct tx *tx, struct str id, int64_t n, int64_t at_ms, enum barrier_state state,
                        const char *actor, struct str why, struct err *e)
{
	return tx_exec(tx, &ST_STEP, e, SV_T(id), SV_I(n), SV_I(at_ms), SV_I(state), SV_Z(actor), SV_T(why));
}

int barrier_step_count(struct tx *tx, struct str id, int64_t *ret_n, struct err *e)
{
	struct sval c[1];
	int rc = tx_row(tx, &ST_STEP_COUNT, tx_arena(tx), c, e, SV_T(id));
	if (rc < 0)
		return rc;
	*ret_n = c[0].i;
	return 0;
}

int barrier_approvals(struct tx *tx, struct str id, const char *actor, int64_t *ret_own, int64_t *ret_others,
                      struct err *e)
{
	struct sval c[2];
	int rc = tx_row(tx, &ST_APPROVALS, tx_arena(tx), c, e, SV_T(id), SV_Z(actor));
	if (rc < 0)
		return rc;
	*ret_own = c[0].i;
	*ret_others = c[1].i;
	return 0;
}

struct step_each {
	barrier_history_fn fn;
	void *arg;
};

static int step_row(const struct sval *c, void *arg)
{
	const struct step_each *h = arg;
	struct barrier_history s = {c[0].i, (enum barrier_state)c[1].i, c[2].s, c[3].s};
	return h->fn(&s, h->arg);
}

int barrier_steps(struct tx *tx, struct str id, barrier_history_fn fn, void *arg, struct err *e)
{
	struct step_each h = {fn, arg};
	return tx_query(tx, &ST_STEPS, step_row, &h, e, SV_T(id));
}
