/* What a message on its way out can meet, and what every client on libcurl has in common: no proxy of the environment,
 * no redirects, time-outs, and an end when the program is asked to stop. */
#ifndef SEAM_SEND_H
#define SEAM_SEND_H
#include "base/err.h"
#include "base/str.h"
#include <stdatomic.h>

/* The class of a failure: all that is kept of one. */
enum send_why {
	SEND_OK,
	SEND_NAME,     /* the host name is not known */
	SEND_ADDRESS,  /* an address that nothing may be sent to */
	SEND_CONNECT,  /* nobody listens, or the line broke */
	SEND_TLS,      /* no trusted encryption */
	SEND_TIME,     /* too slow */
	SEND_REDIRECT, /* sent elsewhere: never followed */
	SEND_REFUSED,  /* understood and refused: 4xx of HTTP, 5xx of SMTP */
	SEND_TROUBLE,  /* trouble at the receiver: 5xx of HTTP, 4xx of SMTP */
	SEND_LARGE,    /* an answer beyond the maximum */
	SEND_LOCAL,    /* not the receiver's doing: settings, memory, the message itself */
	SEND_LATE,     /* of no use any more: never tried again */
	SEND_STOPPED,  /* this program was asked to stop: no try */
	SEND_WHYS
};

/* A Dutch word of lower-case letters and hyphens, for the dead letters: "verbinding", "tijd", … */
const char *send_word(enum send_why w);

struct send_limits {
	unsigned connect_ms, total_ms;
	const char *ca_file;     /* PEM; NULL: those of the system */
	const atomic_bool *stop; /* becomes true: give up at once; may be NULL */
};

/* Once per process, before any thread; again does nothing. */
int send_setup(struct err *e) KT_CHECK;

#endif
