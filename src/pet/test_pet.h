/* What the tests of this room share: repeatable randomness, keys split over holders, members, a whole exchange in one
 * place. */
#ifndef PET_TEST_PET_H
#define PET_TEST_PET_H
#include "base/test_seed.h"
#include "pet/eval.h"
#include "pet/filter.h"
#include "seam/crypto.h"
#include <stdbool.h>
#include <string.h>

/* seed_start, and libsodium's randomness from the same seed. First thing in main. */
#define PET_START() (seed_start(), pet_test_start(rnd()))
void pet_test_start(uint64_t seed);

/* Hexadecimal text to bytes; fails the test unless it is n bytes. */
void hex_to(struct str hex, void *ret, size_t n);
void hex_z(const char *hex, void *ret, size_t n);

struct holders {
	struct key_record record;
	struct scalar share[HOLDERS_MAX];
	uint8_t sign_public[HOLDERS_MAX][32], sign_secret[HOLDERS_MAX][64];
};
/* A key dealt by hand: K, shares, a signed record. */
void holders_make(enum key_use use, uint8_t audience, uint32_t epoch, uint8_t t, uint8_t n, struct holders *ret);
/* Whatever quorum of t out of n. */
struct quorum quorum_any(uint8_t t, uint8_t n);
/* Every holder of q evaluates, each part is verified, the sum comes out. */
void holders_evaluate(const struct holders *h, const struct quorum *q, const char *context,
                      const struct element *blinded, size_t n, struct element *ret);
/* The whole oblivious function by any quorum: unblinded element and output. */
void holders_output(const struct holders *h, struct str input, struct element *ret_n, uint8_t ret_y[OPRF_OUTPUT]);

#define MEMBERS 6
struct world { /* one channel, six members, keys of one epoch */
	struct holders seal, outer, person;
	struct reg reg;
	struct reg_member member[MEMBERS];
	struct reg_channel channel[2];
	uint8_t secret[MEMBERS][64];
	uint32_t day;
	struct seal_checker check;
};
/* Epoch 1 on a day in its opening half; threshold k, at most `cap` of one member, at least `members`. */
void world_make(uint8_t k, uint8_t cap, uint8_t members, struct world *ret);
/* A report by member `m` (0…) about `input`, by the person of that text. */
struct draft {
	struct seal_group group;
	struct seal_payload payload;
	struct seal_case c;
	uint8_t nullifier[32];
};
void draft_make(const struct world *w, size_t m, const char *input, const char *person, struct draft *ret);
/* Sealed, and taken by the store: a submission and its bytes. */
struct sealed {
	uint8_t bytes[SEAL_BYTES_MAX];
	size_t n;
	struct seal_submission s;
};
void draft_seal(const struct world *w, const struct draft *d, struct sealed *ret);
void report_make(const struct world *w, size_t m, const char *input, const char *person, struct sealed *ret);
/* The holders' part of opening rows, and the centre's. */
int rows_open(const struct world *w, const struct sealed *s, size_t m, struct seal_opened *ret, struct scalar *ret_a0);

#endif
