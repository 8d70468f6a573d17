#include "barrier/barrier.h"

#include <stdio.h>

#include "barrier/barrier_store.h"
#include "barrier/safety.h"
#include "job/outbox.h"
#include "seam/crypto.h"

#define HOUR_MS INT64_C(3600000)
#define NOTE_MAX 512

/* Crockford's base 32 without I, L, O, U: readable over the telephone. */
static void make_id(char out[BARRIER_ID])
{
	static const char SYMBOLS[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	uint8_t rnd[BARRIER_ID - 2];
	crypto_random(rnd, sizeof(rnd));
	out[0] = 'B';
	for (size_t i = 0; i < sizeof(rnd); i++)
		out[i + 1] = SYMBOLS[rnd[i] & 31];
	out[BARRIER_ID - 1] = 0;
}

static struct str note_of(struct arena *a, const struct barrier_case *c, const struct safety_hit *hit)
{
	if (hit->verdict == SAFETY_WARN)
		return arena_fmt(a, "%s; let op: staat op lijst " STR_FMT, c->why, STR_ARG(hit->list));
	return arena_str(a, str_of(c->why));
}

/* A proposal that nobody decides on lapses when its evidence has left the window. */
static int64_t proposal_ends(const struct barrier_case *c)
{
	return c->now_ms + c->rule->window_days * DAY_MS;
}

static int propose_new(struct tx *tx, const struct barrier_case *c, const struct barrier *b, struct barrier_tally *t,
                       struct err *e)
{
	int rc = barrier_insert(tx, b, c->tag, e);
	if (!rc)
		rc = barrier_step_insert(tx, b->id, 1, c->now_ms, BARRIER_PROPOSED, "system", str_of(c->why), e);
	if (!rc)
		rc = outbox_add(tx, c->now_ms, "barrier.proposed", b->id, STR(""), e);
	if (!rc)
		t->proposed++;
	return rc;
}

static int commit_step(struct tx *tx, const struct barrier_step *s, struct barrier *b, enum barrier_state state,
                       struct err *e);

static bool lapsed(const struct barrier *b, int64_t now_ms)
{
	return b->ends_ms && b->ends_ms <= now_ms && barrier_may(b->state, BARRIER_EXPIRED);
}

static int expire(struct tx *tx, const struct policy *p, struct barrier *b, struct err *e)
{
	struct barrier_step s = {p, b->id, BARRIER_EXPIRED, "system", STR("de termijn is voorbij"), b->ends_ms};
	return commit_step(tx, &s, b, BARRIER_EXPIRED, e);
}

static bool decided_against(enum barrier_state s)
{
	return s == BARRIER_REFUSED || s == BARRIER_REJECTED;
}

/* A refusal stands until as many new people have said the same as the rule asks for: either so many more than it was
 * refused with, or all that count now came after it. */
static bool may_again(const struct barrier_case *c, const struct barrier *old)
{
	return decided_against(old->state) &&
		(c->reporters >= old->reporters + c->rule->threshold ||
	     old->since_ms + c->rule->window_days * DAY_MS <= c->now_ms);
}

static int propose_one(struct tx *tx, const struct barrier_case *c, const struct policy_proposal *p,
                       struct barrier_tally *t, struct err *e)
{
	struct arena *a = tx_arena(tx);
	struct safety_hit hit = {SAFETY_FREE, STR_NONE, STR_NONE};
	int rc = safety_check(tx, c->policy, c->id, p->measure, &hit, e);
	if (rc < 0)
		return rc;
	if (hit.verdict == SAFETY_BLOCK) {
		t->protected_++;
		return 0;
	}
	char id[BARRIER_ID];
	make_id(id);
	struct barrier b = {
		.id = str_of(id),
		.kind = c->id->kind,
		.value = id_str(c->id),
		.measure = p->measure,
		.rule = c->rule->id,
		.partner = policy_choose_partner(c->policy, a, p->partner, c->id),
		.state = BARRIER_PROPOSED,
		.since_ms = c->now_ms,
		.created_ms = c->now_ms,
		.ends_ms = proposal_ends(c),
		.reporters = c->reporters,
		.note = note_of(a, c, &hit),
		.synthetic = c->synthetic,
	};
	if (!b.partner.p || !b.note.p)
		return err_set(e, KT_ENOMEM, "Er is te weinig geheugen voor een voorstel.");
	struct barrier old;
	rc = barrier_find(tx, a, &b, &old, e);
	if (rc < 0 && rc != KT_ENOTFOUND)
		return rc;
	bool fresh = rc == KT_ENOTFOUND || may_again(c, &old);
	if (!rc && lapsed(&old, c->now_ms)) {
		rc = expire(tx, c->policy, &old, e); /* nobody looked since: the clock has to be let in first */
		if (rc < 0)
			return rc;
		fresh = true;
	}
	if (fresh)
		return propose_new(tx, c, &b, t, e);
	t->existing++;
	if (old.reporters == b.reporters || decided_against(old.state))
		return 0;
	t->strengthened++;
	return barrier_evidence(tx, old.id, b.reporters, b.note, old.state == BARRIER_PROPOSED ? b.ends_ms : old.ends_ms,
	                        e);
}

int barrier_propose(struct tx *tx, const struct barrier_case *c, struct barrier_tally *ret, struct err *e)
{
	struct barrier_tally t = {0};
	for (size_t i = 0; i < c->rule->proposals_n; i++) {
		const struct policy_proposal *p = &c->rule->proposals[i];
		if (p->kind != c->id->kind)
			continue;
		int rc = propose_one(tx, c, p, &t, e);
		if (rc < 0)
			return rc;
	}
	ret->proposed += t.proposed;
	ret->strengthened += t.strengthened;
	ret->protected_ += t.protected_;
	ret->existing += t.existing;
	return 0;
}

static int64_t hours_from(int64_t now_ms, int64_t hours)
{
	return hours > 0 ? now_ms + hours * HOUR_MS : 0;
}

/* The clocks that a state starts: what the partner still has to do, and when the barrier ends. */
static void set_clocks(struct barrier *b, const struct policy_measure *m, enum barrier_state to, int64_t now_ms)
{
	b->due_ms = 0;
	if (!m)
		return;
	if (to == BARRIER_SENT)
		b->due_ms = hours_from(now_ms, m->ack_hours);
	else if (to == BARRIER_ACKNOWLEDGED)
		b->due_ms = hours_from(now_ms, m->execute_hours);
	if (to == BARRIER_APPROVED || to == BARRIER_EXECUTED)
		b->ends_ms = m->duration_days > 0 ? now_ms + m->duration_days * DAY_MS : 0;
}

/* 1 when the second pair of eyes is still missing. */
static int four_eyes(struct tx *tx, const struct barrier_step *s, const struct barrier *b, struct err *e)
{
	const struct policy_rule *r = policy_rule(s->policy, b->rule);
	/* A rule that is gone from the policy cannot say that one person was enough. */
	if (s->to != BARRIER_APPROVED || (r && !r->four_eyes))
		return 0;
	int64_t others, own;
	int rc = barrier_approvals(tx, b->id, s->actor, &own, &others, e);
	if (rc < 0)
		return rc;
	if (others > 0)
		return 0;
	return own > 0 ? err_set(e, KT_EREFUSED, "Deze maatregel vraagt vier ogen: iemand anders moet ook goedkeuren.") : 1;
}

static int still_allowed(struct tx *tx, const struct barrier_step *s, const struct barrier *b, struct err *e)
{
	if (s->to != BARRIER_APPROVED && s->to != BARRIER_SENT)
		return 0;
	struct identifier id = {.kind = b->kind, .n = (uint8_t)b->value.n};
	if (b->value.n > ID_MAX || !str_copy(id.value, sizeof(id.value), b->value))
		return err_set(e, KT_ECORRUPT, "De maatregel heeft een beschadigd kenmerk.");
	struct safety_hit hit = {SAFETY_FREE, STR_NONE, STR_NONE};
	int rc = safety_check(tx, s->policy, &id, b->measure, &hit, e);
	if (rc < 0)
		return rc;
	if (hit.verdict == SAFETY_BLOCK)
		return err_set(e, KT_EREFUSED,
		               "Dit kenmerk staat op een beschermde lijst (" STR_FMT "). De maatregel kan niet.",
		               STR_ARG(hit.list));
	return 0;
}

static const char *topic_of(enum barrier_state s)
{
	static const char *const TOPICS[BARRIER_STATES] = {[BARRIER_PROPOSED] = "barrier.proposed",
	                                                   [BARRIER_APPROVED] = "barrier.approved",
	                                                   [BARRIER_REFUSED] = "barrier.refused",
	                                                   [BARRIER_SENT] = "barrier.sent",
	                                                   [BARRIER_ACKNOWLEDGED] = "barrier.acknowledged",
	                                                   [BARRIER_EXECUTED] = "barrier.executed",
	                                                   [BARRIER_REJECTED] = "barrier.rejected",
	                                                   [BARRIER_FAILED] = "barrier.failed",
	                                                   [BARRIER_LIFTED] = "barrier.lifted",
	                                                   [BARRIER_EXPIRED] = "barrier.expired"};
	return TOPICS[s];
}

static int commit_step(struct tx *tx, const struct barrier_step *s, struct barrier *b, enum barrier_state state,
                       struct err *e)
{
	int64_t n;
	int rc = barrier_step_count(tx, b->id, &n, e);
	if (!rc)
		rc = barrier_step_insert(tx, b->id, n + 1, s->now_ms, state, s->actor, s->why, e);
	if (!rc && state != b->state) {
		set_clocks(b, policy_measure(s->policy, b->measure), state, s->now_ms);
		b->state = state;
		b->since_ms = s->now_ms;
		rc = barrier_update(tx, b, e);
		if (!rc)
			rc = outbox_add(tx, s->now_ms, topic_of(state), b->id, STR(""), e);
	}
	return rc;
}

int barrier_move(struct tx *tx, const struct barrier_step *s, enum barrier_state *ret_state, struct err *e)
{
	struct barrier b;
	int rc = barrier_get(tx, tx_arena(tx), s->id, &b, e);
	if (rc < 0)
		return rc;
	if (!barrier_may(b.state, s->to))
		return err_set(e, KT_EREFUSED, "Deze maatregel is %s en kan niet %s worden.", barrier_state_word(b.state),
		               barrier_state_word(s->to) ? barrier_state_word(s->to) : "zo");
	rc = still_allowed(tx, s, &b, e);
	if (rc < 0)
		return rc;
	rc = four_eyes(tx, s, &b, e);
	if (rc < 0)
		return rc;
	/* The first of two approvals is a step that leaves the state as it was. */
	enum barrier_state state = rc == 1 ? b.state : s->to;
	rc = commit_step(tx, s, &b, state, e);
	if (!rc)
		*ret_state = state;
	return rc;
}

struct ticker {
	struct barrier b[64];
	size_t n;
	struct arena *a;
};

static int tick_row(const struct barrier *b, void *arg)
{
	struct ticker *t = arg;
	if (t->n == sizeof(t->b) / sizeof(t->b[0]))
		return 1;
	struct barrier *c = &t->b[t->n++];
	*c = *b;
	c->id = arena_str(t->a, b->id);
	c->value = arena_str(t->a, b->value);
	c->partner = arena_str(t->a, b->partner);
	c->measure = arena_str(t->a, b->measure);
	c->rule = arena_str(t->a, b->rule);
	c->note = arena_str(t->a, b->note);
	return c->note.p && c->rule.p ? 0 : KT_ENOMEM;
}

static int tick_one(struct tx *tx, const struct policy *p, struct barrier *b, int64_t now_ms, struct err *e)
{
	if (lapsed(b, now_ms))
		return expire(tx, p, b, e);
	b->due_ms = 0; /* told once; the outbox event carries the escalation on */
	int rc = barrier_update(tx, b, e);
	return rc ? rc : outbox_add(tx, now_ms, "barrier.overdue", b->id, STR(""), e);
}

int barrier_tick(struct tx *tx, const struct policy *p, int64_t now_ms, int64_t *ret_changed, struct err *e)
{
	struct ticker *t = ARENA_NEW(tx_arena(tx), struct ticker);
	if (!t)
		return err_set(e, KT_ENOMEM, "Er is te weinig geheugen voor de klokken.");
	t->a = tx_arena(tx);
	int rc = barrier_due(tx, now_ms, tick_row, t, e);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < t->n; i++) {
		rc = tick_one(tx, p, &t->b[i], now_ms, e);
		if (rc < 0)
			return rc;
	}
	*ret_changed = (int64_t)t->n;
	return 0;
}
