/* One row of the route table that tools/gen.py makes from api/openapi.yaml. */
#ifndef API_ROUTE_H
#define API_ROUTE_H
#include "auth/auth.h"
#include "base/valid.h"
#include "seam/http.h"

struct api_param { /* ended by name NULL */
	const char *name;
	bool in_path, required;
	const char *pattern; /* POSIX ERE, anchored */
	const char *doc;     /* what is expected, Dutch */
};

struct api_route {
	int op; /* enum api_op, the position in the table */
	enum http_method method;
	const char *path;          /* behind API_BASE; "{name}" is one segment */
	const struct schema *body; /* NULL: no body is taken */
	size_t body_max;           /* bytes */
	const struct api_param *params;
	const char *activity; /* of the register of processing activities; "geen": no personal data */
	unsigned roles;       /* ROLE_BIT of those whose session it asks for; 0: everybody */
	bool own_origin;      /* takes or sets a session: not for pages of another site */
};

#endif
