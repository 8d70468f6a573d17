/* The protocol: what is said, what comes through, and that it never depends on how the bytes are cut up. */
#include "mail/lmtp.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define MAX 1000

static struct lmtp_options options = {"mx.example", {"meld@desk.example", 17}, MAX};

/* Feeds in pieces of `step` (0: at once); messages show up between the replies. */
static char *talk(struct str in, size_t step)
{
	struct lmtp l;
	struct buf out = BUF_INIT(16u << 20);
	enum lmtp_want w = LMTP_MORE;
	lmtp_start(&l, &options, &out);
	while (in.n && w != LMTP_CLOSE) {
		size_t n = step && step < in.n ? step : in.n;
		struct str piece = str_sub(in, 0, n);
		in = str_sub(in, n, in.n);
		do {
			w = lmtp_read(&l, &piece, &out);
			if (w != LMTP_DELIVER)
				continue;
			buf_printf(&out, "<%s|", l.sender);
			buf_str(&out, buf_view(&l.data));
			buf_z(&out, ">");
			w = lmtp_delivered(&l, 250, "2.6.0", "taken in", &out);
		} while (w == LMTP_MORE && piece.n);
	}
	lmtp_free(&l);
	char *z = strdup(out.n ? out.p : "");
	buf_free(&out);
	assert_non_null(z);
	return z;
}

/* The same whatever the cut; returned for more. */
static char *all_cuts(struct str in)
{
	char *whole = talk(in, 0);
	for (size_t step = 1; step < 40; step++) {
		char *cut = talk(in, step);
		assert_string_equal(whole, cut);
		free(cut);
	}
	return whole;
}

#define GREET "220 mx.example LMTP Kentering\r\n"
#define HELLO \
	"250-mx.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-ENHANCEDSTATUSCODES\r\n250 SIZE 1000\r\n"
#define OPEN "LHLO mta\r\nMAIL FROM:<jan@mail.example>\r\nRCPT TO:<meld@desk.example>\r\nDATA\r\n"
#define OPENED \
	GREET HELLO "250 2.1.0 sender ok\r\n250 2.1.5 recipient ok\r\n354 go on; end with a line that holds one dot\r\n"
#define TAKEN "250 2.6.0 taken in\r\n"

struct pair {
	const char *in, *out;
};

static void check(const struct pair *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char *got = all_cuts(str_of(p[i].in));
		if (strcmp(got, p[i].out) != 0)
			fail_msg("case %zu:\n%s\nexpected:\n%s", i, got, p[i].out);
		free(got);
	}
}
#define CHECK(a) check(a, sizeof(a) / sizeof(a[0]))

static void test_messages(void **state)
{
	static const struct pair cases[] = {
		{OPEN "Subject: x\r\n\r\nhallo\r\n.\r\nQUIT\r\n",
	     OPENED "<jan@mail.example|Subject: x\r\n\r\nhallo\r\n>" TAKEN "221 2.0.0 goodbye\r\n"},
		/* dots */
		{OPEN ".\r\n", OPENED "<jan@mail.example|>" TAKEN},
		{OPEN "..\r\n...\r\n.x\r\n\r\n.\r\n", OPENED "<jan@mail.example|.\r\n..\r\nx\r\n\r\n>" TAKEN},
		/* a reply for each recipient, and the next message in the same breath */
		{"LHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<MELD@desk.example>\r\nRCPT TO:<x@desk.example>\r\n"
	     "RCPT TO:<meld+tag@Desk.Example>\r\nDATA\r\nq\r\n.\r\nMAIL FROM:<a@b.example>\r\nRSET\r\nNOOP\r\n",
	     GREET HELLO "250 2.1.0 sender ok\r\n250 2.1.5 recipient ok\r\n550 5.1.1 no such mailbox here\r\n"
	                 "250 2.1.5 recipient ok\r\n354 go on; end with a line that holds one dot\r\n<|q\r\n>" TAKEN TAKEN
	                 "250 2.1.0 sender ok\r\n250 2.0.0 forgotten\r\n250 2.0.0 ok\r\n"},
		{"LHLO a\r\nMAIL FROM:<@x.example,@y.example:\"a b>\\\"\"@b.example> SIZE=12 BODY=8BITMIME SMTPUTF8\r\nVRFY "
	     "x\r\n",
	     GREET HELLO "250 2.1.0 sender ok\r\n252 2.1.5 send it and see\r\n"},
	};
	(void)state;
	CHECK(cases);
}

/* No second message can hide in the first: only CR LF . CR LF ends it, and a message with another line end is refused.
 */
static void test_smuggling(void **state)
{
	static const char *const ends[] = {"\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r\n.\r", "\r\n\r.\r\n", "\r\n.\r\r\n"};
	(void)state;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		char in[600];
		snprintf(in, sizeof(in),
		         "%sa%sMAIL FROM:<boef@mail.example>\r\nRCPT TO:<meld@desk.example>\r\nDATA\r\nb\r\n.\r\n"
		         "NOOP\r\n",
		         OPEN, ends[i]);
		char *got = all_cuts(str_of(in));
		assert_string_equal(got, OPENED "554 5.6.0 lines of a message end with CR LF\r\n250 2.0.0 ok\r\n");
		free(got);
	}
	static const struct pair commands[] = {
		{"LHLO a\nMAIL FROM:<a@b.example>\r\nNOOP\r\n",
	     GREET "500 5.5.2 control character in a command; lines end with CR LF\r\n250 2.0.0 ok\r\n"},
		{"LHLO a\rNOOP\r\n", GREET "500 5.5.2 control character in a command; lines end with CR LF\r\n"},
	};
	CHECK(commands);
}

static void test_order_and_syntax(void **state)
{
	static const struct pair cases[] = {
		{"MAIL FROM:<a@b.example>\r\nHELO x\r\nEHLO x\r\n",
	     GREET "503 5.5.1 LHLO first\r\n500 5.5.1 this is LMTP: say LHLO\r\n500 5.5.1 this is LMTP: say LHLO\r\n"},
		{"LHLO\r\nLHLO x\r\nRCPT TO:<meld@desk.example>\r\nDATA\r\n",
	     GREET "501 5.5.4 LHLO needs a name\r\n" HELLO "503 5.5.1 MAIL first\r\n503 5.5.1 no valid recipients\r\n"},
		{"LHLO x\r\nMAIL FROM:<a@b.example> SIZE=1001\r\nMAIL FROM:<a@b.example> SIZE=99999999999999999999\r\n"
	     "MAIL FROM:<a@b.example> SIZE=-1\r\nMAIL FROM:<a@b.example> RET=HDRS\r\nMAIL FROM:<a@b.example>x\r\n",
	     GREET HELLO "552 5.3.4 message too big: forward the message itself, without large attachments\r\n"
	                 "552 5.3.4 message too big: forward the message itself, without large attachments\r\n"
	                 "501 5.5.4 parameter not known here, or wrong\r\n555 5.5.4 parameter not known here, or wrong\r\n"
	                 "501 5.1.7 this is no sender's address\r\n"},
		{"LHLO x\r\nMAIL FROM:a@b.example\r\nMAIL FROM:<a>\r\nMAIL FROM:<a@b>\r\nMAIL FROM:<a@b>\r\nRCPT TO:<>\r\n"
	     "BDAT 3 LAST\r\nNOOPX\r\n",
	     GREET HELLO "501 5.1.7 this is no sender's address\r\n501 5.1.7 this is no sender's address\r\n"
	                 "250 2.1.0 sender ok\r\n503 5.5.1 one sender at a time\r\n501 5.1.3 this is no recipient's "
	                 "address\r\n502 5.5.1 command not known\r\n502 5.5.1 command not known\r\n"},
	};
	(void)state;
	CHECK(cases);
}

static void test_limits(void **state)
{
	struct buf in = BUF_INIT(1u << 20);
	(void)state;
	/* a line of 10,000 bytes costs one error; ten errors end the session */
	for (int i = 0; i < 12; i++) {
		for (int k = 0; k < 10000; k++)
			buf_c(&in, 'x');
		buf_z(&in, "\r\n");
	}
	char *got = talk(buf_view(&in), 777), *at = got;
	unsigned n = 0;
	for (; (at = strstr(at, "500 5.5.2 line too long\r\n")); at++)
		n++;
	assert_int_equal(n, LMTP_ERRORS);
	assert_non_null(strstr(got, "421 4.7.0 too many errors\r\n"));
	free(got);
	/* 25 MiB in small: one byte too many, refused for each recipient, and the session goes on */
	buf_reset(&in);
	buf_z(
		&in,
		"LHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<meld@desk.example>\r\nRCPT TO:<meld@desk.example>\r\nDATA\r\n");
	for (int k = 0; k < MAX - 1; k++)
		buf_c(&in, 'x');
	buf_z(&in, "\r\n.\r\nNOOP\r\n");
	got = all_cuts(buf_view(&in));
	at = strstr(got, "552 5.3.4");
	assert_non_null(at);
	assert_non_null(strstr(at + 1, "552 5.3.4"));
	assert_null(strchr(got, '<'));
	assert_non_null(strstr(at, "250 2.0.0 ok"));
	free(got);
	/* recipients */
	buf_reset(&in);
	buf_z(&in, "LHLO x\r\nMAIL FROM:<a@b.example>\r\n");
	for (int k = 0; k < 101; k++)
		buf_z(&in, "RCPT TO:<meld@desk.example>\r\n");
	got = talk(buf_view(&in), 0);
	assert_non_null(strstr(got, "452 4.5.3 too many recipients\r\n"));
	free(got);
	/* commands without a message */
	buf_reset(&in);
	for (unsigned k = 0; k <= LMTP_COMMANDS; k++)
		buf_z(&in, "NOOP\r\n");
	got = talk(buf_view(&in), 0);
	assert_non_null(strstr(got, "421 4.7.0 too many commands\r\n"));
	free(got);
	buf_free(&in);
}

/* When all sessions together hold too much, one message has to come back later. */
static void test_squeeze(void **state)
{
	struct lmtp l;
	struct buf out = BUF_INIT(65536);
	struct str in = STR(OPEN "abc");
	(void)state;
	lmtp_start(&l, &options, &out);
	assert_int_equal(lmtp_read(&l, &in, &out), LMTP_MORE);
	lmtp_squeeze(&l);
	buf_reset(&out);
	in = STR("def\r\n.\r\nMAIL FROM:<a@b.example>\r\n");
	assert_int_equal(lmtp_read(&l, &in, &out), LMTP_MORE);
	assert_string_equal(out.p, "452 4.3.1 too busy, try again later\r\n250 2.1.0 sender ok\r\n");
	lmtp_goodbye(&l, "4.4.2", "too slow", &out);
	in = STR("NOOP\r\n");
	assert_int_equal(lmtp_read(&l, &in, &out), LMTP_CLOSE);
	lmtp_free(&l);
	buf_free(&out);
}

/* Any bytes, any cut: the same. */
static void test_random_cuts(void **state)
{
	static const char *const words[] = {"LHLO x\r\n",
	                                    "MAIL FROM:<a@b.example>\r\n",
	                                    "RCPT TO:<meld@desk.example>\r\n",
	                                    "DATA\r\n",
	                                    "text\r\n",
	                                    ".\r\n",
	                                    "..\r\n",
	                                    "\r\n.\r\n",
	                                    "\n.\n",
	                                    "\r",
	                                    "\n",
	                                    ".",
	                                    "RSET\r\n",
	                                    "\r\r\n",
	                                    "NOOP\r\n",
	                                    "\xff\0"};
	uint64_t seed = 88172645463325252u;
	(void)state;
	for (int round = 0; round < 300; round++) {
		struct buf in = BUF_INIT(65536);
		buf_z(&in, round % 2 ? OPEN : "");
		for (int i = 0; i < 40; i++) {
			seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
			buf_z(&in, words[seed % (sizeof(words) / sizeof(words[0]))]);
		}
		free(all_cuts(buf_view(&in)));
		buf_free(&in);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_messages), cmocka_unit_test(test_smuggling),   cmocka_unit_test(test_order_and_syntax),
		cmocka_unit_test(test_limits),   cmocka_unit_test(test_random_cuts), cmocka_unit_test(test_squeeze),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
