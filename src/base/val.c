#include "base/val.h"

const struct val *val_get(const struct val *v, const char *key)
{
	if (!v || v->type != VAL_OBJ)
		return NULL;
	for (size_t i = 0; i < v->obj.n; i++)
		if (str_is(v->obj.m[i].key, key))
			return &v->obj.m[i].v;
	return NULL;
}

struct str val_text(const struct val *v, const char *key)
{
	const struct val *m = val_get(v, key);
	return m && m->type == VAL_STR ? m->s : STR_NONE;
}

int64_t val_int(const struct val *v, const char *key, int64_t otherwise)
{
	const struct val *m = val_get(v, key);
	return m && m->type == VAL_INT ? m->i : otherwise;
}

bool val_bool(const struct val *v, const char *key, bool otherwise)
{
	const struct val *m = val_get(v, key);
	return m && m->type == VAL_BOOL ? m->b : otherwise;
}

size_t val_items(const struct val *v, const char *key, const struct val **ret_items)
{
	const struct val *m = val_get(v, key);
	bool some = m && m->type == VAL_ARR && m->arr.n;
	*ret_items = some ? m->arr.v : NULL;
	return some ? m->arr.n : 0;
}

bool val_has(const struct val *v, const char *key, struct str s)
{
	const struct val *items;
	size_t n = val_items(v, key, &items);
	for (size_t i = 0; i < n; i++)
		if (items[i].type == VAL_STR && str_eq(items[i].s, s))
			return true;
	return false;
}
