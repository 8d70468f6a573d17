/* The steps of the worker, for worker.c and step.c only. */
#ifndef JOB_WORKER_INT_H
#define JOB_WORKER_INT_H
#include "job/worker.h"

#define WORKER_BATCH 16     /* messages of a lane at a time */
#define WORKER_EVENTS 200   /* events in one transaction */
#define WORKER_UNHEARD 5000 /* the same when nobody hears them */

/* Spreads the events that wait, or closes them when nobody hears them: so many in one transaction. *ret_more: there may
 * be others. */
int step_events(const struct worker_opts *o, int64_t *ret_n, bool *ret_more, struct err *e) KT_CHECK;
/* A due lane behind `after`, from the beginning again when there is none; not one for which `skip` says true.
 * KT_ENOTFOUND: none. */
int step_pick(const struct worker_opts *o, const char *after, bool (*skip)(const char *lane, void *arg), void *arg,
              char ret[OUTBOX_LANE], struct err *e) KT_CHECK;
/* Claims a batch of the lane and sends it, until the first failure that is the receiver's. */
struct step_lane {
	struct worker_tally tally;
	enum send_why why; /* of that failure, SEND_OK when there was none */
};
int step_lane(const struct worker_opts *o, const char *lane, const atomic_bool *stop, struct step_lane *ret,
              struct err *e) KT_CHECK;
int step_purge(const struct worker_opts *o, struct err *e) KT_CHECK;

#endif
