/* Any bytes as a list: what comes out is sorted, canonical, without doubles, and says the same when read again. */
#include "barrier/safety.h"
#include "seam/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct safety_list *l)
{
	int64_t names = 0;
	for (size_t i = 0; i < l->n; i++) {
		const struct safety_entry *x = &l->entries[i];
		struct identifier id;
		if (id_canonical(x->kind, x->value, NULL, &id, NULL) != 0 || !str_eq(id_str(&id), x->value))
			__builtin_trap();
		if (x->kind != ID_DOMAIN && x->mode != SAFETY_EXACT)
			__builtin_trap();
		/* a suffix or a carrier that is a public suffix would protect everybody below it */
		if (x->mode != SAFETY_EXACT && id_is_public_suffix(x->value))
			__builtin_trap();
		names += x->mode != SAFETY_CARRIER;
		if (i == 0)
			continue;
		const struct safety_entry *y = &l->entries[i - 1];
		int c = y->kind != x->kind ? (y->kind < x->kind ? -1 : 1) : str_cmp(y->value, x->value);
		if (c > 0 || (c == 0 && y->mode >= x->mode))
			__builtin_trap();
	}
	if (names != l->names || l->n == 0 || l->skipped < 0)
		__builtin_trap();
}

/* The entries as a plain list give those entries again. */
static void again(struct arena *a, const struct safety_list *l)
{
	struct buf b;
	struct safety_list back;
	buf_init(&b, (size_t)64 << 20);
	for (size_t i = 0; i < l->n; i++) {
		if (l->entries[i].mode == SAFETY_CARRIER)
			continue;
		if (l->entries[i].mode == SAFETY_SUFFIX)
			buf_c(&b, '.');
		buf_str(&b, l->entries[i].value);
		buf_c(&b, '\n');
	}
	if (!buf_err(&b) && safety_parse(a, l->name, buf_view(&b), &back, NULL) == 0 &&
	    (back.n != l->n || back.names != l->names || back.skipped))
		__builtin_trap();
	buf_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool ready;
	struct safety_list l;
	struct arena *a = arena_new(0);
	if (!ready)
		json_setup();
	ready = true;
	if (a && safety_parse(a, STR("lijst"), (struct str){(const char *)data, size}, &l, NULL) == 0) {
		check(&l);
		again(a, &l);
	}
	arena_free(a);
	return 0;
}
