#include "seam/http_client.h"

#include <stdio.h>

#include "base/buf.h"
#include "seam/send_curl.h"

/* A name of the DNS as curl and the resolver agree on it. The last label begins with a letter: 0x7f.1, 2130706433 and
 * 127.1 are addresses in disguise. */
static bool plain_name(struct str host)
{
	ptrdiff_t dot = str_rfind(host, '.');
	struct str last = dot < 0 ? host : str_sub(host, (size_t)dot + 1, host.n);
	if (!last.n || !ch_alpha((unsigned char)last.p[0]) || host.p[0] == '-')
		return false;
	for (size_t i = 0; i < host.n; i++) {
		unsigned char c = (unsigned char)host.p[i];
		if (!ch_alnum(c) && c != '-' && c != '_' && (c != '.' || i == 0 || host.p[i - 1] == '.'))
			return false;
	}
	return true;
}

static const char *part(CURLU *u, CURLUPart what, unsigned flags, char **ret)
{
	*ret = NULL;
	(void)curl_url_get(u, what, ret, flags);
	return *ret;
}

static bool take_host(CURLU *u, struct http_url *ret)
{
	char *host;
	bool ok = part(u, CURLUPART_HOST, 0, &host) != NULL;
	struct str h = str_of(host);
	if (ok && h.n > 2 && h.p[0] == '[' && h.p[h.n - 1] == ']')
		h = str_sub(h, 1, h.n - 1);
	ok = ok && str_copy(ret->host, sizeof(ret->host), h);
	curl_free(host);
	for (char *c = ret->host; ok && *c; c++)
		*c = (char)ch_tolower((unsigned char)*c);
	return ok;
}

static bool take_port(CURLU *u, bool loopback, struct http_url *ret)
{
	char *port;
	int64_t n = 0;
	bool ok = part(u, CURLUPART_PORT, CURLU_DEFAULT_PORT, &port) && str_int(str_of(port), &n) && n > 0 && n < 65536;
	curl_free(port);
	ret->port = (uint16_t)n;
	/* Below 1024 live the services that a POST could be made to speak to: mail, files, management. */
	return ok && (loopback || n == 443 || n >= 1024);
}

static bool take_scheme(CURLU *u, bool loopback, struct http_url *ret)
{
	char *scheme, *user, *fragment;
	bool some = part(u, CURLUPART_SCHEME, 0, &scheme) != NULL;
	bool with_user = part(u, CURLUPART_USER, 0, &user) != NULL;
	bool with_fragment = part(u, CURLUPART_FRAGMENT, 0, &fragment) != NULL;
	ret->tls = some && strcmp(scheme, "https") == 0;
	bool ok = ret->tls || (some && loopback && strcmp(scheme, "http") == 0);
	curl_free(scheme);
	curl_free(user);
	curl_free(fragment);
	return ok && !with_user && !with_fragment;
}

static bool printable(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~' || s.p[i] == '\\')
			return false;
	return s.n > 0;
}

static int judge_host(const struct http_url *u, bool loopback, struct err *e)
{
	struct address a;
	if (!address_of(str_of(u->host), &a))
		return plain_name(str_of(u->host))
			? 0
			: err_set(e, KT_EINVAL, "verwacht een gewone naam, bijvoorbeeld https://ontvanger.example/pad");
	if (address_public(&a) || (loopback && address_loopback(&a)))
		return 0;
	return err_set(e, KT_EINVAL, "verwacht een adres op het openbare internet");
}

int http_url_parse(struct str url, bool loopback, struct http_url *ret, struct err *e)
{
	char z[HTTP_URL_MAX + 1];
	struct http_url got = {.tls = false};
	/* curl takes https:///name and https:name for https://name. */
	ptrdiff_t colon = str_find(url, ':');
	bool plain =
		colon > 0 && url.n > (size_t)colon + 3 && memcmp(url.p + colon, "://", 3) == 0 && url.p[colon + 3] != '/';
	if (!printable(url) || (colon > 0 && !plain) || !str_copy(z, sizeof(z), url))
		return err_set(e, KT_EINVAL, "verwacht een adres van 1 tot %d gewone tekens (een naam met accenten als xn--…)",
		               HTTP_URL_MAX);
	CURLU *u = curl_url();
	if (!u)
		return err_set(e, KT_ENOMEM, "te weinig geheugen");
	int rc = 0;
	if (curl_url_set(u, CURLUPART_URL, z, 0) || !take_scheme(u, loopback, &got) || !take_host(u, &got))
		rc = err_set(e, KT_EINVAL, "verwacht een adres dat begint met https://, zonder gebruiker en zonder #");
	else if (!take_port(u, loopback, &got))
		rc = err_set(e, KT_EINVAL, "verwacht poort 443, of een vanaf 1024");
	else
		rc = judge_host(&got, loopback, e);
	curl_url_cleanup(u);
	if (!rc)
		*ret = got;
	return rc;
}

/* "host:port:addr,addr": what curl then uses instead of looking again. One address that is off spoils the name. */
static enum send_why pin(const struct http_url *u, const struct http_call *c, struct buf *out)
{
	struct address a[ADDRESSES];
	size_t n = 0;
	int rc = address_find(u->host, c->limits.connect_ms, c->limits.stop, a, &n, NULL);
	if (c->limits.stop && atomic_load(c->limits.stop))
		return SEND_STOPPED;
	if (rc)
		return rc == KT_ETIMEOUT ? SEND_TIME
			: rc == KT_ENOMEM    ? SEND_LOCAL
			: rc == KT_ELIMIT    ? SEND_ADDRESS
								 : SEND_NAME;
	struct address self;
	bool six = address_of(str_of(u->host), &self) && strchr(u->host, ':');
	buf_printf(out, six ? "[%s]:%u:" : "%s:%u:", u->host, u->port);
	for (size_t i = 0; i < n; i++) {
		char text[ADDRESS_TEXT];
		if (!address_public(&a[i]) && !(c->loopback && address_loopback(&a[i])))
			return SEND_ADDRESS;
		address_text(&a[i], text);
		buf_printf(out, strchr(text, ':') ? "%s[%s]" : "%s%s", i ? "," : "", text);
	}
	return buf_err(out) ? SEND_LOCAL : SEND_OK;
}

/* Counts and forgets. */
static size_t swallow(char *p, size_t size, size_t n, void *user)
{
	size_t *seen = user;
	(void)p;
	*seen += size * n;
	return *seen > HTTP_CLIENT_ANSWER ? 0 : size * n;
}

static struct curl_slist *headers_of(const struct http_call *c)
{
	/* No waiting for "100 Continue"; nothing that names this program. */
	struct curl_slist *list = curl_slist_append(NULL, "Expect:");
	for (size_t i = 0; list && i < c->fields_n; i++) {
		struct buf b = BUF_INIT(4096);
		buf_printf(&b, "%s: " STR_FMT, c->fields[i].name, STR_ARG(c->fields[i].value));
		bool clean = !buf_err(&b) && str_find(buf_view(&b), '\r') < 0 && str_find(buf_view(&b), '\n') < 0;
		struct curl_slist *more = clean ? curl_slist_append(list, b.p) : NULL;
		if (!more)
			curl_slist_free_all(list);
		list = more;
		buf_free(&b);
	}
	return list;
}

static enum send_why perform(CURL *h, const struct http_call *c, struct curl_slist *fields, struct curl_slist *pinned,
                             unsigned *ret_status)
{
	size_t seen = 0;
	long status = 0;
	bool ok = send_common(h, c->loopback ? "http,https" : "https", &c->limits) &&
		!curl_easy_setopt(h, CURLOPT_URL, c->url) && !curl_easy_setopt(h, CURLOPT_RESOLVE, pinned) &&
		!curl_easy_setopt(h, CURLOPT_POST, 1L) && !curl_easy_setopt(h, CURLOPT_POSTFIELDS, c->body.p) &&
		!curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)c->body.n) &&
		!curl_easy_setopt(h, CURLOPT_HTTPHEADER, fields) && !curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, swallow) &&
		!curl_easy_setopt(h, CURLOPT_WRITEDATA, &seen) && !curl_easy_setopt(h, CURLOPT_HEADERFUNCTION, swallow) &&
		!curl_easy_setopt(h, CURLOPT_HEADERDATA, &seen);
	if (!ok)
		return SEND_LOCAL;
	enum send_why why = send_class(curl_easy_perform(h), &c->limits);
	(void)curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &status);
	*ret_status = (unsigned)status;
	if (why != SEND_OK)
		return why;
	if (status >= 200 && status < 300)
		return SEND_OK;
	return status >= 500 ? SEND_TROUBLE : status >= 400 ? SEND_REFUSED : SEND_REDIRECT;
}

enum send_why http_call(const struct http_call *c, unsigned *ret_status)
{
	struct buf where = BUF_INIT(2048);
	struct http_url u;
	*ret_status = 0;
	if (http_url_parse(str_of(c->url), c->loopback, &u, NULL))
		return SEND_ADDRESS;
	enum send_why why = pin(&u, c, &where);
	if (why != SEND_OK) {
		buf_free(&where);
		return why;
	}
	CURL *h = curl_easy_init();
	struct curl_slist *pinned = curl_slist_append(NULL, where.p), *fields = headers_of(c);
	why = h && pinned && fields ? perform(h, c, fields, pinned, ret_status) : SEND_LOCAL;
	if (h)
		curl_easy_cleanup(h);
	curl_slist_free_all(fields);
	curl_slist_free_all(pinned);
	buf_free(&where);
	return why;
}
