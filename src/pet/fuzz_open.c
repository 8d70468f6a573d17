/* Any bytes as a request to open or the answer to one. What is read lies within the bytes, every row with the request's
 * own k: the checks of a row that follow reach for no more. */
#include "pet/eval.h"
#include "seam/crypto.h"
#include <sodium.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void rows(const struct open_request *r)
{
	struct reg_member m = {.roles = 1, .last_day = 1000};
	struct reg_channel c = {.max_per_member = 2, .min_members = 2, .window_days = 90, .roles = 1, .last_day = 1000};
	struct key_record outer = {.use = KEY_OUTER, .epoch = 1};
	struct reg reg = {1, &m, 1, &c, 1};
	struct seal_checker check = {&reg, &outer, 195, false};
	static struct seal_row row[OPEN_ROWS_MAX];
	size_t n = 0, bad;
	memset(c.basis, 0xff, sizeof(c.basis));
	for (uint8_t i = 0; i < r->m; i++) {
		if (seal_row_read(r->rows + i * SEAL_ROW, &row[n]))
			continue;
		m.id = row[n].h.member; /* whoever it is, it exists */
		c.id = row[n].h.channel;
		c.version = row[n].h.version;
		c.k = row[n].h.k;
		if (row[n].h.k != r->k || !seal_fault_word(seal_check_row(&check, r->commit, &row[n])))
			abort();
		n++;
	}
	if (!seal_fault_word(seal_check_set(&check, row, n, &bad)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t hash[32], key[32];
	struct open_request r;
	struct eval_response a;
	struct err e = {0};
	uint8_t *copy = malloc(size + 1);
	if (!copy || sodium_init() < 0)
		return 0;
	memcpy(copy, data, size);
	if (open_request_read(F_BYTES(copy, size), &r, &e) == 0) {
		struct buf again = BUF_INIT(OPEN_REQUEST_MAX);
		uint8_t secret[64] = {1};
		open_request_write(&r, secret, &again);
		if (buf_err(&again) || again.n != size || memcmp(again.p, copy, size - SIGN_BYTES) != 0)
			abort();
		buf_free(&again);
		if (open_request_signed(&r, key) == 0)
			abort();
		rows(&r);
	}
	if (open_response_read(F_BYTES(copy, size), hash, 1, 3, key, &a, &e) == 0)
		abort(); /* nobody has signed it */
	free(copy);
	return 0;
}
