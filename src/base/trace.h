/* W3C Trace Context: the name under which one request can be found again in the logs of several systems. The number of
 * a trace may come from outside, so it is trusted for nothing: it is printed as hexadecimal and never looked up. */
#ifndef BASE_TRACE_H
#define BASE_TRACE_H
#include "base/err.h"
#include "base/str.h"

struct trace {
	uint8_t id[16];
	uint8_t span[8]; /* our own part of the trace; of a parsed header: the sender's */
	bool sampled;
};

#define TRACE_TEXT 56 /* with NUL */
#define TRACE_UUID 46 /* with NUL */

/* The value of a `traceparent` header, strictly: version 00 has exactly this form, later ones may go on behind a '-'.
 * Zero numbers and capital letters are refused. */
int trace_parse(struct str s, struct trace *ret) KT_CHECK;
/* A new trace. Its numbers are unpredictable enough not to collide, and no secret. */
void trace_new(struct trace *ret);
/* Our own part of the trace in `t`. */
void trace_span(struct trace *t);
/* "00-<trace>-<span>-<flags>" */
void trace_format(const struct trace *t, char out[TRACE_TEXT]);
/* "urn:uuid:…" of the trace's number (RFC 9562 form, any version). */
void trace_uuid(const struct trace *t, char out[TRACE_UUID]);

#endif
