/* The evaluators: a snapshot and values in, values out. */
#include "policy/policy_int.h"
#include <stdlib.h>

struct policy *policy_ref(struct policy *p)
{
	atomic_fetch_add_explicit(&p->refs, 1, memory_order_relaxed);
	return p;
}

struct policy *policy_free(struct policy *p)
{
	if (p && atomic_fetch_sub_explicit(&p->refs, 1, memory_order_acq_rel) == 1) {
		arena_free(p->arena);
		free(p);
	}
	return NULL;
}

/* Position under `id`, or SIZE_MAX. */
static size_t place_of(const struct map *m, struct str id)
{
	const uint32_t *at = map_get(m, id);

	return at ? *at : SIZE_MAX;
}

const struct policy_form *policy_form(const struct policy *p, struct str id)
{
	size_t at = place_of(&p->form_by_id, id);

	return at == SIZE_MAX ? NULL : &p->forms[at];
}

bool policy_form_under(const struct policy *p, struct str form, struct str ancestor)
{
	size_t at = place_of(&p->form_by_id, form), top = place_of(&p->form_by_id, ancestor);

	while (at != SIZE_MAX && at != top)
		at = p->form_parent[at] == UINT32_MAX ? SIZE_MAX : p->form_parent[at];
	return at != SIZE_MAX;
}

size_t policy_forms(const struct policy *p, const struct policy_form **ret)
{
	*ret = p->forms;
	return p->forms_n;
}

size_t policy_rules(const struct policy *p, const struct policy_rule **ret)
{
	*ret = p->rules;
	return p->rules_n;
}

const struct policy_rule *policy_rule(const struct policy *p, struct str id)
{
	size_t at = place_of(&p->rule_by_id, id);

	return at == SIZE_MAX ? NULL : &p->rules[at];
}

bool policy_rule_live(const struct policy_rule *r, int64_t day)
{
	return r->enabled && r->from_day <= day && day <= r->until_day;
}

const struct policy_measure *policy_measure(const struct policy *p, struct str id)
{
	size_t at = place_of(&p->measure_by_id, id);

	return at == SIZE_MAX ? NULL : &p->measures[at];
}

const struct policy_partner *policy_partner(const struct policy *p, struct str id)
{
	size_t at = place_of(&p->partner_by_id, id);
	ptrdiff_t colon = at == SIZE_MAX ? str_find(id, ':') : -1;

	if (colon > 0)
		at = place_of(&p->partner_by_id, str_sub(id, 0, (size_t)colon));
	return at == SIZE_MAX ? NULL : &p->partners[at];
}

size_t policy_partners(const struct policy *p, const struct policy_partner **ret)
{
	*ret = p->partners;
	return p->partners_n;
}

const struct policy_destination *policy_destination(const struct policy *p, struct str id)
{
	size_t at = place_of(&p->destination_by_id, id);

	return at == SIZE_MAX ? NULL : &p->destinations[at];
}

const struct policy_advice *policy_advice(const struct policy *p, struct str form)
{
	for (size_t at = place_of(&p->form_by_id, form); at != SIZE_MAX;
	     at = p->form_parent[at] == UINT32_MAX ? SIZE_MAX : p->form_parent[at]) {
		size_t found = place_of(&p->advice_by_form, p->forms[at].id);

		if (found != SIZE_MAX)
			return &p->advice[found];
	}
	return NULL;
}

const struct policy_delivery *policy_delivery(const struct policy *p)
{
	return &p->delivery;
}

const struct policy_mail *policy_mail(const struct policy *p)
{
	return p->mail.form.n ? &p->mail : NULL;
}

const struct policy_limits *policy_limits(const struct policy *p)
{
	return &p->limits;
}

const struct id_options *policy_id_options(const struct policy *p)
{
	return &p->id_options;
}

bool policy_sealed(const struct policy *p, enum id_kind k)
{
	return !(p->open_kinds & 1u << k);
}

static bool listed(const struct str *list, size_t n, struct str s)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(list[i], s))
			return true;
	return false;
}

bool policy_role(const struct policy *p, struct str role)
{
	return listed(p->roles, p->roles_n, role);
}

bool policy_age_group(const struct policy *p, struct str group)
{
	return listed(p->age_groups, p->age_groups_n, group);
}

int policy_fold_mail(const struct policy *p, const struct identifier *mail, struct identifier *ret)
{
	ptrdiff_t at = str_rfind(id_str(mail), '@'), plus;
	struct identifier out = {.kind = ID_EMAIL};
	const struct policy_fold *f;
	const uint32_t *which;
	struct str local, domain;
	size_t n = 0;

	if (mail->kind != ID_EMAIL || at <= 0)
		return KT_EINVAL;
	local = str_sub(id_str(mail), 0, (size_t)at);
	domain = str_sub(id_str(mail), (size_t)at + 1, mail->n);
	which = map_get(&p->fold_by_domain, domain);
	if (!which || local.p[0] == '"') {
		*ret = *mail;
		return 0;
	}
	f = &p->folds[*which];
	plus = f->plus_tag ? str_find(local, '+') : -1;
	if (plus > 0)
		local.n = (size_t)plus;
	if (f->canonical.n)
		domain = f->canonical;
	if (local.n + 1 + domain.n > ID_MAX)
		return KT_ELIMIT;
	for (size_t i = 0; i < local.n; i++)
		if (!f->drop_dots || local.p[i] != '.')
			out.value[n++] = local.p[i];
	out.value[n++] = '@';
	memcpy(out.value + n, domain.p, domain.n);
	out.n = (uint8_t)(n + domain.n);
	*ret = out;
	return 0;
}

static struct str registry_of(const struct policy *p, const struct identifier *id)
{
	struct identifier host;
	struct str name;

	if (id->kind == ID_DOMAIN)
		host = *id;
	else if ((id->kind != ID_URL && id->kind != ID_EMAIL) || id_host(id, &host))
		return p->default_registry;
	/* The longest registered ending wins, so that co.uk may differ from uk. */
	name = id_str(&host);
	for (ptrdiff_t dot = str_find(name, '.'); dot >= 0; dot = str_find(name, '.')) {
		size_t at;

		name = str_sub(name, (size_t)dot + 1, name.n);
		at = place_of(&p->registry_by_tld, name);
		if (at != SIZE_MAX)
			return p->partners[at].id;
	}
	return p->default_registry;
}

struct str policy_choose_partner(const struct policy *p, struct arena *a, struct str partner,
                                 const struct identifier *id)
{
	if (str_is(partner, "bank") && id->kind == ID_IBAN) {
		struct str code = iban_bank(id);

		return code.n ? arena_fmt(a, "bank:" STR_FMT, STR_ARG(code)) : partner;
	}
	if (str_is(partner, "registry")) {
		struct str chosen = registry_of(p, id);

		return chosen.n ? chosen : partner;
	}
	if (str_is(partner, "platform") && (id->kind == ID_ACCOUNT || id->kind == ID_ADVERT)) {
		ptrdiff_t colon = str_find(id_str(id), ':');

		return colon > 0 ? arena_fmt(a, "platform:" STR_FMT, (int)colon, id->value) : partner;
	}
	return partner;
}
