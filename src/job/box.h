/* What waits in the outbox and may not be read from the database: sealed under the key file "outbox" of the data
 * directory (docs/security.md). */
#ifndef JOB_BOX_H
#define JOB_BOX_H
#include "base/buf.h"
#include "seam/crypto.h"

struct box; /* the key, in guarded memory */
/* DIR/keys/outbox, made on first use. */
int box_open(const char *dir, struct box **ret, struct err *e) KT_CHECK;
struct box *box_close(struct box *b); /* takes NULL, returns NULL */

/* Seals `plain` for one purpose (a literal) and one object (an id of ours): it opens for those only. Into `ret`. */
void box_seal(const struct box *b, const char *what, struct str object, struct str plain, struct buf *ret);
/* Appends the plain text to `ret`. KT_ECRYPTO when it is not ours or was moved. */
int box_unseal(const struct box *b, const char *what, struct str object, struct str sealed, struct buf *ret,
               struct err *e) KT_CHECK;
/* A keyed hash for one purpose: equal texts, equal hashes, and no way back without the key. */
void box_hash(const struct box *b, const char *what, const struct str *f, size_t n, uint8_t ret[32]);

#endif
