#include "api/api.h"
#include "base/pattern.h"

/* Next segment of a path: "/a/b" gives "a" and leaves "/b". False at the end. */
static bool segment(struct str *path, struct str *ret)
{
	if (!path->n || path->p[0] != '/')
		return false;
	size_t end = 1;
	while (end < path->n && path->p[end] != '/')
		end++;
	*ret = str_sub(*path, 1, end);
	*path = str_sub(*path, end, path->n);
	return true;
}

/* Does the path fit the template? Parameters in `param`, in the order of the route's own. */
static bool fits(const struct api_route *r, struct str path, struct str param[API_PARAMS])
{
	struct str template = str_of(r->path), want, have;
	size_t n = 0;
	while (segment(&template, &want)) {
		if (!segment(&path, &have))
			return false;
		bool variable = want.n && want.p[0] == '{';
		if (variable && have.n && n < API_PARAMS)
			param[n++] = have;
		else if (variable || !str_eq(want, have))
			return false;
	}
	return path.n == 0;
}

/* Is the path of the interface: API_BASE itself, or behind it? */
static bool below_base(struct str path, struct str *ret)
{
	size_t n = sizeof(API_BASE) - 1;
	if (!str_starts(path, STR(API_BASE)) || (path.n > n && path.p[n] != '/'))
		return false;
	*ret = str_sub(path, sizeof(API_BASE) - 1, path.n);
	return true;
}

enum found { FOUND, WRONG_METHOD, NOWHERE };

static enum found find(const struct http_request *rq, const struct api_route **ret, struct str param[API_PARAMS])
{
	struct str path;
	enum found f = NOWHERE;
	if (!below_base(rq->path, &path))
		return NOWHERE;
	for (size_t i = 0; i < API_OPS; i++) {
		const struct api_route *r = &API_ROUTES[i];
		struct str p[API_PARAMS] = {0};
		if (!fits(r, path, p))
			continue;
		f = WRONG_METHOD;
		if (r->method != rq->method && !(r->method == HTTP_GET && rq->method == HTTP_HEAD))
			continue;
		memcpy(param, p, sizeof(p));
		*ret = r;
		return FOUND;
	}
	return f;
}

static const char *const METHODS[] = {
	[HTTP_OTHER] = "",  [HTTP_GET] = "GET",     [HTTP_HEAD] = "HEAD",     [HTTP_POST] = "POST",
	[HTTP_PUT] = "PUT", [HTTP_PATCH] = "PATCH", [HTTP_DELETE] = "DELETE", [HTTP_OPTIONS] = "OPTIONS",
};

const char *api_route_method(unsigned number)
{
	return number && number < API_ROUTE_NUMBERS ? METHODS[API_ROUTES[number - 1].method] : "";
}

const char *api_route_path(unsigned number)
{
	return number && number < API_ROUTE_NUMBERS ? API_ROUTES[number - 1].path : "";
}

struct str api_allowed(const struct http_request *rq);

struct str api_allowed(const struct http_request *rq)
{
	struct str path, param[API_PARAMS], out = STR("");
	if (!below_base(rq->path, &path))
		return out;
	for (size_t i = 0; i < API_OPS; i++)
		if (fits(&API_ROUTES[i], path, param))
			out = arena_fmt(rq->arena, STR_FMT "%s%s%s", STR_ARG(out), out.n ? ", " : "", METHODS[API_ROUTES[i].method],
			                API_ROUTES[i].method == HTTP_GET ? ", HEAD" : "");
	return out;
}

/* Media type without parameters, any case. */
static bool media_is(struct str header, const char *type)
{
	ptrdiff_t semi = str_find(header, ';');
	return str_ieq(str_trim(semi < 0 ? header : str_sub(header, 0, (size_t)semi)), str_of(type));
}

static bool accepts_json(struct str accept)
{
	if (!accept.n)
		return true;
	while (accept.n) {
		ptrdiff_t comma = str_find(accept, ',');
		struct str one = comma < 0 ? accept : str_sub(accept, 0, (size_t)comma);
		if (media_is(one, "application/json") || media_is(one, "*/*") || media_is(one, "application/*") ||
		    media_is(one, "application/problem+json"))
			return true;
		accept = comma < 0 ? STR("") : str_sub(accept, (size_t)comma + 1, accept.n);
	}
	return false;
}

static void check_param(const struct api_param *p, struct str value, struct valid_report *why)
{
	char at[48];
	if (value.p && pattern_match(p->pattern, value))
		return;
	if (!value.p && !p->required)
		return;
	struct str name = str_of(p->name);
	(void)!str_copy(at, sizeof(at), name);
	valid_add(why, at, 0, value.p ? "pattern" : "required", "verwacht %s", p->doc);
}

/* One "key=value" of the query. Values of our own parameters need no percent signs: those are refused by the pattern.
 */
static void take_query(struct api_call *c, struct str pair)
{
	ptrdiff_t eq = str_find(pair, '=');
	struct str key = eq < 0 ? pair : str_sub(pair, 0, (size_t)eq);
	struct str value = eq < 0 ? STR("") : str_sub(pair, (size_t)eq + 1, pair.n);
	for (size_t i = 0; c->route->params && c->route->params[i].name; i++) {
		if (c->route->params[i].in_path || !str_is(key, c->route->params[i].name))
			continue;
		if (c->param[i].p)
			valid_add(&c->why, c->route->params[i].name, 0, "double", "deze vraag mag één keer in het adres staan");
		c->param[i] = value;
		return;
	}
	valid_add(&c->why, "", 0, "unknown", "het adres heeft een vraag die hier niet bestaat");
}

static void check_params(struct api_call *c)
{
	struct str q = c->rq->query;
	while (q.n) {
		ptrdiff_t amp = str_find(q, '&');
		take_query(c, amp < 0 ? q : str_sub(q, 0, (size_t)amp));
		q = amp < 0 ? STR("") : str_sub(q, (size_t)amp + 1, q.n);
	}
	for (size_t i = 0; c->route->params && c->route->params[i].name; i++)
		check_param(&c->route->params[i], c->param[i], &c->why);
}

static bool check_body(struct api_call *c)
{
	struct json_limits lim = {c->route->body_max, 32, API_VALUES};
	struct str type = http_header(c->rq, "Content-Type");
	/* A form of another site can send a POST without asking, but not of this type. */
	bool guarded = c->route->own_origin && c->rq->method == HTTP_POST;
	if (!c->route->body) {
		if (!c->rq->body.n && !(guarded && !media_is(type, "application/json")))
			return true;
		if (!c->rq->body.n) {
			api_problem(c->rq, 415, "Stuur de vraag als application/json.", NULL);
			return false;
		}
		api_problem(c->rq, 400, "Bij dit adres hoort geen bericht.", NULL);
		return false;
	}
	if (!media_is(type, "application/json")) {
		api_problem(c->rq, 415, "Stuur het bericht als application/json.", NULL);
		return false;
	}
	struct str coding = http_header(c->rq, "Content-Encoding");
	if (coding.n && !str_ieq(coding, STR("identity"))) {
		api_problem(c->rq, 415, "Stuur het bericht zonder Content-Encoding; samengepakt wordt het niet gelezen.", NULL);
		return false;
	}
	if (json_read(c->rq->arena, c->rq->body, &lim, &c->body, &c->err)) {
		api_problem(c->rq, 400, c->err.text, NULL); /* its size was judged before it was read */
		return false;
	}
	(void)!valid_check(c->route->body, c->body, &c->why);
	return true;
}

void api_serve(struct api_call *c)
{
	check_params(c);
	if (!check_body(c))
		return;
	if (c->why.total)
		api_problem(c->rq, 400, "De invoer klopt niet. Kijk wat er per veld verwacht wordt.", &c->why);
	else
		API_OPERATIONS[c->route->op](c);
}

/* Who may do this: the one place where it is decided, for every route, before anything of the request is used. */
static bool check_rights(struct api_call *c)
{
	bool changes = c->rq->method != HTTP_GET && c->rq->method != HTTP_HEAD;
	if (c->route->own_origin && changes && !api_own_origin(c->rq)) {
		api_problem(c->rq, 403, "Deze vraag komt van een pagina van een ander.", NULL);
		return false;
	}
	if (!c->route->roles)
		return true;
	int rc =
		api_cookie_token(c, c->token) ? auth_session_get(c->api->auth, c->token, &c->session, &c->err) : KT_ENOTFOUND;
	if (rc == KT_ENOTFOUND)
		api_problem(c->rq, 401, "Meld u aan, of meld u opnieuw aan als u lang weg was.", NULL);
	else if (rc)
		api_fail(c, &c->err, NULL);
	else if (!(c->route->roles & ROLE_BIT(c->session.account.role)))
		api_problem(c->rq, 403, "Dit hoort niet bij uw rol.", NULL);
	else
		return true;
	return false;
}

static void serve(struct http_request *rq, void *user)
{
	const struct api *api = user;
	struct str param[API_PARAMS] = {0}, below;
	const struct api_route *route = NULL;
	if (api->files && !below_base(rq->path, &below)) {
		static_handle(api->files, rq);
		return;
	}
	enum found f = find(rq, &route, param);
	if (f == NOWHERE) {
		api_problem(rq, 404, "Dit adres bestaat niet. De beschrijving staat op " API_BASE "/openapi.json.", NULL);
		return;
	}
	if (f == WRONG_METHOD) {
		api_problem(rq, 405, "Bij dit adres hoort een andere methode; zie de kopregel Allow.", NULL);
		return;
	}
	rq->route = (unsigned)route->op + 1;
	if (!accepts_json(http_header(rq, "Accept"))) {
		api_problem(rq, 406, "Antwoorden zijn er als application/json.", NULL);
		return;
	}
	struct api_call *c = ARENA_NEW(rq->arena, struct api_call);
	if (!c) {
		api_problem(rq, 503, "Er is nu te weinig geheugen. Probeer het zo weer.", NULL);
		return;
	}
	*c = (struct api_call){.api = api, .rq = rq, .route = route, .out = BUF_INIT(8u << 20)};
	memcpy(c->param, param, sizeof(param));
	jw_init(&c->w, &c->out);
	if (!check_rights(c))
		return;
	if (rq->body.n > API_HEAVY && c->api->heavy)
		api_heavy_serve(c->api->heavy, c);
	else
		api_serve(c);
}

static size_t body_max(const struct http_request *rq, void *user)
{
	struct str param[API_PARAMS];
	const struct api_route *r;
	(void)user;
	/* An unknown address may send a little, so that it gets its 404 and not a broken connection. */
	return find(rq, &r, param) == FOUND && r->body ? r->body_max : 4096;
}

static void error(struct http_request *rq, unsigned status, void *user)
{
	const struct api *api = user;
	struct str below;
	/* Of a connection too many nothing was read: most of those are people with a browser. */
	if (status == 503 && api->files && !below_base(rq->path, &below) && static_error(api->files, rq, status))
		return;
	const char *detail = "Het verzoek was niet te lezen.";
	if (status == 413)
		detail = "Het bericht is groter dan hier mag.";
	else if (status == 408)
		detail = "Het verzoek kwam te langzaam binnen.";
	else if (status == 503)
		detail = "Er zijn nu te veel verbindingen. Probeer het zo weer.";
	api_problem(rq, status, detail, NULL);
}

void api_handler(const struct api *a, struct http_handler *ret)
{
	*ret = (struct http_handler){.body_max = body_max, .handle = serve, .error = error};
	memcpy(&ret->user, &a, sizeof(a));
}
