/* Every test runs on both databases: ./test_store sqlite, ./test_store postgres. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ftw.h>
#include <libpq-fe.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "store/sqlite/sqlite.h"
#include "store/store_impl.h"
#include "store/test_pg.h"
#include "store/test_store.h"

bool on_postgres;

/* ---- the folder of a test ---- */

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *w)
{
	(void)st;
	(void)type;
	(void)w;
	return remove(path);
}

void remove_dir(const char *dir)
{
	(void)nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void must(int code, const struct err *e)
{
	if (code)
		fail_msg("code %d: %s", code, e->text);
}

int fix_setup(void **state)
{
	struct fix *f = calloc(1, sizeof(*f));
	assert_non_null(f);
	(void)snprintf(f->dir, sizeof(f->dir), "/tmp/kentering-store-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	f->o = (struct store_opts){.dir = f->dir, .busy_ms = 10000};
	if (on_postgres) {
		f->o.database = test_pg_fresh();
		assert_non_null(f->o.database);
	}
	must(store_open(&f->o, &f->s, &f->e), &f->e);
	*state = f;
	return 0;
}

int fix_teardown(void **state)
{
	struct fix *f = *state;
	f->s = store_close(f->s);
	remove_dir(f->dir);
	free(f);
	return 0;
}

void fix_reopen(struct fix *f, const struct store_opts *o)
{
	f->s = store_close(f->s);
	must(store_open(o, &f->s, &f->e), &f->e);
}

/* ---- jobs ---- */

static const struct stmt PUT = {.sql = "INSERT INTO outbox (id, at_ms, topic, object, body, state, tries, next_ms)"
                                       " VALUES ($1, $2, 'test', 'test', $3, 0, 0, $2)",
                                .args = "bib",
                                .cols = ""};
static const struct stmt COUNT = {.sql = "SELECT count(*) FROM outbox", .args = "", .cols = "i"};
static const struct stmt ORDER = {.sql = "SELECT at_ms, body FROM outbox ORDER BY at_ms", .args = "", .cols = "ib"};

int job_put(struct tx *tx, void *arg, struct err *e)
{
	struct put *p = arg;
	atomic_fetch_add(&p->runs, 1);
	if (p->fail_before)
		return err_set(e, KT_EREFUSED, "geweigerd");
	uint64_t id = p->id;
	int code = tx_exec(tx, &PUT, e, SV_B(&id, sizeof(id)), SV_I(p->id), SV_BS(p->body));
	if (!code && p->fail_after)
		return err_set(e, KT_EREFUSED, "geweigerd na schrijven");
	return code;
}

static int first_int(const struct sval *cols, void *arg)
{
	*(int64_t *)arg = cols[0].i;
	return 0;
}

int64_t count_outbox(struct store *s)
{
	struct err e;
	struct tx *tx;
	int64_t n = -1;
	must(store_read(s, &tx, &e), &e);
	must(tx_query0(tx, &COUNT, first_int, &n, &e), &e);
	tx = store_read_end(tx);
	return n;
}

/* Keeps the writer busy, so that what is submitted meanwhile becomes one group. */
static int job_gate(struct tx *tx, void *arg, struct err *e)
{
	int *fd = arg;
	char c;
	(void)tx;
	return read(fd[0], &c, 1) == 1 ? 0 : err_set(e, KT_EIO, "pipe");
}

void gate_close(struct fix *f, struct gate *g)
{
	assert_int_equal(pipe(g->fd), 0);
	g->t = (struct store_ticket){.job = job_gate, .arg = g->fd, .err = &g->e};
	must(store_submit_async(f->s, &g->t), &g->e);
	for (bool taken = false; !taken; (void)poll(NULL, 0, 1)) { /* the gate is a group of its own */
		(void)pthread_mutex_lock(&f->s->lock);
		taken = f->s->waiting == 0;
		(void)pthread_mutex_unlock(&f->s->lock);
	}
}

void gate_open(struct fix *f, struct gate *g)
{
	assert_int_equal(write(g->fd[1], "x", 1), 1);
	must(store_wait(f->s, &g->t), &g->e);
	(void)close(g->fd[0]);
	(void)close(g->fd[1]);
}

/* Submits as one group, waits for all. */
void put_group(struct fix *f, struct put *p, size_t n)
{
	struct gate g;
	gate_close(f, &g);
	for (size_t i = 0; i < n; i++) {
		p[i].t = (struct store_ticket){.job = job_put, .arg = &p[i], .err = &p[i].e};
		must(store_submit_async(f->s, &p[i].t), &p[i].e);
	}
	gate_open(f, &g);
	for (size_t i = 0; i < n; i++)
		p[i].code = store_wait(f->s, &p[i].t);
}

/* ---- values ---- */

/* A table of the test's own: ours have few columns that may be NULL. */
static void make_probe(struct fix *f)
{
	raw(f,
	    on_postgres ? "CREATE TABLE probe (n BIGINT, m BIGINT, t TEXT, b BYTEA, u TEXT)"
	                : "CREATE TABLE probe (n INTEGER, m INTEGER, t TEXT, b BLOB, u TEXT) STRICT");
}

static const struct stmt PUT_PROBE = {
	.sql = "INSERT INTO probe (b, n, m, t, u) VALUES ($4, $1, $2, $3, $5)", .args = "iitbt", .cols = ""};
static const struct stmt GET_PROBE = {
	.sql = "SELECT b, n, t, m, u, length(b) FROM probe WHERE n = $1 AND n >= $1", .args = "i", .cols = "bititi"};

struct values {
	struct sval v[5];
	struct sval got[6];
	struct arena *ar;
	bool missing;
};

static int job_values(struct tx *tx, void *arg, struct err *e)
{
	struct values *v = arg;
	int code = tx_exec_v(tx, &PUT_PROBE, v->v, 5, e);
	return code ? code : tx_row(tx, &GET_PROBE, v->ar, v->got, e, v->v[0]);
}

static void test_values(void **state)
{
	struct fix *f = *state;
	char *big = malloc(1 << 20);
	make_probe(f);
	assert_non_null(big);
	for (int i = 0; i < 1 << 20; i++)
		big[i] = (char)(i * 7 + i / 251);
	struct values all[] = {
		{.v = {SV_I(INT64_MAX), SV_N, SV_N, SV_B(NULL, 0), SV_T(STR_NONE)}},
		{.v = {SV_I(INT64_MIN), SV_I(-1), SV_Z(""), SV_B("\0x", 2), SV_Z("r\xc3\xa9gel")}},
		{.v = {SV_I(0), SV_I(0), SV_Z("a'b\"c$1"), SV_B(big, 1 << 20), SV_Z("x")}},
	};
	for (size_t i = 0; i < 3; i++) {
		struct values *v = &all[i];
		v->ar = arena_new(0);
		must(store_submit(f->s, job_values, v, &f->e), &f->e);
		assert_int_equal(v->got[0].t, SV_BLOB);
		assert_true(str_eq(v->got[0].s, v->v[3].s));
		assert_int_equal(v->got[1].i, v->v[0].i);
		assert_int_equal(v->got[2].t, v->v[2].t);
		assert_true(str_eq(v->got[2].s, v->v[2].s));
		assert_int_equal(v->got[3].t, v->v[1].t);
		assert_int_equal(v->got[3].i, v->v[1].i);
		assert_int_equal(v->got[4].t, SV_TEXT);
		assert_true(str_eq(v->got[4].s, v->v[4].s));
		assert_int_equal(v->got[5].i, (int64_t)v->v[3].s.n);
		v->ar = arena_free(v->ar);
	}
	free(big);
}

static const struct stmt SUM = {.sql = "SELECT sum($1 * n), max(u) FROM probe", .args = "i", .cols = "it"};
static const struct stmt SUM_CAST = {
	.sql = "SELECT sum(tries), count(*), min(next_ms) FROM outbox WHERE next_ms > $1", .args = "i", .cols = "iii"};

/* What aggregates give: numeric on PostgreSQL, NULL over nothing. */
static void test_aggregates(void **state)
{
	struct fix *f = *state;
	static const int64_t each[] = {0, 1, -1, 9999, 10000, 10001, -99990000, INT64_C(1234567890123456789), INT64_MIN};
	struct sval got[3];
	struct tx *tx;
	struct arena *ar = arena_new(0);
	make_probe(f);
	must(store_read(f->s, &tx, &f->e), &f->e);
	must(tx_row(tx, &SUM_CAST, ar, got, &f->e, SV_I(5)), &f->e);
	assert_int_equal(got[0].t, SV_NULL);
	assert_int_equal(got[1].i, 0);
	assert_int_equal(got[2].t, SV_NULL);
	tx = store_read_end(tx);
	struct values v = {.v = {SV_I(1), SV_N, SV_N, SV_B("t", 1), SV_Z("r")}, .ar = ar};
	must(store_submit(f->s, job_values, &v, &f->e), &f->e);
	for (size_t i = 0; i < sizeof(each) / sizeof(*each); i++) {
		must(store_read(f->s, &tx, &f->e), &f->e);
		must(tx_row(tx, &SUM, ar, got, &f->e, SV_I(each[i])), &f->e);
		assert_int_equal(got[0].i, each[i]);
		tx = store_read_end(tx);
	}
	ar = arena_free(ar);
}

int job_wrong(struct tx *tx, void *arg, struct err *e)
{
	const struct wrong *w = arg;
	return tx_exec_v(tx, w->st, w->a, w->n, e);
}

static void test_arguments_checked(void **state)
{
	static const struct stmt two = {.sql = "UPDATE outbox SET topic = $1 WHERE at_ms = $2", .args = "ti", .cols = ""};
	static const struct stmt lies = {.sql = "UPDATE outbox SET topic = 'x'", .args = "t", .cols = ""};
	static const struct stmt broken = {.sql = "UPDATE nowhere SET topic = 'x'", .args = "", .cols = ""};
	struct fix *f = *state;
	struct wrong all[] = {
		{&two, {SV_Z("x")}, 1, KT_EINTERNAL},
		{&two, {SV_I(1), SV_I(1)}, 2, KT_EINTERNAL},
		{&two, {SV_T(((struct str){"a\0b", 3})), SV_I(1)}, 2, KT_EINVAL},
		{&two, {SV_Z("\xff"), SV_I(1)}, 2, KT_EINVAL},
		{&lies, {SV_Z("x")}, 1, KT_EINTERNAL},
		{&broken, {SV_N}, 0, KT_EINTERNAL},
		{&two, {SV_Z("x"), SV_I(1)}, 2, 0},
	};
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		int code = store_submit(f->s, job_wrong, &all[i], &f->e);
		if (all[i].st != &lies || !on_postgres) /* PostgreSQL allows a value that is not used */
			assert_int_equal(code, all[i].want);
	}
}

/* ---- group commit ---- */

struct counter {
	atomic_int begun, before, committed, undone;
	int fail_begin, fail_before;
};

static int hook_begin(struct tx *tx, void *user, struct err *e)
{
	struct counter *c = user;
	(void)tx;
	atomic_fetch_add(&c->begun, 1);
	return c->fail_begin ? err_set(e, c->fail_begin, "haak") : 0;
}

static int hook_before(struct tx *tx, void *user, struct err *e)
{
	struct counter *c = user;
	(void)tx;
	atomic_fetch_add(&c->before, 1);
	return c->fail_before ? err_set(e, c->fail_before, "haak") : 0;
}

static void hook_after(void *user, bool committed)
{
	struct counter *c = user;
	atomic_fetch_add(committed ? &c->committed : &c->undone, 1);
}

static void count_with(struct fix *f, struct counter *c)
{
	store_set_hooks(f->s, &(struct store_hooks){hook_begin, hook_before, hook_after, c});
}

#define THREADS 32
#define EACH 60

struct submitter {
	struct store *s;
	unsigned from;
	int bad;
};

static void *submitter_main(void *arg)
{
	struct submitter *m = arg;
	for (unsigned i = 0; i < EACH; i++) {
		struct put p = {.id = m->from + i, .body = STR("body")};
		if (store_submit(m->s, job_put, &p, &p.e) || p.runs != 1)
			m->bad++;
	}
	return NULL;
}

static void test_group_commit(void **state)
{
	struct fix *f = *state;
	struct counter c = {0};
	pthread_t t[THREADS];
	struct submitter m[THREADS];
	count_with(f, &c);
	int64_t t0 = clock_mono_ns();
	for (unsigned i = 0; i < THREADS; i++) {
		m[i] = (struct submitter){f->s, i * EACH, 0};
		assert_int_equal(pthread_create(&t[i], NULL, submitter_main, &m[i]), 0);
	}
	for (unsigned i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(t[i], NULL), 0);
		assert_int_equal(m[i].bad, 0);
	}
	double sec = (double)(clock_mono_ns() - t0) / 1e9;
	assert_int_equal(count_outbox(f->s), THREADS * EACH);
	assert_int_equal(c.undone, 0);
	assert_true(c.committed < THREADS * EACH);
	print_message("%d jobs in %d commits, %.0f jobs/s\n", THREADS * EACH, c.committed, THREADS * EACH / sec);
}

static void test_one_group_one_commit(void **state)
{
	struct fix *f = *state;
	struct counter c = {0};
	static struct put p[256];
	memset(p, 0, sizeof(p));
	count_with(f, &c);
	for (unsigned i = 0; i < 256; i++)
		p[i].id = i;
	put_group(f, p, 256);
	for (unsigned i = 0; i < 256; i++)
		assert_int_equal(p[i].code, 0);
	assert_int_equal(c.committed, 2); /* the gate's and the group's */
	assert_int_equal(c.begun, 2);
	assert_int_equal(c.before, 2);
	assert_int_equal(count_outbox(f->s), 256);
}

static void test_job_fails_alone(void **state)
{
	struct fix *f = *state;
	struct put p[3] = {{.id = 1}, {.id = 2, .fail_before = true}, {.id = 3}};
	put_group(f, p, 3);
	assert_int_equal(p[0].code, 0);
	assert_int_equal(p[1].code, KT_EREFUSED);
	assert_string_equal(p[1].e.text, "geweigerd");
	assert_int_equal(p[2].code, 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(p[i].runs, 1);
	assert_int_equal(count_outbox(f->s), 2);
}

static void test_job_fails_after_writing(void **state)
{
	struct fix *f = *state;
	struct counter c = {0};
	struct put p[4] = {{.id = 1}, {.id = 2, .fail_after = true}, {.id = 3}, {.id = 4, .fail_before = true}};
	count_with(f, &c);
	put_group(f, p, 4);
	assert_int_equal(p[0].code, 0);
	assert_int_equal(p[1].code, KT_EREFUSED);
	assert_string_equal(p[1].e.text, "geweigerd na schrijven");
	assert_int_equal(p[2].code, 0);
	assert_int_equal(p[3].code, KT_EREFUSED);
	assert_int_equal(p[0].runs, 2);
	assert_int_equal(p[2].runs, 1);
	assert_int_equal(c.undone, 2); /* the group, and the job at fault */
	assert_int_equal(count_outbox(f->s), 2);
	struct put alone = {.id = 5, .fail_after = true};
	assert_int_equal(store_submit(f->s, job_put, &alone, &alone.e), KT_EREFUSED);
	assert_int_equal(count_outbox(f->s), 2);
}

/* On PostgreSQL the refusal comes long after the job said 0. */
static void test_database_refuses_one(void **state)
{
	struct fix *f = *state;
	static struct put p[100];
	memset(p, 0, sizeof(p));
	for (unsigned i = 0; i < 100; i++)
		p[i].id = i == 60 ? 7 : i;
	put_group(f, p, 100);
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(p[i].code, i == 60 ? KT_EEXISTS : 0);
	assert_true(p[60].e.text[0] != 0);
	assert_int_equal(count_outbox(f->s), 99);
}

static int job_ignores(struct tx *tx, void *arg, struct err *e)
{
	struct put *p = arg;
	uint64_t id = p->id, other = p->id + 1000;
	struct sval n[1];
	(void)!tx_exec(tx, &PUT, e, SV_B(&other, 8), SV_I(0), SV_B("a", 1));
	(void)!tx_exec(tx, &PUT, e, SV_B(&id, 8), SV_I(0), SV_B("a", 1));
	(void)!tx_row0(tx, &COUNT, tx_arena(tx), n, e);
	return 0; /* not telling does not help */
}

static void test_ignored_error_still_fails(void **state)
{
	struct fix *f = *state;
	struct put p = {.id = 1};
	must(store_submit(f->s, job_put, &p, &f->e), &f->e);
	assert_int_equal(store_submit(f->s, job_ignores, &p, &f->e), KT_EEXISTS);
	assert_int_equal(count_outbox(f->s), 1);
	struct put q = {.id = 2};
	must(store_submit(f->s, job_put, &q, &f->e), &f->e);
}

struct in_order {
	int64_t next;
	bool wrong;
};

static int order_row(const struct sval *cols, void *arg)
{
	struct in_order *o = arg;
	int64_t run;
	memcpy(&run, cols[1].s.p, sizeof(run));
	o->wrong = o->wrong || cols[0].i != o->next || run != o->next;
	o->next++;
	return 0;
}

static atomic_llong order_clock;

static int job_order(struct tx *tx, void *arg, struct err *e)
{
	struct put *p = arg;
	int64_t now = atomic_fetch_add(&order_clock, 1);
	return tx_exec(tx, &PUT, e, SV_B(&p->id, sizeof(p->id)), SV_I(p->id), SV_B(&now, sizeof(now)));
}

static void test_order(void **state)
{
	enum { N = 1500 };
	struct fix *f = *state;
	struct put *p = calloc(N, sizeof(*p));
	struct in_order o = {0};
	struct tx *tx;
	assert_non_null(p);
	order_clock = 0;
	for (unsigned i = 0; i < N; i++) {
		p[i].id = i;
		p[i].t = (struct store_ticket){.job = job_order, .arg = &p[i], .err = &p[i].e};
		must(store_submit_async(f->s, &p[i].t), &p[i].e);
	}
	for (unsigned i = 0; i < N; i++)
		must(store_wait(f->s, &p[i].t), &p[i].e);
	must(store_read(f->s, &tx, &f->e), &f->e);
	must(tx_query0(tx, &ORDER, order_row, &o, &f->e), &f->e);
	tx = store_read_end(tx);
	assert_int_equal(o.next, N);
	assert_false(o.wrong);
	free(p);
}

static void test_hooks(void **state)
{
	struct fix *f = *state;
	struct counter c = {.fail_begin = KT_ECRYPTO};
	struct put p = {.id = 1};
	count_with(f, &c);
	assert_int_equal(store_submit(f->s, job_put, &p, &p.e), KT_ECRYPTO);
	assert_string_equal(p.e.text, "haak");
	c.fail_begin = 0;
	must(store_submit(f->s, job_put, &p, &p.e), &p.e);
	c.fail_before = KT_ECRYPTO;
	struct put q[3] = {{.id = 2}, {.id = 3}, {.id = 4, .fail_before = true}};
	struct counter shut = {.fail_before = KT_EUNAVAIL};
	store_set_hooks(f->s, &(struct store_hooks){NULL, hook_before, NULL, &shut});
	for (int i = 0; i < 3; i++)
		assert_int_equal(store_submit(f->s, job_put, &q[i], &q[i].e), KT_EUNAVAIL);
	count_with(f, &c);
	struct put r = {.id = 9};
	assert_int_equal(store_submit(f->s, job_put, &r, &r.e), KT_ECRYPTO);
	assert_int_equal(count_outbox(f->s), 1);
	assert_int_equal(c.undone, 2);
	assert_int_equal(c.committed, 1);
}

/* ---- queue ---- */

static void on_done(struct store_ticket *t, void *user)
{
	struct put *p = t->arg;
	p->code = t->code;
	atomic_fetch_add((atomic_int *)user, 1);
}

static void test_notify_and_close_drains(void **state)
{
	struct fix *f = *state;
	static struct put p[300];
	atomic_int told = 0;
	struct gate g;
	memset(p, 0, sizeof(p));
	gate_close(f, &g);
	for (unsigned i = 0; i < 300; i++) {
		p[i].id = i;
		p[i].t = (struct store_ticket){.job = job_put, .arg = &p[i], .err = &p[i].e, .notify = on_done, .user = &told};
		must(store_submit_async(f->s, &p[i].t), &p[i].e);
	}
	gate_open(f, &g);
	fix_reopen(f, &f->o); /* closing waits for all */
	assert_int_equal(told, 300);
	assert_int_equal(count_outbox(f->s), 300);
}

static void test_queue_full(void **state)
{
	struct fix *f = *state;
	struct store_opts o = f->o;
	struct put p[5] = {{.id = 1}, {.id = 2}, {.id = 3}, {.id = 4}, {.id = 5}};
	struct gate g;
	o.max_queue = 4;
	fix_reopen(f, &o);
	gate_close(f, &g);
	for (int i = 0; i < 5; i++) {
		p[i].t = (struct store_ticket){.job = job_put, .arg = &p[i], .err = &p[i].e};
		assert_int_equal(store_submit_async(f->s, &p[i].t), i < 4 ? 0 : KT_EBUSY);
	}
	gate_open(f, &g);
	for (int i = 0; i < 4; i++)
		must(store_wait(f->s, &p[i].t), &p[i].e);
	assert_int_equal(count_outbox(f->s), 4);
}

static int job_nested(struct tx *tx, void *arg, struct err *e)
{
	struct fix *f = arg;
	struct put p = {.id = 1};
	(void)tx;
	return store_submit(f->s, job_put, &p, e);
}

static void test_no_submit_in_a_job(void **state)
{
	struct fix *f = *state;
	assert_int_equal(store_submit(f->s, job_nested, f, &f->e), KT_EINTERNAL);
}

/* A group whose jobs use much memory is cut, none is lost. */
static int job_greedy(struct tx *tx, void *arg, struct err *e)
{
	char *p = arena_alloc(tx_arena(tx), (size_t)9 << 20);
	return p ? job_put(tx, arg, e) : err_set(e, KT_ENOMEM, "arena");
}

static void test_greedy_group(void **state)
{
	enum { N = 60 };
	struct fix *f = *state;
	struct counter c = {0};
	static struct put p[N];
	struct gate g;
	memset(p, 0, sizeof(p));
	count_with(f, &c);
	gate_close(f, &g);
	for (unsigned i = 0; i < N; i++) {
		p[i].id = i;
		p[i].t = (struct store_ticket){.job = job_greedy, .arg = &p[i], .err = &p[i].e};
		must(store_submit_async(f->s, &p[i].t), &p[i].e);
	}
	gate_open(f, &g);
	for (unsigned i = 0; i < N; i++) {
		must(store_wait(f->s, &p[i].t), &p[i].e);
		assert_int_equal(p[i].runs, 1);
	}
	assert_true(c.committed > 10 && c.committed < N);
	assert_int_equal(count_outbox(f->s), N);
}

/* ---- reading ---- */

static void test_snapshot(void **state)
{
	struct fix *f = *state;
	struct put p = {.id = 1};
	struct tx *tx;
	int64_t n = -1;
	must(store_read(f->s, &tx, &f->e), &f->e);
	must(store_submit(f->s, job_put, &p, &f->e), &f->e);
	must(tx_query0(tx, &COUNT, first_int, &n, &f->e), &f->e);
	assert_int_equal(n, 0);
	assert_int_equal(tx_exec(tx, &PUT, &f->e, SV_B("x", 1), SV_I(1), SV_B("", 0)), KT_EINTERNAL);
	tx = store_read_end(tx);
	assert_null(store_read_end(NULL));
	assert_int_equal(count_outbox(f->s), 1);
	assert_string_equal(store_driver(f->s), on_postgres ? "postgres" : "sqlite");
}

static void test_reader_cannot_write_by_query(void **state)
{
	static const struct stmt st = {
		.sql = "DELETE FROM outbox WHERE at_ms = 1 RETURNING at_ms", .args = "", .cols = "i"};
	struct fix *f = *state;
	struct put p = {.id = 1};
	struct tx *tx;
	int64_t n;
	must(store_submit(f->s, job_put, &p, &f->e), &f->e);
	must(store_read(f->s, &tx, &f->e), &f->e);
	assert_int_equal(tx_query0(tx, &st, first_int, &n, &f->e), KT_EREADONLY);
	tx = store_read_end(tx);
	assert_int_equal(count_outbox(f->s), 1);
}

static void test_readers_are_few(void **state)
{
	struct fix *f = *state;
	struct store_opts o = f->o;
	struct tx *tx[STORE_READERS], *more;
	o.busy_ms = 100;
	fix_reopen(f, &o);
	for (int i = 0; i < STORE_READERS; i++)
		must(store_read(f->s, &tx[i], &f->e), &f->e);
	assert_int_equal(store_read(f->s, &more, &f->e), KT_EBUSY);
	tx[2] = store_read_end(tx[2]);
	must(store_read(f->s, &more, &f->e), &f->e);
	more = store_read_end(more);
	for (int i = 0; i < STORE_READERS; i++)
		tx[i] = store_read_end(tx[i]);
}

struct nest {
	struct tx *tx;
	struct err *e;
	int rows, stop_at;
};

static int nest_row(const struct sval *cols, void *arg)
{
	static const struct stmt touch = {
		.sql = "UPDATE outbox SET tries = tries + 1 WHERE at_ms = $1", .args = "i", .cols = ""};
	struct nest *n = arg;
	int64_t changed = 0, inner = 0;
	int code = tx_change(n->tx, &touch, &changed, n->e, cols[0]);
	if (!code)
		code = tx_query0(n->tx, &ORDER, first_int, &inner, n->e); /* the same statement within itself */
	if (!code && (changed != 1 || ++n->rows == n->stop_at))
		code = 7;
	return code;
}

static int job_nest(struct tx *tx, void *arg, struct err *e)
{
	struct nest *n = arg;
	n->tx = tx;
	n->e = e;
	n->rows = 0;
	int code = tx_query0(tx, &ORDER, nest_row, n, e);
	return n->stop_at ? (code == 7 ? 0 : KT_EINTERNAL) : code;
}

static void test_query_stops_and_nests(void **state)
{
	static const struct stmt none = {.sql = "SELECT at_ms FROM outbox WHERE at_ms = $1", .args = "i", .cols = "i"};
	static const struct stmt tries = {.sql = "SELECT at_ms FROM outbox WHERE tries = $1", .args = "i", .cols = "i"};
	struct fix *f = *state;
	struct put p[5] = {{.id = 0}, {.id = 1}, {.id = 2}, {.id = 3}, {.id = 4}};
	struct nest all = {0}, some = {.stop_at = 2};
	struct sval v = SV_N;
	struct tx *tx;
	put_group(f, p, 5);
	must(store_submit(f->s, job_nest, &all, &f->e), &f->e);
	must(store_submit(f->s, job_nest, &some, &f->e), &f->e);
	assert_int_equal(all.rows, 5);
	assert_int_equal(some.rows, 2);
	must(store_read(f->s, &tx, &f->e), &f->e);
	assert_int_equal(tx_row(tx, &none, tx_arena(tx), &v, &f->e, SV_I(77)), KT_ENOTFOUND);
	assert_int_equal(v.t, SV_NULL);
	must(tx_row(tx, &tries, tx_arena(tx), &v, &f->e, SV_I(2)), &f->e);
	assert_true(v.i == 0 || v.i == 1);
	tx = store_read_end(tx);
}

static void test_readonly_open(void **state)
{
	struct fix *f = *state;
	struct store_opts o = f->o;
	struct put p = {.id = 1};
	must(store_submit(f->s, job_put, &p, &f->e), &f->e);
	o.readonly = true;
	fix_reopen(f, &o);
	assert_int_equal(count_outbox(f->s), 1);
	assert_int_equal(store_submit(f->s, job_put, &p, &f->e), KT_EREADONLY);
}

#define T(t) cmocka_unit_test_setup_teardown(t, fix_setup, fix_teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		T(test_values),
		T(test_aggregates),
		T(test_arguments_checked),
		T(test_group_commit),
		T(test_one_group_one_commit),
		T(test_job_fails_alone),
		T(test_job_fails_after_writing),
		T(test_database_refuses_one),
		T(test_ignored_error_still_fails),
		T(test_order),
		T(test_hooks),
		T(test_notify_and_close_drains),
		T(test_queue_full),
		T(test_no_submit_in_a_job),
		T(test_greedy_group),
		T(test_snapshot),
		T(test_reader_cannot_write_by_query),
		T(test_readers_are_few),
		T(test_query_stops_and_nests),
		T(test_readonly_open),
	};
	on_postgres = argc > 1 && str_is(str_of(argv[1]), "postgres");
	(void)signal(SIGPIPE, SIG_IGN);
	log_set_fd(-1);
	if (on_postgres && !test_pg_start()) {
		(void)fprintf(stderr, "PostgreSQL is not installed here: skipped\n");
		return 77;
	}
	int bad = cmocka_run_group_tests_name(on_postgres ? "store postgres" : "store sqlite", tests, NULL, NULL);
	return bad + test_faults();
}
