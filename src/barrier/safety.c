/* Lists of names that may never be hit, from the file they come in to sorted entries. Pure. */
#include "barrier/safety.h"
#include "seam/json.h"
#include <stdlib.h>

#define JSON_ARENA ((size_t)16 * SAFETY_MAX_BYTES) /* a list of short names takes many times its text */
#define JSON_DEPTH 16
#define NAME_MAX_BYTES 200

struct work {
	struct arena *a;
	struct safety_entry *e; /* grows by malloc: an arena would keep every size it ever had */
	size_t n, cap;
	int64_t taken, skipped;
	struct err *err;
};

static int no_memory(struct err *e)
{
	return err_set(e, KT_ENOMEM, "Deze lijst is te groot voor het geheugen.");
}

static int push(struct work *w, enum id_kind kind, enum safety_mode mode, struct str value)
{
	if (w->n == w->cap) {
		size_t cap = w->cap ? w->cap * 2 : 1024;
		struct safety_entry *e = reallocarray(w->e, cap, sizeof *e);
		if (!e)
			return no_memory(w->err);
		w->e = e;
		w->cap = cap;
	}
	w->e[w->n++] = (struct safety_entry){kind, mode, value};
	return 0;
}

/* The name, and every name above it up to the registrable one: a measure on one of those would hit this one too. */
static int push_domain(struct work *w, const struct identifier *d, bool below, struct str v)
{
	struct identifier top;
	/* Below a public suffix everybody has a name of his own: it protects only itself, and nobody above it. */
	if (id_is_public_suffix(id_str(d)) || id_registrable(d, &top) < 0)
		return push(w, ID_DOMAIN, SAFETY_EXACT, v);
	int rc = push(w, ID_DOMAIN, below ? SAFETY_SUFFIX : SAFETY_EXACT, v);
	while (rc == 0 && v.n > top.n) {
		ptrdiff_t dot = str_find(v, '.');
		if (dot < 0)
			break;
		v = str_sub(v, (size_t)dot + 1, v.n);
		rc = push(w, ID_DOMAIN, SAFETY_CARRIER, v);
	}
	return rc;
}

static bool looks_iban(struct str s)
{
	return s.n >= 15 && ch_alpha((unsigned char)s.p[0]) && ch_alpha((unsigned char)s.p[1]) &&
		ch_digit((unsigned char)s.p[2]) && ch_digit((unsigned char)s.p[3]) && str_find(s, '.') < 0;
}

static bool looks_phone(struct str s)
{
	if (s.p[0] == '+')
		return true;
	for (size_t i = 0; i < s.n; i++)
		if (!ch_digit((unsigned char)s.p[i]) && !memchr(" -()/", s.p[i], 5))
			return false;
	return true;
}

static int canonical(struct str s, struct identifier *ret)
{
	if (str_find(s, '@') >= 0)
		return id_canonical(ID_EMAIL, s, NULL, ret, NULL);
	if (looks_iban(s) && id_canonical(ID_IBAN, s, NULL, ret, NULL) == 0)
		return 0;
	if (looks_phone(s))
		return id_canonical(ID_PHONE, s, NULL, ret, NULL);
	return domain_canonical(s, ret, NULL);
}

/* One name of the file. `below`: the names below it too, whatever it begins with. */
static int take(struct work *w, struct str s, bool below)
{
	s = str_trim(s);
	while (s.n && s.p[s.n - 1] == '.') /* absolute names; some lists cut long ones off with dots */
		s.n--;
	bool dot = s.n > 1 && s.p[0] == '.';
	if (dot)
		s = str_sub(s, 1, s.n);
	struct identifier id;
	int rc = s.n ? (dot ? domain_canonical(s, &id, NULL) : canonical(s, &id)) : KT_EINVAL;
	if (rc == KT_ENOMEM)
		return no_memory(w->err);
	if (rc < 0) {
		w->skipped++;
		return 0;
	}
	if (++w->taken > SAFETY_MAX_NAMES)
		return err_set(w->err, KT_ELIMIT, "Deze lijst heeft meer dan %d namen.", SAFETY_MAX_NAMES);
	struct str v = arena_str(w->a, id_str(&id));
	if (!v.p)
		return no_memory(w->err);
	if (id.kind == ID_DOMAIN)
		return push_domain(w, &id, dot || below, v);
	return push(w, id.kind, SAFETY_EXACT, v);
}

static struct str without_comment(struct str line)
{
	for (size_t i = 0; i < line.n; i++)
		if (line.p[i] == '#' && (i == 0 || ch_space((unsigned char)line.p[i - 1])))
			return str_sub(line, 0, i);
	return line;
}

static int parse_plain(struct work *w, struct str text)
{
	int rc = 0;
	for (size_t at = 0; rc == 0 && at < text.n;) {
		size_t end = at;
		while (end < text.n && text.p[end] != '\n' && text.p[end] != '\r')
			end++;
		struct str line = str_trim(without_comment(str_sub(text, at, end)));
		if (line.n)
			rc = take(w, line, false);
		at = end + 1;
	}
	return rc;
}

static int misp_type(const struct val *root, bool *ret_below, struct err *e)
{
	struct str type = val_text(root, "type");
	if (str_is(type, "regex") || str_is(type, "cidr"))
		return err_set(e, KT_EREFUSED,
		               "Deze lijst bevat %s. Alleen lijsten met namen worden gelezen "
		               "(type hostname, string of substring).",
		               str_is(type, "regex") ? "zoekpatronen (type regex)" : "netwerken (type cidr)");
	bool below = str_is(type, "substring");
	bool exact = str_is(type, "hostname") || str_is(type, "string") || !val_get(root, "type"); /* MISP's own default */
	if (!below && !exact)
		return err_set(e, KT_EINVAL, "Bij \"type\" hoort hostname, string of substring te staan.");
	*ret_below = below;
	return 0;
}

static int read_misp(struct work *w, struct arena *j, struct str text, struct str *title)
{
	const struct val *root;
	struct json_limits lim = {SAFETY_MAX_BYTES, JSON_DEPTH};
	int rc = json_read(j, text, &lim, &root, w->err);
	if (rc < 0)
		return rc;
	const struct val *list = val_get(root, "list");
	if (!list || list->type != VAL_ARR)
		return err_set(w->err, KT_EINVAL, "Verwacht: een MISP-lijst, met de namen in \"list\".");
	bool below = false;
	rc = misp_type(root, &below, w->err);
	if (rc < 0)
		return rc;
	for (size_t i = 0; rc == 0 && i < list->arr.n; i++) {
		const struct val *v = &list->arr.v[i];
		if (v->type == VAL_STR)
			rc = take(w, v->s, below);
		else
			w->skipped++;
	}
	if (rc == 0 && str_trim(val_text(root, "name")).n) {
		*title = arena_str(w->a, str_trim(val_text(root, "name")));
		rc = title->p ? 0 : no_memory(w->err);
	}
	return rc;
}

static int parse_misp(struct work *w, struct str text, struct str *title)
{
	struct arena *j = arena_new(JSON_ARENA);
	if (!j)
		return no_memory(w->err);
	int rc = read_misp(w, j, text, title);
	arena_free(j);
	return rc;
}

static int entry_cmp(const void *x, const void *y)
{
	const struct safety_entry *a = x, *b = y;
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	int c = str_cmp(a->value, b->value);
	return c ? c : (a->mode > b->mode) - (a->mode < b->mode);
}

static int finish(struct work *w, struct safety_list *l)
{
	size_t n = 0;
	if (w->n)
		qsort(w->e, w->n, sizeof *w->e, entry_cmp);
	for (size_t i = 0; i < w->n; i++)
		if (n == 0 || entry_cmp(&w->e[n - 1], &w->e[i]) != 0) {
			w->e[n++] = w->e[i];
			l->names += w->e[i].mode != SAFETY_CARRIER;
		}
	/* Nothing to protect is never what somebody meant: a page with an error in place of the list, for example. */
	if (n == 0)
		return err_set(w->err, KT_EINVAL,
		               "In dit bestand staat geen enkele naam die beschermd kan worden. "
		               "Verwacht: een MISP-lijst (JSON), of één naam op elke regel.");
	struct safety_entry *e = arena_array(w->a, n, sizeof *e);
	if (!e)
		return no_memory(w->err);
	memcpy(e, w->e, n * sizeof *e);
	l->entries = e;
	l->n = n;
	l->skipped = w->skipped;
	return 0;
}

static int check_input(struct str name, struct str text, struct err *e)
{
	if (name.n == 0 || name.n > NAME_MAX_BYTES || !str_utf8(name))
		return err_set(e, KT_EINVAL, "Verwacht: een naam voor de lijst van 1 tot %d tekens.", NAME_MAX_BYTES);
	for (size_t i = 0; i < name.n; i++)
		if ((unsigned char)name.p[i] < ' ' || name.p[i] == 0x7f)
			return err_set(e, KT_EINVAL, "Verwacht: een naam voor de lijst zonder stuurtekens.");
	if (text.n > SAFETY_MAX_BYTES)
		return err_set(e, KT_ELIMIT, "Deze lijst is groter dan %u MiB.", SAFETY_MAX_BYTES >> 20);
	return 0;
}

int safety_parse(struct arena *a, struct str name, struct str text, struct safety_list *ret, struct err *e)
{
	int rc = check_input(name, text, e);
	if (rc < 0)
		return rc;
	if (str_starts(text, STR("\xef\xbb\xbf")))
		text = str_sub(text, 3, text.n);
	struct safety_list l = {.name = arena_str(a, name)};
	if (!l.name.p)
		return no_memory(e);
	l.title = l.name;
	struct work w = {.a = a, .err = e};
	struct str start = str_trim(text);
	bool json = start.n && (start.p[0] == '{' || start.p[0] == '[');
	rc = json ? parse_misp(&w, text, &l.title) : parse_plain(&w, text);
	/* MISP calls every file list.json: the list is the one that its own name says, or a second would replace the first.
	 */
	if (rc == 0 && json)
		rc = check_input(l.title, text, e);
	if (rc == 0) {
		l.name = json ? l.title : l.name;
		rc = finish(&w, &l);
	}
	free(w.e);
	if (rc == 0)
		*ret = l;
	return rc;
}
