/* What did not arrive, and sending it again: an administrator's. */
#include "api/api.h"
#include "job/outbox.h"

#define LIST_MAX 200

static const char *kind_of(struct str topic)
{
	if (str_starts(topic, STR("mail.")))
		return "mail";
	return str_starts(topic, STR("webhook.")) ? "webhook" : "intern";
}

static int write_row(const struct outbox_row *r, void *arg)
{
	struct jw *w = arg;
	struct buf id = BUF_INIT(64);
	char since[25];
	buf_hex(&id, r->id, OUTBOX_ID);
	time_format(r->since_ms, since);
	jw_obj(w);
	jw_kstr(w, "id", buf_view(&id));
	jw_kstr(w, "onderwerp", r->topic);
	jw_kz(w, "bestemming_soort", kind_of(r->topic));
	jw_kint(w, "pogingen", r->tries);
	jw_kstr(w, "laatste_fout", r->reason);
	jw_kz(w, "sinds", since);
	jw_obj_end(w);
	buf_free(&id);
	return buf_err(w->b);
}

void deliveries_list(struct api_call *c)
{
	struct tx *tx;
	struct str word = c->param[0].p ? c->param[0] : STR("mislukt");
	int rc = store_read(c->api->intake->store, &tx, &c->err);
	if (!rc) {
		jw_obj(&c->w);
		jw_key(&c->w, "bezorgingen");
		jw_arr(&c->w);
		rc = outbox_list(tx, (enum outbox_state)outbox_state_of(word), LIST_MAX, write_row, &c->w, &c->err);
		jw_arr_end(&c->w);
		jw_obj_end(&c->w);
		store_read_end(tx);
	}
	if (rc)
		api_fail(c, &c->err, NULL);
	else
		api_answer(c, 200);
}

static int again_job(struct tx *tx, void *arg, struct err *e)
{
	struct api_call *c = arg;
	struct outbox_row r;
	int rc = outbox_again(tx, c->param[0], clock_ms(c->api->clock), e);
	if (!rc)
		rc = audit_add(c->api->intake->audit, tx, c->session.actor, "outbox.retry", c->param[0], STR(""), e);
	if (!rc)
		rc = outbox_get(tx, tx_arena(tx), c->param[0], &r, e);
	buf_reset(&c->out);
	jw_init(&c->w, &c->out);
	return rc ? rc : write_row(&r, &c->w);
}

static void again_stored(struct store_ticket *t, void *user)
{
	struct api_call *c = user;
	c->err.code = t->code;
	if (t->code)
		api_fail(c, &c->err, NULL);
	else
		api_answer(c, 200);
}

void deliveries_again(struct api_call *c)
{
	c->ticket = (struct store_ticket){.job = again_job, .arg = c, .err = &c->err, .notify = again_stored, .user = c};
	http_defer(c->rq);
	if (store_submit_async(c->api->intake->store, &c->ticket))
		api_fail(c, &c->err, NULL);
}
