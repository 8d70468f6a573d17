/* The HTTP server: libmicrohttpd behind one door (epoll, one loop per core). It reads whole requests within limits and
 * hands them to one handler; what a route is, the handler knows. Nothing of a request is logged here but numbers. */
#ifndef SEAM_HTTP_H
#define SEAM_HTTP_H
#include "base/arena.h"
#include "base/err.h"
#include "base/trace.h"

enum http_method { HTTP_OTHER, HTTP_GET, HTTP_HEAD, HTTP_POST, HTTP_PUT, HTTP_PATCH, HTTP_DELETE, HTTP_OPTIONS };

struct http_server;

struct http_opts {
	const char *address;      /* "127.0.0.1", "::1", "::" …; NULL: 127.0.0.1 */
	uint16_t port;            /* 0: the system chooses, see http_port */
	unsigned loops;           /* threads; 0: one per core */
	unsigned max_connections; /* in all; 0: 12000 */
	unsigned max_per_address; /* IPv6: per /64; 0: 256 on public addresses, none on loopback and private networks */
	const char *proxy;     /* address of the web server in front: who asks stands in its X-Forwarded-For; NULL: none */
	unsigned idle_seconds; /* connection without progress; 0: 15 */
	unsigned request_seconds;         /* from the first byte to the last of one request, against slow senders; 0: 30 */
	size_t header_bytes;              /* request line and headers, at most half of it the line; 0: 16 KiB */
	const char *cert_file, *key_file; /* PEM; both or none: own TLS 1.2 and 1.3 for small sites */
};

/* One whole request. Texts live as long as `arena`, which is wiped after the answer has gone; the request is valid
 * until http_reply is called, and after that not to be touched when it was deferred. */
struct http_request {
	enum http_method method;
	struct str path;  /* as sent, before '?', percent signs and all; begins with '/' */
	struct str query; /* behind '?', raw; n 0 when there is none */
	struct str body;
	uint8_t peer[16]; /* IPv6, or IPv4 mapped; as the web server in front says, when there is one */
	bool tls;
	int64_t began_ns;   /* monotonic, first byte */
	struct trace trace; /* of a good traceparent, or new; answered as traceparent by http_reply */
	unsigned route;     /* the handler's number for what was asked, for counting; 0: none of its own */
	struct arena *arena;
	void *user; /* the handler's own */
};

/* Value of a request header (any case); {NULL,0} when absent. A header sent twice that may not be is refused beforehand
 * (Content-Length, Host, Transfer-Encoding, Authorization, Content-Type). */
struct str http_header(const struct http_request *rq, const char *name);

struct http_field { /* a response header; value without CR, LF and NUL */
	const char *name;
	struct str value;
};

/* Told of every answer, on the thread that gives it, just before it goes. What `user` names outlives the requests that
 * were deferred, and so perhaps the server. */
struct http_watcher {
	void (*answered)(const struct http_request *rq, unsigned status, size_t bytes, void *user); /* NULL: nobody */
	void *user;
};

struct http_handler {
	/* Asked when the headers are in and a body follows: how large may it be? 0: none is taken. A larger one is answered
	 * by `error` with 413 before it is read. NULL: no bodies. */
	size_t (*body_max)(const struct http_request *rq, void *user);
	/* The whole request. Must call http_reply (now or, after http_defer, later from any thread) exactly once. */
	void (*handle)(struct http_request *rq, void *user);
	/* What cannot become a request (400 malformed, 408 too slow, 413, 414, 431, 501, 503 too many, 505): calls
	 * http_reply at once (never http_defer), so that it looks like every other answer; the connection is closed behind
	 * it. path and headers may be empty. Comes from a loop or from the watch over slow connections. Some malformed
	 * requests the library refuses by itself, with a text of its own. */
	void (*error)(struct http_request *rq, unsigned status, void *user);
	void *user;
	struct http_watcher watcher;
};

int http_start(const struct http_opts *o, const struct http_handler *h, struct http_server **ret,
               struct err *e) KT_CHECK;
/* No new connections; those under way get `grace_ms` to finish. What is deferred then loses its connection, yet must
 * still be answered, also after this has returned: http_reply frees it. Takes NULL, returns NULL. */
struct http_server *http_stop(struct http_server *s, unsigned grace_ms);
uint16_t http_port(const struct http_server *s);

/* The answer. Fields and body are copied (lasting: the body outlives the server and is not copied). Content-Length,
 * Date, Connection and traceparent are written here; Server is never; a field with a control byte is left out. HEAD
 * sends no body.
 */
void http_reply(struct http_request *rq, unsigned status, const struct http_field *f, size_t n, struct str body,
                bool lasting);
/* Suspends the connection inside `handle`: the loop goes on with others until http_reply comes. Call it before any
 * other thread can see the request. */
void http_defer(struct http_request *rq);

struct http_counts { /* since start; for metrics */
	uint64_t connections, requests, refused_address, refused_total, timeouts, bad;
	uint64_t open_now;
};
void http_counts(const struct http_server *s, struct http_counts *ret);

#endif
