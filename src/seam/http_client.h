/* Calls to receivers that somebody else named: POST over TLS to the public internet and nowhere else. The name is
 * looked up here, every address is judged (address.h), and the connection goes to a judged address, so that a name
 * cannot change between the look and the call. No redirects, no proxies, no cookies. */
#ifndef SEAM_HTTP_CLIENT_H
#define SEAM_HTTP_CLIENT_H
#include "seam/address.h"
#include "seam/http.h"
#include "seam/send.h"

#define HTTP_URL_MAX 1024
#define HTTP_CLIENT_ANSWER (64u << 10) /* largest answer, headers included */

struct http_url {
	char host[256]; /* lower case; an IPv6 address without brackets */
	uint16_t port;
	bool tls;
};

/* May this address be called at all? https, no user in it, no fragment, a DNS name or a public address written plainly,
 * port 443 or from 1024. `loopback` (for tests): also http, loopback addresses, any port. KT_EINVAL with a Dutch text
 * that says what was expected. */
int http_url_parse(struct str url, bool loopback, struct http_url *ret, struct err *e) KT_CHECK;

struct http_call {
	const char *url;
	const struct http_field *fields; /* Content-Type and others */
	size_t fields_n;
	struct str body;
	bool loopback;
	struct send_limits limits;
};
/* SEND_OK for an answer of 200 to 299. ret_status: 0 when there was no answer. Blocks. */
enum send_why http_call(const struct http_call *c, unsigned *ret_status);

#endif
