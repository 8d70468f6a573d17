#include "intake/parts.h"

static const struct stmt ST_ADD = {
	"INSERT INTO contact_code (dossier, n, made_ms, hash, box, tries, used_ms) VALUES ($1, $2, $3, $4, $5, 0, 0)", NULL,
	"biibb", ""};
static const struct stmt ST_NEWEST = {
	"SELECT n, made_ms, tries, used_ms, hash FROM contact_code WHERE dossier = $1 ORDER BY n DESC LIMIT 1", NULL, "b",
	"iiiib"};
static const struct stmt ST_TRIED = {"UPDATE contact_code SET tries = tries + 1 WHERE dossier = $1 AND n = $2", NULL,
                                     "bi", ""};
static const struct stmt ST_USED = {"UPDATE contact_code SET used_ms = $1, box = $2 WHERE dossier = $3 AND n = $4",
                                    NULL, "ibbi", ""};
static const struct stmt ST_COUNT = {"SELECT count(*) FROM contact_code WHERE dossier = $1 AND made_ms > $2", NULL,
                                     "bi", "i"};
static const struct stmt ST_COUNT_BOX = {"SELECT count(*) FROM contact_code WHERE box = $1 AND made_ms > $2", NULL,
                                         "bi", "i"};
static const struct stmt ST_FORGET = {"DELETE FROM contact_code WHERE made_ms < $1 AND used_ms = 0", NULL, "i", ""};

int code_add(struct tx *tx, const uint8_t dossier[DOSSIER_ID], int64_t n, int64_t now_ms, const uint8_t hash[32],
             const uint8_t box[32], struct err *e)
{
	return tx_exec(tx, &ST_ADD, e, SV_B(dossier, DOSSIER_ID), SV_I(n), SV_I(now_ms), SV_B(hash, 32), SV_B(box, 32));
}

int code_newest(struct tx *tx, const uint8_t dossier[DOSSIER_ID], struct code_row *ret, struct err *e)
{
	struct sval c[5];
	int rc = tx_row(tx, &ST_NEWEST, tx_arena(tx), c, e, SV_B(dossier, DOSSIER_ID));
	if (rc)
		return rc;
	if (c[4].s.n != sizeof(ret->hash))
		return err_set(e, KT_ECORRUPT, "De opslag bevat een beschadigde code.");
	*ret = (struct code_row){.n = c[0].i, .made_ms = c[1].i, .tries = c[2].i, .used_ms = c[3].i};
	memcpy(ret->hash, c[4].s.p, sizeof(ret->hash));
	return 0;
}

int code_tried(struct tx *tx, const uint8_t dossier[DOSSIER_ID], int64_t n, struct err *e)
{
	return tx_exec(tx, &ST_TRIED, e, SV_B(dossier, DOSSIER_ID), SV_I(n));
}

int code_used(struct tx *tx, const uint8_t dossier[DOSSIER_ID], int64_t n, int64_t now_ms, struct err *e)
{
	return tx_exec(tx, &ST_USED, e, SV_I(now_ms), SV_BS(STR("")), SV_B(dossier, DOSSIER_ID), SV_I(n));
}

static int count_row(const struct sval *c, void *arg)
{
	*(int64_t *)arg = c[0].i;
	return 0;
}

int code_count(struct tx *tx, const uint8_t dossier[DOSSIER_ID], int64_t since_ms, int64_t *ret, struct err *e)
{
	return tx_query(tx, &ST_COUNT, count_row, ret, e, SV_B(dossier, DOSSIER_ID), SV_I(since_ms));
}

int code_count_box(struct tx *tx, const uint8_t box[32], int64_t since_ms, int64_t *ret, struct err *e)
{
	return tx_query(tx, &ST_COUNT_BOX, count_row, ret, e, SV_B(box, 32), SV_I(since_ms));
}

int code_forget(struct tx *tx, int64_t before_ms, struct err *e)
{
	return tx_exec(tx, &ST_FORGET, e, SV_I(before_ms));
}
