/* For tests only: the folder with public sample data (KENTERING_SHARED, else ../shared beside the source). */
#ifndef IDENTIFIER_TEST_SHARED_H
#define IDENTIFIER_TEST_SHARED_H
#include "base/str.h"
#include <stdio.h>
#include <stdlib.h>

static inline void shared_path(char *out, size_t cap, const char *rest)
{
	const char *shared = getenv("KENTERING_SHARED"), *source = getenv("KENTERING_SOURCE");
	if (shared)
		snprintf(out, cap, "%s/%s", shared, rest);
	else
		snprintf(out, cap, "%s/../shared/%s", source ? source : ".", rest);
}

/* The whole file, with a NUL behind it; {NULL, 0} when it is not there. The caller frees. */
static inline struct str shared_read(const char *path)
{
	FILE *f = fopen(path, "rb");
	if (!f)
		return STR_NONE;
	char *p = NULL;
	size_t n = 0, got;
	do {
		char *more = realloc(p, n + 65536 + 1);
		if (!more)
			break;
		p = more;
		got = fread(p + n, 1, 65536, f);
		n += got;
		p[n] = 0;
	} while (got > 0);
	fclose(f);
	return (struct str){p, n};
}

static inline void shared_free(struct str s)
{
	free((void *)(uintptr_t)s.p);
}

#endif
