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
	struct store_ticket ticket;
	struct valid_report why;
	struct err err;
};

/* For http_start; `user` is the struct api. */
void api_handler(const struct api *a, struct http_handler *ret);

/* The operations, one per operationId. Each answers exactly once through the three below. */
typedef void (*api_fn)(struct api_call *c);
extern const api_fn API_OPERATIONS[API_OPS];

/* Sends what stands in c->out as JSON. */
void api_answer(struct api_call *c, unsigned status);
/* Sends a problem. `detail`: Dutch, what to do; `why` may be NULL. The status' own title is added. */
void api_problem(struct http_request *rq, unsigned status, const char *detail, const struct valid_report *why);
/* The problem of a failed step: 400 for what the caller can mend, 404, 413, 429, 503 for the rest. */
void api_fail(struct api_call *c, const struct err *e, const struct valid_report *why);

#endif
