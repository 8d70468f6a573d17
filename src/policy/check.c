/* What one schema cannot see: names that must exist elsewhere, and trees that must end. */
#include "policy/policy_int.h"
#include <stdio.h>

static void name_check(struct loader *l, enum section s, const struct entry *en, const struct val *v, const char *ptr,
                       enum section in, const char *what)
{
	if (v && v->type == VAL_STR && !l->broken[in] && !load_entry(l, in, v->s))
		load_finding(l, s, en, v, ptr, "reference", "hier hoort %s", what);
}

static void names_check(struct loader *l, enum section s, const struct entry *en, const struct val *list,
                        const char *ptr, enum section in, const char *what)
{
	for (size_t i = 0; list && list->type == VAL_ARR && i < list->arr.n; i++) {
		char at[80];

		(void)snprintf(at, sizeof(at), "%s/%zu", ptr, i);
		name_check(l, s, en, &list->arr.v[i], at, in, what);
	}
}

#define WHAT_FORM "een fraudevorm uit taxonomy.yaml"
#define WHAT_DESTINATION "een loket uit destinations.yaml"
#define WHAT_SOURCE "een bron uit sources.yaml"
#define WHAT_PARTNER "een partner uit partners.yaml"

static void sources_check(struct loader *l)
{
	for (unsigned s = 0; s < SECTIONS; s++)
		for (size_t i = 0; i < l->sec[s].n; i++)
			if (!l->sec[s].e[i].gone)
				name_check(l, (enum section)s, &l->sec[s].e[i], val_get(l->sec[s].e[i].v, "source"), "/source",
				           SEC_SOURCES, WHAT_SOURCE);
	for (size_t i = 0; i < l->files_n; i++) {
		const struct policy_file *f = &l->files[i];
		const struct val *v = f->root && !f->gone ? val_get(f->root, "source") : NULL;
		char at[160];

		/* A rule, the intake and the delivery file are entries themselves and were looked at above. */
		if (!v || v->type != VAL_STR || str_is(f->type, "rule") || str_is(f->type, "intake") ||
		    str_is(f->type, "delivery") ||
		    l->broken[SEC_SOURCES] || load_entry(l, SEC_SOURCES, v->s))
			continue;
		load_place(at, f->path, "/source");
		valid_add(l->report, at, v->line, "reference", "hier hoort %s", WHAT_SOURCE);
	}
}

static void dates_check(struct loader *l)
{
	for (size_t i = 0; i < l->files_n; i++) {
		const struct policy_file *f = &l->files[i];
		const struct val *v = f->root ? val_get(f->root, "valid_until") : NULL;
		char at[160];

		if (!v || str_is(f->type, "rule") ||
		    load_day(f->root, "valid_from", INT64_MIN) <= load_day(f->root, "valid_until", INT64_MAX))
			continue;
		load_place(at, f->path, "/valid_until");
		valid_add(l->report, at, v->line, "order", "deze dag hoort niet voor valid_from te liggen");
	}
}

/* Does the way up end? Counting the steps is enough: a way longer than all forms goes round. */
static bool form_ends(const struct policy *p, size_t i)
{
	uint32_t at = (uint32_t)i;

	for (size_t steps = 0; steps <= p->forms_n; steps++) {
		at = p->form_parent[at];
		if (at == UINT32_MAX)
			return true;
	}
	return false;
}

static void forms_check(struct loader *l)
{
	const struct table *t = &l->sec[SEC_FORMS];

	for (size_t i = 0; i < t->n; i++) {
		const struct entry *en = &t->e[i];
		const struct val *parent = val_get(en->v, "parent");
		const uint32_t *at = map_get(&l->p->form_by_id, en->id);

		if (en->gone || !at)
			continue;
		name_check(l, SEC_FORMS, en, parent, "/parent", SEC_FORMS, WHAT_FORM);
		if (!form_ends(l->p, *at))
			load_finding(l, SEC_FORMS, en, parent, "/parent", "cycle",
			             "deze vorm staat onder zichzelf: kies een andere parent");
		else if (parent && parent->type == VAL_NULL && !l->broken[SEC_ADVICE] && !load_entry(l, SEC_ADVICE, en->id))
			load_finding(l, SEC_FORMS, en, NULL, "", "reference",
			             "bij een hoofdvorm hoort advies in advice.yaml: alles eronder kan daarop terugvallen");
	}
}

static void registries_check(struct loader *l)
{
	const struct table *t = &l->sec[SEC_REGISTRIES];
	char at[160];

	for (size_t i = 0; i < t->n; i++)
		if (!t->e[i].gone)
			name_check(l, SEC_REGISTRIES, &t->e[i], val_get(t->e[i].v, "partner"), "/partner", SEC_PARTNERS,
			           WHAT_PARTNER);
	if (!l->registry_file || l->broken[SEC_PARTNERS] || load_entry(l, SEC_PARTNERS, l->default_registry))
		return;
	load_place(at, l->registry_file->path, "/default_registry");
	valid_add(l->report, at, val_get(l->registry_file->root, "default_registry")->line, "reference", "hier hoort %s",
	          WHAT_PARTNER);
}

static void intake_check(struct loader *l)
{
	const struct entry *en = load_entry(l, SEC_INTAKE, STR("intake"));
	const struct val *keys;
	size_t n = en ? val_items(en->v, "tracking_keys", &keys) : 0;

	for (size_t i = 0; i < n; i++) {
		bool upper = false;
		char at[80];

		for (size_t k = 0; keys[i].type == VAL_STR && k < keys[i].s.n; k++)
			upper |= ch_upper((unsigned char)keys[i].s.p[k]);
		(void)snprintf(at, sizeof(at), "/tracking_keys/%zu", i);
		if (upper)
			load_finding(l, SEC_INTAKE, en, &keys[i], at, "pattern",
			             "hier horen kleine letters: links worden zo vergeleken");
	}
}

static void mail_check(struct loader *l)
{
	const struct entry *en = load_entry(l, SEC_MAIL, STR("mail"));

	if (en)
		name_check(l, SEC_MAIL, en, val_get(en->v, "form"), "/form", SEC_FORMS, WHAT_FORM);
}

void load_check(struct loader *l)
{
	const struct {
		enum section s;
		const char *parent, *key, *ptr;
		enum section in;
		const char *what;
	} lists[] = {
		{SEC_RULES, "counts", "forms", "/counts/forms", SEC_FORMS, WHAT_FORM},
		{SEC_DESTINATIONS, NULL, "forms", "/forms", SEC_FORMS, WHAT_FORM},
		{SEC_ADVICE, NULL, "destinations", "/destinations", SEC_DESTINATIONS, WHAT_DESTINATION},
	};

	forms_check(l);
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		const struct table *t = &l->sec[lists[i].s];

		for (size_t k = 0; k < t->n; k++) {
			const struct val *v = lists[i].parent ? val_get(t->e[k].v, lists[i].parent) : t->e[k].v;

			if (!t->e[k].gone)
				names_check(l, lists[i].s, &t->e[k], val_get(v, lists[i].key), lists[i].ptr, lists[i].in,
				            lists[i].what);
		}
	}
	for (size_t i = 0; i < l->sec[SEC_ADVICE].n; i++)
		if (!l->sec[SEC_ADVICE].e[i].gone)
			name_check(l, SEC_ADVICE, &l->sec[SEC_ADVICE].e[i], val_get(l->sec[SEC_ADVICE].e[i].v, "form"), "/form",
			           SEC_FORMS, WHAT_FORM);
	registries_check(l);
	intake_check(l);
	mail_check(l);
	dates_check(l);
	sources_check(l);
}
