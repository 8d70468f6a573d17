/* Rules: from their files to structs, and what a rule must keep to besides its schema. */
#include "policy/policy_int.h"
#include <stdio.h>

static enum strength strength_of(struct str s)
{
	if (str_is(s, "claimed"))
		return STRENGTH_CLAIMED;
	if (str_is(s, "vouched"))
		return STRENGTH_VOUCHED;
	return str_is(s, "identified") ? STRENGTH_IDENTIFIED : STRENGTH_CONFIRMED;
}

static enum basis basis_of(struct str s)
{
	if (str_is(s, "crime_report"))
		return BASIS_CRIME_REPORT;
	return str_is(s, "customer") ? BASIS_CUSTOMER : BASIS_REPORT;
}

static void rule_units(struct loader *l, const struct entry *en, struct policy_rule *r)
{
	const struct val *unit = val_get(val_get(en->v, "counts"), "unit");

	for (size_t i = 0; unit && unit->type == VAL_OBJ && i < unit->obj.n; i++) {
		const struct val_member *m = &unit->obj.m[i];
		enum id_kind k = id_kind_of(m->key);
		char at[80];

		(void)snprintf(at, sizeof(at), "/counts/unit/" STR_FMT, (int)(m->key.n < 40 ? m->key.n : 40), m->key.p);
		if (k == ID_NONE || !(r->kinds & 1u << k))
			load_finding(l, SEC_RULES, en, &m->v, at, "reference", "dit soort kenmerk staat niet in counts.kinds");
		else if (m->v.type == VAL_STR && str_is(m->v.s, "registrable_domain"))
			r->registrable |= 1u << k;
	}
}

static void rule_proposals(struct loader *l, const struct entry *en, struct policy_rule *r)
{
	const struct val *items;
	size_t n = val_items(en->v, "proposes", &items);
	struct policy_proposal *to = load_take(l, n, sizeof(*to));

	for (size_t i = 0; to && i < n; i++)
		to[i] = (struct policy_proposal){
			.kind = id_kind_of(val_text(&items[i], "kind")),
			.partner = val_text(&items[i], "partner"),
			.measure = val_text(&items[i], "measure"),
		};
	r->proposals = to;
	r->proposals_n = to ? n : 0;
}

static void rule_build(struct loader *l, const struct entry *en, struct policy_rule *r)
{
	const struct val *counts = val_get(en->v, "counts");

	r->id = en->id;
	r->title[LANG_NL] = val_text(en->v, "title_nl");
	r->title[LANG_EN] = val_text(en->v, "title_en");
	r->text[LANG_NL] = val_text(en->v, "text_nl");
	r->text[LANG_EN] = val_text(en->v, "text_en");
	r->origin = load_origin(en);
	r->from_day = load_day(en->v, "valid_from", INT64_MIN);
	r->until_day = load_day(en->v, "valid_until", INT64_MAX);
	r->enabled = val_bool(en->v, "enabled", false);
	r->channel = val_int(en->v, "channel", 0);
	r->version = val_int(en->v, "version", 0);
	r->basis = basis_of(val_text(counts, "basis"));
	r->forms = load_texts(l, counts, "forms", &r->forms_n);
	r->kinds = load_kinds(l, SEC_RULES, en, val_get(counts, "kinds"), "/counts/kinds");
	r->threshold = val_int(counts, "threshold", INT64_MAX); /* without a threshold nothing ever fires */
	r->window_days = val_int(counts, "window_days", 0);
	r->min_strength = strength_of(val_text(counts, "min_strength"));
	r->min_members = val_int(counts, "min_members", 1);
	r->max_per_member = val_int(counts, "max_per_member", 0);
	r->four_eyes = str_is(val_text(en->v, "approval"), "four_eyes");
	rule_units(l, en, r);
	rule_proposals(l, en, r);
}

/* A partner of a proposal: one of ours, or a word that the identifier fills in. */
static bool partner_known(const struct loader *l, struct str id)
{
	return str_is(id, "bank") || str_is(id, "registry") || str_is(id, "platform") || load_entry(l, SEC_PARTNERS, id);
}

static void proposals_check(struct loader *l, const struct entry *en, const struct policy_rule *r)
{
	const struct val *items;

	(void)val_items(en->v, "proposes", &items);
	for (size_t i = 0; i < r->proposals_n; i++) {
		const struct policy_proposal *pr = &r->proposals[i];
		const uint32_t *m = map_get(&l->p->measure_by_id, pr->measure);
		char at[80];

		(void)snprintf(at, sizeof(at), "/proposes/%zu", i);
		if (pr->kind == ID_NONE || !(r->kinds & 1u << pr->kind))
			load_finding(l, SEC_RULES, en, &items[i], at, "reference",
			             "kind: hier hoort een soort die de regel telt (counts.kinds)");
		if (!l->broken[SEC_PARTNERS] && !partner_known(l, pr->partner))
			load_finding(l, SEC_RULES, en, &items[i], at, "reference",
			             "partner: hier hoort een partner uit partners.yaml, of bank, registry of platform");
		if (!m && !l->broken[SEC_MEASURES])
			load_finding(l, SEC_RULES, en, &items[i], at, "reference",
			             "measure: hier hoort een maatregel uit measures.yaml");
		else if (m && pr->kind != ID_NONE && !(l->p->measures[*m].kinds & 1u << pr->kind))
			load_finding(
				l, SEC_RULES, en, &items[i], at, "reference",
				"measure: deze maatregel geldt niet voor %s; kies een andere of vul kinds in measures.yaml aan",
				id_kind_name(pr->kind));
	}
}

static void rule_check(struct loader *l, const struct entry *en, const struct policy_rule *r)
{
	const struct val *counts = val_get(en->v, "counts");

	proposals_check(l, en, r);
	if (r->from_day > r->until_day)
		load_finding(l, SEC_RULES, en, val_get(en->v, "valid_until"), "/valid_until", "order",
		             "deze dag hoort niet voor valid_from te liggen");
	if (r->min_members > r->threshold)
		load_finding(l, SEC_RULES, en, val_get(counts, "min_members"), "/counts/min_members", "order",
		             "hoogstens de drempel (threshold), anders gaat de regel nooit af");
}

/* Two rules that count in one channel and version would count in each other's boxes. */
static void channels_check(struct loader *l, const struct entry *const *of)
{
	const struct policy_rule *r = l->p->rules;

	for (size_t i = 0; i < l->p->rules_n; i++) {
		for (size_t k = 0; k < i; k++) {
			if (!r[i].enabled || !r[k].enabled || r[i].channel != r[k].channel || r[i].version != r[k].version ||
			    r[i].from_day > r[k].until_day || r[k].from_day > r[i].until_day)
				continue;
			load_finding(l, SEC_RULES, of[i], val_get(of[i]->v, "version"), "/version", "unique",
			             "regel " STR_FMT " telt ook op dit kanaal: geef een van beide een ander kanaal of een "
			             "andere versie",
			             STR_ARG(r[k].id));
		}
	}
}

void load_rules(struct loader *l)
{
	const struct table *t = &l->sec[SEC_RULES];
	const struct entry **of = load_take(l, t->n, sizeof(*of));
	struct policy *p = l->p;

	p->rules = load_take(l, t->n, sizeof(*p->rules));
	if (!of || !p->rules)
		return;
	for (size_t i = 0; i < t->n; i++) {
		if (t->e[i].gone)
			continue;
		of[p->rules_n] = &t->e[i];
		rule_build(l, &t->e[i], &p->rules[p->rules_n]);
		rule_check(l, &t->e[i], &p->rules[p->rules_n]);
		if (map_put(&p->rule_by_id, l->a, t->e[i].id, (uint32_t)p->rules_n))
			l->rc = KT_ENOMEM;
		p->rules_n++;
	}
	channels_check(l, of);
}
