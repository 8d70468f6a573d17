#include "intake/parts.h"
#include "seam/crypto.h"

static void write_texts(struct jw *w, const char *key, const struct str *s, size_t n)
{
	jw_key(w, key);
	jw_arr(w);
	for (size_t i = 0; i < n; i++)
		jw_str(w, s[i]);
	jw_arr_end(w);
}

static void write_destination(struct jw *w, const struct policy_destination *d, enum lang lang)
{
	jw_obj(w);
	jw_kstr(w, "id", d->id);
	jw_kstr(w, "naam", d->title[lang]);
	jw_kstr(w, "waarom", d->why[lang]);
	if (d->clock[lang].n)
		jw_kstr(w, "termijn", d->clock[lang]);
	if (d->phone.n)
		jw_kstr(w, "telefoon", d->phone);
	if (d->url.n)
		jw_kstr(w, "url", d->url);
	if (d->hours[lang].n)
		jw_kstr(w, "bereikbaar", d->hours[lang]);
	jw_obj_end(w);
}

static bool listed(const struct policy_destination *const *done, size_t n, const struct policy_destination *d)
{
	for (size_t i = 0; i < n; i++)
		if (done[i] == d)
			return true;
	return false;
}

size_t intake_destinations(const struct policy *p, struct str form,
                           const struct policy_destination *ret[INTAKE_DESTINATIONS])
{
	const struct policy_advice *a = policy_advice(p, form);
	size_t n = 0;
	for (size_t i = 0; a && i < a->destinations_n && n < INTAKE_DESTINATIONS; i++) {
		const struct policy_destination *x = policy_destination(p, a->destinations[i]);
		if (x && !listed(ret, n, x))
			ret[n++] = x;
	}
	for (size_t i = 1; i < n; i++)
		for (size_t k = i; k > 0 && ret[k]->order < ret[k - 1]->order; k--) {
			const struct policy_destination *swap = ret[k];
			ret[k] = ret[k - 1];
			ret[k - 1] = swap;
		}
	return n;
}

static void write_destinations(struct jw *w, const struct policy *p, struct str form, enum lang lang)
{
	const struct policy_destination *d[INTAKE_DESTINATIONS];
	size_t n = intake_destinations(p, form, d);
	jw_key(w, "doorverwijzingen");
	jw_arr(w);
	for (size_t i = 0; i < n; i++)
		write_destination(w, d[i], lang);
	jw_arr_end(w);
}

static void write_suggestions(struct jw *w, const struct intake_report *r)
{
	jw_key(w, "suggesties");
	jw_arr(w);
	for (size_t i = 0; i < r->suggestions_n; i++) {
		const struct intake_suggestion *s = &r->suggestions[i];
		jw_obj(w);
		jw_kz(w, "soort", id_kind_name(s->id.kind));
		jw_kstr(w, "waarde", id_str(&s->id));
		jw_kint(w, "begin", (int64_t)s->begin);
		jw_kint(w, "eind", (int64_t)s->end);
		jw_obj_end(w);
	}
	jw_arr_end(w);
}

void intake_advice(const struct policy *p, struct str form, enum lang lang, struct jw *w)
{
	const struct policy_advice *a = policy_advice(p, form);
	jw_obj(w);
	jw_kstr(w, "fraudevorm", form);
	write_texts(w, "stappen", a ? a->steps[lang] : NULL, a ? a->steps_n[lang] : 0);
	write_texts(w, "nooit", a ? a->donts[lang] : NULL, a ? a->donts_n[lang] : 0);
	write_destinations(w, p, form, lang);
	jw_obj_end(w);
}

void intake_answer_begin(const struct intake_report *r, enum lang lang, struct jw *w)
{
	const struct policy_advice *a = policy_advice(r->in->policy, r->form);
	char code[RECEIPT_TEXT];
	receipt_text(&r->code, code);
	jw_obj(w);
	jw_kz(w, "meldingsnummer", r->sealed.number);
	jw_kz(w, "ontvangstcode", code);
	write_texts(w, "advies", a ? a->steps[lang] : NULL, a ? a->steps_n[lang] : 0);
	write_texts(w, "nooit", a ? a->donts[lang] : NULL, a ? a->donts_n[lang] : 0);
	write_destinations(w, r->in->policy, r->form, lang);
	jw_key(w, "opmerkingen");
	jw_arr(w);
	for (size_t i = 0; i < r->notes_n; i++)
		jw_str(w, r->notes[i]);
	jw_arr_end(w);
	write_suggestions(w, r);
	if (r->in->synthetic)
		jw_kbool(w, "verzonnen", true);
	crypto_wipe(code, sizeof(code));
}

void intake_answer_end(const struct intake_report *r, struct jw *w)
{
	if (r->code_sent)
		jw_kbool(w, "code_verstuurd", true);
	jw_obj_end(w);
}

void intake_answer(const struct intake_report *r, enum lang lang, struct jw *w)
{
	intake_answer_begin(r, lang, w);
	intake_answer_end(r, w);
}

struct outcome {
	struct jw *w;
	const struct policy *policy;
};

/* Who reports may be the swindler, asking whether somebody is on to him. So: what was done, not what is being weighed,
 * and never what the police does. Open kinds are public anyhow once they stand. */
static bool for_reporter(const struct policy *p, const struct barrier *b)
{
	const struct policy_partner *who = policy_partner(p, b->partner);
	if (!who || str_is(who->kind, "police"))
		return false;
	return policy_sealed(p, b->kind) ? b->state == BARRIER_EXECUTED : barrier_stands(b->state);
}

static int write_barrier(const struct barrier *b, void *arg)
{
	const struct outcome *o = arg;
	if (!for_reporter(o->policy, b))
		return 0;
	const struct policy_measure *m = policy_measure(o->policy, b->measure);
	char since[25];
	time_format(b->since_ms, since);
	jw_obj(o->w);
	jw_kz(o->w, "soort", id_kind_name(b->kind));
	jw_kstr(o->w, "waarde", b->value);
	jw_kstr(o->w, "maatregel", b->measure);
	jw_kstr(o->w, "omschrijving", m ? m->title[LANG_NL] : b->measure);
	jw_kstr(o->w, "partner", b->partner);
	jw_kz(o->w, "toestand", barrier_state_word(b->state));
	jw_kz(o->w, "sinds", since);
	jw_obj_end(o->w);
	return 0;
}

/* Tags of what this person reported: asked by tag, so that the database is not told the identifiers again. */
struct tags {
	uint8_t (*tag)[TAG_BYTES];
	size_t n, max;
};

static void add_tag(struct tags *t, const uint8_t tag[TAG_BYTES])
{
	for (size_t i = 0; i < t->n; i++)
		if (memcmp(t->tag[i], tag, TAG_BYTES) == 0)
			return;
	if (t->n < t->max)
		memcpy(t->tag[t->n++], tag, TAG_BYTES);
}

/* Under every rule, also ended ones, and every version a rule had: their barriers may still stand. */
static void add_tags(const struct intake *in, const struct identifier *id, struct tags *t)
{
	const struct policy_rule *rules;
	size_t n = policy_rules(in->policy, &rules);
	for (size_t i = 0; i < n; i++) {
		struct identifier subject;
		struct policy_rule r = rules[i];
		uint8_t tag[TAG_BYTES];
		if (rule_subject(in->policy, &r, id, &subject) < 0)
			continue;
		for (; r.version > 0 && rules[i].version - r.version < 8; r.version--) {
			signal_tag(in->keys, &r, &subject, tag);
			add_tag(t, tag);
		}
		crypto_wipe(&subject, sizeof(subject));
	}
}

static int collect_tags(const struct intake *in, struct arena *a, struct str ids, struct tags *t, struct err *e)
{
	struct json_limits lim = {1u << 20, 8};
	const struct val *list;
	int rc = json_read(a, ids, &lim, &list, e);
	if (rc)
		return rc;
	t->max = INTAKE_SIGHTINGS;
	t->tag = arena_array(a, t->max, sizeof(*t->tag));
	if (!t->tag)
		return err_set(e, KT_ENOMEM, "Er is te weinig geheugen om de melding te tonen.");
	for (size_t i = 0; i < list->arr.n; i++) {
		struct identifier id = {.kind = id_kind_of(val_text(&list->arr.v[i], "soort"))};
		struct str value = val_text(&list->arr.v[i], "waarde");
		if (id.kind == ID_NONE || value.n > ID_MAX || !str_copy(id.value, sizeof(id.value), value))
			continue;
		id.n = (uint8_t)value.n;
		add_tags(in, &id, t);
		crypto_wipe(&id, sizeof(id));
	}
	return 0;
}

static int write_outcomes(const struct intake *in, struct tx *tx, struct arena *a, struct str ids, struct jw *w,
                          struct err *e)
{
	struct outcome o = {w, in->policy};
	struct tags t = {0};
	int rc = ids.p ? collect_tags(in, a, ids, &t, e) : 0;
	jw_key(w, "barrieres");
	jw_arr(w);
	for (size_t i = 0; rc >= 0 && i < t.n; i++) {
		struct barrier_filter f = {.tag = F_BYTES(t.tag[i], TAG_BYTES), .limit = 20};
		rc = barrier_list(tx, &f, write_barrier, &o, e);
	}
	jw_arr_end(w);
	return rc < 0 ? rc : 0;
}

/* Fields that are JSON themselves are written as such. */
static int write_field(struct arena *a, const struct dossier *d, const char *name, bool json, struct jw *w,
                       struct err *e)
{
	struct str s = dossier_text(d, name);
	if (!s.p)
		return 0;
	if (!json) {
		jw_kstr(w, name, s);
		return 0;
	}
	struct json_limits lim = {2u << 20, 32};
	const struct val *v;
	int rc = json_read(a, s, &lim, &v, e);
	if (rc)
		return rc;
	jw_key(w, name);
	jw_val(w, v);
	return 0;
}

int intake_show(const struct intake *in, struct tx *tx, struct arena *a, const struct dossier *d, struct jw *w,
                struct err *e)
{
	static const struct {
		const char *name;
		bool json;
	} SHOWN[] = {{"fraudevorm", false},     {"verhaal", false},  {"datum", false}, {"bedrag", false},
	             {"aangiftenummer", false}, {"kenmerken", true}, {"melder", true}, {"delen", true}};
	char at[25];
	bool may, done;
	int rc = intake_confirmable(in, tx, a, d, &may, &done, e);
	if (rc)
		return rc;
	time_format(d->created_ms, at);
	jw_obj(w);
	jw_kstr(w, "meldingsnummer", d->number);
	jw_kz(w, "ontvangen", at);
	jw_kz(w, "toestand", d->state == DOSSIER_OPEN ? "open" : "gesloten");
	for (size_t i = 0; !rc && i < sizeof(SHOWN) / sizeof(SHOWN[0]); i++)
		rc = write_field(a, d, SHOWN[i].name, SHOWN[i].json, w, e);
	if (!rc)
		rc = write_outcomes(in, tx, a, dossier_text(d, "kenmerken"), w, e);
	if (may)
		jw_kbool(w, "bevestigd", done);
	if (d->synthetic)
		jw_kbool(w, "verzonnen", true);
	jw_obj_end(w);
	return rc;
}
