/* Safety files to hash tables: everything that policy_safety may ask is worked out here, once. */
#include "policy/policy_int.h"
#include <stdio.h>

/* What is looked at while one file is read. */
struct safe_file {
	const struct policy_file *file;
	struct map names; /* hosts of this file, to find what stands there twice */
};

static void safe_put(struct loader *l, enum safe_map m, struct str key, uint32_t group)
{
	struct safe_set *set = &l->p->safety;
	uint32_t *first = map_get(&set->maps[m], key);

	for (uint32_t h = first ? *first : 0; h; h = set->hits[h].next)
		if (set->hits[h].group == group)
			return;
	if (set->hits_n == set->hits_cap) {
		size_t cap = set->hits_cap ? set->hits_cap * 2 : 256;
		struct safe_hit *more = load_take(l, cap, sizeof(*more));

		if (!more)
			return;
		if (set->hits_n)
			memcpy(more, set->hits, set->hits_n * sizeof(*more));
		set->hits = more;
		set->hits_cap = cap;
		set->hits_n += set->hits_n == 0; /* hit 0 means none */
	}
	set->hits[set->hits_n] = (struct safe_hit){.group = group, .next = first ? *first : 0};
	if (map_put(&set->maps[m], l->a, key, (uint32_t)set->hits_n))
		l->rc = KT_ENOMEM;
	set->hits_n++;
}

/* Every name between the registrable domain and this one: whoever blocks such a name blocks this one with it. */
static void carriers_put(struct loader *l, const struct identifier *host, struct str name, uint32_t group)
{
	struct identifier top;

	if (policy_shop_domain(l->p, host, &top))
		return; /* a suffix or shared hosting as a whole: blocked as such */
	for (ptrdiff_t dot = str_find(name, '.'); dot >= 0; dot = str_find(name, '.')) {
		name = str_sub(name, (size_t)dot + 1, name.n);
		if (name.n < top.n)
			break;
		safe_put(l, SAFE_CARRIER, name, group);
	}
}

static void host_put(struct loader *l, struct str name, const struct identifier *host, bool below, uint32_t group)
{
	if (below) {
		safe_put(l, SAFE_SUFFIX, name, group);
	} else {
		struct str twin =
			str_starts(name, STR("www.")) ? str_sub(name, 4, name.n) : arena_fmt(l->a, "www." STR_FMT, STR_ARG(name));

		if (!twin.p)
			l->rc = KT_ENOMEM;
		safe_put(l, SAFE_EXACT, name, group);
		safe_put(l, SAFE_EXACT, twin, group);
	}
	carriers_put(l, host, name, group);
}

/* Canonical and new, or a finding and false. */
static bool value_good(struct loader *l, const struct entry *en, const struct val *v, const char *ptr,
                       enum id_kind kind, struct identifier *ret)
{
	struct err why = {0};

	if (v->type != VAL_STR)
		return false;
	if (id_canonical(kind, v->s, &l->p->id_options, ret, &why)) {
		load_finding(l, SEC_SAFETY, en, v, ptr, "pattern", "%s", why.text);
		return false;
	}
	if (!str_eq(id_str(ret), v->s)) {
		load_finding(l, SEC_SAFETY, en, v, ptr, "pattern",
		             "hier hoort de vaste schrijfwijze: zonder spaties, hoofdletters, "
		             "https:// of punt aan het eind, en niet-ASCII als xn--");
		return false;
	}
	return true;
}

static void values_load(struct loader *l, struct safe_file *sf, const struct entry *en, const struct val *item,
                        size_t position, uint32_t group)
{
	static const struct {
		const char *key;
		enum id_kind kind;
		enum safe_map map;
	} of[] = {
		{"domains", ID_DOMAIN, SAFE_SUFFIX}, {"hosts", ID_DOMAIN, SAFE_EXACT}, {"phones", ID_PHONE, SAFE_PHONE},
		{"ibans", ID_IBAN, SAFE_IBAN},       {"emails", ID_EMAIL, SAFE_EMAIL},
	};

	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++) {
		const struct val *v;
		size_t n = val_items(item, of[i].key, &v);

		for (size_t k = 0; k < n && !l->rc; k++) {
			struct identifier id;
			char ptr[100];

			(void)snprintf(ptr, sizeof(ptr), "/entries/%zu/%s/%zu", position, of[i].key, k);
			if (!value_good(l, en, &v[k], ptr, of[i].kind, &id))
				continue;
			if (of[i].kind != ID_DOMAIN) {
				safe_put(l, of[i].map, v[k].s, group);
				continue;
			}
			if (map_get(&sf->names, v[k].s))
				load_finding(l, SEC_SAFETY, en, &v[k], ptr, "unique", "deze naam staat al in dit bestand, op regel %u",
				             *map_get(&sf->names, v[k].s));
			else if (map_put(&sf->names, l->a, v[k].s, (uint32_t)v[k].line))
				l->rc = KT_ENOMEM;
			host_put(l, v[k].s, &id, of[i].map == SAFE_SUFFIX, group);
		}
	}
}

static enum safety verdict_of(struct str s)
{
	if (str_is(s, "allow"))
		return SAFETY_FREE;
	return str_is(s, "warn") ? SAFETY_WARN : SAFETY_BLOCK;
}

static void group_load(struct loader *l, struct safe_file *sf, const struct entry *en)
{
	struct safe_set *set = &l->p->safety;
	uint32_t at = (uint32_t)set->groups_n++;
	struct safe_group *g = &set->groups[at];
	const struct val *actions = val_get(en->v, "actions"), *items;
	size_t n = actions && actions->type == VAL_OBJ ? actions->obj.n : 0;
	struct safe_action *act = load_take(l, n, sizeof(*act));

	g->list = val_text(sf->file->root, "title_nl");
	g->title = val_text(en->v, "title_nl");
	g->mailboxes = str_is(val_text(en->v, "kind"), "telecom") || str_is(val_text(en->v, "kind"), "infrastructure");
	g->otherwise = SAFETY_BLOCK;
	g->actions = act;
	for (size_t i = 0; act && i < n; i++) {
		enum safety verdict = actions->obj.m[i].v.type == VAL_STR ? verdict_of(actions->obj.m[i].v.s) : SAFETY_BLOCK;

		if (str_is(actions->obj.m[i].key, "default"))
			g->otherwise = verdict;
		else
			act[g->actions_n++] = (struct safe_action){actions->obj.m[i].key, verdict};
	}
	n = val_items(en->v, "entries", &items);
	for (size_t i = 0; i < n && !l->rc; i++)
		values_load(l, sf, en, &items[i], i, at);
}

static void shared_load(struct loader *l, const struct policy_file *f)
{
	const struct val *v;
	size_t n = val_items(f->root, "shared_suffixes", &v);

	for (size_t i = 0; i < n && !l->rc; i++) {
		struct identifier id;
		char ptr[60], at[160];

		(void)snprintf(ptr, sizeof(ptr), "/shared_suffixes/%zu", i);
		load_place(at, f->path, ptr);
		if (v[i].type != VAL_STR)
			continue;
		if (domain_canonical(v[i].s, &id, NULL) || !str_eq(id_str(&id), v[i].s))
			valid_add(l->report, at, v[i].line, "pattern",
			          "hier hoort een hostnaam in kleine letters, zonder https:// en "
			          "zonder punt aan het eind");
		else if (map_put(&l->p->safety.shared, l->a, v[i].s, 1))
			l->rc = KT_ENOMEM;
	}
}

void load_safety(struct loader *l)
{
	const struct table *t = &l->sec[SEC_SAFETY];

	l->p->safety.groups = load_take(l, t->n, sizeof(*l->p->safety.groups));
	/* Shared hosting first: where carriers end depends on it. */
	for (size_t i = 0; i < l->files_n && !l->rc; i++)
		if (l->files[i].root && !l->files[i].gone && !l->files[i].removal && str_is(l->files[i].type, "safety"))
			shared_load(l, &l->files[i]);
	for (size_t i = 0; i < l->files_n && !l->rc; i++) {
		struct safe_file sf = {.file = &l->files[i]};

		if (!l->files[i].root || !str_is(l->files[i].type, "safety"))
			continue;
		for (size_t k = 0; k < t->n && !l->rc; k++)
			if (!t->e[k].gone && t->e[k].file == sf.file)
				group_load(l, &sf, &t->e[k]);
	}
}
