/* The group and the oblivious function: RFC 9497 to the byte, edges, sums against the naive way, and timing. */
#include "pet/test_pet.h"
#include <sodium.h>

/* ---- RFC 9497 appendix A.1, ristretto255-SHA512 ---- */

struct rfc {
	enum oprf_mode mode;
	const char *secret, *public_key;
	size_t n;
	const char *input[2], *blind[2], *blinded[2], *evaluated[2], *output[2], *proof, *r;
};

#define BLIND_1 "64d37aed22a27f5191de1c1d69fadb899d8862b58eb4220029e036ec4c1f6706"
#define BLIND_2 "222a5e897cf59db8145db8d16e597e8facb80ae7d4e26d9881aa6f61d645fc0e"
static const struct rfc RFC[] = {
	{OPRF_PLAIN,
     "5ebcea5ee37023ccb9fc2d2019f9d7737be85591ae8652ffa9ef0f4d37063b0e",
     NULL,
     1,
     {"00"},
     {BLIND_1},
     {"609a0ae68c15a3cf6903766461307e5c8bb2f95e7e6550e1ffa2dc99e412803c"},
     {"7ec6578ae5120958eb2db1745758ff379e77cb64fe77b0b2d8cc917ea0869c7e"},
     {"527759c3d9366f277d8c6020418d96bb393ba2afb20ff90df23fb7708264e2f3"
      "ab9135e3bd69955851de4b1f9fe8a0973396719b7912ba9ee8aa7d0b5e24bcf6"},
     NULL,
     NULL},
	{OPRF_PLAIN,
     "5ebcea5ee37023ccb9fc2d2019f9d7737be85591ae8652ffa9ef0f4d37063b0e",
     NULL,
     1,
     {"5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a"},
     {BLIND_1},
     {"da27ef466870f5f15296299850aa088629945a17d1f5b7f5ff043f76b3c06418"},
     {"b4cbf5a4f1eeda5a63ce7b77c7d23f461db3fcab0dd28e4e17cecb5c90d02c25"},
     {"f4a74c9c592497375e796aa837e907b1a045d34306a749db9f34221f7e750cb4"
      "f2a6413a6bf6fa5e19ba6348eb673934a722a7ede2e7621306d18951e7cf2c73"},
     NULL,
     NULL},
	{OPRF_VERIFIABLE,
     "e6f73f344b79b379f1a0dd37e07ff62e38d9f71345ce62ae3a9bc60b04ccd909",
     "c803e2cc6b05fc15064549b5920659ca4a77b2cca6f04f6b357009335476ad4e",
     1,
     {"00"},
     {BLIND_1},
     {"863f330cc1a1259ed5a5998a23acfd37fb4351a793a5b3c090b642ddc439b945"},
     {"aa8fa048764d5623868679402ff6108d2521884fa138cd7f9c7669a9a014267e"},
     {"b58cfbe118e0cb94d79b5fd6a6dafb98764dff49c14e1770b566e42402da1a7d"
      "a4d8527693914139caee5bd03903af43a491351d23b430948dd50cde10d32b3c"},
     "ddef93772692e535d1a53903db24367355cc2cc78de93b3be5a8ffcc6985dd06"
     "6d4346421d17bf5117a2a1ff0fcb2a759f58a539dfbe857a40bce4cf49ec600d",
     "222a5e897cf59db8145db8d16e597e8facb80ae7d4e26d9881aa6f61d645fc0e"},
	{OPRF_VERIFIABLE,
     "e6f73f344b79b379f1a0dd37e07ff62e38d9f71345ce62ae3a9bc60b04ccd909",
     "c803e2cc6b05fc15064549b5920659ca4a77b2cca6f04f6b357009335476ad4e",
     1,
     {"5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a"},
     {BLIND_1},
     {"cc0b2a350101881d8a4cba4c80241d74fb7dcbfde4a61fde2f91443c2bf9ef0c"},
     {"60a59a57208d48aca71e9e850d22674b611f752bed48b36f7a91b372bd7ad468"},
     {"8a9a2f3c7f085b65933594309041fc1898d42d0858e59f90814ae90571a6df60"
      "356f4610bf816f27afdd84f47719e480906d27ecd994985890e5f539e7ea74b6"},
     "401a0da6264f8cf45bb2f5264bc31e109155600babb3cd4e5af7d181a2c9dc0a"
     "67154fabf031fd936051dec80b0b6ae29c9503493dde7393b722eafdf5a50b02",
     "222a5e897cf59db8145db8d16e597e8facb80ae7d4e26d9881aa6f61d645fc0e"},
	{OPRF_VERIFIABLE,
     "e6f73f344b79b379f1a0dd37e07ff62e38d9f71345ce62ae3a9bc60b04ccd909",
     "c803e2cc6b05fc15064549b5920659ca4a77b2cca6f04f6b357009335476ad4e",
     2,
     {"00", "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a"},
     {BLIND_1, BLIND_2},
     {"863f330cc1a1259ed5a5998a23acfd37fb4351a793a5b3c090b642ddc439b945",
      "90a0145ea9da29254c3a56be4fe185465ebb3bf2a1801f7124bbbadac751e654"},
     {"aa8fa048764d5623868679402ff6108d2521884fa138cd7f9c7669a9a014267e",
      "cc5ac221950a49ceaa73c8db41b82c20372a4c8d63e5dded2db920b7eee36a2a"},
     {"b58cfbe118e0cb94d79b5fd6a6dafb98764dff49c14e1770b566e42402da1a7d"
      "a4d8527693914139caee5bd03903af43a491351d23b430948dd50cde10d32b3c",
      "8a9a2f3c7f085b65933594309041fc1898d42d0858e59f90814ae90571a6df60"
      "356f4610bf816f27afdd84f47719e480906d27ecd994985890e5f539e7ea74b6"},
     "cc203910175d786927eeb44ea847328047892ddf8590e723c37205cb74600b0a"
     "5ab5337c8eb4ceae0494c2cf89529dcf94572ed267473d567aeed6ab873dee08",
     "419c4f4f5052c53c45f3da494d2b67b220d02118e0857cdbcf037f9ea84bbe0c"},
};

static void rfc_row(const struct rfc *v)
{
	uint8_t seed[32], bytes[2][32], want[64], out[64];
	struct str input[2];
	struct scalar k, blind[2], r;
	struct element pub, b[2], e[2], n[2];
	struct oprf_proof proof;
	memset(seed, 0xa3, sizeof(seed));
	assert_int_equal(oprf_derive(v->mode, seed, STR("test key"), &k, &pub), 0);
	hex_z(v->secret, want, 32);
	assert_memory_equal(k.b, want, 32);
	if (v->public_key) {
		hex_z(v->public_key, want, 32);
		assert_memory_equal(pub.b, want, 32);
	}
	for (size_t i = 0; i < v->n; i++) {
		input[i] = F_BYTES(bytes[i], strlen(v->input[i]) / 2);
		hex_z(v->input[i], bytes[i], input[i].n);
		hex_z(v->blind[i], blind[i].b, 32);
	}
	assert_int_equal(oprf_blind(v->mode, input, blind, v->n, b), 0);
	assert_int_equal(oprf_evaluate(&k, b, v->n, e), 0);
	assert_int_equal(oprf_unblind(blind, e, v->n, n), 0);
	for (size_t i = 0; i < v->n; i++) {
		hex_z(v->blinded[i], want, 32);
		assert_memory_equal(b[i].b, want, 32);
		hex_z(v->evaluated[i], want, 32);
		assert_memory_equal(e[i].b, want, 32);
		oprf_finish(input[i], &n[i], out);
		hex_z(v->output[i], want, 64);
		assert_memory_equal(out, want, 64);
	}
	if (!v->proof)
		return;
	hex_z(v->r, r.b, 32);
	assert_int_equal(oprf_prove(OPRF_CONTEXT_VERIFIABLE, &k, &pub, b, e, v->n, &r, &proof), 0);
	hex_z(v->proof, want, 64);
	assert_memory_equal(&proof, want, 64);
	assert_int_equal(oprf_verify(OPRF_CONTEXT_VERIFIABLE, &pub, b, e, v->n, &proof), 0);
}

static void test_rfc(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(RFC) / sizeof(*RFC); i++)
		rfc_row(&RFC[i]);
}

/* Whatever is changed in a proof or its statement, it fails. */
static void test_proof_tampered(void **state)
{
	(void)state;
	struct scalar k, blind[5];
	struct element pub, b[5], e[5], other;
	struct oprf_proof proof;
	struct str input[5];
	for (size_t i = 0; i < 5; i++) {
		input[i] = F_BYTES(&"abcde"[i], 1);
		scalar_random(&blind[i]);
	}
	scalar_random(&k);
	assert_int_equal(group_base(&k, 1, &pub), 0);
	assert_int_equal(group_base(&blind[0], 1, &other), 0);
	assert_int_equal(oprf_blind(OPRF_VERIFIABLE, input, blind, 5, b), 0);
	assert_int_equal(oprf_evaluate(&k, b, 5, e), 0);
	assert_int_equal(oprf_prove(OPRF_CONTEXT_VERIFIABLE, &k, &pub, b, e, 5, NULL, &proof), 0);
	assert_int_equal(oprf_verify(OPRF_CONTEXT_VERIFIABLE, &pub, b, e, 5, &proof), 0);
	assert_int_equal(oprf_verify(OPRF_CONTEXT_OPEN, &pub, b, e, 5, &proof), KT_ECRYPTO);
	assert_int_equal(oprf_verify(OPRF_CONTEXT_VERIFIABLE, &other, b, e, 5, &proof), KT_ECRYPTO);
	assert_int_equal(oprf_verify(OPRF_CONTEXT_VERIFIABLE, &pub, b, e, 4, &proof), KT_ECRYPTO);
	assert_int_equal(oprf_verify(OPRF_CONTEXT_VERIFIABLE, &pub, b, e, 0, &proof), KT_EINVAL);
	assert_int_equal(oprf_verify(OPRF_CONTEXT_VERIFIABLE, &pub, b, e, GROUP_BATCH + 1, &proof), KT_EINVAL);
	for (size_t i = 0; i < 5; i++) {
		struct element was = b[i];
		b[i] = other;
		assert_int_equal(oprf_verify(OPRF_CONTEXT_VERIFIABLE, &pub, b, e, 5, &proof), KT_ECRYPTO);
		b[i] = was;
		was = e[i];
		e[i] = other;
		assert_int_equal(oprf_verify(OPRF_CONTEXT_VERIFIABLE, &pub, b, e, 5, &proof), KT_ECRYPTO);
		e[i] = e[(i + 1) % 5];
		assert_int_equal(oprf_verify(OPRF_CONTEXT_VERIFIABLE, &pub, b, e, 5, &proof), KT_ECRYPTO);
		memset(&e[i], 0xff, sizeof(e[i]));
		assert_int_equal(oprf_verify(OPRF_CONTEXT_VERIFIABLE, &pub, b, e, 5, &proof), KT_ECRYPTO);
		e[i] = was;
	}
	for (size_t bit = 0; bit < 512; bit += 1 + rnd_below(7)) {
		struct oprf_proof bad = proof;
		((uint8_t *)&bad)[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(oprf_verify(OPRF_CONTEXT_VERIFIABLE, &pub, b, e, 5, &bad), KT_ECRYPTO);
	}
}

/* ---- the group ---- */

/* What may not come in: RFC 9496 appendix A.3 (one of each kind) and the identity. */
static void test_decode_refuses(void **state)
{
	(void)state;
	static const char *const BAD[] = {
		"0000000000000000000000000000000000000000000000000000000000000000", /* identity */
		"00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", /* not canonical */
		"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"f3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"0100000000000000000000000000000000000000000000000000000000000000", /* negative */
		"01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"ed57ffd8c914fb201471d1c3d245ce3c746fcbe63a3679d51b6a516ebebe0e20",
		"c34c4e1826e5d403b78e246e88aa051c36ccf0aafebffe137d148a2bf9104562",
		"26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371", /* no square */
		"4eac077a713c57b4f4397629a4145982c661f48044dd3f96427d40b147d9742f",
		"de6a7b00deadc788eb6b6c8d20c0ae96c2f2019078fa604fee5b87d6e989ad87", /* top bit */
		"3eb858e78f5a7254d8c9731174a94f76755fd3941c0ac93735c07ba14579630e", /* negative xy */
		"a45fdc55c76448c049a1ab33f17023edfb2be3581e9c7aade8a6125215e04220",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", /* s = −1 */
	};
	struct element in[3], out[3];
	struct scalar s[3];
	size_t bad = 99;
	for (size_t i = 0; i < 3; i++)
		scalar_random(&s[i]);
	assert_int_equal(group_base(s, 3, in), 0);
	assert_int_equal(group_decode(in[0].b, 3, out, &bad), 0);
	assert_memory_equal(in, out, sizeof(in));
	assert_int_equal(bad, 99);
	for (size_t i = 0; i < sizeof(BAD) / sizeof(*BAD); i++) {
		struct element mix[3] = {in[0], in[1], in[2]};
		hex_z(BAD[i], mix[i % 3].b, 32);
		memset(out, 0x5a, sizeof(out));
		assert_int_equal(group_decode(mix[0].b, 3, out, &bad), KT_EINVAL);
		assert_int_equal(bad, i % 3);
		assert_int_equal(out[0].b[0], 0x5a); /* untouched */
		assert_int_equal(group_mul(&mix[i % 3], s, 1, out), KT_EINVAL);
	}
	in[0].b[31] ^= 0x80; /* the sign bit */
	assert_int_equal(group_decode(in[0].b, 1, NULL, NULL), KT_EINVAL);
}

static void test_scalars(void **state)
{
	(void)state;
	static const char ORDER[] = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";
	struct scalar a, b, c, d, zero = {{0}};
	uint8_t raw[32];
	hex_z(ORDER, raw, 32);
	assert_int_equal(scalar_decode(raw, &a), KT_EINVAL);
	raw[0]++;
	assert_int_equal(scalar_decode(raw, &a), KT_EINVAL);
	raw[0] -= 2; /* order − 1 */
	assert_int_equal(scalar_decode(raw, &a), 0);
	scalar_of(1, &b);
	scalar_add(&a, &b, &c);
	assert_true(scalar_is_zero(&c));
	scalar_neg(&b, &c);
	assert_memory_equal(&a, &c, 32);
	memset(raw, 0xff, sizeof(raw));
	assert_int_equal(scalar_decode(raw, &a), KT_EINVAL);
	assert_int_equal(scalar_decode(zero.b, &a), 0);
	for (int i = 0; i < 50; i++) { /* (a + b)·c = a·c + b·c, and the encoding comes back */
		struct scalar left, right, part;
		scalar_random(&a);
		scalar_random(&b);
		scalar_random(&c);
		scalar_add(&a, &b, &left);
		scalar_mul(&left, &c, &left);
		scalar_mul(&a, &c, &right);
		scalar_mul(&b, &c, &part);
		scalar_add(&right, &part, &right);
		assert_memory_equal(&left, &right, 32);
		scalar_sub(&right, &part, &d);
		assert_int_equal(scalar_decode(d.b, &part), 0);
	}
}

static void test_invert(void **state)
{
	(void)state;
	static struct scalar a[200], b[200];
	struct scalar one, got;
	scalar_of(1, &one);
	for (size_t n = 0; n <= 200; n += n < 5 ? 1 : 65) {
		for (size_t i = 0; i < n; i++)
			scalar_random(&a[i]);
		assert_int_equal(scalar_invert(a, n, b), 0);
		for (size_t i = 0; i < n; i++) {
			scalar_mul(&a[i], &b[i], &got);
			assert_memory_equal(&got, &one, 32);
		}
		if (!n)
			continue;
		memset(&a[n / 2], 0, sizeof(*a));
		assert_int_equal(scalar_invert(a, n, b), KT_EINVAL);
	}
}

static void test_sums(void **state)
{
	(void)state;
	struct element p[20], one, sum, want = {{0}}, base;
	struct scalar s[20], x, y;
	for (size_t i = 0; i < 20; i++) {
		scalar_random(&x);
		assert_int_equal(group_base(&x, 1, &p[i]), 0);
		scalar_random(&s[i]);
		assert_int_equal(group_sum(p, s, i + 1, &sum), 0);
		assert_int_equal(group_mul(&p[i], &s[i], 1, &one), 0);
		group_add(&want, &one, &want);
		assert_true(group_same(&sum, &want));
		group_sub(&want, &one, &one);
		group_add(&one, &p[i], &one);
		group_sub(&one, &p[i], &one);
	}
	assert_int_equal(group_sum(p, s, 0, &sum), 0);
	assert_true(group_is_identity(&sum));
	group_sub(&p[0], &p[0], &sum);
	assert_true(group_is_identity(&sum));
	/* s·G + c·P, and a sum that is the identity */
	scalar_random(&x);
	scalar_random(&y);
	assert_int_equal(group_base(&x, 1, &base), 0);
	assert_int_equal(group_mul(&p[0], &y, 1, &one), 0);
	group_add(&base, &one, &want);
	assert_int_equal(group_base_and(&x, &y, &p[0], &sum), 0);
	assert_true(group_same(&sum, &want));
	p[1] = p[0];
	scalar_neg(&s[0], &s[1]);
	assert_int_equal(group_sum(p, s, 2, &sum), 0);
	assert_true(group_is_identity(&sum));
	memset(&s[0], 0, sizeof(s[0]));
	assert_int_equal(group_mul(p, s, 2, &sum), KT_EINVAL); /* a product that is the identity */
}

/* One call for many is many calls for one; the polynomial is what it says. */
static void test_arrays(void **state)
{
	(void)state;
	struct element p[9], all[9], one;
	struct scalar s[9], x, z, want = {{0}}, got;
	uint8_t wide[9][64];
	crypto_random(wide, sizeof(wide));
	group_map(wide[0], 9, p);
	scalar_random(&x);
	for (size_t i = 0; i < 9; i++)
		scalar_random(&s[i]);
	assert_int_equal(group_mul_one(p, &x, 9, all), 0);
	for (size_t i = 0; i < 9; i++) {
		group_map(wide[i], 1, &one);
		assert_true(group_same(&one, &p[i]));
		assert_int_equal(group_mul(&one, &x, 1, &one), 0);
		assert_true(group_same(&one, &all[i]));
	}
	assert_int_equal(group_mul(p, s, 9, all), 0);
	assert_int_equal(group_mul(p, s, 9, p), 0); /* in place */
	assert_memory_equal(all, p, sizeof(p));
	scalar_random(&z);
	scalar_of(1, &x);
	for (size_t i = 0; i < 9; i++) {
		scalar_mul(&s[i], &x, &got);
		scalar_add(&want, &got, &want);
		scalar_mul(&x, &z, &x);
	}
	scalar_poly(s, 9, &z, &got);
	assert_memory_equal(&got, &want, 32);
}

static void test_pok(void **state)
{
	(void)state;
	struct scalar x;
	struct element y, other;
	struct pok p, bad;
	scalar_random(&x);
	assert_int_equal(group_base(&x, 1, &y), 0);
	group_add(&y, &y, &other);
	pok_make("demo", &x, &y, STR("bericht"), NULL, &p);
	assert_int_equal(pok_check("demo", &y, STR("bericht"), &p), 0);
	assert_int_equal(pok_check("demo", &y, STR("berichu"), &p), KT_ECRYPTO);
	assert_int_equal(pok_check("dem", &y, STR("bericht"), &p), KT_ECRYPTO);
	assert_int_equal(pok_check("demo", &other, STR("bericht"), &p), KT_ECRYPTO);
	for (size_t bit = 0; bit < 512; bit += 11) {
		bad = p;
		((uint8_t *)&bad)[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(pok_check("demo", &y, STR("bericht"), &bad), KT_ECRYPTO);
	}
}

/* Blinding hides nothing from the output: any blind gives the same, a large batch too. */
static void test_blind_any(void **state)
{
	(void)state;
	enum { N = 130 };
	static struct element b[N], e[N], n[N];
	static struct scalar blind[N];
	struct str input[N];
	char text[N][8];
	uint8_t y[64], again[64];
	struct scalar k;
	struct element point;
	scalar_random(&k);
	for (size_t i = 0; i < N; i++) {
		snprintf(text[i], sizeof(text[i]), "x%zu", i);
		input[i] = str_of(text[i]);
		scalar_random(&blind[i]);
	}
	assert_int_equal(oprf_blind(OPRF_VERIFIABLE, input, blind, N, b), 0);
	assert_int_equal(oprf_evaluate(&k, b, N, e), 0);
	assert_int_equal(oprf_unblind(blind, e, N, n), 0);
	for (size_t i = 0; i < N; i++) {
		assert_int_equal(oprf_hash(OPRF_VERIFIABLE, input[i], &point), 0);
		assert_int_equal(group_mul(&point, &k, 1, &point), 0);
		assert_true(group_same(&point, &n[i]));
		oprf_finish(input[i], &point, y);
		oprf_finish(input[i], &n[i], again);
		assert_memory_equal(y, again, 64);
	}
	assert_int_equal(oprf_hash(OPRF_PLAIN, input[0], &point), 0);
	assert_int_equal(oprf_hash(OPRF_VERIFIABLE, input[0], &b[0]), 0);
	assert_false(group_same(&point, &b[0])); /* modes are apart */
}

/* ---- timing: a smoke test for a branch on a secret, not a proof of its absence ---- */

#define TIMES 400

static double cpu_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Welch's t between multiplying by one fixed sparse scalar and by random ones; the slowest tenth is left out of each
 * (interrupts). */
static double welch(void)
{
	static double v[2][TIMES];
	double mean[2] = {0}, var[2] = {0};
	const size_t kept = TIMES * 9 / 10;
	struct element p, out;
	struct scalar fixed, s;
	scalar_of(1, &fixed);
	scalar_random(&s);
	(void)!group_base(&s, 1, &p);
	for (size_t i = 0; i < 2 * TIMES; i++) {
		s = fixed;
		if (i & 1)
			scalar_random(&s);
		double begin = cpu_ns();
		(void)!group_mul(&p, &s, 1, &out);
		v[i & 1][i / 2] = cpu_ns() - begin;
	}
	for (size_t c = 0; c < 2; c++) {
		for (size_t i = 1; i < TIMES; i++) /* insertion sort */
			for (size_t j = i; j && v[c][j - 1] > v[c][j]; j--) {
				double swap = v[c][j];
				v[c][j] = v[c][j - 1];
				v[c][j - 1] = swap;
			}
		for (size_t i = 0; i < kept; i++)
			mean[c] += v[c][i] / (double)kept;
		for (size_t i = 0; i < kept; i++)
			var[c] += (v[c][i] - mean[c]) * (v[c][i] - mean[c]) / (double)(kept - 1);
	}
	double diff = mean[0] - mean[1];
	/* Below a hundredth of the whole it is the machine's; a skipped half of the ladder would be tens of percents. */
	return diff * diff < mean[1] * mean[1] / 1e4 ? 0 : diff * diff / ((var[0] + var[1]) / (double)kept);
}

static void test_constant_time(void **state)
{
	(void)state;
	double t = 0;
	for (int tries = 0; tries < 5; tries++) {
		t = welch(); /* squared */
		if (t < 100)
			return;
	}
	fail_msg("multiplying by 1 and by random scalars differ in time: t² = %.0f five times", t);
}

int main(void)
{
	PET_START();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rfc),
		cmocka_unit_test(test_proof_tampered),
		cmocka_unit_test(test_decode_refuses),
		cmocka_unit_test(test_scalars),
		cmocka_unit_test(test_invert),
		cmocka_unit_test(test_sums),
		cmocka_unit_test(test_arrays),
		cmocka_unit_test(test_pok),
		cmocka_unit_test(test_blind_any),
		cmocka_unit_test(test_constant_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
