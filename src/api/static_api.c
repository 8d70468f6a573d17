#include "api/static_api.h"

#include "api/api.h"

#define FIELDS_MAX 16
#define EXPIRES_DAYS 180 /* RFC 9116 advises less than a year */

#define CSP \
	"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " \
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"

static const char NO_SITE[] =
	"<!doctype html>\n<html lang=\"nl\"><head><meta charset=\"utf-8\"><title>Kentering draait, zonder website</title>"
	"<meta name=\"viewport\" content=\"width=device-width\"></head><body><main>\n"
	"<h1>Kentering draait, zonder website</h1>\n"
	"<p>De interface werkt: <a href=\"/v1/openapi.json\">/v1/openapi.json</a>.</p>\n"
	"<p>De website is nog niet gebouwd. Bouw haar met <code>./dev run</code>, of met <code>npm ci --omit=dev</code> en "
	"<code>npm run build</code> in de map <code>web</code>. Start de server daarna opnieuw.</p>\n"
	"<p>Staat de website ergens anders? Noem de map in de instelling <code>web_dir</code>.</p>\n"
	"</main></body></html>\n";

/* ---- what a client would rather have ---- */

/* "0.25" to 250; more than 1 and nonsense count as 1. */
static int quality_of(struct str s)
{
	int v = 0;
	if (!s.n || s.p[0] != '0')
		return 1000;
	for (size_t i = 2, unit = 100; i < s.n && unit; i++, unit /= 10)
		v += ch_digit((unsigned char)s.p[i]) ? (s.p[i] - '0') * (int)unit : 0;
	return v;
}

static struct str cut(struct str *rest, char by)
{
	ptrdiff_t at = str_find(*rest, by);
	struct str one = at < 0 ? *rest : str_sub(*rest, 0, (size_t)at);
	*rest = at < 0 ? STR("") : str_sub(*rest, (size_t)at + 1, rest->n);
	return str_trim(one);
}

int static_quality(struct str list, const char *word)
{
	while (list.n) {
		struct str one = cut(&list, ',');
		int q = 1000;
		bool named = str_ieq(cut(&one, ';'), str_of(word));
		while (one.n) {
			struct str param = cut(&one, ';');
			if (param.n > 2 && (param.p[0] == 'q' || param.p[0] == 'Q') && param.p[1] == '=')
				q = quality_of(str_sub(param, 2, param.n));
		}
		if (named)
			return q;
	}
	return -1;
}

/* The most specific range counts. */
static int media_quality(struct str accept, const char *type, const char *range)
{
	int q = static_quality(accept, type);
	if (q < 0)
		q = static_quality(accept, range);
	return q < 0 ? static_quality(accept, "*/*") : q;
}

bool static_prefers_json(struct str accept)
{
	int json = media_quality(accept, "application/json", "application/*");
	int problem = media_quality(accept, "application/problem+json", "application/*");
	return (json > problem ? json : problem) > media_quality(accept, "text/html", "text/*");
}

bool static_takes_gzip(struct str accept_encoding)
{
	int q = static_quality(accept_encoding, "gzip");
	return (q < 0 ? static_quality(accept_encoding, "*") : q) > 0;
}

bool static_has_tag(struct str list, const char *tag)
{
	while (list.n) {
		struct str one = cut(&list, ',');
		if (str_starts(one, STR("W/")))
			one = str_sub(one, 2, one.n);
		if (str_is(one, "*") || str_is(one, tag))
			return true;
	}
	return false;
}

/* ---- answers ---- */

/* On every answer from here. */
static size_t common(struct http_field f[FIELDS_MAX], const char *type, const char *cache)
{
	size_t n = 0;
	f[n++] = (struct http_field){"Content-Type", str_of(type)};
	f[n++] = (struct http_field){"Cache-Control", str_of(cache)};
	f[n++] = (struct http_field){"Content-Security-Policy", STR(CSP)};
	f[n++] = (struct http_field){"Cross-Origin-Opener-Policy", STR("same-origin")};
	f[n++] = (struct http_field){"Cross-Origin-Resource-Policy", STR("same-origin")};
	f[n++] =
		(struct http_field){"Permissions-Policy", STR("camera=(), geolocation=(), microphone=(), payment=(), usb=()")};
	f[n++] = (struct http_field){"Referrer-Policy", STR("no-referrer")};
	f[n++] = (struct http_field){"Strict-Transport-Security", STR("max-age=31536000; includeSubDomains")};
	f[n++] = (struct http_field){"X-Content-Type-Options", STR("nosniff")};
	f[n++] = (struct http_field){"X-Frame-Options", STR("DENY")};
	return n;
}

static void send_file(struct http_request *rq, unsigned status, const struct site_file *file)
{
	struct http_field f[FIELDS_MAX];
	bool zip = file->form[SITE_GZIP].p && static_takes_gzip(http_header(rq, "Accept-Encoding"));
	enum site_form form = zip ? SITE_GZIP : SITE_PLAIN;
	size_t n = common(f, file->type, file->hashed ? "public, max-age=31536000, immutable" : "no-cache");
	if (file->form[SITE_GZIP].p)
		f[n++] = (struct http_field){"Vary", STR("Accept-Encoding")};
	if (status == 200) {
		f[n++] = (struct http_field){"ETag", str_of(file->tag[form])};
		if (static_has_tag(http_header(rq, "If-None-Match"), file->tag[form])) {
			http_reply(rq, 304, f, n, STR(""), true);
			return;
		}
	}
	if (zip)
		f[n++] = (struct http_field){"Content-Encoding", STR("gzip")};
	http_reply(rq, status, f, n, file->form[form], true);
}

static void send_text(struct http_request *rq, unsigned status, const char *type, struct str body, bool lasting)
{
	struct http_field f[FIELDS_MAX];
	size_t n = common(f, type, "no-cache");
	if (status == 405)
		f[n++] = (struct http_field){"Allow", STR("GET, HEAD")};
	http_reply(rq, status, f, n, body, lasting);
}

bool static_error(const struct static_files *s, struct http_request *rq, unsigned status)
{
	const char *page = str_starts(rq->path, STR("/en/")) ? "en/" : "";
	struct str name = arena_fmt(rq->arena, "%s%u", page, status);
	const struct site_file *f = name.p ? site_find(s->site, name) : NULL;
	if (!f || static_prefers_json(http_header(rq, "Accept")))
		return false;
	send_file(rq, status, f);
	return true;
}

/* ---- /.well-known/security.txt ---- */

static int address_ok(const char *z, bool any, const char *name, struct err *e)
{
	struct str s = str_of(z);
	bool scheme =
		str_starts(s, STR("https://")) || (any && (str_starts(s, STR("mailto:")) || str_starts(s, STR("tel:"))));
	for (size_t i = 0; i < s.n; i++)
		scheme = scheme && s.p[i] > ' ' && s.p[i] < 0x7f;
	return !s.n || scheme ? 0
						  : err_set(e, KT_EINVAL, "%s: verwacht een adres dat begint met https://%s", name,
	                                any ? ", mailto: of tel:" : "");
}

int static_check(const struct static_opts *o, struct err *e)
{
	int rc = address_ok(o->contact, true, "security_contact", e);
	if (!rc)
		rc = address_ok(o->policy, false, "security_policy", e);
	return rc ? rc : address_ok(o->url, false, "public_url", e);
}

static void security_txt(const struct static_files *s, struct http_request *rq)
{
	char until[25];
	int64_t day = time_day(clock_ms(s->clock)) + EXPIRES_DAYS;
	time_format(day * DAY_MS, until);
	struct str t = arena_fmt(rq->arena, "Contact: %s\nExpires: %s\nPreferred-Languages: nl, en\n", s->o.contact, until);
	if (t.p && *s->o.url)
		t = arena_fmt(rq->arena, STR_FMT "Canonical: %s/.well-known/security.txt\n", STR_ARG(t), s->o.url);
	if (t.p && *s->o.policy)
		t = arena_fmt(rq->arena, STR_FMT "Policy: %s\n", STR_ARG(t), s->o.policy);
	send_text(rq, t.p ? 200 : 503, "text/plain; charset=utf-8", t, false);
}

/* ---- which one ---- */

void static_handle(const struct static_files *s, struct http_request *rq)
{
	const struct site_file *f = NULL;
	bool security = *s->o.contact && str_is(rq->path, "/.well-known/security.txt");
	if (rq->path.n && rq->path.p[0] == '/')
		f = site_find(s->site, rq->path);
	bool bare = !f && str_is(rq->path, "/"); /* no site, or an empty folder */
	if (!f && !security && !bare) {
		if (!static_error(s, rq, 404))
			api_problem(rq, 404, "Dit adres bestaat niet. De beschrijving staat op " API_BASE "/openapi.json.", NULL);
		return;
	}
	if (rq->method != HTTP_GET && rq->method != HTTP_HEAD) {
		send_text(rq, 405, "text/plain; charset=utf-8", STR("Deze pagina kunt u alleen ophalen.\n"), true);
		return;
	}
	if (security)
		security_txt(s, rq);
	else if (bare)
		send_text(rq, 200, "text/html; charset=utf-8", str_of(NO_SITE), true);
	else
		send_file(rq, 200, f);
}
