#include "api/api.h"
#include "seam/crypto.h"

#define PLAIN_NAME "sessie"
#define SECURE_NAME "__Host-sessie" /* RFC 6265bis: only over TLS, only this host, the whole path */
#define ATTRIBUTES "; HttpOnly; SameSite=Strict; Path=/"

bool cookie_parse(struct str header, const char *name, struct str *ret)
{
	struct str found = STR_NONE, want = str_of(name);
	unsigned times = 0;
	while (header.n) {
		ptrdiff_t semi = str_find(header, ';');
		struct str one = str_trim(semi < 0 ? header : str_sub(header, 0, (size_t)semi));
		ptrdiff_t eq = str_find(one, '=');
		if (eq >= 0 && str_eq(str_sub(one, 0, (size_t)eq), want)) {
			found = str_sub(one, (size_t)eq + 1, one.n);
			times++;
		}
		header = semi < 0 ? STR("") : str_sub(header, (size_t)semi + 1, header.n);
	}
	if (times != 1)
		return false;
	*ret = found;
	return true;
}

/* In production the browser sees TLS, ours or that of the web server in front. */
static bool is_secure(const struct api_call *c)
{
	return c->rq->tls || c->api->production;
}

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool api_cookie_token(const struct api_call *c, uint8_t ret[AUTH_TOKEN])
{
	uint8_t token[AUTH_TOKEN];
	struct str hex;
	bool good = cookie_parse(http_header(c->rq, "Cookie"), is_secure(c) ? SECURE_NAME : PLAIN_NAME, &hex) &&
		hex.n == sizeof(token) * 2;
	for (size_t i = 0; good && i < sizeof(token); i++) {
		int high = nibble(hex.p[2 * i]), low = nibble(hex.p[2 * i + 1]);
		good = high >= 0 && low >= 0;
		token[i] = good ? (uint8_t)(high << 4 | low) : 0;
	}
	if (good)
		memcpy(ret, token, sizeof(token));
	crypto_wipe(token, sizeof(token));
	return good;
}

void api_cookie_set(struct api_call *c)
{
	struct buf b = BUF_INIT(256);
	buf_z(&b, is_secure(c) ? SECURE_NAME "=" : PLAIN_NAME "=");
	buf_hex(&b, c->token, sizeof(c->token));
	buf_z(&b, is_secure(c) ? ATTRIBUTES "; Secure" : ATTRIBUTES);
	c->set_cookie = arena_str(c->rq->arena, buf_view(&b));
	buf_free(&b);
}

void api_cookie_clear(struct api_call *c)
{
	c->set_cookie = is_secure(c) ? STR(SECURE_NAME "=; Max-Age=0" ATTRIBUTES "; Secure")
								 : STR(PLAIN_NAME "=; Max-Age=0" ATTRIBUTES);
}

bool api_own_origin(const struct http_request *rq)
{
	struct str origin = http_header(rq, "Origin"), host = http_header(rq, "Host");
	static const char *const SCHEMES[] = {"http://", "https://"};
	if (!origin.p)
		return true;
	for (size_t i = 0; i < sizeof(SCHEMES) / sizeof(SCHEMES[0]); i++) {
		struct str scheme = str_of(SCHEMES[i]);
		if (str_starts(origin, scheme))
			return host.n && str_ieq(str_sub(origin, scheme.n, origin.n), host);
	}
	return false; /* "null": a page that will not say */
}
