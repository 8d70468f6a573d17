/* The outbox: what must leave later, written in the same transaction as the change that causes it. */
#ifndef JOB_OUTBOX_H
#define JOB_OUTBOX_H
#include "store/store.h"

/* topic: "barrier.approved", …; object: an id of ours; body: sealed or free of identifiers. */
int outbox_add(struct tx *tx, int64_t now_ms, const char *topic, struct str object, struct str body,
               struct err *e) KT_CHECK;
int outbox_count(struct tx *tx, int64_t *ret_waiting, struct err *e) KT_CHECK;

#endif
