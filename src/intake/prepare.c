#include "intake/parts.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/zone.h"
#include "api_schemas.h"
#include "seam/crypto.h"

static void note(struct intake_report *r, const char *fmt, ...) KT_PRINTF(2, 3);

static void note(struct intake_report *r, const char *fmt, ...)
{
	char text[400];
	va_list ap;
	if (r->notes_n == INTAKE_NOTES)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	struct str kept = arena_str(r->a, str_of(text));
	if (kept.p)
		r->notes[r->notes_n++] = kept;
}

/* Has the report this identifier already? */
static bool have(const struct intake_report *r, const struct identifier *id)
{
	for (size_t i = 0; i < r->ids_n; i++)
		if (r->ids[i].kind == id->kind && str_eq(id_str(&r->ids[i]), id_str(id)))
			return true;
	return false;
}

/* A wrong kind is the commonest mistake: say what it looks like. */
static void note_bad(struct intake_report *r, size_t i, enum id_kind kind, struct str value, const struct err *why)
{
	enum id_kind guess = id_guess(value, policy_id_options(r->in->policy));
	if (guess != ID_NONE && guess != kind)
		note(r, "kenmerken[%zu] (%s): %s Bedoelt u soort \"%s\"?", i, id_kind_name(kind), why->text,
		     id_kind_name(guess));
	else
		note(r, "kenmerken[%zu] (%s): %s", i, id_kind_name(kind), why->text);
}

static void take_identifier(struct intake_report *r, size_t i, const struct val *v)
{
	struct str kind_name = val_text(v, "soort"), value = val_text(v, "waarde");
	const struct policy_limits *lim = policy_limits(r->in->policy);
	if (!kind_name.p || !value.p) {
		note(r, "kenmerken[%zu]: verwacht een object met \"soort\" en \"waarde\", beide tekst.", i);
		return;
	}
	enum id_kind kind = id_kind_of(kind_name);
	if (kind == ID_NONE || kind == ID_COMPANY) {
		note(r,
		     "kenmerken[%zu]: onbekende soort. Kies uit iban, telefoon, domein, url, email, wallet, account, "
		     "advertentie of apparaat.",
		     i);
		return;
	}
	if (value.n > (size_t)lim->identifier_bytes) {
		note(r, "kenmerken[%zu] (%s): langer dan %lld tekens.", i, id_kind_name(kind),
		     (long long)lim->identifier_bytes);
		return;
	}
	struct identifier id;
	struct err why = {0};
	if (id_canonical(kind, value, policy_id_options(r->in->policy), &id, &why) < 0)
		note_bad(r, i, kind, value, &why);
	else if (!have(r, &id))
		r->ids[r->ids_n++] = id;
}

static int take_identifiers(struct intake_report *r, struct arena *a, const struct val *root, struct err *e)
{
	const struct val *items;
	size_t n = val_items(root, "kenmerken", &items);
	size_t max = (size_t)policy_limits(r->in->policy)->identifiers;
	r->ids = arena_array(a, n < max ? n : max, sizeof(*r->ids));
	if (!r->ids)
		return err_set(e, KT_ENOMEM, "Er is te weinig geheugen voor de kenmerken.");
	for (size_t i = 0; i < n; i++) {
		if (r->ids_n == max) {
			note(r, "kenmerken: er kunnen hoogstens %zu kenmerken in één melding; de overige zijn niet geteld.", max);
			break;
		}
		take_identifier(r, i, &items[i]);
	}
	return 0;
}

bool intake_mail(const struct intake_report *r, struct str text, struct identifier *ret, struct err *why)
{
	struct identifier folded;
	return !email_canonical(text, ret, why) && !policy_fold_mail(r->in->policy, ret, &folded);
}

/* The strongest normalised contact: a phone number, else an e-mail address. */
static void take_contact(struct intake_report *r, const struct val *contact)
{
	struct identifier id;
	struct err why = {0};
	struct str phone = val_text(contact, "telefoon"), mail = val_text(contact, "email");
	if (phone.n) {
		if (!phone_canonical(phone, &r->contact, &why))
			r->has_contact = true;
		else
			note(r, "melder.contact.telefoon: %s", why.text);
	}
	if (mail.n && intake_mail(r, mail, &id, &why)) {
		r->mail = id;
		if (!r->has_contact)
			r->has_contact = !policy_fold_mail(r->in->policy, &id, &r->contact);
	} else if (mail.n && !r->has_contact) {
		note(r, "melder.contact.email: %s", why.text);
	}
	if (!r->has_contact)
		note(r,
		     "melder.contact: zonder bruikbaar telefoonnummer of e-mailadres telt deze melding niet mee voor een "
		     "drempel.");
}

static void take_reporter(struct intake_report *r, const struct val *m)
{
	struct str pc = val_text(m, "postcode4"), age = val_text(m, "leeftijdsgroep"), role = val_text(m, "rol");
	int64_t number;
	if (pc.p && (pc.n != 4 || !str_int(pc, &number) || number < 1000))
		note(r, "melder.postcode4: verwacht vier cijfers, bijvoorbeeld \"1234\".");
	if (age.p && !policy_age_group(r->in->policy, age))
		note(r, "melder.leeftijdsgroep: verwacht <18, 18-24, 25-44, 45-64, 65+ of onbekend.");
	if (role.p && !policy_role(r->in->policy, role))
		note(r, "melder.rol: verwacht mijzelf, iemand_anders, bedrijf, getuige of geldezel.");
	take_contact(r, val_get(m, "contact"));
}

static void take_sharing(struct intake_report *r, const struct val *root)
{
	const struct val *items;
	size_t n = val_items(root, "delen", &items);
	for (size_t i = 0; i < n; i++)
		if (items[i].type != VAL_STR || !policy_partner(r->in->policy, items[i].s))
			note(r, "delen[%zu]: deze organisatie is niet bekend; er wordt niets mee gedeeld.", i);
}

static void note_unknown(struct intake_report *r, const struct val *root)
{
	static const char *const KNOWN[] = {"fraudevorm",     "verhaal",   "datum",  "bedrag",
	                                    "aangiftenummer", "kenmerken", "melder", "delen"};
	size_t unknown = 0;
	for (size_t i = 0; i < root->obj.n; i++) {
		bool found = false;
		for (size_t k = 0; k < sizeof(KNOWN) / sizeof(KNOWN[0]); k++)
			found |= str_is(root->obj.m[i].key, KNOWN[k]);
		unknown += !found;
	}
	if (unknown)
		note(r, "De melding had %zu %s. Dat is niet bewaard.", unknown,
		     unknown == 1 ? "veld dat wij niet kennen" : "velden die wij niet kennen");
}

/* What the validator's tables cannot say: form, date and sizes. */
static void check_meaning(const struct intake_report *r, const struct val *root, struct valid_report *why)
{
	const struct policy_limits *lim = policy_limits(r->in->policy);
	struct str date = val_text(root, "datum"), story = val_text(root, "verhaal"), form = val_text(root, "fraudevorm");
	int64_t day, today = zone_amsterdam_day(r->now_ms);
	if (form.p && !policy_form(r->in->policy, form))
		valid_add(why, "/fraudevorm", 0, "enum", "verwacht een code uit de taxonomie, bijvoorbeeld OF-1.1.2");
	if (date.p && !date_parse(date, &day)) {
		if (day > today)
			valid_add(why, "/datum", 0, "maximum", "de datum ligt in de toekomst");
		else if (day < today - lim->days_back)
			valid_add(why, "/datum", 0, "minimum", "de datum ligt te ver terug (meer dan %lld dagen)",
			          (long long)lim->days_back);
	}
	if (story.n > (size_t)lim->story_bytes)
		valid_add(why, "/verhaal", 0, "maxLength", "het verhaal is langer dan %lld bytes (ongeveer %lld tekens)",
		          (long long)lim->story_bytes, (long long)lim->story_bytes);
}

struct finder {
	struct intake_report *r;
};

static int suggest(const struct id_found *f, void *arg)
{
	struct intake_report *r = ((struct finder *)arg)->r;
	if (have(r, &f->id))
		return 0;
	for (size_t i = 0; i < r->suggestions_n; i++)
		if (r->suggestions[i].id.kind == f->id.kind && str_eq(id_str(&r->suggestions[i].id), id_str(&f->id)))
			return 0;
	if (r->suggestions_n == INTAKE_SUGGESTIONS)
		return 1;
	r->suggestions[r->suggestions_n++] = (struct intake_suggestion){f->id, f->begin, f->end};
	return 0;
}

static bool counted_already(const struct intake_report *r, const struct sighting *s)
{
	for (size_t i = 0; i < r->counted_n; i++)
		if (memcmp(r->counted[i].s.tag, s->tag, TAG_BYTES) == 0)
			return true;
	return false;
}

static void count_one(struct intake_report *r, const struct policy_rule *rule, const struct identifier *id)
{
	struct identifier subject;
	if (rule_subject(r->in->policy, rule, id, &subject) < 0)
		return;
	if (r->counted_n == r->counted_max) {
		note(r, "kenmerken: er zijn te veel kenmerken om alle mee te tellen.");
		return;
	}
	struct sighting s = {
		.rule = rule,
		.member = r->in->member,
		.strength = r->strength,
		.basis = r->basis,
		.day = r->day,
		.synthetic = r->in->synthetic,
	};
	signal_tag(r->in->keys, rule, &subject, s.tag);
	if (counted_already(r, &s))
		return;
	signal_reporter(r->in->keys, s.tag, &r->contact, s.reporter);
	crypto_random(s.report, sizeof(s.report));
	r->counted[r->counted_n++] = (struct counted){s, subject};
}

/* Which rules count which identifier of this report. Who cannot be told apart from others counts for nobody. */
int intake_count(struct intake_report *r, struct arena *a, struct err *e)
{
	const struct policy_rule *rules;
	size_t n = policy_rules(r->in->policy, &rules);
	/* A rule counts an identifier once. */
	size_t max = n * r->ids_n < INTAKE_SIGHTINGS ? n * r->ids_n : INTAKE_SIGHTINGS;
	r->counted = arena_array(a, max, sizeof(*r->counted));
	r->counted_max = max;
	if (!r->counted)
		return err_set(e, KT_ENOMEM, "Er is te weinig geheugen om te tellen.");
	if (!r->has_contact)
		return 0;
	for (size_t i = 0; i < n; i++) {
		if (!rule_applies(r->in->policy, &rules[i], r->form, r->basis, r->day))
			continue;
		for (size_t k = 0; k < r->ids_n; k++)
			count_one(r, &rules[i], &r->ids[k]);
	}
	return 0;
}

static void write_identifiers(const struct intake_report *r, struct jw *w)
{
	jw_arr(w);
	for (size_t i = 0; i < r->ids_n; i++) {
		jw_obj(w);
		jw_kz(w, "soort", id_kind_name(r->ids[i].kind));
		jw_kstr(w, "waarde", id_str(&r->ids[i]));
		jw_obj_end(w);
	}
	jw_arr_end(w);
}

static struct str sealed_text(struct arena *a, struct buf *b)
{
	struct str s = buf_err(b) ? STR_NONE : arena_str(a, buf_view(b));
	buf_free(b);
	return s;
}

static struct str val_json(struct arena *a, const struct val *v)
{
	struct buf b = BUF_INIT(1u << 20);
	struct jw w;
	jw_init(&w, &b);
	jw_val(&w, v);
	return sealed_text(a, &b);
}

/* The report ids under each tag: kept sealed with the case, so that the reporter can take a report back. */
static struct str reports_json(struct arena *a, const struct intake_report *r)
{
	struct buf b = BUF_INIT(1u << 20);
	struct jw w;
	jw_init(&w, &b);
	jw_arr(&w);
	for (size_t i = 0; i < r->counted_n; i++) {
		struct buf hex = BUF_INIT(64);
		buf_hex(&hex, r->counted[i].s.report, sizeof(r->counted[i].s.report));
		jw_str(&w, buf_view(&hex));
		buf_free(&hex);
	}
	jw_arr_end(&w);
	return sealed_text(a, &b);
}

static struct str ids_json(struct arena *a, const struct intake_report *r)
{
	struct buf b = BUF_INIT(1u << 20);
	struct jw w;
	jw_init(&w, &b);
	write_identifiers(r, &w);
	return sealed_text(a, &b);
}

static size_t add_text(struct dossier_field *f, size_t n, const char *name, struct str value)
{
	if (!value.p)
		return n;
	f[n] = (struct dossier_field){name, value};
	return n + 1;
}

/* "89,95" and "89.95" are one amount. */
static struct str with_point(struct arena *a, struct str amount)
{
	struct str kept = amount.p ? arena_str(a, amount) : STR_NONE;
	ptrdiff_t comma = str_find(amount, ',');
	char *z = comma >= 0 ? arena_z(a, amount) : NULL;
	if (!z)
		return kept;
	z[comma] = '.';
	return str_of(z);
}

static int seal_report(struct intake_report *r, struct arena *a, const struct val *root, struct err *e)
{
	struct dossier_field f[DOSSIER_FIELDS];
	size_t n = 0;
	const struct val *melder = val_get(root, "melder"), *delen = val_get(root, "delen");
	n = add_text(f, n, "fraudevorm", r->form);
	n = add_text(f, n, "verhaal", val_text(root, "verhaal"));
	n = add_text(f, n, "datum", val_text(root, "datum"));
	n = add_text(f, n, "bedrag", with_point(a, val_text(root, "bedrag")));
	n = add_text(f, n, "aangiftenummer", val_text(root, "aangiftenummer"));
	n = add_text(f, n, "kenmerken", ids_json(a, r));
	n = add_text(f, n, "tellingen", reports_json(a, r));
	if (melder && melder->type == VAL_OBJ)
		n = add_text(f, n, "melder", val_json(a, melder));
	if (delen)
		n = add_text(f, n, "delen", val_json(a, delen));
	int rc = dossier_seal(a, r->in->org, f, n, r->now_ms, &r->sealed, &r->code, e);
	r->sealed.synthetic = r->in->synthetic;
	return rc;
}

int intake_report_new(const struct intake *in, struct arena *a, enum strength strength, int64_t now_ms,
                      struct intake_report **ret, struct err *e)
{
	struct intake_report *r = ARENA_NEW(a, struct intake_report);
	if (r) {
		r->notes = arena_array(a, INTAKE_NOTES, sizeof(*r->notes));
		r->suggestions = arena_array(a, INTAKE_SUGGESTIONS, sizeof(*r->suggestions));
	}
	if (!r || !r->notes || !r->suggestions)
		return err_set(e, KT_ENOMEM, "Er is te weinig geheugen voor de melding.");
	r->a = a;
	r->in = in;
	r->now_ms = now_ms;
	r->day = time_day(now_ms);
	r->strength = strength;
	*ret = r;
	return 0;
}

static int check_report(struct intake_report *r, const struct val *root, struct valid_report *why, struct err *e)
{
	(void)!valid_check(&api_Melding, root, why);
	if (!why->total)
		check_meaning(r, root, why);
	return why->total ? err_set(e, KT_EINVAL, "De melding klopt niet. Kijk wat er per veld verwacht wordt.") : 0;
}

int intake_judge(const struct intake *in, struct arena *a, const struct val *root, enum strength strength,
                 int64_t now_ms, struct intake_report **ret, struct valid_report *why, struct err *e)
{
	struct intake_report *r = NULL;
	int rc = intake_report_new(in, a, strength, now_ms, &r, e);
	if (!rc)
		rc = check_report(r, root, why, e);
	if (rc)
		return rc;
	r->form = arena_str(a, val_text(root, "fraudevorm"));
	r->basis = str_trim(val_text(root, "aangiftenummer")).n ? BASIS_CRIME_REPORT : BASIS_REPORT;
	note_unknown(r, root);
	rc = take_identifiers(r, a, root, e);
	if (rc)
		return rc;
	const struct val *melder = val_get(root, "melder");
	if (melder && melder->type == VAL_OBJ)
		take_reporter(r, melder);
	take_sharing(r, root);
	struct finder f = {r};
	(void)id_extract(val_text(root, "verhaal"), policy_id_options(in->policy), suggest, &f);
	rc = intake_count(r, a, e);
	if (!rc)
		rc = seal_report(r, a, root, e);
	if (!rc)
		*ret = r;
	return rc;
}

int intake_prepare(const struct intake *in, struct arena *a, struct str json, enum strength strength, int64_t now_ms,
                   struct intake_report **ret, struct valid_report *why, struct err *e)
{
	struct json_limits lim = {(size_t)policy_limits(in->policy)->payload_bytes, 16};
	const struct val *root = NULL;
	int rc = json_read(a, json, &lim, &root, e);
	return rc ? rc : intake_judge(in, a, root, strength, now_ms, ret, why, e);
}
