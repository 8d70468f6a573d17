/* Entries of all files, with later directories over earlier ones. */
#include "policy/policy_int.h"
#include <stdarg.h>
#include <stdio.h>

/* Where entries live. Without a list the file is the entry. */
static const struct {
	const char *type, *list, *key;
	enum section section;
} sources[] = {
	{"taxonomy", "forms", "id", SEC_FORMS},
	{"rule", NULL, "id", SEC_RULES},
	{"measures", "measures", "id", SEC_MEASURES},
	{"partners", "partners", "id", SEC_PARTNERS},
	{"partners", "registries", "tld", SEC_REGISTRIES},
	{"destinations", "destinations", "id", SEC_DESTINATIONS},
	{"advice", "advice", "form", SEC_ADVICE},
	{"seal", "kinds", "kind", SEC_SEAL},
	{"intake", NULL, "type", SEC_INTAKE},
	{"delivery", NULL, "type", SEC_DELIVERY},
	{"mail", NULL, "type", SEC_MAIL},
	{"sources", "sources", "id", SEC_SOURCES},
	{"safety", "groups", "id", SEC_SAFETY},
};
#define SOURCES (sizeof(sources) / sizeof(sources[0]))

static const char *section_list(enum section s)
{
	for (size_t i = 0; i < SOURCES; i++)
		if (sources[i].section == s)
			return sources[i].list;
	return NULL;
}

void load_finding(struct loader *l, enum section s, const struct entry *en, const struct val *v, const char *ptr,
                  const char *rule, const char *fmt, ...)
{
	const char *list = section_list(s);
	char text[240], at[160], full[160];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (list)
		(void)snprintf(full, sizeof(full), "/%s/%zu%s", list, en->index, ptr);
	else
		(void)snprintf(full, sizeof(full), "%s", ptr);
	load_place(at, en->file->path, full);
	valid_add(l->report, at, v && v->line ? v->line : en->v->line, rule, "%s", text);
}

static bool removal(const struct val *v)
{
	return v->type == VAL_OBJ && val_get(v, "remove");
}

/* A removal says which entry and nothing else: a text left behind would look as if it still counted. */
static void removal_check(const struct val *v, const char *key, const char *ptr, struct valid_report *found)
{
	if (!val_bool(v, "remove", false))
		valid_add(found, ptr, v->line, "const", "bij remove hoort true");
	if (!val_text(v, key).n)
		valid_add(found, ptr, v->line, "required", "hier hoort %s: de naam van wat weg moet", key);
	for (size_t i = 0; i < v->obj.n; i++) {
		struct str k = v->obj.m[i].key;

		if (!str_is(k, "remove") && !str_is(k, key) && !str_is(k, "type"))
			valid_add(found, ptr, v->obj.m[i].line, "unknown", "naast remove hoort alleen %s", key);
	}
}

static void list_strip(struct loader *l, const char *list, const char *key, struct val *v, struct valid_report *found)
{
	size_t kept = 0;
	struct val *items = load_take(l, v->arr.n, sizeof(*items));

	if (!items)
		return;
	for (size_t i = 0; i < v->arr.n; i++) {
		char ptr[80];

		if (!removal(&v->arr.v[i])) {
			items[kept++] = v->arr.v[i];
			continue;
		}
		(void)snprintf(ptr, sizeof(ptr), "/%s/%zu", list, i);
		removal_check(&v->arr.v[i], key, ptr, found);
	}
	v->arr.v = items;
	v->arr.n = kept;
}

static bool list_has_removal(const struct val *v)
{
	if (v && v->type == VAL_ARR)
		for (size_t i = 0; i < v->arr.n; i++)
			if (removal(&v->arr.v[i]))
				return true;
	return false;
}

/* Files that can be taken away as a whole: name of what names them. */
static const char *file_key(struct str type)
{
	if (str_is(type, "rule") || str_is(type, "safety"))
		return "id";
	return str_is(type, "intake") || str_is(type, "delivery") ? "type" : NULL;
}

/* The file as the schema may see it: a copy in which the lists lack their removals, or the file itself. */
const struct val *load_without_removals(struct loader *l, struct policy_file *f, struct valid_report *found)
{
	struct val *copy = NULL;

	if (file_key(f->type) && removal(f->root)) {
		f->removal = true;
		removal_check(f->root, file_key(f->type), "", found);
		return NULL;
	}
	for (size_t i = 0; i < SOURCES; i++) {
		if (!sources[i].list || !str_is(f->type, sources[i].type) ||
		    !list_has_removal(val_get(f->root, sources[i].list)))
			continue;
		if (!copy) {
			copy = load_take(l, 1, sizeof(*copy));
			if (!copy)
				return f->root;
			*copy = *f->root;
			copy->obj.m = load_take(l, copy->obj.n, sizeof(*copy->obj.m));
			if (!copy->obj.m)
				return f->root;
			memcpy(copy->obj.m, f->root->obj.m, copy->obj.n * sizeof(*copy->obj.m));
		}
		for (size_t m = 0; m < copy->obj.n; m++)
			if (str_is(copy->obj.m[m].key, sources[i].list))
				list_strip(l, sources[i].list, sources[i].key, &copy->obj.m[m].v, found);
	}
	return copy ? copy : f->root;
}

/* The number of the kept-th entry that is no removal. */
static size_t list_position(const struct val *list, size_t kept)
{
	for (size_t i = 0; i < list->arr.n; i++)
		if (!removal(&list->arr.v[i]) && kept-- == 0)
			return i;
	return list->arr.n;
}

void load_renumber(const struct policy_file *f, struct valid_report *found, unsigned from)
{
	for (unsigned i = from; i < found->n; i++) {
		for (size_t k = 0; k < SOURCES; k++) {
			const char *list = sources[k].list, *at = found->e[i].at;
			size_t name = list ? strlen(list) : 0, digits = 0, number = 0;
			char ptr[160];

			if (!list || !str_is(f->type, sources[k].type) || at[0] != '/' || strncmp(at + 1, list, name) != 0 ||
			    at[name + 1] != '/')
				continue;
			for (; ch_digit((unsigned char)at[name + 2 + digits]) && digits < 9; digits++)
				number = number * 10 + (size_t)(at[name + 2 + digits] - '0');
			if (!digits)
				continue;
			number = list_position(val_get(f->root, list), number);
			(void)snprintf(ptr, sizeof(ptr), "/%s/%zu%s", list, number, at + name + 2 + digits);
			memcpy(found->e[i].at, ptr, sizeof(ptr));
			break;
		}
	}
}

/* A list of removals only is no empty list: forget that finding. */
void load_forgive_empty(const struct policy_file *f, const struct val *seen, struct valid_report *found)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < found->n; i++) {
		const struct val *list = found->e[i].at[0] == '/' ? val_get(seen, found->e[i].at + 1) : NULL;
		const struct val *whole = list ? val_get(f->root, found->e[i].at + 1) : NULL;

		if (whole && list->type == VAL_ARR && list->arr.n < whole->arr.n)
			found->total--;
		else
			found->e[kept++] = found->e[i];
	}
	found->n = kept;
}

const struct entry *load_entry(const struct loader *l, enum section s, struct str id)
{
	const uint32_t *at = map_get(&l->sec[s].by_id, id);

	return at && !l->sec[s].e[*at].gone ? &l->sec[s].e[*at] : NULL;
}

static struct entry *entry_new(struct loader *l, struct table *t)
{
	if (t->n == t->cap) {
		size_t cap = t->cap ? t->cap * 2 : 32;
		struct entry *more = load_take(l, cap, sizeof(*more));

		if (!more)
			return NULL;
		if (t->n)
			memcpy(more, t->e, t->n * sizeof(*more));
		t->e = more;
		t->cap = cap;
	}
	return &t->e[t->n++];
}

/* PROTOCOLS 5.1: what counts differently counts from zero, and that takes a new version. */
static void rule_version_check(struct loader *l, const struct entry *old, const struct entry *fresh)
{
	static const char *const NUMBERS[] = {"threshold", "window_days", "min_members", "max_per_member"};
	const struct val *was = val_get(old->v, "counts"), *is = val_get(fresh->v, "counts");
	bool same = str_eq(val_text(was, "min_strength"), val_text(is, "min_strength")) &&
		str_eq(val_text(was, "basis"), val_text(is, "basis"));

	for (size_t i = 0; i < sizeof(NUMBERS) / sizeof(NUMBERS[0]); i++)
		same = same && val_int(was, NUMBERS[i], 0) == val_int(is, NUMBERS[i], 0);
	if (!same && val_int(fresh->v, "version", 0) <= val_int(old->v, "version", 0))
		load_finding(
			l, SEC_RULES, fresh, val_get(fresh->v, "version"), "/version", "order",
			"deze regel telt anders dan die van %s: dat vraagt een hogere versie, want de telling begint opnieuw",
			old->file->path);
}

static void entry_add(struct loader *l, enum section s, const struct entry *fresh)
{
	struct table *t = &l->sec[s];
	const uint32_t *at = map_get(&t->by_id, fresh->id);
	struct entry *en = at ? &t->e[*at] : NULL;

	if (removal(fresh->v)) {
		if (en && !en->gone)
			en->gone = true;
		else if (!l->broken[s])
			load_finding(l, s, fresh, NULL, "", "reference", "wat hier weg moet, staat in geen eerdere map");
		return;
	}
	if (en && !en->gone && en->file->dir == fresh->file->dir) {
		load_finding(l, s, fresh, NULL, "", "unique", "deze naam staat er al, op regel %d van %s", en->v->line,
		             en->file->path);
		return;
	}
	if (en && s == SEC_RULES && !en->gone)
		rule_version_check(l, en, fresh);
	if (!en) {
		en = entry_new(l, t);
		if (!en)
			return;
		if (map_put(&t->by_id, l->a, fresh->id, (uint32_t)(en - t->e)))
			l->rc = KT_ENOMEM;
	}
	*en = *fresh;
}

static void file_merge(struct loader *l, const struct policy_file *f)
{
	for (size_t i = 0; i < SOURCES && !l->rc; i++) {
		const struct val *items = f->root;
		size_t n = 1;

		if (!str_is(f->type, sources[i].type))
			continue;
		if (sources[i].list)
			n = val_items(f->root, sources[i].list, &items);
		for (size_t k = 0; k < n && !l->rc; k++)
			entry_add(
				l, sources[i].section,
				&(struct entry){.id = val_text(&items[k], sources[i].key), .v = &items[k], .file = f, .index = k});
	}
	if (str_is(f->type, "partners") && val_text(f->root, "default_registry").n) {
		l->default_registry = val_text(f->root, "default_registry");
		l->registry_file = f;
	}
}

/* Safety files add up: what one directory protects, another can only take away by name, as a group or as a file. */
static void safety_file(struct loader *l, struct policy_file *f, size_t position)
{
	struct str id = val_text(f->root, "id");
	bool found = false;
	char at[160];

	load_place(at, f->path, "/id");
	for (size_t i = 0; i < position; i++) {
		struct policy_file *old = &l->files[i];

		if (!old->root || old->removal || !str_is(old->type, "safety") || !str_eq(val_text(old->root, "id"), id))
			continue;
		found = true;
		if (old->dir == f->dir)
			valid_add(l->report, at, f->root->line, "unique", "deze naam staat er al, in %s", old->path);
		else if (f->removal)
			old->gone = true;
	}
	for (size_t i = 0; f->removal && i < l->sec[SEC_SAFETY].n; i++)
		if (l->sec[SEC_SAFETY].e[i].file->gone)
			l->sec[SEC_SAFETY].e[i].gone = true;
	if (f->removal && !found && !l->broken[SEC_SAFETY])
		valid_add(l->report, at, f->root->line, "reference", "wat hier weg moet, staat in geen eerdere map");
}

void load_merge(struct loader *l)
{
	/* The files stand in the order of the directories. */
	for (size_t i = 0; i < l->files_n && !l->rc; i++)
		if (l->files[i].root) {
			if (str_is(l->files[i].type, "safety"))
				safety_file(l, &l->files[i], i);
			file_merge(l, &l->files[i]);
		}
}
