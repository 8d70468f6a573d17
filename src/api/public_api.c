/* The operations that need no login. */
#include "api/api.h"
#include "seam/crypto.h"

static enum lang lang_of(struct str s)
{
	return str_is(s, "en") ? LANG_EN : LANG_NL;
}

static void openapi_get(struct api_call *c)
{
	c->lasting = API_DOCUMENT;
	api_answer(c, 200);
}

static void health_get(struct api_call *c)
{
	struct tx *tx;
	int rc = store_read(c->api->intake->store, &tx, &c->err);
	if (rc) {
		api_fail(c, &c->err, NULL);
		return;
	}
	store_read_end(tx);
	jw_obj(&c->w);
	jw_kz(&c->w, "toestand", "goed");
	jw_kz(&c->w, "versie", KT_VERSION);
	jw_obj_end(&c->w);
	api_answer(c, 200);
}

static void write_forms(const struct policy *p, struct jw *w)
{
	const struct policy_form *f;
	size_t n = policy_forms(p, &f);
	jw_obj(w);
	jw_key(w, "fraudevormen");
	jw_arr(w);
	for (size_t i = 0; i < n; i++) {
		jw_obj(w);
		jw_kstr(w, "id", f[i].id);
		jw_key(w, "ouder");
		if (f[i].parent.p)
			jw_str(w, f[i].parent);
		else
			jw_null(w);
		jw_kstr(w, "nl", f[i].label[LANG_NL]);
		jw_kstr(w, "en", f[i].label[LANG_EN]);
		jw_obj_end(w);
	}
	jw_arr_end(w);
	jw_obj_end(w);
}

int api_open(struct api *a, struct err *e)
{
	struct jw w;
	buf_init(&a->forms, 1u << 20);
	jw_init(&w, &a->forms);
	write_forms(a->intake->policy, &w);
	a->heavy = api_heavy_start();
	int rc = a->heavy ? buf_err(&a->forms) : KT_ENOMEM;
	return rc ? err_set(e, rc, "De webserver kan niet worden klaargezet: er is te weinig geheugen.") : 0;
}

void api_close(struct api *a)
{
	api_heavy_stop(a->heavy);
	buf_free(&a->forms);
}

static void forms_get(struct api_call *c)
{
	c->lasting = buf_view(&c->api->forms);
	api_answer(c, 200);
}

static void advice_get(struct api_call *c)
{
	const struct policy *p = c->api->intake->policy;
	if (!policy_form(p, c->param[0])) {
		api_problem(c->rq, 404, "Deze fraudevorm bestaat niet.", NULL);
		return;
	}
	intake_advice(p, c->param[0], lang_of(c->param[1]), &c->w);
	api_answer(c, 200);
}

static int found(const struct id_found *f, void *arg)
{
	struct jw *w = arg;
	jw_obj(w);
	jw_kz(w, "soort", id_kind_name(f->id.kind));
	jw_kstr(w, "waarde", id_str(&f->id));
	jw_kint(w, "begin", (int64_t)f->begin);
	jw_kint(w, "eind", (int64_t)f->end);
	jw_obj_end(w);
	return buf_err(w->b);
}

static void identifiers_find(struct api_call *c)
{
	jw_obj(&c->w);
	jw_key(&c->w, "kenmerken");
	jw_arr(&c->w);
	(void)id_extract(val_text(c->body, "tekst"), policy_id_options(c->api->intake->policy), found, &c->w);
	jw_arr_end(&c->w);
	jw_obj_end(&c->w);
	api_answer(c, 200);
}

/* On the writer thread, after COMMIT. */
static void report_stored(struct store_ticket *t, void *user)
{
	struct api_call *c = user;
	if (t->code) {
		c->err.code = t->code;
		api_fail(c, &c->err, NULL);
		return;
	}
	intake_answer_end(c->report, &c->w);
	intake_wipe(c->report);
	api_answer(c, 201);
}

static void environment_get(struct api_call *c)
{
	jw_obj(&c->w);
	jw_kbool(&c->w, "demonstratie", !c->api->production);
	jw_key(&c->w, "talen");
	jw_arr(&c->w);
	jw_z(&c->w, "nl");
	jw_z(&c->w, "en");
	jw_arr_end(&c->w);
	jw_kz(&c->w, "versie", KT_VERSION);
	jw_obj_end(&c->w);
	api_answer(c, 200);
}

static void report_add(struct api_call *c)
{
	memset(&c->why, 0, sizeof(c->why));
	/* Nothing is checked yet about who sends this: it is claimed, helps the victim, and closes nothing. */
	int rc = intake_judge(c->api->intake, c->rq->arena, c->body, STRENGTH_CLAIMED, clock_ms(c->api->clock), &c->report,
	                      &c->why, &c->err);
	if (rc) {
		api_fail(c, &c->err, &c->why);
		return;
	}
	c->ticket =
		(struct store_ticket){.job = intake_job, .arg = c->report, .err = &c->err, .notify = report_stored, .user = c};
	/* Written here, where there is a thread per core: the writer is one for everybody. */
	intake_answer_begin(c->report, LANG_NL, &c->w);
	http_defer(c->rq);
	if (store_submit_async(c->api->intake->store, &c->ticket))
		api_fail(c, &c->err, NULL);
}

static void report_show(struct api_call *c)
{
	struct receipt code;
	struct dossier d;
	struct tx *tx;
	if (receipt_parse(val_text(c->body, "ontvangstcode"), &code, &c->err)) {
		valid_add(&c->why, "/ontvangstcode", 0, "pattern", "%s", c->err.text);
		api_fail(c, &c->err, &c->why);
		return;
	}
	int rc = store_read(c->api->intake->store, &tx, &c->err);
	if (!rc) {
		rc = dossier_open(tx, c->rq->arena, &code, &d, &c->err);
		if (!rc)
			rc = intake_show(c->api->intake, tx, c->rq->arena, &d, &c->w, &c->err);
		store_read_end(tx);
	}
	crypto_wipe(&code, sizeof(code));
	if (rc)
		api_fail(c, &c->err, NULL);
	else
		api_answer(c, 200);
}

const api_fn API_OPERATIONS[API_OPS] = {
	[API_OPENAPI_OPHALEN] = openapi_get,          [API_GEZONDHEID_OPHALEN] = health_get,
	[API_FRAUDEVORMEN_OPHALEN] = forms_get,       [API_ADVIES_OPHALEN] = advice_get,
	[API_KENMERKEN_HERKENNEN] = identifiers_find, [API_MELDING_TOEVOEGEN] = report_add,
	[API_MELDING_INZIEN] = report_show,           [API_MELDING_BEVESTIGEN] = confirm_try,
	[API_CODE_VERSTUREN] = confirm_send,          [API_OMGEVING_OPHALEN] = environment_get,
	[API_SESSIE_BEGINNEN] = session_begin,        [API_SESSIE_OPHALEN] = session_show,
	[API_SESSIE_BEEINDIGEN] = session_end,        [API_DEMONSTRATIE_BEKIJKEN] = demo_view,
	[API_ACCOUNTS_OPHALEN] = accounts_list,       [API_SIGNALEN_OPHALEN] = signals_list,
	[API_BARRIERES_OPHALEN] = barriers_list,      [API_BARRIERE_OPHALEN] = barrier_show,
	[API_BARRIERE_GOEDKEUREN] = barrier_approve,  [API_BARRIERE_WEIGEREN] = barrier_refuse,
	[API_BARRIERE_AFHANDELEN] = barrier_settle,   [API_BEZORGINGEN_OPHALEN] = deliveries_list,
	[API_BEZORGING_OPNIEUW] = deliveries_again,
};
