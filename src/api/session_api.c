/* Logging in and out, looking at a demonstration through somebody's eyes, and the list of accounts. */
#include "api/api.h"
#include "base/log.h"
#include "seam/crypto.h"

#define TOO_MANY_AT_ONCE "Er melden zich nu te veel mensen tegelijk aan. Probeer het zo weer."
/* One text for every cause: a name that does not exist sounds the same as a wrong password. */
#define NOT_RIGHT "De gebruikersnaam, het wachtwoord of de code klopt niet."

static void write_session(struct api_call *c)
{
	const struct auth_account *a = &c->session.account;
	char ends[25];
	time_format(c->session.ends_ms, ends);
	jw_obj(&c->w);
	jw_kz(&c->w, "gebruikersnaam", a->name);
	jw_kz(&c->w, "naam", a->title);
	jw_kz(&c->w, "rol", auth_role_word(a->role));
	jw_kz(&c->w, "organisatie", a->org);
	jw_kz(&c->w, "verloopt", ends);
	jw_obj_end(&c->w);
}

/* On the worker thread that judges passwords. */
static void login_done(struct auth_login *l, void *user)
{
	struct api_call *c = user;
	if (l->code_ret == KT_EBUSY && l->wait_ms > 0) {
		api_too_often(c, l->wait_ms);
	} else if (l->code_ret == KT_EREFUSED) {
		api_problem(c->rq, 401, NOT_RIGHT, NULL);
	} else if (l->code_ret) {
		log_event(LOG_ERROR, "login.error", LOG_ERR("error", l->code_ret));
		c->err.code = KT_EUNAVAIL;
		api_fail(c, &c->err, NULL);
	} else {
		c->session = l->session;
		memcpy(c->token, l->token, sizeof(c->token));
		api_cookie_set(c);
		write_session(c);
		api_answer(c, 201);
	}
}

void session_begin(struct api_call *c)
{
	struct auth_login *l = ARENA_NEW(c->rq->arena, struct auth_login);
	if (!l) {
		api_problem(c->rq, 503, "Er is nu te weinig geheugen. Probeer het zo weer.", NULL);
		return;
	}
	*l = (struct auth_login){.name = val_text(c->body, "gebruikersnaam"),
	                         .password = val_text(c->body, "wachtwoord"),
	                         .code = val_text(c->body, "code"),
	                         .done = login_done,
	                         .user = c};
	memcpy(l->peer, c->rq->peer, sizeof(l->peer));
	http_defer(c->rq);
	if (auth_login(c->api->auth, l))
		api_problem(c->rq, 503, TOO_MANY_AT_ONCE, NULL);
}

void session_show(struct api_call *c)
{
	write_session(c);
	api_answer(c, 200);
}

static int end_job(struct tx *tx, void *arg, struct err *e)
{
	const struct api_call *c = arg;
	return auth_session_end(c->api->auth, tx, c->token, e);
}

static void session_ended(struct api_call *c)
{
	api_cookie_clear(c);
	api_answer(c, 204);
}

void session_end(struct api_call *c)
{
	api_submit(c, end_job, session_ended);
}

/* The eyes to look through. Their accounts are synthetic: made when first used, without a password. */
static const struct view {
	const char *role;
	struct auth_account account; /* role ROLE_NONE: nobody is logged in */
} VIEWS[] = {
	{"slachtoffer", {.title = "Slachtoffer"}},
	{"meldpunt", {"demo-meldpunt", "Behandelaar van het meldpunt", "meldpunt", ROLE_DESK, .synthetic = true}},
	{"bank", {"demo-bank", "Fraudeafdeling van een bank", "bank", ROLE_PARTNER, .synthetic = true}},
	{"politie", {"demo-politie", "Medewerker van de politie", "politie", ROLE_PARTNER, .synthetic = true}},
	{"beheerder", {"demo-beheerder", "Beheerder van deze server", "meldpunt", ROLE_ADMIN, .synthetic = true}},
};

static const struct view *view_of(const struct api_call *c)
{
	struct str role = val_text(c->body, "rol");
	size_t i = 0;
	while (i + 1 < sizeof(VIEWS) / sizeof(VIEWS[0]) && !str_is(role, VIEWS[i].role))
		i++;
	return &VIEWS[i];
}

static int view_job(struct tx *tx, void *arg, struct err *e)
{
	struct api_call *c = arg;
	return auth_session_demo(c->api->auth, tx, &view_of(c)->account, c->token, &c->session, e);
}

static void write_view(struct api_call *c)
{
	const struct view *v = view_of(c);
	if (v->account.role == ROLE_NONE)
		api_cookie_clear(c);
	else
		api_cookie_set(c);
	jw_obj(&c->w);
	jw_kz(&c->w, "rol", v->role);
	jw_kz(&c->w, "naam", v->account.title);
	jw_obj_end(&c->w);
	api_answer(c, 200);
}

void demo_view(struct api_call *c)
{
	if (c->api->production) {
		api_problem(c->rq, 404, "Dit is geen demonstratie.", NULL);
	} else if (view_of(c)->account.role != ROLE_NONE) {
		crypto_random(c->token, sizeof(c->token));
		api_submit(c, view_job, write_view);
	} else if (api_cookie_token(c, c->token)) {
		api_submit(c, end_job, write_view);
	} else {
		write_view(c);
	}
}

static int account_object(const struct auth_account *a, void *arg)
{
	struct jw *w = arg;
	jw_obj(w);
	jw_kz(w, "gebruikersnaam", a->name);
	jw_kz(w, "naam", a->title);
	jw_kz(w, "rol", auth_role_word(a->role));
	jw_kz(w, "organisatie", a->org);
	jw_kbool(w, "actief", a->active);
	jw_kbool(w, "tweede_factor", a->second_factor);
	jw_obj_end(w);
	return buf_err(w->b);
}

void accounts_list(struct api_call *c)
{
	struct tx *tx;
	int rc = store_read(c->api->intake->store, &tx, &c->err);
	if (!rc) {
		jw_obj(&c->w);
		jw_key(&c->w, "accounts");
		jw_arr(&c->w);
		rc = auth_account_list(tx, account_object, &c->w, &c->err);
		jw_arr_end(&c->w);
		jw_obj_end(&c->w);
		store_read_end(tx);
	}
	if (rc)
		api_fail(c, &c->err, NULL);
	else
		api_answer(c, 200);
}
