/* Events, subscriptions and the worker's steps, with receivers that are functions here; real ones are met in
 * tests/e2e/test_delivery.py. Runs on both databases. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "exchange/deliver.h"
#include "store/test_pg.h"
#include "support/centre.h"

struct fake { /* what the topics' functions see */
	enum send_why answer;
	atomic_uint sends, sent;
	atomic_bool slow; /* lane:a waits for a stop */
};

static int fake_spread(struct tx *tx, const struct outbox_row *row, void *user, struct err *e)
{
	(void)user;
	int rc = outbox_send(tx, row->at_ms, "call", "lane:a", row->object, STR("{}"), e);
	return rc ? rc : outbox_send(tx, row->at_ms, "call", "lane:b", row->object, STR("{}"), e);
}

static enum send_why fake_send(const struct outbox_row *row, const atomic_bool *stop, void *user)
{
	struct fake *f = user;
	f->sends++;
	while (f->slow && str_is(row->lane, "lane:a")) {
		if (stop && atomic_load(stop))
			return SEND_STOPPED;
		usleep(1000);
	}
	return str_is(row->lane, "lane:b") ? SEND_OK : f->answer;
}

/* The first is refused, the others arrive. */
static enum send_why fake_letter(const struct outbox_row *row, const atomic_bool *stop, void *user)
{
	struct fake *f = user;
	(void)row;
	(void)stop;
	return f->sends++ ? SEND_OK : f->answer;
}

static int fake_sent(struct tx *tx, const struct outbox_row *row, void *user, struct err *e)
{
	(void)tx;
	(void)row;
	(void)e;
	((struct fake *)user)->sent++;
	return 0;
}

static const struct job_topic FAKE[] = {
	{"event", fake_spread, NULL, NULL, 0, false, false},
	{"call", NULL, fake_send, fake_sent, 0, true, false},
	{"letter", NULL, fake_letter, NULL, 0, false, true},
	{0},
};

struct adding {
	const char *topic, *lane;
	int64_t now_ms;
};

static int add_job(struct tx *tx, void *arg, struct err *e)
{
	const struct adding *a = arg;
	return outbox_send(tx, a->now_ms, a->topic, a->lane, STR("B0000000001"), STR("{}"), e);
}

static void add(struct test_centre *t, const char *topic, const char *lane)
{
	struct adding a = {topic, lane, t->clock.fixed_ms};
	test_must(store_submit(t->store, add_job, &a, &t->e), &t->e);
}

static void test_steps(void **state)
{
	struct test_centre *t = *state;
	struct fake f = {.answer = SEND_TROUBLE};
	struct worker_opts o = {.store = t->store,
	                        .clock = &t->clock,
	                        .topics = FAKE,
	                        .user = &f,
	                        .retry = {{.delay_s = {10, 20}, .n = 2, .jitter_percent = 0}},
	                        .lease_s = 60,
	                        .keep_days = 1};
	struct worker_tally y;
	add(t, "event", "");
	add(t, "nobody.asked", "");
	test_must(worker_once(&o, NULL, &y, &t->e), &t->e);
	assert_int_equal(y.events, 2);
	assert_int_equal(y.sent, 1);
	assert_int_equal(y.failed, 1);
	assert_int_equal(f.sent, 1);
	test_must(worker_once(&o, NULL, &y, &t->e), &t->e);
	assert_int_equal(y.sent + y.failed, 0); /* its time has not come */
	t->clock.fixed_ms += 10000;
	test_must(worker_once(&o, NULL, &y, &t->e), &t->e);
	assert_int_equal(y.failed, 1);
	t->clock.fixed_ms += 20000;
	test_must(worker_once(&o, NULL, &y, &t->e), &t->e);
	assert_int_equal(y.dead, 1);
	/* a row that its sender never settled comes up when its lease is over */
	f.answer = SEND_STOPPED;
	add(t, "call", "lane:a");
	test_must(worker_once(&o, NULL, &y, &t->e), &t->e);
	assert_int_equal(y.sent + y.failed, 0);
	f.answer = SEND_OK;
	test_must(worker_once(&o, NULL, &y, &t->e), &t->e);
	assert_int_equal(y.sent, 1); /* a stop is no try, and waits for nothing */
}

/* One address that is refused holds up nobody else's mail; a server that is gone is left alone for a while. */
static void test_shared_lane(void **state)
{
	static const struct {
		enum send_why answer;
		int64_t sent, failed, dead;
	} r[] = {{SEND_REFUSED, 2, 1, 0}, {SEND_TROUBLE, 2, 1, 0}, {SEND_LOCAL, 2, 1, 0},
	         {SEND_LATE, 2, 1, 1},    {SEND_CONNECT, 0, 1, 0}, {SEND_TIME, 0, 1, 0}};
	struct test_centre *t = *state;
	for (size_t i = 0; i < sizeof(r) / sizeof(r[0]); i++) {
		struct fake f = {.answer = r[i].answer};
		struct worker_opts o = {.store = t->store,
		                        .clock = &t->clock,
		                        .topics = FAKE,
		                        .user = &f,
		                        .retry = {{.delay_s = {10}, .n = 1}},
		                        .lease_s = 60,
		                        .keep_days = 1};
		struct worker_tally y;
		for (int k = 0; k < 3; k++)
			add(t, "letter", "letters");
		test_must(worker_once(&o, NULL, &y, &t->e), &t->e);
		assert_int_equal(y.sent, r[i].sent);
		assert_int_equal(y.failed, r[i].failed);
		assert_int_equal(y.dead, r[i].dead);
		t->clock.fixed_ms += 20000;
		test_must(worker_once(&o, NULL, &y, &t->e), &t->e); /* the rest of it */
		assert_int_equal(y.sent, 3 - r[i].sent - r[i].dead);
	}
}

static bool settled(struct test_centre *t, int64_t want)
{
	struct tx *tx;
	int64_t n = -1;
	test_must(store_read(t->store, &tx, &t->e), &t->e);
	test_must(outbox_count(tx, &n, &t->e), &t->e);
	store_read_end(tx);
	return n == want;
}

static void test_threads(void **state)
{
	struct test_centre *t = *state;
	struct fake f = {.answer = SEND_OK, .slow = true};
	struct worker_opts o = {.store = t->store,
	                        .clock = &t->clock,
	                        .topics = FAKE,
	                        .user = &f,
	                        .retry = {{.delay_s = {10}, .n = 1}},
	                        .lease_s = 60,
	                        .keep_days = 1,
	                        .threads = 4};
	struct worker *w;
	for (int i = 0; i < 40; i++)
		add(t, "event", "");
	test_must(worker_start(&o, &w, &t->e), &t->e);
	for (int i = 0; i < 2000 && f.sent < 40; i++)
		usleep(10000);
	unsigned sent = f.sent; /* lane:b is empty, lane:a hangs */
	w = worker_stop(w);
	assert_int_equal(sent, 40);
	assert_true(settled(t, 40));
	f.slow = false;
	test_must(worker_start(&o, &w, &t->e), &t->e);
	for (int i = 0; i < 2000 && !settled(t, 0); i++)
		usleep(10000);
	assert_null(worker_stop(w));
	assert_int_equal(f.sent, 80);
}

struct two { /* two nodes, one row */
	struct arena *a;
	struct outbox_rows first, second;
	int64_t now_ms;
	bool mine_first, mine_second;
};

static int two_job(struct tx *tx, void *arg, struct err *e)
{
	struct two *w = arg;
	w->first.max = w->second.max = 4;
	int rc = outbox_claim(tx, w->a, "lane:x", w->now_ms, 1000, &w->first, e);
	if (!rc)
		rc = outbox_claim(tx, w->a, "lane:x", w->now_ms, 1000, &w->second, e);
	if (rc || w->second.n)
		return rc;
	/* the first dies; a second takes over, and then the first wakes up */
	rc = outbox_claim(tx, w->a, "lane:x", w->now_ms + 1000, 1000, &w->second, e);
	if (!rc)
		rc = outbox_done(tx, &w->first.row[0], w->now_ms, &w->mine_first, e);
	return rc ? rc : outbox_done(tx, &w->second.row[0], w->now_ms, &w->mine_second, e);
}

static void test_leases(void **state)
{
	struct test_centre *t = *state;
	struct two w = {.a = t->a, .now_ms = TEST_NOW};
	add(t, "call", "lane:x");
	test_must(store_submit(t->store, two_job, &w, &t->e), &t->e);
	assert_int_equal(w.first.n, 1);
	assert_int_equal(w.second.n, 1);
	assert_int_equal(w.second.row[0].tries, 2);
	assert_false(w.mine_first);
	assert_true(w.mine_second);
}

static void test_delays(void **state)
{
	struct job_retry r = {.delay_s = {10, 100}, .n = 2, .jitter_percent = 20};
	int64_t least = INT64_MAX, most = 0;
	(void)state;
	for (int i = 0; i < 1000; i++) {
		int64_t at = job_next(&r, 2, 1000);
		least = at < least ? at : least;
		most = at > most ? at : most;
	}
	assert_true(least >= 1000 + 80000 && least < 1000 + 84000);
	assert_true(most <= 1000 + 120000 && most > 1000 + 116000);
	assert_int_equal(job_next(&r, 3, 1000), -1);
}

static void test_event(void **state)
{
	struct outbox_row row = {.at_ms = TEST_NOW, .object = STR("B0000000001"), .id = {0xab}};
	struct event_source s = {"00000001234567890000", "https://kentering.example"};
	struct buf b = BUF_INIT(4096);
	(void)state;
	for (const struct event_kind *k = event_kinds(); k->topic; k++) {
		assert_ptr_equal(event_by_topic(str_of(k->topic)), k);
		assert_ptr_equal(event_by_name(str_of(k->name)), k);
	}
	event_write(&s, event_by_name(STR("barriere.goedgekeurd")), &row, &b);
	assert_string_equal(b.p,
	                    "{\"specversion\":\"1.0\",\"id\":\"ab000000000000000000000000000000\","
	                    "\"source\":\"urn:nld:oin:00000001234567890000:systeem:kentering\","
	                    "\"type\":\"nl.kentering.barriere.goedgekeurd.v1\",\"time\":\"2026-09-21T14:13:20.000Z\","
	                    "\"datacontenttype\":\"application/json\","
	                    "\"dataref\":\"https://kentering.example/v1/barrieres/B0000000001\","
	                    "\"data\":{\"nummer\":\"B0000000001\",\"toestand\":\"goedgekeurd\"}}");
	buf_free(&b);
	assert_true(event_oin(STR("00000001234567890000")));
	assert_false(event_oin(STR("0000000123456789000x")));
}

struct hooking {
	struct box *box;
	struct webhook_new w;
	unsigned n;
};

static int hook_job(struct tx *tx, void *arg, struct err *e)
{
	struct hooking *h = arg;
	webhook_make(&h->w);
	return webhook_add(tx, h->box, &h->w, e);
}

static void test_webhooks(void **state)
{
	struct test_centre *t = *state;
	struct hooking h = {.w.h = {.url = STR("https://ontvanger.example/"),
	                            .org = STR("sidn"),
	                            .topics = STR("barriere.goedgekeurd,melding.ontvangen")}};
	struct webhook got, bad;
	uint8_t secret[WEBHOOK_SECRET];
	struct tx *tx;
	test_must(box_open(t->dir, &h.box, &t->e), &t->e);
	test_must(webhook_check(t->policy, &h.w.h, false, &t->e), &t->e);
	bad = h.w.h, bad.org = STR("niemand");
	assert_int_equal(webhook_check(t->policy, &bad, false, &t->e), KT_EINVAL);
	bad = h.w.h, bad.topics = STR("barriere.goedgekeurd,niets");
	assert_int_equal(webhook_check(t->policy, &bad, false, &t->e), KT_EINVAL);
	assert_non_null(strstr(t->e.text, "melding.ontvangen"));
	for (int i = 0; i < WEBHOOKS; i++)
		test_must(store_submit(t->store, hook_job, &h, &t->e), &t->e);
	test_must(store_read(t->store, &tx, &t->e), &t->e);
	test_must(webhook_get(tx, t->a, h.box, h.w.h.id, &got, secret, &t->e), &t->e);
	store_read_end(tx);
	assert_memory_equal(secret, h.w.secret, sizeof(secret));
	assert_int_equal(store_submit(t->store, hook_job, &h, &t->e), KT_ELIMIT);
	const struct event_kind *yes = event_by_name(STR("barriere.goedgekeurd")),
							*no = event_by_name(STR("barriere.mislukt"));
	assert_true(webhook_wants(&got, yes, STR("sidn")));
	assert_false(webhook_wants(&got, yes, STR("bank:KENT")));
	assert_false(webhook_wants(&got, no, STR("sidn")));
	assert_false(webhook_wants(&got, event_by_name(STR("melding.ontvangen")), STR_NONE)); /* the desk's only */
	got.org = STR(WEBHOOK_DESK), got.topics = STR("alles");
	assert_true(webhook_wants(&got, no, STR("sidn")));
	box_close(h.box);
}

static void test_box(void **state)
{
	struct test_centre *t = *state;
	struct buf sealed = BUF_INIT(1024), plain = BUF_INIT(1024);
	struct box *b;
	test_must(box_open(t->dir, &b, &t->e), &t->e);
	box_seal(b, "mail.code", STR("M-1"), STR("geheim"), &sealed);
	assert_null(memmem(sealed.p, sealed.n, "geheim", 6));
	assert_int_equal(box_unseal(b, "mail.code", STR("M-2"), buf_view(&sealed), &plain, &t->e), KT_ECRYPTO);
	assert_int_equal(box_unseal(b, "webhook", STR("M-1"), buf_view(&sealed), &plain, &t->e), KT_ECRYPTO);
	test_must(box_unseal(b, "mail.code", STR("M-1"), buf_view(&sealed), &plain, &t->e), &t->e);
	assert_string_equal(plain.p, "geheim");
	sealed.p[30] ^= 1;
	assert_int_equal(box_unseal(b, "mail.code", STR("M-1"), buf_view(&sealed), &plain, &t->e), KT_ECRYPTO);
	assert_int_equal(box_unseal(b, "mail.code", STR("M-1"), STR("kort"), &plain, &t->e), KT_ECRYPTO);
	buf_free(&sealed);
	buf_free(&plain);
	box_close(b);
}

#define T(f) cmocka_unit_test_setup_teardown(f, test_centre_setup, test_centre_teardown)

int main(int argc, char **argv)
{
	test_driver(argc, argv);
	if (strcmp(test_driver_name(), "postgres") == 0 && !test_pg_start()) {
		printf("PostgreSQL is not installed: skipped\n");
		return 77;
	}
	const struct CMUnitTest tests[] = {T(test_steps),  T(test_shared_lane), T(test_threads),  T(test_leases),
	                                   T(test_delays), T(test_event),       T(test_webhooks), T(test_box)};
	return cmocka_run_group_tests_name(test_driver_name(), tests, NULL, NULL);
}
