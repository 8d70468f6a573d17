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
	const struct static_files *files; /* what is outside API_BASE; NULL: nothing is */
	struct auth *auth;
	bool production; /* otherwise a demonstration: everything in it is made up */
};

#define API_PARAMS 4

/* One call under way; in the request's arena. */
struct api_call {
	const struct api *api;
	struct http_request *rq;
	const struct api_route *route;
	const struct val *body;       /* checked against route->body; NULL without one */
	struct str param[API_PARAMS]; /* in the order of route->params; {NULL,0} when absent */
	struct buf out;               /* the answer's JSON */
	struct jw w;
	struct intake_report *report; /* while a report is being stored */
	struct auth_session session;  /* of a route with roles: checked before the operation is called */
	uint8_t token[AUTH_TOKEN];    /* of that session, or of the new one */
	struct str set_cookie;        /* goes with the answer; n 0: none */
	struct store_ticket ticket;
	struct valid_report why;
	struct err err;
};

/* For http_start; `user` is the struct api. */
void api_handler(const struct api *a, struct http_handler *ret);

/* The operations, one per operationId. Each answers exactly once through the three below. */
typedef void (*api_fn)(struct api_call *c);
extern const api_fn API_OPERATIONS[API_OPS];

/* Sends what stands in c->out as JSON; nothing with 204. */
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
