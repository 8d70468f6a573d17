/* A hash table from text to a number, in an arena: filled while a snapshot is built, afterwards only read. */
#ifndef POLICY_MAP_H
#define POLICY_MAP_H
#include "base/arena.h"

struct map_slot {
	struct str key; /* borrowed; p NULL: free */
	uint32_t hash;
	uint32_t value;
};

struct map {
	struct map_slot *slot;
	size_t size; /* a power of two, or 0 */
	size_t n;
};

/* Stores `value` under `key`, or over what was there. 0 or KT_ENOMEM. */
int map_put(struct map *m, struct arena *a, struct str key, uint32_t value) KT_CHECK;
/* NULL when absent. The address is good until the next map_put of a new key. */
uint32_t *map_get(const struct map *m, struct str key);

#endif
