#include "store/store_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "store/migrations.gen.h"

#define READ_ARENA ((size_t)64 << 20)
#define WRITE_ARENA ((size_t)256 << 20)

/* ---- small things the room shares ---- */

bool store_path(char out[STORE_PATH], const char *dir, const char *name)
{
	int n = snprintf(out, STORE_PATH, "%s/%s", dir, name);
	return n > 0 && n < STORE_PATH;
}

unsigned store_busy_ms(const struct store_opts *o)
{
	return o->busy_ms ? o->busy_ms : 10000;
}

const struct store_driver *store_driver_of(const struct store_opts *o)
{
	return !o->database || str_is(str_of(o->database), "sqlite") ? &store_sqlite : &store_postgres;
}

/* ---- open and close ---- */

static void store_free(struct store *s)
{
	for (size_t i = 0; i < STORE_READERS; i++) {
		struct tx *tx = &s->readers[i].tx;
		if (tx->c)
			tx->c = s->d->close(tx->c);
		tx->ar = arena_free(tx->ar);
	}
	if (s->tx.c)
		s->tx.c = s->d->close(s->tx.c);
	s->tx.ar = arena_free(s->tx.ar);
	(void)pthread_mutex_destroy(&s->lock);
	(void)pthread_cond_destroy(&s->work);
	(void)pthread_cond_destroy(&s->done);
	(void)pthread_cond_destroy(&s->back);
	char *text[] = {(char *)(uintptr_t)s->o.dir, (char *)(uintptr_t)s->o.database, (char *)(uintptr_t)s->o.node};
	for (size_t i = 0; i < 3; i++) {
		if (text[i])
			explicit_bzero(text[i], strlen(text[i])); /* a connection string may hold a password */
		free(text[i]);
	}
	free(s);
}

static struct store *store_new(const struct store_opts *o)
{
	struct store *s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	pthread_condattr_t mono;
	(void)pthread_condattr_init(&mono);
	(void)pthread_condattr_setclock(&mono, CLOCK_MONOTONIC);
	(void)pthread_mutex_init(&s->lock, NULL);
	(void)pthread_cond_init(&s->work, NULL);
	(void)pthread_cond_init(&s->done, NULL);
	(void)pthread_cond_init(&s->back, &mono);
	(void)pthread_condattr_destroy(&mono);
	s->o = *o;
	s->o.dir = strdup(o->dir ? o->dir : ".");
	s->o.database = o->database ? strdup(o->database) : NULL;
	s->o.node = strdup(o->node ? o->node : "main");
	s->o.max_group = o->max_group ? o->max_group : 256;
	s->o.max_queue = o->max_queue ? o->max_queue : 4096;
	s->o.busy_ms = store_busy_ms(o);
	s->d = store_driver_of(o);
	s->tx.s = s;
	s->tx.ar = arena_new(WRITE_ARENA);
	if (!s->o.dir || (o->database && !s->o.database) || !s->o.node || !s->tx.ar) {
		store_free(s);
		return NULL;
	}
	return s;
}

static int store_open_readonly(struct store *s, struct err *e)
{
	struct conn *c;
	int code = s->d->open(&s->o, false, &c, e);
	if (code)
		return code;
	code = s->d->begin(c, false, e);
	if (!code) {
		code = migrate_check(c, store_migrations, e);
		s->d->rollback(c);
	}
	if (code)
		(void)s->d->close(c);
	else
		s->readers[0].tx.c = c;
	return code;
}

int store_open(const struct store_opts *o, struct store **ret, struct err *e)
{
	struct store *s = store_new(o);
	if (!s)
		return err_set(e, KT_ENOMEM, "te weinig geheugen om de database te openen");
	int code = o->readonly ? store_open_readonly(s, e) : migrate_open(&s->o, &s->tx.c, e);
	if (!code && !o->readonly)
		code = writer_start(s, e);
	if (code) {
		store_free(s);
		return code;
	}
	*ret = s;
	return 0;
}

struct store *store_close(struct store *s)
{
	if (!s)
		return NULL;
	writer_stop(s);
	(void)pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < STORE_READERS; i++)
		while (s->readers[i].taken)
			(void)pthread_cond_wait(&s->back, &s->lock);
	(void)pthread_mutex_unlock(&s->lock);
	store_free(s);
	return NULL;
}

unsigned store_level(void)
{
	unsigned n = 0;
	while (store_migrations[n].name)
		n++;
	return n;
}

const char *store_driver(const struct store *s)
{
	return s->d->name;
}
struct arena *tx_arena(struct tx *tx)
{
	return tx->ar;
}
const struct store *tx_store(const struct tx *tx)
{
	return tx->s;
}

void store_counts(struct store *s, struct store_counts *ret)
{
	(void)pthread_mutex_lock(&s->lock);
	ret->waiting = s->waiting;
	(void)pthread_mutex_unlock(&s->lock);
	ret->max_waiting = s->o.max_queue;
	ret->jobs = atomic_load(&s->jobs);
	ret->groups = atomic_load(&s->groups);
	ret->failed = atomic_load(&s->failed);
}

const struct hist *store_commit_hist(const struct store *s)
{
	return &s->commits;
}

void store_set_hooks(struct store *s, const struct store_hooks *h)
{
	(void)pthread_mutex_lock(&s->lock);
	s->hooks = *h;
	(void)pthread_mutex_unlock(&s->lock);
}

/* ---- snapshots ---- */

static struct reader *reader_take(struct store *s)
{
	int64_t ns = clock_mono_ns() + (int64_t)s->o.busy_ms * 1000000; /* as the condition's clock */
	const struct timespec until = {ns / 1000000000, ns % 1000000000};
	struct reader *r = NULL;
	int late = 0;
	(void)pthread_mutex_lock(&s->lock);
	while (!r && !late) {
		for (size_t i = 0; i < STORE_READERS && !r; i++)
			if (!s->readers[i].taken)
				r = &s->readers[i];
		if (!r)
			late = pthread_cond_timedwait(&s->back, &s->lock, &until);
	}
	if (r)
		r->taken = true;
	(void)pthread_mutex_unlock(&s->lock);
	return r;
}

static void reader_give(struct store *s, struct reader *r)
{
	(void)pthread_mutex_lock(&s->lock);
	r->taken = false;
	/* Not signal: store_close waits for the same news. */
	(void)pthread_cond_broadcast(&s->back);
	(void)pthread_mutex_unlock(&s->lock);
}

/* A connection of the pool may have died since; one new one is tried. */
static int reader_begin(struct store *s, struct tx *tx, struct err *e)
{
	int code = KT_EUNAVAIL;
	if (tx->c && s->d->alive(tx->c)) {
		code = s->d->begin(tx->c, false, e);
		if (!code || s->d->alive(tx->c))
			return code;
	}
	if (tx->c)
		tx->c = s->d->close(tx->c);
	code = s->d->open(&s->o, false, &tx->c, e);
	return code ? code : s->d->begin(tx->c, false, e);
}

int store_read(struct store *s, struct tx **ret, struct err *e)
{
	struct reader *r = reader_take(s);
	if (!r)
		return err_set(e, KT_EBUSY, "alle leesverbindingen met de database zijn bezet: probeer het zo opnieuw");
	struct tx *tx = &r->tx;
	tx->s = s;
	tx->write = false;
	tx->writes = 0;
	tx->failed = (struct err){0};
	if (!tx->ar)
		tx->ar = arena_new(READ_ARENA);
	int code = tx->ar ? reader_begin(s, tx, e) : err_set(e, KT_ENOMEM, "te weinig geheugen om te lezen");
	if (code) {
		reader_give(s, r);
		return code;
	}
	*ret = tx;
	return 0;
}

struct tx *store_read_end(struct tx *tx)
{
	if (!tx)
		return NULL;
	struct store *s = tx->s;
	s->d->rollback(tx->c);
	arena_reset(tx->ar);
	for (size_t i = 0; i < STORE_READERS; i++)
		if (&s->readers[i].tx == tx)
			reader_give(s, &s->readers[i]);
	return NULL;
}

/* ---- statements ---- */

/* Whether a statement can change nothing. When in doubt it counts as a write: that costs a second run at most. */
static bool stmt_reads(const struct stmt *st)
{
	return strncmp(st->sql, "SELECT", 6) == 0 || strncmp(st->sql, "select", 6) == 0;
}

/* Types must agree; texts must be what both databases can hold (PostgreSQL refuses NUL and bad UTF-8). */
static int tx_args(const struct stmt *st, const struct sval *a, size_t n, struct err *e)
{
	if (n != strlen(st->args) || n > STMT_MAX_ARGS)
		return err_set(e, KT_EINTERNAL,
		               "fout in het programma: het aantal waarden van een databaseopdracht klopt niet");
	for (size_t i = 0; i < n; i++) {
		static const char word[] = {[SV_NULL] = 0, [SV_INT] = 'i', [SV_TEXT] = 't', [SV_BLOB] = 'b'};
		if (a[i].t == SV_NULL)
			continue;
		if (word[a[i].t] != st->args[i])
			return err_set(e, KT_EINTERNAL,
			               "fout in het programma: het type van waarde %u van een databaseopdracht klopt niet",
			               (unsigned)i + 1);
		if (a[i].t == SV_TEXT && a[i].s.n && (memchr(a[i].s.p, 0, a[i].s.n) || !str_utf8(a[i].s)))
			return err_set(e, KT_EINVAL, "een tekst voor de database is geen geldige UTF-8");
	}
	return 0;
}

/* The first failure sticks: after it a database may have undone what came before (PostgreSQL always has),
 * so going on would store half of a job. */
static int tx_fail(struct tx *tx, int code, const struct err *why, struct err *e)
{
	if (!tx->failed.code) {
		tx->failed = *why;
		tx->failed.code = code;
	}
	if (e)
		*e = *why;
	return code;
}

static int tx_ready(struct tx *tx, const struct stmt *st, const struct sval *a, size_t n, bool change, struct err *why)
{
	*why = tx->failed;
	if (tx->failed.code)
		return tx->failed.code;
	int code = tx_args(st, a, n, why);
	if (code)
		return code;
	if (!tx->write && change)
		return err_set(why, KT_EINTERNAL, "fout in het programma: schrijven in een leestransactie");
	if (change || !stmt_reads(st))
		tx->writes++;
	return 0;
}

int tx_exec_v(struct tx *tx, const struct stmt *st, const struct sval *a, size_t n, struct err *e)
{
	struct err why;
	int code = tx_ready(tx, st, a, n, true, &why);
	if (!code)
		code = tx->s->d->exec(tx->c, st, a, n, &why);
	return code ? tx_fail(tx, code, &why, e) : 0;
}

int tx_change_v(struct tx *tx, const struct stmt *st, const struct sval *a, size_t n, int64_t *ret_rows, struct err *e)
{
	struct err why;
	int code = tx_ready(tx, st, a, n, true, &why);
	if (!code)
		code = tx->s->d->change(tx->c, st, a, n, ret_rows, &why);
	return code ? tx_fail(tx, code, &why, e) : 0;
}

int tx_query_v(struct tx *tx, const struct stmt *st, const struct sval *a, size_t n, row_fn row, void *arg,
               struct err *e)
{
	struct err why;
	bool by_row = false;
	int code = tx_ready(tx, st, a, n, false, &why);
	if (!code)
		code = tx->s->d->query(tx->c, st, a, n, row, arg, &by_row, &why);
	return code && !by_row ? tx_fail(tx, code, &why, e) : code;
}

struct first_row {
	struct arena *ar;
	struct sval cols[STMT_MAX_COLS];
	size_t n;
	bool found;
};

static int first_row(const struct sval *cols, void *arg)
{
	struct first_row *f = arg;
	for (size_t i = 0; i < f->n; i++) {
		f->cols[i] = cols[i];
		if (cols[i].t != SV_TEXT && cols[i].t != SV_BLOB)
			continue;
		f->cols[i].s = arena_str(f->ar, cols[i].s);
		if (!f->cols[i].s.p)
			return KT_ENOMEM;
	}
	f->found = true;
	return 1;
}

int tx_row_v(struct tx *tx, const struct stmt *st, struct arena *ar, const struct sval *a, size_t n, struct sval *ret,
             struct err *e)
{
	struct first_row f = {.ar = ar, .n = strlen(st->cols)};
	if (f.n > STMT_MAX_COLS)
		return err_set(e, KT_EINTERNAL, "fout in het programma: te veel kolommen in een databaseopdracht");
	int code = tx_query_v(tx, st, a, n, first_row, &f, e);
	if (code < 0)
		return code == KT_ENOMEM ? err_set(e, code, "te weinig geheugen om te lezen") : code;
	if (!f.found)
		return err_set(e, KT_ENOTFOUND, "dit staat niet in de database");
	memcpy(ret, f.cols, f.n * sizeof(*ret));
	return 0;
}
