/* The bytes between a member and a holder: requests to evaluate (4.1, 4.2) and to open (5.10), and the answers. One
 * signature ends each; what the holder decides about it (clock, quota, purpose) is not here. */
#ifndef PET_EVAL_H
#define PET_EVAL_H
#include "pet/seal.h"

#define EVAL_NONCE 16
#define EVAL_SIZES \
	{ \
		1, 16, 64, 256, 1024, 4096 \
	}
#define EVAL_REQUEST_MAX (2 + KEY_ID + 4 + 1 + HOLDERS_MAX + 4 + 2 + 2 + 8 + EVAL_NONCE + 2 + GROUP_BATCH * 32 + 64)
#define EVAL_RESPONSE_MAX (2 + 32 + 1 + 2 + GROUP_BATCH * 32 + 64 + 64)
#define OPEN_ROWS_MAX 255
#define OPEN_REQUEST_MAX (2 + KEY_ID + 4 + 1 + HOLDERS_MAX + 1 + CHANNEL_K_MAX * 32 + 1 + OPEN_ROWS_MAX * SEAL_ROW + 64)
#define OPEN_RESPONSE_MAX (2 + 32 + 1 + 2 + OPEN_ROWS_MAX * 32 + 64 + 64)

/* The smallest batch size that n elements are padded to; 0 when n is 0 or more than the largest. */
size_t eval_padded(size_t n);

struct eval_request {
	uint8_t key_id[KEY_ID];
	uint32_t generation;
	struct quorum q;
	uint32_t member;
	uint16_t purpose, basis;
	uint64_t time_ms;
	uint8_t nonce[EVAL_NONCE];
	uint16_t count;
	const struct element *elements; /* reading: in the bytes */
	struct str signed_bytes;        /* reading: all before the signature */
	const uint8_t *sig;
};
/* Member 0 (anonymous) sends 64 zero bytes for a signature: `secret` NULL. */
void eval_request_write(const struct eval_request *r, const uint8_t *secret, struct buf *out);
/* Form, size and points; the signature is checked by eval_request_signed. Errors say what was expected. */
int eval_request_read(struct str bytes, struct eval_request *ret, struct err *e) KT_CHECK;
int eval_request_signed(const struct eval_request *r, const uint8_t public_key[32]) KT_CHECK;

struct eval_response {
	uint8_t request[32]; /* hash of the request's bytes, signature and all */
	uint8_t index;
	uint16_t count;
	const struct element *elements;
	struct oprf_proof proof;
};
void eval_request_hash(struct str request, uint8_t ret[32]);
void eval_response_write(const struct eval_response *r, const uint8_t secret[64], struct buf *out);
/* Form, points, and that it answers `request` with `count` elements from holder `index`, signed by it. KT_EINVAL for
 * form, KT_ECRYPTO for the rest. The proof is threshold_verify's. */
int eval_response_read(struct str bytes, const uint8_t request[32], uint8_t index, uint16_t count,
                       const uint8_t public_key[32], struct eval_response *ret, struct err *e) KT_CHECK;

struct open_request {
	uint8_t key_id[KEY_ID];
	uint32_t generation;
	struct quorum q;
	uint8_t k;
	const struct element *commit; /* A; judged by check 8 */
	uint8_t m;
	const uint8_t *rows; /* m × SEAL_ROW bytes; reading: all with this k */
	struct str signed_bytes;
	const uint8_t *sig;
};
void open_request_write(const struct open_request *r, const uint8_t secret[64], struct buf *out);
int open_request_read(struct str bytes, struct open_request *ret, struct err *e) KT_CHECK;
int open_request_signed(const struct open_request *r, const uint8_t public_key[32]) KT_CHECK;
void open_request_hash(struct str request, uint8_t ret[32]);
void open_response_write(const struct eval_response *r, const uint8_t secret[64], struct buf *out);
int open_response_read(struct str bytes, const uint8_t request[32], uint8_t index, uint16_t count,
                       const uint8_t public_key[32], struct eval_response *ret, struct err *e) KT_CHECK;

#endif
