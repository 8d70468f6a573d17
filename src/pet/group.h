/* The group of the private exchange: ristretto255 (RFC 9496) over arrays. Everything above works on arrays of
 * elements, so that one call can be one batch of a vector kernel; this is the portable path, on libsodium, and the
 * reference for every other. Elements and scalars stand encoded, 32 bytes each, scalars little-endian and below the
 * order (PROTOCOLS sections 0 and 2). Secret scalars never steer a branch or an index. */
#ifndef PET_GROUP_H
#define PET_GROUP_H
#include "base/err.h"
#include "base/str.h"

#define GROUP_BYTES 32
#define GROUP_BATCH 4096 /* the largest batch of the protocol */

struct element {
	uint8_t b[GROUP_BYTES];
};
struct scalar {
	uint8_t b[GROUP_BYTES];
};

/* ---- elements ---- */

/* Takes n elements of 32 bytes from outside: each must be canonical and not the identity. KT_EINVAL otherwise, with
 * *ret_bad (may be NULL) the position of the first that is not. `ret` may be NULL (a check only). */
int group_decode(const uint8_t *in, size_t n, struct element *ret, size_t *ret_bad) KT_CHECK;
/* The one-way map of RFC 9496 on n × 64 uniform bytes. */
void group_map(const uint8_t *uniform, size_t n, struct element *ret);
/* ret[i] = s[i]·p[i]. KT_EINVAL when a product is the identity (or p[i] was no element); `ret` may be `p`. */
int group_mul(const struct element *p, const struct scalar *s, size_t n, struct element *ret) KT_CHECK;
/* ret[i] = s·p[i], the same scalar for all. */
int group_mul_one(const struct element *p, const struct scalar *s, size_t n, struct element *ret) KT_CHECK;
/* ret[i] = s[i]·G. KT_EINVAL when a scalar is 0. */
int group_base(const struct scalar *s, size_t n, struct element *ret) KT_CHECK;
/* a + b and a − b; of valid elements. The identity is 32 zero bytes, and allowed here. */
void group_add(const struct element *a, const struct element *b, struct element *ret);
void group_sub(const struct element *a, const struct element *b, struct element *ret);
/* Σ s[i]·p[i]; the sum may be the identity, no product may. */
int group_sum(const struct element *p, const struct scalar *s, size_t n, struct element *ret) KT_CHECK;
/* s·G + c·p, as proofs are checked. */
int group_base_and(const struct scalar *s, const struct scalar *c, const struct element *p,
                   struct element *ret) KT_CHECK;
bool group_same(const struct element *a, const struct element *b); /* constant time */
bool group_is_identity(const struct element *a);

/* ---- scalars mod the order ---- */

/* From outside: 32 bytes below the order, else KT_EINVAL. */
int scalar_decode(const uint8_t in[GROUP_BYTES], struct scalar *ret) KT_CHECK;
void scalar_reduce(const uint8_t wide[64], struct scalar *ret); /* little-endian, mod the order */
void scalar_random(struct scalar *ret);                         /* never 0 */
void scalars_random(size_t n, struct scalar *ret);              /* many at once cost few system calls */
void scalar_of(uint64_t v, struct scalar *ret);
void scalar_add(const struct scalar *a, const struct scalar *b, struct scalar *ret);
void scalar_sub(const struct scalar *a, const struct scalar *b, struct scalar *ret);
void scalar_mul(const struct scalar *a, const struct scalar *b, struct scalar *ret);
void scalar_neg(const struct scalar *a, struct scalar *ret);
bool scalar_is_zero(const struct scalar *a);
/* All n inverses at the price of one inversion (Montgomery). None may be 0: KT_EINVAL. `ret` may not overlap `a`. */
int scalar_invert(const struct scalar *a, size_t n, struct scalar *ret) KT_CHECK;
/* p(z) of the polynomial with coefficients c[0..n-1] (Horner). */
void scalar_poly(const struct scalar *c, size_t n, const struct scalar *z, struct scalar *ret);

/* ---- the notation of PROTOCOLS section 0, with the macros of seam/crypto.h for the fields ---- */

#define F_POINT(e) ((struct str){(const char *)(e)->b, GROUP_BYTES})
#define F_POINTS(e, n) ((struct str){(const char *)(e)->b, GROUP_BYTES * (size_t)(n)})
#define F_SCALAR(s) F_POINT(s)
/* S(label, f…) as a scalar and P(label, f…) as an element. */
void pet_s_v(struct scalar *ret, const char *label, const struct str *f, size_t n);
void pet_p_v(struct element *ret, const char *label, const struct str *f, size_t n);
#define pet_s(ret, label, ...) pet_s_v((ret), (label), FIELDS(__VA_ARGS__))
#define pet_p(ret, label, ...) pet_p_v((ret), (label), FIELDS(__VA_ARGS__))

/* Proof of knowledge pok(label, x, msg) of x for y = x·G: challenge and answer. w fresh from the system, or given for
 * the published vectors (NULL: fresh). */
struct pok {
	struct scalar c, s;
};
void pok_make(const char *label, const struct scalar *x, const struct element *y, struct str msg,
              const struct scalar *w, struct pok *ret);
/* KT_ECRYPTO when it does not hold. */
int pok_check(const char *label, const struct element *y, struct str msg, const struct pok *p) KT_CHECK;

#endif
