/* Everything outside API_BASE: the web site from memory, /.well-known/security.txt, and pages for what went wrong. */
#ifndef API_STATIC_API_H
#define API_STATIC_API_H
#include "api/site.h"
#include "base/clock.h"
#include "seam/http.h"

/* Who to tell of a weakness (RFC 9116); "" leaves a line out, without `contact` there is no file. */
struct static_opts {
	const char *contact; /* mailto:, https: or tel: */
	const char *policy;  /* https: */
	const char *url;     /* of this site, https: without a '/' behind it */
};

/* `site` may be NULL or empty: then "/" says how to build it. All of it outlives the server. */
struct static_files {
	const struct site *site;
	struct static_opts o;
	const struct clock *clock;
};

/* KT_EINVAL when one of the addresses cannot stand in security.txt. */
int static_check(const struct static_opts *o, struct err *e) KT_CHECK;
void static_handle(const struct static_files *s, struct http_request *rq);
/* Answers with the page for `status` when there is one and the client would rather have a page than JSON; false
 * otherwise. */
bool static_error(const struct static_files *s, struct http_request *rq, unsigned status);

/* Quality (0 to 1000) that a header such as Accept gives `word`; -1 when it does not name it (RFC 9110, 12.4). */
int static_quality(struct str list, const char *word);
bool static_prefers_json(struct str accept);
bool static_takes_gzip(struct str accept_encoding);
/* If-None-Match (RFC 9110, 13.1.2): does the list hold `tag`? */
bool static_has_tag(struct str list, const char *tag);

#endif
