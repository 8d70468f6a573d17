#include "base/log.h"
#include "base/near.h"
#include "base/settings.h"
#include "base/test_seed.h"
#include <limits.h>
#include <unistd.h>

static char path[64];

static void put_file(const char *text)
{
	snprintf(path, sizeof path, "/tmp/kentering-settings-XXXXXX");
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static char *env_none(const char *name)
{
	(void)name;
	return NULL;
}

static char *env_some(const char *name)
{
	static char node[] = "env", level[] = "debug", empty[] = "";
	if (strcmp(name, "KENTERING_NODE") == 0)
		return node;
	if (strcmp(name, "KENTERING_LOG_LEVEL") == 0)
		return level;
	return strcmp(name, "KENTERING_MAX_GROUP") == 0 ? empty : NULL;
}

static char *env_bad(const char *name)
{
	static char bad[] = "geheim-wachtwoord";
	return strcmp(name, "KENTERING_BUSY_MS") == 0 ? bad : NULL;
}

static void test_precedence(void **state)
{
	(void)state;
	struct settings s;
	struct err e;
	settings_init(&s);
	assert_string_equal(settings_text(&s, SET_MODE), "demo");
	assert_int_equal(settings_int(&s, SET_MAX_GROUP), 256);
	assert_int_equal(settings_enum(&s, SET_LOG_LEVEL), LOG_WARN);
	put_file("# uitleg\n\n node = file \nmax_group=7\r\nbusy_ms = 5\nlog_level = error");
	assert_int_equal(settings_file(&s, path, &e), 0);
	assert_string_equal(settings_text(&s, SET_NODE), "file");
	assert_int_equal(settings_int(&s, SET_MAX_GROUP), 7);
	assert_int_equal(settings_env(&s, env_some, &e), 0);
	assert_string_equal(settings_text(&s, SET_NODE), "env");
	assert_int_equal(settings_enum(&s, SET_LOG_LEVEL), LOG_DEBUG);
	assert_int_equal(settings_int(&s, SET_MAX_GROUP), 7);
	assert_int_equal(settings_set(&s, STR("node"), STR("flag"), &e), 0);
	/* Reading the weaker sources again changes nothing that a stronger one said. */
	assert_int_equal(settings_file(&s, path, &e), 0);
	assert_int_equal(settings_env(&s, env_some, &e), 0);
	assert_string_equal(settings_text(&s, SET_NODE), "flag");
	assert_int_equal(settings_int(&s, SET_BUSY_MS), 5);
	assert_true(settings_is(&s, SET_MODE, "demo"));
	assert_int_equal(settings_env(&s, env_none, &e), 0);
	unlink(path);
	settings_wipe(&s);
	assert_int_equal(settings_text(&s, SET_NODE)[0], 0);
}

static void test_file_errors(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int line;
		const char *says;
	} bad[] = {
		{"node = a\nlog_lvel = warn\n", 2, "bedoeld is misschien log_level"},
		{"\n\nnode\n", 3, "naam = waarde"},
		{"max_group = 0\n", 1, "van 1 tot en met"},
		{"max_group = veel\n", 1, "geheel getal"},
		{"mode = proef\n", 1, "demo|production"},
		{"log_level = \n", 1, "error|warn"},
		{"node =\n", 1, "verwacht"},
		{"x\"y = 1\n", 1, "onbekende instelling"},
		{"node = \xff\n", 1, "UTF-8"},
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct settings s, before;
		struct err e = {0};
		settings_init(&s);
		before = s;
		put_file(bad[i].text);
		assert_int_equal(settings_file(&s, path, &e), KT_EINVAL);
		assert_int_equal(e.line, bad[i].line);
		assert_string_equal(e.at, path);
		assert_non_null(strstr(e.text, bad[i].says));
		assert_memory_equal(&s, &before, sizeof s); /* nothing of the file was taken */
		unlink(path);
	}
	struct settings s;
	struct err e;
	settings_init(&s);
	assert_int_equal(settings_file(&s, "/nonexistent/kentering.conf", &e), KT_ENOTFOUND);
	char *huge = calloc(1, 70000);
	memset(huge, '#', 69999);
	put_file(huge);
	assert_int_equal(settings_file(&s, path, &e), KT_ELIMIT);
	unlink(path);
	memset(huge, 'n', 600);
	assert_int_equal(settings_set(&s, STR("node"), (struct str){huge, 512}, &e), KT_ELIMIT);
	assert_int_equal(settings_set(&s, STR("node"), (struct str){huge, 511}, &e), 0);
	free(huge);
}

static void count(const struct setting_info *info, void *ctx)
{
	assert_true(info->name[0] && info->doc[0]);
	assert_ptr_equal(info, settings_info(info->id));
	++*(unsigned *)ctx;
}

static void test_secret(void **state)
{
	(void)state;
	struct settings s;
	struct err e;
	unsigned n = 0;
	settings_init(&s);
	assert_int_equal(settings_env(&s, env_bad, &e), KT_EINVAL);
	assert_null(strstr(e.text, "wachtwoord"));
	assert_string_equal(e.at, "KENTERING_BUSY_MS");
	assert_int_equal(settings_set(&s, STR("database"), STR("host=db password=zand"), &e), 0);
	assert_string_equal(settings_shown(&s, SET_DATABASE), "(geheim)");
	assert_string_equal(settings_shown(&s, SET_NODE), "main");
	assert_int_equal(settings_set(&s, STR("nod"), STR("x"), &e), KT_EINVAL);
	assert_non_null(strstr(e.text, "node"));
	settings_each(count, &n);
	assert_int_equal(n, SETTING_COUNT);
	settings_wipe(&s);
}

/* The definition, recursively, on short words. */
static unsigned slow_distance(const char *a, size_t n, const char *b, size_t m)
{
	if (n == 0 || m == 0)
		return (unsigned)(n + m);
	unsigned swap = slow_distance(a + 1, n - 1, b + 1, m - 1) + (*a != *b);
	unsigned del = slow_distance(a + 1, n - 1, b, m) + 1, ins = slow_distance(a, n, b + 1, m - 1) + 1;
	unsigned best = swap < del ? swap : del;
	return best < ins ? best : ins;
}

static void test_near(void **state)
{
	(void)state;
	char a[5], b[5];
	for (unsigned i = 0; i < 3000; i++) {
		size_t n = rnd_below(6), m = rnd_below(6);
		for (size_t k = 0; k < 5; k++) {
			a[k] = (char)('a' + rnd_below(3));
			b[k] = (char)('a' + rnd_below(3));
		}
		assert_int_equal(near_distance((struct str){a, n}, (struct str){b, m}), slow_distance(a, n, b, m));
	}
	char longest[64] = {0};
	assert_int_equal(near_distance((struct str){longest, 64}, STR("a")), UINT_MAX);
	struct near near = near_begin(STR("treshold"));
	near_try(&near, "source");
	near_try(&near, "threshold");
	assert_string_equal(near.best, "threshold");
	near = near_begin(STR("id"));
	near_try(&near, "ab");
	assert_null(near.best);
	assert_true(near_plain(STR("ab_1")) && !near_plain(STR("a b")) && !near_plain(STR("")) && !near_plain(STR("a@b")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_precedence), cmocka_unit_test(test_file_errors), cmocka_unit_test(test_secret),
		cmocka_unit_test(test_near),
	};
	seed_start();
	return cmocka_run_group_tests_name("settings", tests, NULL, NULL);
}
