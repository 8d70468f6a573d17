#include "base/test_seed.h"
#include "seam/yaml.h"
#include <sys/stat.h>
#include <unistd.h>

static struct arena *arena;

static const struct val *must(const char *text)
{
	struct err e = {0};
	const struct val *v = NULL;
	if (yaml_read(arena, str_of(text), "proef.yaml", &v, &e) != 0)
		fail_msg("line %d: %s", e.line, e.text);
	return v;
}

static void test_lines(void **state)
{
	(void)state;
	const struct val *v = must("# uitleg\n\nid: A\nlist:\n  - one\n  -\n    two: 2\n    three:\n      - x\n"
		"text: |\n  a\n  b\nflow: {p: 1,\n  q: [1,\n 2]}\nempty:\nlast: \"z\"\n");
	const struct val *list = val_get(v, "list"), *flow = val_get(v, "flow");
	assert_int_equal(v->line, 3);
	assert_int_equal(v->obj.m[0].line, 3);
	assert_int_equal(val_get(v, "id")->line, 3);
	assert_int_equal(v->obj.m[1].line, 4);
	assert_int_equal(list->line, 5);
	assert_int_equal(list->arr.v[0].line, 5);
	assert_int_equal(list->arr.v[1].line, 7);
	assert_int_equal(val_get(&list->arr.v[1], "three")->arr.v[0].line, 9);
	assert_true(str_is(val_text(v, "text"), "a\nb\n"));
	assert_int_equal(v->obj.m[2].line, 10);
	assert_int_equal(flow->line, 13);
	assert_int_equal(flow->obj.m[1].line, 14);
	assert_int_equal(val_get(flow, "q")->arr.v[1].line, 15);
	assert_int_equal(val_get(v, "empty")->type, VAL_NULL);
	assert_int_equal(v->obj.m[4].line, 16);
	assert_int_equal(val_get(v, "last")->line, 17);
	assert_int_equal(v->obj.n, 6);
	for (size_t i = 0; i < v->obj.n; i++)
		assert_true(v->obj.m[i].v.line >= v->obj.m[i].line);
}

static void test_scalars(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		enum val_type type;
	} cases[] = {
		{"null", VAL_NULL}, {"~", VAL_NULL}, {"Null", VAL_NULL}, {"true", VAL_BOOL}, {"FALSE", VAL_BOOL}, {"yes",
			VAL_STR},
		{"no", VAL_STR}, {"on", VAL_STR}, {"0", VAL_INT}, {"-12", VAL_INT}, {"9223372036854775807", VAL_INT},
		{"1.5", VAL_REAL}, {"-0.25", VAL_REAL}, {"1e3", VAL_REAL}, {"0900", VAL_STR}, {"+31612345678", VAL_STR},
		{"0x1f", VAL_STR}, {".inf", VAL_STR}, {".nan", VAL_STR}, {"1.", VAL_STR}, {".5", VAL_STR}, {"2026-11-22",
			VAL_STR},
		{"12:30", VAL_STR}, {"1_000", VAL_STR}, {"'12'", VAL_STR}, {"\"true\"", VAL_STR}, {"'null'", VAL_STR},
			{"''", VAL_STR},
		{"-", VAL_ARR}, {"tekst met spaties", VAL_STR}, {"{}", VAL_OBJ}, {"[]", VAL_ARR},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (must(cases[i].text)->type != cases[i].type)
			fail_msg("%s: %d", cases[i].text, must(cases[i].text)->type);
	assert_int_equal(must("9223372036854775807")->i, INT64_MAX);
	assert_true(must("1.5")->d == 1.5 && must("1e3")->d == 1000);
	assert_true(str_is(must("\"a\\n\\u20ac\"")->s, "a\n\xe2\x82\xac"));
	assert_true(str_is(must("0900")->s, "0900"));
	const struct val *v = must("a: \"x\"\nb: 'it''s'\n\"<<\": 1\n");
	assert_true(str_is(val_text(v, "b"), "it's"));
	assert_int_equal(val_int(v, "<<", 0), 1); /* quoted: a name like others */
	assert_int_equal(must("[]")->arr.n, 0);
	assert_int_equal(must("{}")->obj.n, 0);
}

static void test_refused(void **state)
{
	(void)state;
#define BAD(text, code, line, says) {text, sizeof(text) - 1, code, line, says}
	static const struct {
		const char *text;
		size_t n;
		int code, line;
		const char *says;
	} bad[] = {
		BAD("", KT_EINVAL, 0, "leeg"),
		BAD("# niets\n", KT_EINVAL, 0, "geen inhoud"),
		BAD("a: 1\nb: 2\na: 3\n", KT_EINVAL, 3, "tweemaal"),
		BAD("x:\n  - {p: 1, p: 2}\n", KT_EINVAL, 2, "tweemaal"),
		BAD("a: 1\n\"a\": 3\n", KT_EINVAL, 2, "tweemaal"),
		BAD("a: 1\nb: &x 2\n", KT_EINVAL, 2, "ankers"),
		BAD("a: &x [1]\n", KT_EINVAL, 1, "ankers"),
		BAD("a: 1\n\nb: *x\n", KT_EINVAL, 0, ""),
		BAD("a: !!str 1\n", KT_EINVAL, 1, "typeaanduidingen"),
		BAD("a:\n  !geheim {b: 1}\n", KT_EINVAL, 2, "typeaanduidingen"),
		BAD("<<: {a: 1}\n", KT_EINVAL, 1, "<<"),
		BAD("a: 1\n---\nb: 2\n", KT_EINVAL, 2, "meer dan"),
		BAD("a: 1\n b: 2\n", KT_EINVAL, 0, "geldig YAML"),
		BAD("a: 1\nb: [1, 2\nc: 3\n", KT_EINVAL, 0, "geldig YAML"),
		BAD("a: \"geheim\nb: 2\n", KT_EINVAL, 0, "geldig YAML"),
		BAD("a: 1\n\tb: 2\n", KT_EINVAL, 2, "tab"),
		BAD("a: \"x\\0y\"\n", KT_EINVAL, 1, "NUL"),
		BAD("? [a]\n: 1\n", KT_EINVAL, 1, "naam moet tekst"),
		BAD("a: 1\nb: x\0y\n", KT_EINVAL, 2, "NUL"),
		BAD("a: 1\nb: 2\nc: \xff\n", KT_EINVAL, 3, "UTF-8"),
		BAD("a: 9223372036854775808\n", KT_EINVAL, 1, "te groot"),
		BAD("a: 1.0e999\n", KT_EINVAL, 1, "te groot"),
		BAD(": 1\n", KT_EINVAL, 1, "leeg"),
		BAD("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]", KT_ELIMIT, 1, "diep"),
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct err e = {0};
		const struct val *v = NULL;
		int rc = yaml_read(arena, (struct str){bad[i].text, bad[i].n}, "proef.yaml", &v, &e);
		if (rc != bad[i].code || (bad[i].line && e.line != bad[i].line) || !strstr(e.text, bad[i].says) ||
		    strstr(e.text, "geheim"))
			fail_msg("%zu: %d line %d: %s", i, rc, e.line, e.text);
		assert_string_equal(e.at, "proef.yaml");
		assert_null(v);
	}
}

/* The place of a syntax error is told, and libfyaml itself stays silent. */
static void test_syntax_line(void **state)
{
	(void)state;
	struct err e = {0};
	const struct val *v;
	int keep = dup(2), fd[2];
	char words[16];
	assert_int_equal(pipe(fd), 0);
	dup2(fd[1], 2);
	close(fd[1]);
	assert_int_equal(yaml_read(arena, STR("a: 1\nb: 2\nc: ]\nd: 3\n"), "x", &v, &e), KT_EINVAL);
	assert_int_equal(e.line, 3);
	assert_int_equal(yaml_read(arena, STR("a: 1\nb: \"\\q\"\n"), "x", &v, &e), KT_EINVAL);
	assert_int_equal(yaml_read(arena, STR("a: 1\nb: @x\n"), "x", &v, &e), KT_EINVAL);
	dup2(keep, 2);
	close(keep);
	assert_int_equal(read(fd[0], words, sizeof words), 0);
	close(fd[0]);
}

static void test_sizes(void **state)
{
	(void)state;
	size_t n = YAML_MAX_BYTES;
	char *text = malloc(n + 1);
	struct err e;
	const struct val *v;
	memset(text, 'a', n + 1);
	assert_int_equal(yaml_read(arena, (struct str){text, n + 1}, "x", &v, &e), KT_ELIMIT);
	/* Many keys must not take quadratic time. */
	n = 0;
	for (int i = 0; n + 20 < (1u << 20); i++)
		n += (size_t)snprintf(text + n, 20, "k%d: %d\n", i, i);
	clock_t t = clock();
	assert_int_equal(yaml_read(arena, (struct str){text, n}, "x", &v, &e), 0);
	assert_true(clock() - t < 20 * CLOCKS_PER_SEC);
	assert_true(v->obj.n > 60000);
	assert_int_equal(v->obj.m[50000].line, 50001);
	memset(text, '[', 100000);
	assert_int_equal(yaml_read(arena, (struct str){text, 100000}, "x", &v, &e), KT_ELIMIT);
	free(text);
	arena_reset(arena);
}

static void test_file(void **state)
{
	(void)state;
	char path[] = "/tmp/kentering-yaml-XXXXXX";
	int fd = mkstemp(path);
	struct err e;
	const struct val *v = NULL;
	assert_int_equal(write(fd, "a: 1\nb: [x]\n", 12), 12);
	assert_int_equal(yaml_read_file(arena, path, &v, &e), 0);
	assert_true(val_has(v, "b", STR("x")));
	assert_int_equal(ftruncate(fd, (off_t)YAML_MAX_BYTES + 1000000), 0);
	assert_int_equal(yaml_read_file(arena, path, &v, &e), KT_ELIMIT);
	assert_string_equal(e.at, path);
	close(fd);
	unlink(path);
	assert_int_equal(yaml_read_file(arena, path, &v, &e), KT_ENOTFOUND);
	assert_int_equal(yaml_read_file(arena, "/tmp", &v, &e), KT_EINVAL);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(yaml_read_file(arena, path, &v, &e), KT_EINVAL); /* and does not hang */
	unlink(path);
}

static void test_garbage(void **state)
{
	(void)state;
	static const char *const parts[] = {"a", ":", ": ", "\n", "  ", "- ", "[", "]", "{", "}", ",", "\"", "'", "|\n",
		">", "#", "&x",
		"*x", "!t", "---", "...", "1", "?", "%YAML 1.2\n", "\xc3\xa9", "\\", "~"};
	for (unsigned i = 0; i < 20000; i++) {
		char text[256] = "";
		size_t n = 0;
		struct err e = {0};
		const struct val *v = NULL;
		for (uint64_t k = rnd_below(24); k > 0; k--)
			n += (size_t)snprintf(text + n, sizeof text - n, "%s", parts[rnd_below(sizeof parts / sizeof *parts)]);
		int rc = yaml_read(arena, (struct str){text, n}, "x", &v, &e);
		assert_true(rc ? e.text[0] && !v : v != NULL);
		arena_reset(arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines), cmocka_unit_test(test_scalars), cmocka_unit_test(test_refused),
		cmocka_unit_test(test_syntax_line), cmocka_unit_test(test_sizes), cmocka_unit_test(test_file),
		cmocka_unit_test(test_garbage),
	};
	arena = arena_new(0);
	seed_start();
	int failed = cmocka_run_group_tests_name("yaml", tests, NULL, NULL);
	arena_free(arena);
	return failed;
}
