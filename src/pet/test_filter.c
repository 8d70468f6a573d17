/* The list's filter: everything in it is found with its label, nothing else is, and hostile bytes are refused. */
#include "pet/test_pet.h"

static const uint8_t LIST[LIST_ID] = "lijst-van-proef";

static struct filter_entry *entries(size_t n)
{
	struct filter_entry *e = calloc(n + 1, sizeof(*e));
	assert_non_null(e);
	for (size_t i = 0; i < n; i++) {
		crypto_random(e[i].y, sizeof(e[i].y));
		e[i].label = (uint32_t)rnd_below(LABEL_MAX + 1u);
	}
	return e;
}

static void all_found(size_t n, size_t asks)
{
	struct filter_entry *e = entries(n);
	struct buf b = BUF_INIT(64u << 20);
	struct filter f;
	struct err err = {0};
	uint32_t label;
	uint8_t y[OPRF_OUTPUT];
	if (filter_build(LIST, 42, e, n, NULL, &b, &err))
		fail_msg("%zu: %s", n, err.text);
	if (filter_read(buf_view(&b), &f, &err))
		fail_msg("%zu: %s", n, err.text);
	assert_memory_equal(f.list, LIST, LIST_ID);
	assert_int_equal(f.sequence, 42);
	assert_int_equal(f.count, n);
	for (size_t i = 0; i < n; i++) {
		label = LABEL_MAX + 1;
		assert_true(filter_get(&f, e[i].y, &label));
		assert_int_equal(label, e[i].label);
	}
	for (size_t i = 0; i < asks; i++) {
		for (size_t at = 0; at < sizeof(y); at += 8) {
			uint64_t r = rnd();
			memcpy(y + at, &r, 8);
		}
		if (filter_get(&f, y, &label))
			fail_msg("a false hit in %zu of %zu", i, n);
	}
	if (n > 100000)
		assert_true((double)b.n * 8 / (double)n <= 73);
	buf_free(&b);
	free(e);
}

static void test_sizes(void **state)
{
	(void)state;
	static const size_t SIZES[] = {0, 1, 2, 3, 4, 5, 7, 10, 31, 100, 1000, 10000};
	for (size_t i = 0; i < sizeof(SIZES) / sizeof(*SIZES); i++)
		for (int again = 0; again < (SIZES[i] <= 100 ? 50 : 2); again++)
			all_found(SIZES[i], 1000);
}

static void test_large(void **state)
{
	(void)state;
	all_found(100000, 1000000);
}

/* Who has the token and not the whole output reads no label; another sequence or list has another pad. */
static void test_pad(void **state)
{
	(void)state;
	struct filter_entry *e = entries(10);
	struct buf b = BUF_INIT(1 << 20);
	struct filter f;
	uint32_t label, wrong = 0;
	assert_int_equal(filter_build(LIST, 1, e, 10, NULL, &b, NULL), 0);
	assert_int_equal(filter_read(buf_view(&b), &f, NULL), 0);
	for (size_t i = 0; i < 10; i++) {
		uint8_t y[OPRF_OUTPUT] = {0}, other[LIST_ID] = {0};
		memcpy(y, e[i].y, TOKEN_BYTES);
		assert_true(filter_get(&f, y, &label));
		wrong += label != e[i].label;
		uint32_t masked = label_mask(LIST, 1, e[i].y, e[i].label);
		assert_int_equal(label_mask(LIST, 1, e[i].y, masked), e[i].label);
		wrong += label_mask(LIST, 2, e[i].y, e[i].label) != masked;
		wrong += label_mask(other, 1, e[i].y, e[i].label) != masked;
	}
	assert_true(wrong >= 29);
	buf_free(&b);
	free(e);
}

static void test_label(void **state)
{
	(void)state;
	assert_int_equal(label_pack(&(struct list_label){1023, 3, 7, 3, 127}), LABEL_MAX);
	assert_int_equal(label_pack(&(struct list_label){1, 0, 0, 0, 0}), 1u << 14);
	assert_int_equal(label_pack(&(struct list_label){0, 1, 0, 0, 0}), 1u << 12);
	assert_int_equal(label_pack(&(struct list_label){0, 0, 1, 0, 0}), 1u << 9);
	assert_int_equal(label_pack(&(struct list_label){0, 0, 0, 1, 1}), 1u << 7 | 1);
	for (int i = 0; i < 1000; i++) {
		uint32_t v = (uint32_t)rnd_below(LABEL_MAX + 1u);
		struct list_label l = label_unpack(v);
		assert_int_equal(label_pack(&l), v);
	}
}

/* The same token twice, a full buffer, a seed that is given. */
static void test_build_refuses(void **state)
{
	(void)state;
	struct filter_entry *e = entries(1000);
	struct buf b = BUF_INIT(1 << 20), again = BUF_INIT(1 << 20), small = BUF_INIT(1000);
	struct err err = {0};
	struct filter f;
	memcpy(e[700].y, e[3].y, TOKEN_BYTES); /* the rest may differ: the token decides */
	assert_int_equal(filter_build(LIST, 1, e, 1000, NULL, &b, &err), KT_EEXISTS);
	crypto_random(e[700].y, TOKEN_BYTES);
	assert_int_equal(filter_build(LIST, 1, e, 1000, NULL, &small, &err), KT_ELIMIT);
	assert_int_equal(filter_build(LIST, 1, e, 1000, NULL, &b, &err), 0);
	assert_int_equal(filter_read(buf_view(&b), &f, &err), 0);
	assert_int_equal(filter_build(LIST, 1, e, 1000, f.seed, &again, &err), 0);
	assert_true(str_eq(buf_view(&b), buf_view(&again))); /* the same seed: the same bytes */
	assert_int_equal(filter_build(LIST, 1, e, (size_t)FILTER_MAX_COUNT + 1, NULL, &again, &err), KT_ELIMIT);
	buf_free(&b);
	buf_free(&again);
	buf_free(&small);
	free(e);
}

static void test_hostile(void **state)
{
	(void)state;
	struct filter_entry *e = entries(20);
	struct buf b = BUF_INIT(1 << 20);
	struct filter f;
	struct err err = {0};
	uint32_t label;
	assert_int_equal(filter_build(LIST, 1, e, 20, NULL, &b, NULL), 0);
	for (size_t n = 0; n < b.n; n++)
		assert_int_equal(filter_read(str_sub(buf_view(&b), 0, n), &f, &err), KT_EINVAL);
	buf_c(&b, 0);
	assert_int_equal(filter_read(buf_view(&b), &f, &err), KT_EINVAL);
	buf_cut(&b, b.n - 1);
	for (size_t at = 49; at < FILTER_HEADER; at++) /* the shape, in every other way */
		for (unsigned v = 0; v < 256; v++) {
			char was = b.p[at];
			b.p[at] = (char)v;
			if ((char)v != was)
				assert_int_equal(filter_read(buf_view(&b), &f, &err), KT_EINVAL);
			b.p[at] = was;
		}
	for (size_t at = 0; at < 5; at++) {
		b.p[at] ^= 1;
		assert_int_equal(filter_read(buf_view(&b), &f, &err), KT_EINVAL);
		b.p[at] ^= 1;
	}
	/* whatever the cells and the seed: an answer within bounds */
	for (int i = 0; i < 200; i++) {
		b.p[33 + rnd_below(16)] = (char)rnd();
		b.p[FILTER_HEADER + rnd_below(b.n - FILTER_HEADER)] = (char)rnd();
		assert_int_equal(filter_read(buf_view(&b), &f, &err), 0);
		for (size_t j = 0; j < 20; j++)
			(void)filter_get(&f, e[j].y, &label);
	}
	buf_free(&b);
	free(e);
}

int main(void)
{
	PET_START();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes), cmocka_unit_test(test_large),         cmocka_unit_test(test_pad),
		cmocka_unit_test(test_label), cmocka_unit_test(test_build_refuses), cmocka_unit_test(test_hostile),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
