/* The centre's side of an opening (PROTOCOLS 5.11). */
#include "pet/seal.h"
#include "seam/crypto.h"

#include <sodium.h>

struct half { /* between the two layers */
	struct scalar z, share;
	uint8_t nonce[24], inner[SEAL_INNER];
};

const char *seal_opened_word(int state)
{
	static const char *const WORDS[] = {"good", "cipher", "share", "inner", "other_identifier"};
	return state >= 0 && state <= OPENED_OTHER ? WORDS[state] : "unknown";
}

/* Takes the outer layer off and checks the share: p(z)·G = Σ z^j·A_j. */
static int outer_open(const struct key_record *outer, const struct element *commit, const struct seal_row *row,
                      const uint8_t ct[SEAL_CT], const struct element *rz, struct half *ret)
{
	static const uint8_t zero_nonce[24];
	uint8_t key[32], inside[32 + 24 + SEAL_INNER];
	struct scalar power[CHANNEL_K_MAX];
	struct element want, have;
	crypto_h(key, "outer", F_ARRAY(outer->id), F_POINT(&row->u), F_POINT(rz));
	int bad = crypto_aead_xchacha20poly1305_ietf_decrypt(inside, NULL, NULL, ct, SEAL_CT, row->header, SEAL_HEADER,
	                                                     zero_nonce, key);
	sodium_memzero(key, sizeof(key));
	if (bad)
		return OPENED_CIPHER;
	memcpy(ret->nonce, inside + 32, 24);
	memcpy(ret->inner, inside + 56, SEAL_INNER);
	seal_point(row->h.tag, row->h.nullifier, &ret->z);
	scalar_of(1, &power[0]);
	for (uint8_t j = 1; j < row->h.k; j++)
		scalar_mul(&power[j - 1], &ret->z, &power[j]);
	bad = scalar_decode(inside, &ret->share) || group_base(&ret->share, 1, &have) ||
		group_sum(commit, power, row->h.k, &want) || !group_same(&want, &have);
	sodium_memzero(inside, sizeof(inside));
	return bad ? OPENED_SHARE : OPENED_GOOD;
}

/* a_0 = Σ share_i·Π z_j/(z_j − z_i) over the first k good rows; equal to what A_0 commits to. */
static int interpolate(const struct half *half, const struct seal_opened *o, size_t m, uint8_t k,
                       const struct element *a0_commit, struct scalar *ret)
{
	size_t good[CHANNEL_K_MAX], n = 0;
	struct scalar sum = {{0}};
	struct element have;
	for (size_t i = 0; i < m && n < k; i++)
		if (o[i].state == OPENED_GOOD)
			good[n++] = i;
	if (n < k)
		return KT_EREFUSED;
	for (size_t i = 0; i < n; i++) {
		struct scalar over = half[good[i]].share, under, diff;
		scalar_of(1, &under);
		for (size_t j = 0; j < n; j++) {
			if (i == j)
				continue;
			scalar_mul(&over, &half[good[j]].z, &over);
			scalar_sub(&half[good[j]].z, &half[good[i]].z, &diff);
			scalar_mul(&under, &diff, &under);
		}
		if (scalar_invert(&under, 1, &diff))
			return KT_ECRYPTO;
		scalar_mul(&over, &diff, &over);
		scalar_add(&sum, &over, &sum);
	}
	int rc = group_base(&sum, 1, &have) || !group_same(&have, a0_commit) ? KT_ECRYPTO : 0;
	if (!rc)
		*ret = sum;
	sodium_memzero(&sum, sizeof(sum));
	return rc;
}

/* Opens the payload and sees that it is about this tag: everything follows anew from its own input. */
static int inner_open(const struct scalar *a0, const struct element *commit, const struct seal_row *row,
                      const struct half *h, struct seal_opened *ret)
{
	uint8_t key[64], y[OPRF_OUTPUT];
	struct seal_group g;
	crypto_m(key, F_SCALAR(a0), "inner", F_ARRAY(row->h.tag), F_ARRAY(row->h.nullifier));
	int bad = crypto_aead_xchacha20poly1305_ietf_decrypt(ret->bytes, NULL, NULL, h->inner, SEAL_INNER, row->header,
	                                                     SEAL_HEADER, h->nonce, key);
	sodium_memzero(key, sizeof(key));
	if (bad || seal_payload_read(ret->bytes, &ret->payload))
		return OPENED_INNER;
	oprf_finish(ret->payload.input, &ret->payload.n, y);
	bad = seal_group(y, row->h.epoch, row->h.channel, row->h.version, row->h.k, &g) ||
		memcmp(g.commit, commit, (size_t)row->h.k * GROUP_BYTES) != 0;
	sodium_memzero(&g, sizeof(g));
	sodium_memzero(y, sizeof(y));
	return bad ? OPENED_OTHER : OPENED_GOOD;
}

/* What is not given out is not left lying either: the state stays, to name the row. */
static void payload_wipe(struct seal_opened *o)
{
	sodium_memzero(o->bytes, sizeof(o->bytes));
	sodium_memzero(&o->payload, sizeof(o->payload));
}

/* All rows with the k of the first: none reaches for commitments that are not there. */
static bool one_k(const struct seal_row *row, size_t m)
{
	for (size_t i = 0; i < m; i++)
		if (row[i].h.k != row[0].h.k || row[i].h.k < 2 || row[i].h.k > CHANNEL_K_MAX)
			return false;
	return true;
}

int seal_open(const struct key_record *outer, const struct element *commit, const struct seal_row *row,
              const uint8_t *const ct[], const struct element *rz, size_t m, struct seal_opened *ret,
              struct scalar *ret_a0, struct err *e)
{
	struct scalar a0;
	size_t good = 0;
	if (!m || m > 255 || !one_k(row, m))
		return err_set(e, KT_EINVAL, "openen: verwacht 1 tot en met 255 rijen met dezelfde drempel");
	struct half *half = sodium_allocarray(m, sizeof(*half));
	if (!half)
		return err_set(e, KT_ENOMEM, "openen: te weinig geheugen");
	for (size_t i = 0; i < m; i++)
		ret[i].state = outer_open(outer, commit, &row[i], ct[i], &rz[i], &half[i]);
	int rc = interpolate(half, ret, m, row[0].h.k, &commit[0], &a0);
	for (size_t i = 0; i < m && !rc; i++) {
		if (ret[i].state == OPENED_GOOD)
			ret[i].state = inner_open(&a0, commit, &row[i], &half[i], &ret[i]);
		good += ret[i].state == OPENED_GOOD;
	}
	sodium_free(half); /* wipes */
	if (!rc && good < row[0].h.k)
		rc = KT_EREFUSED;
	for (size_t i = 0; i < m; i++)
		if (rc || ret[i].state != OPENED_GOOD)
			payload_wipe(&ret[i]);
	if (!rc && ret_a0)
		*ret_a0 = a0;
	sodium_memzero(&a0, sizeof(a0));
	return rc ? err_set(e, rc, "openen: minder dan %u goede rijen", row[0].h.k) : 0;
}
