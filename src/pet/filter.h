/* A signed list's data: a 3-wise binary fuse filter that keeps a 24-bit label per token (PROTOCOLS section 4). Who
 * asks about a token that is not in it gets "no" but for one time in 2^40; the label can be read only by who evaluated
 * the token, since its pad comes from the whole output. */
#ifndef PET_FILTER_H
#define PET_FILTER_H
#include "base/buf.h"
#include "pet/oprf.h"

#define TOKEN_BYTES 16 /* y[0..15] */
#define LIST_ID 16
#define FILTER_SEED 16
#define FILTER_HEADER 54
#define FILTER_MAX_COUNT 50000000u
#define LABEL_MAX 0xffffffu

/* Label, high bits first: reason 10, severity 2, age class 3, count class 2, rule 7. */
struct list_label {
	uint16_t reason;
	uint8_t severity, age, count, rule;
};
uint32_t label_pack(const struct list_label *l);
struct list_label label_unpack(uint32_t label);

struct filter_entry {
	uint8_t y[OPRF_OUTPUT];
	uint32_t label; /* 24 bits */
};

/* Writes header and cells. Tokens must differ (KT_EEXISTS). `seed` NULL: drawn until it fits; a given seed that does
 * not fit is KT_EINVAL. Memory while building: about 30 bytes a token. */
int filter_build(const uint8_t list[LIST_ID], uint64_t sequence, const struct filter_entry *e, size_t n,
                 const uint8_t *seed, struct buf *out, struct err *err) KT_CHECK;

/* A list in memory; borrows the bytes. */
struct filter {
	uint8_t list[LIST_ID];
	uint64_t sequence;
	uint32_t count;
	uint8_t seed[FILTER_SEED];
	uint32_t len, segments;
	const uint8_t *cells;
};
/* Form and exact length; KT_EINVAL otherwise, whatever the bytes. */
int filter_read(struct str bytes, struct filter *ret, struct err *e) KT_CHECK;
/* Is y's token on the list? Then its label. */
bool filter_get(const struct filter *f, const uint8_t y[OPRF_OUTPUT], uint32_t *ret_label);
/* The label under the pad of this list and sequence: its own inverse (for deltas). */
uint32_t label_mask(const uint8_t list[LIST_ID], uint64_t sequence, const uint8_t y[OPRF_OUTPUT], uint32_t label);

#endif
