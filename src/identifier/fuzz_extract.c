/* Any text: finds lie within it, in order, and are what the canonicaliser makes of their own bytes. */
#include "identifier/identifier.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	struct str text;
	size_t begin;
};

static int check(const struct id_found *f, void *arg)
{
	struct seen *s = arg;
	struct identifier again;
	if (f->begin < s->begin || f->begin >= f->end || f->end > s->text.n)
		abort();
	s->begin = f->begin;
	if (id_canonical(f->id.kind, str_sub(s->text, f->begin, f->end), NULL, &again, NULL) != 0 ||
	    !str_eq(id_str(&again), id_str(&f->id)))
		abort();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = malloc(size + 1);
	if (!copy)
		return 0;
	memcpy(copy, data, size);
	struct seen s = {{copy, size}, 0};
	if (id_extract(s.text, NULL, check, &s) != 0)
		abort();
	free(copy);
	return 0;
}
