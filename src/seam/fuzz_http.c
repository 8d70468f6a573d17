/* A head as the library would take it apart, leniently and in place; what http_head_check lets through must be strict
 * in the bytes that came. */
#include <stdlib.h>

#include "seam/http_int.h"

#define HEAD_MAX 2048

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The next line from *at, its end overwritten; NULL when there is no whole one. */
static char *next_line(char *p, size_t n, size_t *at)
{
	char *line = p + *at, *lf = memchr(line, '\n', n - *at);
	if (!lf)
		return NULL;
	*at = (size_t)(lf - p) + 1;
	*lf = 0;
	if (lf > line && lf[-1] == '\r')
		lf[-1] = 0;
	return line;
}

static bool first_line(char *line, struct http_head *h)
{
	char *target = strchr(line, ' '), *version;
	if (!target)
		return false;
	*target++ = 0;
	while (*target == ' ')
		target++;
	version = strrchr(target, ' ');
	if (!version)
		return false;
	*version++ = 0;
	h->block = line;
	h->method = (struct http_part){line, strlen(line)};
	h->target = (struct http_part){target, strlen(target)};
	h->version = (struct http_part){version, strlen(version)};
	return true;
}

/* NULs right before a line's end: they cannot be told from the ends any more, and count as such. */
static bool ambiguous(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t j = i;
		while (j < n && (p[j] == 0 || p[j] == '\r'))
			j++;
		if (p[i] == 0 && j < n && p[j] == '\n')
			return true;
	}
	return false;
}

/* What must hold for the bytes as they came. */
static void must_be_strict(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool end = p[i] == '\r' && i + 1 < n && p[i + 1] == '\n';
		if (!end && (p[i] == 0 || p[i] == '\r' || p[i] == '\n'))
			abort();
		i += end;
		if (end && i + 1 < n && (p[i + 1] == ' ' || p[i + 1] == '\t' || p[i + 1] == ':'))
			abort();
	}
	if (n < 4 || memcmp(p + n - 4, "\r\n\r\n", 4) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char p[HEAD_MAX + 1];
	struct http_line lines[HTTP_MAX_FIELDS];
	struct http_head h = {.lines = lines};
	struct http_framing f;
	char *line;
	size_t at = 0;
	if (size == 0 || size > HEAD_MAX)
		return 0;
	memcpy(p, data, size);
	p[size] = 0;
	line = next_line(p, size, &at);
	if (!line || !first_line(line, &h))
		return 0;
	/* The library has been at the parameters by now; here the block still has them. */
	h.raw = (struct str){h.target.p, h.target.n};
	while ((line = next_line(p, size, &at)) && *line) {
		char *colon = strchr(line, ':');
		if (!colon || h.n_lines == HTTP_MAX_FIELDS)
			return 0;
		*colon++ = 0;
		while (*colon == ' ' || *colon == '\t')
			colon++;
		lines[h.n_lines++] = (struct http_line){{line, strlen(line)}, {colon, strlen(colon)}};
	}
	if (!line)
		return 0;
	h.n = at;
	if (!http_head_check(&h, &f) && !ambiguous((const char *)data, at))
		must_be_strict((const char *)data, at);
	return 0;
}
