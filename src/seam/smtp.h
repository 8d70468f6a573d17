/* Mail out, over libcurl. Whether the line is encrypted is not a choice: smtps:// always is, smtp:// must become it
 * (STARTTLS), and only a mail server on this machine itself may do without. */
#ifndef SEAM_SMTP_H
#define SEAM_SMTP_H
#include "base/buf.h"
#include "seam/send.h"

struct smtp_server {
	const char *url;             /* smtp://host:587 or smtps://host:465 */
	const char *user, *password; /* NULL: none */
	const char *from;            /* the sender's address */
	struct send_limits limits;
};

/* One plain message. Texts are UTF-8; the id makes a repeat recognisable. */
struct smtp_mail {
	struct str to, subject, text;
	struct str id; /* letters, digits and hyphens */
	int64_t now_ms;
	bool reply;              /* an automatic answer: from the null sender, so that nothing answers it (RFC 3834) */
	struct str in_reply_to;  /* message id without < and >; n 0: none */
};

/* An address that can stand in a header and an SMTP command as it is: ASCII, one @, no spaces, brackets, quotes or
 * control bytes, at most 254 bytes. */
bool smtp_address(struct str a);
/* Is the server's address usable? KT_EINVAL with a Dutch text. */
int smtp_check(const char *url, struct err *e) KT_CHECK;
/* Its host; false when the address is none. */
bool smtp_host(const char *url, char ret[256]);
/* The message as it goes over the line (RFC 5322, base 64, lines ended by CR LF). Nothing of the texts can become a
 * header or a second message. KT_EINVAL when an address is not usable or the subject holds a control byte. */
int smtp_message(const struct smtp_mail *m, const char *from, struct buf *ret, struct err *e) KT_CHECK;
/* Sends one. Blocks. */
enum send_why smtp_send(const struct smtp_server *s, const struct smtp_mail *m);

#endif
