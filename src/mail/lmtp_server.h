/* LMTP on a socket of this machine: a few connections at a time, each with a thread that ends with it. */
#ifndef MAIL_LMTP_SERVER_H
#define MAIL_LMTP_SERVER_H
#include "mail/deliver.h"

#define LMTP_CONNECTIONS 16            /* at one time; the next one hears 421 */
#define LMTP_MEMORY ((size_t)64 << 20) /* bytes of messages that are coming in, all together; beyond it 452 */
#define LMTP_TRANSFER_FACTOR 10        /* a message may take so many times the time-out, however it drips */

struct lmtp_server_options {
	const char *socket; /* path of a Unix socket; "" for none */
	uint16_t port;      /* on 127.0.0.1; used when listen_port, 0 chooses one */
	bool listen_port;
	unsigned seconds;    /* how long a client may be silent */
	const char *address; /* mail for this address only; "": for any */
};

struct lmtp_server;
/* Listens before it returns. Options and desk are borrowed. KT_EEXISTS when another server listens on the path. */
int lmtp_server_start(const struct lmtp_server_options *o, struct mail_desk *d, struct lmtp_server **ret,
                      struct err *e) KT_CHECK;
uint16_t lmtp_server_port(const struct lmtp_server *s); /* 0: none */
/* Finishes messages that were taken in whole, says 421 to the rest. Takes NULL, returns NULL. */
struct lmtp_server *lmtp_server_stop(struct lmtp_server *s);

#endif
