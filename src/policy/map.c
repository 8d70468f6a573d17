#include "policy/map.h"

/* FNV-1a with a last mix. The keys are the operator's own; what a stranger looks up can at most meet the
 * longest run of neighbours, which half-empty tables keep short. */
static uint32_t map_hash(struct str key)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < key.n; i++)
		h = (h ^ (unsigned char)key.p[i]) * UINT64_C(1099511628211);
	h ^= h >> 32;
	return (uint32_t)(h * UINT64_C(0x9E3779B1));
}

static struct map_slot *map_place(const struct map *m, struct str key, uint32_t hash)
{
	size_t i = hash & (m->size - 1);

	while (m->slot[i].key.p && !(m->slot[i].hash == hash && str_eq(m->slot[i].key, key)))
		i = (i + 1) & (m->size - 1);
	return &m->slot[i];
}

static int map_grow(struct map *m, struct arena *a)
{
	struct map bigger = {.size = m->size ? m->size * 2 : 16, .n = m->n};

	bigger.slot = arena_array(a, bigger.size, sizeof(*bigger.slot));
	if (!bigger.slot)
		return KT_ENOMEM;
	for (size_t i = 0; i < m->size; i++)
		if (m->slot[i].key.p)
			*map_place(&bigger, m->slot[i].key, m->slot[i].hash) = m->slot[i];
	*m = bigger;
	return 0;
}

int map_put(struct map *m, struct arena *a, struct str key, uint32_t value)
{
	struct map_slot *s;
	uint32_t hash;

	if (!key.p)
		key = STR(""); /* an empty key is a key */
	if (m->n * 2 >= m->size) {
		int rc = map_grow(m, a);

		if (rc)
			return rc;
	}
	hash = map_hash(key);
	s = map_place(m, key, hash);
	if (!s->key.p) {
		s->key = key;
		s->hash = hash;
		m->n++;
	}
	s->value = value;
	return 0;
}

uint32_t *map_get(const struct map *m, struct str key)
{
	struct map_slot *s;

	if (!m->size)
		return NULL;
	if (!key.p)
		key = STR("");
	s = map_place(m, key, map_hash(key));
	return s->key.p ? &s->value : NULL;
}
