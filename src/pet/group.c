#include "pet/group.h"
#include "seam/crypto.h"

#include <sodium.h>

_Static_assert(GROUP_BYTES == crypto_core_ristretto255_BYTES, "element");
_Static_assert(GROUP_BYTES == crypto_core_ristretto255_SCALARBYTES, "scalar");
_Static_assert(sizeof(struct element) == GROUP_BYTES && sizeof(struct scalar) == GROUP_BYTES, "arrays without gaps");

static const struct element IDENTITY;

/* ---- elements ---- */

/* libsodium 1.0.18 overlooks the top bit, which would give every element a second encoding. */
static bool is_element(const uint8_t p[GROUP_BYTES])
{
	return !(p[GROUP_BYTES - 1] & 0x80) && !sodium_is_zero(p, GROUP_BYTES) &&
		crypto_core_ristretto255_is_valid_point(p);
}

int group_decode(const uint8_t *in, size_t n, struct element *ret, size_t *ret_bad)
{
	for (size_t i = 0; i < n; i++) {
		const uint8_t *p = in + i * GROUP_BYTES;
		if (is_element(p))
			continue;
		if (ret_bad)
			*ret_bad = i;
		return KT_EINVAL;
	}
	if (ret && n)
		memmove(ret, in, n * GROUP_BYTES);
	return 0;
}

void group_map(const uint8_t *uniform, size_t n, struct element *ret)
{
	for (size_t i = 0; i < n; i++)
		(void)crypto_core_ristretto255_from_hash(ret[i].b, uniform + i * 64);
}

int group_mul(const struct element *p, const struct scalar *s, size_t n, struct element *ret)
{
	int bad = 0;
	for (size_t i = 0; i < n; i++)
		bad |= crypto_scalarmult_ristretto255(ret[i].b, s[i].b, p[i].b);
	return bad ? KT_EINVAL : 0;
}

int group_mul_one(const struct element *p, const struct scalar *s, size_t n, struct element *ret)
{
	int bad = 0;
	for (size_t i = 0; i < n; i++)
		bad |= crypto_scalarmult_ristretto255(ret[i].b, s->b, p[i].b);
	return bad ? KT_EINVAL : 0;
}

int group_base(const struct scalar *s, size_t n, struct element *ret)
{
	int bad = 0;
	for (size_t i = 0; i < n; i++)
		bad |= crypto_scalarmult_ristretto255_base(ret[i].b, s[i].b);
	return bad ? KT_EINVAL : 0;
}

void group_add(const struct element *a, const struct element *b, struct element *ret)
{
	(void)crypto_core_ristretto255_add(ret->b, a->b, b->b);
}

void group_sub(const struct element *a, const struct element *b, struct element *ret)
{
	(void)crypto_core_ristretto255_sub(ret->b, a->b, b->b);
}

int group_sum(const struct element *p, const struct scalar *s, size_t n, struct element *ret)
{
	struct element sum = IDENTITY, one;
	for (size_t i = 0; i < n; i++) {
		if (crypto_scalarmult_ristretto255(one.b, s[i].b, p[i].b))
			return KT_EINVAL;
		if (i)
			group_add(&sum, &one, &sum);
		else
			sum = one; /* an addition costs two decodings and an encoding */
	}
	*ret = sum;
	return 0;
}

int group_base_and(const struct scalar *s, const struct scalar *c, const struct element *p, struct element *ret)
{
	struct element a, b;
	if (crypto_scalarmult_ristretto255_base(a.b, s->b) || crypto_scalarmult_ristretto255(b.b, c->b, p->b))
		return KT_EINVAL;
	group_add(&a, &b, ret);
	return 0;
}

bool group_same(const struct element *a, const struct element *b)
{
	return sodium_memcmp(a->b, b->b, GROUP_BYTES) == 0;
}

bool group_is_identity(const struct element *a)
{
	return sodium_is_zero(a->b, GROUP_BYTES);
}

/* ---- scalars ---- */

void scalar_reduce(const uint8_t wide[64], struct scalar *ret)
{
	crypto_core_ristretto255_scalar_reduce(ret->b, wide);
}

/* Below the order means: reducing changes nothing. */
int scalar_decode(const uint8_t in[GROUP_BYTES], struct scalar *ret)
{
	uint8_t wide[64] = {0};
	struct scalar s;
	memcpy(wide, in, GROUP_BYTES);
	scalar_reduce(wide, &s);
	bool same = sodium_memcmp(s.b, in, GROUP_BYTES) == 0;
	if (same)
		*ret = s;
	sodium_memzero(wide, sizeof(wide));
	sodium_memzero(&s, sizeof(s));
	return same ? 0 : KT_EINVAL;
}

/* Twice the width, reduced: even to 2^-256 and without the tries, a system call each, of libsodium's own. */
void scalars_random(size_t n, struct scalar *ret)
{
	uint8_t wide[16][64];
	for (size_t at = 0; at < n;) {
		size_t some = n - at < 16 ? n - at : 16;
		crypto_random(wide, some * sizeof(*wide));
		for (size_t i = 0; i < some; i++) {
			scalar_reduce(wide[i], &ret[at]);
			at += !scalar_is_zero(&ret[at]);
		}
	}
	sodium_memzero(wide, sizeof(wide));
}

void scalar_random(struct scalar *ret)
{
	scalars_random(1, ret);
}

void scalar_of(uint64_t v, struct scalar *ret)
{
	memset(ret, 0, sizeof(*ret));
	for (size_t i = 0; i < 8; i++)
		ret->b[i] = (uint8_t)(v >> (8 * i));
}

void scalar_add(const struct scalar *a, const struct scalar *b, struct scalar *ret)
{
	crypto_core_ristretto255_scalar_add(ret->b, a->b, b->b);
}

void scalar_sub(const struct scalar *a, const struct scalar *b, struct scalar *ret)
{
	crypto_core_ristretto255_scalar_sub(ret->b, a->b, b->b);
}

void scalar_mul(const struct scalar *a, const struct scalar *b, struct scalar *ret)
{
	crypto_core_ristretto255_scalar_mul(ret->b, a->b, b->b);
}

void scalar_neg(const struct scalar *a, struct scalar *ret)
{
	crypto_core_ristretto255_scalar_negate(ret->b, a->b);
}

bool scalar_is_zero(const struct scalar *a)
{
	return sodium_is_zero(a->b, GROUP_BYTES);
}

/* ret[i] first holds the product of a[0..i-1]; then one inverse is walked back through it. */
int scalar_invert(const struct scalar *a, size_t n, struct scalar *ret)
{
	struct scalar run;
	scalar_of(1, &run);
	for (size_t i = 0; i < n; i++) {
		ret[i] = run;
		scalar_mul(&run, &a[i], &run);
	}
	if (crypto_core_ristretto255_scalar_invert(run.b, run.b)) {
		sodium_memzero(ret, n * sizeof(*ret));
		return KT_EINVAL;
	}
	for (size_t i = n; i-- > 0;) {
		scalar_mul(&run, &ret[i], &ret[i]);
		scalar_mul(&run, &a[i], &run);
	}
	sodium_memzero(&run, sizeof(run));
	return 0;
}

void scalar_poly(const struct scalar *c, size_t n, const struct scalar *z, struct scalar *ret)
{
	struct scalar sum = {{0}};
	for (size_t i = n; i-- > 0;) {
		scalar_mul(&sum, z, &sum);
		scalar_add(&sum, &c[i], &sum);
	}
	*ret = sum;
	sodium_memzero(&sum, sizeof(sum));
}

/* ---- notation ---- */

void pet_s_v(struct scalar *ret, const char *label, const struct str *f, size_t n)
{
	uint8_t x[64];
	crypto_x_v(x, label, f, n);
	scalar_reduce(x, ret);
	sodium_memzero(x, sizeof(x));
}

void pet_p_v(struct element *ret, const char *label, const struct str *f, size_t n)
{
	uint8_t x[64];
	crypto_x_v(x, label, f, n);
	group_map(x, 1, ret);
	sodium_memzero(x, sizeof(x));
}

void pok_make(const char *label, const struct scalar *x, const struct element *y, struct str msg,
              const struct scalar *w, struct pok *ret)
{
	struct scalar fresh;
	struct element wg;
	if (w)
		fresh = *w;
	else
		scalar_random(&fresh);
	(void)!group_base(&fresh, 1, &wg);
	pet_s(&ret->c, label, F_POINT(y), F_POINT(&wg), msg);
	scalar_mul(&ret->c, x, &ret->s);
	scalar_sub(&fresh, &ret->s, &ret->s);
	sodium_memzero(&fresh, sizeof(fresh));
}

int pok_check(const char *label, const struct element *y, struct str msg, const struct pok *p)
{
	struct element wg;
	struct scalar c;
	if (scalar_decode(p->s.b, &c)) /* one proof, one encoding; c is compared with a reduced one */
		return KT_ECRYPTO;
	if (group_base_and(&p->s, &p->c, y, &wg))
		return KT_ECRYPTO;
	pet_s(&c, label, F_POINT(y), F_POINT(&wg), msg);
	return sodium_memcmp(c.b, p->c.b, GROUP_BYTES) ? KT_ECRYPTO : 0;
}
