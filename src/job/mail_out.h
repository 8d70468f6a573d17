/* A mail that must leave: a row of the outbox with topic "mail.send". Its body is sealed (box.h), so that neither the
 * database nor a copy of it tells who was written to, or what. */
#ifndef JOB_MAIL_OUT_H
#define JOB_MAIL_OUT_H
#include "base/arena.h"
#include "job/box.h"
#include "job/outbox.h"

#define MAIL_OUT_TOPIC "mail.send"
#define MAIL_OUT_MAX (256u << 10) /* bytes of one mail */

struct mail_out {
	struct str to, subject, text; /* UTF-8, text with LF */
	struct str in_reply_to;       /* message id without < and >; empty: no reply */
	bool auto_submitted;          /* "Auto-Submitted: auto-replied", from the null sender */
};

/* Seals on the caller's thread, for one object (an id of ours, may be ""); the result lives in `a`. KT_EINVAL when a
 * header field would hold a line end. */
int mail_out_seal(struct arena *a, const struct box *k, struct str object, const struct mail_out *m, struct str *ret,
                  struct err *e) KT_CHECK;
/* In a job. */
int mail_out_add(struct tx *tx, int64_t now_ms, struct str object, struct str sealed, struct err *e) KT_CHECK;
/* For who sends it. KT_ECRYPTO when it does not open; texts in `a`. */
int mail_out_open(struct arena *a, const struct box *k, struct str object, struct str sealed, struct mail_out *ret,
                  struct err *e) KT_CHECK;

#endif
