/* Keys split t of n over holders: quorums, key records, and the making, refreshing and re-sharing of shares without
 * anybody ever holding a whole key (PROTOCOLS sections 3 and 4). Pure: messages in, messages out; files, clocks and
 * signatures' keys are the caller's. */
#ifndef PET_THRESHOLD_H
#define PET_THRESHOLD_H
#include "base/buf.h"
#include "pet/oprf.h"

#define HOLDERS_MAX 16
#define KEY_ID 16
#define HASH_BYTES 32

enum key_use { KEY_CHECK = 1, KEY_SEAL = 2, KEY_OUTER = 3, KEY_PERSON = 4, KEY_LINE = 5 };
enum key_audience {
	AUDIENCE_NONE = 0,
	AUDIENCE_BANK = 1,
	AUDIENCE_TELECOM,
	AUDIENCE_PLATFORM,
	AUDIENCE_POLICE,
	AUDIENCE_PUBLIC
};

/* ---- quorums ---- */

/* Exactly t holders, ascending from 1. */
struct quorum {
	uint8_t t;
	uint8_t index[HOLDERS_MAX];
};
/* Is it t ascending indices of 1..n? KT_EINVAL otherwise. */
int quorum_check(const struct quorum *q, uint8_t t, uint8_t n) KT_CHECK;
bool quorum_has(const struct quorum *q, uint8_t i);
/* λ_i(Q), and its like at another point: Π over j of Q without i of (z − j)/(i − j). `i` stands in Q. */
void quorum_lambda(const struct quorum *q, uint8_t i, struct scalar *ret);
void quorum_lambda_at(const struct quorum *q, uint8_t i, uint8_t z, struct scalar *ret);

/* ---- key records ---- */

struct key_record {
	enum key_use use;
	uint8_t audience;
	uint32_t epoch;
	uint8_t t, n;
	uint32_t generation;
	bool embedded; /* all holders under one operator */
	uint16_t canon;
	uint32_t first_day, last_day;
	struct element key;                /* K */
	struct element share[HOLDERS_MAX]; /* K_1 … K_n at [0] … [n-1] */
	uint8_t transcript[HASH_BYTES];
	uint8_t sig[HOLDERS_MAX][64];
	uint8_t id[KEY_ID];
};
#define KEY_RECORD_MAX (2 + 4 + 2 + 4 + 1 + 2 + 8 + 32 + HOLDERS_MAX * (32 + 64) + HASH_BYTES)

void key_id_of(enum key_use use, uint8_t audience, uint32_t epoch, const struct element *key, uint8_t ret[KEY_ID]);
/* The bytes that the holders sign. */
void key_record_body(const struct key_record *r, struct buf *out);
/* Body and signatures. */
void key_record_write(const struct key_record *r, struct buf *out);
/* Form, limits, and that all K_i lie on one polynomial through K. Signatures are the next function's. */
int key_record_read(struct str bytes, struct key_record *ret, struct err *e) KT_CHECK;
/* All n holders signed it; sign_key[i] is that of holder i+1. KT_ECRYPTO names the first that did not. */
int key_record_verify(const struct key_record *r, const uint8_t (*sign_key)[32], struct err *e) KT_CHECK;
void key_record_sign(struct key_record *r, uint8_t index, const uint8_t secret[64]);

/* ---- evaluation by a quorum (4.2, 4.3) ---- */

/* A holder's part: ret[i] = λ·k·blinded[i] with its proof under `context`; r as in oprf_prove. */
int threshold_evaluate(const char *context, const struct scalar *k, const struct quorum *q, uint8_t index,
                       const struct element *blinded, size_t n, const struct scalar *r, struct element *ret,
                       struct oprf_proof *ret_proof) KT_CHECK;
/* Does the part of holder `index` hold against its K_i? KT_ECRYPTO: it lied. */
int threshold_verify(const char *context, const struct element *share, const struct quorum *q, uint8_t index,
                     const struct element *blinded, const struct element *part, size_t n,
                     const struct oprf_proof *proof) KT_CHECK;
/* Σ of the parts of all of Q; part[j] is that of q->index[j]. */
int threshold_add(const struct element *const part[], uint8_t t, size_t n, struct element *ret) KT_CHECK;

/* ---- making keys ---- */

enum dkg_kind { DKG_NEW = 1, DKG_REFRESH = 2, DKG_RESHARE = 3 };

struct dkg_party {
	uint8_t index;
	uint8_t sign_key[32], box_key[32];
};

/* One ceremony. Receivers get shares; dealers give them. Both are the same people except when re-sharing, where the
 * dealers are the quorum of old holders. `start` holds what C_0 of each dealer must be (unused for a new key). */
struct dkg {
	enum dkg_kind kind;
	uint8_t t, n;
	struct dkg_party party[HOLDERS_MAX]; /* receivers, index 1..n */
	uint8_t dealers;
	uint8_t dealer[HOLDERS_MAX]; /* their indices */
	struct element start[HOLDERS_MAX];
	uint8_t cid[HASH_BYTES];
};
#define DKG_REVEAL_MAX (HASH_BYTES + 1 + HOLDERS_MAX * 32 + 64)
#define DKG_SHARE_BYTES (HASH_BYTES + 2 + 48 + HASH_BYTES + 2 + 32)

/* Computes cid over all that is set, and `detail` (use ‖ audience ‖ epoch; the old record, and Q, when there is one).
 * KT_EINVAL when t or n is out of bounds or indices are not 1..n. */
int dkg_begin(struct dkg *d, struct str detail, struct err *e) KT_CHECK;
/* A dealer's polynomial: `a0` NULL draws it (new key); 0 for a refresh; λ·k when re-sharing. Wipe after use. */
void dkg_draw(const struct dkg *d, const struct scalar *a0, struct scalar ret[HOLDERS_MAX]);
/* Message 2 of dealer `i` (unsigned), and message 1 about it. */
void dkg_reveal(const struct dkg *d, uint8_t i, const struct scalar coef[], struct buf *out);
void dkg_commit(const struct dkg *d, uint8_t i, struct str reveal, struct buf *out);

struct dkg_reveal { /* a checked message 2 */
	uint8_t index;
	struct element c[HOLDERS_MAX];
};
/* Form, ceremony, dealer, C_0 as it must be, proof of knowledge; and that `commit` spoke of it. KT_ECRYPTO, KT_EINVAL.
 */
int dkg_reveal_read(const struct dkg *d, struct str reveal, struct str commit, struct dkg_reveal *ret,
                    struct err *e) KT_CHECK;
/* Message 3 from dealer i to receiver j (unsigned). */
int dkg_share(const struct dkg *d, uint8_t i, uint8_t j, const struct scalar coef[], struct buf *out) KT_CHECK;
/* Opens and checks it against the reveal. KT_ECRYPTO: complain. */
int dkg_share_open(const struct dkg *d, const struct dkg_reveal *from, uint8_t j, const uint8_t box_secret[32],
                   struct str share, struct scalar *ret, struct err *e) KT_CHECK;
/* Message 4: receiver j cannot use what dealer i gave it; the dealer's answer gives f_i(j) in the clear, and everybody
 * judges it by the reveal (dkg_answer_read: KT_ECRYPTO, the complaint is upheld). All unsigned. */
#define DKG_COMPLAINT_BYTES (HASH_BYTES + 2)
#define DKG_ANSWER_BYTES (HASH_BYTES + 2 + 32)
void dkg_complaint(const struct dkg *d, uint8_t j, uint8_t i, struct buf *out);
int dkg_complaint_read(const struct dkg *d, struct str complaint, uint8_t *ret_j, uint8_t *ret_i,
                       struct err *e) KT_CHECK;
void dkg_answer(const struct dkg *d, uint8_t i, uint8_t j, const struct scalar coef[], struct buf *out);
int dkg_answer_read(const struct dkg *d, const struct dkg_reveal *from, uint8_t j, struct str answer,
                    struct scalar *ret, struct err *e) KT_CHECK;
/* f(j)·G against the reveal. */
bool dkg_share_fits(const struct dkg *d, const struct dkg_reveal *from, uint8_t j, const struct scalar *share);
/* The public half of what came out: K, K_i and transcript into `ret` (its other members are the caller's). Reveals in
 * the order of d->dealer, with their bytes. `old` is the record that is refreshed; NULL otherwise. */
int dkg_finish(const struct dkg *d, const struct dkg_reveal *reveal, const struct str *bytes,
               const struct key_record *old, struct key_record *ret, struct err *e) KT_CHECK;
/* Receiver j's new share: the sum of what it got (and its old share when refreshing); KT_ECRYPTO unless share·G = K_j.
 */
int dkg_own(const struct dkg *d, uint8_t j, const struct scalar *got, const struct scalar *old,
            const struct key_record *made, struct scalar *ret) KT_CHECK;

#endif
