/* The validator over the tables that tools/gen.py makes of test_schema.yaml; values come from JSON texts. */
#include "base/clock.h"
#include "base/pattern.h"
#include "base/test_schema.h"
#include "base/test_seed.h"
#include "base/valid.h"
#include "seam/json.h"
#include <pthread.h>

static const struct json_limits limits = {1 << 20, 64};

static struct valid_report report;

static int check(const char *text)
{
	struct arena *a = arena_new(0);
	struct err e;
	const struct val *v;
	assert_int_equal(json_read(a, str_of(text), &limits, &v, &e), 0);
	memset(&report, 0, sizeof report);
	int rc = valid_check(&test_test_schema, v, &report);
	for (unsigned i = 0; i < report.n; i++)
		assert_true(str_utf8(str_of(report.e[i].text)) && report.e[i].text[0]);
	arena_free(a);
	return rc;
}

struct wrong {
	const char *text, *rule, *at, *says;
};

/* Each breaks one rule once. */
static const struct wrong cases[] = {
	{"[]", "type", "", "een object"},
	{"{}", "required", "/id", "ontbreekt: hoofdletters"},
	{"{\"id\":1}", "type", "/id", "tekst"},
	{"{\"id\":\"A\"}", "minLength", "/id", "ten minste 2 tekens"},
	{"{\"id\":\"ABCDEFGHI\"}", "maxLength", "/id", "hoogstens 8 tekens"},
	{"{\"id\":\"ab\"}", "pattern", "/id", "hoofdletters, eventueel een nummer"},
	{"{\"id\":\"AB\\n\"}", "pattern", "/id", "vorm"},
	{"{\"id\":\"AB\",\"date\":\"2026-02-30\"}", "format", "/date", "datum"},
	{"{\"id\":\"AB\",\"date\":5}", "type", "/date", "tekst of null"},
	{"{\"id\":\"AB\",\"moment\":\"2026-02-03\"}", "format", "/moment", "tijdstip"},
	{"{\"id\":\"AB\",\"count\":0}", "minimum", "/count", "ten minste 1"},
	{"{\"id\":\"AB\",\"count\":11}", "maximum", "/count", "hoogstens 10"},
	{"{\"id\":\"AB\",\"count\":1.5}", "type", "/count", "geheel getal"},
	{"{\"id\":\"AB\",\"ratio\":-0.6}", "minimum", "/ratio", "-0.5"},
	{"{\"id\":\"AB\",\"ratio\":2}", "maximum", "/ratio", "1.5"},
	{"{\"id\":\"AB\",\"flag\":\"ja\"}", "type", "/flag", "true of false"},
	{"{\"id\":\"AB\",\"colour\":\"blauw\"}", "enum", "/colour", "rood, \xC3\xA9\xC3\xA9n"},
	{"{\"id\":\"AB\",\"fixed\":\"los\"}", "enum", "/fixed", "verwacht vast"},
	{"{\"id\":\"AB\",\"list\":[]}", "minItems", "/list", "ten minste 1"},
	{"{\"id\":\"AB\",\"list\":[1,2,3,4]}", "maxItems", "/list", "hoogstens 3"},
	{"{\"id\":\"AB\",\"list\":[1,true]}", "type", "/list/1", "tekst"},
	{"{\"id\":\"AB\",\"list\":[\"x\",\"y\",\"x\"]}", "uniqueItems", "/list/2", "al eerder"},
	{"{\"id\":\"AB\",\"list\":[1,1.0]}", "uniqueItems", "/list/1", "al eerder"},
	{"{\"id\":\"AB\",\"bag\":[[],{},null,0,false,\"\",[0],{\"a\":[1,2],\"b\":2},{\"b\":2,\"a\":[1,2]}]}",
		"uniqueItems", "/bag/8", "al"},
	{"{\"id\":\"AB\",\"map\":{\"a\":1,\"b\":\"2\"}}", "type", "/map/b", "geheel getal"},
	{"{\"id\":\"AB\",\"map\":{\"jan@example.nl\":\"2\"}}", "type", "/map/*", "geheel getal"},
	{"{\"id\":\"AB\",\"a/b~c\":\"x\"}", "type", "/a~1b~0c", "geheel getal"},
	{"{\"id\":\"AB\",\"cuont\":1}", "unknown", "/cuont", "bedoeld is misschien count"},
	{"{\"id\":\"AB\",\"zomaar_iets\":1}", "unknown", "/zomaar_iets", "onbekend veld zomaar_iets"},
	{"{\"id\":\"AB\",\"jan@example.nl\":1}", "unknown", "", "onbekend veld"},
	{"{\"id\":\"AB\",\"nested\":{\"id\":\"AB\",\"nested\":{}}}", "required", "/nested/nested/id", "ontbreekt"},
	{"{\"id\":\"AB\",\"shape\":{}}", "required", "/shape/kind", "ontbreekt"},
	{"{\"id\":\"AB\",\"shape\":{\"kind\":\"bol\"}}", "enum", "/shape/kind", "cirkel, doos, kist"},
	{"{\"id\":\"AB\",\"shape\":{\"kind\":7}}", "enum", "/shape/kind", "cirkel"},
	{"{\"id\":\"AB\",\"shape\":{\"kind\":\"cirkel\"}}", "required", "/shape/radius", "ontbreekt"},
	{"{\"id\":\"AB\",\"shape\":{\"kind\":\"kist\",\"inside\":{\"kind\":\"cirkel\",\"radius\":-1}}}", "minimum",
		"/shape/inside/radius", "0"},
	{"{\"id\":\"AB\",\"shape\":{\"kind\":\"doos\",\"radius\":1}}", "unknown", "/shape/radius", "onbekend"},
};

static void test_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int rc = check(cases[i].text);
		if (rc != KT_EINVAL || report.total != 1 || strcmp(report.e[0].rule, cases[i].rule) != 0 ||
		    strcmp(report.e[0].at, cases[i].at) != 0 || !strstr(report.e[0].text, cases[i].says))
			fail_msg("%s: %u errors, %s at %s: %s", cases[i].text, report.total, report.e[0].rule, report.e[0].at,
				report.e[0].text);
		assert_null(strstr(report.e[0].text, "example"));
	}
}

static void test_right(void **state)
{
	(void)state;
	static const char *const good[] = {
		"{\"id\":\"AB\"}", "{\"id\":\"AB-12\",\"date\":null,\"colour\":null,\"any\":[1,{}]}",
		"{\"id\":\"AB\",\"date\":\"2024-02-29\",\"moment\":\"2026-11-22T10:00:00Z\","
			"\"count\":10,\"ratio\":1,\"flag\":false}",
		"{\"id\":\"AB\",\"colour\":\"\xC3\xA9\xC3\xA9n\",\"fixed\":\"vast\","
			"\"list\":[1,\"1\",{}],\"bag\":[],\"map\":{}}",
		"{\"id\":\"AB\",\"open\":{\"known\":1,\"other\":\"x\"},\"a/b~c\":1,\"nested\":{\"id\":\"CD\"}}",
		"{\"id\":\"AB\",\"shape\":{\"kind\":\"doos\",\"inside\":{\"kind\":\"cirkel\",\"radius\":0}}}",
	};
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		if (check(good[i]) != 0)
			fail_msg("%s: %s at %s: %s", good[i], report.e[0].rule, report.e[0].at, report.e[0].text);
}

static void test_many(void **state)
{
	(void)state;
	assert_int_equal(check("{\"count\":0,\"flag\":1,\"x\":2}"), KT_EINVAL);
	assert_int_equal(report.total, 4);
	/* More errors than there is place for are counted. */
	struct buf b = BUF_INIT(1000000);
	buf_z(&b, "{\"id\":\"AB\",\"map\":{");
	for (int i = 0; i < 100; i++)
		buf_printf(&b, "%s\"k%d\":\"x\"", i ? "," : "", i);
	buf_z(&b, "}}");
	assert_int_equal(check(b.p), KT_EINVAL);
	assert_int_equal(report.n, VALID_MAX);
	assert_int_equal(report.total, 100);
	buf_reset(&b);
	buf_z(&b, "{\"id\":\"AB\",\"bag\":[");
	for (int i = 0; i < 20000; i++)
		buf_printf(&b, "%s%d", i ? "," : "", i == 19999 ? 0 : i);
	buf_z(&b, "]}");
	int64_t t = clock_mono_ns();
	assert_int_equal(check(b.p), KT_EINVAL);
	assert_true(clock_mono_ns() - t < INT64_C(2000000000));
	assert_string_equal(report.e[0].at, "/bag/19999");
	buf_free(&b);
	memset(&report, 0, sizeof report);
	valid_add(&report, "/rules/3", 12, "reference", "onbekende bron %s", "L99");
	assert_string_equal(report.e[0].text, "onbekende bron L99");
	assert_int_equal(report.e[0].line, 12);
}

/* Deep paths are cut, never overrun. */
static void test_deep(void **state)
{
	(void)state;
	struct buf b = BUF_INIT(100000);
	for (int i = 0; i < 40; i++)
		buf_z(&b, "{\"id\":\"AB\",\"nested\":");
	buf_z(&b, "{\"id\":5}");
	for (int i = 0; i < 40; i++)
		buf_c(&b, '}');
	assert_int_equal(check(b.p), KT_EINVAL);
	assert_int_equal(report.total, 1);
	assert_true(strlen(report.e[0].at) > 140);
	buf_free(&b);
}

static void *match_many(void *arg)
{
	(void)arg;
	char pattern[32];
	for (int i = 0; i < 300; i++) { /* more than the cache keeps */
		snprintf(pattern, sizeof pattern, "^a{%d}$", i % 150 + 1);
		char text[151];
		memset(text, 'a', sizeof text);
		if (pattern_match(pattern, (struct str){text, (size_t)(i % 150 + 1)}) != 1 ||
		    pattern_match(pattern, (struct str){text, (size_t)(i % 150)}) != 0)
			return (void *)1;
	}
	return NULL;
}

static void test_pattern(void **state)
{
	(void)state;
	pthread_t th[4];
	static char long_text[5000];
	memset(long_text, 'a', sizeof long_text);
	long_text[sizeof long_text - 2] = 'b';
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&th[i], NULL, match_many, NULL), 0);
	for (int i = 0; i < 4; i++) {
		void *bad = NULL;
		assert_int_equal(pthread_join(th[i], &bad), 0);
		assert_null(bad);
	}
	assert_int_equal(pattern_match("(", STR("x")), KT_EINTERNAL);
	assert_int_equal(pattern_match("^$", STR_NONE), 1);
	assert_int_equal(pattern_match("^a$", STR("a\0b")), 0);
	assert_int_equal(pattern_match("b$", (struct str){long_text, sizeof long_text - 1}), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wrong), cmocka_unit_test(test_right), cmocka_unit_test(test_many),
		cmocka_unit_test(test_deep), cmocka_unit_test(test_pattern),
	};
	json_setup();
	seed_start();
	return cmocka_run_group_tests_name("valid", tests, NULL, NULL);
}
