/* What the files of this room share; nobody outside includes it. */
#ifndef MAIL_PARTS_H
#define MAIL_PARTS_H
#include "mail/mail.h"

/* A mail being read. Arrays grow in the arena up to their maximum; beyond it `cut` is set. */
struct reader {
	struct arena *a;
	struct mail m;
	size_t heads_cap, pieces_cap, links_cap, text_n, link_n;
	unsigned depth; /* forwards around what is being read */
	unsigned head;  /* the message it belongs to */
	unsigned level; /* MIME levels around it */
	bool attached;  /* it stands in an attachment */
	int rc;
};

/* --- collect.c --- */

/* Copies as UTF-8: bytes that are none become U+FFFD, control characters a space, what nobody sees goes. */
struct str reader_clean(struct reader *r, struct str s);
/* Following text and links belong to this message. */
void reader_head(struct reader *r, const struct mail_head *h);
/* Text as UTF-8 (bytes that are none become U+FFFD, control characters a space). */
void reader_piece(struct reader *r, struct str text, enum mail_where where);
/* A link as found; cleaned as a browser would, dropped when it is no web address. Links inside its query follow it. */
void reader_link(struct reader *r, struct str url, struct str text, enum mail_where where);
/* Text of a mail: its pieces by forward marker, and the links written in it. */
void reader_text(struct reader *r, struct str text, enum mail_where where);
/* Links in plain text only. */
void reader_text_links(struct reader *r, struct str text, enum mail_where where);
/* An iCalendar file: folded lines joined, escapes resolved. */
void reader_calendar(struct reader *r, struct str text);

/* --- html.c --- */

/* HTML (UTF-8) to text and links. */
void reader_html(struct reader *r, struct str html);
/* Resolves character references into `out`. */
void html_entities(struct str s, struct buf *out);

/* --- pdf.c --- */

/* Link annotations: /URI (…) in the open, and in Flate streams while they inflate to at most a few MiB. */
void reader_pdf(struct reader *r, struct str pdf);

/* --- head.c --- */

/* DMARC pass for `domain` in one Authentication-Results value of a listed server; also ret_failed: spf, dkim or dmarc
 * fail, whoever says so. */
bool head_listed(struct str value, const struct mail_options *o); /* the value is of a listed server */
bool head_confirms(struct str value, struct str domain, const struct mail_options *o, bool *ret_failed);

/* --- read.c --- */

/* Open for as long as the process lives, so that they can be used where no file can be opened. */
extern void *mail_charsets[];

#endif
