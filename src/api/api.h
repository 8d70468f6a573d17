/* The HTTP interface: finds the route, checks what came against the description, calls the operation, answers. Every
 * error is application/problem+json (RFC 9457) with all findings at once; every answer carries API-Version and the
 * security headers (NL GOV API Design Rules 2.2). HTTP and Dutch names stay in this room. */
#ifndef API_API_H
#define API_API_H
#include "api/route.h"
#include "api_routes.h"
#include "intake/intake.h"

struct api {
	const struct intake *intake;
	const struct clock *clock;
	struct api_heavy *heavy; /* reads large bodies; NULL: the loops do */
	struct buf forms;        /* the list of forms as JSON: asked for by everybody, and the same until the next start */
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

/* Sends what stands in c->out, or c->lasting, as JSON. */
void api_answer(struct api_call *c, unsigned status);
/* Sends a problem. `detail`: Dutch, what to do; `why` may be NULL. The status' own title is added. */
void api_problem(struct http_request *rq, unsigned status, const char *detail, const struct valid_report *why);
/* The problem of a failed step: 400 for what the caller can mend, 404, 413, 429, 503 for the rest. */
void api_fail(struct api_call *c, const struct err *e, const struct valid_report *why);

#endif
