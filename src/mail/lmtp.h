/* LMTP (RFC 2033), the server's side, as a machine: bytes in, replies and whole messages out. No sockets, no clock, no
 * threads: how the bytes were cut up never changes what is said (lmtp_server.h does the rest).
 *
 * Lines end with CR LF and with nothing else. A command with a bare CR or LF is refused; a message with one is taken in
 * up to its true end (CR LF . CR LF) and then refused, so that no second message can hide in the first. */
#ifndef MAIL_LMTP_H
#define MAIL_LMTP_H
#include "base/buf.h"

#define LMTP_LINE 2048u      /* a command with its CR LF */
#define LMTP_PATH 320u       /* an address: 64 @ 255 */
#define LMTP_RECIPIENTS 100u /* of one message (RFC 5321 4.5.3.1.8: at least 100) */
#define LMTP_ERRORS 10u      /* of one session; then it ends */
#define LMTP_MESSAGES 1000u  /* of one session; then it ends */
#define LMTP_COMMANDS 300u   /* between two messages; then it ends */
#define LMTP_ANSWER 512u     /* a reply line with its CR LF */

struct lmtp_options {
	const char *host;     /* what we call ourselves */
	struct str recipient; /* the address that mail is taken for; empty: every address */
	size_t message_max;   /* bytes of a message */
};

enum lmtp_state { LMTP_HELLO, LMTP_READY, LMTP_MAIL, LMTP_RCPT, LMTP_DATA, LMTP_WAIT, LMTP_END };
enum lmtp_want {
	LMTP_MORE,    /* all bytes were read: bring more */
	LMTP_DELIVER, /* a message is whole: lmtp_delivered() before the next bytes */
	LMTP_CLOSE    /* send what is in `out`, then hang up */
};

struct lmtp {
	const struct lmtp_options *o;
	enum lmtp_state state;
	unsigned errors, messages, commands, recipients;
	bool null_sender;           /* MAIL FROM:<> */
	char sender[LMTP_PATH + 1]; /* envelope sender, as given */
	struct buf data;            /* the message, dots undone */
	/* private */
	char line[LMTP_LINE];
	size_t line_n;
	bool line_long, cr, line_start, dot, bare, squeezed;
	size_t data_n; /* bytes of the message, also those that were dropped */
};

/* Is `got` the mailbox `want`? Capitals do not count, nor a tag behind a +. */
bool lmtp_mailbox(struct str want, struct str got);
/* Greets in `out`. Options are borrowed. */
void lmtp_start(struct lmtp *l, const struct lmtp_options *o, struct buf *out);
/* Wipes what the session held. */
void lmtp_free(struct lmtp *l);
/* Reads from the front of *in and moves it on; replies are added to `out`. */
enum lmtp_want lmtp_read(struct lmtp *l, struct str *in, struct buf *out) KT_CHECK;
/* What became of the message that LMTP_DELIVER told of: one reply for each recipient. text: ASCII, one line. */
enum lmtp_want lmtp_delivered(struct lmtp *l, int code, const char *enhanced, const char *text, struct buf *out);
/* Drops the message that is coming in; it gets "452, later". For when all sessions together hold too much. */
void lmtp_squeeze(struct lmtp *l);
/* The session ends from our side: 421 with a reason ("4.4.2", "…"). */
void lmtp_goodbye(struct lmtp *l, const char *enhanced, const char *text, struct buf *out);

#endif
