/* The zone that blocking resolvers take (RPZ, draft-vixie-dnsop-dns-rpz): every domain against which a barrier
 * stands, and everything below it. */
#ifndef FEED_RPZ_H
#define FEED_RPZ_H
#include "base/buf.h"
#include "policy/policy.h"
#include "store/store.h"

#define RPZ_ZONE "rpz.kentering"
#define RPZ_TTL 60

#define RPZ_PAGE 5000

struct rpz_page {
	struct identifier name[RPZ_PAGE]; /* domains, different, in the order of the source */
	bool shielded[RPZ_PAGE];          /* may not be hit now: counted, never written */
	size_t n;
};

/* Gives the names behind `after` (n 0: from the start), at most RPZ_PAGE; none when there are no more. Where names come
 * from is not this room's to know: safety_standing of barrier/ is the one that counts. */
typedef int (*rpz_source)(struct tx *tx, const struct policy *p, int64_t now_ms, struct str after, struct rpz_page *ret,
                          struct err *e);

struct rpz_opts {
	rpz_source source; /* required */
	struct str zone;   /* name of the policy zone, with or without a dot behind it; n 0: RPZ_ZONE */
	struct str target; /* "." or n 0: the name does not exist (NXDOMAIN); else the host of the warning page */
	uint32_t ttl;      /* seconds; 0: RPZ_TTL */
	int64_t now_ms;    /* of the serial, and what an end of a barrier is compared with */
};

struct rpz_result {
	int64_t names;             /* in the zone, two records each */
	int64_t skipped_protected; /* safety lists, public suffixes, shared hosting, the warning page itself */
	int64_t skipped_long;      /* with the zone behind it no longer a name in the DNS */
	int64_t skipped_odd;       /* would mean something else in a policy zone (rpz-ip, …), or is no host name */
	uint32_t serial;
};

/* Writes the zone as it stands now, in one snapshot, in order of name; memory does not grow with the number of names.
 * 0, or: KT_EINVAL (an option), KT_EFULL or KT_EIO (what was written until then is no zone), or a code of the store. */
int rpz_export(struct store *s, const struct policy *p, const struct rpz_opts *o, int fd, struct rpz_result *ret,
               struct err *e) KT_CHECK;

/* ---- the text of the zone; pure ---- */

#define RPZ_WIRE 255 /* octets of a name on the wire, RFC 1035 section 2.3.4 */

struct rpz_zone { /* options that were checked; texts end with NUL and have no dot behind them */
	char zone[RPZ_WIRE];
	char target[RPZ_WIRE]; /* "" for NXDOMAIN */
	size_t zone_n, target_n;
	uint32_t ttl, serial;
};

enum rpz_fit {
	RPZ_FITS,
	RPZ_LONG, /* *.name.zone exceeds RPZ_WIRE, or a label 63 octets */
	RPZ_ODD,  /* an empty label, an asterisk, or a last label that makes it another kind of trigger */
	RPZ_OWN   /* the warning page would be blocked by its own zone */
};

int rpz_check(const struct rpz_opts *o, struct rpz_zone *ret, struct err *e) KT_CHECK;
enum rpz_fit rpz_fits(const struct rpz_zone *z, struct str name);
/* $TTL, SOA and NS. */
void rpz_head(struct buf *b, const struct rpz_zone *z);
/* The two records of a name that fits. */
void rpz_name(struct buf *b, const struct rpz_zone *z, struct str name);

#endif
