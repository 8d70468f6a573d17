/* Reading a mail that somebody forwarded: who sent it, what it says, where its links lead. Bytes in, values out; the
 * bytes are hostile. mail_read() is for a process that may die (fuzzing, the child); everybody else uses mail_child().
 */
#ifndef MAIL_MAIL_H
#define MAIL_MAIL_H
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#define MAIL_MAX_BYTES (25u << 20)
#define MAIL_MAX_PARTS 200u
#define MAIL_MAX_MARKS 20000 /* lines that may begin or end a part */
#define MAIL_MAX_DEPTH 20u
#define MAIL_MAX_PART_TEXT (4u << 20) /* decoded bytes read of one part */
#define MAIL_MAX_TEXT (3u << 20)      /* text kept of a whole mail: its JSON then fits in MAIL_MAX_JSON */
#define MAIL_MAX_LINKS 2000u
#define MAIL_MAX_URL 8192u
#define MAIL_MAX_JSON (8u << 20)

enum mail_where { MAIL_TEXT, MAIL_HTML, MAIL_CALENDAR, MAIL_PDF, MAIL_ATTACHMENT, MAIL_IMAGE };
#define MAIL_WHERES 6
#define MAIL_MAX_RECEIVED 25u /* servers on the way; more is a loop */

struct mail_link {
	struct str url;  /* as the reader's program would open it; http, https or without a scheme */
	struct str text; /* what the reader sees instead; empty when it is the address itself */
	enum mail_where where;
	unsigned depth; /* forwards around it */
	unsigned head;  /* the message it stands in: heads[head] */
	bool wrapped;   /* stood inside another link (redirect or link protection) */
};

struct mail_piece {
	struct str text; /* UTF-8 */
	enum mail_where where;
	unsigned depth, head;
};

/* Of one message: the mail itself, or one that was forwarded in it. */
struct mail_head {
	struct str from_name, from_addr, subject, message_id, reply_addr, return_addr;
	int64_t date_ms; /* INT64_MIN: none */
	unsigned depth;
	bool unsubscribe; /* has a List-Unsubscribe header */
	bool auth_failed; /* some server on the way said that the sender is not who he says (evidence against only) */
};

/* Why nobody is to be answered; MAIL_ANSWER when somebody is. */
enum mail_silent {
	MAIL_ANSWER,
	MAIL_AUTO,
	MAIL_BULK,
	MAIL_BOUNCE,
	MAIL_LOOP,
	MAIL_REPORT,
	MAIL_NO_SENDER,
	MAIL_OTHER_SENDER /* From and envelope differ */
};

struct mail {
	struct mail_head *heads; /* [0] is the mail itself; heads_n ≥ 1 */
	struct mail_piece *pieces;
	struct mail_link *links;
	size_t heads_n, pieces_n, links_n;
	bool confirmed; /* our own mail server saw DMARC pass for the domain of From */
	enum mail_silent silent;
	unsigned parts, attachments, depth;
	bool cut;       /* a limit was met: not all of it was read */
	bool encrypted; /* a part of it can be read by the one it was meant for only */
};

struct mail_options {
	const struct str *authserv; /* authserv-ids of our own mail servers, lower case */
	size_t authserv_n;
};

/* Parses one RFC 5322 message (also with an mbox "From " line before it). Everything in `ret` lives in `a`. KT_EINVAL
 * when it holds no header at all, KT_ELIMIT above MAIL_MAX_BYTES. `o` may be NULL: then nothing is confirmed. */
int mail_read(struct arena *a, struct str text, const struct mail_options *o, struct mail *ret, struct err *e) KT_CHECK;
/* Before the first mail_read() of a process: loads GMime and the character sets it may need. */
void mail_setup(void);

/* The same in a short-lived process without files, network or much memory: this program is started again as
 * `PROGRAM mail --kind AUTHSERV-ID…`, and its main must then call mail_child_main(). The answer is checked before it is
 * believed. KT_EUNAVAIL "Dit bericht kon niet worden gelezen." when the child died, hung or spoke nonsense. */
int mail_child(struct arena *a, struct str text, const struct mail_options *o, struct mail *ret,
               struct err *e) KT_CHECK;
#define MAIL_CHILD_COMMAND "mail"
#define MAIL_CHILD_FLAG "--kind"
#define MAIL_CHILD_SECONDS 20
#define MAIL_CHILD_IDS 16
/* The child's side: locks itself in, reads the mail from stdin, writes JSON to stdout, and ends the process. */
_Noreturn void mail_child_main(int authserv_n, char **authserv);
/* Limits, no new privileges, system calls on a list. There is no way back. KT_EUNAVAIL when the kernel refuses. */
int mail_child_lock(void) KT_CHECK;

/* JSON between the two. mail_from_json checks every length, number and reference; KT_EUNAVAIL otherwise. */
void mail_to_json(const struct mail *m, struct buf *b);
int mail_from_json(struct arena *a, struct str text, struct mail *ret, struct err *e) KT_CHECK;

/* By the address alone: a robot's mailbox, or MAIL_ANSWER. */
enum mail_silent mail_silent_sender(struct str addr);
/* "tekst", "html", "agenda", "pdf", "bijlage", "afbeelding"; and why there is no answer, Dutch (NULL: there is one). */
const char *mail_where_name(enum mail_where w);
const char *mail_silent_text(enum mail_silent s);

#endif
