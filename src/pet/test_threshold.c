/* Keys over holders: any t give the same and t − 1 never, records, ceremonies, refreshes, re-sharings, and liars. */
#include "pet/test_pet.h"

/* ---- quorums ---- */

static void test_quorum_form(void **state)
{
	(void)state;
	static const struct {
		struct quorum q;
		uint8_t t, n;
		int rc;
	} ROWS[] = {
		{{2, {1, 2}}, 2, 3, 0},
		{{2, {1, 3}}, 2, 3, 0},
		{{2, {2, 1}}, 2, 3, KT_EINVAL},
		{{2, {1, 1}}, 2, 3, KT_EINVAL},
		{{2, {0, 1}}, 2, 3, KT_EINVAL},
		{{2, {1, 4}}, 2, 3, KT_EINVAL},
		{{3, {1, 2, 3}}, 2, 3, KT_EINVAL},
		{{1, {1}}, 2, 3, KT_EINVAL},
		{{2, {1, 2}}, 2, 1, KT_EINVAL},
		{{2, {16, 17}}, 2, 17, KT_EINVAL},
		{{0, {0}}, 0, 3, KT_EINVAL},
	};
	for (size_t i = 0; i < sizeof(ROWS) / sizeof(*ROWS); i++)
		assert_int_equal(quorum_check(&ROWS[i].q, ROWS[i].t, ROWS[i].n), ROWS[i].rc);
}

/* Σ λ_i f(i) = f(0), and at every other point. */
static void test_lambda_sums(void **state)
{
	(void)state;
	for (uint8_t t = 1; t <= HOLDERS_MAX; t++) {
		struct quorum q = quorum_any(t, HOLDERS_MAX);
		struct scalar coef[HOLDERS_MAX], z, f, lambda, sum, want;
		for (uint8_t i = 0; i < t; i++)
			scalar_random(&coef[i]);
		for (uint8_t x = 0; x <= HOLDERS_MAX; x += 4) {
			memset(&sum, 0, sizeof(sum));
			for (uint8_t i = 0; i < t; i++) {
				scalar_of(q.index[i], &z);
				scalar_poly(coef, t, &z, &f);
				quorum_lambda_at(&q, q.index[i], x, &lambda);
				scalar_mul(&lambda, &f, &f);
				scalar_add(&sum, &f, &sum);
			}
			scalar_of(x, &z);
			scalar_poly(coef, t, &z, &want);
			assert_memory_equal(&sum, &want, 32);
		}
	}
}

/* Any t holders give the token of the whole key; t − 1, counted as if they were enough, never do. */
static void test_any_quorum(void **state)
{
	(void)state;
	static const uint8_t SIZES[][2] = {{2, 2}, {2, 3}, {3, 5}, {5, 9}, {16, 16}, {2, 16}};
	for (size_t i = 0; i < sizeof(SIZES) / sizeof(*SIZES); i++) {
		struct holders h;
		struct element first, again;
		uint8_t y[64], y2[64], t = SIZES[i][0];
		holders_make(KEY_CHECK, AUDIENCE_BANK, 1, t, SIZES[i][1], &h);
		holders_output(&h, STR("\001NL91ABNA0417164300"), &first, y);
		for (int tries = 0; tries < 4; tries++) {
			holders_output(&h, STR("\001NL91ABNA0417164300"), &again, y2);
			assert_true(group_same(&first, &again));
			assert_memory_equal(y, y2, 64);
		}
		struct quorum few = {.t = (uint8_t)(t - 1)};
		for (uint8_t j = 0; j + 1 < t; j++)
			few.index[j] = (uint8_t)(j + 1);
		assert_int_equal(oprf_hash(OPRF_VERIFIABLE, STR("\001NL91ABNA0417164300"), &again), 0);
		holders_evaluate(&h, &few, OPRF_CONTEXT_VERIFIABLE, &again, 1, &again);
		assert_false(group_same(&first, &again));
	}
}

/* A holder that lies in its element, its proof, its place or its quorum is found. */
static void test_lying_holder(void **state)
{
	(void)state;
	enum { N = 4 };
	struct holders h;
	struct quorum q = {2, {1, 3}}, other = {2, {1, 2}};
	struct scalar s[N], k;
	struct element b[N], part[N];
	struct oprf_proof proof, bad;
	holders_make(KEY_CHECK, AUDIENCE_BANK, 1, 2, 3, &h);
	for (size_t i = 0; i < N; i++)
		scalar_random(&s[i]);
	assert_int_equal(group_base(s, N, b), 0);
	const char *const context = OPRF_CONTEXT_VERIFIABLE;
	const struct element *pub = h.record.share;
	assert_int_equal(threshold_evaluate(context, &h.share[0], &q, 1, b, N, NULL, part, &proof), 0);
	assert_int_equal(threshold_verify(context, &pub[0], &q, 1, b, part, N, &proof), 0);
	assert_int_equal(threshold_verify(context, &pub[2], &q, 3, b, part, N, &proof), KT_ECRYPTO);
	assert_int_equal(threshold_verify(context, &pub[1], &q, 2, b, part, N, &proof), KT_EINVAL);
	assert_int_equal(threshold_verify(context, &pub[0], &other, 1, b, part, N, &proof), KT_ECRYPTO);
	assert_int_equal(threshold_verify(OPRF_CONTEXT_OPEN, &pub[0], &q, 1, b, part, N, &proof), KT_ECRYPTO);
	assert_int_equal(threshold_evaluate(context, &h.share[1], &q, 2, b, N, NULL, part, &bad), KT_EINVAL);
	for (size_t i = 0; i < N; i++) { /* one wrong element among good ones */
		struct element was = part[i];
		group_add(&part[i], &b[0], &part[i]);
		assert_int_equal(threshold_verify(context, &pub[0], &q, 1, b, part, N, &proof), KT_ECRYPTO);
		part[i] = was;
	}
	for (size_t bit = 0; bit < 512; bit += 17) {
		bad = proof;
		((uint8_t *)&bad)[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(threshold_verify(context, &pub[0], &q, 1, b, part, N, &bad), KT_ECRYPTO);
	}
	scalar_random(&k); /* another key altogether, honestly proved */
	assert_int_equal(threshold_evaluate(context, &k, &q, 1, b, N, NULL, part, &proof), 0);
	assert_int_equal(threshold_verify(context, &pub[0], &q, 1, b, part, N, &proof), KT_ECRYPTO);
}

static void test_add_identity(void **state)
{
	(void)state;
	struct scalar s, minus;
	struct element a, b, out;
	scalar_random(&s);
	scalar_neg(&s, &minus);
	assert_int_equal(group_base(&s, 1, &a), 0);
	assert_int_equal(group_base(&minus, 1, &b), 0);
	const struct element *const parts[] = {&a, &b};
	assert_int_equal(threshold_add(parts, 2, 1, &out), KT_ECRYPTO);
}

/* ---- records ---- */

static int read_record(struct str bytes, const struct holders *h, struct key_record *ret)
{
	struct err e = {0};
	int rc = key_record_read(bytes, ret, &e);
	if (!rc)
		rc = key_record_verify(ret, (const uint8_t(*)[32])h->sign_public, &e);
	if (rc)
		assert_true(strstr(e.text, "sleutelakte") != NULL);
	return rc;
}

static void test_record(void **state)
{
	(void)state;
	static const uint8_t SIZES[][2] = {{2, 2}, {2, 3}, {4, 7}, {16, 16}};
	for (size_t i = 0; i < sizeof(SIZES) / sizeof(*SIZES); i++) {
		struct holders h;
		struct key_record back;
		struct buf b = BUF_INIT(KEY_RECORD_MAX + 1), again = BUF_INIT(KEY_RECORD_MAX);
		holders_make(i & 1 ? KEY_SEAL : KEY_CHECK, i & 1 ? 0 : AUDIENCE_POLICE, 3, SIZES[i][0], SIZES[i][1], &h);
		key_record_write(&h.record, &b);
		assert_int_equal(buf_err(&b), 0);
		assert_int_equal(read_record(buf_view(&b), &h, &back), 0);
		key_record_write(&back, &again);
		assert_true(str_eq(buf_view(&b), buf_view(&again)));
		/* every byte matters: one bit of each */
		for (size_t at = 0; at<b.n; at += SIZES[i][1]> 3 ? 1 + rnd_below(20) : 1) {
			uint8_t bit = (uint8_t)(1u << rnd_below(8));
			b.p[at] = (char)(b.p[at] ^ bit);
			if (read_record(buf_view(&b), &h, &back) == 0)
				fail_msg("byte %zu of a record of %zu bytes may be changed", at, b.n);
			b.p[at] = (char)(b.p[at] ^ bit);
		}
		for (size_t n = 0; n < b.n; n += 1 + rnd_below(40))
			assert_int_not_equal(read_record(str_sub(buf_view(&b), 0, n), &h, &back), 0);
		buf_c(&b, 0);
		assert_int_not_equal(read_record(buf_view(&b), &h, &back), 0);
		buf_free(&b);
		buf_free(&again);
	}
}

/* Signed by all, and still no key: the shares stand on no one polynomial. */
static void test_record_polynomial(void **state)
{
	(void)state;
	struct holders h;
	struct key_record back;
	for (int which = -1; which < 4; which++) {
		struct buf b = BUF_INIT(KEY_RECORD_MAX);
		holders_make(KEY_OUTER, 0, 3, 2, 4, &h);
		struct element *one = which < 0 ? &h.record.key : &h.record.share[which];
		group_add(one, &h.record.share[0], one);
		for (uint8_t i = 1; i <= 4; i++)
			key_record_sign(&h.record, i, h.sign_secret[i - 1]);
		key_record_write(&h.record, &b);
		assert_int_equal(read_record(buf_view(&b), &h, &back), KT_ECRYPTO);
		buf_free(&b);
	}
}

static void test_record_missing_signature(void **state)
{
	(void)state;
	struct holders h;
	struct err e = {0};
	holders_make(KEY_OUTER, 0, 3, 2, 4, &h);
	key_record_sign(&h.record, 3, h.sign_secret[1]); /* another's */
	assert_int_equal(key_record_verify(&h.record, (const uint8_t(*)[32])h.sign_public, &e), KT_ECRYPTO);
	assert_true(strstr(e.text, "houder 3") != NULL);
}

/* The same K under another use, audience or epoch is another key; a refresh is not. */
static void test_key_id(void **state)
{
	(void)state;
	struct holders h;
	uint8_t id[5][KEY_ID];
	holders_make(KEY_CHECK, 1, 1, 2, 3, &h);
	key_id_of(KEY_CHECK, 1, 1, &h.record.key, id[0]);
	key_id_of(KEY_CHECK, 2, 1, &h.record.key, id[1]);
	key_id_of(KEY_CHECK, 1, 2, &h.record.key, id[2]);
	key_id_of(KEY_LINE, 1, 1, &h.record.key, id[3]);
	key_id_of(KEY_CHECK, 1, 1, &h.record.share[0], id[4]);
	for (size_t i = 1; i < 5; i++)
		assert_memory_not_equal(id[0], id[i], KEY_ID);
	assert_memory_equal(id[0], h.record.id, KEY_ID);
}

int main(void)
{
	PET_START();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quorum_form),
		cmocka_unit_test(test_lambda_sums),
		cmocka_unit_test(test_any_quorum),
		cmocka_unit_test(test_lying_holder),
		cmocka_unit_test(test_add_identity),
		cmocka_unit_test(test_record),
		cmocka_unit_test(test_record_polynomial),
		cmocka_unit_test(test_record_missing_signature),
		cmocka_unit_test(test_key_id),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
