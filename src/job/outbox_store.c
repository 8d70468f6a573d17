#include "base/buf.h"
#include "job/outbox.h"
#include "seam/crypto.h"

#define TOPIC_MAX 64
#define PURGE_AT_ONCE 500
#define COLUMNS "id, at_ms, topic, lane, object, body, state, tries, next_ms, reason, since_ms"
#define COLUMN_TYPES "bitttbiiiti"

static const struct stmt insert = {
	"INSERT INTO outbox (id, at_ms, topic, lane, object, body, state, tries, next_ms, since_ms)"
	" VALUES ($1, $2, $3, $4, $5, $6, 0, 0, $2, $2)",
	NULL, "bitttb", ""};
static const struct stmt count = {"SELECT count(*) FROM outbox WHERE state = $1", NULL, "i", "i"};
static const struct stmt events = {
	"SELECT " COLUMNS " FROM outbox WHERE state = 0 AND lane = '' AND next_ms <= $1 ORDER BY next_ms, id LIMIT $2",
	NULL, "ii", COLUMN_TYPES};
static const struct stmt close_events = {
	"UPDATE outbox SET state = 1, body = $1, reason = '', since_ms = $2 WHERE state = 0 AND id IN"
	" (SELECT id FROM outbox WHERE state = 0 AND lane = '' AND next_ms <= $2 ORDER BY next_ms, id LIMIT $3)",
	NULL, "bii", ""};
static const struct stmt lane_next = {"SELECT lane FROM outbox WHERE state = 0 AND lane > $1 ORDER BY lane LIMIT 1",
                                      NULL, "t", "t"};
static const struct stmt lane_due = {
	"SELECT id FROM outbox WHERE state = 0 AND lane = $1 AND next_ms <= $2 ORDER BY next_ms LIMIT 1", NULL, "ti", "b"};
static const struct stmt due = {
	"SELECT " COLUMNS " FROM outbox WHERE state = 0 AND lane = $1 AND next_ms <= $2 ORDER BY next_ms, id LIMIT $3",
	NULL, "tii", COLUMN_TYPES};
/* Another node may have been first: only a row that still is as it was read. */
static const struct stmt claim = {
	"UPDATE outbox SET next_ms = $1, tries = tries + 1, since_ms = $2 WHERE id = $3 AND state = 0 AND tries = $4", NULL,
	"iibi", ""};
static const struct stmt done = {
	"UPDATE outbox SET state = 1, body = $1, reason = '', since_ms = $2 WHERE id = $3 AND state = 0 AND tries = $4",
	NULL, "bibi", ""};
static const struct stmt later = {
	"UPDATE outbox SET next_ms = $1, reason = $2 WHERE id = $3 AND state = 0 AND tries = $4", NULL, "itbi", ""};
static const struct stmt release = {
	"UPDATE outbox SET next_ms = $1, tries = tries - 1 WHERE id = $2 AND state = 0 AND tries = $3", NULL, "ibi", ""};
static const struct stmt bury = {
	"UPDATE outbox SET state = 2, reason = $1, since_ms = $2 WHERE id = $3 AND state = 0 AND tries = $4", NULL, "tibi",
	""};
static const struct stmt wipe = {"UPDATE outbox SET body = $1 WHERE id = $2", NULL, "bb", ""};
static const struct stmt again = {
	"UPDATE outbox SET state = 0, tries = 0, next_ms = $1, since_ms = $1 WHERE id = $2 AND state = 2", NULL, "ib", ""};
static const struct stmt purge = {
	"DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE state IN (1, 2) AND since_ms < $1 LIMIT $2)", NULL,
	"ii", ""};
static const struct stmt list = {"SELECT " COLUMNS
                                 " FROM outbox WHERE state = $1 AND lane <> '' ORDER BY since_ms DESC, id LIMIT $2",
                                 NULL, "ii", COLUMN_TYPES};
static const struct stmt one = {"SELECT " COLUMNS " FROM outbox WHERE id = $1", NULL, "b", COLUMN_TYPES};

static const char *const WORDS[OUTBOX_STATES] = {"wacht", "bezorgd", "mislukt"};

const char *outbox_state_word(int64_t s)
{
	return s >= 0 && s < OUTBOX_STATES ? WORDS[s] : NULL;
}

int outbox_state_of(struct str word)
{
	for (int i = 0; i < OUTBOX_STATES; i++)
		if (str_is(word, WORDS[i]))
			return i;
	return -1;
}

static struct str some(struct str s)
{
	return s.p ? s : STR("");
}

int outbox_send(struct tx *tx, int64_t now_ms, const char *topic, const char *lane, struct str object, struct str body,
                struct err *e)
{
	uint8_t id[OUTBOX_ID];

	if (!topic[0] || strlen(topic) > TOPIC_MAX || strlen(lane) >= OUTBOX_LANE)
		return err_set(e, KT_EINTERNAL, "fout in het programma: onderwerp van een bericht");
	/* 48 bits of time in front keep the newest together in the key; the rest makes it unique. */
	for (unsigned i = 0; i < 6; i++)
		id[i] = (uint8_t)((uint64_t)now_ms >> (40 - 8 * i));
	crypto_random(id + 6, sizeof(id) - 6);
	return tx_exec(tx, &insert, e, SV_B(id, sizeof(id)), SV_I(now_ms), SV_Z(topic), SV_Z(lane), SV_T(some(object)),
	               SV_BS(some(body)));
}

int outbox_add(struct tx *tx, int64_t now_ms, const char *topic, struct str object, struct str body, struct err *e)
{
	return outbox_send(tx, now_ms, topic, "", object, body, e);
}

static int count_row(const struct sval *c, void *arg)
{
	*(int64_t *)arg = c[0].i;
	return 0;
}

int outbox_count(struct tx *tx, int64_t *ret_waiting, struct err *e)
{
	int64_t n = 0;
	int rc = tx_query(tx, &count, count_row, &n, e, SV_I(OUTBOX_WAITING));

	if (!rc)
		*ret_waiting = n;
	return rc;
}

/* Texts stay the row's. */
static int row_of(const struct sval *c, struct outbox_row *r)
{
	if (c[0].s.n != OUTBOX_ID || !outbox_state_word(c[6].i))
		return KT_ECORRUPT;
	*r = (struct outbox_row){.at_ms = c[1].i,
	                         .topic = c[2].s,
	                         .lane = c[3].s,
	                         .object = c[4].s,
	                         .body = c[5].s,
	                         .state = (enum outbox_state)c[6].i,
	                         .tries = c[7].i,
	                         .next_ms = c[8].i,
	                         .reason = c[9].s,
	                         .since_ms = c[10].i};
	memcpy(r->id, c[0].s.p, OUTBOX_ID);
	return 0;
}

struct keeper {
	struct arena *a;
	struct outbox_rows *rows;
};

static int keep_row(const struct sval *c, void *arg)
{
	struct keeper *k = arg;
	struct outbox_row *r = &k->rows->row[k->rows->n];
	int rc = k->rows->n < k->rows->max ? row_of(c, r) : KT_ECORRUPT;
	if (rc)
		return rc;
	struct str *texts[] = {&r->topic, &r->lane, &r->object, &r->body, &r->reason};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		*texts[i] = arena_str(k->a, *texts[i]);
		if (!texts[i]->p)
			return KT_ENOMEM;
	}
	k->rows->n++;
	return 0;
}

static int rows_begin(struct arena *a, struct outbox_rows *ret, struct err *e)
{
	ret->n = 0;
	ret->row = arena_array(a, ret->max, sizeof(*ret->row));
	return ret->row ? 0 : err_set(e, KT_ENOMEM, "Er is te weinig geheugen om te bezorgen.");
}

int outbox_events(struct tx *tx, struct arena *a, int64_t now_ms, struct outbox_rows *ret, struct err *e)
{
	struct keeper k = {a, ret};
	int rc = rows_begin(a, ret, e);
	return rc ? rc : tx_query(tx, &events, keep_row, &k, e, SV_I(now_ms), SV_I(ret->max));
}

int outbox_lane(struct tx *tx, const char *after, char ret[OUTBOX_LANE], struct err *e)
{
	struct sval c[1];
	int rc = tx_row(tx, &lane_next, tx_arena(tx), c, e, SV_Z(after));
	if (rc)
		return rc;
	return str_copy(ret, OUTBOX_LANE, c[0].s) ? 0 : err_set(e, KT_ECORRUPT, "Een bericht heeft een onbekende baan.");
}

int outbox_lane_due(struct tx *tx, const char *lane, int64_t now_ms, bool *ret, struct err *e)
{
	struct sval c[1];
	int rc = tx_row(tx, &lane_due, tx_arena(tx), c, e, SV_Z(lane), SV_I(now_ms));
	if (rc && rc != KT_ENOTFOUND)
		return rc;
	*ret = !rc;
	return 0;
}

int outbox_claim(struct tx *tx, struct arena *a, const char *lane, int64_t now_ms, int64_t lease_ms,
                 struct outbox_rows *ret, struct err *e)
{
	struct keeper k = {a, ret};
	int rc = rows_begin(a, ret, e);
	if (!rc)
		rc = tx_query(tx, &due, keep_row, &k, e, SV_Z(lane), SV_I(now_ms), SV_I(ret->max));
	size_t n = 0;
	for (size_t i = 0; !rc && i < ret->n; i++) {
		struct outbox_row *r = &ret->row[i];
		int64_t changed;
		rc = tx_change(tx, &claim, &changed, e, SV_I(now_ms + lease_ms), SV_I(now_ms), SV_B(r->id, OUTBOX_ID),
		               SV_I(r->tries));
		if (rc || !changed)
			continue;
		r->tries++;
		ret->row[n++] = *r;
	}
	ret->n = n;
	return rc;
}

static int mine(int rc, int64_t changed, bool *ret_mine)
{
	if (!rc)
		*ret_mine = changed > 0;
	return rc;
}

int outbox_done(struct tx *tx, const struct outbox_row *row, int64_t now_ms, bool *ret_mine, struct err *e)
{
	int64_t n = 0;
	int rc = tx_change(tx, &done, &n, e, SV_BS(STR("")), SV_I(now_ms), SV_B(row->id, OUTBOX_ID), SV_I(row->tries));
	return mine(rc, n, ret_mine);
}

int outbox_later(struct tx *tx, const struct outbox_row *row, int64_t next_ms, const char *reason, bool *ret_mine,
                 struct err *e)
{
	int64_t n = 0;
	int rc = tx_change(tx, &later, &n, e, SV_I(next_ms), SV_Z(reason), SV_B(row->id, OUTBOX_ID), SV_I(row->tries));
	return mine(rc, n, ret_mine);
}

int outbox_release(struct tx *tx, const struct outbox_row *row, int64_t next_ms, bool *ret_mine, struct err *e)
{
	int64_t n = 0;
	int rc = tx_change(tx, &release, &n, e, SV_I(next_ms), SV_B(row->id, OUTBOX_ID), SV_I(row->tries));
	return mine(rc, n, ret_mine);
}

int outbox_bury(struct tx *tx, const struct outbox_row *row, int64_t now_ms, const char *reason, bool keep,
                bool *ret_mine, struct err *e)
{
	int64_t n = 0;
	int rc = tx_change(tx, &bury, &n, e, SV_Z(reason), SV_I(now_ms), SV_B(row->id, OUTBOX_ID), SV_I(row->tries));
	if (!rc && n && !keep)
		rc = tx_exec(tx, &wipe, e, SV_BS(STR("")), SV_B(row->id, OUTBOX_ID));
	return mine(rc, n, ret_mine);
}

int outbox_close_events(struct tx *tx, int64_t now_ms, int64_t max, int64_t *ret_n, struct err *e)
{
	return tx_change(tx, &close_events, ret_n, e, SV_BS(STR("")), SV_I(now_ms), SV_I(max));
}

int outbox_purge(struct tx *tx, int64_t before_ms, int64_t *ret_gone, struct err *e)
{
	return tx_change(tx, &purge, ret_gone, e, SV_I(before_ms), SV_I(PURGE_AT_ONCE));
}

static bool id_of(struct str hex, uint8_t ret[OUTBOX_ID])
{
	static const char DIGITS[] = "0123456789abcdef";
	if (hex.n != 2 * (size_t)OUTBOX_ID)
		return false;
	for (size_t i = 0; i < hex.n; i++) {
		unsigned char c = ch_tolower((unsigned char)hex.p[i]);
		const char *at = c ? memchr(DIGITS, c, 16) : NULL;
		if (!at)
			return false;
		ret[i / 2] = (uint8_t)(ret[i / 2] << 4 | (at - DIGITS));
	}
	return true;
}

int outbox_get(struct tx *tx, struct arena *a, struct str id, struct outbox_row *ret, struct err *e)
{
	struct sval c[11];
	uint8_t raw[OUTBOX_ID] = {0};
	int rc = id_of(id, raw) ? tx_row(tx, &one, a, c, e, SV_B(raw, OUTBOX_ID)) : KT_ENOTFOUND;
	if (rc == KT_ENOTFOUND)
		return err_set(e, rc, "Bij dit nummer hoort geen bezorging.");
	if (!rc && row_of(c, ret))
		rc = err_set(e, KT_ECORRUPT, "De opslag bevat een beschadigd bericht.");
	return rc;
}

int outbox_again(struct tx *tx, struct str id, int64_t now_ms, struct err *e)
{
	struct outbox_row r;
	int64_t n = 0;
	int rc = outbox_get(tx, tx_arena(tx), id, &r, e);
	if (rc)
		return rc;
	if (r.state != OUTBOX_DEAD)
		return err_set(e, KT_EREFUSED, "Deze bezorging is niet mislukt (%s).", outbox_state_word(r.state));
	if (!r.body.n)
		return err_set(e, KT_EREFUSED, "De inhoud is niet bewaard. Laat de melder een nieuwe code vragen.");
	rc = tx_change(tx, &again, &n, e, SV_I(now_ms), SV_B(r.id, OUTBOX_ID));
	return !rc && !n ? err_set(e, KT_EREFUSED, "Deze bezorging is niet meer mislukt.") : rc;
}

struct lister {
	outbox_fn fn;
	void *arg;
};

static int list_row(const struct sval *c, void *arg)
{
	const struct lister *l = arg;
	struct outbox_row r;
	int rc = row_of(c, &r);
	r.body = STR("");
	return rc ? rc : l->fn(&r, l->arg);
}

int outbox_list(struct tx *tx, enum outbox_state s, int64_t limit, outbox_fn fn, void *arg, struct err *e)
{
	struct lister l = {fn, arg};
	return tx_query(tx, &list, list_row, &l, e, SV_I(s), SV_I(limit));
}
