/* The SQL of barriers, for barrier.c only. Meanings as in barrier.h. */
#ifndef BARRIER_BARRIER_STORE_H
#define BARRIER_BARRIER_STORE_H
#include "barrier/barrier.h"

int barrier_insert(struct tx *tx, const struct barrier *b, const uint8_t tag[32], struct err *e) KT_CHECK;
/* State, clocks and since. */
int barrier_update(struct tx *tx, const struct barrier *b, struct err *e) KT_CHECK;
/* New evidence on one that stands or is proposed. */
int barrier_evidence(struct tx *tx, struct str id, int64_t reporters, struct str note, int64_t ends_ms,
                     struct err *e) KT_CHECK;
/* The one that is not ended with the same identifier, partner and measure; KT_ENOTFOUND. */
int barrier_find(struct tx *tx, struct arena *a, const struct barrier *like, struct barrier *ret,
                 struct err *e) KT_CHECK;
int barrier_step_insert(struct tx *tx, struct str id, int64_t n, int64_t at_ms, enum barrier_state state,
                        const char *actor, struct str why, struct err *e) KT_CHECK;
int barrier_step_count(struct tx *tx, struct str id, int64_t *ret_n, struct err *e) KT_CHECK;
/* How many steps of an approval nature (state proposed, not by the system) this actor and others made. */
int barrier_approvals(struct tx *tx, struct str id, const char *actor, int64_t *ret_own, int64_t *ret_others,
                      struct err *e) KT_CHECK;
/* Those whose clock or term has passed. */
int barrier_due(struct tx *tx, int64_t now_ms, barrier_fn fn, void *arg, struct err *e) KT_CHECK;

#endif
