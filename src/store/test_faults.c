/* What goes wrong around the store: killed processes, full and read-only disks, two programs at once,
 * migrations, copies, a server that goes away. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <libpq-fe.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/migrations.gen.h"
#include "store/sqlite/sqlite.h"
#include "store/store_impl.h"
#include "store/test_pg.h"
#include "store/test_store.h"

/* ---- raw access, past the store ---- */

static void raw_lite(const char *file, const char *sql)
{
	sqlite3 *db;
	assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
	int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
	assert_int_equal(rc, SQLITE_OK);
	(void)sqlite3_close(db);
}

void raw(const struct fix *f, const char *sql)
{
	char path[STORE_PATH];
	if (!on_postgres) {
		assert_true(store_path(path, f->dir, STORE_FILE));
		raw_lite(path, sql);
		return;
	}
	PGconn *c = PQconnectdb(f->o.database);
	PQclear(PQexec(c, "SET search_path = kentering"));
	PGresult *r = PQexec(c, sql);
	if (PQresultStatus(r) != PGRES_COMMAND_OK && PQresultStatus(r) != PGRES_TUPLES_OK)
		fail_msg("%s", PQresultErrorMessage(r));
	PQclear(r);
	PQfinish(c);
}

static bool exists(const char *dir, const char *name)
{
	char path[STORE_PATH];
	return store_path(path, dir, name) && access(path, F_OK) == 0;
}

static int wait_code(pid_t pid)
{
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

/* ---- killed ---- */

struct acker {
	struct store *s;
	uint64_t from;
	int fd;
};

static void *acker_main(void *arg)
{
	struct acker *a = arg;
	for (uint64_t id = a->from;; id++) {
		struct put p = {.id = id, .body = STR("acknowledged")};
		if (store_submit(a->s, job_put, &p, &p.e) || write(a->fd, &id, sizeof(id)) != sizeof(id))
			return NULL;
	}
}

static void killed_child(const struct fix *f, int fd)
{
	struct store *s;
	struct err e;
	struct acker a[8];
	pthread_t t[8];
	if (store_open(&f->o, &s, &e))
		_exit(1);
	for (int i = 0; i < 8; i++) {
		a[i] = (struct acker){s, (uint64_t)(i + 1) << 32, fd};
		(void)pthread_create(&t[i], NULL, acker_main, &a[i]);
	}
	(void)pthread_join(t[0], NULL);
	_exit(1);
}

static const struct stmt HAS = {.sql = "SELECT count(*) FROM outbox WHERE id = $1", .args = "b", .cols = "i"};

static void test_kill_9(void **state)
{
	struct fix *f = *state;
	int fd[2];
	unsigned acked = 0, read_n = 0;
	static uint64_t ids[200000];
	f->s = store_close(f->s);
	assert_int_equal(pipe(fd), 0);
	pid_t pid = fork();
	if (pid == 0)
		killed_child(f, fd[1]);
	(void)close(fd[1]);
	while (read_n < 200000 && read(fd[0], &ids[read_n], 8) == 8)
		if (++read_n == 400)
			(void)kill(pid, SIGKILL); /* what it still wrote to the pipe is read to the end */
	(void)close(fd[0]);
	assert_int_equal(wait_code(pid), 255);
	assert_true(read_n >= 400);
	must(store_open(&f->o, &f->s, &f->e), &f->e);
	struct tx *tx;
	must(store_read(f->s, &tx, &f->e), &f->e);
	for (unsigned i = 0; i < read_n; i++) {
		struct sval v;
		must(tx_row(tx, &HAS, tx_arena(tx), &v, &f->e, SV_B(&ids[i], 8)), &f->e);
		acked += v.i == 1;
	}
	tx = store_read_end(tx);
	assert_int_equal(acked, read_n);
	print_message("%u acknowledged, all there\n", read_n);
}

/* ---- two programs ---- */

static int put_many(struct store *s, uint64_t from, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct put p = {.id = from + i, .body = STR("x")};
		if (store_submit(s, job_put, &p, &p.e))
			return 1;
	}
	return 0;
}

static void test_two_programs(void **state)
{
	struct fix *f = *state;
	f->s = store_close(f->s);
	pid_t pid[3];
	for (unsigned k = 0; k < 3; k++) {
		pid[k] = fork();
		if (pid[k] == 0) {
			struct store *s;
			struct err e;
			int bad = store_open(&f->o, &s, &e) || put_many(s, 1000 * (k + 1), 100);
			_exit(bad);
		}
	}
	must(store_open(&f->o, &f->s, &f->e), &f->e);
	assert_int_equal(put_many(f->s, 10000, 100), 0);
	for (int k = 0; k < 3; k++)
		assert_int_equal(wait_code(pid[k]), 0);
	assert_int_equal(count_outbox(f->s), 400);
}

static int job_hold(struct tx *tx, void *arg, struct err *e)
{
	struct fix *other = arg;
	struct put p = {.id = 5};
	uint64_t id = 5;
	struct sval v;
	int code =
		tx_row(tx, &HAS, tx_arena(tx), &v, e, SV_B(&id, 8)); /* with PostgreSQL BEGIN itself may still be queued */
	if (code)
		return code;
	/* A second store of the same database, while this one is in a transaction. */
	other->e.code = store_submit(other->s, job_put, &p, &other->e);
	return 0;
}

static void test_lock_held_elsewhere(void **state)
{
	struct fix *f = *state, two = {.o = f->o};
	struct put p = {.id = 5};
	two.o.busy_ms = 150;
	must(store_open(&two.o, &two.s, &two.e), &two.e);
	must(store_submit(f->s, job_hold, &two, &f->e), &f->e);
	assert_int_equal(two.e.code, KT_EBUSY);
	assert_non_null(strstr(two.e.text, "een ander programma schrijft"));
	must(store_submit(two.s, job_put, &p, &two.e), &two.e);
	two.s = store_close(two.s);
	assert_int_equal(count_outbox(f->s), 1);
}

/* ---- disks ---- */

struct lot {
	unsigned from, n;
	size_t size;
	char *bytes;
	int pages;
};

static int job_limit(struct tx *tx, void *arg, struct err *e)
{
	struct lot *l = arg;
	char sql[64];
	(void)e;
	(void)snprintf(sql, sizeof(sql), "PRAGMA max_page_count=%d", l->pages);
	return sqlite3_exec(sqlite_handle(tx->c), sql, NULL, NULL, NULL) ? KT_EINTERNAL : 0;
}

static void test_full_database(void **state)
{
	struct fix *f = *state;
	struct lot l = {.pages = 1};
	static char big[600000];
	if (on_postgres)
		skip();
	must(store_submit(f->s, job_limit, &l, &f->e), &f->e); /* as it is now: a page or two may be free */
	l.pages = 120;
	must(store_submit(f->s, job_limit, &l, &f->e), &f->e);
	struct put p[3] = {
		{.id = 1, .body = STR("small")}, {.id = 2, .body = {big, sizeof(big)}}, {.id = 3, .body = STR("small")}};
	put_group(f, p, 3);
	assert_int_equal(p[0].code, 0);
	assert_int_equal(p[1].code, KT_EFULL);
	assert_int_equal(p[2].code, 0);
	l.pages = 1000000;
	must(store_submit(f->s, job_limit, &l, &f->e), &f->e);
	must(store_submit(f->s, job_put, &p[1], &f->e), &f->e);
	assert_int_equal(count_outbox(f->s), 3);
}

static void test_full_disk(void **state)
{
	struct fix *f = *state;
	char dir[80];
	static char big[100000];
	(void)snprintf(dir, sizeof(dir), "%s/small", f->dir);
	if (on_postgres || mkdir(dir, 0700) != 0 || mount("none", dir, "tmpfs", 0, "size=3m") != 0)
		skip(); /* needs root, and leave to mount */
	struct store_opts o = {.dir = dir};
	struct store *s;
	struct err e = {0};
	uint64_t stored = 0;
	int code = store_open(&o, &s, &e);
	if (!code) {
		for (uint64_t id = 0; id < 200 && !code; id++) {
			struct put p = {.id = id, .body = {big, sizeof(big)}};
			code = store_submit(s, job_put, &p, &e);
			stored += !code;
		}
		s = store_close(s);
		if (!store_open(&o, &s, &e)) {
			stored -= (uint64_t)count_outbox(s);
			s = store_close(s);
		}
	}
	(void)umount2(dir, MNT_DETACH);
	assert_int_equal(code, KT_EFULL);
	assert_int_equal(stored, 0); /* what was told and what is there agree */
}

static void test_readonly_folder(void **state)
{
	struct fix *f = *state;
	char dir[80];
	if (on_postgres)
		skip();
	(void)snprintf(dir, sizeof(dir), "%s/closed", f->dir);
	assert_int_equal(mkdir(dir, 0555), 0);
	assert_int_equal(chmod(f->dir, 0755), 0);
	f->s = store_close(f->s);
	pid_t pid = fork();
	if (pid == 0) {
		struct store_opts o = {.dir = dir};
		struct store *s;
		struct err e = {0};
		if (geteuid() == 0 && setuid(65534) != 0)
			_exit(9);
		_exit(-store_open(&o, &s, &e));
	}
	assert_int_equal(wait_code(pid), -KT_EREADONLY);
}

static void test_file_mode(void **state)
{
	struct fix *f = *state;
	char path[STORE_PATH];
	struct stat st;
	if (on_postgres)
		skip();
	static const char *const names[] = {STORE_FILE, STORE_FILE "-wal", STORE_FILE "-shm", "lock"};
	for (int i = 0; i < 4; i++) {
		assert_true(store_path(path, f->dir, names[i]));
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 0777, 0600);
	}
}

static void test_not_a_database(void **state)
{
	struct fix *f = *state;
	char path[STORE_PATH];
	f->s = store_close(f->s);
	if (on_postgres) {
		f->o.database = "host=/nonexistent dbname=x password=geheim";
		assert_int_equal(store_open(&f->o, &f->s, &f->e), KT_EUNAVAIL);
	} else {
		assert_true(store_path(path, f->dir, STORE_FILE));
		FILE *out = fopen(path, "w");
		assert_non_null(out);
		for (int i = 0; i < 5000; i++)
			(void)fputs("no database ", out);
		(void)fclose(out);
		assert_int_equal(store_open(&f->o, &f->s, &f->e), KT_ECORRUPT);
	}
	assert_null(strstr(f->e.text, "geheim"));
}

/* ---- what must stay ---- */

static int job_statement(struct tx *tx, void *arg, struct err *e)
{
	return tx_exec0(tx, (const struct stmt *)arg, e);
}

static void test_append_only(void **state)
{
	static struct stmt put[] = {
		{"INSERT INTO audit_row (chain, seq, at_ms, actor, action, object, detail, prev, hash) VALUES"
	     " ('main', 1, 0, 'a', 'b', 'c', '{}', $1, $1)",
	     NULL, "b", ""},
		{"INSERT INTO audit_head (n, at_ms, chains, key, sig) VALUES (1, 0, $1, $1, $1)", NULL, "b", ""},
		{"INSERT INTO barrier_step (barrier, n, at_ms, state, actor, why) VALUES ('x', length($1), 0, 0, 'a', 'w')",
	     NULL, "b", ""}};
	static struct stmt bad[] = {
		{"UPDATE audit_row SET actor = 'z'", NULL, "", ""},
		{"DELETE FROM audit_row", NULL, "", ""},
		{"UPDATE audit_head SET at_ms = 1", NULL, "", ""},
		{"DELETE FROM audit_head", NULL, "", ""},
		{"UPDATE barrier_step SET state = 1", NULL, "", ""},
		{"DELETE FROM barrier_step", NULL, "", ""},
		{"REPLACE INTO barrier_step (barrier, n, at_ms, state, actor, why) VALUES ('x', 1, 0, 5, 'a', 'w')",
	     "TRUNCATE barrier_step", "", ""}};
	struct fix *f = *state;
	for (size_t i = 0; i < 3; i++) {
		struct wrong w = {&put[i], {SV_B("x", 1)}, 1, 0};
		must(store_submit(f->s, job_wrong, &w, &f->e), &f->e);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(store_submit(f->s, job_statement, &bad[i], &f->e), KT_EREFUSED);
}

static void test_one_living_barrier(void **state)
{
	static const struct stmt put = {
		.sql =
			"INSERT INTO barrier (id, tag, kind, value, partner, measure, rule, state, since_ms, created_ms, reporters,"
			" note, synthetic) VALUES ($1, '', 1, 'v', 'p', 'm', 'r', $2, 0, 0, 3, '', 0)",
		.pg =
			"INSERT INTO barrier (id, tag, kind, value, partner, measure, rule, state, since_ms, created_ms, reporters,"
			" note, synthetic) VALUES ($1, '\\x', 1, 'v', 'p', 'm', 'r', $2, 0, 0, 3, '', 0)",
		.args = "ti",
		.cols = ""};
	static const struct stmt put_lite = {
		.sql =
			"INSERT INTO barrier (id, tag, kind, value, partner, measure, rule, state, since_ms, created_ms, reporters,"
			" note, synthetic) VALUES ($1, x'', 1, 'v', 'p', 'm', 'r', $2, 0, 0, 3, '', 0)",
		.args = "ti",
		.cols = ""};
	struct fix *f = *state;
	static const int states[] = {3, 7, 8, 9, 10, 1, 4}; /* five that have ended, one living, a second living */
	for (int i = 0; i < 7; i++) {
		char id[2] = {(char)('a' + i), 0};
		struct wrong w = {on_postgres ? &put : &put_lite, {SV_Z(id), SV_I(states[i])}, 2, 0};
		assert_int_equal(store_submit(f->s, job_wrong, &w, &f->e), i < 6 ? 0 : KT_EEXISTS);
	}
}

/* ---- migrations ---- */

static void test_migrate_together(void **state)
{
	struct fix *f = *state;
	pid_t pid[6];
	char dir[80];
	(void)snprintf(dir, sizeof(dir), "%s/new", f->dir);
	assert_int_equal(mkdir(dir, 0700), 0);
	struct store_opts o = {.dir = dir, .database = on_postgres ? test_pg_fresh() : NULL};
	f->s = store_close(f->s); /* no threads while forking */
	for (unsigned k = 0; k < 6; k++) {
		pid[k] = fork();
		if (pid[k] == 0) {
			struct store *s;
			struct err e;
			int code = store_open(&o, &s, &e);
			_exit(code ? -code : put_many(s, 1000 * k, 5));
		}
	}
	for (int k = 0; k < 6; k++)
		assert_int_equal(wait_code(pid[k]), 0);
	fix_reopen(f, &f->o); /* twice does nothing */
	struct store *s;
	must(store_open(&o, &s, &f->e), &f->e);
	assert_int_equal(count_outbox(s), 30);
	s = store_close(s);
}

static void test_newer_and_changed(void **state)
{
	struct fix *f = *state;
	struct store_opts ro = f->o;
	ro.readonly = true;
	raw(f, "INSERT INTO schema_version (version, name, checksum, applied_ms) VALUES (9999, '9999_later.sql', 'x', 0)");
	f->s = store_close(f->s);
	assert_int_equal(store_open(&f->o, &f->s, &f->e), KT_EREFUSED);
	assert_int_equal(store_open(&ro, &f->s, &f->e), KT_EREFUSED);
	raw(f, "DELETE FROM schema_version WHERE version = 9999");
	must(store_open(&f->o, &f->s, &f->e), &f->e);
	raw(f, "UPDATE schema_version SET checksum = 'x' WHERE version = 1");
	f->s = store_close(f->s);
	assert_int_equal(store_open(&f->o, &f->s, &f->e), KT_ECORRUPT);
}

static int one_int(const struct sval *cols, void *arg)
{
	*(int64_t *)arg = cols[0].i;
	return 0;
}

static int64_t count_with(struct conn *c, const struct stmt *st)
{
	struct err e;
	bool by_row;
	int64_t n = -1;
	must(c->d->begin(c, false, &e), &e);
	must(c->d->query(c, st, NULL, 0, one_int, &n, &by_row, &e), &e);
	c->d->rollback(c);
	return n;
}

#define SQL_TEXT(z) z, sizeof(z) - 1

static void test_migrate_forward(void **state)
{
	static const struct stmt extra = {.sql = "SELECT n + m FROM extra", .args = "", .cols = "i"};
	struct fix *f = *state;
	struct embedded list[7] = {
		store_migrations[0],
		store_migrations[1],
		{"0003_extra.sql",
	     SQL_TEXT(
			 "CREATE TABLE extra (n {int}, t {text}, b {blob}){strict};\nINSERT INTO extra VALUES (1, 't', NULL);\n")},
		{"0004_more.sql",
	     SQL_TEXT("-- @sqlite\nALTER TABLE extra ADD COLUMN m INTEGER;\n-- @postgres\n"
	              "ALTER TABLE extra ADD COLUMN m BIGINT;\n-- @all\nUPDATE extra SET m = 41;\n")},
		{"0005_broken.sql", SQL_TEXT("UPDATE extra SET m = 99;\nUPDATE nowhere SET x = 1;\n")}};
	struct conn *c;
	must(store_submit(f->s, job_put, &(struct put){.id = 1}, &f->e), &f->e);
	f->s = store_close(f->s);
	must(store_driver_of(&f->o)->open(&f->o, true, &c, &f->e), &f->e);
	assert_true(migrate_forward(c, &f->o, list, &f->e) < 0); /* 3 and 4 stand, 5 is undone as a whole */
	assert_int_equal(count_with(c, &extra), 42);
	if (!on_postgres)
		assert_true(exists(f->dir, "kentering.db.voor-0003"));
	list[4] = (struct embedded){"0005_right.sql", SQL_TEXT("UPDATE extra SET m = 99;\n")};
	must(migrate_forward(c, &f->o, list, &f->e), &f->e);
	assert_int_equal(count_with(c, &extra), 100);
	list[5] = (struct embedded){"0006_last.sql", SQL_TEXT("DROP TABLE extra;\n")};
	must(migrate_forward(c, &f->o, list, &f->e), &f->e);
	if (!on_postgres) { /* of three copies the last two */
		assert_false(exists(f->dir, "kentering.db.voor-0003"));
		assert_true(exists(f->dir, "kentering.db.voor-0005"));
		assert_true(exists(f->dir, "kentering.db.voor-0006"));
	}
	c = c->d->close(c);
	assert_int_equal(store_open(&f->o, &f->s, &f->e), KT_EREFUSED); /* newer than the program */
}

/* ---- copies ---- */

struct busy {
	struct store *s;
	_Atomic bool stop;
	unsigned n;
};

static void *busy_main(void *arg)
{
	struct busy *b = arg;
	while (!b->stop && put_many(b->s, UINT64_C(1000000) + b->n, 1) == 0)
		b->n++;
	return NULL;
}

static void copy_name(const struct fix *f, const char *name, char out[STORE_PATH])
{
	assert_true(store_path(out, f->dir, name));
}

/* Opens a goal of the given kind in a folder of its own. */
static struct store_opts goal(const struct fix *f, const char *name, bool postgres, char dir[80])
{
	(void)snprintf(dir, 80, "%s/%s", f->dir, name);
	assert_int_equal(mkdir(dir, 0700), 0);
	return (struct store_opts){.dir = dir, .database = postgres ? test_pg_fresh() : NULL};
}

static const struct stmt SAME = {
	.sql = "SELECT count(*) FROM signal WHERE value = '' AND opened_ms = $1 AND length(tag) = 3",
	.args = "i",
	.cols = "i"};
static const struct stmt ODD = {
	.sql = "INSERT INTO signal (tag, channel, version, kind, value, opened_ms, rule, synthetic)"
		   " VALUES ($1, 1, 1, 1, $2, $3, 'r', 0)",
	.args = "bti",
	.cols = ""};
static const struct stmt AUDIT = {
	.sql = "INSERT INTO audit_row (chain, seq, at_ms, actor, action, object, detail, prev, hash) VALUES"
		   " ('main', 1, 0, 'a', 'b', 'c', '{}', $1, $1)",
	.args = "b",
	.cols = ""};

static int job_odd(struct tx *tx, void *arg, struct err *e)
{
	(void)arg;
	int code = tx_exec(tx, &ODD, e, SV_B("\0\1\2", 3), SV_Z(""), SV_I(INT64_MAX));
	return code ? code : tx_exec(tx, &AUDIT, e, SV_B("", 0));
}

static void restored(const struct store_opts *o, const char *file, int64_t least)
{
	struct store *s;
	struct err e = {0};
	struct tx *tx;
	struct sval v;
	must(store_restore(o, file, &e), &e);
	must(store_open(o, &s, &e), &e);
	assert_true(count_outbox(s) >= least);
	must(store_read(s, &tx, &e), &e);
	must(tx_row(tx, &SAME, tx_arena(tx), &v, &e, SV_I(INT64_MAX)), &e);
	assert_int_equal(v.i, 1);
	tx = store_read_end(tx);
	must(store_submit(s, job_put, &(struct put){.id = 77777}, &e), &e);
	s = store_close(s);
	assert_int_equal(store_restore(o, file, &e), KT_EEXISTS);
}

static void test_backup_and_restore(void **state)
{
	enum { N = 1000 };
	struct fix *f = *state;
	struct busy b = {.s = f->s};
	pthread_t t;
	char file[STORE_PATH], dir[2][80];
	struct stat st;
	static struct put p[N];
	memset(p, 0, sizeof(p));
	for (unsigned i = 0; i < N; i++)
		p[i] = (struct put){.id = i, .body = STR("kept")};
	put_group(f, p, N);
	must(store_submit(f->s, job_odd, NULL, &f->e), &f->e);
	assert_int_equal(pthread_create(&t, NULL, busy_main, &b), 0);
	copy_name(f, "copy.kdb", file);
	must(store_backup(f->s, file, &f->e), &f->e);
	b.stop = true;
	(void)pthread_join(t, NULL);
	assert_int_equal(store_backup(f->s, file, &f->e), KT_EEXISTS);
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	struct store_opts o = goal(f, "lite", false, dir[0]);
	restored(&o, file, N);
	if (on_postgres) {
		o = goal(f, "pg", true, dir[1]);
		restored(&o, file, N);
	}
}

static void damage(const char *from, const char *to, long at)
{
	FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
	assert_true(in && out);
	int c;
	for (long i = 0; (c = fgetc(in)) != EOF; i++)
		(void)fputc(i >= at && i < at + 4000 ? c ^ 0x5a : c, out);
	(void)fclose(in);
	(void)fclose(out);
}

static void test_restore_refuses(void **state)
{
	struct fix *f = *state;
	char file[STORE_PATH], bad[STORE_PATH], dir[80];
	struct store *s;
	must(store_submit(f->s, job_odd, NULL, &f->e), &f->e);
	copy_name(f, "copy.kdb", file);
	copy_name(f, "bad.kdb", bad);
	must(store_backup(f->s, file, &f->e), &f->e);
	struct store_opts o = goal(f, "goal", on_postgres, dir);
	assert_int_equal(store_restore(&o, "/nonexistent/x", &f->e), KT_ENOTFOUND);
	damage(file, bad, 0);
	assert_int_equal(store_restore(&o, bad, &f->e), KT_EINVAL);
	damage(file, bad, 3 * 4096);
	assert_int_equal(store_restore(&o, bad, &f->e), KT_ECORRUPT);
	static const char *const tricks[] = {"DROP TRIGGER audit_row_no_delete",
	                                     "CREATE TRIGGER t AFTER INSERT ON outbox BEGIN SELECT 1; END",
	                                     "CREATE TABLE more (x)"};
	for (int i = 0; i < 3; i++) {
		damage(file, bad, 1L << 40);
		raw_lite(bad, tricks[i]);
		assert_int_equal(store_restore(&o, bad, &f->e), KT_ECORRUPT);
	}
	damage(file, bad, 1L << 40);
	raw_lite(bad, "INSERT INTO schema_version VALUES (9999, '9999_x', 'x', 0)");
	assert_int_equal(store_restore(&o, bad, &f->e), KT_EREFUSED);
	raw_lite(bad, "PRAGMA application_id=1");
	assert_int_equal(store_restore(&o, bad, &f->e), KT_EINVAL);
	assert_int_equal(store_restore(&f->o, file, &f->e), KT_EEXISTS);
	must(store_open(&o, &s, &f->e), &f->e); /* nothing arrived */
	assert_int_equal(count_outbox(s), 0);
	if (!on_postgres)
		assert_int_equal(store_restore(&(struct store_opts){.dir = dir, .busy_ms = 100}, file, &f->e), KT_EBUSY);
	s = store_close(s);
	must(store_restore(&o, file, &f->e), &f->e);
}

/* ---- a server that goes away ---- */

static const struct stmt SUICIDE = {
	.sql = "SELECT 1", .pg = "SELECT pg_terminate_backend(pg_backend_pid())", .args = "", .cols = ""};

static int job_suicide(struct tx *tx, void *arg, struct err *e)
{
	int code = job_put(tx, arg, e);
	return code ? code : tx_exec0(tx, &SUICIDE, e);
}

static void test_connection_lost(void **state)
{
	struct fix *f = *state;
	struct put a = {.id = 1}, b = {.id = 2}, c = {.id = 3};
	struct tx *tx;
	if (!on_postgres)
		skip();
	assert_int_equal(store_submit(f->s, job_suicide, &a, &f->e), KT_EUNAVAIL);
	assert_non_null(strstr(f->e.text, "uitkomst onbekend"));
	must(store_submit(f->s, job_put, &b, &f->e), &f->e);
	must(store_read(f->s, &tx, &f->e), &f->e);
	tx = store_read_end(tx);
	raw(f,
	    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> "
	    "pg_backend_pid()");
	(void)usleep(200000);
	must(store_submit(f->s, job_put, &c, &f->e), &f->e); /* opened again without anybody noticing */
	assert_int_equal(count_outbox(f->s), 2);
}

/* The refusal of a queued statement comes at the next question, within the job. */
static int job_deferred(struct tx *tx, void *arg, struct err *e)
{
	int *seen = arg;
	uint64_t id = 1;
	struct sval v;
	struct put p = {.id = id};
	*seen = job_put(tx, &p, e);
	int code = tx_row(tx, &HAS, tx_arena(tx), &v, e, SV_B(&id, 8));
	return code ? code : KT_EINTERNAL;
}

static void test_deferred_error(void **state)
{
	struct fix *f = *state;
	int seen = 1;
	must(store_submit(f->s, job_put, &(struct put){.id = 1}, &f->e), &f->e);
	assert_int_equal(store_submit(f->s, job_deferred, &seen, &f->e), KT_EEXISTS);
	assert_int_equal(seen, on_postgres ? 0 : KT_EEXISTS);
	assert_int_equal(count_outbox(f->s), 1);
}

/* More than libpq and the socket hold at once, both ways. */
static int job_flood(struct tx *tx, void *arg, struct err *e)
{
	struct lot *l = arg;
	for (unsigned i = 0; i < l->n; i++) {
		struct put p = {.id = l->from + i, .body = {l->bytes, l->size}};
		int code = job_put(tx, &p, e);
		if (code)
			return code;
	}
	return 0;
}

static void test_flood(void **state)
{
	struct fix *f = *state;
	struct lot l = {.n = 5000, .size = 10}, big = {.from = 10000, .n = 24, .size = 1 << 20};
	l.bytes = big.bytes = calloc(1, 1 << 20);
	assert_non_null(l.bytes);
	must(store_submit(f->s, job_flood, &l, &f->e), &f->e);
	must(store_submit(f->s, job_flood, &big, &f->e), &f->e);
	assert_int_equal(count_outbox(f->s), 5024);
	free(l.bytes);
}

#define T(t) cmocka_unit_test_setup_teardown(t, fix_setup, fix_teardown)

int test_faults(void)
{
	const struct CMUnitTest tests[] = {
		T(test_kill_9),           T(test_two_programs),       T(test_lock_held_elsewhere), T(test_full_database),
		T(test_full_disk),        T(test_readonly_folder),    T(test_file_mode),           T(test_not_a_database),
		T(test_migrate_together), T(test_newer_and_changed),  T(test_migrate_forward),     T(test_backup_and_restore),
		T(test_restore_refuses),  T(test_connection_lost),    T(test_deferred_error),      T(test_flood),
		T(test_append_only),      T(test_one_living_barrier),
	};
	return cmocka_run_group_tests_name(on_postgres ? "store faults postgres" : "store faults sqlite", tests, NULL,
	                                   NULL);
}
