#include "audit/test_audit.h"
#include "base/log.h"
#include "seam/json.h"
#include "store/test_pg.h"
#include <dirent.h>
#include <libpq-fe.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

bool postgres;
char dir[64];
const char *database;
struct store *store;
struct audit *audit;
static sqlite3 *lite;
static PGconn *pg;
const struct clock now = {true, 1795000000000};

/* ---- the database by the back door ---- */

void raw(const char *fmt, ...)
{
	char sql[4096];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(sql, sizeof(sql), fmt, ap);
	va_end(ap);
	if (postgres) {
		PGresult *r = PQexec(pg, sql);

		if (PQresultStatus(r) != PGRES_COMMAND_OK && PQresultStatus(r) != PGRES_TUPLES_OK)
			fail_msg("%s: %s", sql, PQerrorMessage(pg));
		PQclear(r);
		return;
	}
	if (sqlite3_exec(lite, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(lite));
}

const char *blob(const char *hex)
{
	static char text[4][200];
	static unsigned at;

	at = (at + 1) % 4;
	(void)snprintf(text[at], sizeof(text[at]), postgres ? "'\\x%s'" : "X'%s'", hex);
	return text[at];
}

void raw_open(void)
{
	if (postgres) {
		pg = PQconnectdb(database);
		assert_int_equal(PQstatus(pg), CONNECTION_OK);
		PQclear(PQexec(pg, "SET client_min_messages = error"));
	} else {
		char name[128];

		(void)snprintf(name, sizeof(name), "%s/kentering.db", dir);
		assert_int_equal(sqlite3_open(name, &lite), SQLITE_OK);
		sqlite3_busy_timeout(lite, 10000);
	}
}

void raw_close(void)
{
	if (pg)
		PQfinish(pg);
	pg = NULL;
	sqlite3_close(lite);
	lite = NULL;
}

/* What protects the tables from the program's own mistakes does not stop whoever owns the database. */
void triggers_drop(void)
{
	static const char *const of[][2] = {
		{"audit_row_no_update", "audit_row"},   {"audit_row_no_delete", "audit_row"},
		{"audit_head_no_update", "audit_head"}, {"audit_head_no_delete", "audit_head"},
		{"audit_row_no_change", "audit_row"},   {"audit_head_no_change", "audit_head"},
	};

	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++) {
		if (postgres)
			raw("DROP TRIGGER IF EXISTS %s ON %s", of[i][0], of[i][1]);
		else
			raw("DROP TRIGGER IF EXISTS %s", of[i][0]);
	}
}

/* ---- fixture ---- */

void empty_dir(const char *path)
{
	DIR *d = opendir(path);

	for (struct dirent *en = d ? readdir(d) : NULL; en; en = readdir(d)) {
		char below[600];

		if (strcmp(en->d_name, ".") == 0 || strcmp(en->d_name, "..") == 0)
			continue;
		(void)snprintf(below, sizeof(below), "%s/%s", path, en->d_name);
		if (unlink(below) != 0) {
			empty_dir(below);
			(void)rmdir(below);
		}
	}
	if (d)
		closedir(d);
}

void log_open(const char *node)
{
	const struct store_opts o = {.dir = dir, .database = postgres ? database : NULL, .node = node};
	struct err e = {0};

	if (store_open(&o, &store, &e))
		fail_msg("%s %s", e.at, e.text);
	if (audit_open(store, dir, &now, node, &audit, &e))
		fail_msg("%s %s", e.at, e.text);
}

void log_close(void)
{
	store = store_close(store);
	audit = audit_close(audit);
}

static int setup(void **state)
{
	(void)state;
	(void)snprintf(dir, sizeof(dir), "/tmp/test_audit.XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	database = postgres ? test_pg_fresh() : NULL;
	if (postgres && !database)
		return -1;
	log_open("main");
	raw_open();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	log_close();
	raw_close();
	empty_dir(dir);
	return rmdir(dir);
}

struct work {
	int rows;
	int answer;
};

static int work_job(struct tx *tx, void *arg, struct err *e)
{
	const struct work *w = arg;

	for (int i = 0; i < w->rows; i++) {
		int rc = audit_add(audit, tx, "cli", "report.add", STR("K-2026-0001"), STR("{\"kinds\":3}"), e);

		if (rc)
			return rc;
	}
	return w->answer;
}

int add(int rows, int answer)
{
	struct work w = {rows, answer};
	struct err e = {0};
	int rc = store_submit(store, work_job, &w, &e);

	if (rc && !answer)
		fail_msg("%s %s", e.at, e.text);
	return rc;
}

void fill(void)
{
	for (int i = 0; i < ROWS; i += GROUP)
		assert_int_equal(add(GROUP, 0), 0);
}

struct audit_result verify(void)
{
	struct audit_result r;
	struct err e = {0};

	if (audit_verify(store, dir, &r, &e))
		fail_msg("%s %s", e.at, e.text);
	assert_true(r.text[0]);
	return r;
}

void expect_good(int64_t rows, int64_t chains)
{
	struct audit_result r = verify();

	if (!r.ok)
		fail_msg("%s", r.text);
	assert_int_equal(r.rows, rows);
	assert_int_equal(r.chains, chains);
}

void expect_bad(int64_t seq, const char *what)
{
	struct audit_result r = verify();

	if (r.ok || r.seq != seq || strcmp(r.what, what) != 0 || strcmp(r.chain, "main") != 0)
		fail_msg("expected %s at %d: %s", what, (int)seq, r.text);
}

/* ---- tests ---- */

static void test_good(void **state)
{
	struct audit_result r;
	char name[128];
	struct stat st;

	(void)state;
	r = verify();
	assert_true(r.ok);
	assert_int_equal(r.rows + r.heads + r.chains, 0);
	fill();
	assert_int_equal(add(0, 0), 0); /* nothing added, nothing signed */
	r = verify();
	assert_true(r.ok);
	assert_false(r.foreign_key);
	assert_int_equal(r.rows, ROWS);
	assert_int_equal(r.heads, ROWS / GROUP);
	assert_int_equal(r.chains, 1);
	(void)snprintf(name, sizeof(name), "%s/keys/audit", dir);
	assert_int_equal(stat(name, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_size, 64);
	(void)snprintf(name, sizeof(name), "%s/keys", dir);
	assert_int_equal(stat(name, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	/* the same key and chain after a restart */
	log_close();
	log_open("main");
	assert_int_equal(add(3, 0), 0);
	expect_good(ROWS + 3, 1);
}

static void test_many_jobs(void **state)
{
	enum { JOBS = 500 };
	static struct store_ticket t[JOBS];
	static struct work w = {2, 0}, refused = {1, KT_EREFUSED};
	static struct err e[JOBS];

	(void)state;
	memset(t, 0, sizeof(t));
	for (int i = 0; i < JOBS; i++) {
		t[i] = (struct store_ticket){.job = work_job, .arg = i % 100 == 7 ? &refused : &w, .err = &e[i]};
		assert_int_equal(store_submit_async(store, &t[i]), 0);
	}
	for (int i = 0; i < JOBS; i++)
		assert_int_equal(store_wait(store, &t[i]), i % 100 == 7 ? KT_EREFUSED : 0);
	/* no holes from the five that were undone */
	expect_good((JOBS - 5) * 2, 1);
}

static void test_rolled_back(void **state)
{
	(void)state;
	assert_int_equal(add(1, 0), 0);
	assert_int_equal(add(3, KT_EREFUSED), KT_EREFUSED);
	assert_int_equal(add(1, 0), 0);
	expect_good(2, 1);
}

/* The group's rows around `seq`: first of it. */
static int64_t group_first(int64_t seq)
{
	return (seq - 1) / GROUP * GROUP + 1;
}

static void save(void)
{
	triggers_drop();
	raw("CREATE TABLE save_row AS SELECT * FROM audit_row");
	raw("CREATE TABLE save_head AS SELECT * FROM audit_head");
}

static void restore(void)
{
	raw("DELETE FROM audit_row");
	raw("INSERT INTO audit_row SELECT * FROM save_row");
	raw("DELETE FROM audit_head");
	raw("INSERT INTO audit_head SELECT * FROM save_head");
	expect_good(ROWS, 1);
}

static void test_changed(void **state)
{
	static const int64_t at[] = {1, 2, 33, 35, 36, ROWS - 1, ROWS};
	static const char *const set[] = {
		"at_ms = at_ms + 1", "actor = 'desk:9'", "action = 'report.read'", "object = ''", "detail = '{\"kinds\":4}'",
	};

	(void)state;
	fill();
	save();
	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		for (size_t k = 0; k < sizeof(set) / sizeof(set[0]); k++) {
			raw("UPDATE audit_row SET %s WHERE seq = %lld", set[k], (long long)at[i]);
			expect_bad(at[i], "gewijzigd");
			restore();
		}
		raw("UPDATE audit_row SET hash = %s WHERE seq = %lld", blob("00112233"), (long long)at[i]);
		expect_bad(at[i], "gewijzigd");
		restore();
		raw("UPDATE audit_row SET prev = %s WHERE seq = %lld", blob("00112233"), (long long)at[i]);
		expect_bad(at[i], "gewijzigd");
		restore();
	}
}

static void test_removed(void **state)
{
	static const int64_t at[] = {1, 2, 33, 35, 36, ROWS - 1, ROWS};

	(void)state;
	fill();
	save();
	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		raw("DELETE FROM audit_row WHERE seq = %lld", (long long)at[i]);
		expect_bad(at[i], "verwijderd");
		restore();
		raw("DELETE FROM audit_row WHERE seq >= %lld", (long long)at[i]);
		expect_bad(at[i], "verwijderd");
		restore();
		/* the rest pulled up: the row that now stands there was written for the next place */
		if (at[i] < ROWS) {
			raw("DELETE FROM audit_row WHERE seq = %lld", (long long)at[i]);
			raw("UPDATE audit_row SET seq = seq - 1 + 1000 WHERE seq > %lld", (long long)at[i]);
			raw("UPDATE audit_row SET seq = seq - 1000 WHERE seq > 1000");
			expect_bad(at[i], "verplaatst");
			restore();
		}
	}
}

static void test_moved(void **state)
{
	static const int64_t pairs[][2] = {{1, 2}, {1, 60}, {33, 34}, {2, 59}, {59, 60}, {10, 50}};

	(void)state;
	fill();
	save();
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		raw("UPDATE audit_row SET seq = 1000 WHERE seq = %lld", (long long)pairs[i][0]);
		raw("UPDATE audit_row SET seq = %lld WHERE seq = %lld", (long long)pairs[i][0], (long long)pairs[i][1]);
		raw("UPDATE audit_row SET seq = %lld WHERE seq = 1000", (long long)pairs[i][1]);
		expect_bad(pairs[i][0], "verplaatst");
		restore();
	}
}

static void test_added(void **state)
{
	static const int64_t at[] = {1, 33};

	(void)state;
	fill();
	save();
	raw("INSERT INTO audit_row SELECT chain, %d, at_ms, actor, action, object, detail, prev, hash FROM audit_row WHERE "
	    "seq = 5",
	    ROWS + 1);
	expect_bad(ROWS + 1, "toegevoegd");
	restore();
	/* in between, with the rest pushed down */
	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		raw("UPDATE audit_row SET seq = seq + 1001 WHERE seq >= %lld", (long long)at[i]);
		raw("UPDATE audit_row SET seq = seq - 1000 WHERE seq > 1000");
		raw("INSERT INTO audit_row SELECT chain, %lld, at_ms + 1, actor, action, object, detail, prev, hash FROM "
		    "save_row "
		    "WHERE seq = %lld",
		    (long long)at[i], (long long)at[i]);
		expect_bad(at[i], "gewijzigd");
		restore();
	}
	/* a chain of its own */
	raw("INSERT INTO audit_row SELECT 'zijspoor', seq, at_ms, actor, action, object, detail, prev, hash FROM audit_row "
	    "WHERE seq = 1");
	{
		struct audit_result r = verify();

		assert_false(r.ok);
		assert_string_equal(r.chain, "zijspoor");
		assert_int_equal(r.seq, 1);
		assert_string_equal(r.what, "toegevoegd");
	}
	restore();
}

static void test_heads(void **state)
{
	static const int64_t heads[] = {1, 7, ROWS / GROUP};

	(void)state;
	fill();
	save();
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		int64_t first = (heads[i] - 1) * GROUP + 1;

		raw("UPDATE audit_head SET at_ms = at_ms + 1 WHERE n = %lld", (long long)heads[i]);
		expect_bad(first, "hoofd ongeldig");
		restore();
		raw("UPDATE audit_head SET sig = %s WHERE n = %lld", blob("00"), (long long)heads[i]);
		expect_bad(first, "hoofd ongeldig");
		restore();
		raw("UPDATE audit_head SET chains = %s WHERE n = %lld", blob("5b5d"), (long long)heads[i]);
		expect_bad(first, "hoofd ongeldig");
		restore();
		raw("UPDATE audit_head SET key = %s WHERE n = %lld",
		    blob("1111111111111111111111111111111111111111111111111111111111111111"), (long long)heads[i]);
		expect_bad(first, "onbekende sleutel");
		restore();
		raw("DELETE FROM audit_head WHERE n = %lld", (long long)heads[i]);
		expect_bad(first, "hoofd ongeldig");
		restore();
	}
	raw("DELETE FROM audit_head");
	expect_bad(1, "hoofd ongeldig");
	restore();
}

static void test_cut_end(void **state)
{
	(void)state;
	fill();
	save();
	raw("DELETE FROM audit_row WHERE seq > 50");
	raw("DELETE FROM audit_head WHERE n > 10");
	expect_bad(51, "verwijderd");
	/* new rows over the cut do not hide it */
	assert_int_equal(add(2, 0), 0);
	expect_bad(53, "verwijderd");
	restore();
	raw("DELETE FROM audit_row");
	raw("DELETE FROM audit_head");
	expect_bad(1, "verwijderd");
	restore();
	for (int i = 0; i < 4; i++)
		assert_int_equal(add(GROUP, 0), 0);
	raw("DELETE FROM audit_row WHERE seq > 50");
	raw("DELETE FROM audit_head WHERE n > 10");
	for (int i = 0; i < 10; i++)
		assert_int_equal(add(GROUP + 1, 0), 0);
	/* more heads than before, but not the same ones: 51…56 is 11, 81…86 is 16 */
	expect_bad(81, "hoofd ongeldig");
	/* and so it stays */
	log_close();
	log_open("main");
	assert_int_equal(add(1, 0), 0);
	expect_bad(81, "hoofd ongeldig");
}

struct rehash {
	uint8_t prev[AUDIT_HASH];
	bool chained;
};

static int rehash_row(const struct audit_row *r, void *arg)
{
	struct rehash *h = arg;
	struct audit_row fresh = *r;
	uint8_t hash[AUDIT_HASH];
	char hex[2][65];

	if (h->chained)
		fresh.prev = F_ARRAY(h->prev);
	audit_row_hash(hash, &fresh, fresh.seq);
	for (size_t i = 0; i < AUDIT_HASH; i++) {
		(void)snprintf(hex[0] + 2 * i, 3, "%02x", (uint8_t)fresh.prev.p[i]);
		(void)snprintf(hex[1] + 2 * i, 3, "%02x", hash[i]);
	}
	raw("UPDATE audit_row SET prev = %s, hash = %s WHERE seq = %lld", blob(hex[0]), blob(hex[1]), (long long)r->seq);
	memcpy(h->prev, hash, AUDIT_HASH);
	h->chained = true;
	return 0;
}

/* Makes the hashes of rows from … to fit what stands there. Row by row: no read may stay open while another writes. */
static void rehash(int64_t from, int64_t to)
{
	struct rehash h = {0};

	for (int64_t seq = from; seq <= to; seq++) {
		struct err e = {0};
		struct tx *tx;

		assert_int_equal(store_read(store, &tx, &e), 0);
		assert_int_equal(audit_rows_each(tx, "main", seq - 1, seq, 1, rehash_row, &h, &e), 0);
		store_read_end(tx);
	}
}

static void test_rehashed(void **state)
{
	static const int64_t at[] = {1, 2, 33, 35, 36, ROWS - 1, ROWS};

	(void)state;
	fill();
	save();
	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		/* this row and all behind it */
		raw("UPDATE audit_row SET detail = 'x' WHERE seq = %lld", (long long)at[i]);
		rehash(at[i], ROWS);
		expect_bad(group_first(at[i]), "gewijzigd");
		restore();
		/* only this row: the next one still knows what it was */
		raw("UPDATE audit_row SET detail = 'x' WHERE seq = %lld", (long long)at[i]);
		rehash(at[i], at[i]);
		expect_bad(at[i] == ROWS ? group_first(ROWS) : at[i], "gewijzigd");
		restore();
	}
	/* an end cut off and everything before it written again */
	raw("UPDATE audit_row SET detail = 'x' WHERE seq = 8");
	raw("DELETE FROM audit_row WHERE seq > 50");
	rehash(8, 50);
	expect_bad(6, "gewijzigd");
	restore();
}

static void test_two_processes(void **state)
{
	pid_t child[3];

	(void)state;
	fill();
	log_close();
	raw_close();
	for (int i = 0; i < 3; i++) {
		child[i] = fork();
		assert_true(child[i] >= 0);
		if (child[i] == 0) {
			/* two in one chain, one in its own */
			log_open(i == 2 ? "tweede" : "main");
			for (int k = 0; k < 40; k++)
				if (add(k % 3 + 1, k % 7 == 6 ? KT_EREFUSED : 0) != (k % 7 == 6 ? KT_EREFUSED : 0))
					_exit(1);
			log_close();
			_exit(0);
		}
	}
	for (int i = 0; i < 3; i++) {
		int status;

		assert_int_equal(waitpid(child[i], &status, 0), child[i]);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
	}
	log_open("main");
	raw_open();
	{
		struct audit_result r = verify();

		if (!r.ok)
			fail_msg("%s", r.text);
		assert_int_equal(r.chains, 2);
		/* 40 jobs, 5 refused; k%3+1 rows each */
		int rows = 0;
		for (int k = 0; k < 40; k++)
			rows += k % 7 == 6 ? 0 : k % 3 + 1;
		assert_int_equal(r.rows, ROWS + 3 * rows);
	}
	/* the order of chains: the first bad row is that of the first chain */
	triggers_drop();
	raw("UPDATE audit_row SET detail = 'x' WHERE (chain = 'tweede' AND seq = 2) OR (chain = 'main' AND seq = 70)");
	expect_bad(70, "gewijzigd");
}

static void test_limits(void **state)
{
	char node[80];
	struct audit *a = NULL;
	struct err e = {0};

	(void)state;
	memset(node, 'n', sizeof(node));
	node[65] = 0;
	assert_int_equal(audit_open(store, dir, &now, node, &a, &e), KT_EINVAL);
	assert_int_equal(audit_open(store, dir, &now, "", &a, &e), KT_EINVAL);
	assert_null(a);
	assert_null(audit_close(NULL));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_good, setup, teardown),
		cmocka_unit_test_setup_teardown(test_many_jobs, setup, teardown),
		cmocka_unit_test_setup_teardown(test_rolled_back, setup, teardown),
		cmocka_unit_test_setup_teardown(test_changed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_removed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_moved, setup, teardown),
		cmocka_unit_test_setup_teardown(test_added, setup, teardown),
		cmocka_unit_test_setup_teardown(test_heads, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cut_end, setup, teardown),
		cmocka_unit_test_setup_teardown(test_rehashed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_mark_damaged, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cut_end_and_mark, setup, teardown),
		cmocka_unit_test_setup_teardown(test_rewritten, setup, teardown),
		cmocka_unit_test_setup_teardown(test_foreign_key, setup, teardown),
		cmocka_unit_test_setup_teardown(test_strange_end, setup, teardown),
		cmocka_unit_test_setup_teardown(test_two_nodes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_restored, setup, teardown),
		cmocka_unit_test_setup_teardown(test_two_processes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_limits, setup, teardown),
	};

	postgres = argc > 1 && strcmp(argv[1], "postgres") == 0;
	if (crypto_setup(NULL))
		return 1;
	json_setup();
	log_set_fd(-1);
	if (postgres && !test_pg_start()) {
		printf("PostgreSQL is not installed: skipped\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
