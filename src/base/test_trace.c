#include "base/hist.h"
#include "base/test_seed.h"
#include "base/trace.h"
#include "base/words.h"

#define GOOD "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

static void test_parse(void **state)
{
	(void)state;
	struct trace t = {0};
	char out[TRACE_TEXT], uuid[TRACE_UUID];
	assert_int_equal(trace_parse(STR(GOOD), &t), 0);
	assert_true(t.sampled);
	trace_format(&t, out);
	assert_string_equal(out, GOOD);
	trace_uuid(&t, uuid);
	assert_string_equal(uuid, "urn:uuid:4bf92f35-77b3-4da6-a3ce-929d0e0e4736");
	trace_span(&t);
	trace_format(&t, out);
	assert_memory_equal(out, GOOD, 36);
	assert_memory_not_equal(&out[36], &GOOD[36], 16);
	/* a later version may go on; of its flags only the first bit is known */
	assert_int_equal(trace_parse(STR("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-fe-later"), &t), 0);
	assert_false(t.sampled);
}

static void test_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"",
		"00",
		(GOOD "-x"),
		(GOOD " "),
		(" " GOOD),
		"ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
		"00-00000000000000000000000000000000-00f067aa0ba902b7-01",
		"00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
		"00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
		"00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01",
		"00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
		"0x-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
		"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
		"cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01x",
	};
	struct trace t = {.id = {7}}, before = t;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_int_equal(trace_parse(str_of(bad[i]), &t), KT_EINVAL);
		assert_memory_equal(&t, &before, sizeof t);
	}
	/* every cut, every damaged byte: refused, or another good trace of the same length */
	for (size_t n = 0; n < sizeof GOOD - 1; n++)
		assert_int_equal(trace_parse((struct str){GOOD, n}, &t), KT_EINVAL);
}

static void test_new(void **state)
{
	(void)state;
	struct trace a, b;
	for (int i = 0; i < 1000; i++) {
		char text[TRACE_TEXT];
		trace_new(&a);
		trace_new(&b);
		assert_memory_not_equal(a.id, b.id, 16);
		assert_memory_not_equal(a.span, b.span, 8);
		trace_format(&a, text);
		assert_int_equal(trace_parse(str_of(text), &b), 0);
		assert_memory_equal(a.id, b.id, 16);
	}
}

static void test_hist(void **state)
{
	(void)state;
	struct hist h = {0};
	hist_add(&h, -5);
	hist_add(&h, 500);
	hist_add(&h, 501);
	hist_add(&h, INT64_C(1) << 40);
	assert_int_equal(h.n[0], 2);
	assert_int_equal(h.n[1], 1);
	assert_int_equal(h.n[HIST_BOUNDS], 1);
	assert_int_equal(h.sum_us, 1001 + (INT64_C(1) << 40));
	for (int i = 1; i < HIST_BOUNDS; i++)
		assert_true(HIST_US[i - 1] < HIST_US[i]);
}

static void test_words(void **state)
{
	(void)state;
	static const char *const list[] = {"a", NULL};
	const struct words w = {list, 2};
	assert_string_equal(words_at(&w, 0), "a");
	assert_string_equal(words_at(&w, 1), "");
	assert_string_equal(words_at(&w, 2), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_parse), cmocka_unit_test(test_refused),
	                                   cmocka_unit_test(test_new), cmocka_unit_test(test_hist),
	                                   cmocka_unit_test(test_words)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
