#include "job/outbox.h"
#include "seam/crypto.h"
#include "store/test_pg.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define NOW INT64_C(1795000000000)

static bool postgres;

struct work {
	int64_t n;
	const char *topic;
	int answer;
};

static int work_job(struct tx *tx, void *arg, struct err *e)
{
	struct work *w = arg;
	int rc = outbox_add(tx, NOW, w->topic, STR("B123"), STR("x"), e);

	if (!rc)
		rc = outbox_add(tx, NOW, w->topic, STR_NONE, STR_NONE, e);
	if (!rc)
		rc = outbox_count(tx, &w->n, e);
	return rc ? rc : w->answer;
}

static void test_outbox(void **state)
{
	char dir[] = "/tmp/test_outbox.XXXXXX", long_topic[80];
	static const char *const files[] = {"kentering.db", "kentering.db-wal", "kentering.db-shm"};
	struct store_opts o = {.dir = mkdtemp(dir), .database = postgres ? test_pg_fresh() : NULL, .node = "main"};
	struct work w = {.topic = "barrier.approved"};
	struct err e = {0};
	struct store *s;

	(void)state;
	if (store_open(&o, &s, &e))
		fail_msg("%s %s", e.at, e.text);
	assert_int_equal(store_submit(s, work_job, &w, &e), 0);
	assert_int_equal(w.n, 2);
	/* with the change or not at all */
	w.answer = KT_EREFUSED;
	assert_int_equal(store_submit(s, work_job, &w, &e), KT_EREFUSED);
	w.answer = 0;
	assert_int_equal(store_submit(s, work_job, &w, &e), 0);
	assert_int_equal(w.n, 4);
	memset(long_topic, 't', sizeof(long_topic));
	long_topic[65] = 0;
	w.topic = long_topic;
	assert_int_equal(store_submit(s, work_job, &w, &e), KT_EINTERNAL);
	store_close(s);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char path[80];

		(void)snprintf(path, sizeof(path), "%s/%s", dir, files[i]);
		(void)unlink(path);
	}
	(void)rmdir(dir);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_outbox)};

	postgres = argc > 1 && strcmp(argv[1], "postgres") == 0;
	if (crypto_setup(NULL))
		return 1;
	if (postgres && !test_pg_start()) {
		printf("PostgreSQL is not installed: skipped\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
