#include "job/outbox.h"
#include "seam/crypto.h"

#define TOPIC_MAX 64
#define STATE_WAITING 0

static const struct stmt insert = {
	"INSERT INTO outbox (id, at_ms, topic, object, body, state, tries, next_ms) VALUES ($1, $2, $3, $4, $5, $6, 0, $2)",
	NULL,
	"bittbi",
	"",
};
static const struct stmt count = {
	"SELECT count(*) FROM outbox WHERE state = $1",
	NULL,
	"i",
	"i",
};

int outbox_add(struct tx *tx, int64_t now_ms, const char *topic, struct str object, struct str body, struct err *e)
{
	uint8_t id[16];

	if (!topic[0] || strlen(topic) > TOPIC_MAX)
		return err_set(e, KT_EINTERNAL, "fout in het programma: onderwerp van een bericht");
	/* 48 bits of time in front keep the newest together in the key; the rest makes it unique. */
	for (unsigned i = 0; i < 6; i++)
		id[i] = (uint8_t)((uint64_t)now_ms >> (40 - 8 * i));
	crypto_random(id + 6, sizeof(id) - 6);
	return tx_exec(tx, &insert, e, SV_B(id, sizeof(id)), SV_I(now_ms), SV_Z(topic), SV_T(object.p ? object : STR("")),
	               SV_BS(body.p ? body : STR("")), SV_I(STATE_WAITING));
}

static int count_row(const struct sval *c, void *arg)
{
	*(int64_t *)arg = c[0].i;
	return 0;
}

int outbox_count(struct tx *tx, int64_t *ret_waiting, struct err *e)
{
	int64_t n = 0;
	int rc = tx_query(tx, &count, count_row, &n, e, SV_I(STATE_WAITING));

	if (!rc)
		*ret_waiting = n;
	return rc;
}
