#include "mail/deliver.h"

#define SLOTS (INT64_C(1) << 18) /* messages remembered at most */

static const struct stmt seen_get = {"SELECT hash, at_ms FROM mail_seen WHERE slot = $1", NULL, "i", "bi"};
static const struct stmt seen_put = {
	"INSERT INTO mail_seen (slot, hash, at_ms) VALUES ($1, $2, $3)"
	" ON CONFLICT (slot) DO UPDATE SET hash = excluded.hash, at_ms = excluded.at_ms",
	NULL,
	"ibi",
	"",
};
static const struct stmt seen_forget = {"DELETE FROM mail_seen WHERE at_ms < $1", NULL, "i", ""};
static const struct stmt answer_get = {"SELECT n FROM mail_answer WHERE day = $1 AND sender = $2", NULL, "ib", "i"};
static const struct stmt answer_add = {
	"INSERT INTO mail_answer (day, sender, n) VALUES ($1, $2, 1)"
	" ON CONFLICT (day, sender) DO UPDATE SET n = mail_answer.n + 1",
	NULL,
	"ib",
	"",
};
static const struct stmt answer_forget = {"DELETE FROM mail_answer WHERE day < $1", NULL, "i", ""};

struct seen {
	const uint8_t *hash;
	int64_t since_ms;
	bool *same;
};

static int seen_row(const struct sval *c, void *arg)
{
	struct seen *s = arg;
	*s->same = c[0].s.n == MAIL_HASH && memcmp(c[0].s.p, s->hash, MAIL_HASH) == 0 && c[1].i >= s->since_ms;
	return 0;
}

int mail_seen(struct tx *tx, const uint8_t hash[MAIL_HASH], int64_t now_ms, int64_t since_ms, bool *ret_seen,
              struct err *e)
{
	bool same = false;
	struct seen s = {hash, since_ms, &same};
	int64_t slot = 0;
	for (int i = 0; i < 8; i++)
		slot = (slot << 7 ^ hash[i]) % SLOTS;
	int rc = tx_query(tx, &seen_get, seen_row, &s, e, SV_I(slot));
	if (!rc && !same)
		rc = tx_exec(tx, &seen_put, e, SV_I(slot), SV_B(hash, MAIL_HASH), SV_I(now_ms));
	if (!rc && !same)
		rc = tx_exec(tx, &seen_forget, e, SV_I(since_ms));
	if (!rc)
		*ret_seen = same;
	return rc;
}

static int number_row(const struct sval *c, void *arg)
{
	*(int64_t *)arg = c[0].i;
	return 0;
}

int mail_may_answer(struct tx *tx, const uint8_t sender[MAIL_HASH], int64_t day, int64_t per_sender, int64_t per_day,
                    bool *ret_may, struct err *e)
{
	int64_t mine = 0, all = 0;
	const struct sval who = SV_B(sender, MAIL_HASH), everybody = SV_BS(STR(""));
	int rc = tx_query(tx, &answer_get, number_row, &mine, e, SV_I(day), who);
	if (!rc)
		rc = tx_query(tx, &answer_get, number_row, &all, e, SV_I(day), everybody);
	bool may = mine < per_sender && all < per_day;
	if (!rc && may)
		rc = tx_exec(tx, &answer_add, e, SV_I(day), who);
	if (!rc && may)
		rc = tx_exec(tx, &answer_add, e, SV_I(day), everybody);
	if (!rc && may && !all)
		rc = tx_exec(tx, &answer_forget, e, SV_I(day));
	if (!rc)
		*ret_may = may;
	return rc;
}
