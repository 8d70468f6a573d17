/* The JSON writer. Nothing here needs jansson: the text goes straight into the caller's buffer. */
#include "seam/json.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define DEPTH_MAX 64u /* bits of jw.some */

void jw_init(struct jw *w, struct buf *b)
{
	*w = (struct jw){.b = b};
}

/* The comma, when one is due. Level d (1 = outermost) has bit d-1. */
static void lead(struct jw *w)
{
	if (w->after_key) {
		w->after_key = false;
		return;
	}
	if (w->depth == 0 || w->depth > DEPTH_MAX)
		return;
	uint64_t bit = UINT64_C(1) << (w->depth - 1);
	if (w->some & bit)
		buf_c(w->b, ',');
	w->some |= bit;
}

static void open_level(struct jw *w, char c)
{
	lead(w);
	if (w->depth >= DEPTH_MAX) {
		if (!w->b->err)
			w->b->err = KT_ELIMIT;
		return;
	}
	buf_c(w->b, c);
	w->some &= ~(UINT64_C(1) << w->depth);
	w->depth++;
}

static void close_level(struct jw *w, char c)
{
	if (w->depth == 0) {
		if (!w->b->err)
			w->b->err = KT_EINTERNAL;
		return;
	}
	w->depth--;
	buf_c(w->b, c);
}

void jw_obj(struct jw *w)
{
	open_level(w, '{');
}

void jw_obj_end(struct jw *w)
{
	close_level(w, '}');
}

void jw_arr(struct jw *w)
{
	open_level(w, '[');
}

void jw_arr_end(struct jw *w)
{
	close_level(w, ']');
}

static void escape(struct buf *b, unsigned char c)
{
	static const char digits[] = "0123456789abcdef";
	static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
	const char *hit = c ? strchr(from, c) : NULL;
	char out[6] = {'\\', hit ? to[hit - from] : 'u', '0', '0', digits[c >> 4], digits[c & 15]};
	buf_add(b, out, hit ? 2 : 6);
}

static void quoted(struct buf *b, struct str s)
{
	size_t plain = 0; /* bytes at the front that go out as they are */
	buf_c(b, '"');
	while (plain < s.n) {
		unsigned char c = (unsigned char)s.p[plain];
		size_t one = c < 0x80 ? 1 : str_utf8_first(str_sub(s, plain, s.n));
		if (one && c >= 0x20 && c != '"' && c != '\\') {
			plain += one;
			continue;
		}
		buf_add(b, s.p, plain);
		if (one)
			escape(b, c);
		else
			buf_str(b, STR("\xEF\xBF\xBD"));
		s = str_sub(s, plain + 1, s.n);
		plain = 0;
	}
	buf_str(b, s);
	buf_c(b, '"');
}

void jw_key(struct jw *w, const char *key)
{
	lead(w);
	quoted(w->b, str_of(key));
	buf_c(w->b, ':');
	w->after_key = true;
}

void jw_str(struct jw *w, struct str s)
{
	lead(w);
	quoted(w->b, s);
}

void jw_z(struct jw *w, const char *z)
{
	if (z)
		jw_str(w, str_of(z));
	else
		jw_null(w);
}

void jw_int(struct jw *w, int64_t v)
{
	lead(w);
	buf_int(w->b, v);
}

void jw_bool(struct jw *w, bool v)
{
	lead(w);
	buf_z(w->b, v ? "true" : "false");
}

void jw_null(struct jw *w)
{
	lead(w);
	buf_z(w->b, "null");
}

/* The shortest digits that read back as the same double. JSON has no infinity or NaN. */
static void jw_real(struct jw *w, double v)
{
	char text[40];
	bool whole = true;
	if (!isfinite(v)) {
		jw_null(w);
		return;
	}
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof text, "%.*g", digits, v);
		double back = strtod(text, NULL);
		if (memcmp(&back, &v, sizeof v) == 0)
			break;
	}
	for (char *p = text; *p; p++) {
		if (*p == ',')
			*p = '.'; /* the process may have a Dutch locale */
		if (*p == '.' || *p == 'e')
			whole = false;
	}
	lead(w);
	buf_z(w->b, text);
	if (whole)
		buf_z(w->b, ".0"); /* else it would read back as an integer */
}

void jw_val(struct jw *w, const struct val *v)
{
	switch (v->type) {
	case VAL_NULL: jw_null(w); break;
	case VAL_BOOL: jw_bool(w, v->b); break;
	case VAL_INT: jw_int(w, v->i); break;
	case VAL_REAL: jw_real(w, v->d); break;
	case VAL_STR: jw_str(w, v->s); break;
	case VAL_ARR:
		jw_arr(w);
		for (size_t i = 0; i < v->arr.n && !w->b->err; i++)
			jw_val(w, &v->arr.v[i]);
		jw_arr_end(w);
		break;
	case VAL_OBJ:
		jw_obj(w);
		for (size_t i = 0; i < v->obj.n && !w->b->err; i++) {
			lead(w);
			quoted(w->b, v->obj.m[i].key);
			buf_c(w->b, ':');
			w->after_key = true;
			jw_val(w, &v->obj.m[i].v);
		}
		jw_obj_end(w);
		break;
	}
}

void jw_kstr(struct jw *w, const char *key, struct str s)
{
	jw_key(w, key);
	jw_str(w, s);
}

void jw_kz(struct jw *w, const char *key, const char *z)
{
	jw_key(w, key);
	jw_z(w, z);
}

void jw_kint(struct jw *w, const char *key, int64_t v)
{
	jw_key(w, key);
	jw_int(w, v);
}

void jw_kbool(struct jw *w, const char *key, bool v)
{
	jw_key(w, key);
	jw_bool(w, v);
}
