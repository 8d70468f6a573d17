#include <stdio.h>

#include "intake/parts.h"
#include "job/outbox.h"
#include "seam/crypto.h"

#define HOUR_MS INT64_C(3600000)
#define MINUTE_MS INT64_C(60000)

static void code_hash(const struct box *b, const uint8_t dossier[DOSSIER_ID], int64_t n, const char code[INTAKE_CODE],
                      uint8_t ret[32])
{
	const struct str f[] = {F_BYTES(dossier, DOSSIER_ID), F_U64(n), F_BYTES(code, INTAKE_CODE)};
	box_hash(b, "contact-code", f, 3, ret);
}

/* Six digits, each equally likely: numbers that would favour the low ones are drawn again. */
static void code_make(char ret[INTAKE_CODE + 1])
{
	uint32_t v;
	do
		crypto_random(&v, sizeof(v));
	while (v >= UINT32_MAX - UINT32_MAX % 1000000);
	(void)snprintf(ret, INTAKE_CODE + 1, "%06u", (unsigned)(v % 1000000));
	crypto_wipe(&v, sizeof(v));
}

/* The message: who and what, sealed together. The text around it is made when it leaves. */
static int code_send(struct tx *tx, const struct intake_report *r, struct str number, const char *code, struct err *e)
{
	struct buf plain = BUF_INIT(4096), sealed = BUF_INIT(8192);
	struct jw w;
	jw_init(&w, &plain);
	jw_obj(&w);
	jw_kstr(&w, "naar", id_str(&r->mail));
	jw_kz(&w, "code", code);
	jw_kint(&w, "tot", r->now_ms + policy_delivery(r->in->policy)->code_minutes * MINUTE_MS);
	jw_obj_end(&w);
	box_seal(r->in->box, "mail.code", number, buf_view(&plain), &sealed);
	int rc = buf_err(&plain) ? buf_err(&plain) : buf_err(&sealed);
	rc = rc ? err_set(e, rc, "Er is te weinig geheugen voor een code.")
			: outbox_send(tx, r->now_ms, "mail.code", "mail", number, buf_view(&sealed), e);
	buf_free(&plain);
	buf_free(&sealed);
	return rc;
}

static int code_new(struct tx *tx, const struct intake_report *r, const uint8_t dossier[DOSSIER_ID], struct str number,
                    const uint8_t box[32], struct err *e)
{
	struct code_row last = {0};
	char code[INTAKE_CODE + 1];
	uint8_t hash[32];
	int rc = code_newest(tx, dossier, &last, e);
	if (rc && rc != KT_ENOTFOUND)
		return rc;
	code_make(code);
	code_hash(r->in->box, dossier, last.n + 1, code, hash);
	rc = code_add(tx, dossier, last.n + 1, r->now_ms, hash, box, e);
	if (!rc)
		rc = code_send(tx, r, number, code, e);
	crypto_wipe(code, sizeof(code));
	return rc ? rc : audit_add(r->in->audit, tx, "system", "contact.code", number, STR(""), e);
}

/* What stands for a mailbox when it is counted how much it gets: as its provider folds it, and without what stands
 * behind a plus, for everywhere else that may be a mark in an address of one and the same person. */
static void box_of(const struct intake_report *r, uint8_t ret[32])
{
	struct identifier id;
	if (policy_fold_mail(r->in->policy, &r->mail, &id))
		id = r->mail;
	struct str local = id_str(&id), domain = STR("");
	ptrdiff_t at = str_rfind(local, '@'), plus;
	if (at > 0) {
		domain = str_sub(local, (size_t)at, local.n);
		local = str_sub(local, 0, (size_t)at);
	}
	plus = str_find(local, '+');
	if (plus > 0)
		local = str_sub(local, 0, (size_t)plus);
	const struct str f[] = {local, domain};
	box_hash(r->in->box, "mailbox", f, 2, ret);
	crypto_wipe(&id, sizeof(id));
}

int intake_code_add(struct tx *tx, const struct intake_report *r, const uint8_t dossier[DOSSIER_ID], struct str number,
                    bool *ret_sent, struct err *e)
{
	uint8_t box[32];
	int64_t today = 0;
	box_of(r, box);
	/* Somebody else's mailbox is not to be filled from here. */
	int rc = code_forget(tx, r->now_ms - DAY_MS, e);
	if (!rc)
		rc = code_count_box(tx, box, r->now_ms - DAY_MS, &today, e);
	bool may = !rc && today < policy_delivery(r->in->policy)->codes_a_day;
	if (may)
		rc = code_new(tx, r, dossier, number, box, e);
	if (!rc)
		*ret_sent = may;
	return rc;
}

/* ---- an opened report, counted anew ---- */

static int read_array(struct arena *a, struct str text, const struct val **ret, struct err *e)
{
	struct json_limits lim = {2u << 20, 16};
	return json_read(a, text.p ? text : STR("[]"), &lim, ret, e);
}

static int take_ids(struct intake_report *r, struct arena *a, struct str text, struct err *e)
{
	const struct val *list;
	int rc = read_array(a, text, &list, e);
	if (rc)
		return rc;
	r->ids = arena_array(a, list->arr.n, sizeof(*r->ids));
	if (!r->ids)
		return err_set(e, KT_ENOMEM, "Er is te weinig geheugen voor de kenmerken.");
	for (size_t i = 0; list->type == VAL_ARR && i < list->arr.n; i++) {
		struct identifier *id = &r->ids[r->ids_n];
		struct str value = val_text(&list->arr.v[i], "waarde");
		id->kind = id_kind_of(val_text(&list->arr.v[i], "soort"));
		if (id->kind == ID_NONE || value.n > ID_MAX || !str_copy(id->value, sizeof(id->value), value))
			continue;
		id->n = (uint8_t)value.n;
		r->ids_n++;
	}
	return 0;
}

/* The e-mail address of an opened report, n 0 when it has none. */
static int mail_text(const struct dossier *d, struct arena *a, struct str *ret, struct err *e)
{
	struct json_limits lim = {2u << 20, 32};
	struct str melder = dossier_text(d, "melder");
	const struct val *v = NULL;
	int rc = melder.p ? json_read(a, melder, &lim, &v, e) : 0;
	if (rc)
		return rc;
	*ret = val_text(v ? val_get(v, "contact") : NULL, "email");
	return 0;
}

int intake_confirmable(const struct intake *in, struct tx *tx, struct arena *a, const struct dossier *d, bool *ret_may,
                       bool *ret_done, struct err *e)
{
	struct code_row row = {0};
	struct str mail;
	int rc = mail_text(d, a, &mail, e);
	if (rc)
		return rc;
	rc = code_newest(tx, d->id, &row, e);
	if (rc && rc != KT_ENOTFOUND)
		return rc;
	*ret_done = !rc && row.used_ms;
	*ret_may = *ret_done || (in->box && mail.n);
	return 0;
}

static int take_mail(struct intake_report *r, struct arena *a, const struct dossier *d, struct err *e)
{
	struct str mail;
	int rc = mail_text(d, a, &mail, e);
	if (rc)
		return rc;
	if (!r->in->box || !mail.n || !intake_mail(r, mail, &r->mail, NULL) ||
	    policy_fold_mail(r->in->policy, &r->mail, &r->contact))
		return err_set(e, KT_EREFUSED, "Bij deze melding kan geen e-mailadres worden bevestigd.");
	r->has_contact = true;
	return 0;
}

static bool unhex(struct str hex, uint8_t ret[16])
{
	static const char DIGITS[] = "0123456789abcdef";
	if (hex.n != 32)
		return false;
	for (size_t i = 0; i < hex.n; i++) {
		const char *at = hex.p[i] ? memchr(DIGITS, hex.p[i], 16) : NULL;
		if (!at)
			return false;
		ret[i / 2] = (uint8_t)(ret[i / 2] << 4 | (at - DIGITS));
	}
	return true;
}

/* The ids under which the report was counted, which it keeps: with them its reporter can still take it back. */
static int take_reports(struct intake_confirm *c, struct arena *a, struct str text, struct err *e)
{
	const struct val *list;
	int rc = read_array(a, text, &list, e);
	if (rc)
		return rc;
	size_t n = list->type == VAL_ARR ? list->arr.n : 0;
	c->reports = arena_array(a, n, sizeof(*c->reports));
	if (!c->reports)
		return err_set(e, KT_ENOMEM, "Er is te weinig geheugen om de melding te openen.");
	for (size_t i = 0; i < n; i++)
		if (list->arr.v[i].type == VAL_STR && unhex(list->arr.v[i].s, c->reports[c->reports_n]))
			c->reports_n++;
	for (size_t i = 0; c->reports_n && i < c->r->counted_n; i++)
		memcpy(c->r->counted[i].s.report, c->reports[i % c->reports_n], 16);
	return 0;
}

static int reopen(const struct intake *in, struct arena *a, const struct dossier *d, int64_t now_ms,
                  struct intake_confirm *c, struct err *e)
{
	struct intake_report *r;
	int rc = intake_report_new(in, a, STRENGTH_CONFIRMED, now_ms, &r, e);
	if (rc)
		return rc;
	r->day = time_day(d->created_ms);
	r->form = dossier_text(d, "fraudevorm");
	r->basis = str_trim(dossier_text(d, "aangiftenummer")).n ? BASIS_CRIME_REPORT : BASIS_REPORT;
	rc = take_mail(r, a, d, e);
	if (!rc)
		rc = take_ids(r, a, dossier_text(d, "kenmerken"), e);
	if (!rc)
		rc = intake_count(r, a, e);
	for (size_t i = 0; !rc && i < r->counted_n; i++)
		r->counted[i].s.synthetic = d->synthetic;
	c->r = r;
	if (!rc)
		rc = take_reports(c, a, dossier_text(d, "tellingen"), e);
	memcpy(c->dossier, d->id, DOSSIER_ID);
	(void)!str_copy(c->number, sizeof(c->number), d->number);
	return rc;
}

int intake_confirm_open(const struct intake *in, struct tx *tx, struct arena *a, const struct receipt *receipt,
                        struct str code, int64_t now_ms, struct intake_confirm **ret, struct err *e)
{
	struct dossier d;
	struct intake_confirm *c = ARENA_NEW(a, struct intake_confirm);
	if (!c)
		return err_set(e, KT_ENOMEM, "Er is te weinig geheugen om de melding te openen.");
	int rc = dossier_open(tx, a, receipt, &d, e);
	if (!rc)
		rc = reopen(in, a, &d, now_ms, c, e);
	/* What cannot be a code stays a try of zeros: it fails as a wrong one does. */
	if (code.n == INTAKE_CODE)
		memcpy(c->code, code.p, INTAKE_CODE);
	if (!rc)
		*ret = c;
	return rc;
}

/* ---- trying a code ---- */

/* What the report counted as until now goes: its mailbox need not be what it counted under. */
static int raise_all(struct tx *tx, struct intake_confirm *c, struct err *e)
{
	struct intake_report *r = c->r;
	int rc = 0;
	r->opened = 0;
	memset(&r->tally, 0, sizeof(r->tally));
	for (size_t i = 0; !rc && i < c->reports_n; i++)
		rc = signal_withdraw(tx, c->reports[i], STRENGTH_CLAIMED, e);
	for (size_t i = 0; !rc && i < r->counted_n; i++)
		rc = intake_record_one(tx, r, &r->counted[i], e);
	return rc;
}

static int confirmed(struct tx *tx, struct intake_confirm *c, int64_t n, struct err *e)
{
	int rc = code_used(tx, c->dossier, n, c->r->now_ms, e);
	if (!rc)
		rc = raise_all(tx, c, e);
	if (rc)
		return rc;
	struct str detail = arena_fmt(tx_arena(tx), "{\"geteld\":%zu,\"open\":%u,\"voorgesteld\":%u}", c->r->counted_n,
	                              c->r->opened, c->r->tally.proposed);
	if (!detail.p)
		return err_set(e, KT_ENOMEM, "Er is te weinig geheugen voor het logboek.");
	return audit_add(c->r->in->audit, tx, "reporter", "contact.confirm", str_of(c->number), detail, e);
}

int intake_confirm_job(struct tx *tx, void *arg, struct err *e)
{
	struct intake_confirm *c = arg;
	const struct policy_delivery *p = policy_delivery(c->r->in->policy);
	struct code_row row = {0};
	uint8_t hash[32];
	c->ok = false;
	int rc = code_newest(tx, c->dossier, &row, e);
	if (rc && rc != KT_ENOTFOUND)
		return rc;
	bool there = !rc;
	code_hash(c->r->in->box, c->dossier, row.n, c->code, hash);
	bool right = crypto_equal(hash, row.hash, sizeof(hash)) & there;
	bool fresh = row.tries < p->code_tries && c->r->now_ms < row.made_ms + p->code_minutes * MINUTE_MS;
	crypto_wipe(hash, sizeof(hash));
	if (there && row.used_ms) { /* asked again, because the answer got lost */
		c->ok = right;
		return 0;
	}
	rc = there ? code_tried(tx, c->dossier, row.n, e) : 0;
	if (rc)
		return rc;
	if (!right || !fresh)
		return audit_add(c->r->in->audit, tx, "reporter", "contact.wrong", str_of(c->number), STR(""), e);
	rc = confirmed(tx, c, row.n, e);
	c->ok = !rc;
	return rc;
}

int intake_code_job(struct tx *tx, void *arg, struct err *e)
{
	struct intake_confirm *c = arg;
	const struct policy_delivery *p = policy_delivery(c->r->in->policy);
	struct code_row row = {0};
	int64_t n = 0;
	bool sent = false;
	c->too_many = false;
	int rc = code_newest(tx, c->dossier, &row, e);
	if (rc == KT_ENOTFOUND)
		rc = 0;
	if (!rc && row.used_ms)
		return err_set(e, KT_EREFUSED, "Dit e-mailadres is al bevestigd.");
	if (!rc)
		rc = code_count(tx, c->dossier, c->r->now_ms - HOUR_MS, &n, e);
	if (!rc && n < p->codes_an_hour)
		rc = intake_code_add(tx, c->r, c->dossier, str_of(c->number), &sent, e);
	c->too_many = !rc && !sent;
	return c->too_many
		? err_set(e, KT_EREFUSED,
	              "Er zijn al codes naar dit e-mailadres verstuurd. Kijk ook bij ongewenste mail, of vraag "
	              "later een nieuwe.")
		: rc;
}

void intake_confirm_wipe(struct intake_confirm *c)
{
	crypto_wipe(c->code, sizeof(c->code));
	intake_wipe(c->r);
}
