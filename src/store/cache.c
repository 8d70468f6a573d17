#include "store/driver.h"

#include <stdlib.h>

static size_t cache_at(const struct stmt_cache *c, const struct stmt *st)
{
	/* Addresses of static structs share their low bits; the multiplication spreads the rest. */
	size_t i = (size_t)(((uintptr_t)st >> 4) * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (c->cap - 1);
	while (c->keys[i] && c->keys[i] != st)
		i = (i + 1) & (c->cap - 1);
	return i;
}

void *cache_get(const struct stmt_cache *c, const struct stmt *st)
{
	if (!c->cap)
		return NULL;
	size_t i = cache_at(c, st);
	return c->keys[i] ? c->values[i] : NULL;
}

static int cache_grow(struct stmt_cache *c)
{
	struct stmt_cache to = {NULL, NULL, c->cap ? c->cap * 2 : 64, c->n};
	to.keys = calloc(to.cap, sizeof(*to.keys));
	to.values = calloc(to.cap, sizeof(*to.values));
	if (!to.keys || !to.values) {
		free(to.keys);
		free(to.values);
		return KT_ENOMEM;
	}
	for (size_t i = 0; i < c->cap; i++) {
		if (!c->keys[i])
			continue;
		size_t j = cache_at(&to, c->keys[i]);
		to.keys[j] = c->keys[i];
		to.values[j] = c->values[i];
	}
	free(c->keys);
	free(c->values);
	*c = to;
	return 0;
}

int cache_put(struct stmt_cache *c, const struct stmt *st, void *value)
{
	if (2 * (c->n + 1) > c->cap) {
		int code = cache_grow(c);
		if (code)
			return code;
	}
	size_t i = cache_at(c, st);
	if (!c->keys[i])
		c->n++;
	c->keys[i] = st;
	c->values[i] = value;
	return 0;
}

void cache_free(struct stmt_cache *c, void (*drop)(void *value))
{
	for (size_t i = 0; i < c->cap; i++)
		if (c->keys[i])
			drop(c->values[i]);
	free(c->keys);
	free(c->values);
	*c = (struct stmt_cache){NULL, NULL, 0, 0};
}
