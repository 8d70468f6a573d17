/* The writer thread: group commit.
 *
 * Invariants
 *  1. A ticket is answered exactly once, and only after its outcome is certain: COMMIT returned, or the
 *     transaction was rolled back. The one exception is a COMMIT without an answer (server or disk gone):
 *     its tickets get KT_EUNAVAIL or KT_EIO with the words "uitkomst onbekend".
 *  2. A ticket answered with 0 is durable. One answered with a negative code left nothing behind.
 *  3. Every ticket of a group is answered after the same COMMIT, a failed job too: it may have refused
 *     because of something an earlier job of the group wrote.
 *  4. A job runs again only after ROLLBACK of everything it wrote.
 *  5. When the transaction can no longer be trusted (a job failed after writing, the database refused a
 *     statement, COMMIT was refused) the group is rolled back and each job runs in a transaction of its
 *     own, so that only the one at fault fails.
 *  6. A ticket is not touched after it is answered. */
#include "store/store_impl.h"

#include <signal.h>
#include <stdlib.h>

#include "base/log.h"

/* Memory the jobs of one group may use before the rest waits for the next. */
#define GROUP_ARENA ((size_t)16 << 20)
#define CONFLICT_TRIES 4

struct group {
	struct store_ticket *first;
	unsigned n;     /* jobs in it */
	unsigned ran;   /* jobs that ran; fewer when the arena filled up */
	bool suspect;   /* one of the jobs may be the cause: run them one at a time */
	struct err err; /* of the whole group */
};

/* ---- queue ---- */

static void ticket_answer(struct store *s, struct store_ticket *t, int code)
{
	t->code = code;
	if (t->notify) {
		t->done = true;
		t->notify(t, t->user);
		return;
	}
	(void)pthread_mutex_lock(&s->lock);
	t->done = true;
	(void)pthread_mutex_unlock(&s->lock);
}

static void group_answer(struct store *s, const struct group *g)
{
	struct store_ticket *t = g->first;
	for (unsigned i = 0; i < g->ran; i++) {
		struct store_ticket *next = t->next;
		if (g->err.code && t->err)
			*t->err = g->err;
		ticket_answer(s, t, g->err.code ? g->err.code : t->code);
		t = next;
	}
	(void)pthread_mutex_lock(&s->lock);
	(void)pthread_cond_broadcast(&s->done);
	(void)pthread_mutex_unlock(&s->lock);
}

/* Waits; takes at most max_group tickets. NULL: closing and nothing waits. */
static struct store_ticket *queue_take(struct store *s, unsigned *ret_n)
{
	(void)pthread_mutex_lock(&s->lock);
	while (!s->head && !s->closing)
		(void)pthread_cond_wait(&s->work, &s->lock);
	struct store_ticket *first = s->head, *last = first;
	unsigned n = first ? 1 : 0;
	while (first && last->next && n < s->o.max_group) {
		last = last->next;
		n++;
	}
	if (first) {
		s->head = last->next;
		if (!s->head)
			s->tail = NULL;
		last->next = NULL;
		s->waiting -= n;
	}
	(void)pthread_mutex_unlock(&s->lock);
	*ret_n = n;
	return first;
}

int store_submit_async(struct store *s, struct store_ticket *t)
{
	if (s->o.readonly)
		return err_set(t->err, KT_EREADONLY, "de database is alleen om te lezen geopend");
	(void)pthread_mutex_lock(&s->lock);
	int code = 0;
	if (s->closing) {
		code = err_set(t->err, KT_EUNAVAIL, "het programma sluit af: probeer het na de herstart opnieuw");
	} else if (s->waiting >= s->o.max_queue) {
		code =
			err_set(t->err, KT_EBUSY, "de wachtrij voor de database is vol: probeer het over enkele seconden opnieuw");
	} else {
		t->code = 0;
		t->done = false;
		t->next = NULL;
		if (s->tail)
			s->tail->next = t;
		else
			s->head = t;
		s->tail = t;
		s->waiting++;
		(void)pthread_cond_signal(&s->work);
	}
	(void)pthread_mutex_unlock(&s->lock);
	return code;
}

int store_wait(struct store *s, struct store_ticket *t)
{
	(void)pthread_mutex_lock(&s->lock);
	while (!t->done)
		(void)pthread_cond_wait(&s->done, &s->lock);
	int code = t->code;
	(void)pthread_mutex_unlock(&s->lock);
	return code;
}

int store_submit(struct store *s, store_job job, void *arg, struct err *e)
{
	if (s->running && pthread_equal(pthread_self(), s->writer))
		return err_set(e, KT_EINTERNAL, "fout in het programma: een opdracht wacht op zichzelf");
	struct store_ticket t = {.job = job, .arg = arg, .err = e};
	int code = store_submit_async(s, &t);
	return code ? code : store_wait(s, &t);
}

/* ---- one transaction ---- */

/* Opens again what broke. Bounded by the driver's own time-out. */
static int writer_connect(struct store *s, struct err *e)
{
	if (s->tx.c && s->d->alive(s->tx.c))
		return 0;
	if (s->tx.c)
		s->tx.c = s->d->close(s->tx.c);
	log_event(LOG_WARN, "store-reconnect");
	return s->d->open(&s->o, true, &s->tx.c, e);
}

/* What one job can have caused is tried again job by job; what the database as a whole suffers from is not. */
static bool blame_job(int code)
{
	switch (code) {
	case KT_EUNAVAIL:
	case KT_EIO:
	case KT_EREADONLY:
	case KT_ECORRUPT:
	case KT_EBUSY:
	case KT_ETIMEOUT:
		return false;
	default:
		return true;
	}
}

static int group_undo(struct store *s, struct group *g, int code, bool hooked)
{
	bool again = s->tx.c->again;
	s->d->rollback(s->tx.c);
	atomic_fetch_add(&s->failed, 1);
	if (hooked && s->hooks.after)
		s->hooks.after(s->hooks.user, false);
	g->err.code = code;
	s->tx.c->again = again;
	return code;
}

/* 0, or the code of the failure that spoils the transaction (then in g->err too). */
static int group_jobs(struct store *s, struct group *g)
{
	struct tx *tx = &s->tx;
	struct store_ticket *t = g->first;
	for (g->ran = 0; g->ran < g->n; t = t->next) {
		uint64_t before = tx->writes;
		if (t->err)
			*t->err = (struct err){0};
		t->code = t->job(tx, t->arg, t->err);
		if (t->code > 0)
			t->code = err_set(t->err, KT_EINTERNAL, "fout in het programma: een opdracht gaf een onbekende code");
		g->ran++;
		if (tx->failed.code) {
			g->suspect = blame_job(tx->failed.code);
			/* A job may put the database's refusal in its own words. */
			bool own = g->suspect && t->code && t->err && t->err->code;
			g->err = own ? *t->err : tx->failed;
			return own ? t->code : tx->failed.code;
		}
		if (t->code && tx->writes != before) {
			g->err = t->err ? *t->err : (struct err){0};
			g->suspect = true;
			return t->code;
		}
		if (arena_used(tx->ar) > GROUP_ARENA)
			break;
	}
	return 0;
}

static int group_hook(struct store *s, struct group *g, int (*hook)(struct tx *, void *, struct err *))
{
	int code = hook ? hook(&s->tx, s->hooks.user, &g->err) : 0;
	if (!code && s->tx.failed.code) {
		g->err = s->tx.failed;
		code = s->tx.failed.code;
	}
	if (code > 0)
		code = err_set(&g->err, KT_EINTERNAL, "fout in het programma: een controlestap gaf een onbekende code");
	if (code)
		g->suspect = blame_job(code);
	else
		g->err = (struct err){0}; /* a hook may try something that fails and go on */
	return code;
}

/* BEGIN … COMMIT of one group. Answers nobody. On failure g->err.code is set and nothing was stored. */
static int group_commit(struct store *s, struct group *g)
{
	struct tx *tx = &s->tx;
	int64_t began = clock_mono_ns();
	g->err = (struct err){0};
	g->suspect = false;
	g->ran = g->n;
	tx->write = true;
	tx->writes = 0;
	tx->failed = (struct err){0};
	int code = writer_connect(s, &g->err);
	if (!code)
		code = s->d->begin(tx->c, true, &g->err);
	if (code) {
		atomic_fetch_add(&s->failed, 1);
		g->err.code = code;
		return code;
	}
	code = group_hook(s, g, s->hooks.begin);
	if (!code)
		code = group_jobs(s, g);
	if (!code)
		code = group_hook(s, g, s->hooks.before);
	if (code)
		return group_undo(s, g, code, true);
	code = s->d->commit(tx->c, &g->err);
	if (!code) {
		hist_add(&s->commits, (clock_mono_ns() - began) / 1000);
		atomic_fetch_add(&s->jobs, g->ran);
		atomic_fetch_add(&s->groups, 1);
	} else {
		g->suspect = blame_job(code);
		return group_undo(s, g, code, true);
	}
	if (s->hooks.after)
		s->hooks.after(s->hooks.user, true);
	return 0;
}

/* Two writers of different nodes can still cross (a deadlock with maintenance); the same work again helps. */
static int group_try(struct store *s, struct group *g)
{
	int code = 0;
	for (int i = 0; i < CONFLICT_TRIES; i++) {
		if (s->tx.c)
			s->tx.c->again = false;
		code = group_commit(s, g);
		arena_reset(s->tx.ar);
		stack_burn();
		if (!code || !s->tx.c || !s->tx.c->again)
			break;
	}
	return code;
}

/* ---- the thread ---- */

static void group_one_by_one(struct store *s, const struct group *g)
{
	struct store_ticket *t = g->first;
	for (unsigned i = 0; i < g->n; i++) {
		struct store_ticket *next = t->next;
		struct group one = {.first = t, .n = 1};
		if (group_try(s, &one) && !one.suspect && i + 1 < g->n) {
			/* The database itself is out: waiting for it once per job would take minutes. */
			one.n = one.ran = g->n - i;
			group_answer(s, &one);
			return;
		}
		one.ran = 1;
		group_answer(s, &one);
		t = next;
	}
}

static void group_run(struct store *s, struct store_ticket *first, unsigned n)
{
	while (n) {
		struct group g = {.first = first, .n = n};
		int code = group_try(s, &g);
		if (code && g.suspect && n > 1) {
			log_event(LOG_DEBUG, "store-group-again", LOG_NUM("jobs", n), LOG_ERR("code", code));
			group_one_by_one(s, &g);
			return;
		}
		if (code && !g.suspect)
			log_event(LOG_ERROR, "store-group-failed", LOG_NUM("jobs", n), LOG_ERR("code", code));
		if (code)
			g.ran = n;
		for (unsigned i = 0; i < g.ran; i++)
			first = first->next; /* before the answer: after it the tickets are no longer ours */
		n -= g.ran;
		group_answer(s, &g);
	}
}

static void *writer_main(void *arg)
{
	struct store *s = arg;
	struct store_ticket *first;
	unsigned n;
	while ((first = queue_take(s, &n)))
		group_run(s, first, n);
	return NULL;
}

int writer_start(struct store *s, struct err *e)
{
	sigset_t all, old;
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old); /* signals are for the main thread */
	int rc = pthread_create(&s->writer, NULL, writer_main, s);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (rc)
		return err_set(e, KT_ENOMEM, "de schrijver van de database kan niet worden gestart");
	s->running = true;
	return 0;
}

void writer_stop(struct store *s)
{
	if (!s->running)
		return;
	(void)pthread_mutex_lock(&s->lock);
	s->closing = true;
	(void)pthread_cond_broadcast(&s->work);
	(void)pthread_mutex_unlock(&s->lock);
	(void)pthread_join(s->writer, NULL);
	s->running = false;
}
