/* The Cookie header: whatever comes, a value found lies inside it, and is found once. */
#include <stdlib.h>

#include "api/api.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str header = {(const char *)data, size}, value;
	if (!cookie_parse(header, "sessie", &value))
		return 0;
	if (value.n && (value.p < header.p || value.p + value.n > header.p + header.n || str_find(value, ';') >= 0))
		abort();
	return 0;
}
