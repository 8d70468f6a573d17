/* Threads over the steps. One of those that have nothing to do leads: it looks for work, every half second when there
 * is none, and lets the next one lead when it has found some. */
#include "job/worker_int.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/log.h"

#define THREADS 8
#define THREADS_MAX 64
#define LOOK_MS 500
#define PURGE_NS (INT64_C(600) * 1000000000)
#define COOL_MAX_S 300
#define LANES 1024 /* remembered; a lane that is not known is free */

struct lane {
	char name[OUTBOX_LANE];
	bool busy;
	unsigned fails;
	int64_t free_ns; /* monotonic: not before this */
};

struct worker {
	struct worker_opts o;
	pthread_mutex_t lock;
	pthread_cond_t lead, look;
	pthread_t thread[THREADS_MAX];
	unsigned threads;
	atomic_bool stop;
	bool leader;
	char last[OUTBOX_LANE];
	struct lane lanes[LANES];
	size_t lanes_n;
	int64_t purge_ns;
};

static struct lane *lane_of(struct worker *w, const char *name, bool make)
{
	struct lane *spare = NULL;
	for (size_t i = 0; i < w->lanes_n; i++) {
		if (strcmp(w->lanes[i].name, name) == 0)
			return &w->lanes[i];
		if (!w->lanes[i].busy && !w->lanes[i].fails)
			spare = &w->lanes[i];
	}
	if (!make || (!spare && w->lanes_n == LANES))
		return NULL;
	struct lane *l = w->lanes_n < LANES ? &w->lanes[w->lanes_n++] : spare;
	*l = (struct lane){{0}, false, 0, 0};
	(void)str_copy(l->name, sizeof(l->name), str_of(name));
	return l;
}

static bool not_now(const char *name, void *arg)
{
	struct worker *w = arg;
	pthread_mutex_lock(&w->lock);
	const struct lane *l = lane_of(w, name, false);
	bool no = l && (l->busy || l->free_ns > clock_mono_ns());
	pthread_mutex_unlock(&w->lock);
	return no;
}

/* A receiver that fails is left alone for a while, longer each time, so that its queue does not cost a time-out each.
 */
static void lane_end(struct worker *w, const char *name, enum send_why why)
{
	pthread_mutex_lock(&w->lock);
	struct lane *l = lane_of(w, name, false);
	if (l) {
		l->busy = false;
		l->fails = why == SEND_OK ? 0 : l->fails < 16 ? l->fails + 1 : l->fails;
		int64_t s = l->fails ? INT64_C(1) << (l->fails - 1) : 0;
		l->free_ns = l->fails ? clock_mono_ns() + (s < COOL_MAX_S ? s : COOL_MAX_S) * 1000000000 : 0;
	}
	pthread_mutex_unlock(&w->lock);
}

/* Leads until there is a lane for this thread. */
static bool look_once(struct worker *w, char lane[OUTBOX_LANE])
{
	struct err e = {0};
	int64_t n = 0;
	bool more = true;
	int rc = 0;
	while (!rc && more && !atomic_load(&w->stop))
		rc = step_events(&w->o, &n, &more, &e);
	if (!rc && clock_mono_ns() > w->purge_ns) {
		w->purge_ns = clock_mono_ns() + PURGE_NS;
		rc = step_purge(&w->o, &e);
	}
	if (!rc)
		rc = step_pick(&w->o, w->last, not_now, w, lane, &e);
	if (!rc || rc == KT_ENOTFOUND)
		return !rc;
	log_event(LOG_WARN, "outbox.look", LOG_ERR("code", rc));
	return false;
}

static void wait_look(struct worker *w)
{
	int64_t until = clock_mono_ns() + LOOK_MS * INT64_C(1000000);
	struct timespec t = {until / 1000000000, until % 1000000000};
	pthread_cond_timedwait(&w->look, &w->lock, &t);
}

/* With the lock held. False: time to end. */
static bool lane_get(struct worker *w, char lane[OUTBOX_LANE])
{
	bool found = false;
	while (w->leader && !atomic_load(&w->stop))
		pthread_cond_wait(&w->lead, &w->lock);
	w->leader = true;
	while (!found && !atomic_load(&w->stop)) {
		pthread_mutex_unlock(&w->lock);
		found = look_once(w, lane);
		pthread_mutex_lock(&w->lock);
		if (!found && !atomic_load(&w->stop))
			wait_look(w);
	}
	if (found) {
		struct lane *l = lane_of(w, lane, true);
		memcpy(w->last, lane, OUTBOX_LANE);
		if (l)
			l->busy = true;
	}
	w->leader = false;
	pthread_cond_signal(&w->lead);
	return found;
}

static void *worker_run(void *arg)
{
	struct worker *w = arg;
	char lane[OUTBOX_LANE];
	pthread_mutex_lock(&w->lock);
	while (lane_get(w, lane)) {
		struct step_lane got;
		struct err e = {0};
		pthread_mutex_unlock(&w->lock);
		int rc = step_lane(&w->o, lane, &w->stop, &got, &e);
		if (rc)
			log_event(LOG_WARN, "outbox.lane", LOG_ERR("code", rc));
		lane_end(w, lane, rc ? SEND_LOCAL : got.why);
		stack_burn();
		pthread_mutex_lock(&w->lock);
	}
	pthread_cond_broadcast(&w->lead);
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

int worker_start(const struct worker_opts *o, struct worker **ret, struct err *e)
{
	struct worker *w = calloc(1, sizeof(*w));
	pthread_condattr_t mono;
	if (!w)
		return err_set(e, KT_ENOMEM, "Er is te weinig geheugen om te bezorgen.");
	w->o = *o;
	unsigned want = !o->threads ? THREADS : o->threads < THREADS_MAX ? o->threads : THREADS_MAX;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->lead, NULL);
	pthread_condattr_init(&mono);
	pthread_condattr_setclock(&mono, CLOCK_MONOTONIC);
	pthread_cond_init(&w->look, &mono);
	pthread_condattr_destroy(&mono);
	while (w->threads < want && pthread_create(&w->thread[w->threads], NULL, worker_run, w) == 0)
		w->threads++;
	if (w->threads) {
		*ret = w;
		return 0;
	}
	worker_stop(w);
	return err_set(e, KT_EUNAVAIL, "Er kan geen bezorger worden gestart.");
}

struct worker *worker_stop(struct worker *w)
{
	if (!w)
		return NULL;
	pthread_mutex_lock(&w->lock);
	atomic_store(&w->stop, true);
	pthread_cond_broadcast(&w->lead);
	pthread_cond_broadcast(&w->look);
	pthread_mutex_unlock(&w->lock);
	for (unsigned i = 0; i < w->threads; i++)
		pthread_join(w->thread[i], NULL);
	pthread_cond_destroy(&w->look);
	pthread_cond_destroy(&w->lead);
	pthread_mutex_destroy(&w->lock);
	free(w);
	return NULL;
}

/* ---- once, without threads ---- */

struct failed {
	char (*name)[OUTBOX_LANE];
	size_t n;
};

static bool failed_before(const char *lane, void *arg)
{
	const struct failed *f = arg;
	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->name[i], lane) == 0)
			return true;
	return false;
}

static int once(const struct worker_opts *o, const atomic_bool *stop, struct failed *f, struct worker_tally *t,
                struct err *e)
{
	char lane[OUTBOX_LANE] = "";
	int rc = 0;
	for (bool more = true; !rc && more;) {
		int64_t n = 0;
		rc = step_events(o, &n, &more, e);
		t->events += n;
	}
	while (!rc && f->n < LANES && !(stop && atomic_load(stop))) {
		struct step_lane got;
		rc = step_pick(o, lane, failed_before, f, lane, e);
		if (!rc)
			rc = step_lane(o, lane, stop, &got, e);
		if (rc)
			return rc == KT_ENOTFOUND ? 0 : rc;
		if (got.why != SEND_OK)
			memcpy(f->name[f->n++], lane, OUTBOX_LANE);
		t->sent += got.tally.sent;
		t->failed += got.tally.failed;
		t->dead += got.tally.dead;
	}
	return rc;
}

int worker_once(const struct worker_opts *o, const atomic_bool *stop, struct worker_tally *ret, struct err *e)
{
	struct failed f = {calloc(LANES, OUTBOX_LANE), 0};
	struct worker_tally t = {0};
	int rc = f.name ? once(o, stop, &f, &t, e) : err_set(e, KT_ENOMEM, "Er is te weinig geheugen om te bezorgen.");
	free(f.name);
	*ret = t;
	return rc;
}
