#include "base/buf.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define FIRST_CAP 64

void buf_init(struct buf *b, size_t max)
{
	*b = BUF_INIT(max);
}

static void wipe_free(struct buf *b)
{
	if (b->p) {
		explicit_bzero(b->p, b->cap);
		free(b->p);
	}
}

void buf_free(struct buf *b)
{
	wipe_free(b);
	*b = BUF_INIT(b->max);
}

void buf_reset(struct buf *b)
{
	if (b->p) {
		explicit_bzero(b->p, b->n);
		b->p[0] = 0;
	}
	b->n = 0;
	b->err = 0;
}

/* Not realloc: that would leave the old bytes behind in freed memory. */
static bool grow(struct buf *b, size_t need)
{
	size_t cap = b->cap ? b->cap : FIRST_CAP;
	while (cap < need)
		cap = cap > SIZE_MAX / 2 ? need : cap * 2;
	if (b->max < SIZE_MAX && cap > b->max + 1)
		cap = b->max + 1;
	char *p = malloc(cap);
	if (!p) {
		b->err = KT_ENOMEM;
		return false;
	}
	if (b->n)
		memcpy(p, b->p, b->n);
	p[b->n] = 0;
	wipe_free(b);
	b->p = p;
	b->cap = cap;
	return true;
}

char *buf_room(struct buf *b, size_t n)
{
	if (b->err)
		return NULL;
	if (b->n > b->max || n > b->max - b->n || n >= SIZE_MAX - b->n) {
		b->err = KT_ELIMIT;
		return NULL;
	}
	if (b->n + n + 1 > b->cap && !grow(b, b->n + n + 1))
		return NULL;
	return b->p + b->n;
}

void buf_added(struct buf *b, size_t n)
{
	if (b->err)
		return;
	if (!b->p || n >= b->cap - b->n) {
		if (n)
			b->err = KT_EINTERNAL;
		return;
	}
	b->n += n;
	b->p[b->n] = 0;
}

void buf_cut(struct buf *b, size_t n)
{
	if (!b->p || n >= b->n)
		return;
	explicit_bzero(b->p + n, b->n - n);
	b->n = n;
}

void buf_add(struct buf *b, const void *p, size_t n)
{
	char *room = buf_room(b, n);
	if (!room)
		return;
	if (n)
		memcpy(room, p, n);
	buf_added(b, n);
}

void buf_str(struct buf *b, struct str s)
{
	buf_add(b, s.p, s.n);
}

void buf_z(struct buf *b, const char *z)
{
	buf_str(b, str_of(z));
}

void buf_c(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0) {
		if (!b->err)
			b->err = KT_EINVAL;
		return;
	}
	char *room = buf_room(b, (size_t)n);
	if (!room)
		return;
	va_start(ap, fmt);
	vsnprintf(room, (size_t)n + 1, fmt, ap);
	va_end(ap);
	buf_added(b, (size_t)n);
}

void buf_int(struct buf *b, int64_t v)
{
	buf_printf(b, "%lld", (long long)v);
}

void buf_hex(struct buf *b, const void *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *in = p;
	if (n > SIZE_MAX / 2) {
		if (!b->err)
			b->err = KT_ELIMIT;
		return;
	}
	char *room = buf_room(b, n * 2);
	if (!room)
		return;
	for (size_t i = 0; i < n; i++) {
		room[2 * i] = digits[in[i] >> 4];
		room[2 * i + 1] = digits[in[i] & 15];
	}
	buf_added(b, n * 2);
}
