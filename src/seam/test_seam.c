#include "base/test_seed.h"
#include "seam/crypto.h"
#include "seam/json.h"
#include <locale.h>
#include <pthread.h>

static struct str hex(char *out, const void *p, size_t n)
{
	struct buf b = BUF_INIT(1000);
	buf_hex(&b, p, n);
	assert_true(str_copy(out, 1000, buf_view(&b)));
	buf_free(&b);
	return str_of(out);
}

static void unhex(uint8_t *out, const char *text)
{
	for (; *text; text += 2) {
		char pair[3] = {text[0], text[1], 0};
		*out++ = (uint8_t)strtoul(pair, NULL, 16);
	}
}

#define EXPECT_HEX(arr, want) assert_string_equal(hex((char[1000]){0}, (arr), sizeof(arr)).p, (want))

/* Figures of the protocol's published vectors: label "demo", fields 01 and empty; key 32 times 0b. */
static void test_functions(void **state)
{
	(void)state;
	uint8_t x[64], h[32], m[64], key[32];
	crypto_x(x, "demo", F_U8(1), F_STR(STR_NONE));
	EXPECT_HEX(x, "b267c29cab7fd2d009b7ec854da2f47609b8efb72828d8c482a8ad44531b5567"
		"b436507e3a195d83b6de745986afce9dae57f1741e9cf3dd58a40ad2c66a252d");
	crypto_h(h, "demo", F_U8(1), F_STR(STR("")));
	EXPECT_HEX(h, "b267c29cab7fd2d009b7ec854da2f47609b8efb72828d8c482a8ad44531b5567");
	memset(key, 0x0b, sizeof key);
	crypto_m(m, F_ARRAY(key), "demo", F_U8(1), F_STR(STR("")));
	EXPECT_HEX(m, "95b3ce848a297ee14c18b3d7f3523242701ca8f7615aedad6b9f10762b72b2ba"
		"798bd6e8b2b160149caf217602e3d7623f1984e5e994bb95470a1fdb162ac92d");
}

static void test_fields(void **state)
{
	(void)state;
	uint8_t a[64], b[64];
	static const uint8_t be2[] = {1, 2}, be4[] = {1, 2, 3, 4}, be8[] = {1, 2, 3, 4, 5, 6, 7, 8};
	crypto_x(a, "f", F_U16(0x0102), F_U32(0x01020304), F_U64(UINT64_C(0x0102030405060708)));
	crypto_x(b, "f", F_ARRAY(be2), F_ARRAY(be4), F_BYTES(be8, 8));
	assert_memory_equal(a, b, 64);
	/* Where a field ends matters, and so does the label. */
	crypto_x(a, "f", F_STR(STR("ab")), F_STR(STR("c")));
	crypto_x(b, "f", F_STR(STR("a")), F_STR(STR("bc")));
	assert_memory_not_equal(a, b, 64);
	crypto_x(b, "g", F_STR(STR("ab")), F_STR(STR("c")));
	assert_memory_not_equal(a, b, 64);
	/* A key longer than SHA-512's block, and an empty one, are keys too. */
	uint8_t key[300] = {1};
	crypto_m(a, F_ARRAY(key), "f", F_U8(1));
	key[299] = 1;
	crypto_m(b, F_ARRAY(key), "f", F_U8(1));
	assert_memory_not_equal(a, b, 64);
	crypto_m(a, STR_NONE, "f", F_U8(1));
	assert_memory_not_equal(a, b, 64);
}

static void test_sign(void **state)
{
	(void)state;
	uint8_t seed_pub[64], pk[32], sig[64], want[64];
	unhex(seed_pub, "3740651907572509d3264fdfc70b9a2f9ab3bc8933f803ab76e7d2b4994db53f"
		"6f87ce21c5eb70d9bbce577412d2c3ce764f893278705a025e199062b04fb1d7");
	memcpy(pk, seed_pub + 32, 32); /* libsodium's secret key is seed ‖ public key */
	crypto_sign_label(sig, seed_pub, "demo-sig", STR("hi"));
	unhex(want, "6edf4cb24fe8dddb0519560c801a590bb2381d4cd4b4290f778083712149440f"
		"4c8d249884c70e97266e2a1d0e4418ae68bbfe3d180468632ef7758eec55800b");
	assert_memory_equal(sig, want, 64);
	assert_int_equal(crypto_verify_label(sig, pk, "demo-sig", STR("hi")), 0);
	assert_int_equal(crypto_verify_label(sig, pk, "demo-sih", STR("hi")), KT_ECRYPTO);
	assert_int_equal(crypto_verify_label(sig, pk, "demo-sig", STR("ho")), KT_ECRYPTO);
	for (size_t bit = 0; bit < sizeof sig * 8; bit++) {
		sig[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(crypto_verify_label(sig, pk, "demo-sig", STR("hi")), KT_ECRYPTO);
		sig[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	uint8_t sk[64], pk2[32];
	crypto_sign_pair(pk2, sk);
	crypto_sign_label(sig, sk, "x", STR_NONE);
	assert_int_equal(crypto_verify_label(sig, pk2, "x", STR("")), 0);
	assert_int_equal(crypto_verify_label(sig, pk, "x", STR("")), KT_ECRYPTO);
}

static void test_seal(void **state)
{
	(void)state;
	uint8_t key[AEAD_KEY], plain[100], sealed[100 + AEAD_OVER], out[100], mark[100];
	crypto_random(key, sizeof key);
	memset(mark, 0xC3, sizeof mark);
	for (size_t n = 0; n <= sizeof plain; n += 9) {
		crypto_random(plain, n);
		crypto_seal(sealed, key, F_BYTES(plain, n), STR("veld"));
		assert_int_equal(crypto_open(out, key, F_BYTES(sealed, n + AEAD_OVER), STR("veld")), 0);
		assert_true(crypto_equal(out, plain, n));
		memcpy(out, mark, sizeof out);
		assert_int_equal(crypto_open(out, key, F_BYTES(sealed, n + AEAD_OVER), STR("ander")), KT_ECRYPTO);
		for (size_t bit = 0; bit < (n + AEAD_OVER) * 8; bit += 5) {
			sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
			assert_int_equal(crypto_open(out, key, F_BYTES(sealed, n + AEAD_OVER), STR("veld")), KT_ECRYPTO);
			sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
		for (size_t cut = 0; cut < n + AEAD_OVER; cut++)
			assert_int_equal(crypto_open(out, key, F_BYTES(sealed, cut), STR("veld")), KT_ECRYPTO);
		key[31] ^= 1;
		assert_int_equal(crypto_open(out, key, F_BYTES(sealed, n + AEAD_OVER), STR("veld")), KT_ECRYPTO);
		key[31] ^= 1;
		assert_memory_equal(out, mark, sizeof out); /* nothing of a forgery comes out */
	}
	crypto_seal(sealed, key, STR_NONE, STR_NONE);
	assert_int_equal(crypto_open(out, key, F_BYTES(sealed, AEAD_OVER), STR_NONE), 0);
}

static void test_box(void **state)
{
	(void)state;
	uint8_t pk[32], sk[32], zero[32] = {0}, sealed[5 + BOX_OVER], out[5];
	crypto_box_pair(pk, sk);
	assert_int_equal(crypto_box_seal_to(sealed, pk, STR("hallo")), 0);
	assert_int_equal(crypto_box_unseal(out, pk, sk, F_ARRAY(sealed)), 0);
	assert_memory_equal(out, "hallo", 5);
	memset(out, 7, sizeof out);
	for (size_t i = 0; i < sizeof sealed; i++) {
		sealed[i] ^= 4;
		assert_int_equal(crypto_box_unseal(out, pk, sk, F_ARRAY(sealed)), KT_ECRYPTO);
		sealed[i] ^= 4;
		assert_int_equal(crypto_box_unseal(out, pk, sk, F_BYTES(sealed, i)), KT_ECRYPTO);
	}
	assert_memory_equal(out, "\7\7\7\7\7", 5);
	assert_int_equal(crypto_box_seal_to(sealed, zero, STR("hallo")), KT_EINVAL);
}

static void test_memory(void **state)
{
	(void)state;
	uint8_t salt[16] = {0}, one[32], two[32], *p = crypto_guard(33);
	struct err e;
	assert_int_equal(crypto_password_key(one, STR("zand"), salt, &e), 0);
	assert_int_equal(crypto_password_key(two, STR("zand"), salt, &e), 0);
	assert_true(crypto_equal(one, two, 32));
	salt[0] = 1;
	assert_int_equal(crypto_password_key(two, STR("zand"), salt, &e), 0);
	assert_false(crypto_equal(one, two, 32));
	crypto_wipe(one, 32);
	assert_true(crypto_equal(one, (uint8_t[32]){0}, 32));
	assert_non_null(p);
	assert_int_equal((uintptr_t)p % 16, 0);
	assert_int_equal(p[32], 0);
	assert_null(crypto_guard_free(p));
	assert_null(crypto_guard_free(NULL));
	assert_null(crypto_guard(SIZE_MAX));
	assert_non_null(p = crypto_guard(0));
	crypto_guard_free(p);
}

static const struct json_limits limits = {1 << 20, 64};

static int read_text(struct arena *a, const char *text, size_t n, const struct val **v, struct err *e)
{
	memset(e, 0, sizeof *e);
	return json_read(a, (struct str){text, n}, &limits, v, e);
}

static void test_json_refused(void **state)
{
	(void)state;
#define BAD(text, code, line, says) {text, sizeof(text) - 1, code, line, says}
	static const struct {
		const char *text;
		size_t n;
		int code, line;
		const char *says;
	} bad[] = {
		BAD("", KT_EINVAL, 1, "JSON"),
		BAD("{\"a\":1,\n\"geheim\":2,\"geheim\":3}", KT_EINVAL, 2, "tweemaal"),
		BAD("[1]\n x", KT_EINVAL, 2, "nog iets"),
		BAD("[1,", KT_EINVAL, 1, "te vroeg"),
		BAD("[\n\"a\0b\"]", KT_EINVAL, 2, "NUL"),
		BAD("\"\\u0000\"", KT_EINVAL, 1, "NUL"),
		BAD("{\"\\u0000\":1}", KT_EINVAL, 1, "NUL"),
		BAD("[\n\n  \"\xc3\x28\"]", KT_EINVAL, 3, "UTF-8"),
		BAD("\"\xed\xa0\x80\"", KT_EINVAL, 1, "UTF-8"),
		BAD("\"\\ud800\"", KT_EINVAL, 1, "JSON"),
		BAD("9223372036854775808", KT_EINVAL, 1, "te groot"),
		BAD("1e999", KT_EINVAL, 1, "te groot"),
		BAD("geheim", KT_EINVAL, 1, "geen geldig"),
		BAD("01", KT_EINVAL, 1, ""),
		BAD("NaN", KT_EINVAL, 1, ""),
		BAD("\xef\xbb\xbf{}", KT_EINVAL, 1, ""),
		BAD("\"\t\"", KT_EINVAL, 1, ""),
		BAD("'a'", KT_EINVAL, 1, ""),
		BAD("[1,]", KT_EINVAL, 1, ""),
	};
	struct arena *a = arena_new(0);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct err e;
		const struct val *v = NULL;
		int rc = read_text(a, bad[i].text, bad[i].n, &v, &e);
		if (rc != bad[i].code || e.line != bad[i].line || !strstr(e.text, bad[i].says) || strstr(e.text, "geheim"))
			fail_msg("%zu: %d line %d: %s", i, rc, e.line, e.text);
		assert_null(v);
	}
	arena_free(a);
}

static void test_json_limits(void **state)
{
	(void)state;
	struct arena *a = arena_new(0);
	static char text[1 << 20];
	struct err e;
	const struct val *v = NULL;
	memset(text, '[', sizeof text);
	assert_int_equal(read_text(a, text, sizeof text, &v, &e), KT_ELIMIT);
	assert_non_null(strstr(e.text, "teken 65"));
	memset(text + 64, ']', 64);
	assert_int_equal(read_text(a, text, 128, &v, &e), 0);
	assert_int_equal(read_text(a, text, 127, &v, &e), KT_EINVAL);
	struct json_limits three = {10, 3};
	assert_int_equal(json_read(a, STR("[[[[]]]]"), &three, &v, &e), KT_ELIMIT);
	assert_int_equal(json_read(a, STR("[[\"[[[\"]]"), &three, &v, &e), 0);
	assert_int_equal(json_read(a, STR("[[\"\\\"[[\"]]"), &three, &v, &e), 0);
	assert_int_equal(json_read(a, STR("[1,2,3,4,5]"), &three, &v, &e), KT_ELIMIT);
	struct json_limits few = {20, 3, 2};
	assert_int_equal(json_read(a, STR("[1,\",,\"]"), &few, &v, &e), 0);
	assert_int_equal(json_read(a, STR("[1,2,3]"), &few, &v, &e), KT_ELIMIT);
	assert_non_null(strstr(e.text, "te veel waarden"));
	arena_free(a);
	a = arena_new(1000); /* an arena that is too small is a limit, not a crash */
	v = NULL;
	assert_int_equal(read_text(a, "[1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,"
		"7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0]", 161, &v, &e),
			KT_ELIMIT);
	assert_null(v);
	arena_free(a);
}

static struct str random_text(struct arena *a)
{
	static const char *const parts[] = {"a", "\"", "\\", "/", "\n", "\x01", "\x7f", "\xc3\xa9", "\xe2\x82\xac",
		"\xf0\x9f\x98\x80",
		"<", "\xe2\x80\xa8", "\t", "0"};
	struct buf b = BUF_INIT(1000);
	for (uint64_t n = rnd_below(12); n > 0; n--)
		buf_z(&b, parts[rnd_below(sizeof parts / sizeof *parts)]);
	struct str s = arena_str(a, buf_view(&b));
	buf_free(&b);
	return s;
}

static double random_real(void)
{
	for (;;) {
		uint64_t bits = rnd();
		double d;
		memcpy(&d, &bits, sizeof d);
		if (d - d == 0) /* finite */
			return rnd_below(2) ? d : (double)(int64_t)rnd_below(2000) - 1000;
	}
}

static void random_val(struct arena *a, struct val *v, unsigned depth)
{
	v->type = (enum val_type)rnd_below(depth ? 7 : 5);
	switch (v->type) {
	case VAL_NULL: break;
	case VAL_BOOL: v->b = rnd_below(2); break;
	case VAL_INT: v->i = (int64_t)(rnd() >> rnd_below(64)) * (rnd_below(2) ? 1 : -1); break;
	case VAL_REAL: v->d = random_real(); break;
	case VAL_STR: v->s = random_text(a); break;
	case VAL_ARR:
		v->arr.n = rnd_below(6);
		v->arr.v = arena_array(a, v->arr.n, sizeof *v->arr.v);
		for (size_t i = 0; i < v->arr.n; i++)
			random_val(a, &v->arr.v[i], depth - 1);
		break;
	case VAL_OBJ:
		v->obj.n = rnd_below(6);
		v->obj.m = arena_array(a, v->obj.n, sizeof *v->obj.m);
		for (size_t i = 0; i < v->obj.n; i++) {
			struct str tail = random_text(a);
			v->obj.m[i].key = arena_fmt(a, "%zu%.*s", i, STR_ARG(tail)); /* the number keeps keys apart */
			random_val(a, &v->obj.m[i].v, depth - 1);
		}
		break;
	}
}

static bool same(const struct val *a, const struct val *b)
{
	if (a->type != b->type)
		return false;
	switch (a->type) {
	case VAL_NULL: return true;
	case VAL_BOOL: return a->b == b->b;
	case VAL_INT: return a->i == b->i;
	case VAL_REAL: return memcmp(&a->d, &b->d, sizeof a->d) == 0;
	case VAL_STR: return str_eq(a->s, b->s);
	case VAL_ARR:
		for (size_t i = 0; i < a->arr.n && i < b->arr.n; i++)
			if (!same(&a->arr.v[i], &b->arr.v[i]))
				return false;
		return a->arr.n == b->arr.n;
	case VAL_OBJ: /* in the same order */
		for (size_t i = 0; i < a->obj.n && i < b->obj.n; i++)
			if (!str_eq(a->obj.m[i].key, b->obj.m[i].key) || !same(&a->obj.m[i].v, &b->obj.m[i].v))
				return false;
		return a->obj.n == b->obj.n;
	}
	return false;
}

static void round_trips(unsigned rounds)
{
	struct arena *a = arena_new(0);
	for (unsigned i = 0; i < rounds; i++) {
		struct val v = {0};
		struct buf b = BUF_INIT(1 << 20);
		struct jw w;
		struct err e;
		const struct val *back = NULL;
		random_val(a, &v, 6);
		jw_init(&w, &b);
		jw_val(&w, &v);
		assert_int_equal(buf_err(&b), 0);
		if (json_read(a, buf_view(&b), &limits, &back, &e) != 0)
			fail_msg("%s\n%s", e.text, b.p);
		assert_true(same(&v, back));
		buf_free(&b);
		arena_reset(a);
	}
	arena_free(a);
}

static void test_json_round_trip(void **state)
{
	(void)state;
	round_trips(5000);
	if (setlocale(LC_NUMERIC, "nl_NL.UTF-8") || setlocale(LC_NUMERIC, "de_DE.UTF-8"))
		round_trips(500); /* decimal comma */
	setlocale(LC_NUMERIC, "C");
}

static void test_json_write(void **state)
{
	(void)state;
	struct buf b = BUF_INIT(4096);
	struct jw w;
	jw_init(&w, &b);
	jw_obj(&w);
	jw_kstr(&w, "t", STR("a\"\\\b\f\n\r\t\x1f\x7f\xc3\xa9"));
	jw_kz(&w, "z", NULL);
	jw_kint(&w, "i", INT64_MIN);
	jw_kbool(&w, "b", true);
	jw_key(&w, "l");
	jw_arr(&w);
	jw_obj(&w);
	jw_obj_end(&w);
	jw_arr(&w);
	jw_arr_end(&w);
	jw_null(&w);
	jw_z(&w, "x");
	jw_val(&w, &(struct val){.type = VAL_REAL, .d = 0.1});
	jw_val(&w, &(struct val){.type = VAL_REAL, .d = -3});
	jw_arr_end(&w);
	jw_kstr(&w, "u", STR("a\xff\xc3(\xe2\x82"));
	jw_obj_end(&w);
	assert_string_equal(b.p, "{\"t\":\"a\\\"\\\\\\b\\f\\n\\r\\t\\u001f\x7f\xc3\xa9\",\"z\":null,"
		"\"i\":-9223372036854775808,"
		"\"b\":true,\"l\":[{},[],null,\"x\",0.1,-3.0],\"u\":\"a\xef\xbf\xbd\xef\xbf\xbd(\xef\xbf\xbd\xef\xbf\xbd\"}");
	assert_int_equal(buf_err(&b), 0);
	buf_reset(&b);
	jw_init(&w, &b);
	for (int i = 0; i < 64; i++)
		jw_arr(&w);
	assert_int_equal(buf_err(&b), 0);
	jw_arr(&w);
	assert_int_equal(buf_err(&b), KT_ELIMIT);
	buf_reset(&b);
	jw_init(&w, &b);
	jw_obj_end(&w);
	assert_int_equal(buf_err(&b), KT_EINTERNAL);
	buf_free(&b);
}

/* Random bytes and damaged texts: refused or read, never a crash; a refusal says why. */
static void test_json_garbage(void **state)
{
	(void)state;
	static const char *const parts[] = {"{", "}", "[", "]", ",", ":", "\"", "\\", "a", "1", "-", ".", "e", "true",
		"null", " ",
		"\n", "\\u", "d83d", "\xc3", "\xa9", "0"};
	struct arena *a = arena_new(0);
	for (unsigned i = 0; i < 30000; i++) {
		struct buf b = BUF_INIT(1000);
		struct err e;
		const struct val *v = NULL;
		for (uint64_t n = rnd_below(20); n > 0; n--)
			buf_z(&b, parts[rnd_below(sizeof parts / sizeof *parts)]);
		int rc = read_text(a, b.p, b.n, &v, &e);
		assert_true(rc ? e.text[0] && !v : v != NULL);
		buf_free(&b);
		arena_reset(a);
	}
	arena_free(a);
}

static void *parse_many(void *arg)
{
	(void)arg;
	struct arena *a = arena_new(0);
	void *bad = NULL;
	for (int i = 0; i < 3000; i++) {
		const struct val *v;
		if (json_read(a, STR("{\"a\":[1,2,{\"b\":\"c\"}]}"), &limits, &v, NULL) != 0 || v->type != VAL_OBJ)
			bad = a;
		arena_reset(a);
	}
	arena_free(a);
	return bad;
}

static void test_json_threads(void **state)
{
	(void)state;
	pthread_t th[4];
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&th[i], NULL, parse_many, NULL), 0);
	for (int i = 0; i < 4; i++) {
		void *bad;
		assert_int_equal(pthread_join(th[i], &bad), 0);
		assert_null(bad);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_functions), cmocka_unit_test(test_fields), cmocka_unit_test(test_sign),
		cmocka_unit_test(test_seal), cmocka_unit_test(test_box), cmocka_unit_test(test_memory),
		cmocka_unit_test(test_json_refused), cmocka_unit_test(test_json_limits), cmocka_unit_test(test_json_round_trip),
		cmocka_unit_test(test_json_write), cmocka_unit_test(test_json_garbage), cmocka_unit_test(test_json_threads),
	};
	struct err e;
	if (crypto_setup(&e) != 0)
		return 1;
	json_setup();
	seed_start();
	return cmocka_run_group_tests_name("seam", tests, NULL, NULL);
}
