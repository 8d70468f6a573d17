#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/zone.h"
#include "demo/scenario.h"

#define HOUR_MS INT64_C(3600000)
#define PAGE 1000
#define MOVES 256    /* on their way at once */
#define MOVES_EACH 6 /* approved (by one or two), sent, acknowledged, executed, lifted */
#define DAYS 370
#define ACTOR 64
#define UNDECIDED 14 /* the newest proposals wait for whoever tries the demonstration */
#define FEW 8        /* reporters: with more, the desk does not doubt */

/* ---- what there is to decide ---- */

static int collect(const struct barrier *b, void *arg)
{
	struct barriers *all = arg;
	if (all->n == all->cap) {
		size_t cap = all->cap ? all->cap * 2 : 256;
		struct barrier *more = arena_array(all->a, cap, sizeof(*more));
		if (!more)
			return KT_ENOMEM;
		if (all->n)
			memcpy(more, all->b, all->n * sizeof(*more));
		all->b = more;
		all->cap = cap;
	}
	struct barrier *c = &all->b[all->n++];
	*c = *b;
	c->id = arena_str(all->a, b->id);
	c->value = arena_str(all->a, b->value);
	c->partner = arena_str(all->a, b->partner);
	c->measure = arena_str(all->a, b->measure);
	c->rule = arena_str(all->a, b->rule);
	c->note = STR_NONE;
	return c->id.p && c->value.p && c->partner.p && c->measure.p && c->rule.p ? 0 : KT_ENOMEM;
}

/* Their own numbers are random, so that order would differ each time. */
static int by_proposal(const void *x, const void *y)
{
	const struct barrier *a = x, *b = y;
	if (a->created_ms != b->created_ms)
		return a->created_ms < b->created_ms ? -1 : 1;
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	int c = str_cmp(a->value, b->value);
	c = c ? c : str_cmp(a->partner, b->partner);
	return c ? c : str_cmp(a->measure, b->measure);
}

int desk_barriers(struct store *s, struct arena *a, struct barriers *ret, struct err *e)
{
	struct barriers all = {.a = a};
	struct tx *tx;
	int rc = store_read(s, &tx, e);
	if (rc)
		return rc;
	for (size_t before = 0;; before = all.n) {
		struct barrier_filter f = {.after = all.n ? all.b[all.n - 1].id : STR(""), .limit = PAGE};
		rc = barrier_list(tx, &f, collect, &all, e);
		if (rc || all.n < before + PAGE)
			break;
	}
	store_read_end(tx);
	if (rc)
		return rc == KT_ENOMEM ? err_set(e, rc, "Er is te weinig geheugen voor de maatregelen.") : rc;
	if (all.n)
		qsort(all.b, all.n, sizeof(*all.b), by_proposal);
	*ret = all;
	return 0;
}

/* ---- what is decided ---- */

enum fate { DONE, REFUSED, WAITS, APPROVED, SENT, RECEIVED, REJECTED, FAILED, LIFTED };

/* Behind those the newest that were decided on: their partners are still busy. */
static const enum fate RECENT[] = {APPROVED, SENT, RECEIVED, APPROVED, RECEIVED, SENT, APPROVED, RECEIVED};

/* The others in turn, so that each fate occurs whatever the dice say. */
static const enum fate FATES[] = {
	DONE, SENT, DONE, REFUSED, DONE, RECEIVED, DONE, REJECTED, DONE, REFUSED, FAILED, DONE, LIFTED, DONE, REFUSED, DONE,
	RECEIVED, DONE, DONE, WAITS, DONE, SENT, DONE, REFUSED, DONE, REJECTED, DONE, DONE, REFUSED, DONE, DONE, DONE, DONE,
};
#define COUNT(x) (sizeof(x) / sizeof((x)[0]))

struct move {
	struct barrier_step step;
	enum barrier_state now;
	size_t order;
	char actor[ACTOR];
	const struct intake *in;
	struct err err;
	struct store_ticket ticket;
	bool submitted;
};

struct desk {
	const struct demo *d;
	struct dice dice;
	struct move *moves;
	size_t n, cap;
};

/* The first reason only fits one kind of identifier. */
struct reasons {
	enum id_kind only;
	const char *text[3];
};

static const char *why_of(struct desk *k, enum barrier_state to, enum id_kind kind)
{
	static const struct reasons REASONS[BARRIER_STATES] = {
		[BARRIER_REFUSED] = {ID_DOMAIN, {"De meldingen gaan over een echte winkel met trage levering.",
		                                 "De meldingen spreken elkaar tegen. Eerst navragen.",
		                                 "Dit loopt al bij een andere organisatie."}},
		[BARRIER_REJECTED] = {ID_IBAN, {"De klant heeft zich gelegitimeerd. Wij onderzoeken het zelf.",
		                                "Onvoldoende grond volgens onze voorwaarden.",
		                                "Wij zien geen afwijkend gebruik."}},
		[BARRIER_FAILED] = {ID_IBAN, {"De rekening was al opgeheven.", "Het kenmerk is bij ons niet bekend.",
		                              "Er was een storing. Stuur het opnieuw."}},
		[BARRIER_LIFTED] = {ID_DOMAIN, {"De winkel heeft alsnog geleverd.", "Het bezwaar van de houder is gegrond.",
		                                "De meldingen bleken over een ander te gaan."}},
	};
	const struct reasons *r = &REASONS[to];
	return r->text[0] ? r->text[people_between(&k->dice, kind != r->only, 2)] : "";
}

/* People decide by day: what falls in the night waits until the morning. */
static int64_t by_day(struct desk *k, int64_t at_ms)
{
	int64_t local = at_ms + zone_amsterdam_offset(at_ms), day = time_day(local);
	int64_t hour = (local - day * DAY_MS) / HOUR_MS;
	if (hour >= 8 && hour < 18)
		return at_ms;
	local = (hour < 8 ? day : day + 1) * DAY_MS + 8 * HOUR_MS + people_between(&k->dice, 0, 2 * HOUR_MS);
	return local - zone_amsterdam_offset(local);
}

static bool desk_decides(enum barrier_state to)
{
	return to == BARRIER_APPROVED || to == BARRIER_REFUSED || to == BARRIER_LIFTED;
}

static void actor_of(const struct barrier *b, enum barrier_state to, char ret[ACTOR])
{
	if (desk_decides(to))
		snprintf(ret, ACTOR, "desk:demo");
	else if (to == BARRIER_SENT)
		snprintf(ret, ACTOR, "system");
	else
		snprintf(ret, ACTOR, "partner:" STR_FMT, STR_ARG(b->partner));
}

/* The next step of a barrier; false when it lies after now, so that it has not happened. */
static bool add_move(struct desk *k, const struct barrier *b, enum barrier_state to, int64_t *at_ms, int64_t hours)
{
	int64_t at = *at_ms + people_between(&k->dice, HOUR_MS / 4, hours * HOUR_MS);
	if (desk_decides(to))
		at = by_day(k, at);
	if (at >= k->d->now_ms || k->n == k->cap)
		return false;
	struct move *m = &k->moves[k->n];
	*m = (struct move){.order = k->n++, .in = k->d->in};
	actor_of(b, to, m->actor);
	m->step = (struct barrier_step){.policy = k->d->in->policy, .id = b->id, .to = to, .now_ms = at};
	m->step.why = str_of(why_of(k, to, b->kind));
	*at_ms = at;
	return true;
}

/* Where the rule asks for four eyes a colleague approves as well. */
static bool approve(struct desk *k, const struct barrier *b, int64_t *at_ms)
{
	const struct policy_rule *r = policy_rule(k->d->in->policy, b->rule);
	bool ok = add_move(k, b, BARRIER_APPROVED, at_ms, 30);
	if (ok && r && r->four_eyes) {
		ok = add_move(k, b, BARRIER_APPROVED, at_ms, 4);
		if (ok)
			snprintf(k->moves[k->n - 1].actor, ACTOR, "desk:demo-2");
	}
	return ok;
}

/* From proposal to where its fate leaves it. */
static void decide(struct desk *k, const struct barrier *b, enum fate fate)
{
	int64_t at = b->created_ms;
	if (fate == WAITS)
		return;
	if (fate == REFUSED) {
		(void)add_move(k, b, BARRIER_REFUSED, &at, 40);
		return;
	}
	if (!approve(k, b, &at) || fate == APPROVED || !add_move(k, b, BARRIER_SENT, &at, 2) || fate == SENT ||
	    !add_move(k, b, BARRIER_ACKNOWLEDGED, &at, 4) || fate == RECEIVED)
		return;
	if (fate == REJECTED || fate == FAILED) {
		(void)add_move(k, b, fate == REJECTED ? BARRIER_REJECTED : BARRIER_FAILED, &at, 30);
		return;
	}
	if (add_move(k, b, BARRIER_EXECUTED, &at, 22) && fate == LIFTED)
		(void)add_move(k, b, BARRIER_LIFTED, &at, 20 * 24); /* within the shortest term of a measure */
}

static bool worked_out(const struct scenario *s, const struct barrier *b)
{
	for (size_t i = 0; i < DEMO_EXAMPLES; i++)
		if (str_is(b->value, s->worked[i].id.text))
			return true;
	return false;
}

/* An old one that still waits for its partner is believable only where nothing presses. */
static bool may_linger(const struct desk *k, const struct barrier *b, enum fate fate)
{
	const struct policy_measure *m = policy_measure(k->d->in->policy, b->measure);
	return m && m->duration_days == 0 && (fate == SENT ? m->ack_hours >= 24 : m->execute_hours == 0);
}

static bool same_case(const struct barrier *a, const struct barrier *b)
{
	return a->created_ms == b->created_ms && a->kind == b->kind && str_eq(a->value, b->value);
}

static enum fate fate_of(const struct desk *k, const struct barrier *b, bool first, size_t turn)
{
	enum fate f = FATES[turn % COUNT(FATES)];
	/* The desk refuses the whole case, so it does so at the first of its barriers. */
	if (f == REFUSED && (!first || b->reporters > FEW))
		return DONE;
	return (f == SENT || f == RECEIVED) && !may_linger(k, b, f) ? DONE : f;
}

static void decide_all(struct desk *k, const struct scenario *s, const struct barriers *all)
{
	size_t decided = all->n > UNDECIDED ? all->n - UNDECIDED : 0;
	bool refused = false;
	for (size_t i = 0, turn = 0; i < decided; i++) {
		const struct barrier *b = &all->b[i];
		bool first = i == 0 || !same_case(b, b - 1);
		enum fate fate = DONE;
		if (decided - i <= COUNT(RECENT))
			fate = RECENT[decided - i - 1];
		else if (!worked_out(s, b))
			fate = !first && refused ? REFUSED : fate_of(k, b, first, turn++);
		refused = fate == REFUSED;
		decide(k, b, fate);
	}
}

/* ---- doing it ---- */

/* Ends what has run out by then, so that it ends then and not today. A tick takes a limited number at a time. */
static int clocks_job(struct tx *tx, void *arg, struct err *e)
{
	const struct move *m = arg;
	int64_t changed = 0, all = 0;
	int rc;
	do {
		rc = barrier_tick(tx, m->step.policy, m->step.now_ms, &changed, e);
		all += changed;
	} while (!rc && changed);
	return rc || !all ? rc : audit_add(m->in->audit, tx, "system", "barrier.tick", STR(""), STR(""), e);
}

static int move_job(struct tx *tx, void *arg, struct err *e)
{
	struct move *m = arg;
	int rc = barrier_move(tx, &m->step, &m->now, e);
	/* With other terms in the policy a barrier may have ended before this step: then there is no such step. */
	if (rc)
		return rc == KT_EREFUSED ? 0 : rc;
	struct str detail = arena_fmt(tx_arena(tx), "{\"toestand\":\"%s\"}", barrier_state_word(m->now));
	return audit_add(m->in->audit, tx, m->step.actor, "barrier.move", m->step.id, detail, e);
}

int desk_submit(struct store *s, struct store_ticket *t)
{
	const struct timespec moment = {0, 2000000};
	int rc;
	while ((rc = store_submit_async(s, t)) == KT_EBUSY)
		nanosleep(&moment, NULL);
	return rc;
}

static int run_moves(struct desk *k, size_t from, size_t to, struct err *e)
{
	int first = 0;
	for (size_t i = from; !first && i < to; i++) {
		struct move *m = &k->moves[i];
		m->step.actor = m->actor;
		m->ticket = (struct store_ticket){.job = m->step.id.p ? move_job : clocks_job, .arg = m, .err = &m->err};
		first = desk_submit(k->d->in->store, &m->ticket);
		m->submitted = first == 0;
		if (first)
			*e = m->err;
	}
	for (size_t i = from; i < to; i++) {
		struct move *m = &k->moves[i];
		int rc = m->submitted ? store_wait(k->d->in->store, &m->ticket) : 0;
		if (rc && !first) {
			first = rc;
			*e = m->err;
		}
	}
	return first;
}

static int by_moment(const void *x, const void *y)
{
	const struct move *a = x, *b = y;
	if (a->step.now_ms != b->step.now_ms)
		return a->step.now_ms < b->step.now_ms ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

/* Each midnight the clocks: a move without a barrier. The last time is now. */
static void add_clocks(struct desk *k, int64_t first_ms)
{
	for (int64_t at = first_ms; k->n < k->cap; at += DAY_MS) {
		struct move *m = &k->moves[k->n];
		*m = (struct move){.order = k->n++, .in = k->d->in};
		m->step = (struct barrier_step){.policy = k->d->in->policy};
		m->step.now_ms = at < k->d->now_ms ? at : k->d->now_ms;
		if (at >= k->d->now_ms)
			return;
	}
}

int desk_play(const struct demo *d, const struct scenario *s, struct arena *a, struct err *e)
{
	struct barriers all = {0};
	int rc = desk_barriers(d->in->store, a, &all, e);
	if (rc || !all.n)
		return rc;
	struct desk k = {.d = d, .dice = {s->seed ^ 0x6d656c64}, .cap = all.n * MOVES_EACH};
	k.moves = arena_array(a, k.cap + DAYS, sizeof(*k.moves));
	if (!k.moves)
		return err_set(e, KT_ENOMEM, "Er is te weinig geheugen voor de maatregelen.");
	decide_all(&k, s, &all);
	k.cap += DAYS;
	add_clocks(&k, s->first_day * DAY_MS);
	qsort(k.moves, k.n, sizeof(*k.moves), by_moment);
	for (size_t at = 0; !rc && at < k.n; at += MOVES)
		rc = run_moves(&k, at, at + MOVES < k.n ? at + MOVES : k.n, e);
	return rc;
}
