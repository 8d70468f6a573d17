#include <stdio.h>

#include "api/api.h"

/* On every answer: NL GOV API Design Rules /core/version-header and /core/transport/security-headers. */
#define FIELDS_MAX 12

static size_t common_fields(struct http_field f[FIELDS_MAX], const char *type, bool open)
{
	size_t n = 0;
	f[n++] = (struct http_field){"API-Version", STR(API_VERSION)};
	f[n++] = (struct http_field){"Cache-Control", STR("no-store")};
	f[n++] = (struct http_field){"Content-Security-Policy", STR("default-src 'none'; frame-ancestors 'none'")};
	if (type)
		f[n++] = (struct http_field){"Content-Type", str_of(type)};
	f[n++] = (struct http_field){"Referrer-Policy", STR("no-referrer")};
	f[n++] = (struct http_field){"Strict-Transport-Security", STR("max-age=31536000; includeSubDomains")};
	f[n++] = (struct http_field){"X-Content-Type-Options", STR("nosniff")};
	f[n++] = (struct http_field){"X-Frame-Options", STR("DENY")};
	/* Open resources hold nothing of a person; for the others same origin is the whole list. */
	if (open)
		f[n++] = (struct http_field){"Access-Control-Allow-Origin", STR("*")};
	return n;
}

void api_answer(struct api_call *c, unsigned status)
{
	struct http_field f[FIELDS_MAX];
	size_t n = common_fields(f, status == 204 ? NULL : "application/json", strcmp(c->route->activity, "geen") == 0);
	struct str body = c->route->op == API_OPENAPI_OPHALEN ? API_DOCUMENT : arena_str(c->rq->arena, buf_view(&c->out));
	bool failed = buf_err(&c->out) || !body.p;
	buf_free(&c->out);
	if (c->set_cookie.n)
		f[n++] = (struct http_field){"Set-Cookie", c->set_cookie};
	if (status == 204)
		http_reply(c->rq, status, f, n, STR(""), false);
	else if (failed)
		api_problem(c->rq, 503, "Er is nu te weinig geheugen. Probeer het zo weer.", NULL);
	else
		http_reply(c->rq, status, f, n, body, c->route->op == API_OPENAPI_OPHALEN);
}

static const char *title_of(unsigned status)
{
	switch (status) {
	case 400:
		return "De invoer klopt niet";
	case 401:
		return "U bent niet aangemeld";
	case 403:
		return "Dit mag u niet";
	case 404:
		return "Dit is er niet";
	case 405:
		return "Dat kan hier niet";
	case 406:
		return "Deze vorm van antwoord is er niet";
	case 408:
		return "Het duurde te lang";
	case 409:
		return "De toestand laat dit niet toe";
	case 413:
		return "Het bericht is te groot";
	case 414:
		return "Het adres is te lang";
	case 415:
		return "Deze soort bericht wordt niet gelezen";
	case 429:
		return "Te veel vragen";
	case 431:
		return "De kopregels zijn te groot";
	case 501:
		return "Deze methode is er niet";
	case 503:
		return "De dienst is nu niet bereikbaar";
	default:
		return "Er ging iets mis";
	}
}

static void write_findings(struct jw *w, const struct valid_report *why)
{
	jw_key(w, "fouten");
	jw_arr(w);
	for (unsigned i = 0; i < why->n; i++) {
		jw_obj(w);
		jw_kz(w, "plaats", why->e[i].at);
		jw_kz(w, "code", why->e[i].rule);
		jw_kz(w, "tekst", why->e[i].text);
		jw_obj_end(w);
	}
	jw_arr_end(w);
}

/* "GET, POST": what the route table has for this path; api_allowed in router_api.c. */
struct str api_allowed(const struct http_request *rq);

/* `more`: a header of this answer alone; name NULL: none. */
static void problem(struct http_request *rq, unsigned status, const char *detail, const struct valid_report *why,
                    struct http_field more)
{
	struct http_field f[FIELDS_MAX];
	size_t n = common_fields(f, "application/problem+json", false);
	struct buf b = BUF_INIT(64u << 10);
	struct jw w;
	jw_init(&w, &b);
	jw_obj(&w);
	jw_kz(&w, "type", "about:blank");
	jw_kint(&w, "status", status);
	jw_kz(&w, "title", title_of(status));
	jw_kz(&w, "detail", detail);
	if (why && why->n)
		write_findings(&w, why);
	jw_obj_end(&w);
	struct str body = arena_str(rq->arena, buf_view(&b));
	buf_free(&b);
	if (more.name)
		f[n++] = more;
	http_reply(rq, status, f, n, body.p ? body : STR("{\"status\":503,\"title\":\"\",\"detail\":\"\"}"), !body.p);
}

void api_problem(struct http_request *rq, unsigned status, const char *detail, const struct valid_report *why)
{
	struct http_field more = {NULL, STR_NONE};
	if (status == 405)
		more = (struct http_field){"Allow", api_allowed(rq)};
	else if (status == 401)
		more = (struct http_field){"WWW-Authenticate", STR("Cookie realm=\"kentering\"")}; /* RFC 9110 asks for one */
	problem(rq, status, detail, why, more);
}

void api_too_often(struct api_call *c, int64_t wait_ms)
{
	struct str seconds = arena_fmt(c->rq->arena, "%lld", (long long)((wait_ms + 999) / 1000));
	buf_free(&c->out);
	problem(c->rq, 429, "Er is te vaak geprobeerd. Wacht even en probeer het dan nog eens.", NULL,
	        (struct http_field){seconds.p ? "Retry-After" : NULL, seconds});
}

void api_fail(struct api_call *c, const struct err *e, const struct valid_report *why)
{
	unsigned status = 503;
	if (e->code == KT_EINVAL)
		status = 400;
	else if (e->code == KT_ENOTFOUND)
		status = 404;
	else if (e->code == KT_EREFUSED)
		status = 409;
	else if (e->code == KT_ELIMIT)
		status = 413;
	/* What went wrong inside is for the log, not for a stranger. */
	const char *text = status == 503 ? "Probeer het over een paar minuten weer. Er is niets bewaard." : e->text;
	buf_free(&c->out);
	api_problem(c->rq, status, text, why);
}

void api_restart(struct api_call *c)
{
	buf_reset(&c->out);
	jw_init(&c->w, &c->out);
}

/* What a submitted call goes on with; its place is the ticket's own memory. */
struct submitted {
	struct store_ticket ticket;
	struct api_call *call;
	void (*done)(struct api_call *c);
};

static void submitted(struct store_ticket *t, void *user)
{
	const struct submitted *s = user;
	struct api_call *c = s->call;
	if (t->code) {
		c->err.code = t->code;
		api_fail(c, &c->err, NULL);
	} else {
		s->done(c);
	}
}

void api_submit(struct api_call *c, store_job job, void (*done)(struct api_call *c))
{
	struct submitted *s = ARENA_NEW(c->rq->arena, struct submitted);
	if (!s) {
		api_problem(c->rq, 503, "Er is nu te weinig geheugen. Probeer het zo weer.", NULL);
		return;
	}
	s->call = c;
	s->done = done;
	s->ticket = (struct store_ticket){.job = job, .arg = c, .err = &c->err, .notify = submitted, .user = s};
	http_defer(c->rq);
	int rc = store_submit_async(c->api->intake->store, &s->ticket);
	if (rc) {
		c->err.code = rc;
		api_fail(c, &c->err, NULL);
	}
}
