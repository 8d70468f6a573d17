#include "base/valid.h"
#include "base/clock.h"
#include "base/near.h"
#include "base/pattern.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define KEY_MAX 40
#define ENUM_LISTED 12

struct ctx {
	struct valid_report *r;
	size_t n;
	char at[sizeof ((struct valid_error *)0)->at];
};

/* A text cut by a full buffer may end in half a character. */
static void whole_chars(char *text)
{
	size_t n = strlen(text);
	for (int i = 0; i < 4 && n && !str_utf8((struct str){text, n}); i++)
		text[--n] = 0;
}

static struct valid_error *take(struct valid_report *r, const char *at, int line, const char *rule)
{
	r->total++;
	if (r->n == VALID_MAX)
		return NULL;
	struct valid_error *e = &r->e[r->n++];
	*e = (struct valid_error){.line = line, .rule = rule};
	snprintf(e->at, sizeof e->at, "%s", at);
	whole_chars(e->at);
	return e;
}

void valid_add(struct valid_report *r, const char *at, int line, const char *rule, const char *fmt, ...)
{
	struct valid_error *e = take(r, at, line, rule);
	va_list ap;
	if (!e)
		return;
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof e->text, fmt, ap);
	va_end(ap);
	whole_chars(e->text);
}

/* As valid_add at the present place, with what the schema says is expected behind it. */
static void KT_PRINTF(5, 6)
found(struct ctx *c, const struct schema *s, const struct val *v, const char *rule, const char *fmt, ...)
{
	struct valid_error *e = take(c->r, c->at, v->line, rule);
	va_list ap;
	if (!e)
		return;
	va_start(ap, fmt);
	int n = vsnprintf(e->text, sizeof e->text, fmt, ap);
	va_end(ap);
	if (s->doc && n >= 0 && (size_t)n < sizeof e->text)
		snprintf(e->text + n, sizeof e->text - (size_t)n, " (%s)", s->doc);
	whole_chars(e->text);
}

/* Adds "/key" to the pointer (RFC 6901 escapes) and returns the length to go back to. What does not fit is left out. */
static size_t push(struct ctx *c, struct str key)
{
	size_t back = c->n;
	for (size_t i = 0; i <= key.n; i++) {
		char ch = i ? key.p[i - 1] : '/';
		const char *out = i == 0 ? "/" : ch == '~' ? "~0" : ch == '/' ? "~1" : NULL;
		size_t len = out ? strlen(out) : 1;
		if (c->n + len >= sizeof c->at)
			break;
		memcpy(c->at + c->n, out ? out : &ch, len);
		c->n += len;
	}
	c->at[c->n] = 0;
	return back;
}

static size_t push_index(struct ctx *c, size_t i)
{
	char digits[24];
	snprintf(digits, sizeof digits, "%zu", i);
	return push(c, str_of(digits));
}

/* Names that the schema does not know come from outside: only short ones of harmless characters are repeated. */
static size_t push_foreign(struct ctx *c, struct str key)
{
	bool plain = key.n >= 1 && key.n <= KEY_MAX;
	for (size_t i = 0; plain && i < key.n; i++)
		plain = ch_alnum((unsigned char)key.p[i]) || memchr("_-.", key.p[i], 3);
	return push(c, plain ? key : STR("*"));
}

static void pop(struct ctx *c, size_t back)
{
	c->n = back;
	c->at[back] = 0;
}

static unsigned kind_of(const struct val *v)
{
	switch (v->type) {
	case VAL_NULL: return SCH_NULL;
	case VAL_BOOL: return SCH_BOOL;
	case VAL_INT: return SCH_INT | SCH_NUM;
	case VAL_REAL: return SCH_NUM;
	case VAL_STR: return SCH_STR;
	case VAL_ARR: return SCH_ARR;
	case VAL_OBJ: return SCH_OBJ;
	}
	return 0;
}

static void wrong_type(struct ctx *c, const struct schema *s, const struct val *v)
{
	static const struct {
		unsigned kind;
		const char *word;
	} words[] = {
		{SCH_BOOL, "true of false"}, {SCH_INT, "een geheel getal"}, {SCH_NUM, "een getal"}, {SCH_STR, "tekst"},
		{SCH_ARR, "een lijst"}, {SCH_OBJ, "een object"}, {SCH_NULL, "null"},
	};
	char text[120] = "";
	size_t n = 0;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (s->kinds & words[i].kind)
			n += (size_t)snprintf(text + n, sizeof text - n, "%s%s", n ? " of " : "", words[i].word);
	found(c, s, v, "type", "verwacht %s", text);
}

static void check_enum(struct ctx *c, const struct schema *s, const struct val *v)
{
	char list[160] = "";
	size_t n = 0, count = 0;
	if (v->type == VAL_NULL && (s->kinds & SCH_NULL))
		return;
	for (const char *const *w = s->enums; *w; w++, count++)
		if (v->type == VAL_STR && str_is(v->s, *w))
			return;
	for (size_t i = 0; i < count && n < sizeof list; i++)
		n += (size_t)snprintf(list + n, sizeof list - n, "%s%s", i ? ", " : "", s->enums[i]);
	if (count == 1)
		found(c, s, v, "enum", "verwacht %s", list);
	else if (count <= ENUM_LISTED && n < sizeof list)
		found(c, s, v, "enum", "verwacht een van: %s", list);
	else
		found(c, s, v, "enum", "verwacht een van de %zu bekende waarden", count);
}

static void check_pattern(struct ctx *c, const struct schema *s, const struct val *v)
{
	int rc = pattern_match(s->pattern, v->s);
	if (rc == 0)
		found(c, s, v, "pattern", "heeft niet de verwachte vorm");
	else if (rc == KT_ENOMEM)
		found(c, s, v, "pattern", "niet te controleren: geen geheugen");
	else if (rc < 0)
		found(c, s, v, "pattern", "het patroon in het schema zelf is fout");
}

static void check_format(struct ctx *c, const struct schema *s, const struct val *v)
{
	int64_t t;
	if (s->format == FMT_DATE && date_parse(v->s, &t) != 0)
		found(c, s, v, "format", "verwacht een datum als 2026-11-22");
	if (s->format == FMT_DATE_TIME && time_parse(v->s, &t) != 0)
		found(c, s, v, "format", "verwacht een tijdstip als 2026-11-22T10:00:00Z");
}

static void check_text(struct ctx *c, const struct schema *s, const struct val *v)
{
	int64_t points = 0;
	for (size_t i = 0; i < v->s.n; i++)
		points += ((unsigned char)v->s.p[i] & 0xc0) != 0x80;
	if (s->min_len >= 0 && points < s->min_len)
		found(c, s, v, "minLength", "verwacht ten minste %lld teken%s", (long long)s->min_len,
			s->min_len == 1 ? "" : "s");
	if (s->max_len >= 0 && points > s->max_len) {
		found(c, s, v, "maxLength", "verwacht hoogstens %lld tekens", (long long)s->max_len);
		return; /* a text that is too long is not fed to the pattern */
	}
	if (s->pattern)
		check_pattern(c, s, v);
	check_format(c, s, v);
}

static void check_number(struct ctx *c, const struct schema *s, const struct val *v)
{
	double d = v->type == VAL_INT ? (double)v->i : v->d;
	if (s->has_min && !(d >= s->min))
		found(c, s, v, "minimum", "verwacht ten minste %.15g", s->min);
	if (s->has_max && !(d <= s->max))
		found(c, s, v, "maximum", "verwacht hoogstens %.15g", s->max);
}

static bool equal(const struct val *a, const struct val *b);

static bool equal_obj(const struct val *a, const struct val *b)
{
	if (a->obj.n != b->obj.n)
		return false;
	for (size_t i = 0; i < a->obj.n; i++) {
		const struct val_member *other = NULL;
		for (size_t j = 0; j < b->obj.n && !other; j++)
			if (str_eq(a->obj.m[i].key, b->obj.m[j].key))
				other = &b->obj.m[j];
		if (!other || !equal(&a->obj.m[i].v, &other->v))
			return false;
	}
	return true;
}

static bool equal(const struct val *a, const struct val *b)
{
	if (a->type != b->type) {
		if (a->type == VAL_INT && b->type == VAL_REAL)
			return (double)a->i == b->d;
		return a->type == VAL_REAL && b->type == VAL_INT && a->d == (double)b->i;
	}
	switch (a->type) {
	case VAL_NULL: return true;
	case VAL_BOOL: return a->b == b->b;
	case VAL_INT: return a->i == b->i;
	case VAL_REAL: return a->d == b->d;
	case VAL_STR: return str_eq(a->s, b->s);
	case VAL_OBJ: return equal_obj(a, b);
	case VAL_ARR: break;
	}
	if (a->arr.n != b->arr.n)
		return false;
	for (size_t i = 0; i < a->arr.n; i++)
		if (!equal(&a->arr.v[i], &b->arr.v[i]))
			return false;
	return true;
}

static uint64_t hash_text(uint64_t h, const void *p, size_t n)
{
	const unsigned char *in = p;
	for (size_t i = 0; i < n; i++)
		h = (h ^ in[i]) * UINT64_C(1099511628211); /* FNV-1a */
	return h;
}

/* Equal values hash alike, whatever the order of members. */
static uint64_t hash(const struct val *v)
{
	uint64_t h = UINT64_C(14695981039346656037);
	double d = v->type == VAL_INT ? (double)v->i : v->type == VAL_REAL ? v->d + 0.0 : 0;
	uint64_t sum = 0;
	switch (v->type) {
	case VAL_NULL: return 1;
	case VAL_BOOL: return 2 + v->b;
	case VAL_INT:
	case VAL_REAL: return hash_text(h, &d, sizeof d);
	case VAL_STR: return hash_text(h, v->s.p, v->s.n);
	case VAL_ARR:
		for (size_t i = 0; i < v->arr.n; i++)
			sum = sum * 31 + hash(&v->arr.v[i]);
		return sum ^ 5;
	case VAL_OBJ:
		for (size_t i = 0; i < v->obj.n; i++)
			sum += hash_text(hash(&v->obj.m[i].v), v->obj.m[i].key.p, v->obj.m[i].key.n);
		return sum ^ 6;
	}
	return 0;
}

struct hashed {
	uint64_t h;
	const struct val *v;
};

static int by_hash(const void *a, const void *b)
{
	const struct hashed *x = a, *y = b;
	return x->h != y->h ? (x->h > y->h) - (x->h < y->h) : (x->v > y->v) - (x->v < y->v);
}

/* Only values of the same hash are compared, so that a long list is not compared each with each. */
static void check_unique(struct ctx *c, const struct schema *s, const struct val *v)
{
	size_t n = v->arr.n;
	struct hashed *all = n < 2 ? NULL : calloc(n, sizeof *all);
	if (n >= 2 && !all)
		found(c, s, v, "uniqueItems", "niet te controleren: geen geheugen");
	for (size_t i = 0; all && i < n; i++)
		all[i] = (struct hashed){hash(&v->arr.v[i]), &v->arr.v[i]};
	if (all)
		qsort(all, n, sizeof *all, by_hash);
	for (size_t i = 0; all && i < n; i++)
		for (size_t j = i + 1; j < n && all[j].h == all[i].h; j++)
			if (equal(all[i].v, all[j].v)) {
				size_t back = push_index(c, (size_t)(all[j].v - v->arr.v));
				found(c, s, all[j].v, "uniqueItems", "staat al eerder in de lijst");
				pop(c, back);
				break;
			}
	free(all);
}

static void check(struct ctx *c, const struct schema *s, const struct val *v);

static void check_list(struct ctx *c, const struct schema *s, const struct val *v)
{
	int64_t n = (int64_t)v->arr.n;
	if (s->min_items >= 0 && n < s->min_items)
		found(c, s, v, "minItems", "verwacht ten minste %lld in de lijst", (long long)s->min_items);
	if (s->max_items >= 0 && n > s->max_items) {
		found(c, s, v, "maxItems", "verwacht hoogstens %lld in de lijst", (long long)s->max_items);
		return;
	}
	for (size_t i = 0; s->items && i < v->arr.n; i++) {
		size_t back = push_index(c, i);
		check(c, s->items, &v->arr.v[i]);
		pop(c, back);
	}
	if (s->unique)
		check_unique(c, s, v);
}

static const struct schema_prop *find_prop(const struct schema_prop *list, struct str name)
{
	for (; list && list->name; list++)
		if (str_is(name, list->name))
			return list;
	return NULL;
}

static void unknown(struct ctx *c, const struct schema *s, const struct val_member *m)
{
	struct near near = near_begin(m->key);
	bool plain = near_plain(m->key);
	size_t back = plain ? push(c, m->key) : c->n;
	for (const struct schema_prop *p = s->props; p && p->name; p++)
		near_try(&near, p->name);
	if (plain && near.best)
		valid_add(c->r, c->at, m->line, "unknown", "onbekend veld %.*s; bedoeld is misschien %s", STR_ARG(m->key),
			near.best);
	else if (plain)
		valid_add(c->r, c->at, m->line, "unknown", "onbekend veld %.*s", STR_ARG(m->key));
	else
		valid_add(c->r, c->at, m->line, "unknown", "onbekend veld");
	pop(c, back);
}

static void missing(struct ctx *c, const struct val *v, const char *name, const char *doc)
{
	size_t back = push(c, str_of(name));
	valid_add(c->r, c->at, v->line, "required", "verplicht veld ontbreekt%s%s", doc ? ": " : "", doc ? doc : "");
	pop(c, back);
}

static void check_members(struct ctx *c, const struct schema *s, const struct val *v)
{
	for (const struct schema_prop *p = s->props; p && p->name; p++)
		if (p->required && !val_get(v, p->name))
			missing(c, v, p->name, p->schema ? p->schema->doc : NULL);
	for (size_t i = 0; i < v->obj.n; i++) {
		const struct val_member *m = &v->obj.m[i];
		const struct schema_prop *p = find_prop(s->props, m->key);
		const struct schema *sub = p ? p->schema : s->rest;
		if (!p && s->closed) {
			unknown(c, s, m);
		} else if (sub) {
			size_t back = p ? push(c, m->key) : push_foreign(c, m->key);
			check(c, sub, &m->v);
			pop(c, back);
		}
	}
}

/* oneOf by tag: the member `tag` chooses the schema. */
static void check_choice(struct ctx *c, const struct schema *s, const struct val *v)
{
	const struct val *tag = val_get(v, s->tag);
	if (!tag) {
		missing(c, v, s->tag, NULL);
		return;
	}
	const struct schema_prop *choice = tag->type == VAL_STR ? find_prop(s->choices, tag->s) : NULL;
	if (choice) {
		check(c, choice->schema, v);
		return;
	}
	char list[160] = "";
	size_t n = 0;
	for (const struct schema_prop *p = s->choices; p && p->name && n < sizeof list; p++)
		n += (size_t)snprintf(list + n, sizeof list - n, "%s%s", n ? ", " : "", p->name);
	size_t back = push(c, str_of(s->tag));
	valid_add(c->r, c->at, tag->line, "enum", "verwacht een van: %s", list);
	pop(c, back);
}

static void check(struct ctx *c, const struct schema *s, const struct val *v)
{
	if (s->kinds && !(s->kinds & kind_of(v))) {
		wrong_type(c, s, v);
		return;
	}
	if (s->enums)
		check_enum(c, s, v);
	switch (v->type) {
	case VAL_STR: check_text(c, s, v); break;
	case VAL_INT:
	case VAL_REAL: check_number(c, s, v); break;
	case VAL_ARR: check_list(c, s, v); break;
	case VAL_OBJ:
		check_members(c, s, v);
		if (s->tag)
			check_choice(c, s, v);
		break;
	default: break;
	}
}

int valid_check(const struct schema *s, const struct val *v, struct valid_report *r)
{
	struct ctx c = {.r = r};
	unsigned before = r->total;
	check(&c, s, v);
	return r->total == before ? 0 : KT_EINVAL;
}
