#include "base/arena.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define FIRST_BLOCK (16u << 10)
#define DEFAULT_MAX ((size_t)64 << 20)
#define ALIGN ((size_t)16)

/* Invariant: every byte of data[used..cap) is zero, so that alloc need not clear. */
struct block {
	struct block *older;
	size_t cap;
	size_t used;
	_Alignas(16) unsigned char data[];
};

struct arena {
	struct block *top;
	size_t max;
	size_t total; /* capacity of all blocks */
	size_t used;
};

static struct block *block_new(size_t cap)
{
	if (cap > SIZE_MAX - sizeof(struct block))
		return NULL;
	struct block *k = calloc(1, sizeof *k + cap);
	if (k)
		k->cap = cap;
	return k;
}

static void block_free(struct block *k)
{
	explicit_bzero(k->data, k->used);
	free(k);
}

struct arena *arena_new(size_t max)
{
	struct arena *a = calloc(1, sizeof *a);
	if (!a)
		return NULL;
	a->max = max ? max : DEFAULT_MAX;
	size_t first = a->max < FIRST_BLOCK ? a->max : FIRST_BLOCK;
	a->top = block_new(first);
	if (!a->top) {
		free(a);
		return NULL;
	}
	a->total = first;
	return a;
}

static void free_to_first(struct arena *a)
{
	while (a->top->older) {
		struct block *k = a->top;
		a->top = k->older;
		a->total -= k->cap;
		block_free(k);
	}
}

struct arena *arena_free(struct arena *a)
{
	if (!a)
		return NULL;
	free_to_first(a);
	block_free(a->top);
	free(a);
	return NULL;
}

void arena_reset(struct arena *a)
{
	free_to_first(a);
	explicit_bzero(a->top->data, a->top->used);
	a->top->used = 0;
	a->used = 0;
}

static bool add_block(struct arena *a, size_t need)
{
	size_t room = a->max - a->total;
	if (need > room)
		return false;
	size_t cap = a->top->cap > SIZE_MAX / 2 ? need : a->top->cap * 2;
	if (cap < need)
		cap = need;
	if (cap > room)
		cap = room;
	struct block *k = block_new(cap);
	if (!k)
		return false;
	k->older = a->top;
	a->top = k;
	a->total += cap;
	return true;
}

void *arena_alloc(struct arena *a, size_t n)
{
	if (n == 0)
		n = 1; /* a pointer of its own */
	if (n > a->max)
		return NULL;
	struct block *k = a->top;
	size_t from = (k->used + ALIGN - 1) & ~(ALIGN - 1);
	if (from > k->cap || n > k->cap - from) {
		if (!add_block(a, n))
			return NULL;
		k = a->top;
		from = 0;
	}
	a->used += from - k->used + n;
	k->used = from + n;
	return k->data + from;
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
	size_t n;
	if (__builtin_mul_overflow(count, size, &n))
		return NULL;
	return arena_alloc(a, n);
}

struct str arena_str(struct arena *a, struct str s)
{
	char *p = s.n < SIZE_MAX ? arena_alloc(a, s.n + 1) : NULL;
	if (!p)
		return STR_NONE;
	if (s.n)
		memcpy(p, s.p, s.n);
	return (struct str){p, s.n};
}

char *arena_z(struct arena *a, struct str s)
{
	char *p = s.n < SIZE_MAX ? arena_alloc(a, s.n + 1) : NULL;
	if (p && s.n)
		memcpy(p, s.p, s.n);
	return p;
}

struct str arena_fmt(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	char *p = n < 0 ? NULL : arena_alloc(a, (size_t)n + 1);
	if (!p)
		return STR_NONE;
	va_start(ap, fmt);
	vsnprintf(p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return (struct str){p, (size_t)n};
}

size_t arena_used(const struct arena *a)
{
	return a->used;
}

/* volatile and noinline: a compiler that knows nobody reads this frame would drop it. */
__attribute__((noinline)) void stack_burn(void)
{
	volatile unsigned char deep[48u << 10];
	for (size_t i = 0; i < sizeof deep; i++)
		deep[i] = 0;
}
