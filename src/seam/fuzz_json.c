/* What was read and written must read back and be written the same. */
#include "seam/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void again(struct arena *a, const struct val *v, const struct json_limits *lim)
{
	struct buf one = BUF_INIT((size_t)8 << 20), two = BUF_INIT((size_t)8 << 20);
	struct jw w;
	const struct val *back;
	struct err e = {0};
	jw_init(&w, &one);
	jw_val(&w, v);
	if (!buf_err(&one)) {
		if (json_read(a, buf_view(&one), lim, &back, &e) != 0)
			__builtin_trap();
		jw_init(&w, &two);
		jw_val(&w, back);
		if (!str_eq(buf_view(&one), buf_view(&two)))
			__builtin_trap();
	}
	buf_free(&one);
	buf_free(&two);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool ready;
	const struct json_limits in = {1 << 20, 64}, out = {8 << 20, 64};
	struct arena *a = arena_new(0);
	const struct val *v;
	struct err e = {0};
	if (!ready)
		json_setup();
	ready = true;
	if (a && json_read(a, (struct str){(const char *)data, size}, &in, &v, &e) == 0)
		again(a, v, &out);
	arena_free(a);
	return 0;
}
