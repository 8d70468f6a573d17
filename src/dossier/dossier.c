#include "dossier/dossier.h"

#include "dossier/dossier_store.h"
#include "seam/crypto.h"

#define CASE_KEY 32

/* What a sealed thing is bound to: dossier id (fixed length) and a name, so that nothing can be moved. */
struct bound {
	char p[DOSSIER_ID + 48];
	size_t n;
};

static struct bound bind_to(const uint8_t id[DOSSIER_ID], struct str name)
{
	struct bound b = {.n = DOSSIER_ID + name.n};
	memcpy(b.p, id, DOSSIER_ID);
	memcpy(b.p + DOSSIER_ID, name.p, name.n);
	return b;
}

/* u48 milliseconds ‖ 80 random bits: rows of one day lie together, and nobody can guess one. */
static void make_id(uint8_t id[DOSSIER_ID], int64_t now_ms)
{
	for (int i = 0; i < 6; i++)
		id[i] = (uint8_t)((uint64_t)now_ms >> (40 - 8 * i));
	crypto_random(id + 6, DOSSIER_ID - 6);
}

static void make_number(char number[DOSSIER_NUMBER])
{
	memcpy(number, "M-.....-.....", DOSSIER_NUMBER);
	receipt_random(number + 2, 5);
	receipt_random(number + 8, 5);
}

static int seal_field(struct arena *a, const uint8_t key[CASE_KEY], const uint8_t id[DOSSIER_ID],
                      const struct dossier_field *f, struct dossier_field *ret, struct err *e)
{
	struct str name = str_of(f->name);
	if (name.n > 40)
		return err_set(e, KT_EINTERNAL, "Een veldnaam is te lang.");
	uint8_t *out = arena_alloc(a, f->value.n + AEAD_OVER);
	if (!out)
		return err_set(e, KT_ENOMEM, "Er is te weinig geheugen om de melding te verzegelen.");
	struct bound ad = bind_to(id, name);
	crypto_seal(out, key, f->value, F_BYTES(ad.p, ad.n));
	*ret = (struct dossier_field){f->name, F_BYTES(out, f->value.n + AEAD_OVER)};
	return 0;
}

static int wrap_key(struct dossier_sealed *d, const uint8_t key[CASE_KEY], const struct receipt *code,
                    const struct org_public *org)
{
	uint8_t rk[32];
	receipt_key(code, rk);
	struct bound ad = bind_to(d->id, STR("receipt"));
	crypto_seal(d->wrap_receipt, rk, F_BYTES(key, CASE_KEY), F_BYTES(ad.p, ad.n));
	crypto_wipe(rk, sizeof(rk));
	return crypto_box_seal_to(d->wrap_org, org->key, F_BYTES(key, CASE_KEY));
}

int dossier_seal(struct arena *a, const struct org_public *org, const struct dossier_field *f, size_t n, int64_t now_ms,
                 struct dossier_sealed *ret, struct receipt *ret_code, struct err *e)
{
	if (n > DOSSIER_FIELDS)
		return err_set(e, KT_EINTERNAL, "Een dossier heeft te veel velden.");
	struct dossier_sealed d = {.created_ms = now_ms};
	struct receipt code;
	uint8_t key[CASE_KEY];
	make_id(d.id, now_ms);
	make_number(d.number);
	receipt_make(&code);
	receipt_id(&code, d.receipt);
	crypto_random(key, sizeof(key));
	memcpy(d.org, org->org, sizeof(d.org));
	int rc = wrap_key(&d, key, &code, org);
	if (rc)
		rc = err_set(e, KT_ECRYPTO, "De sleutel van de organisatie is niet bruikbaar.");
	for (size_t i = 0; !rc && i < n; i++)
		rc = seal_field(a, key, d.id, &f[i], &d.sealed[d.n++], e);
	if (!rc) {
		*ret = d;
		*ret_code = code;
	}
	crypto_wipe(key, sizeof(key));
	crypto_wipe(&code, sizeof(code));
	return rc;
}

static int open_fields(struct arena *a, struct dossier *d, const uint8_t key[CASE_KEY], struct err *e)
{
	for (size_t i = 0; i < d->n; i++) {
		struct str sealed = d->field[i].value;
		if (sealed.n < AEAD_OVER || d->field[i].name.n > 40)
			return err_set(e, KT_ECRYPTO, "Een veld van deze melding is beschadigd.");
		uint8_t *plain = arena_alloc(a, sealed.n - AEAD_OVER + 1);
		if (!plain)
			return err_set(e, KT_ENOMEM, "Er is te weinig geheugen om de melding te openen.");
		struct bound ad = bind_to(d->id, d->field[i].name);
		if (crypto_open(plain, key, sealed, F_BYTES(ad.p, ad.n)))
			return err_set(e, KT_ECRYPTO, "Een veld van deze melding is beschadigd.");
		d->field[i].value = F_BYTES(plain, sealed.n - AEAD_OVER);
	}
	return 0;
}

int dossier_open(struct tx *tx, struct arena *a, const struct receipt *code, struct dossier *ret, struct err *e)
{
	struct dossier d = {0};
	uint8_t id[16], rk[32], key[CASE_KEY];
	struct str wrapped;
	receipt_id(code, id);
	int rc = dossier_row_by_receipt(tx, a, id, &d, e);
	if (!rc)
		rc = dossier_wrap_get(tx, a, &d, WRAP_RECEIPT, STR(""), &wrapped, e);
	if (!rc && wrapped.n != CASE_KEY + AEAD_OVER)
		rc = err_set(e, KT_ECRYPTO, "De sleutel van deze melding is beschadigd.");
	if (!rc) {
		struct bound ad = bind_to(d.id, STR("receipt"));
		receipt_key(code, rk);
		if (crypto_open(key, rk, wrapped, F_BYTES(ad.p, ad.n)))
			rc = err_set(e, KT_ECRYPTO, "De sleutel van deze melding is beschadigd.");
	}
	if (!rc)
		rc = dossier_fields_get(tx, a, &d, e);
	if (!rc)
		rc = open_fields(a, &d, key, e);
	crypto_wipe(rk, sizeof(rk));
	crypto_wipe(key, sizeof(key));
	if (!rc)
		*ret = d;
	return rc;
}

int dossier_open_org(struct tx *tx, struct arena *a, struct str number, const struct org_public *org,
                     const uint8_t secret[32], struct dossier *ret, struct err *e)
{
	struct dossier d = {0};
	uint8_t key[CASE_KEY];
	struct str wrapped;
	int rc = dossier_row_by_number(tx, a, number, &d, e);
	if (!rc)
		rc = dossier_wrap_get(tx, a, &d, WRAP_ORG, str_of(org->org), &wrapped, e);
	if (!rc && (wrapped.n != CASE_KEY + BOX_OVER || crypto_box_unseal(key, org->key, secret, wrapped)))
		rc = err_set(e, KT_ECRYPTO, "Deze sleutel opent de melding niet.");
	if (!rc)
		rc = dossier_fields_get(tx, a, &d, e);
	if (!rc)
		rc = open_fields(a, &d, key, e);
	crypto_wipe(key, sizeof(key));
	if (!rc)
		*ret = d;
	return rc;
}

struct str dossier_text(const struct dossier *d, const char *name)
{
	for (size_t i = 0; i < d->n; i++)
		if (str_is(d->field[i].name, name))
			return d->field[i].value;
	return STR_NONE;
}
