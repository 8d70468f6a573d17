/* The outbox: what must leave later, written in the same transaction as the change that causes it. A row is an event of
 * ours (no lane), or one message for one receiver (a lane). */
#ifndef JOB_OUTBOX_H
#define JOB_OUTBOX_H
#include "store/store.h"

#define OUTBOX_ID 16
#define OUTBOX_LANE 48 /* longest name of a lane with its NUL */

enum outbox_state { OUTBOX_WAITING = 0, OUTBOX_DONE = 1, OUTBOX_DEAD = 2, OUTBOX_STATES };
/* "wacht", "bezorgd", "mislukt"; NULL when unknown. And back: -1. */
const char *outbox_state_word(int64_t s);
int outbox_state_of(struct str word);

/* An event. topic: "barrier.approved", …; object: an id of ours; body: sealed or free of identifiers. */
int outbox_add(struct tx *tx, int64_t now_ms, const char *topic, struct str object, struct str body,
               struct err *e) KT_CHECK;
/* One message for one receiver. Rows of a lane leave one after the other. body as above. */
int outbox_send(struct tx *tx, int64_t now_ms, const char *topic, const char *lane, struct str object, struct str body,
                struct err *e) KT_CHECK;
int outbox_count(struct tx *tx, int64_t *ret_waiting, struct err *e) KT_CHECK;

/* A row as it is told; texts live during the call, unless an arena is given. */
struct outbox_row {
	uint8_t id[OUTBOX_ID];
	int64_t at_ms, tries, next_ms, since_ms;
	enum outbox_state state;
	struct str topic, lane, object, body, reason;
};
typedef int (*outbox_fn)(const struct outbox_row *row, void *arg);

/* For worker.c. */
struct outbox_rows {
	struct outbox_row *row;
	size_t n, max;
};
/* Events that wait, oldest first, at most ret->max; texts in the arena. */
int outbox_events(struct tx *tx, struct arena *a, int64_t now_ms, struct outbox_rows *ret, struct err *e) KT_CHECK;
/* Closes the oldest events that wait, at most `max`, without anybody having heard them. */
int outbox_close_events(struct tx *tx, int64_t now_ms, int64_t max, int64_t *ret_n, struct err *e) KT_CHECK;
/* The lane behind `after` (by byte) in which something waits; KT_ENOTFOUND at the end. */
int outbox_lane(struct tx *tx, const char *after, char ret[OUTBOX_LANE], struct err *e) KT_CHECK;
/* Is anything of this lane due? */
int outbox_lane_due(struct tx *tx, const char *lane, int64_t now_ms, bool *ret, struct err *e) KT_CHECK;
/* Takes what is due of a lane, at most ret->max: for `lease_ms` nobody else gets it, and each has one try more. */
int outbox_claim(struct tx *tx, struct arena *a, const char *lane, int64_t now_ms, int64_t lease_ms,
                 struct outbox_rows *ret, struct err *e) KT_CHECK;
/* How a row went. All four tell with *ret_mine whether the row was still the caller's: waiting, with as many tries. */
int outbox_done(struct tx *tx, const struct outbox_row *row, int64_t now_ms, bool *ret_mine, struct err *e) KT_CHECK;
int outbox_later(struct tx *tx, const struct outbox_row *row, int64_t next_ms, const char *reason, bool *ret_mine,
                 struct err *e) KT_CHECK;
/* No try after all: it waits from `next_ms`. */
int outbox_release(struct tx *tx, const struct outbox_row *row, int64_t next_ms, bool *ret_mine,
                   struct err *e) KT_CHECK;
/* A dead letter. Without `keep` its body is gone, and it cannot be sent again. */
int outbox_bury(struct tx *tx, const struct outbox_row *row, int64_t now_ms, const char *reason, bool keep,
                bool *ret_mine, struct err *e) KT_CHECK;
/* Throws away what was delivered or buried before `before_ms`, at most some hundreds at a time. */
int outbox_purge(struct tx *tx, int64_t before_ms, int64_t *ret_gone, struct err *e) KT_CHECK;

/* By hand. id: 32 hexadecimal digits. KT_ENOTFOUND; KT_EREFUSED when it is no dead letter, or has no body any more. */
int outbox_again(struct tx *tx, struct str id, int64_t now_ms, struct err *e) KT_CHECK;
/* Messages (no events) in this state, newest first, without their bodies. */
int outbox_list(struct tx *tx, enum outbox_state s, int64_t limit, outbox_fn fn, void *arg, struct err *e) KT_CHECK;
int outbox_get(struct tx *tx, struct arena *a, struct str id, struct outbox_row *ret, struct err *e) KT_CHECK;

#endif
