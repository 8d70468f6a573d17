/* The mails that leave: a code (what it says is policy, and it holds no word of the report), and the answer to somebody
 * who forwarded a mail. */
#include "exchange/deliver.h"
#include "job/mail_out.h"

static void fill(struct buf *b, struct str text, struct str code, int64_t minutes)
{
	static const struct str CODE = {"{code}", 6}, MINUTES = {"{minuten}", 9};
	while (text.n) {
		if (str_starts(text, CODE)) {
			buf_str(b, code);
			text = str_sub(text, CODE.n, text.n);
		} else if (str_starts(text, MINUTES)) {
			buf_int(b, minutes);
			text = str_sub(text, MINUTES.n, text.n);
		} else {
			buf_c(b, text.p[0]);
			text = str_sub(text, 1, text.n);
		}
	}
}

static enum send_why post(const struct deliver *d, struct smtp_mail *m, const struct outbox_row *row,
                          const atomic_bool *stop)
{
	const struct policy_attempts *p = &policy_delivery(d->policy)->mail;
	struct smtp_server s = d->smtp;
	struct buf id = BUF_INIT(64);
	s.limits = (struct send_limits){(unsigned)p->connect_s * 1000, (unsigned)p->total_s * 1000, d->ca_file, stop};
	buf_hex(&id, row->id, OUTBOX_ID);
	m->id = buf_view(&id);
	m->now_ms = clock_ms(d->clock);
	enum send_why why = buf_err(&id) ? SEND_LOCAL : smtp_send(&s, m);
	buf_free(&id);
	return why;
}

static enum send_why send_code(const struct deliver *d, const struct outbox_row *row, const struct val *v,
                               const atomic_bool *stop)
{
	const struct policy_delivery *p = policy_delivery(d->policy);
	struct buf subject = BUF_INIT(1024), text = BUF_INIT(32768);
	for (int l = LANG_NL; l < LANGS; l++) {
		buf_printf(&subject, "%s" STR_FMT, l ? " / " : "", STR_ARG(p->code_subject[l]));
		buf_z(&text, l ? "\n---\n\n" : "");
		fill(&text, p->code_text[l], val_text(v, "code"), p->code_minutes);
	}
	struct smtp_mail m = {.to = val_text(v, "naar"), .subject = buf_view(&subject), .text = buf_view(&text)};
	enum send_why why = buf_err(&subject) || buf_err(&text) ? SEND_LOCAL : post(d, &m, row, stop);
	buf_free(&text);
	buf_free(&subject);
	return why;
}

enum send_why mail_code_send(const struct outbox_row *row, const atomic_bool *stop, void *user)
{
	const struct deliver *d = user;
	struct json_limits lim = {8192, 4};
	struct buf plain = BUF_INIT(8192);
	struct arena *a = arena_new(1u << 20);
	const struct val *v;
	enum send_why why = SEND_LOCAL;
	if (a && d->smtp.url && !box_unseal(d->box, "mail.code", row->object, row->body, &plain, NULL) &&
	    !json_read(a, buf_view(&plain), &lim, &v, NULL))
		/* A code that no longer works is not sent. */
		why = clock_ms(d->clock) < val_int(v, "tot", 0) ? send_code(d, row, v, stop) : SEND_LATE;
	buf_free(&plain);
	arena_free(a);
	return why;
}

enum send_why mail_answer_send(const struct outbox_row *row, const atomic_bool *stop, void *user)
{
	const struct deliver *d = user;
	struct arena *a = arena_new(2u << 20);
	struct mail_out o;
	enum send_why why = SEND_LOCAL;
	if (a && d->smtp.url && !mail_out_open(a, d->box, row->object, row->body, &o, NULL)) {
		struct smtp_mail m = {
			.to = o.to, .subject = o.subject, .text = o.text, .reply = o.auto_submitted, .in_reply_to = o.in_reply_to};
		why = post(d, &m, row, stop);
	}
	arena_free(a);
	return why;
}
