/* What the files of this room share. */
#ifndef AUDIT_AUDIT_INT_H
#define AUDIT_AUDIT_INT_H
#include "audit/audit.h"
#include "base/buf.h"
#include "seam/crypto.h"

#define AUDIT_CHAIN_MAX 64
#define AUDIT_HASH 32
#define AUDIT_KNOWN_MAX ((size_t)SIGN_PUBLIC * 4096)
#define AUDIT_JSON_MAX ((size_t)1 << 20) /* heads of a few thousand chains */

struct audit_row {
	struct str chain;
	int64_t seq, at_ms;
	struct str actor, action, object, detail;
	struct str prev, hash; /* AUDIT_HASH bytes, unless somebody changed them */
};

/* Where a chain ends. */
struct audit_end {
	char chain[AUDIT_CHAIN_MAX + 1];
	int64_t seq;
	uint8_t hash[AUDIT_HASH];
};

struct audit_head {
	int64_t n, at_ms;
	struct str chains, key, sig;
};

/* DIR/audit.head: what the last group left, so that a cut end shows. n 0: no group yet. */
struct audit_mark {
	int64_t n, at_ms;
	struct audit_end end;        /* of the writer's own chain */
	uint8_t message[AUDIT_HASH]; /* hash of the signed head */
	uint8_t public[SIGN_PUBLIC];
	uint8_t sig[SIGN_BYTES];
};

/* head.c */
void audit_row_hash(uint8_t out[AUDIT_HASH], const struct audit_row *r, int64_t seq);
/* What a head's signature covers: number, time and chains. */
int audit_head_message(struct buf *b, int64_t n, int64_t at_ms, struct str chains) KT_CHECK;
/* The same, and the hash of it that a mark holds. */
int audit_head_hash(struct buf *b, const struct audit_head *h, uint8_t ret[AUDIT_HASH]) KT_CHECK;
int audit_chains_write(struct buf *b, const struct audit_end *ends, size_t n) KT_CHECK;
/* KT_EINVAL when it is not what audit_chains_write writes. In `a`. */
int audit_chains_of(struct arena *a, struct str json, const struct audit_end **ret, size_t *ret_n) KT_CHECK;
void audit_mark_sign(struct audit_mark *m, const uint8_t secret[SIGN_SECRET]);
/* 0; KT_ENOTFOUND when there is no file or an empty one; KT_EIO and the like; KT_ECORRUPT when its content or signature
 * is not good. */
int audit_mark_get(const char *dir, struct audit_mark *ret) KT_CHECK;
/* The first one, durable; what stands there already stays. */
int audit_mark_make(const char *dir, const struct audit_mark *m, struct err *e) KT_CHECK;
/* Over an older one only: after a cut end a later mark, or a missing one, is the evidence. */
void audit_mark_put(const char *dir, const struct audit_mark *m);

/* known.c */
/* Adds the keys in DIR/keys/audit.known to `to`; none when there is no file. KT_EREFUSED, KT_ECORRUPT, KT_ELIMIT. */
int audit_known_get(const char *dir, struct buf *to, struct err *e) KT_CHECK;
bool audit_known_has(const struct buf *known, const uint8_t key[SIGN_PUBLIC]);
/* Makes audit.head, at the last head of the database; when that holds anything, only if `always`. */
int audit_mark_start(struct store *s, const char *dir, const struct clock *clk, const uint8_t secret[SIGN_SECRET],
                     bool always, struct err *e) KT_CHECK;

/* audit_store.c */
/* Is there a row, a head or a dossier? */
int audit_used_get(struct tx *tx, bool *ret, struct err *e) KT_CHECK;
int audit_row_insert(struct tx *tx, const struct audit_row *r, struct err *e) KT_CHECK;
int audit_head_insert(struct tx *tx, const struct audit_head *h, struct err *e) KT_CHECK;
int audit_key_insert(struct tx *tx, const uint8_t public[SIGN_PUBLIC], int64_t now_ms, struct err *e) KT_CHECK;
/* 0 and seq 0 when the chain has no rows. */
int audit_end_get(struct tx *tx, const char *chain, struct audit_end *ret, struct err *e) KT_CHECK;
/* The ends of all chains that have rows, in `a`. */
int audit_ends_get(struct tx *tx, struct arena *a, const struct audit_end **ret, size_t *ret_n, struct err *e) KT_CHECK;
/* The last head with a number of at most `upto`, without key and signature; KT_ENOTFOUND when there is none. */
int audit_head_get(struct tx *tx, struct arena *a, int64_t upto, struct audit_head *ret, struct err *e) KT_CHECK;
typedef int (*audit_row_fn)(const struct audit_row *r, void *arg);
typedef int (*audit_head_fn)(const struct audit_head *h, void *arg);
typedef int (*audit_key_fn)(struct str public, void *arg);
/* At most `limit` rows with from < seq <= to, in order. */
int audit_rows_each(struct tx *tx, const char *chain, int64_t from, int64_t to, int64_t limit, audit_row_fn fn,
                    void *arg, struct err *e) KT_CHECK;
int audit_heads_each(struct tx *tx, int64_t from, int64_t limit, audit_head_fn fn, void *arg, struct err *e) KT_CHECK;
int audit_keys_each(struct tx *tx, audit_key_fn fn, void *arg, struct err *e) KT_CHECK;
/* The rows of a chain that point back at `hash`, and those that have it: only when something is wrong. */
int audit_rows_after(struct tx *tx, const char *chain, struct str hash, int64_t *ret_seq, struct err *e) KT_CHECK;
int audit_rows_with(struct tx *tx, const char *chain, struct str hash, int64_t *ret_seq, struct err *e) KT_CHECK;

#endif
