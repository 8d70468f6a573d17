/* Dates and times as text: refused, or written back as the same instant. */
#include <stdlib.h>

#include "base/clock.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = malloc(size ? size : 1); /* exact size: the sanitizer sees a read behind it */
	if (!copy)
		return 0;
	memcpy(copy, data, size);
	struct str text = {copy, size};
	int64_t ms, day, again;
	char out[25];
	if (time_parse(text, &ms) == 0) {
		time_format(ms, out);
		if (time_parse(str_of(out), &again) || again != ms)
			abort();
	}
	if (date_parse(text, &day) == 0) {
		date_format(day, out);
		if (!str_eq(str_of(out), text))
			abort();
	}
	(void)str_int(text, &again);
	free(copy);
	return 0;
}
