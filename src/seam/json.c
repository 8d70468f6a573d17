#include "seam/json.h"
#include <jansson.h>
#include <stdlib.h>

#define DEPTH_MAX 64u

/* jansson frees without saying how much: the size stands in front, in 16 bytes to keep malloc's alignment. */
#define HEAD 16

static void *wiping_malloc(size_t n)
{
	if (n > SIZE_MAX - HEAD)
		return NULL;
	char *p = malloc(n + HEAD);
	if (!p)
		return NULL;
	memcpy(p, &n, sizeof n);
	return p + HEAD;
}

static void wiping_free(void *q)
{
	if (!q)
		return;
	char *p = (char *)q - HEAD;
	size_t n;
	memcpy(&n, p, sizeof n);
	explicit_bzero(p, n + HEAD);
	free(p);
}

void json_setup(void)
{
	json_set_alloc_funcs(wiping_malloc, wiping_free);
	json_object_seed(0); /* from the system's random source: hostile keys cannot be made to collide */
}

struct place {
	int line;
	int column;
};

static struct place place_of(struct str text, size_t at)
{
	struct place p = {1, 1};
	for (size_t i = 0; i < at; i++) {
		if (text.p[i] == '\n') {
			p.line++;
			p.column = 1;
		} else if (((unsigned char)text.p[i] & 0xc0) != 0x80) {
			p.column++;
		}
	}
	return p;
}

static int fail_at(struct err *e, int code, struct place p, const char *what)
{
	return err_at(e, code, "", p.line, "JSON, regel %d, teken %d: %s", p.line, p.column, what);
}

/* Position where nesting exceeds `max`, or -1. Before parsing: jansson recurses with the nesting. Reads strings as
 * the parser does, so up to the first syntax error (where the parser stops) both see the same brackets. */
static ptrdiff_t too_deep(struct str text, unsigned max, size_t max_commas, bool *ret_many)
{
	unsigned depth = 0;
	size_t commas = 0;
	bool in_string = false;
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		if (in_string) {
			if (c == '\\')
				i++;
			else if (c == '"')
				in_string = false;
		} else if (c == '"') {
			in_string = true;
		} else if (c == '{' || c == '[') {
			if (++depth > max)
				return (ptrdiff_t)i;
		} else if ((c == '}' || c == ']') && depth) {
			depth--;
		} else if (c == ',' && ++commas == max_commas) {
			*ret_many = true;
			return (ptrdiff_t)i;
		}
	}
	return -1;
}

static int check_text(struct str text, const struct json_limits *lim, struct err *e)
{
	if (text.n > lim->max_bytes)
		return err_set(e, KT_ELIMIT, "JSON: groter dan %zu bytes", lim->max_bytes);
	ptrdiff_t at = str_find(text, 0);
	if (at >= 0)
		return fail_at(e, KT_EINVAL, place_of(text, (size_t)at), "een NUL-teken mag niet");
	for (struct str s = text; s.n;) {
		size_t one = str_utf8_first(s);
		if (!one)
			return fail_at(e, KT_EINVAL, place_of(text, text.n - s.n), "geen geldig UTF-8");
		s = str_sub(s, one, s.n);
	}
	bool many = false;
	at = too_deep(text, lim->max_depth < DEPTH_MAX ? lim->max_depth : DEPTH_MAX, lim->max_commas, &many);
	if (at >= 0)
		return fail_at(e, KT_ELIMIT, place_of(text, (size_t)at), many ? "te veel waarden" : "te diep genest");
	return 0;
}

/* jansson's own words quote the text near the error, so only its code is used. */
static int fail_parse(const json_error_t *je, struct err *e)
{
	struct place p = {je->line > 0 ? je->line : 1, je->column > 0 ? je->column : 1};
	switch (json_error_code(je)) {
	case json_error_out_of_memory:
		return err_set(e, KT_ENOMEM, "JSON: geen geheugen");
	case json_error_stack_overflow:
		return fail_at(e, KT_ELIMIT, p, "te diep genest");
	case json_error_invalid_utf8:
		return fail_at(e, KT_EINVAL, p, "geen geldig UTF-8");
	case json_error_premature_end_of_input:
		return fail_at(e, KT_EINVAL, p, "de tekst houdt te vroeg op");
	case json_error_end_of_input_expected:
		return fail_at(e, KT_EINVAL, p, "na de waarde staat nog iets");
	case json_error_null_character:
	case json_error_null_byte_in_key:
		return fail_at(e, KT_EINVAL, p, "een NUL-teken mag niet");
	case json_error_duplicate_key:
		return fail_at(e, KT_EINVAL, p, "een naam komt tweemaal voor in hetzelfde object");
	case json_error_numeric_overflow:
		return fail_at(e, KT_EINVAL, p, "een getal is te groot");
	default:
		return fail_at(e, KT_EINVAL, p, "geen geldig JSON");
	}
}

static bool convert(struct arena *a, const json_t *j, struct val *out);

static bool convert_array(struct arena *a, const json_t *j, struct val *out)
{
	size_t n = json_array_size(j);
	out->type = VAL_ARR;
	out->arr.n = n;
	out->arr.v = arena_array(a, n, sizeof *out->arr.v);
	if (!out->arr.v)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!convert(a, json_array_get(j, i), &out->arr.v[i]))
			return false;
	return true;
}

static bool convert_object(struct arena *a, json_t *j, struct val *out)
{
	size_t i = 0;
	out->type = VAL_OBJ;
	out->obj.n = json_object_size(j);
	out->obj.m = arena_array(a, out->obj.n, sizeof *out->obj.m);
	if (!out->obj.m)
		return false;
	for (void *it = json_object_iter(j); it; it = json_object_iter_next(j, it), i++) {
		struct val_member *m = &out->obj.m[i];
		m->key = arena_str(a, str_of(json_object_iter_key(it)));
		if (!m->key.p || !convert(a, json_object_iter_value(it), &m->v))
			return false;
	}
	return true;
}

/* The memory is zeroed, so lines are 0: jansson does not keep them. Depth is bounded by check_text. */
static bool convert(struct arena *a, const json_t *j, struct val *out)
{
	switch (json_typeof(j)) {
	case JSON_OBJECT:
		/* Iterating takes a json_t that is not const; it does not change it. */
		return convert_object(a, (json_t *)(uintptr_t)j, out);
	case JSON_ARRAY:
		return convert_array(a, j, out);
	case JSON_STRING:
		out->type = VAL_STR;
		out->s = arena_str(a, (struct str){json_string_value(j), json_string_length(j)});
		return out->s.p != NULL;
	case JSON_INTEGER:
		out->type = VAL_INT;
		out->i = json_integer_value(j);
		return true;
	case JSON_REAL:
		out->type = VAL_REAL;
		out->d = json_real_value(j);
		return true;
	case JSON_TRUE:
	case JSON_FALSE:
		out->type = VAL_BOOL;
		out->b = json_is_true(j);
		return true;
	case JSON_NULL:
		out->type = VAL_NULL;
		return true;
	}
	return false;
}

int json_read(struct arena *a, struct str text, const struct json_limits *lim, const struct val **ret, struct err *e)
{
	int rc = check_text(text, lim, e);
	if (rc)
		return rc;
	json_error_t je;
	json_t *j = json_loadb(text.p ? text.p : "", text.n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &je);
	if (!j) {
		rc = fail_parse(&je, e);
		explicit_bzero(&je, sizeof je);
		return rc;
	}
	struct val *v = ARENA_NEW(a, struct val);
	bool ok = v && convert(a, j, v);
	json_decref(j);
	if (!ok)
		return err_set(e, KT_ELIMIT, "JSON: te groot om te verwerken");
	*ret = v;
	return 0;
}
