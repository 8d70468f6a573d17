#include "base/log.h"
#include "job/worker_int.h"
#include "seam/crypto.h"

int64_t job_next(const struct job_retry *r, int64_t tries, int64_t now_ms)
{
	uint32_t rnd;
	if (tries < 1 || (size_t)tries > r->n)
		return -1;
	int64_t ms = r->delay_s[tries - 1] * 1000, spread = ms * r->jitter_percent / 100;
	crypto_random(&rnd, sizeof(rnd));
	/* Those that failed together do not come back together. */
	return now_ms + ms - spread + (spread ? (int64_t)(rnd % (uint64_t)(2 * spread + 1)) : 0);
}

static const struct job_topic *topic_of(const struct worker_opts *o, struct str name)
{
	for (const struct job_topic *t = o->topics; t->topic; t++)
		if (str_is(name, t->topic))
			return t;
	return NULL;
}

/* ---- events ---- */

struct spreading {
	const struct worker_opts *o;
	int64_t n;
	bool more;
};

static int spread_job(struct tx *tx, void *arg, struct err *e)
{
	struct spreading *s = arg;
	struct outbox_rows rows = {.max = WORKER_EVENTS};
	int64_t now = clock_ms(s->o->clock);
	bool heard = true;
	s->n = 0;
	int rc = s->o->heard ? s->o->heard(tx, s->o->user, &heard, e) : 0;
	if (!rc && !heard) {
		rc = outbox_close_events(tx, now, WORKER_UNHEARD, &s->n, e);
		s->more = s->n == WORKER_UNHEARD;
		return rc;
	}
	if (!rc)
		rc = outbox_events(tx, tx_arena(tx), now, &rows, e);
	s->more = rows.n == rows.max;
	for (size_t i = 0; !rc && i < rows.n; i++) {
		const struct job_topic *t = topic_of(s->o, rows.row[i].topic);
		bool mine = false;
		rc = outbox_done(tx, &rows.row[i], now, &mine, e); /* first: another node may have it */
		if (!rc && mine && t && t->spread)
			rc = t->spread(tx, &rows.row[i], s->o->user, e);
		s->n += mine;
	}
	return rc;
}

static int count_events(struct tx *tx, int64_t now_ms, size_t *ret, struct err *e)
{
	struct outbox_rows rows = {.max = 1};
	int rc = outbox_events(tx, tx_arena(tx), now_ms, &rows, e);
	if (!rc)
		*ret = rows.n;
	return rc;
}

int step_events(const struct worker_opts *o, int64_t *ret_n, bool *ret_more, struct err *e)
{
	struct spreading s = {.o = o};
	struct tx *tx;
	size_t waiting = 0;
	int rc = store_read(o->store, &tx, e);
	if (rc)
		return rc;
	rc = count_events(tx, clock_ms(o->clock), &waiting, e);
	store_read_end(tx);
	if (!rc && waiting)
		rc = store_submit(o->store, spread_job, &s, e);
	if (!rc) {
		*ret_n = s.n;
		*ret_more = s.more;
	}
	return rc;
}

/* ---- lanes ---- */

static int pick_from(struct tx *tx, int64_t now_ms, const char *after, bool (*skip)(const char *lane, void *arg),
                     void *arg, char ret[OUTBOX_LANE], struct err *e)
{
	char lane[OUTBOX_LANE];
	(void)str_copy(lane, sizeof(lane), str_of(after));
	for (;;) {
		bool due = false;
		int rc = outbox_lane(tx, lane, lane, e);
		if (!rc && !skip(lane, arg))
			rc = outbox_lane_due(tx, lane, now_ms, &due, e);
		if (!rc && due)
			memcpy(ret, lane, OUTBOX_LANE);
		if (rc || due)
			return rc;
	}
}

int step_pick(const struct worker_opts *o, const char *after, bool (*skip)(const char *lane, void *arg), void *arg,
              char ret[OUTBOX_LANE], struct err *e)
{
	struct tx *tx;
	int rc = store_read(o->store, &tx, e);
	if (rc)
		return rc;
	rc = pick_from(tx, clock_ms(o->clock), after, skip, arg, ret, e);
	if (rc == KT_ENOTFOUND && *after)
		rc = pick_from(tx, clock_ms(o->clock), "", skip, arg, ret, e);
	store_read_end(tx);
	return rc;
}

struct claiming {
	const struct worker_opts *o;
	const char *lane;
	struct arena *a;
	struct outbox_rows rows;
};

static int claim_job(struct tx *tx, void *arg, struct err *e)
{
	struct claiming *c = arg;
	c->rows.max = WORKER_BATCH;
	return outbox_claim(tx, c->a, c->lane, clock_ms(c->o->clock), c->o->lease_s * 1000, &c->rows, e);
}

struct settling {
	const struct worker_opts *o;
	const struct outbox_row *row;
	const struct job_topic *topic;
	enum send_why why;
	int64_t next_ms; /* of a failure; -1: no more */
	int64_t now_ms;
	bool mine;
};

static int settle_job(struct tx *tx, void *arg, struct err *e)
{
	struct settling *s = arg;
	if (s->why == SEND_STOPPED)
		return outbox_release(tx, s->row, s->now_ms, &s->mine, e);
	if (s->why != SEND_OK && s->next_ms >= 0)
		return outbox_later(tx, s->row, s->next_ms, send_word(s->why), &s->mine, e);
	if (s->why != SEND_OK)
		return outbox_bury(tx, s->row, s->now_ms, send_word(s->why), s->topic && s->topic->keep, &s->mine, e);
	int rc = outbox_done(tx, s->row, s->now_ms, &s->mine, e);
	return !rc && s->mine && s->topic->sent ? s->topic->sent(tx, s->row, s->o->user, e) : rc;
}

/* A failure of this message alone: the lane is not to stand still for it, or one address that is refused, which
 * anybody can fill in, would keep everybody's mail. */
static bool of_this_one(const struct job_topic *t, enum send_why why)
{
	return t && t->shared && (why == SEND_REFUSED || why == SEND_TROUBLE || why == SEND_LOCAL || why == SEND_LATE);
}

/* One message; its failure is in `ret`, the database's in the answer. */
static int send_one(const struct worker_opts *o, const struct outbox_row *row, const atomic_bool *stop,
                    struct step_lane *ret, struct err *e)
{
	struct settling s = {.o = o, .row = row, .topic = topic_of(o, row->topic)};
	s.why = stop && atomic_load(stop) ? SEND_STOPPED
		: s.topic && s.topic->send    ? s.topic->send(row, stop, o->user)
									  : SEND_LOCAL;
	s.now_ms = clock_ms(o->clock);
	if (s.why == SEND_LATE)
		s.next_ms = -1;
	else
		s.next_ms = job_next(&o->retry[s.topic ? s.topic->retry : 0], row->tries, s.now_ms);
	int rc = store_submit(o->store, settle_job, &s, e);
	ret->why = of_this_one(s.topic, s.why) ? SEND_OK : s.why;
	if (s.why == SEND_OK)
		ret->tally.sent++;
	else if (s.why != SEND_STOPPED)
		ret->tally.failed++;
	if (s.why != SEND_OK && s.why != SEND_STOPPED && s.next_ms < 0) {
		ret->tally.dead++;
		log_event(LOG_WARN, "outbox.dead", LOG_NUM("tries", row->tries), LOG_NUM("class", s.why));
	}
	return rc;
}

struct releasing {
	const struct outbox_rows *rows;
	size_t from;
	int64_t now_ms;
};

static int release_job(struct tx *tx, void *arg, struct err *e)
{
	const struct releasing *r = arg;
	int rc = 0;
	for (size_t i = r->from; !rc && i < r->rows->n; i++) {
		bool mine;
		rc = outbox_release(tx, &r->rows->row[i], r->now_ms, &mine, e);
	}
	return rc;
}

int step_lane(const struct worker_opts *o, const char *lane, const atomic_bool *stop, struct step_lane *ret,
              struct err *e)
{
	struct claiming c = {o, lane, arena_new(0), {0}};
	*ret = (struct step_lane){.why = SEND_OK};
	if (!c.a)
		return err_set(e, KT_ENOMEM, "Er is te weinig geheugen om te bezorgen.");
	int rc = store_submit(o->store, claim_job, &c, e);
	size_t i = 0;
	while (!rc && i < c.rows.n && ret->why == SEND_OK)
		rc = send_one(o, &c.rows.row[i++], stop, ret, e);
	struct releasing r = {&c.rows, i, clock_ms(o->clock)};
	if (!rc && i < c.rows.n)
		rc = store_submit(o->store, release_job, &r, e);
	arena_free(c.a);
	return rc;
}

struct purging {
	int64_t before_ms, gone;
};

static int purge_job(struct tx *tx, void *arg, struct err *e)
{
	struct purging *p = arg;
	return outbox_purge(tx, p->before_ms, &p->gone, e);
}

int step_purge(const struct worker_opts *o, struct err *e)
{
	struct purging p = {.before_ms = clock_ms(o->clock) - o->keep_days * DAY_MS};
	return store_submit(o->store, purge_job, &p, e);
}
