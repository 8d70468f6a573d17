#include "dossier/dossier_store.h"

static const struct stmt ST_DOSSIER = {
	"INSERT INTO dossier (id, number, receipt, created_ms, state, org, synthetic) VALUES ($1, $2, $3, $4, $5, $6, $7)",
	NULL, "btbiiti", ""};
static const struct stmt ST_FIELD = {"INSERT INTO dossier_field (dossier, name, sealed) VALUES ($1, $2, $3)", NULL,
                                     "btb", ""};
static const struct stmt ST_WRAP = {"INSERT INTO dossier_wrap (dossier, kind, holder, wrapped) VALUES ($1, $2, $3, $4)",
                                    NULL, "bitb", ""};
static const struct stmt ST_BY_RECEIPT = {
	"SELECT id, number, org, created_ms, state, synthetic FROM dossier WHERE receipt = $1", NULL, "b", "bttiii"};
static const struct stmt ST_BY_NUMBER = {
	"SELECT id, number, org, created_ms, state, synthetic FROM dossier WHERE number = $1", NULL, "t", "bttiii"};
static const struct stmt ST_WRAP_GET = {
	"SELECT wrapped FROM dossier_wrap WHERE dossier = $1 AND kind = $2 AND holder = $3", NULL, "bit", "b"};
static const struct stmt ST_FIELDS = {"SELECT name, sealed FROM dossier_field WHERE dossier = $1 ORDER BY name", NULL,
                                      "b", "tb"};
static const struct stmt ST_ORG_GET = {"SELECT public, secret, salt FROM org_key WHERE org = $1", NULL, "t", "bbb"};
static const struct stmt ST_ORG_ADD = {
	"INSERT INTO org_key (org, public, secret, salt, made_ms) VALUES ($1, $2, $3, $4, $5)", NULL, "tbbbi", ""};

int dossier_store(struct tx *tx, const struct dossier_sealed *d, struct err *e)
{
	int rc = tx_exec(tx, &ST_DOSSIER, e, SV_B(d->id, DOSSIER_ID), SV_Z(d->number), SV_B(d->receipt, 16),
	                 SV_I(d->created_ms), SV_I(DOSSIER_OPEN), SV_Z(d->org), SV_I(d->synthetic));
	for (size_t i = 0; !rc && i < d->n; i++)
		rc = tx_exec(tx, &ST_FIELD, e, SV_B(d->id, DOSSIER_ID), SV_Z(d->sealed[i].name), SV_BS(d->sealed[i].value));
	if (!rc)
		rc = tx_exec(tx, &ST_WRAP, e, SV_B(d->id, DOSSIER_ID), SV_I(WRAP_RECEIPT), SV_Z(""),
		             SV_B(d->wrap_receipt, sizeof(d->wrap_receipt)));
	if (!rc)
		rc = tx_exec(tx, &ST_WRAP, e, SV_B(d->id, DOSSIER_ID), SV_I(WRAP_ORG), SV_Z(d->org),
		             SV_B(d->wrap_org, sizeof(d->wrap_org)));
	return rc;
}

static int row_to_dossier(const struct sval *c, struct dossier *ret, struct err *e)
{
	if (c[0].s.n != DOSSIER_ID)
		return err_set(e, KT_ECORRUPT, "De opslag bevat een beschadigd dossier.");
	memcpy(ret->id, c[0].s.p, DOSSIER_ID);
	ret->number = c[1].s;
	ret->org = c[2].s;
	ret->created_ms = c[3].i;
	ret->state = (enum dossier_state)c[4].i;
	ret->synthetic = c[5].i != 0;
	return 0;
}

int dossier_row_by_receipt(struct tx *tx, struct arena *a, const uint8_t receipt[16], struct dossier *ret,
                           struct err *e)
{
	struct sval c[6];
	int rc = tx_row(tx, &ST_BY_RECEIPT, a, c, e, SV_B(receipt, 16));
	if (rc == KT_ENOTFOUND)
		return err_set(e, rc, "Bij deze code hoort geen melding.");
	return rc < 0 ? rc : row_to_dossier(c, ret, e);
}

int dossier_row_by_number(struct tx *tx, struct arena *a, struct str number, struct dossier *ret, struct err *e)
{
	struct sval c[6];
	int rc = tx_row(tx, &ST_BY_NUMBER, a, c, e, SV_T(number));
	if (rc == KT_ENOTFOUND)
		return err_set(e, rc, "Bij dit nummer hoort geen melding.");
	return rc < 0 ? rc : row_to_dossier(c, ret, e);
}

int dossier_wrap_get(struct tx *tx, struct arena *a, const struct dossier *d, enum wrap_kind kind, struct str holder,
                     struct str *ret, struct err *e)
{
	struct sval c[1];
	int rc = tx_row(tx, &ST_WRAP_GET, a, c, e, SV_B(d->id, DOSSIER_ID), SV_I(kind), SV_T(holder));
	if (rc == KT_ENOTFOUND)
		return err_set(e, KT_EREFUSED, "Deze melding is niet (meer) met u gedeeld.");
	if (rc < 0)
		return rc;
	*ret = c[0].s;
	return 0;
}

struct field_reader {
	struct dossier *d;
	struct arena *a;
};

static int field_row(const struct sval *c, void *arg)
{
	struct field_reader *r = arg;
	if (r->d->n == DOSSIER_FIELDS)
		return KT_ECORRUPT;
	r->d->field[r->d->n].name = arena_str(r->a, c[0].s);
	r->d->field[r->d->n].value = arena_str(r->a, c[1].s);
	if (!r->d->field[r->d->n].value.p || !r->d->field[r->d->n].name.p)
		return KT_ENOMEM;
	r->d->n++;
	return 0;
}

int dossier_fields_get(struct tx *tx, struct arena *a, struct dossier *ret, struct err *e)
{
	struct field_reader r = {ret, a};
	ret->n = 0;
	return tx_query(tx, &ST_FIELDS, field_row, &r, e, SV_B(ret->id, DOSSIER_ID));
}

int org_row_get(struct tx *tx, struct arena *a, const char *org, struct org_row *ret, struct err *e)
{
	struct sval c[3];
	int rc = tx_row(tx, &ST_ORG_GET, a, c, e, SV_Z(org));
	if (rc < 0)
		return rc;
	*ret = (struct org_row){c[0].s, c[1].s, c[2].s};
	return 0;
}

int org_row_add(struct tx *tx, const char *org, const struct org_row *r, int64_t now_ms, struct err *e)
{
	return tx_exec(tx, &ST_ORG_ADD, e, SV_Z(org), SV_BS(r->public_key), SV_BS(r->secret), SV_BS(r->salt), SV_I(now_ms));
}
