#include <stdio.h>

#include "barrier/barrier_store.h"
#include "job/outbox.h"
#include "support/centre.h"

static void test_machine(void **state)
{
	(void)state;
	/* Written out once more, so that a slip in the table shows. */
	static const char *const MAY[] = {
		"voorgesteld>goedgekeurd", "voorgesteld>geweigerd", "voorgesteld>verlopen", "goedgekeurd>verzonden",
		"goedgekeurd>opgeheven",   "goedgekeurd>verlopen",  "verzonden>ontvangen",  "verzonden>uitgevoerd",
		"verzonden>afgewezen",     "verzonden>mislukt",     "verzonden>opgeheven",  "verzonden>verlopen",
		"ontvangen>uitgevoerd",    "ontvangen>afgewezen",   "ontvangen>mislukt",    "ontvangen>opgeheven",
		"ontvangen>verlopen",      "uitgevoerd>opgeheven",  "uitgevoerd>verlopen"};
	size_t found = 0;
	for (int from = 0; from <= BARRIER_STATES; from++)
		for (int to = 0; to <= BARRIER_STATES; to++) {
			bool want = false;
			const char *f = barrier_state_word((enum barrier_state)from),
					   *g = barrier_state_word((enum barrier_state)to);
			char pair[64];
			snprintf(pair, sizeof(pair), "%s>%s", f ? f : "?", g ? g : "?");
			for (size_t i = 0; i < sizeof(MAY) / sizeof(MAY[0]); i++)
				want |= strcmp(MAY[i], pair) == 0;
			assert_int_equal(barrier_may((enum barrier_state)from, (enum barrier_state)to), want);
			found += want;
		}
	assert_int_equal(found, sizeof(MAY) / sizeof(MAY[0]));
}

struct play {
	struct test_centre *t;
	struct identifier id;
	uint8_t tag[32];
	const char *rule;
	int64_t reporters, now_ms;
	struct barrier_tally tally;
	struct barrier_step step;
	enum barrier_state now;
	int64_t changed;
};

static int propose_job(struct tx *tx, void *arg, struct err *e)
{
	struct play *p = arg;
	memset(&p->tally, 0, sizeof(p->tally));
	struct barrier_case c = {
		p->t->policy, policy_rule(p->t->policy, str_of(p->rule)), &p->id, p->tag, p->reporters, "omdat", p->now_ms,
		false};
	return barrier_propose(tx, &c, &p->tally, e);
}

static int move_job(struct tx *tx, void *arg, struct err *e)
{
	struct play *p = arg;
	return barrier_move(tx, &p->step, &p->now, e);
}

static int tick_job(struct tx *tx, void *arg, struct err *e)
{
	struct play *p = arg;
	return barrier_tick(tx, p->t->policy, p->now_ms, &p->changed, e);
}

static struct play shop(struct test_centre *t, const char *domain)
{
	struct play p = {.t = t, .rule = "NL-3-SHOP", .reporters = 3, .now_ms = TEST_NOW};
	test_must(domain_canonical(str_of(domain), &p.id, &t->e), &t->e);
	memset(p.tag, 7, sizeof(p.tag));
	return p;
}

static void propose(struct play *p)
{
	test_must(store_submit(p->t->store, propose_job, p, &p->t->e), &p->t->e);
}

static int move(struct play *p, struct str id, enum barrier_state to, const char *actor)
{
	p->step = (struct barrier_step){p->t->policy, id, to, actor, STR("proef"), p->now_ms};
	memset(&p->t->e, 0, sizeof(p->t->e));
	return store_submit(p->t->store, move_job, p, &p->t->e);
}

struct all {
	struct barrier b[16];
	char text[16][3][64];
	size_t n;
};

static int collect(const struct barrier *b, void *arg)
{
	struct all *a = arg;
	assert_true(a->n < 16);
	a->b[a->n] = *b;
	assert_true(str_copy(a->text[a->n][0], 64, b->id) && str_copy(a->text[a->n][1], 64, b->partner));
	a->b[a->n].id = str_of(a->text[a->n][0]);
	a->b[a->n].partner = str_of(a->text[a->n][1]);
	a->n++;
	return 0;
}

static void list(struct test_centre *t, struct all *a)
{
	struct tx *tx;
	struct barrier_filter f = {.limit = 16};
	a->n = 0;
	test_must(store_read(t->store, &tx, &t->e), &t->e);
	test_must(barrier_list(tx, &f, collect, a, &t->e), &t->e);
	store_read_end(tx);
}

static const struct barrier *of(const struct all *a, const char *partner)
{
	for (size_t i = 0; i < a->n; i++)
		if (str_is(a->b[i].partner, partner))
			return &a->b[i];
	return NULL;
}

static void test_propose_once(void **state)
{
	struct test_centre *t = *state;
	struct play p = shop(t, "zz--fiets.nl");
	struct all a;
	propose(&p);
	assert_int_equal(p.tally.proposed, 3);
	list(t, &a);
	assert_int_equal(a.n, 3);
	assert_non_null(of(&a, "bank"));
	assert_non_null(of(&a, "psp"));
	assert_non_null(of(&a, "sidn"));
	p.reporters = 4;
	propose(&p);
	assert_int_equal(p.tally.proposed, 0);
	assert_int_equal(p.tally.strengthened, 3);
	list(t, &a);
	assert_int_equal(a.n, 3);
	assert_int_equal(a.b[0].reporters, 4);
	struct play com = shop(t, "zz--fiets.com");
	propose(&com);
	list(t, &a);
	assert_int_equal(a.n, 6);
	assert_non_null(of(&a, "register"));
}

static void test_protected(void **state)
{
	struct test_centre *t = *state;
	static const char *const NAMES[] = {"abnamro.nl",       "ing.nl",    "belastingdienst.nl", "politie.nl",
	                                    "mijn.overheid.nl", "github.io", "google.com",         "co.uk"};
	for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++) {
		struct play p = shop(t, NAMES[i]);
		propose(&p);
		assert_int_equal(p.tally.proposed, 0);
		assert_int_equal(p.tally.protected_, 3);
	}
}

static void test_moves_and_clocks(void **state)
{
	struct test_centre *t = *state;
	struct play p = shop(t, "zz--fiets.nl");
	struct all a;
	propose(&p);
	list(t, &a);
	struct str id = of(&a, "sidn")->id;
	assert_int_equal(move(&p, id, BARRIER_SENT, "system"), KT_EREFUSED);
	test_must(move(&p, id, BARRIER_APPROVED, "desk:1"), &t->e);
	assert_int_equal(p.now, BARRIER_APPROVED);
	assert_int_equal(move(&p, id, BARRIER_APPROVED, "desk:2"), KT_EREFUSED);
	test_must(move(&p, id, BARRIER_SENT, "system"), &t->e);
	list(t, &a);
	assert_int_equal(of(&a, "sidn")->state, BARRIER_SENT);
	assert_true(of(&a, "sidn")->due_ms > TEST_NOW);
	p.now_ms = of(&a, "sidn")->due_ms + 1; /* the partner lets its clock run out: told once */
	test_must(store_submit(t->store, tick_job, &p, &t->e), &t->e);
	assert_int_equal(p.changed, 1);
	test_must(store_submit(t->store, tick_job, &p, &t->e), &t->e);
	assert_int_equal(p.changed, 0);
	test_must(move(&p, id, BARRIER_EXECUTED, "partner:sidn"), &t->e);
	test_must(move(&p, id, BARRIER_LIFTED, "desk:1"), &t->e);
	assert_int_equal(move(&p, id, BARRIER_APPROVED, "desk:1"), KT_EREFUSED);
	assert_int_equal(move(&p, STR("B0000000000"), BARRIER_APPROVED, "desk:1"), KT_ENOTFOUND);
	/* Lifted is ended: new evidence may propose it again. */
	p.reporters = 5;
	propose(&p);
	assert_int_equal(p.tally.proposed, 1);
}

/* A proposal lapses with its evidence; nothing else does by itself. */
static void test_proposal_lapses(void **state)
{
	struct test_centre *t = *state;
	struct play p = shop(t, "zz--fiets.nl");
	struct all a;
	propose(&p);
	p.now_ms = TEST_NOW + 90 * DAY_MS - 1;
	test_must(store_submit(t->store, tick_job, &p, &t->e), &t->e);
	assert_int_equal(p.changed, 0);
	p.now_ms++;
	test_must(store_submit(t->store, tick_job, &p, &t->e), &t->e);
	assert_int_equal(p.changed, 3);
	list(t, &a);
	for (size_t i = 0; i < a.n; i++)
		assert_int_equal(a.b[i].state, BARRIER_EXPIRED);
}

/* New people after the term has passed make a new proposal, also when nobody ran the clocks in between. */
static void test_lapsed_is_proposed_again(void **state)
{
	struct test_centre *t = *state;
	struct play p = shop(t, "zz--fiets.nl");
	struct all a;
	propose(&p);
	p.now_ms = TEST_NOW + 200 * DAY_MS;
	propose(&p);
	assert_int_equal(p.tally.proposed, 3);
	list(t, &a);
	assert_int_equal(a.n, 6);
	int lapsed = 0;
	for (size_t i = 0; i < a.n; i++)
		lapsed += a.b[i].state == BARRIER_EXPIRED && a.b[i].since_ms == TEST_NOW + 90 * DAY_MS;
	assert_int_equal(lapsed, 3);
}

/* A refusal stands until as many new people as the rule asks for have said the same. */
static void test_refused_is_weighed_again(void **state)
{
	struct test_centre *t = *state;
	struct play p = shop(t, "zz--fiets.nl");
	struct all a;
	propose(&p);
	list(t, &a);
	for (size_t i = 0; i < a.n; i++)
		test_must(move(&p, a.b[i].id, BARRIER_REFUSED, "desk:1"), &t->e);
	for (p.reporters = 4; p.reporters < 6; p.reporters++) {
		propose(&p);
		assert_int_equal(p.tally.proposed, 0);
		assert_int_equal(p.tally.strengthened, 0);
	}
	propose(&p); /* six: three more than when it was refused */
	assert_int_equal(p.tally.proposed, 3);
	propose(&p); /* and now those stand */
	assert_int_equal(p.tally.proposed, 0);
	struct play q = shop(t, "zz--auto.nl");
	propose(&q);
	list(t, &a);
	for (size_t i = 0; i < a.n; i++)
		if (a.b[i].state == BARRIER_PROPOSED)
			test_must(move(&q, a.b[i].id, BARRIER_REFUSED, "desk:1"), &t->e);
	q.now_ms = TEST_NOW + 90 * DAY_MS; /* all that counts now came after the refusal */
	propose(&q);
	assert_int_equal(q.tally.proposed, 3);
}

static void test_four_eyes(void **state)
{
	struct test_centre *t = *state;
	struct play p = {.t = t, .rule = "EU-2-PSR", .reporters = 2, .now_ms = TEST_NOW};
	struct all a;
	test_must(iban_canonical(STR("NL42KENT0123456789"), &p.id, &t->e)
	              ? iban_canonical(STR("NL91ABNA0417164300"), &p.id, &t->e)
	              : 0,
	          &t->e);
	propose(&p);
	assert_int_equal(p.tally.proposed, 1);
	list(t, &a);
	struct str id = a.b[0].id;
	test_must(move(&p, id, BARRIER_APPROVED, "desk:1"), &t->e);
	assert_int_equal(p.now, BARRIER_PROPOSED);
	assert_int_equal(move(&p, id, BARRIER_APPROVED, "desk:1"), KT_EREFUSED);
	test_must(move(&p, id, BARRIER_APPROVED, "desk:2"), &t->e);
	assert_int_equal(p.now, BARRIER_APPROVED);
}

static int count_steps(const struct barrier_history *h, void *arg)
{
	(void)h;
	++*(int *)arg;
	return 0;
}

/* Every step leaves a row and an outbox event in its own transaction. */
static void test_history(void **state)
{
	struct test_centre *t = *state;
	struct play p = shop(t, "zz--fiets.nl");
	struct all a;
	struct tx *tx;
	int steps = 0;
	int64_t waiting = 0;
	propose(&p);
	list(t, &a);
	test_must(move(&p, a.b[0].id, BARRIER_APPROVED, "desk:1"), &t->e);
	test_must(store_read(t->store, &tx, &t->e), &t->e);
	test_must(barrier_steps(tx, a.b[0].id, count_steps, &steps, &t->e), &t->e);
	test_must(outbox_count(tx, &waiting, &t->e), &t->e);
	store_read_end(tx);
	assert_int_equal(steps, 2);
	assert_int_equal(waiting, 4);
}

#define T(f) cmocka_unit_test_setup_teardown(f, test_centre_setup, test_centre_teardown)

int main(int argc, char **argv)
{
	test_driver(argc, argv);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_machine),   T(test_propose_once),    T(test_protected),
		T(test_moves_and_clocks),         T(test_proposal_lapses), T(test_lapsed_is_proposed_again),
		T(test_refused_is_weighed_again), T(test_four_eyes),       T(test_history),
	};
	return cmocka_run_group_tests_name(test_driver_name(), tests, NULL, NULL);
}
