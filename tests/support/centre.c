#include "support/centre.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "seam/crypto.h"
#include "store/test_pg.h"

static bool on_postgres;
static uint64_t seed;

void test_must(int code, const struct err *e)
{
	if (code < 0)
		fail_msg("code %d: %s", code, e->text);
}

uint64_t test_seed(void)
{
	const char *s = getenv("KENTERING_SEED");
	if (!seed) {
		seed = s ? strtoull(s, NULL, 10) : (uint64_t)clock_mono_ns() | 1;
		printf("KENTERING_SEED=%llu\n", (unsigned long long)seed);
	}
	return seed;
}

/* splitmix64 */
uint64_t test_random(void)
{
	static uint64_t x;
	if (!x)
		x = test_seed();
	uint64_t z = (x += UINT64_C(0x9e3779b97f4a7c15));
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

void test_driver(int argc, char **argv)
{
	struct err e = {0};
	on_postgres = argc > 1 && strcmp(argv[1], "postgres") == 0;
	json_setup();
	if (crypto_setup(&e))
		abort();
}

const char *test_driver_name(void)
{
	return on_postgres ? "postgres" : "sqlite";
}

static const char *source_dir(void)
{
	const char *s = getenv("KENTERING_SOURCE");
	return s ? s : ".";
}

const char *test_policy_dir(void)
{
	static char path[1024];
	snprintf(path, sizeof(path), "%s/policy", source_dir());
	return path;
}

const char *test_shared_dir(void)
{
	static char path[1024];
	struct stat st;
	const char *s = getenv("KENTERING_SHARED");
	if (s)
		snprintf(path, sizeof(path), "%s", s);
	else
		snprintf(path, sizeof(path), "%s/../shared/data", source_dir());
	return stat(path, &st) == 0 ? path : NULL;
}

static void load_policy(struct test_centre *t)
{
	const char *dirs[] = {test_policy_dir()};
	static struct valid_report report;
	memset(&report, 0, sizeof(report));
	int rc = policy_load(dirs, 1, &t->policy, &report, &t->e);
	if (rc)
		fail_msg("policy: %s: %s", report.n ? report.e[0].at : "", report.n ? report.e[0].text : t->e.text);
}

int test_centre_setup(void **state)
{
	struct test_centre *t = calloc(1, sizeof(*t));
	bool made;
	assert_non_null(t);
	snprintf(t->dir, sizeof(t->dir), "/tmp/kentering-test-XXXXXX");
	assert_non_null(mkdtemp(t->dir));
	struct store_opts o = {.dir = t->dir, .node = "main"};
	if (on_postgres) {
		o.database = test_pg_fresh();
		assert_non_null(o.database);
	}
	t->clock = (struct clock){true, TEST_NOW};
	load_policy(t);
	test_must(store_open(&o, &t->store, &t->e), &t->e);
	test_must(audit_open(t->store, t->dir, &t->clock, "main", &t->audit, &t->e), &t->e);
	test_must(signal_keys_open(t->dir, &t->keys, &t->e), &t->e);
	test_must(org_key_get(t->store, "meldpunt", STR("geheim"), TEST_NOW, &t->org, &made, &t->e), &t->e);
	assert_true(made);
	t->in = (struct intake){t->store, t->audit, t->policy, t->keys, &t->org, "meldpunt", false};
	t->a = arena_new(0);
	assert_non_null(t->a);
	*state = t;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *w)
{
	(void)st;
	(void)type;
	(void)w;
	return remove(path);
}

int test_centre_teardown(void **state)
{
	struct test_centre *t = *state;
	store_close(t->store);
	audit_close(t->audit);
	signal_keys_close(t->keys);
	policy_free(t->policy);
	arena_free(t->a);
	(void)nftw(t->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(t);
	return 0;
}
