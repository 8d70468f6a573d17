/* A mail that came in becomes a report, and its sender gets an answer: the same for LMTP and for the pipe. One call,
 * one transaction: when it says 0 the report and the answer are durable, when it says anything else nothing was stored.
 */
#ifndef MAIL_DELIVER_H
#define MAIL_DELIVER_H
#include "intake/intake.h"
#include "job/mail_out.h"
#include "mail/score.h"

#define MAIL_CHILDREN 2 /* mails being read at one time: each may take 512 MiB */

struct mail_desk_options {
	const struct intake *intake;
	struct policy *policy; /* the intake's */
	const struct clock *clock;
	const char *dir;      /* data directory: keys */
	const char *address;  /* our own address; "": not known */
	const char *authserv; /* names of our own mail servers, with spaces or commas between; "": none is trusted */
};

/* What delivery needs around it; for any number of threads. */
struct mail_desk;
/* KT_EUNAVAIL when the policy says nothing about mail. Options are borrowed. */
int mail_desk_open(const struct mail_desk_options *o, struct mail_desk **ret, struct err *e) KT_CHECK;
struct mail_desk *mail_desk_close(struct mail_desk *d); /* takes NULL, returns NULL */

enum mail_outcome {
	MAIL_REPORTED,  /* a dossier was made */
	MAIL_SEEN,      /* the same message was taken in before: nothing was added */
	MAIL_EXPLAINED, /* it could not be read; its sender hears what to do */
	MAIL_DROPPED    /* a bounce or a loop: nothing but an audit row */
};
const char *mail_outcome_word(enum mail_outcome o);

struct mail_in {
	struct str message;
	struct str sender; /* of the envelope, "" for the null sender; ignored unless has_sender */
	bool has_sender;   /* false: the Return-Path header is asked */
};
/* KT_EINVAL: no mail at all, or unreadable and nobody can be told. KT_ELIMIT: above MAIL_MAX_BYTES. Anything else: try
 * again later. */
int mail_deliver(struct mail_desk *d, const struct mail_in *in, enum mail_outcome *ret, struct err *e) KT_CHECK;

/* --- answer.c --- */

struct mail_answer {
	const struct policy *policy;
	const struct mail *m;               /* NULL: it was not read */
	const struct mail_scored *scored;   /* of its links */
	const struct intake_report *report; /* NULL: none was made */
	bool encrypted;
};
/* Dutch, below it English. */
void mail_answer_text(const struct mail_answer *w, struct buf *out);
/* https://a.example/x as hxxps://a[.]example/…: nobody opens it by accident. */
void mail_defang(struct str url, struct str host, struct buf *out);

/* --- mail_store.c, in a job --- */

#define MAIL_HASH 32
/* Was this message taken in after `since_ms`? It is from now on. */
int mail_seen(struct tx *tx, const uint8_t hash[MAIL_HASH], int64_t now_ms, int64_t since_ms, bool *ret_seen,
              struct err *e) KT_CHECK;
/* May this sender have an answer today, and all together? Counts it when so. */
int mail_may_answer(struct tx *tx, const uint8_t sender[MAIL_HASH], int64_t day, int64_t per_sender, int64_t per_day,
                    bool *ret_may, struct err *e) KT_CHECK;

#endif
