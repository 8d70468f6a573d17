/* A traceparent: refused, or written back with the same trace and flag, and read again. */
#include <stdlib.h>

#include "base/trace.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = malloc(size ? size : 1); /* exact size: the sanitizer sees a read behind it */
	if (!copy)
		return 0;
	memcpy(copy, data, size);
	struct trace t, again;
	char out[TRACE_TEXT], uuid[TRACE_UUID];
	if (trace_parse((struct str){copy, size}, &t) == 0) {
		trace_format(&t, out);
		trace_uuid(&t, uuid);
		if (strlen(out) != TRACE_TEXT - 1 || strlen(uuid) != TRACE_UUID - 1 || memcmp(out + 3, copy + 3, 32) != 0)
			abort();
		if (trace_parse(str_of(out), &again) || memcmp(&again.id, &t.id, 16) != 0 || again.sampled != t.sampled)
			abort();
	}
	free(copy);
	return 0;
}
