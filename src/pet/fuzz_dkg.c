/* Any bytes as a message of a ceremony (the first says which): refused, or what the reveal allows. Holders, box keys
 * and the dealer's polynomial are fixed, so that the seeds fit. */
#include "pet/threshold.h"
#include "seam/crypto.h"
#include <sodium.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct dkg ceremony(enum dkg_kind kind, uint8_t secret[3][32])
{
	struct dkg d = {.kind = kind, .t = 2, .n = 3, .dealers = 3, .dealer = {1, 2, 3}};
	for (uint8_t i = 0; i < 3; i++) {
		memset(secret[i], i + 1, 32);
		d.party[i].index = (uint8_t)(i + 1);
		memset(d.party[i].sign_key, i + 1, 32);
		(void)crypto_scalarmult_base(d.party[i].box_key, secret[i]);
	}
	if (dkg_begin(&d, STR("fuzz"), NULL))
		abort();
	return d;
}

/* Dealer 1's: 5 + 7z. */
static struct dkg_reveal fixed_reveal(void)
{
	struct dkg_reveal r = {.index = 1};
	struct scalar c[2];
	scalar_of(5, &c[0]);
	scalar_of(7, &c[1]);
	if (group_base(c, 2, r.c))
		abort();
	return r;
}

static void one(uint8_t which, struct str in)
{
	uint8_t secret[3][32], j, i;
	struct err e = {0};
	struct scalar share;
	struct dkg d = ceremony(which & 4 ? DKG_REFRESH : DKG_NEW, secret);
	struct dkg_reveal r = fixed_reveal(), got;
	struct buf commit = BUF_INIT(DKG_REVEAL_MAX);
	switch (which & 3) {
	case 0:
		if (in.n > HASH_BYTES)
			dkg_commit(&d, (uint8_t)in.p[HASH_BYTES], in, &commit);
		if (dkg_reveal_read(&d, in, buf_view(&commit), &got, &e) == 0 && (got.index < 1 || got.index > 3))
			abort();
		break;
	case 1:
		if (dkg_share_open(&d, &r, 2, secret[1], in, &share, &e) == 0 && !dkg_share_fits(&d, &r, 2, &share))
			abort();
		break;
	case 2:
		if (dkg_complaint_read(&d, in, &j, &i, &e) == 0 && (j < 1 || j > 3 || i < 1 || i > 3))
			abort();
		break;
	default:
		if (dkg_answer_read(&d, &r, 2, in, &share, &e) == 0 && !dkg_share_fits(&d, &r, 2, &share))
			abort();
	}
	buf_free(&commit);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (sodium_init() < 0 || size < 1)
		return 0;
	uint8_t *copy = malloc(size);
	if (!copy)
		return 0;
	memcpy(copy, data, size);
	one(copy[0], (struct str){(const char *)copy + 1, size - 1});
	free(copy);
	return 0;
}
