/* Any bytes as a request to evaluate or the answer to one: refused, or the same bytes when written again (but for the
 * signature, whose key is not here). */
#include "pet/eval.h"
#include "seam/crypto.h"
#include <sodium.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void same_but_signature(struct buf *again, struct str in)
{
	if (buf_err(again) || again->n != in.n || memcmp(again->p, in.p, in.n - SIGN_BYTES) != 0)
		abort();
	buf_free(again);
}

static void request(struct str in)
{
	static const uint8_t key[32];
	struct eval_request r;
	struct err e = {0};
	if (eval_request_read(in, &r, &e))
		return;
	struct buf again = BUF_INIT(EVAL_REQUEST_MAX);
	eval_request_write(&r, NULL, &again);
	same_but_signature(&again, in);
	if (eval_request_signed(&r, key) == 0 || eval_padded(r.count) != r.count)
		abort();
}

static void response(struct str in)
{
	static const uint8_t hash[32]; /* the seed's: zeros, holder 1, 16 elements, Ed25519 seed of zeros */
	uint8_t seed[32] = {0}, public_key[32], secret[64];
	struct eval_response r;
	struct err e = {0};
	if (crypto_sign_seed_keypair(public_key, secret, seed) || eval_response_read(in, hash, 1, 16, public_key, &r, &e))
		return;
	struct buf again = BUF_INIT(EVAL_RESPONSE_MAX);
	eval_response_write(&r, secret, &again);
	same_but_signature(&again, in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size + 1);
	if (!copy || sodium_init() < 0)
		return 0;
	memcpy(copy, data, size);
	request(F_BYTES(copy, size));
	response(F_BYTES(copy, size));
	free(copy);
	return 0;
}
