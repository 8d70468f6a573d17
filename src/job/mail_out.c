#include "job/mail_out.h"
#include "seam/json.h"

static bool one_line(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7F)
			return false;
	return true;
}

int mail_out_seal(struct arena *a, const struct box *k, struct str object, const struct mail_out *m, struct str *ret,
                  struct err *e)
{
	struct buf b = BUF_INIT(MAIL_OUT_MAX), sealed = BUF_INIT(MAIL_OUT_MAX + AEAD_OVER);
	struct jw w;
	if (!m->to.n || !one_line(m->to) || !one_line(m->subject) || !one_line(m->in_reply_to))
		return err_set(e, KT_EINVAL, "Een kopregel van de mail is leeg of heeft een regeleinde.");
	jw_init(&w, &b);
	jw_obj(&w);
	jw_kstr(&w, "naar", m->to);
	jw_kstr(&w, "onderwerp", m->subject);
	jw_kstr(&w, "tekst", m->text);
	if (m->in_reply_to.n)
		jw_kstr(&w, "antwoord_op", m->in_reply_to);
	jw_kbool(&w, "automatisch", m->auto_submitted);
	jw_obj_end(&w);
	if (!buf_err(&b))
		box_seal(k, MAIL_OUT_TOPIC, object, buf_view(&b), &sealed);
	struct str kept = buf_err(&b) || buf_err(&sealed) ? STR_NONE : arena_str(a, buf_view(&sealed));
	buf_free(&b);
	buf_free(&sealed);
	if (!kept.p)
		return err_set(e, KT_ELIMIT, "De mail is te groot om te versturen.");
	*ret = kept;
	return 0;
}

int mail_out_add(struct tx *tx, int64_t now_ms, struct str object, struct str sealed, struct err *e)
{
	return outbox_send(tx, now_ms, MAIL_OUT_TOPIC, "mail", object, sealed, e);
}

int mail_out_open(struct arena *a, const struct box *k, struct str object, struct str sealed, struct mail_out *ret,
                  struct err *e)
{
	struct json_limits lim = {MAIL_OUT_MAX, 4};
	struct buf b = BUF_INIT(MAIL_OUT_MAX + 1);
	const struct val *v;
	int rc = box_unseal(k, MAIL_OUT_TOPIC, object, sealed, &b, e);
	if (!rc && json_read(a, buf_view(&b), &lim, &v, NULL))
		rc = err_set(e, KT_ECORRUPT, "De mail in de wachtrij is beschadigd.");
	buf_free(&b);
	if (rc)
		return rc;
	*ret = (struct mail_out){val_text(v, "naar"), val_text(v, "onderwerp"), val_text(v, "tekst"),
	                         val_text(v, "antwoord_op"), val_bool(v, "automatisch", false)};
	return 0;
}
