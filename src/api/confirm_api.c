/* A reporter confirms the e-mail address of his report with the code that went to it. */
#include "api/api.h"
#include "seam/crypto.h"

/* One answer for a wrong, an old, a used up and an absent code: it tells nothing. */
static const char WRONG[] = "Deze code klopt niet of werkt niet meer. Vraag zo nodig een nieuwe.";

/* On the writer thread, after COMMIT. */
static void stored(struct store_ticket *t, void *user)
{
	struct api_call *c = user;
	bool ok = c->confirm->ok, sending = t->job == intake_code_job, too_many = sending && c->confirm->too_many;
	intake_confirm_wipe(c->confirm);
	if (t->code == KT_EREFUSED && too_many) {
		buf_free(&c->out);
		api_problem(c->rq, 429, c->err.text, NULL);
		return;
	}
	if (t->code) {
		c->err.code = t->code;
		api_fail(c, &c->err, NULL);
		return;
	}
	if (!sending && !ok) {
		valid_add(&c->why, "/code", 0, "code", "%s", WRONG);
		(void)err_set(&c->err, KT_EINVAL, "%s", WRONG);
		api_fail(c, &c->err, &c->why);
		return;
	}
	jw_obj(&c->w);
	jw_kbool(&c->w, sending ? "verstuurd" : "bevestigd", true);
	jw_obj_end(&c->w);
	api_answer(c, sending ? 202 : 200);
}

static int open_report(struct api_call *c, struct str code)
{
	struct receipt receipt;
	struct tx *tx;
	if (receipt_parse(val_text(c->body, "ontvangstcode"), &receipt, &c->err)) {
		valid_add(&c->why, "/ontvangstcode", 0, "pattern", "%s", c->err.text);
		return KT_EINVAL;
	}
	int rc = store_read(c->api->intake->store, &tx, &c->err);
	if (!rc) {
		rc = intake_confirm_open(c->api->intake, tx, c->rq->arena, &receipt, code, clock_ms(c->api->clock), &c->confirm,
		                         &c->err);
		store_read_end(tx);
	}
	crypto_wipe(&receipt, sizeof(receipt));
	return rc;
}

static void submit(struct api_call *c, struct str code, store_job job)
{
	if (open_report(c, code)) {
		api_fail(c, &c->err, &c->why);
		return;
	}
	c->ticket = (struct store_ticket){.job = job, .arg = c->confirm, .err = &c->err, .notify = stored, .user = c};
	http_defer(c->rq);
	if (store_submit_async(c->api->intake->store, &c->ticket))
		api_fail(c, &c->err, NULL);
}

void confirm_try(struct api_call *c)
{
	submit(c, val_text(c->body, "code"), intake_confirm_job);
}

void confirm_send(struct api_call *c)
{
	submit(c, STR(""), intake_code_job);
}
