#include "pet/oprf.h"
#include "seam/crypto.h"

#include <sodium.h>

#define SUITE "ristretto255-SHA512"
#define CONTEXT_BYTES 64

static void feed(struct crypto_hash_sha512_state *h, const void *p, size_t n)
{
	if (n)
		crypto_hash_sha512_update(h, p, n);
}

static void feed_u16(struct crypto_hash_sha512_state *h, size_t v)
{
	uint8_t b[2] = {(uint8_t)(v >> 8), (uint8_t)v};
	feed(h, b, sizeof(b));
}

static void feed_lp(struct crypto_hash_sha512_state *h, const void *p, size_t n)
{
	feed_u16(h, n);
	feed(h, p, n);
}

/* ---- hashing to scalars and elements (RFC 9380 section 5.3.1 with SHA-512, 64 bytes out: one round) ---- */

struct tag { /* domain separation tag, at most 255 bytes */
	uint8_t b[CONTEXT_BYTES + 32];
	size_t n;
};

static struct tag tag_of(const char *prefix, const char *context, size_t context_n)
{
	struct tag t;
	t.n = strlen(prefix);
	memcpy(t.b, prefix, t.n);
	memcpy(t.b + t.n, context, context_n);
	t.n += context_n;
	return t;
}

static size_t context_of(enum oprf_mode m, char ret[CONTEXT_BYTES])
{
	static const char head[] = "OPRFV1-", tail[] = "-" SUITE;
	memcpy(ret, head, sizeof(head) - 1);
	ret[sizeof(head) - 1] = (char)m;
	memcpy(ret + sizeof(head), tail, sizeof(tail) - 1);
	return sizeof(head) + sizeof(tail) - 1;
}

/* Begins expand_message_xmd: the caller feeds the message and calls expand_end. */
static void expand_begin(struct crypto_hash_sha512_state *h)
{
	static const uint8_t zeros[128];
	crypto_hash_sha512_init(h);
	feed(h, zeros, sizeof(zeros));
}

static void expand_end(struct crypto_hash_sha512_state *h, const struct tag *t, uint8_t ret[64])
{
	static const uint8_t one[] = {1};
	const uint8_t len[3] = {0, 64, 0}, n = (uint8_t)t->n;
	uint8_t b0[64];
	feed(h, len, sizeof(len));
	feed(h, t->b, t->n);
	feed(h, &n, 1);
	crypto_hash_sha512_final(h, b0);
	crypto_hash_sha512_init(h);
	feed(h, b0, sizeof(b0));
	feed(h, one, 1);
	feed(h, t->b, t->n);
	feed(h, &n, 1);
	crypto_hash_sha512_final(h, ret);
	sodium_memzero(h, sizeof(*h));
	sodium_memzero(b0, sizeof(b0));
}

int oprf_hash(enum oprf_mode m, struct str input, struct element *ret)
{
	char context[CONTEXT_BYTES];
	struct tag t = tag_of("HashToGroup-", context, context_of(m, context));
	uint8_t wide[64];
	struct crypto_hash_sha512_state h;
	expand_begin(&h);
	feed(&h, input.p, input.n);
	expand_end(&h, &t, wide);
	group_map(wide, 1, ret);
	sodium_memzero(wide, sizeof(wide));
	return group_is_identity(ret) ? KT_EINVAL : 0;
}

int oprf_derive(enum oprf_mode m, const uint8_t seed[32], struct str info, struct scalar *ret_secret,
                struct element *ret_public)
{
	char context[CONTEXT_BYTES];
	struct tag t = tag_of("DeriveKeyPair", context, context_of(m, context));
	struct scalar k = {{0}};
	uint8_t wide[64];
	for (unsigned counter = 0; counter < 256 && scalar_is_zero(&k); counter++) {
		const uint8_t c = (uint8_t)counter;
		struct crypto_hash_sha512_state h;
		expand_begin(&h);
		feed(&h, seed, 32);
		feed_lp(&h, info.p, info.n);
		feed(&h, &c, 1);
		expand_end(&h, &t, wide);
		scalar_reduce(wide, &k);
	}
	int rc = group_base(&k, 1, ret_public) ? KT_ECRYPTO : 0;
	if (!rc)
		*ret_secret = k;
	sodium_memzero(wide, sizeof(wide));
	sodium_memzero(&k, sizeof(k));
	return rc;
}

/* ---- the function ---- */

int oprf_blind(enum oprf_mode m, const struct str *input, const struct scalar *blind, size_t n, struct element *ret)
{
	for (size_t i = 0; i < n; i++)
		if (oprf_hash(m, input[i], &ret[i]))
			return KT_EINVAL;
	return group_mul(ret, blind, n, ret);
}

int oprf_evaluate(const struct scalar *k, const struct element *blinded, size_t n, struct element *ret)
{
	return group_mul_one(blinded, k, n, ret);
}

int oprf_unblind(const struct scalar *blind, const struct element *evaluated, size_t n, struct element *ret)
{
	struct scalar inverse[64];
	int rc = 0;
	for (size_t at = 0; at < n && !rc; at += 64) {
		size_t some = n - at < 64 ? n - at : 64;
		rc = scalar_invert(blind + at, some, inverse);
		if (!rc)
			rc = group_mul(evaluated + at, inverse, some, ret + at);
	}
	sodium_memzero(inverse, sizeof(inverse));
	return rc;
}

void oprf_finish(struct str input, const struct element *n, uint8_t ret[OPRF_OUTPUT])
{
	struct crypto_hash_sha512_state h;
	crypto_hash_sha512_init(&h);
	feed_lp(&h, input.p, input.n);
	feed_lp(&h, n->b, GROUP_BYTES);
	feed(&h, "Finalize", 8);
	crypto_hash_sha512_final(&h, ret);
	sodium_memzero(&h, sizeof(h));
}

/* ---- batched proofs of equal discrete logarithms (RFC 9497 section 2.2) ---- */

struct proving {
	const char *context;
	struct tag scalar_tag;
	uint8_t seed[64];
};

static void proving_begin(struct proving *p, const char *context, const struct element *b)
{
	size_t n = strlen(context);
	struct tag seed_tag = tag_of("Seed-", context, n);
	struct crypto_hash_sha512_state h;
	p->context = context;
	p->scalar_tag = tag_of("HashToScalar-", context, n);
	crypto_hash_sha512_init(&h);
	feed_lp(&h, b->b, GROUP_BYTES);
	feed_lp(&h, seed_tag.b, seed_tag.n);
	crypto_hash_sha512_final(&h, p->seed);
}

/* The public weight of pair i. */
static void weight(const struct proving *p, size_t i, const struct element *c, const struct element *d,
                   struct scalar *ret)
{
	uint8_t wide[64];
	struct crypto_hash_sha512_state h;
	expand_begin(&h);
	feed_lp(&h, p->seed, sizeof(p->seed));
	feed_u16(&h, i);
	feed_lp(&h, c->b, GROUP_BYTES);
	feed_lp(&h, d->b, GROUP_BYTES);
	feed(&h, "Composite", 9);
	expand_end(&h, &p->scalar_tag, wide);
	scalar_reduce(wide, ret);
}

/* sum + Σ w·p, where a first sum is the identity. */
static int sum_on(const struct element *p, const struct scalar *w, size_t n, bool first, struct element *sum)
{
	struct element part;
	if (group_sum(p, w, n, first ? sum : &part))
		return KT_ECRYPTO;
	if (!first)
		group_add(sum, &part, sum);
	return 0;
}

/* M = Σ weight·C and, unless z is NULL, Z = Σ weight·D. */
static int composites(const struct proving *p, const struct element *c, const struct element *d, size_t n,
                      struct element *m, struct element *z)
{
	struct scalar w[64];
	for (size_t at = 0; at < n; at += 64) {
		size_t some = n - at < 64 ? n - at : 64;
		for (size_t i = 0; i < some; i++)
			weight(p, at + i, &c[at + i], &d[at + i], &w[i]);
		if (sum_on(c + at, w, some, at == 0, m) || (z && sum_on(d + at, w, some, at == 0, z)))
			return KT_ECRYPTO;
	}
	return group_is_identity(m) || (z && group_is_identity(z)) ? KT_ECRYPTO : 0;
}

static void challenge(const struct proving *p, const struct element *b, const struct element mz23[4],
                      struct scalar *ret)
{
	uint8_t wide[64];
	struct crypto_hash_sha512_state h;
	expand_begin(&h);
	feed_lp(&h, b->b, GROUP_BYTES);
	for (size_t i = 0; i < 4; i++)
		feed_lp(&h, mz23[i].b, GROUP_BYTES);
	feed(&h, "Challenge", 9);
	expand_end(&h, &p->scalar_tag, wide);
	scalar_reduce(wide, ret);
}

int oprf_prove(const char *context, const struct scalar *k, const struct element *b, const struct element *c,
               const struct element *d, size_t n, const struct scalar *r, struct oprf_proof *ret)
{
	struct proving p;
	struct element a[4]; /* M, Z, t2, t3 */
	struct scalar fresh;
	struct oprf_proof made;
	if (n == 0 || n > GROUP_BATCH || strlen(context) >= CONTEXT_BYTES)
		return KT_EINVAL;
	proving_begin(&p, context, b);
	if (composites(&p, c, d, n, &a[0], NULL) || group_mul_one(&a[0], k, 1, &a[1]))
		return KT_ECRYPTO;
	if (r)
		fresh = *r;
	else
		scalar_random(&fresh);
	int rc = group_base(&fresh, 1, &a[2]) || group_mul_one(&a[0], &fresh, 1, &a[3]) ? KT_ECRYPTO : 0;
	challenge(&p, b, a, &made.c);
	scalar_mul(&made.c, k, &made.s);
	scalar_sub(&fresh, &made.s, &made.s);
	sodium_memzero(&fresh, sizeof(fresh));
	if (!rc)
		*ret = made;
	return rc;
}

int oprf_verify(const char *context, const struct element *b, const struct element *c, const struct element *d,
                size_t n, const struct oprf_proof *proof)
{
	struct proving p;
	struct element a[4], part;
	struct scalar want;
	if (n == 0 || n > GROUP_BATCH || strlen(context) >= CONTEXT_BYTES)
		return KT_EINVAL;
	if (scalar_decode(proof->s.b, &want)) /* one proof, one encoding; c is compared with a reduced one */
		return KT_ECRYPTO;
	proving_begin(&p, context, b);
	if (composites(&p, c, d, n, &a[0], &a[1]) || group_base_and(&proof->s, &proof->c, b, &a[2]))
		return KT_ECRYPTO;
	if (group_mul_one(&a[0], &proof->s, 1, &a[3]) || group_mul_one(&a[1], &proof->c, 1, &part))
		return KT_ECRYPTO;
	group_add(&a[3], &part, &a[3]);
	challenge(&p, b, a, &want);
	return sodium_memcmp(want.b, proof->c.b, GROUP_BYTES) ? KT_ECRYPTO : 0;
}
