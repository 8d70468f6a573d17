/* From directories to a snapshot: find the files, read them, hold them against their schemas. */
#include "policy/policy_int.h"
#include "policy_schema.h"
#include "seam/yaml.h"
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define LOAD_MAX_BYTES ((size_t)512 << 20)
#define LOAD_MAX_DEPTH 4
#define LOAD_MAX_FILES 4096

void *load_take(struct loader *l, size_t count, size_t size)
{
	void *p = arena_array(l->a, count ? count : 1, size);

	if (!p)
		l->rc = KT_ENOMEM;
	return p;
}

void load_place(char out[160], const char *path, const char *ptr)
{
	size_t path_n = strlen(path), ptr_n = strlen(ptr), room = 158;

	/* The end of a path says more than its beginning, and the pointer more than the path. */
	if (ptr_n > 100)
		ptr_n = 100;
	if (path_n + ptr_n > room)
		path += path_n - (room - ptr_n);
	(void)snprintf(out, 160, "%s#%.*s", path, (int)ptr_n, ptr);
}

static bool policy_name(const char *name)
{
	size_t n = strlen(name);

	return name[0] != '.' && n > 5 && strcmp(name + n - 5, ".yaml") == 0;
}

static bool policy_entry(const struct dirent *d)
{
	return d->d_name[0] != '.' && strcmp(d->d_name, "schema") != 0;
}

static int scan_filter(const struct dirent *d)
{
	return policy_entry(d) ? 1 : 0;
}

/* By bytes, not by locale: the order of the files must not depend on who runs the program. */
static int scan_order(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int file_add(struct loader *l, const char *path, size_t dir, struct err *e)
{
	if (l->files_n == LOAD_MAX_FILES)
		return err_at(e, KT_ELIMIT, path, 0, "meer dan %d beleidsbestanden", LOAD_MAX_FILES);
	if (l->files_n == l->files_cap) {
		size_t cap = l->files_cap ? l->files_cap * 2 : 64;
		struct policy_file *more = load_take(l, cap, sizeof(*more));

		if (!more)
			return err_set(e, KT_ENOMEM, "te weinig geheugen voor het beleid");
		if (l->files_n)
			memcpy(more, l->files, l->files_n * sizeof(*more));
		l->files = more;
		l->files_cap = cap;
	}
	l->files[l->files_n++] = (struct policy_file){.path = path, .dir = dir};
	return 0;
}

static int dir_scan(struct loader *l, const char *path, size_t dir, unsigned depth, struct err *e)
{
	struct dirent **names;
	int n = scandir(path, &names, scan_filter, scan_order), rc = 0;

	if (n < 0)
		return err_at(e, errno == ENOENT ? KT_ENOTFOUND : err_errno(errno), path, 0,
		              "deze beleidsmap is niet te lezen");
	for (int i = 0; i < n; i++) {
		struct str below = rc ? STR_NONE : arena_fmt(l->a, "%s/%s", path, names[i]->d_name);
		struct stat st;

		if (!rc && !below.p)
			rc = err_set(e, KT_ENOMEM, "te weinig geheugen voor het beleid");
		else if (!rc && stat(below.p, &st) != 0)
			rc = err_at(e, err_errno(errno), below.p, 0, "dit beleidsbestand is niet te lezen");
		else if (!rc && S_ISDIR(st.st_mode) && depth < LOAD_MAX_DEPTH)
			rc = dir_scan(l, below.p, dir, depth + 1, e);
		else if (!rc && S_ISREG(st.st_mode) && policy_name(names[i]->d_name))
			rc = file_add(l, below.p, dir, e);
		free(names[i]);
	}
	free(names);
	return rc;
}

/* Appends what one file showed, with the file in front of each pointer. */
static void report_join(struct valid_report *to, const struct valid_report *from, const char *path)
{
	for (unsigned i = 0; i < from->n; i++) {
		char at[160];

		load_place(at, path, from->e[i].at);
		valid_add(to, at, from->e[i].line, from->e[i].rule, "%s", from->e[i].text);
	}
	to->total += from->total - from->n;
}

/* The kinds of files, and what of the policy they hold. */
static const struct {
	const char *type;
	unsigned sections;
} types[] = {
	{"taxonomy", 1u << SEC_FORMS},
	{"rule", 1u << SEC_RULES},
	{"measures", 1u << SEC_MEASURES},
	{"partners", 1u << SEC_PARTNERS | 1u << SEC_REGISTRIES},
	{"destinations", 1u << SEC_DESTINATIONS},
	{"advice", 1u << SEC_ADVICE},
	{"seal", 1u << SEC_SEAL},
	{"intake", 1u << SEC_INTAKE},
	{"delivery", 1u << SEC_DELIVERY},
	{"mail", 1u << SEC_MAIL},
	{"sources", 1u << SEC_SOURCES},
	{"safety", 1u << SEC_SAFETY},
};

static const struct schema *type_schema(struct str type)
{
	/* schema_find knows more: what requests look like. */
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (str_is(type, types[i].type))
			return schema_find(types[i].type);
	return NULL;
}

/* A file that did not read: nothing that refers to its kind can be judged. Without a type it may be any kind. */
static void file_broken(struct loader *l, const struct policy_file *f)
{
	unsigned which = ~0u;

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (str_is(f->type, types[i].type))
			which = types[i].sections;
	for (unsigned s = 0; s < SECTIONS; s++)
		if (which & 1u << s)
			l->broken[s] = true;
}

static void file_check(struct loader *l, struct policy_file *f)
{
	struct valid_report found = {0};
	const struct schema *schema;
	const struct val *seen;
	char at[160];
	unsigned own;

	load_place(at, f->path, "/type");
	f->type = val_text(f->root, "type");
	schema = type_schema(f->type);
	if (!schema) {
		valid_add(l->report, at, f->root->line, f->type.p ? "enum" : "required",
		          "hier hoort het soort bestand: taxonomy, rule, measures, partners, destinations, advice, seal, "
		          "intake, delivery, mail, safety of sources");
		f->type = STR_NONE;
		file_broken(l, f);
		f->root = NULL;
		return;
	}
	seen = load_without_removals(l, f, &found);
	own = found.n;
	if (seen && valid_check(schema, seen, &found) && seen != f->root) {
		load_forgive_empty(f, seen, &found);
		load_renumber(f, &found, own);
	}
	if (found.total) {
		report_join(l->report, &found, f->path);
		file_broken(l, f);
		f->root = NULL;
	}
}

static int file_read(struct loader *l, struct policy_file *f)
{
	struct err why = {0};
	char at[160];
	int rc = yaml_read_file(l->a, f->path, &f->root, &why);

	if (!rc) {
		file_check(l, f);
		return 0;
	}
	if (rc == KT_ENOMEM)
		return rc;
	load_place(at, f->path, "");
	valid_add(l->report, at, why.line, "yaml", "%s", why.text);
	file_broken(l, f);
	f->root = NULL;
	return 0;
}

/* Without these nothing can be taken in at all. */
static void required_check(struct loader *l, const char *last_dir)
{
	static const struct {
		enum section s;
		const char *file;
	} need[] = {
		{SEC_FORMS, "taxonomy.yaml"},
		{SEC_SEAL, "seal.yaml"},
		{SEC_INTAKE, "intake.yaml"},
		{SEC_DELIVERY, "delivery.yaml"},
	};

	for (size_t i = 0; i < sizeof(need) / sizeof(need[0]); i++) {
		char at[160];
		struct str path = arena_fmt(l->a, "%s/%s", last_dir, need[i].file);
		const struct table *t = &l->sec[need[i].s];
		size_t live = 0;

		for (size_t k = 0; k < t->n; k++)
			live += !t->e[k].gone;
		if (live || l->broken[need[i].s] || !path.p)
			continue;
		load_place(at, path.p, "");
		valid_add(l->report, at, 0, "required", "%s ontbreekt in alle beleidsmappen", need[i].file);
	}
}

static int load_all(struct loader *l, const char *const *dirs, size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		int rc = dir_scan(l, dirs[i], i, 0, e);

		if (rc)
			return rc;
	}
	for (size_t i = 0; i < l->files_n && !l->rc; i++)
		l->rc = file_read(l, &l->files[i]);
	if (!l->rc)
		load_merge(l);
	if (!l->rc)
		required_check(l, n ? dirs[0] : ".");
	if (!l->rc)
		load_build(l);
	if (!l->rc)
		load_check(l);
	if (l->rc)
		return err_set(e, l->rc, "te weinig geheugen voor het beleid");
	if (l->report->total) {
		const struct valid_error *first = &l->report->e[0];

		return err_at(e, KT_EINVAL, first->at, first->line, "het beleid heeft %u %s; de eerste: %s", l->report->total,
		              l->report->total == 1 ? "fout" : "fouten", first->text);
	}
	return 0;
}

int policy_load(const char *const *dirs, size_t n, struct policy **ret, struct valid_report *report, struct err *e)
{
	struct loader l = {.report = report};
	int rc;

	memset(report, 0, sizeof(*report));
	l.p = calloc(1, sizeof(*l.p));
	l.a = l.p ? arena_new(LOAD_MAX_BYTES) : NULL;
	if (!l.a) {
		free(l.p);
		return err_set(e, KT_ENOMEM, "te weinig geheugen voor het beleid");
	}
	l.p->arena = l.a;
	atomic_init(&l.p->refs, 1);
	rc = load_all(&l, dirs, n, e);
	if (rc) {
		policy_free(l.p);
		return rc;
	}
	*ret = l.p;
	return 0;
}
