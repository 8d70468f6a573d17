/* The internal listener. It has no routes of the interface and no documents: only the figures. */
#include "ops/metrics.h"

#define TEXT_MAX ((size_t)4 << 20)

static void answer(struct http_request *rq, unsigned status, struct str type, struct str body)
{
	const struct http_field f[] = {
		{"Cache-Control", STR("no-store")}, {"Content-Type", type}, {"X-Content-Type-Options", STR("nosniff")}};
	http_reply(rq, status, f, sizeof(f) / sizeof(*f), body, false);
}

static void plain(struct http_request *rq, unsigned status, struct str body)
{
	answer(rq, status, STR("text/plain; charset=utf-8"), body);
}

static void handle(struct http_request *rq, void *user)
{
	if (!str_is(rq->path, "/metrics")) {
		plain(rq, 404, STR("/metrics\n"));
		return;
	}
	if (rq->method != HTTP_GET && rq->method != HTTP_HEAD) {
		plain(rq, 405, STR("GET\n"));
		return;
	}
	struct buf b = BUF_INIT(TEXT_MAX);
	ops_write(user, &b);
	if (buf_err(&b))
		plain(rq, 503, STR("te weinig geheugen\n"));
	else
		answer(rq, 200, STR("text/plain; version=0.0.4; charset=utf-8"), buf_view(&b));
	buf_free(&b);
}

static void error(struct http_request *rq, unsigned status, void *user)
{
	(void)user;
	plain(rq, status, STR("dit verzoek was niet te lezen\n"));
}

void ops_handler(struct ops *o, struct http_handler *ret)
{
	*ret = (struct http_handler){.handle = handle, .error = error, .user = o};
}
