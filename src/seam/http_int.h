/* Between the parts of the HTTP server; for src/seam/http*.c and their tests only. */
#ifndef SEAM_HTTP_INT_H
#define SEAM_HTTP_INT_H
#include <pthread.h>
#include <stdatomic.h>

#include <microhttpd.h>

#include "base/buf.h"
#include "seam/address.h"
#include "seam/http.h"

#define HTTP_MAX_FIELDS 100 /* headers of a request */
#define HTTP_BUCKETS 4096u  /* of connections by address; a power of two */
#define HTTP_SPARE 32u      /* wiped requests kept for the next */
/* Above this many open connections an answer closes its connection: the library holds its whole buffer for every
 * connection that was used once, so this many times the buffer is what idle clients can make us keep. */
#define HTTP_KEEP_OPEN 512u
/* Requests of which a part has come, and the bytes of their bodies: beyond these the oldest must go, because whoever
 * means well sends a whole request at once. */
#define HTTP_UNFINISHED 1024u
#define HTTP_HELD ((size_t)32 << 20)
/* Requests at the handler, and the bytes of their bodies: beyond these a request with a body is answered with 503. */
#define HTTP_HANDLING 1024u
#define HTTP_AT_WORK ((size_t)8 << 20)
#define HTTP_OTHER_FILES 256u /* descriptors for everything but connections */
#define HTTP_ANSWER_TIMES 4   /* request_seconds that a client may take over its answer */

/* ---- the head of a request, checked (http_head.c; no library in it) ---- */

struct http_part { /* where the library found something in the block of the head */
	const char *p;
	size_t n;
};

struct http_line {
	struct http_part name, value;
};

struct http_head {
	const char *block; /* from the method up to and with the empty line; CR LF are two NULs by now */
	size_t n;
	struct http_part method, target, version;
	struct str raw;                /* the target as sent: the library has been at the one in the block */
	const struct http_line *lines; /* in the order sent */
	size_t n_lines;
};

struct http_framing {
	bool has_length, chunked;
	uint64_t length;
};

enum http_method http_method_of(struct str s);
/* 0, or the status to refuse with. Outputs untouched then. */
unsigned http_head_check(const struct http_head *h, struct http_framing *ret);
bool http_target_ok(struct str s);
bool http_value_ok(struct str s);

/* ---- one connection ---- */

enum http_phase {
	PHASE_IDLE, /* nothing, or a part of a head, has come */
	PHASE_READ, /* the request line is in; head or body is coming */
	PHASE_BUSY, /* the request is whole: the handler and the answer have it */
	PHASE_DEAD  /* given up by the watch, which has shut the socket down; nobody answers any more */
};

struct http_conn {
	struct http_conn *next, **at; /* list of a bucket, under server.lock */
	struct http_server *s;
	int fd;
	uint8_t peer[16];
	_Atomic int phase;
	_Atomic int64_t began_ns;  /* first byte of the request as the watch saw it; 0: none yet */
	_Atomic int64_t ready_ns;  /* since when the next request may begin */
	_Atomic int64_t answer_ns; /* since when the answer goes out; 0: it does not */
	_Atomic bool based;        /* base holds the bytes received before this request */
	uint64_t base;             /* the watch's own */
};

enum http_state { STATE_OPEN, STATE_WAITING, STATE_REPLIED, STATE_ABANDONED };

/* A request with what the server keeps about it. `rq` is first: the handler sees only that. */
struct http_call {
	struct http_request rq;
	struct http_call *next, *prev; /* spare list, or list of the deferred under server.lock */
	struct http_server *s;
	struct http_watcher watcher; /* the server's, which may be gone when a deferred answer comes */
	struct http_conn *c;
	struct MHD_Connection *mc;
	struct MHD_Response *response;
	struct buf *raw; /* answer goes here as bytes: the library cannot be asked to send it */
	struct str raw_target;
	struct buf body;
	struct http_line *lines; /* in the arena */
	size_t n_lines;
	size_t body_limit;
	size_t held, at_work; /* what of the body counts in the server's sums */
	unsigned status;
	unsigned refused; /* status, found out when the answer could not be given at once */
	bool headed, handled, counted, deferred, closing, answered, unfinished;
	_Atomic int state;
	_Atomic int holders; /* loop and, once deferred, the one who answers; the last one frees */
};

struct http_server {
	struct http_opts o;
	struct http_handler h;
	struct MHD_Daemon *daemon;
	struct address proxy; /* with o.proxy */
	char *cert, *key;
	uint16_t port;
	int listen_fd;
	pthread_mutex_t lock;
	struct http_conn *bucket[HTTP_BUCKETS];
	struct http_call *spare, *deferred;
	unsigned n_spare;
	pthread_t watch;
	pthread_cond_t wake;
	bool watching, closing, pressed;
	_Atomic bool draining;     /* answers close their connection */
	_Atomic bool refusing;     /* nothing goes to the handler any more */
	_Atomic unsigned handling; /* calls at the handler, deferred ones too */
	_Atomic unsigned active;   /* calls under way */
	_Atomic unsigned resuming;
	_Atomic unsigned unfinished;
	_Atomic size_t held, at_work;
	_Atomic uint64_t connections, requests, refused_address, refused_total, timeouts, bad, open_now;
};

/* http_watch.c */
/* The library's notice of a connection that came or went. */
void http_conn_notify(void *cls, struct MHD_Connection *mc, void **state, enum MHD_ConnectionNotificationCode what);
int http_watch_start(struct http_server *s, struct err *e) KT_CHECK;
void http_watch_stop(struct http_server *s);
/* More is unfinished than may be: the watch looks now. */
void http_watch_press(struct http_server *s);
/* Sends an answer of `error` past the library on a plain socket and shuts it down; under TLS only the latter. */
void http_raw_error(struct http_server *s, int fd, const uint8_t peer[16], unsigned status);

/* http_answer.c */
struct http_call *http_call_new(struct http_server *s, const uint8_t peer[16]);
void http_call_release(struct http_call *k);
/* The handler's answer to what is no request. */
void http_call_error(struct http_call *k, unsigned status);
/* Gives the stored answer to the library. */
enum MHD_Result http_call_send(struct http_call *k);
/* Deferred calls that nobody answered: their connections go. */
void http_calls_abandon(struct http_server *s);
void http_spare_free(struct http_server *s);

#endif
