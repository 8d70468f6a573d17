/* Any bytes as a submission, in a register that knows every member and channel and with everybody's key the same: a
 * stable word of fault, and never a good one but the seeds' own (nobody signs by chance). The row and the payload of
 * what was read are read too. */
#include "pet/seal.h"
#include "seam/crypto.h"
#include <sodium.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The published vectors' first member, channel and outer key. */
static void world(struct reg_member *m, struct reg_channel *c, struct key_record *outer)
{
	static const char public_key[] = "9cc9d86ae4b2e8f386d68d1a4d744bc6b9b72c7c7fefcb7913e3451b727d755a";
	static const char z[] = "0844e1c88d3c36e29ebd76b4b58f86ac9c45c2edb2072399f5493ff54026ab5c";
	*m = (struct reg_member){.id = 11, .roles = 1, .last_day = 1000};
	*c = (struct reg_channel){.id = 7,
	                          .version = 1,
	                          .k = 3,
	                          .max_per_member = 2,
	                          .min_members = 2,
	                          .window_days = 90,
	                          .roles = 1,
	                          .last_day = 1000};
	*outer = (struct key_record){.use = KEY_OUTER, .epoch = 1, .t = 2, .n = 3};
	memset(c->basis, 0xff, sizeof(c->basis));
	if (sodium_hex2bin(m->sign_key, 32, public_key, 64, NULL, NULL, NULL) ||
	    sodium_hex2bin(outer->key.b, 32, z, 64, NULL, NULL, NULL))
		abort();
	key_id_of(KEY_OUTER, 0, 1, &outer->key, outer->id);
}

static void row_and_payload(const struct seal_submission *s, const uint8_t *bytes)
{
	uint8_t row[SEAL_ROW], again[SEAL_ROW];
	struct seal_row back;
	struct seal_payload p;
	seal_row_write(&s->row, row);
	if (seal_row_read(row, &back) == 0) {
		seal_row_write(&back, again);
		if (memcmp(row, again, SEAL_ROW) != 0)
			abort();
	}
	if (seal_payload_read(bytes, &p) == 0) {
		uint8_t out[SEAL_PAYLOAD];
		if (seal_payload_write(&p, out) || memcmp(out, bytes, SEAL_PAYLOAD) != 0)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct reg_member m;
	static struct reg_channel c;
	static struct key_record outer;
	static struct seal_submission s;
	if (sodium_init() < 0)
		return 0;
	if (!outer.n)
		world(&m, &c, &outer);
	struct reg r = {1, &m, 1, &c, 1};
	struct seal_checker check = {&r, &outer, 195, true};
	uint8_t *copy = malloc(size + 1);
	if (!copy)
		return 0;
	memcpy(copy, data, size);
	enum seal_fault f = seal_check(&check, F_BYTES(copy, size), &s);
	if (!seal_fault_word(f) || (f == SEAL_GOOD && s.row.h.day != 195))
		abort();
	(void)seal_epoch_of(F_BYTES(copy, size));
	if (f != SEAL_LENGTH)
		row_and_payload(&s, s.ct);
	if (size >= SEAL_PAYLOAD)
		row_and_payload(&s, copy);
	free(copy);
	return 0;
}
