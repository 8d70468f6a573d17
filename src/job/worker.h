/* The worker that empties the outbox: events are spread in a transaction of their own, messages leave lane by lane. One
 * receiver that is slow or gone holds up its own lane and a thread, nobody else. Delivery is at least once: a message
 * whose sender died comes up again when its lease is over, under the same id. */
#ifndef JOB_WORKER_H
#define JOB_WORKER_H
#include "base/clock.h"
#include "job/outbox.h"
#include "seam/send.h"

#define JOB_DELAYS 24

/* When a message that failed is tried again: after delay_s[i] seconds, give or take `jitter_percent`; after the last it
 * is a dead letter. */
struct job_retry {
	int64_t delay_s[JOB_DELAYS];
	size_t n;
	int64_t jitter_percent;
};

/* What becomes of a topic: one row of one const table (exchange/deliver.c), ended by topic NULL. An event has `spread`,
 * a message `send` and maybe `sent`. A topic without a row is closed as done: nobody asked for it. */
struct job_topic {
	const char *topic;
	/* In the transaction that closes the event: adds the messages it becomes. */
	int (*spread)(struct tx *tx, const struct outbox_row *row, void *user, struct err *e);
	/* Outside any transaction; may take as long as its time-outs allow, less when *stop becomes true. */
	enum send_why (*send)(const struct outbox_row *row, const atomic_bool *stop, void *user);
	/* In the transaction that closes a delivered message; may be NULL. */
	int (*sent)(struct tx *tx, const struct outbox_row *row, void *user, struct err *e);
	unsigned retry; /* which of worker_opts.retry */
	bool keep;      /* the body of a dead letter stays, to be sent again by hand */
	bool shared;    /* one lane for many people: what is refused of one of them says nothing about the next */
};

#define JOB_RETRIES 2

struct worker_opts {
	struct store *store;
	const struct clock *clock;
	const struct job_topic *topics;
	void *user; /* of the topics' functions */
	/* Does anybody hear events now? When nobody does they are closed many at a time; NULL: they are always spread. */
	int (*heard)(struct tx *tx, void *user, bool *ret, struct err *e);
	struct job_retry retry[JOB_RETRIES];
	int64_t lease_s;   /* longer than a batch of sends can take */
	int64_t keep_days; /* delivered and dead messages are thrown away after this */
	unsigned threads;  /* 0: 8 */
};

struct worker;
/* Threads that run until worker_stop. `o` is copied; what it points to outlives the worker. */
int worker_start(const struct worker_opts *o, struct worker **ret, struct err *e) KT_CHECK;
/* Ends the sends under way (their messages stay) and waits for the threads. Takes NULL, returns NULL. */
struct worker *worker_stop(struct worker *w);
/* Everything that is due now, on this thread; a lane that fails is left after its first failure. */
struct worker_tally {
	int64_t events, sent, failed, dead;
};
int worker_once(const struct worker_opts *o, const atomic_bool *stop, struct worker_tally *ret, struct err *e) KT_CHECK;

/* When is try number `tries` (from 1) followed by another? -1: never. Jitter included. */
int64_t job_next(const struct job_retry *r, int64_t tries, int64_t now_ms);

#endif
