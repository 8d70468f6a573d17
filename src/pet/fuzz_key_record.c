/* Any bytes as a key record: refused, or the same bytes when written again. */
#include "pet/threshold.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t keys[HOLDERS_MAX][32];
	struct key_record r;
	struct err e = {0};
	uint8_t *copy = malloc(size + 1); /* exact size but one: the sanitizer sees a read behind it */
	if (!copy)
		return 0;
	memcpy(copy, data, size);
	if (key_record_read((struct str){(const char *)copy, size}, &r, &e) == 0) {
		struct buf again = BUF_INIT(KEY_RECORD_MAX);
		key_record_write(&r, &again);
		if (buf_err(&again) || again.n != size || memcmp(again.p, copy, size) != 0)
			abort();
		if (key_record_verify(&r, keys, &e) == 0)
			abort();
		buf_free(&again);
	}
	free(copy);
	return 0;
}
