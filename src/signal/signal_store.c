#include "seam/crypto.h"
#include "signal/signal.h"

static const struct stmt ST_ADD = {
	"INSERT INTO sighting (tag, reporter, channel, version, member, strength, basis, day, report, synthetic)"
	" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
	" ON CONFLICT (tag, reporter, member) DO UPDATE SET"
	" day = CASE WHEN excluded.day > sighting.day THEN excluded.day ELSE sighting.day END,"
	" strength = CASE WHEN excluded.strength > sighting.strength THEN excluded.strength ELSE sighting.strength END,"
	" basis = CASE WHEN excluded.basis = 2 THEN 2 ELSE sighting.basis END",
	NULL, "bbiitiiibi", ""};

static const struct stmt ST_ROWS = {
	"SELECT reporter, member, strength, basis, day FROM sighting WHERE tag = $1 AND day >= $2"
	" ORDER BY day DESC LIMIT $3",
	NULL, "bii", "btiii"};

static const struct stmt ST_REVEAL = {
	"INSERT INTO signal (tag, channel, version, kind, value, opened_ms, rule, synthetic)"
	" VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
	" ON CONFLICT (tag) DO UPDATE SET"
	" opened_ms = CASE WHEN signal.opened_ms = 0 THEN excluded.opened_ms ELSE signal.opened_ms END",
	NULL, "biiititi", ""};

#define LISTED \
	"SELECT s.tag, s.channel, s.version, COUNT(DISTINCT s.reporter), COUNT(DISTINCT s.member), MIN(s.day)," \
	" MAX(s.day), COALESCE(MAX(g.opened_ms), 0), COALESCE(MAX(g.kind), 0), COALESCE(MAX(g.value), '')" \
	" FROM sighting s LEFT JOIN signal g ON g.tag = s.tag GROUP BY s.tag, s.channel, s.version"
#define NEWEST " ORDER BY MAX(s.day) DESC, s.tag LIMIT $1"
static const struct stmt ST_LIST = {LISTED NEWEST, NULL, "i", "biiiiiiiit"};
static const struct stmt ST_LIST_AFTER = {LISTED " HAVING MAX(s.day) < $2 OR (MAX(s.day) = $2 AND s.tag > $3)" NEWEST,
                                          NULL, "iib", "biiiiiiiit"};

int signal_add(struct tx *tx, const struct sighting *s, struct err *e)
{
	return tx_exec(tx, &ST_ADD, e, SV_B(s->tag, TAG_BYTES), SV_B(s->reporter, REPORTER_BYTES), SV_I(s->rule->channel),
	               SV_I(s->rule->version), SV_Z(s->member), SV_I(s->strength), SV_I(s->basis), SV_I(s->day),
	               SV_B(s->report, sizeof(s->report)), SV_I(s->synthetic));
}

struct rows {
	struct rule_sighting s[SIGNAL_MAX_ROWS];
	size_t n;
};

static int rows_add(const struct sval *c, void *arg)
{
	struct rows *r = arg;
	struct rule_sighting *s = &r->s[r->n];
	if (r->n == SIGNAL_MAX_ROWS || c[0].s.n != REPORTER_BYTES)
		return KT_ECORRUPT;
	memcpy(s->reporter, c[0].s.p, REPORTER_BYTES);
	if (!str_copy(s->member, sizeof(s->member), c[1].s))
		return KT_ECORRUPT;
	s->strength = (enum strength)c[2].i;
	s->basis = (enum basis)c[3].i;
	s->day = c[4].i;
	r->n++;
	return 0;
}

int signal_evaluate(struct tx *tx, const struct policy_rule *r, const uint8_t tag[TAG_BYTES], int64_t today,
                    struct rule_outcome *ret, struct err *e)
{
	struct rows *rows = ARENA_NEW(tx_arena(tx), struct rows);
	if (!rows)
		return err_set(e, KT_ENOMEM, "Er is te weinig geheugen om te tellen.");
	int rc = tx_query(tx, &ST_ROWS, rows_add, rows, e, SV_B(tag, TAG_BYTES), SV_I(today - r->window_days + 1),
	                  SV_I(SIGNAL_MAX_ROWS));
	if (rc < 0)
		return rc;
	rule_evaluate(r, rows->s, rows->n, today, ret);
	return 0;
}

int signal_reveal(struct tx *tx, const struct policy_rule *r, const uint8_t tag[TAG_BYTES],
                  const struct identifier *subject, int64_t opened_ms, bool synthetic, struct err *e)
{
	return tx_exec(tx, &ST_REVEAL, e, SV_B(tag, TAG_BYTES), SV_I(r->channel), SV_I(r->version), SV_I(subject->kind),
	               SV_T(id_str(subject)), SV_I(opened_ms), SV_T(r->id), SV_I(synthetic));
}

struct lister {
	signal_row_fn fn;
	void *arg;
};

static int list_row(const struct sval *c, void *arg)
{
	const struct lister *l = arg;
	struct signal_row row = {
		.tag = c[0].s,
		.channel = c[1].i,
		.version = c[2].i,
		.reporters = c[3].i,
		.members = c[4].i,
		.first_day = c[5].i,
		.last_day = c[6].i,
		.opened_ms = c[7].i,
		.kind = (enum id_kind)c[8].i,
		.value = c[9].s,
	};
	return l->fn(&row, l->arg);
}

int signal_list(struct tx *tx, int64_t limit, signal_row_fn fn, void *arg, struct err *e)
{
	struct lister l = {fn, arg};
	return tx_query(tx, &ST_LIST, list_row, &l, e, SV_I(limit));
}

int signal_list_after(struct tx *tx, int64_t last_day, const uint8_t tag[TAG_BYTES], int64_t limit, signal_row_fn fn,
                      void *arg, struct err *e)
{
	struct lister l = {fn, arg};
	return tx_query(tx, &ST_LIST_AFTER, list_row, &l, e, SV_I(limit), SV_I(last_day), SV_B(tag, TAG_BYTES));
}
