/* Entries to the structs that the other rooms read: all kinds but rules and safety. */
#include "policy/policy_int.h"
#include <stdio.h>

struct policy_origin load_origin(const struct entry *en)
{
	/* Some files state the origin once, at the top. */
	const struct val *v = val_text(en->v, "source").p ? en->v : en->file->root;
	struct str status = val_text(v, "status");
	struct policy_origin o = {.source = val_text(v, "source"), .status = STATUS_ASSUMPTION};

	if (str_is(status, "verified"))
		o.status = STATUS_VERIFIED;
	else if (str_is(status, "concept"))
		o.status = STATUS_CONCEPT;
	return o;
}

int64_t load_day(const struct val *v, const char *key, int64_t otherwise)
{
	struct str s = val_text(v, key);
	int64_t day;

	return s.p && date_parse(s, &day) == 0 ? day : otherwise;
}

const struct str *load_texts(struct loader *l, const struct val *v, const char *key, size_t *ret_n)
{
	const struct val *items;
	size_t n = val_items(v, key, &items), kept = 0;
	struct str *texts = n ? load_take(l, n, sizeof(*texts)) : NULL;

	for (size_t i = 0; texts && i < n; i++)
		if (items[i].type == VAL_STR)
			texts[kept++] = items[i].s;
	*ret_n = kept;
	return texts;
}

unsigned load_kinds(struct loader *l, enum section s, const struct entry *en, const struct val *list, const char *ptr)
{
	unsigned kinds = 0;

	for (size_t i = 0; list && list->type == VAL_ARR && i < list->arr.n; i++) {
		const struct val *v = &list->arr.v[i];
		enum id_kind k = v->type == VAL_STR ? id_kind_of(v->s) : ID_NONE;
		char at[80];

		(void)snprintf(at, sizeof(at), "%s/%zu", ptr, i);
		if (k == ID_NONE)
			load_finding(l, s, en, v, at, "reference", "hier hoort een soort kenmerk, bijvoorbeeld iban");
		else
			kinds |= 1u << k;
	}
	return kinds;
}

static void texts_by_lang(struct str ret[LANGS], const struct val *v, const char *nl, const char *en)
{
	ret[LANG_NL] = val_text(v, nl);
	ret[LANG_EN] = val_text(v, en);
}

/* The entries that are left, in the order of the files; `by_id` then says where each came to stand. */
static size_t section_begin(struct loader *l, enum section s, size_t size, void **ret)
{
	*ret = load_take(l, l->sec[s].n, size);
	return *ret ? l->sec[s].n : 0;
}

static void section_index(struct loader *l, struct map *by_id, struct str id, size_t at)
{
	if (map_put(by_id, l->a, id, (uint32_t)at))
		l->rc = KT_ENOMEM;
}

static void build_forms(struct loader *l)
{
	struct policy *p = l->p;
	void *room;
	size_t n = section_begin(l, SEC_FORMS, sizeof(*p->forms), &room);

	p->forms = room;
	for (size_t i = 0; i < n; i++) {
		const struct entry *en = &l->sec[SEC_FORMS].e[i];
		struct policy_form *f = &p->forms[p->forms_n];

		if (en->gone)
			continue;
		f->id = en->id;
		f->parent = val_text(en->v, "parent");
		texts_by_lang(f->label, en->v, "label_nl", "label_en");
		section_index(l, &p->form_by_id, f->id, p->forms_n++);
	}
	p->form_parent = load_take(l, p->forms_n, sizeof(*p->form_parent));
	for (size_t i = 0; p->form_parent && i < p->forms_n; i++) {
		const uint32_t *at = p->forms[i].parent.p ? map_get(&p->form_by_id, p->forms[i].parent) : NULL;

		p->form_parent[i] = at ? *at : UINT32_MAX;
	}
}

static void build_measures(struct loader *l)
{
	struct policy *p = l->p;
	void *room;
	size_t n = section_begin(l, SEC_MEASURES, sizeof(*p->measures), &room);

	p->measures = room;
	for (size_t i = 0; i < n; i++) {
		const struct entry *en = &l->sec[SEC_MEASURES].e[i];
		struct policy_measure *m = &p->measures[p->measures_n];

		if (en->gone)
			continue;
		m->id = en->id;
		texts_by_lang(m->title, en->v, "title_nl", "title_en");
		m->kinds = load_kinds(l, SEC_MEASURES, en, val_get(en->v, "kinds"), "/kinds");
		m->ack_hours = val_int(en->v, "ack_hours", 0);
		m->execute_hours = val_int(en->v, "execute_hours", 0);
		m->duration_days = val_int(en->v, "duration_days", 0);
		m->informs_only = val_bool(en->v, "informs_only", false);
		m->origin = load_origin(en);
		section_index(l, &p->measure_by_id, m->id, p->measures_n++);
	}
}

static void build_partners(struct loader *l)
{
	struct policy *p = l->p;
	void *room;
	size_t n = section_begin(l, SEC_PARTNERS, sizeof(*p->partners), &room);

	p->partners = room;
	for (size_t i = 0; i < n; i++) {
		const struct entry *en = &l->sec[SEC_PARTNERS].e[i];
		struct policy_partner *to = &p->partners[p->partners_n];

		if (en->gone)
			continue;
		to->id = en->id;
		to->kind = val_text(en->v, "kind");
		texts_by_lang(to->title, en->v, "title_nl", "title_en");
		to->origin = load_origin(en);
		section_index(l, &p->partner_by_id, to->id, p->partners_n++);
	}
	for (size_t i = 0; i < l->sec[SEC_REGISTRIES].n; i++) {
		const struct entry *en = &l->sec[SEC_REGISTRIES].e[i];
		const uint32_t *at = map_get(&p->partner_by_id, val_text(en->v, "partner"));

		if (!en->gone && at)
			section_index(l, &p->registry_by_tld, en->id, *at);
	}
	p->default_registry = l->default_registry;
}

static void build_destinations(struct loader *l)
{
	struct policy *p = l->p;
	void *room;
	size_t n = section_begin(l, SEC_DESTINATIONS, sizeof(*p->destinations), &room);

	p->destinations = room;
	for (size_t i = 0; i < n; i++) {
		const struct entry *en = &l->sec[SEC_DESTINATIONS].e[i];
		const struct val *contact = val_get(en->v, "contact");
		struct policy_destination *d = &p->destinations[p->destinations_n];

		if (en->gone)
			continue;
		d->id = en->id;
		texts_by_lang(d->title, en->v, "title_nl", "title_en");
		texts_by_lang(d->handles, en->v, "handles_nl", "handles_en");
		texts_by_lang(d->why, en->v, "why_nl", "why_en");
		texts_by_lang(d->clock, en->v, "clock_nl", "clock_en");
		texts_by_lang(d->hours, contact, "hours_nl", "hours_en");
		d->forms = load_texts(l, en->v, "forms", &d->forms_n);
		d->order = val_int(en->v, "order", 0);
		d->clock_hours = val_int(en->v, "clock_hours", 0);
		d->phone = val_text(contact, "phone");
		d->url = val_text(contact, "url");
		d->checked_day = load_day(en->v, "checked_on", INT64_MIN);
		d->origin = load_origin(en);
		section_index(l, &p->destination_by_id, d->id, p->destinations_n++);
	}
}

static void build_advice(struct loader *l)
{
	struct policy *p = l->p;
	void *room;
	size_t n = section_begin(l, SEC_ADVICE, sizeof(*p->advice), &room);

	p->advice = room;
	for (size_t i = 0; i < n; i++) {
		const struct entry *en = &l->sec[SEC_ADVICE].e[i];
		struct policy_advice *to = &p->advice[p->advice_n];

		if (en->gone)
			continue;
		to->form = en->id;
		to->steps[LANG_NL] = load_texts(l, en->v, "steps_nl", &to->steps_n[LANG_NL]);
		to->steps[LANG_EN] = load_texts(l, en->v, "steps_en", &to->steps_n[LANG_EN]);
		to->donts[LANG_NL] = load_texts(l, en->v, "dont_nl", &to->donts_n[LANG_NL]);
		to->donts[LANG_EN] = load_texts(l, en->v, "dont_en", &to->donts_n[LANG_EN]);
		to->destinations = load_texts(l, en->v, "destinations", &to->destinations_n);
		to->origin = load_origin(en);
		section_index(l, &p->advice_by_form, to->form, p->advice_n++);
	}
}

/* A kind that no file opens is sealed. */
static void build_seal(struct loader *l)
{
	for (size_t i = 0; i < l->sec[SEC_SEAL].n; i++) {
		const struct entry *en = &l->sec[SEC_SEAL].e[i];
		enum id_kind k = id_kind_of(en->id);

		if (en->gone)
			continue;
		if (k == ID_NONE)
			load_finding(l, SEC_SEAL, en, val_get(en->v, "kind"), "/kind", "reference",
			             "hier hoort een soort kenmerk, bijvoorbeeld iban");
		else if (!val_bool(en->v, "sealed", true))
			l->p->open_kinds |= 1u << k;
	}
}

static void build_folds(struct loader *l, const struct entry *en)
{
	const struct val *items;
	size_t n = val_items(en->v, "mail_folding", &items);

	l->p->folds = load_take(l, n, sizeof(*l->p->folds));
	for (size_t i = 0; l->p->folds && i < n; i++) {
		const struct val *domains;
		size_t domains_n = val_items(&items[i], "domains", &domains);

		l->p->folds[i] = (struct policy_fold){
			.canonical = val_text(&items[i], "canonical"),
			.drop_dots = val_bool(&items[i], "drop_dots", false),
			.plus_tag = val_bool(&items[i], "plus_tag", false),
		};
		for (size_t k = 0; k < domains_n; k++) {
			char at[80];

			(void)snprintf(at, sizeof(at), "/mail_folding/%zu/domains/%zu", i, k);
			if (domains[k].type != VAL_STR)
				continue;
			if (map_get(&l->p->fold_by_domain, domains[k].s))
				load_finding(l, SEC_INTAKE, en, &domains[k], at, "unique",
				             "dit domein staat al bij een andere aanbieder");
			section_index(l, &l->p->fold_by_domain, domains[k].s, i);
		}
	}
}

static void build_intake(struct loader *l)
{
	const struct entry *en = load_entry(l, SEC_INTAKE, STR("intake"));
	const struct val *limits;
	struct policy *p = l->p;

	if (!en)
		return;
	limits = val_get(en->v, "limits");
	p->limits = (struct policy_limits){
		.story_bytes = val_int(limits, "max_story_bytes", 0),
		.identifiers = val_int(limits, "max_identifiers", 0),
		.identifier_bytes = val_int(limits, "max_identifier_bytes", 0),
		.payload_bytes = val_int(limits, "max_payload_bytes", 0),
		.days_back = val_int(limits, "max_days_back", 0),
	};
	p->id_options.tracking = load_texts(l, en->v, "tracking_keys", &p->id_options.tracking_n);
	p->roles = load_texts(l, en->v, "roles", &p->roles_n);
	p->age_groups = load_texts(l, en->v, "age_groups", &p->age_groups_n);
	build_folds(l, en);
}

static struct policy_attempts attempts_of(const struct val *v)
{
	const struct val *items;
	size_t n = val_items(v, "retry_seconds", &items);
	struct policy_attempts a = {.jitter_percent = val_int(v, "jitter_percent", 0),
	                            .connect_s = val_int(v, "connect_seconds", 5),
	                            .total_s = val_int(v, "total_seconds", 10)};

	for (size_t i = 0; i < n && a.n < POLICY_DELAYS; i++)
		if (items[i].type == VAL_INT)
			a.delay_s[a.n++] = items[i].i;
	return a;
}

static void build_delivery(struct loader *l)
{
	const struct entry *en = load_entry(l, SEC_DELIVERY, STR("delivery"));
	const struct val *code;

	if (!en)
		return;
	code = val_get(en->v, "code");
	l->p->delivery = (struct policy_delivery){
		.call = attempts_of(val_get(en->v, "call")),
		.mail = attempts_of(val_get(en->v, "mail")),
		.lease_s = val_int(en->v, "lease_seconds", 600),
		.keep_days = val_int(en->v, "keep_days", 30),
		.code_minutes = val_int(code, "valid_minutes", 0),
		.code_tries = val_int(code, "tries", 0),
		.codes_an_hour = val_int(code, "per_report_and_hour", 0),
		.codes_a_day = val_int(code, "per_address_and_day", 0),
	};
	texts_by_lang(l->p->delivery.code_subject, code, "subject_nl", "subject_en");
	texts_by_lang(l->p->delivery.code_text, code, "text_nl", "text_en");
}

/* In the order of enum mail_text; in the file each has _nl and _en behind it. */
static const char *const MAIL_TEXTS[MAIL_SAYS] = {"subject",   "thanks", "found", "none",  "cut",  "unread",
                                                  "encrypted", "now",    "never", "where", "code", "close"};

static void build_mail(struct loader *l)
{
	const struct entry *en = load_entry(l, SEC_MAIL, STR("mail"));
	struct policy_mail *m = &l->p->mail;

	if (!en)
		return;
	const struct val *answer = val_get(en->v, "answer");
	*m = (struct policy_mail){
		.form = val_text(en->v, "form"),
		.count_from = val_int(en->v, "count_from_score", 100),
		.per_sender = val_int(en->v, "answers_per_sender_a_day", 1),
		.per_day = val_int(en->v, "answers_a_day", 1),
		.seen_days = val_int(en->v, "recognise_days", 1),
		.origin = load_origin(en),
	};
	for (size_t i = 0; i < MAIL_SAYS; i++) {
		char key[LANGS][32];

		(void)snprintf(key[LANG_NL], sizeof(key[0]), "%s_nl", MAIL_TEXTS[i]);
		(void)snprintf(key[LANG_EN], sizeof(key[0]), "%s_en", MAIL_TEXTS[i]);
		texts_by_lang(m->text[i], answer, key[LANG_NL], key[LANG_EN]);
	}
}

void load_build(struct loader *l)
{
	build_forms(l);
	build_measures(l);
	build_partners(l);
	build_destinations(l);
	build_advice(l);
	build_seal(l);
	build_intake(l);
	build_delivery(l);
	build_mail(l);
	load_rules(l);
	load_safety(l);
}
