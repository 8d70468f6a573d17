/* The HTTP interface: finds the route, checks what came against the description, calls the operation, answers. Every
 * error is application/problem+json (RFC 9457) with all findings at once; every answer carries API-Version and the
 * security headers (NL GOV API Design Rules 2.2). HTTP and Dutch names stay in this room. */
#ifndef API_API_H
#define API_API_H
#include "api/route.h"
#include "api/static_api.h"
#include "api_routes.h"
#include "intake/intake.h"

struct api {
	const struct intake *intake;
	const struct clock *clock;
	struct api_heavy *heavy; /* reads large bodies; NULL: the loops do */
	struct buf forms;        /* the list of forms as JSON: asked for by everybody, and the same until the next start */
	const struct static_files *files; /* what is outside API_BASE; NULL: nothing is */
	struct auth *auth;
	bool production; /* otherwise a demonstration: everything in it is made up */
};

/* Writes what does not change while the server runs; intake and clock are set by then. */
int api_open(struct api *a, struct err *e) KT_CHECK;
void api_close(struct api *a);

#define API_PARAMS 4
#define API_HEAVY 16384  /* bytes of a body that a loop reads itself */
#define API_VALUES 10000 /* in a body; a report has a few dozen */

/* One call under way; in the request's arena. */
struct api_call {
	const struct api *api;
	struct api_call *next; /* of those that wait to be read */
	struct http_request *rq;
	const struct api_route *route;
	const struct val *body;       /* checked against route->body; NULL without one */
	struct str param[API_PARAMS]; /* in the order of route->params; {NULL,0} when absent */
	struct buf out;               /* the answer's JSON */
	struct str lasting;           /* or the answer, when it outlives the server */
	struct jw w;
	struct intake_report *report; /* while a report is being stored */
	struct auth_session session;  /* of a route with roles: checked before the operation is called */
	uint8_t token[AUTH_TOKEN];    /* of that session, or of the new one */
	struct str set_cookie;        /* goes with the answer; n 0: none */
	struct intake_confirm *confirm; /* while a code is being tried or made */
	struct store_ticket ticket;
	struct valid_report why;
	struct err err;
};

/* The numbers of the routes, as http_request.route has them: 0 for what is none of them, the position in the table plus
 * one for the others. For counting and logging: words of the description, never of a request. */
#define API_ROUTE_NUMBERS (API_OPS + 1)
const char *api_route_method(unsigned number);
const char *api_route_path(unsigned number);
/* Checks what came and calls the operation; for the router and the thread that reads large bodies. */
void api_serve(struct api_call *c);
struct api_heavy *api_heavy_start(void);
/* After http_stop; what waits is still answered. */
void api_heavy_stop(struct api_heavy *h);
void api_heavy_serve(struct api_heavy *h, struct api_call *c);

/* For http_start; `user` is the struct api. */
void api_handler(const struct api *a, struct http_handler *ret);

/* The operations, one per operationId. Each answers exactly once through the three below. */
typedef void (*api_fn)(struct api_call *c);
extern const api_fn API_OPERATIONS[API_OPS];

/* Of confirm_api.c and deliveries_api.c, for that table. */
void confirm_try(struct api_call *c);
void confirm_send(struct api_call *c);
void deliveries_list(struct api_call *c);
void deliveries_again(struct api_call *c);

/* Sends what stands in c->out, or c->lasting, as JSON; nothing with 204. */
void api_answer(struct api_call *c, unsigned status);
/* Sends a problem. `detail`: Dutch, what to do; `why` may be NULL. The status' own title is added. */
void api_problem(struct http_request *rq, unsigned status, const char *detail, const struct valid_report *why);
/* The problem of a failed step: 400 for what the caller can mend, 404, 409, 413, 503 for the rest. */
void api_fail(struct api_call *c, const struct err *e, const struct valid_report *why);
/* 429 with Retry-After. */
void api_too_often(struct api_call *c, int64_t wait_ms);

/* Runs a job with the call as its argument; `done` follows on the writer thread, after COMMIT, only when it went well
 * (api_fail otherwise). A job may run twice: it begins with api_restart when it writes into c->out. */
void api_submit(struct api_call *c, store_job job, void (*done)(struct api_call *c));
/* Throws away what was written. */
void api_restart(struct api_call *c);

/* ---- cookie_api.c: the session's cookie ---- */

/* The value of the only cookie of that name in a Cookie header (RFC 6265 section 5.4). False when it is absent, or
 * stands there twice: then somebody else put one beside ours. Pure. */
bool cookie_parse(struct str header, const char *name, struct str *ret);
/* The token that came with the request. */
bool api_cookie_token(const struct api_call *c, uint8_t ret[AUTH_TOKEN]);
/* Sets c->set_cookie to c->token, or clears the cookie. */
void api_cookie_set(struct api_call *c);
void api_cookie_clear(struct api_call *c);
/* Does the request come from our own page, or from no page at all? Compares Origin with Host. */
bool api_own_origin(const struct http_request *rq);

/* The operations of session_api.c and desk_api.c; the table of all is in public_api.c. */
void session_begin(struct api_call *c);
void session_show(struct api_call *c);
void session_end(struct api_call *c);
void demo_view(struct api_call *c);
void accounts_list(struct api_call *c);
void signals_list(struct api_call *c);
void barriers_list(struct api_call *c);
void barrier_show(struct api_call *c);
void barrier_approve(struct api_call *c);
void barrier_refuse(struct api_call *c);
void barrier_settle(struct api_call *c);

#endif
