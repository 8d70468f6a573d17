/* What the sender hears: plain words from the policy, never a word about others, never that something can be trusted.
 */
#include "mail/deliver.h"
#include "seam/crypto.h"

#define LINKS_SHOWN 15u

void mail_defang(struct str url, struct str host, struct buf *out)
{
	bool tls = url.n > 5 && (url.p[4] | 32) == 's';
	ptrdiff_t at = url.n > 8 ? str_find(str_sub(url, 8, url.n), '/') : -1;
	buf_z(out, tls ? "hxxps://" : "hxxp://");
	for (size_t i = 0; i < host.n; i++) {
		if (host.p[i] == '.')
			buf_z(out, "[.]");
		else
			buf_c(out, host.p[i]);
	}
	if (at >= 0 && (size_t)at + 9 < url.n)
		buf_z(out, "/…");
}

static void paragraph(struct buf *out, struct str s)
{
	buf_str(out, s);
	buf_z(out, "\n\n");
}

static void list(struct buf *out, struct str title, const struct str *items, size_t n)
{
	if (!n)
		return;
	buf_str(out, title);
	buf_c(out, '\n');
	for (size_t i = 0; i < n; i++) {
		buf_z(out, "- ");
		buf_str(out, items[i]);
		buf_c(out, '\n');
	}
	buf_c(out, '\n');
}

static bool shown_before(const struct mail_answer *w, size_t i, int64_t from)
{
	for (size_t k = 0; k < i; k++)
		if (w->m->links[k].where != MAIL_IMAGE && w->scored[k].score >= from &&
		    str_eq(w->scored[k].host, w->scored[i].host))
			return true;
	return false;
}

static void links(struct buf *out, const struct mail_answer *w, const struct policy_mail *p, enum lang lang)
{
	unsigned n = 0;
	for (size_t i = 0; i < w->m->links_n && n < LINKS_SHOWN; i++) {
		const struct mail_scored *s = &w->scored[i];
		if (w->m->links[i].where == MAIL_IMAGE || s->score < p->count_from || !s->host.n ||
		    shown_before(w, i, p->count_from))
			continue;
		if (!n++)
			paragraph(out, p->text[MAIL_SAY_FOUND][lang]);
		buf_z(out, "- ");
		mail_defang(w->m->links[i].url, s->host, out);
		buf_c(out, '\n');
		/* The reasons are written in Dutch only. */
		if (lang == LANG_NL && s->reasons_n && s->reasons[0]->weight > 0)
			buf_printf(out, "  %s\n", s->reasons[0]->text);
	}
	if (n)
		buf_c(out, '\n');
	else
		paragraph(out, p->text[MAIL_SAY_NONE][lang]);
}

static void where_to_go(struct buf *out, const struct mail_answer *w, const struct policy_mail *p, enum lang lang)
{
	const struct policy_destination *d[INTAKE_DESTINATIONS];
	size_t n = intake_destinations(w->policy, p->form, d);
	if (!n)
		return;
	buf_str(out, p->text[MAIL_SAY_WHERE][lang]);
	buf_c(out, '\n');
	for (size_t i = 0; i < n; i++) {
		buf_z(out, "- ");
		buf_str(out, d[i]->title[lang]);
		if (d[i]->phone.n)
			buf_printf(out, ", " STR_FMT, STR_ARG(d[i]->phone));
		if (d[i]->url.n)
			buf_printf(out, ", " STR_FMT, STR_ARG(d[i]->url));
		buf_c(out, '\n');
	}
	buf_c(out, '\n');
}

static void in_language(struct buf *out, const struct mail_answer *w, enum lang lang)
{
	const struct policy_mail *p = policy_mail(w->policy);
	const struct policy_advice *a = policy_advice(w->policy, p->form);
	if (w->report) {
		paragraph(out, p->text[MAIL_SAY_THANKS][lang]);
		links(out, w, p, lang);
		if (w->m->cut)
			paragraph(out, p->text[MAIL_SAY_CUT][lang]);
	} else {
		paragraph(out, p->text[w->encrypted ? MAIL_SAY_ENCRYPTED : MAIL_SAY_UNREAD][lang]);
	}
	if (a) {
		list(out, p->text[MAIL_SAY_NOW][lang], a->steps[lang], a->steps_n[lang]);
		list(out, p->text[MAIL_SAY_NEVER][lang], a->donts[lang], a->donts_n[lang]);
	}
	where_to_go(out, w, p, lang);
	if (w->report) {
		char code[RECEIPT_TEXT];
		receipt_text(&w->report->code, code);
		buf_str(out, p->text[MAIL_SAY_CODE][lang]);
		buf_printf(out, "\n\n    %s\n\n", code);
		crypto_wipe(code, sizeof(code));
	}
	paragraph(out, p->text[MAIL_SAY_CLOSE][lang]);
}

void mail_answer_text(const struct mail_answer *w, struct buf *out)
{
	in_language(out, w, LANG_NL);
	buf_z(out, "-- English --\n\n");
	in_language(out, w, LANG_EN);
}
