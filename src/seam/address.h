/* Internet addresses that nothing of ours may be sent to: whoever names a receiver must not be able to reach our own
 * network with it. Pure but for the name look-up. */
#ifndef SEAM_ADDRESS_H
#define SEAM_ADDRESS_H
#include "base/err.h"
#include "base/str.h"
#include <stdatomic.h>

/* 16 bytes, an IPv4 address mapped (::ffff:a.b.c.d). */
struct address {
	uint8_t b[16];
};

/* Is it a unicast address of the public internet? The tables are in address.c (IANA special-purpose registries); an
 * IPv4 address inside a mapped or NAT64 one is judged itself; 6to4, Teredo and compatible ones never are. */
bool address_public(const struct address *a);
bool address_loopback(const struct address *a);
/* "192.0.2.1" or "2001:db8::1", nothing else (no 0x7f.1, no 127.1). */
bool address_of(struct str text, struct address *ret);
#define ADDRESS_TEXT 46
void address_text(const struct address *a, char ret[ADDRESS_TEXT]);

#define ADDRESSES 16
/* All addresses of a name (at most ADDRESSES: more is KT_ELIMIT). Waits at most `wait_ms`, less when *stop becomes
 * true; stop may be NULL. KT_ENOTFOUND, KT_ETIMEOUT, KT_EUNAVAIL, KT_ENOMEM. */
int address_find(const char *host, unsigned wait_ms, const atomic_bool *stop, struct address ret[ADDRESSES],
                 size_t *ret_n, struct err *e) KT_CHECK;

#endif
