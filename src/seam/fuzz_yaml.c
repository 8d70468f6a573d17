#include "seam/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(0);
	const struct val *v;
	struct err e = {0};
	if (a && yaml_read(a, (struct str){(const char *)data, size}, "fuzz", &v, &e) != 0 && e.text[0] == 0)
		__builtin_trap(); /* a refusal says why */
	arena_free(a);
	return 0;
}
