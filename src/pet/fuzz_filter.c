/* Any bytes as a list: refused, or every question has an answer within its bounds. */
#include "pet/filter.h"
#include <sodium.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct filter f;
	struct err e = {0};
	uint8_t *copy = malloc(size + 1);
	if (!copy || sodium_init() < 0)
		return 0;
	memcpy(copy, data, size);
	if (filter_read((struct str){(const char *)copy, size}, &f, &e) == 0)
		for (size_t i = 0; i < 64; i++) {
			uint8_t y[OPRF_OUTPUT] = {(uint8_t)i, size > i ? copy[i] : 0};
			uint32_t label = 0;
			if (filter_get(&f, y, &label) && label > LABEL_MAX)
				abort();
		}
	free(copy);
	return 0;
}
