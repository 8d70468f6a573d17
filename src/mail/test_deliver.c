/* From message to dossier and answer, on both databases. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "mail/deliver.h"
#include "support/centre.h"

static struct mail_desk *open_desk(struct test_centre *t)
{
	struct mail_desk_options o = {&t->in, t->policy, &t->clock, t->dir, "meld@desk.example", "mx.desk.example, mx2"};
	struct mail_desk *d = NULL;
	test_must(mail_desk_open(&o, &d, &t->e), &t->e);
	return d;
}

static int number_row(const struct sval *c, void *arg)
{
	*(int64_t *)arg = c[0].i;
	return 0;
}

static int64_t count(struct test_centre *t, const struct stmt *st)
{
	struct tx *tx;
	int64_t n = -1;
	test_must(store_read(t->store, &tx, &t->e), &t->e);
	test_must(tx_query0(tx, st, number_row, &n, &t->e), &t->e);
	store_read_end(tx);
	return n;
}

static const struct stmt DOSSIERS = {"SELECT count(*) FROM dossier", NULL, "", "i"};
static const struct stmt ANSWERS = {"SELECT count(*) FROM outbox WHERE topic = 'mail.send'", NULL, "", "i"};
static const struct stmt NEWEST = {"SELECT object, body FROM outbox WHERE topic = 'mail.send' ORDER BY id DESC LIMIT 1",
                                   NULL, "", "tb"};
static const struct stmt DROPS = {"SELECT count(*) FROM audit_row WHERE action = 'mail.drop'", NULL, "", "i"};
static const struct stmt UNREAD = {"SELECT count(*) FROM audit_row WHERE action = 'mail.unread'", NULL, "", "i"};
static const struct stmt SEEN = {"SELECT count(*) FROM mail_seen", NULL, "", "i"};

/* The last answer, opened. */
static struct mail_out newest(struct test_centre *t)
{
	struct box *k = NULL;
	struct tx *tx;
	struct sval row[2];
	struct mail_out out = {0};
	test_must(box_open(t->dir, &k, &t->e), &t->e);
	test_must(store_read(t->store, &tx, &t->e), &t->e);
	test_must(tx_row0(tx, &NEWEST, t->a, row, &t->e), &t->e);
	store_read_end(tx);
	assert_null(memmem(row[1].s.p, row[1].s.n, "jan@", 4));
	test_must(mail_out_open(t->a, k, row[0].s, row[1].s, &out, &t->e), &t->e);
	/* it opens for its own object only */
	assert_int_equal(mail_out_open(t->a, k, STR("M-00000-00000"), row[1].s, &out, &t->e), KT_ECRYPTO);
	test_must(mail_out_open(t->a, k, row[0].s, row[1].s, &out, &t->e), &t->e);
	box_close(k);
	return out;
}

static int give(struct mail_desk *d, const char *sender, struct str message, enum mail_outcome *ret)
{
	struct err e = {0};
	struct mail_in in = {message, str_of(sender), sender != NULL};
	return mail_deliver(d, &in, ret, &e);
}

static void must_be(struct mail_desk *d, const char *sender, const char *message, enum mail_outcome want)
{
	enum mail_outcome got;
	int rc = give(d, sender, str_of(message), &got);
	if (rc || got != want)
		fail_msg("code %d, outcome %s, expected %s: %.200s", rc, rc ? "-" : mail_outcome_word(got),
		         mail_outcome_word(want), message);
}

static bool in(struct str s, const char *z)
{
	return memmem(s.p, s.n, z, strlen(z)) != NULL;
}

#define WHO "From: Jan <jan@mail.example>\nTo: meld@desk.example\n"
#define PHISH \
	"\nDit kreeg ik net\n\n---------- Forwarded message ---------\nVan: Mijn Bank <info@zz-bank-kt.example>\n" \
	"Onderwerp: Uw pas is geblokkeerd\n\nBeste klant, bevestig nu: " \
	"http://ing.nl.verifieer-kt.top/login?id=a8Xk2 anders verloopt uw pas.\n"

static void test_report_and_answer(void **state)
{
	struct test_centre *t = *state;
	struct mail_desk *d = open_desk(t);
	must_be(d, "jan@mail.example", WHO "Message-ID: <a1@mail.example>\nSubject: Fwd: pas\n" PHISH, MAIL_REPORTED);
	assert_int_equal(count(t, &DOSSIERS), 1);
	struct mail_out m = newest(t);
	assert_true(str_is(m.to, "jan@mail.example"));
	assert_true(str_is(m.in_reply_to, "a1@mail.example"));
	assert_true(m.auto_submitted);
	assert_true(in(m.text, "hxxp://ing[.]nl[.]verifieer-kt[.]top/…\n"));
	assert_false(in(m.text, "verifieer-kt.top"));
	assert_true(in(m.text, "Wat kunt u nu doen?") && in(m.text, "What can you do now?"));
	assert_false(in(m.text, "veilig"));
	/* the code opens the dossier */
	ptrdiff_t at = str_find(m.text, '-');
	struct receipt code;
	struct dossier dossier;
	struct tx *tx;
	bool found = false;
	for (; at >= 0 && !found; at++) {
		struct str s = str_sub(m.text, (size_t)at, m.text.n);
		if (s.n < 30)
			break;
		found = str_starts(s, STR("    ")) && receipt_parse(str_sub(s, 4, 30), &code, NULL) == 0;
	}
	assert_true(found);
	test_must(store_read(t->store, &tx, &t->e), &t->e);
	test_must(dossier_open(tx, t->a, &code, &dossier, &t->e), &t->e);
	store_read_end(tx);
	assert_true(str_is(dossier_text(&dossier, "fraudevorm"), "OF-3.1"));
	assert_true(in(dossier_text(&dossier, "verhaal"), "Beste klant"));
	assert_true(in(dossier_text(&dossier, "kenmerken"), "verifieer-kt.top"));
	assert_true(in(dossier_text(&dossier, "kenmerken"), "info@zz-bank-kt.example"));
	assert_true(in(dossier_text(&dossier, "melder"), "jan@mail.example"));
	/* offered again, with other lines above it: the same */
	must_be(d, "jan@mail.example", "Received: by mx2\n" WHO "Message-ID: <a1@mail.example>\nSubject: Fwd: pas\n" PHISH,
	        MAIL_SEEN);
	assert_int_equal(count(t, &DOSSIERS), 1);
	assert_int_equal(count(t, &ANSWERS), 1);
	/* another message of the same words is another report */
	must_be(d, "jan@mail.example", WHO "Message-ID: <a2@mail.example>\nSubject: Fwd: pas\n" PHISH, MAIL_REPORTED);
	/* and it is forgotten in the end */
	t->clock.fixed_ms += 15 * DAY_MS;
	must_be(d, "jan@mail.example", WHO "Message-ID: <a1@mail.example>\nSubject: Fwd: pas\n" PHISH, MAIL_REPORTED);
	assert_int_equal(count(t, &SEEN), 1);
	assert_int_equal(count(t, &DOSSIERS), 3);
	mail_desk_close(d);
}

/* Who is never answered, and what never becomes a report. */
static void test_loops_and_bounces(void **state)
{
	struct test_centre *t = *state;
	struct mail_desk *d = open_desk(t);
	static const struct {
		const char *sender, *head;
		enum mail_outcome want;
		int answers;
	} cases[] = {
		{"", "", MAIL_DROPPED, 0},
		{"MAILER-DAEMON@mx.example", "", MAIL_DROPPED, 0},
		{"jan@mail.example", "X-Loop: x\n", MAIL_DROPPED, 0},
		{"jan@mail.example", "X-Kentering-Loop: x\n", MAIL_DROPPED, 0},
		{"meld@desk.example", "", MAIL_DROPPED, 0},
		{"MELD@Desk.example", "", MAIL_DROPPED, 0},
		{"jan@mail.example", "Content-Type: multipart/report; boundary=x\n", MAIL_DROPPED, 0},
		{"jan@mail.example", "Return-Path: <>\n", MAIL_DROPPED, 0},
		{"jan@mail.example", "Auto-Submitted: auto-generated\n", MAIL_REPORTED, 0},
		{"jan@mail.example", "Auto-Submitted: no\n", MAIL_REPORTED, 1},
		{"jan@mail.example", "Precedence: bulk\n", MAIL_REPORTED, 0},
		{"jan@mail.example", "Precedence: junk\n", MAIL_REPORTED, 0},
		{"jan@mail.example", "List-Id: <l.example>\n", MAIL_REPORTED, 0},
		{"noreply@mail.example", "", MAIL_REPORTED, 0},
		{"piet@mail.example", "", MAIL_REPORTED, 0}, /* From is Jan */
		{"JAN@mail.example", "", MAIL_REPORTED, 1},
		/* Forged, as our own server saw it: the person whose address it is asked for nothing. */
		{"jan@mail.example", "Authentication-Results: mx.desk.example; dmarc=fail header.from=mail.example\n",
	     MAIL_REPORTED, 0},
		{NULL, "Return-Path: <jan@mail.example>\n", MAIL_REPORTED, 1},
		{NULL, "", MAIL_REPORTED, 0},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[2000];
		int64_t before = count(t, &ANSWERS);
		snprintf(text, sizeof(text), "%s" WHO "Message-ID: <n%zu@mail.example>\n" PHISH, cases[i].head, i);
		must_be(d, cases[i].sender, text, cases[i].want);
		if (count(t, &ANSWERS) - before != cases[i].answers)
			fail_msg("case %zu: %s: %d answers", i, cases[i].head, (int)(count(t, &ANSWERS) - before));
	}
	assert_int_equal(count(t, &DROPS), 8);
	struct buf b = BUF_INIT(65536);
	for (unsigned n = 25; n <= 26; n++) {
		buf_reset(&b);
		for (unsigned i = 0; i < n; i++)
			buf_z(&b, "Received: from a by b\n");
		buf_printf(&b, WHO "Message-ID: <hop%u@mail.example>\n" PHISH, n);
		must_be(d, "jan@mail.example", b.p, n == 25 ? MAIL_REPORTED : MAIL_DROPPED);
	}
	buf_free(&b);
	mail_desk_close(d);
}

static void test_answers_a_day(void **state)
{
	struct test_centre *t = *state;
	struct mail_desk *d = open_desk(t);
	int64_t most = policy_mail(t->policy)->per_sender;
	for (int64_t i = 0; i < most + 3; i++) {
		char text[2000];
		snprintf(text, sizeof(text), WHO "Message-ID: <d%d@mail.example>\n" PHISH, (int)i);
		must_be(d, "jan@mail.example", text, MAIL_REPORTED);
	}
	assert_int_equal(count(t, &ANSWERS), most);
	must_be(d, "piet@mail.example", "From: piet@mail.example\n" PHISH, MAIL_REPORTED);
	assert_int_equal(count(t, &ANSWERS), most + 1);
	t->clock.fixed_ms += DAY_MS;
	must_be(d, "jan@mail.example", WHO "Message-ID: <next@mail.example>\n" PHISH, MAIL_REPORTED);
	assert_int_equal(count(t, &ANSWERS), most + 2);
	mail_desk_close(d);
}

/* What cannot be read: its sender hears what to do; when nobody can be told, the server that brought it is. */
static void test_unreadable(void **state)
{
	struct test_centre *t = *state;
	struct mail_desk *d = open_desk(t);
	enum mail_outcome got;
	must_be(d, "jan@mail.example",
	        WHO "Content-Type: multipart/encrypted; boundary=q; protocol=\"application/pgp-encrypted\"\n\n--q\n"
	            "Content-Type: application/pgp-encrypted\n\nVersion: 1\n--q\nContent-Type: application/octet-stream\n\n"
	            "-----BEGIN PGP MESSAGE-----\nabc\n--q--\n",
	        MAIL_EXPLAINED);
	assert_true(in(newest(t).text, "versleuteld"));
	must_be(d, "jan@mail.example", WHO "\n-----BEGIN PGP MESSAGE-----\nabc\n-----END PGP MESSAGE-----\n",
	        MAIL_EXPLAINED);
	t->clock.fixed_ms += 1000; /* the id of a row begins with its time */
	must_be(d, "jan@mail.example", WHO "X-Test-Child: die\n" PHISH, MAIL_EXPLAINED);
	assert_true(in(newest(t).text, "konden dit bericht niet lezen"));
	assert_int_equal(count(t, &UNREAD), 3);
	assert_int_equal(count(t, &DOSSIERS), 0);
	assert_int_equal(give(d, "piet@mail.example", STR(WHO "X-Test-Child: die\n" PHISH), &got), KT_EINVAL);
	assert_int_equal(give(d, "jan@mail.example", STR("geen kopregels"), &got), KT_EINVAL);
	assert_int_equal(give(d, "jan@mail.example", STR(""), &got), KT_EINVAL);
	assert_int_equal(count(t, &ANSWERS), 3);
	mail_desk_close(d);
}

static void test_defang(void **state)
{
	static const struct {
		const char *url, *host, *want;
	} cases[] = {{"https://example.nl", "example.nl", "hxxps://example[.]nl"},
	             {"http://a.example/", "a.example", "hxxp://a[.]example"},
	             {"HTTPS://a.example/x", "a.example", "hxxps://a[.]example/…"},
	             {"http://192.0.2.1/x?u=http://b.example", "192.0.2.1", "hxxp://192[.]0[.]2[.]1/…"}};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf b = BUF_INIT(1000);
		mail_defang(str_of(cases[i].url), str_of(cases[i].host), &b);
		assert_string_equal(b.p, cases[i].want);
		buf_free(&b);
	}
}

/* A child that dies of the whole message, as it would of a bomb; the header alone it can read. */
static void child_main(int argc, char **argv)
{
	struct str ids[MAIL_CHILD_IDS];
	struct mail_options o = {ids, 0};
	static char text[1u << 20];
	size_t n = 0;
	for (ssize_t k; n < sizeof(text) && (k = read(0, text + n, sizeof(text) - n)) > 0;)
		n += (size_t)k;
	struct str whole = {text, n};
	if (memmem(text, n, "X-Test-Child: die", 17) && !str_ends(whole, STR("\n\n")))
		_exit(9);
	for (int i = 0; i < argc; i++)
		ids[o.authserv_n++] = str_of(argv[i]);
	struct arena *a = arena_new(0);
	struct buf b = BUF_INIT(MAIL_MAX_JSON);
	struct mail m;
	int rc = mail_read(a, whole, &o, &m, NULL);
	if (rc)
		buf_printf(&b, "{\"code\":%d}", rc);
	else
		mail_to_json(&m, &b);
	_exit(write(1, b.p, b.n) == (ssize_t)b.n ? 0 : 1);
}

int main(int argc, char **argv)
{
	test_driver(argc, argv);
	if (argc >= 3 && strcmp(argv[1], MAIL_CHILD_COMMAND) == 0 && strcmp(argv[2], MAIL_CHILD_FLAG) == 0)
		child_main(argc - 3, argv + 3);
#define T(fn) cmocka_unit_test_setup_teardown(fn, test_centre_setup, test_centre_teardown)
	const struct CMUnitTest tests[] = {T(test_report_and_answer), T(test_loops_and_bounces), T(test_answers_a_day),
	                                   T(test_unreadable), cmocka_unit_test(test_defang)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
