/* The web folder in memory, and what a client would rather have. The HTTP side: tests/e2e/test_static.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/static_api.h"
#include "seam/crypto.h"

struct folder {
	char dir[64];
	struct site *site;
	struct err e;
};

static int setup(void **state)
{
	struct folder *f = calloc(1, sizeof(*f));
	(void)str_copy(f->dir, sizeof(f->dir), STR("/tmp/kentering-site-XXXXXX"));
	*state = f;
	return mkdtemp(f->dir) && crypto_setup(&f->e) == 0 ? 0 : -1;
}

static int drop(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st, (void)kind, (void)at;
	return remove(path);
}

static int teardown(void **state)
{
	struct folder *f = *state;
	f->site = site_close(f->site);
	(void)nftw(f->dir, drop, 8, FTW_DEPTH | FTW_PHYS);
	free(f);
	return 0;
}

static void full(const struct folder *f, const char *name, char out[512])
{
	(void)snprintf(out, 512, "%s/%s", f->dir, name);
}

static void put(const struct folder *f, const char *name, const char *text)
{
	char path[512];
	full(f, name, path);
	for (char *p = path + strlen(f->dir) + 1; (p = strchr(p, '/')); p++) {
		*p = 0;
		(void)mkdir(path, 0755);
		*p = '/';
	}
	FILE *o = fopen(path, "w");
	assert_non_null(o);
	assert_true(fputs(text, o) >= 0);
	assert_int_equal(fclose(o), 0);
}

static const struct site_file *find(const struct folder *f, const char *path)
{
	return site_find(f->site, str_of(path));
}

static void test_paths(void **state)
{
	struct folder *f = *state;
	static const char *const names[] = {"index.html", "melden.html",      "en/index.html",       "en/report.html",
	                                    "404.html",   "assets/app-1A.js", "assets/app-1A.js.gz", "sw.js"};
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		put(f, names[i], names[i]);
	put(f, ".hidden", "x");
	assert_int_equal(site_open(f->dir, &f->site, &f->e), 0);
	assert_int_equal(site_count(f->site), 7);
	const struct site_file *js = find(f, "/assets/app-1A.js");
	assert_true(str_is(js->form[SITE_PLAIN], "assets/app-1A.js") && str_is(js->form[SITE_GZIP], "assets/app-1A.js.gz"));
	assert_true(js->hashed && !js->page);
	assert_string_equal(js->type, "text/javascript; charset=utf-8");
	assert_string_not_equal(js->tag[SITE_PLAIN], js->tag[SITE_GZIP]);
	assert_true(find(f, "/")->page && find(f, "/en/")->page && find(f, "/melden")->page && find(f, "/en/report")->page);
	assert_non_null(find(f, "404"));
	assert_false(find(f, "/sw.js")->hashed);
	static const char *const absent[] = {"/index.html", "/melden.html", "/en",        "/melden/",
	                                     "/404",        "/.hidden",     "",           "/assets/app-1A.js.gz",
	                                     "/assets/",    "//",           "/../melden", "/%2e/"};
	for (size_t i = 0; i < sizeof(absent) / sizeof(*absent); i++)
		assert_null(find(f, absent[i]));
	assert_null(site_find(NULL, STR("/")));
}

static void refused(struct folder *f, int code, const char *at)
{
	assert_int_equal(site_open(f->dir, &f->site, &f->e), code);
	assert_null(f->site);
	assert_string_equal(f->e.at, at);
}

static void test_refused(void **state)
{
	struct folder *f = *state;
	char path[512];
	put(f, "index.html", "x");
	full(f, "uit.html", path);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	refused(f, KT_EREFUSED, "uit.html");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("/etc", path), 0); /* a folder, too */
	refused(f, KT_EREFUSED, "uit.html");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0644), 0); /* and nobody waits for it */
	refused(f, KT_EREFUSED, "uit.html");
	assert_int_equal(unlink(path), 0);
	put(f, "een twee.html", "x");
	refused(f, KT_EINVAL, "");
	full(f, "een twee.html", path);
	assert_int_equal(unlink(path), 0);
	put(f, "los.js.gz", "x");
	refused(f, KT_EINVAL, "/los.js");
	full(f, "los.js.gz", path);
	assert_int_equal(unlink(path), 0);
	put(f, "a/b/c/d/e/f/g/h/i/j.js", "x");
	refused(f, KT_ELIMIT, "");
}

static void test_maxima(void **state)
{
	struct folder *f = *state;
	char path[512], name[32];
	put(f, "groot.js", "x");
	full(f, "groot.js", path);
	assert_int_equal(truncate(path, (off_t)SITE_FILE_BYTES + 1), 0);
	refused(f, KT_ELIMIT, "groot.js");
	assert_int_equal(unlink(path), 0);
	for (unsigned i = 0; i < SITE_FILES; i++) {
		(void)snprintf(name, sizeof(name), "f%u.js", i);
		put(f, name, "");
	}
	assert_int_equal(site_open(f->dir, &f->site, &f->e), 0);
	f->site = site_close(f->site);
	put(f, "nog-een.js", "");
	assert_int_equal(site_open(f->dir, &f->site, &f->e), KT_ELIMIT);
	(void)str_copy(f->dir + strlen(f->dir), 8, STR("-x"));
	assert_int_equal(site_open(f->dir, &f->site, &f->e), KT_ENOTFOUND);
	f->dir[strlen(f->dir) - 2] = 0;
}

static void test_negotiation(void **state)
{
	(void)state;
	assert_int_equal(static_quality(STR("br, gzip;q=0.25"), "gzip"), 250);
	assert_int_equal(static_quality(STR("br;q=1 , GZIP ; q=0.5"), "gzip"), 500);
	assert_int_equal(static_quality(STR("gzip;q=0"), "gzip"), 0);
	assert_int_equal(static_quality(STR("x-gzip"), "gzip"), -1);
	assert_int_equal(static_quality(STR(",,;q=,gzip;q="), "gzip"), 1000);
	assert_true(static_takes_gzip(STR("gzip, deflate, br")) && static_takes_gzip(STR("*")));
	assert_false(static_takes_gzip(STR("")) || static_takes_gzip(STR("gzip;q=0, *")) || static_takes_gzip(STR("br")));
	assert_true(static_prefers_json(STR("application/json")));
	assert_true(static_prefers_json(STR("application/problem+json, */*;q=0.1")));
	assert_false(static_prefers_json(STR("")) || static_prefers_json(STR("*/*")));
	assert_false(static_prefers_json(STR("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")));
	assert_true(static_has_tag(STR("\"a\", W/\"b\""), "\"b\"") && static_has_tag(STR("*"), "\"b\""));
	assert_false(static_has_tag(STR("\"bb\", b"), "\"b\"") || static_has_tag(STR(""), "\"b\""));
}

static void test_addresses(void **state)
{
	(void)state;
	struct err e = {0};
	assert_int_equal(static_check(&(struct static_opts){"", "", ""}, &e), 0);
	assert_int_equal(static_check(&(struct static_opts){"mailto:a@b.example", "https://b.example/p", ""}, &e), 0);
	assert_int_equal(static_check(&(struct static_opts){"a@b.example", "", ""}, &e), KT_EINVAL);
	assert_int_equal(static_check(&(struct static_opts){"mailto:a\nPolicy: x", "", ""}, &e), KT_EINVAL);
	assert_int_equal(static_check(&(struct static_opts){"", "", "http://b.example"}, &e), KT_EINVAL);
	assert_non_null(strstr(e.text, "public_url"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_paths, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_maxima, setup, teardown),
		cmocka_unit_test(test_negotiation),
		cmocka_unit_test(test_addresses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
