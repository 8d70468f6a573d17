#include "dossier/dossier_store.h"
#include "seam/crypto.h"

struct org_job {
	const char *org;
	struct str secret;
	int64_t now_ms;
	struct org_public *ret;
	bool made;
};

static int public_of(const char *org, const struct org_row *row, struct org_public *ret, struct err *e)
{
	if (row->public_key.n != BOX_PUBLIC || !str_copy(ret->org, sizeof(ret->org), str_of(org)))
		return err_set(e, KT_ECORRUPT, "De sleutel van de organisatie is beschadigd.");
	memcpy(ret->key, row->public_key.p, BOX_PUBLIC);
	return 0;
}

static int make_row(const struct org_job *j, uint8_t pk[BOX_PUBLIC], uint8_t wrapped[BOX_SECRET + AEAD_OVER],
                    uint8_t salt[16], struct err *e)
{
	uint8_t sk[BOX_SECRET], key[32];
	crypto_random(salt, 16);
	int rc = crypto_password_key(key, j->secret, salt, e);
	if (!rc) {
		crypto_box_pair(pk, sk);
		crypto_seal(wrapped, key, F_ARRAY(sk), str_of(j->org));
	}
	crypto_wipe(sk, sizeof(sk));
	crypto_wipe(key, sizeof(key));
	return rc;
}

/* The row is looked for and made in one transaction, so that two processes starting together agree. */
static int org_run(struct tx *tx, void *arg, struct err *e)
{
	struct org_job *j = arg;
	struct org_row row;
	j->made = false;
	int rc = org_row_get(tx, tx_arena(tx), j->org, &row, e);
	if (rc != KT_ENOTFOUND)
		return rc ? rc : public_of(j->org, &row, j->ret, e);
	uint8_t pk[BOX_PUBLIC], wrapped[BOX_SECRET + AEAD_OVER], salt[16];
	rc = make_row(j, pk, wrapped, salt, e);
	row = (struct org_row){F_ARRAY(pk), F_ARRAY(wrapped), F_ARRAY(salt)};
	if (!rc)
		rc = org_row_add(tx, j->org, &row, j->now_ms, e);
	if (!rc)
		rc = public_of(j->org, &row, j->ret, e);
	j->made = !rc;
	return rc;
}

static int find_public(struct store *s, const char *org, struct org_public *ret, struct err *e)
{
	struct tx *tx;
	struct org_row row;
	int rc = store_read(s, &tx, e);
	if (rc)
		return rc;
	rc = org_row_get(tx, tx_arena(tx), org, &row, e);
	if (!rc)
		rc = public_of(org, &row, ret, e);
	store_read_end(tx);
	return rc;
}

int org_key_find(struct store *s, const char *org, struct org_public *ret, struct err *e)
{
	int rc = find_public(s, org, ret, e);
	return rc == KT_ENOTFOUND
		? err_set(e, KT_EUNAVAIL, "Dit meldpunt heeft nog geen sleutel. Doe eerst: kentering init")
		: rc;
}

int org_key_get(struct store *s, const char *org, struct str secret, int64_t now_ms, struct org_public *ret,
                bool *ret_made, struct err *e)
{
	int rc = find_public(s, org, ret, e);
	*ret_made = false;
	if (rc != KT_ENOTFOUND)
		return rc;
	struct org_job j = {org, secret, now_ms, ret, false};
	rc = store_submit(s, org_run, &j, e);
	*ret_made = j.made;
	return rc;
}

int org_key_open(struct store *s, const char *org, struct str secret, uint8_t ret[32], struct err *e)
{
	struct tx *tx;
	struct org_row row;
	uint8_t key[32];
	int rc = store_read(s, &tx, e);
	if (rc)
		return rc;
	rc = org_row_get(tx, tx_arena(tx), org, &row, e);
	if (!rc && (row.salt.n != 16 || row.secret.n != BOX_SECRET + AEAD_OVER))
		rc = err_set(e, KT_ECORRUPT, "De sleutel van de organisatie is beschadigd.");
	if (!rc)
		rc = crypto_password_key(key, secret, (const uint8_t *)row.salt.p, e);
	if (!rc && crypto_open(ret, key, row.secret, str_of(org)))
		rc = err_set(e, KT_ECRYPTO, "Dit wachtwoord opent de sleutel van de organisatie niet.");
	crypto_wipe(key, sizeof(key));
	store_read_end(tx);
	return rc;
}
