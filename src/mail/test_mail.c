/* Reading: what comes out of mails as people forward them, and of mails that were made to break a reader. */
#include "mail/test_mail.h"
#include "base/clock.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct mail_names *names;
static struct policy *policy;
static struct arena *arena;

const struct mail_names *test_names(void)
{
	return names;
}

static struct mail read_ok(struct str text)
{
	static const struct str ids[] = {{"mx.example", 10}};
	static const struct mail_options o = {ids, 1};
	struct mail m, back;
	struct buf b = BUF_INIT(MAIL_MAX_JSON);
	struct err e = {0};
	arena_reset(arena);
	if (mail_read(arena, text, &o, &m, &e))
		fail_msg("%s", e.text);
	mail_to_json(&m, &b);
	assert_int_equal(buf_err(&b), 0);
	assert_int_equal(mail_from_json(arena, buf_view(&b), &back, &e), 0);
	buf_free(&b);
	assert_true(back.links_n == m.links_n && back.pieces_n == m.pieces_n && back.heads_n == m.heads_n);
	return back;
}

static void has_link(const struct mail *m, const char *url, const char *text, enum mail_where where)
{
	for (size_t i = 0; i < m->links_n; i++)
		if (str_is(m->links[i].url, url) && m->links[i].where == where && (!text || str_is(m->links[i].text, text)))
			return;
	for (size_t i = 0; i < m->links_n; i++)
		print_message("have " STR_FMT " [" STR_FMT "] %d\n", STR_ARG(m->links[i].url), STR_ARG(m->links[i].text),
		              m->links[i].where);
	fail_msg("no link %s", url);
}

static bool says(const struct mail *m, const char *words)
{
	for (size_t i = 0; i < m->pieces_n; i++)
		if (memmem(m->pieces[i].text.p, m->pieces[i].text.n, words, strlen(words)))
			return true;
	return false;
}

#define HEAD "From: Jan <jan@een.example>\nSubject: =?utf-8?Q?Caf=C3=A9?=\nDate: Fri, 20 Nov 2026 10:00:00 +0100\n"
#define HTML(body) STR(HEAD "Content-Type: text/html; charset=utf-8\n\n" body)

static void test_plain(void **state)
{
	(void)state;
	struct mail m =
		read_ok(STR("From jan Fri Nov 20\n" HEAD "Message-ID: <a@b>\n\nKijk op https://kwaad.example/a_(b). "
	                "Of (www.anders.example/x), [hxxps://derde.example/q]!\n"));
	assert_true(str_is(m.heads[0].subject, "Caf\xC3\xA9") && str_is(m.heads[0].from_addr, "jan@een.example"));
	assert_true(str_is(m.heads[0].from_name, "Jan") && str_is(m.heads[0].message_id, "a@b"));
	assert_true(m.heads[0].date_ms == INT64_C(1795165200000));
	has_link(&m, "https://kwaad.example/a_(b)", "", MAIL_TEXT);
	has_link(&m, "http://www.anders.example/x", "", MAIL_TEXT);
	has_link(&m, "https://derde.example/q", "", MAIL_TEXT);
	assert_int_equal(m.links_n, 3);
	assert_int_equal(m.silent, MAIL_ANSWER);
}

static void test_html(void **state)
{
	(void)state;
	struct mail m =
		read_ok(HTML("<style>a{x:http://stijl.example/}</style><!-- http://weg.example/ --><p>Dag"
	                 "<a class='k' href = 'https://a.example/?x=1&amp;y=2'>Klik <b>hier</b><img alt='nu'"
	                 " src=https://plaat.example/p.gif></a> <A HREF=//b.example/pad>b</A>"
	                 "<a href=\"ht\ntps://c.ex\tample/\">c</a><area href=http://d.example/>"
	                 "<form action='https://e.example/post'></form>https://los.example/tekst"
	                 "<a href='&#x68;ttps&colon;&sol;&sol;f.example&#47;'>f</a><a href='mailto:x@g.example'>g</a>"
	                 "<meta http-equiv=refresh content='0; url=https://h.example/'>"
	                 "<a href='javascript:alert(1)'>j</a><a href=https://k.example/open>onaf"));
	has_link(&m, "https://a.example/?x=1&y=2", "Klik hier nu", MAIL_HTML);
	has_link(&m, "https://plaat.example/p.gif", "", MAIL_IMAGE);
	has_link(&m, "https://b.example/pad", "b", MAIL_HTML);
	has_link(&m, "https://c.example/", "c", MAIL_HTML);
	has_link(&m, "http://d.example/", "", MAIL_HTML);
	has_link(&m, "https://e.example/post", "", MAIL_HTML);
	has_link(&m, "https://los.example/tekst", "", MAIL_HTML);
	has_link(&m, "https://f.example/", "f", MAIL_HTML);
	has_link(&m, "https://h.example/", "", MAIL_HTML);
	has_link(&m, "https://k.example/open", "onaf", MAIL_HTML);
	assert_int_equal(m.links_n, 10);
	assert_true(says(&m, "x@g.example") && !says(&m, "stijl") && !says(&m, "weg.example"));
}

static void test_encodings(void **state)
{
	(void)state;
	struct mail m =
		read_ok(STR(HEAD "Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n"
	                     "<a href=3D\"https://kwaad.exam=\nple/lang=\n?x=3D1\">k=C3=A9</a>\n"));
	has_link(&m, "https://kwaad.example/lang?x=1", "k\xC3\xA9", MAIL_HTML);
	m = read_ok(STR(HEAD "Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n"
	                     "aHR0cHM6Ly9rd2FhZC5leGFtcGxl\nL2Jhc2U2NA==\n"));
	has_link(&m, "https://kwaad.example/base64", "", MAIL_TEXT);
	m = read_ok(STR(HEAD "Content-Type: text/plain; charset=iso-8859-1\n\ncaf\xE9 https://a.example/\n"));
	assert_true(says(&m, "caf\xC3\xA9"));
	m = read_ok(STR(HEAD "Content-Type: text/plain; charset=bestaat-niet\n\ncaf\xE9 https://a.example/\n"));
	assert_true(says(&m, "caf\xC3\xA9"));
	m = read_ok(STR(HEAD "Content-Type: text/html; charset=utf-16le\nContent-Transfer-Encoding: base64\n\n"
	                     "aAB0AHQAcAA6AC8ALwB1ADEANgAuAGUAeABhAG0AcABsAGUALwA=\n"));
	has_link(&m, "http://u16.example/", "", MAIL_HTML);
	/* Marks that turn the direction and joiners: nobody sees them, so they are not there. */
	m = read_ok(HTML("<a href=\"https://kw\xE2\x80\x8B"
	                 "aad.example/\">www.\xE2\x80\xAE"
	                 "ing\xE2\x80\x8F.nl</a>"));
	has_link(&m, "https://kwaad.example/", "www.ing.nl", MAIL_HTML);
	m = read_ok(STR(HEAD "Content-Type: text/plain; charset=utf-8\n\n\xFF\xFE https://a.example/ \xC3\n"));
	has_link(&m, "https://a.example/", "", MAIL_TEXT);
}

#define FLATE_PDF \
	"JVBERi0xLjUKMSAwIG9iajw8L0ZpbHRlci9GbGF0ZURlY29kZT4+c3RyZWFtCnics7HRD9YPDfIE" \
	"YQWNjJKSAit9/bScxJJUvdSKxNyCnFR9TTs7GyqqAgDXPyN3CmVuZHN0cmVhbSBlbmRvYmoK"
#define ATTACHED "Content-Type: multipart/mixed; boundary=q\n\n--q\nContent-Type: text/plain\n\nZie bijlage.\n--q\n"

static void test_attachments(void **state)
{
	(void)state;
	struct mail m = read_ok(STR(HEAD ATTACHED "Content-Type: message/rfc822\n\nFrom: x@kwaad.example\nSubject: s\n\n"
	                                          "http://in.example/\n--q--\n"));
	has_link(&m, "http://in.example/", "", MAIL_TEXT);
	assert_true(m.heads_n == 2 && str_is(m.heads[1].from_addr, "x@kwaad.example") && m.links[0].depth == 1);
	m = read_ok(STR(HEAD ATTACHED "Content-Type: application/octet-stream; name=\"doorgestuurd.EML\"\n"
	                              "Content-Transfer-Encoding: base64\n\n"
	                              "RnJvbTogeEBrd2FhZC5leGFtcGxlCgpodHRwOi8vZW1sLmV4YW1wbGUvCg==\n--q--\n"));
	has_link(&m, "http://eml.example/", "", MAIL_TEXT);
	assert_true(m.heads_n == 2 && m.attachments == 1);
	m = read_ok(STR(HEAD ATTACHED "Content-Type: text/calendar\n\nBEGIN:VEVENT\nDESCRIPTION:Kom naar https://ka\n"
	                              " l.example/x\\, nu\\nof\nEND:VEVENT\n--q--\n"));
	has_link(&m, "https://kal.example/x", "", MAIL_CALENDAR);
	m = read_ok(STR(HEAD ATTACHED "Content-Type: text/html; name=a.html\nContent-Disposition: attachment\n\n"
	                              "<a href=http://bij.example/>b</a>\n--q--\n"));
	has_link(&m, "http://bij.example/", "b", MAIL_ATTACHMENT);
	m = read_ok(STR(HEAD ATTACHED
	                "Content-Type: application/pdf\n\n%PDF-1.4\n1 0 obj<</A<</S/URI/URI (https://pdf.example/\\(a"
	                "\\)\\057b)>>>>endobj\n--q--\n"));
	has_link(&m, "https://pdf.example/(a)/b", "", MAIL_PDF);
	/* The same in a Flate stream: zlib of "<</URI (http://flate.example/)>>". */
	m = read_ok(STR(HEAD ATTACHED "Content-Type: application/pdf\nContent-Transfer-Encoding: base64\n\n" FLATE_PDF
	                              "\n--q--\n"));
	has_link(&m, "http://flate.example/", "", MAIL_PDF);
}

static void test_forwards(void **state)
{
	(void)state;
	struct buf b = BUF_INIT(1u << 20);
	for (int i = 0; i < 5; i++)
		buf_printf(&b,
		           "From: p%d@x.example\nContent-Type: multipart/mixed; boundary=b%d\n\n--b%d\n"
		           "Content-Type: message/rfc822\n\n",
		           i, i, i);
	buf_z(&b, "From: dief@kwaad.example\n\nhttps://diep.example/\n");
	struct mail m = read_ok(buf_view(&b));
	has_link(&m, "https://diep.example/", "", MAIL_TEXT);
	assert_true(m.depth == 5 && m.links[0].depth == 5 && m.heads_n == 6);
	buf_free(&b);
	m = read_ok(
		STR(HEAD "\nzie http://buiten.example/\n---------- Doorgestuurd bericht ---------\nVan: D <d@kwaad.example>\n"
	             "Onderwerp: Let op\n\nhttp://een.example/\n> Begin doorgestuurd bericht:\n> http://twee.example/\n"));
	assert_true(m.depth == 2 && m.links[0].depth == 0 && m.links[1].depth == 1 && m.links[2].depth == 2);
	assert_true(str_is(m.heads[1].from_addr, "d@kwaad.example") && str_is(m.heads[1].subject, "Let op"));
	m = read_ok(STR(
		HEAD "\nhttps://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fecht.example%2Fa%3Fb%3D1&data=x\n"));
	has_link(&m, "https://echt.example/a?b=1", NULL, MAIL_TEXT);
	assert_true(m.links[1].wrapped);
}

static void test_trust(void **state)
{
	(void)state;
	static const struct {
		const char *head;
		bool want;
	} r[] = {
		{"Authentication-Results: mx.example; dmarc=pass header.from=een.example\n", true},
		{"Authentication-Results: MX.example 1; spf=pass; dmarc=pass (p=none) header.from=een.example\n", true},
		{"Authentication-Results: mx.example;\n dkim=pass header.d=een.example;\n\tdmarc=pass "
	     "header.from=een.example\n",
	     true},
		{"Authentication-Results: mx.anders.example; dmarc=pass header.from=een.example\n", false},
		{"Authentication-Results: mx.example; dmarc=pass header.from=twee.example\n", false},
		{"Authentication-Results: mx.example; dmarc=pass\n", false},
		{"Authentication-Results: mx.example; dmarc=fail header.from=een.example\n", false},
		{"Authentication-Results: mx.example; spf=pass (dmarc=pass header.from=een.example)\n", false},
		{"Authentication-Results: mx.example; dkim=pass header.d=een.example\n", false},
		/* The local part of an address is the sender's own; so is what a server repeats of it in a comment. */
		{"Authentication-Results: mx.example; spf=pass smtp.mailfrom=\"x; dmarc=pass header.from=een.example "
	     "\"@kwaad.example\n",
	     false},
		{"Authentication-Results: mx.example; spf=pass smtp.mailfrom=\"x\\\"; dmarc=pass header.from=een.example "
	     ";\"@kwaad.example\n",
	     false},
		{"Authentication-Results: mx.example; spf=pass (domain of x) ; dmarc=pass header.from=een.example "
	     "(@kwaad.example); dmarc=fail header.from=een.example\n",
	     false},
		{"Authentication-Results: mx.example; spf=pass smtp.mailfrom=\"jan (thuis)\"@een.example; dmarc=pass "
	     "header.from=een.example\n",
	     true},
		{"From: nep@een.example\nFrom: twee@twee.example\nAuthentication-Results: mx.example; dmarc=pass "
	     "header.from=een.example\n",
	     false},
		/* Ours on top counts; what lies below came along. */
		{"Authentication-Results: mx.example; dmarc=none\n"
	     "Authentication-Results: mx.example; dmarc=pass header.from=een.example\n",
	     false},
		{"Authentication-Results: mx.anders.example; dmarc=fail header.from=een.example\n"
	     "Authentication-Results: mx.example; dmarc=pass header.from=een.example\n",
	     true},
		{"From: nep@een.example, twee@een.example\nAuthentication-Results: mx.example; dmarc=pass "
	     "header.from=een.example\n",
	     false},
	};
	for (size_t i = 0; i < sizeof(r) / sizeof(r[0]); i++) {
		struct buf b = BUF_INIT(4096);
		buf_printf(&b, "%s%s\ntekst\n", r[i].head, strncmp(r[i].head, "From", 4) ? HEAD : "Subject: x\n");
		struct mail m = read_ok(buf_view(&b));
		if (m.confirmed != r[i].want)
			fail_msg("%s", r[i].head);
		buf_free(&b);
	}
}

static void test_silence(void **state)
{
	(void)state;
	static const struct {
		const char *head;
		enum mail_silent want;
	} r[] = {
		{HEAD, MAIL_ANSWER},
		{HEAD "Auto-Submitted: no\n", MAIL_ANSWER},
		{HEAD "Auto-Submitted: auto-replied\n", MAIL_AUTO},
		{HEAD "Precedence: bulk\n", MAIL_BULK},
		{HEAD "List-Id: <l.example>\n", MAIL_BULK},
		{HEAD "Return-Path: <>\n", MAIL_BOUNCE},
		{HEAD "Return-Path: <jan@een.example>\n", MAIL_ANSWER},
		{HEAD "X-Kentering-Loop: 1\n", MAIL_LOOP},
		{"Subject: x\n", MAIL_NO_SENDER},
		{"From: MAILER-DAEMON@een.example\n", MAIL_BOUNCE},
		{HEAD "Content-Type: multipart/report; report-type=delivery-status; boundary=q\n", MAIL_REPORT},
	};
	for (size_t i = 0; i < sizeof(r) / sizeof(r[0]); i++) {
		struct buf b = BUF_INIT(4096);
		buf_printf(&b, "%s\ntekst\n", r[i].head);
		struct mail m = read_ok(buf_view(&b));
		if (m.silent != r[i].want)
			fail_msg("%s: %d", r[i].head, m.silent);
		assert_true((m.silent == MAIL_ANSWER) == (mail_silent_text(m.silent) == NULL));
		buf_free(&b);
	}
}

static void bounded(struct buf *b, const char *what, double most_s)
{
	int64_t began = clock_mono_ns();
	struct mail m = read_ok(buf_view(b));
	double s = (double)(clock_mono_ns() - began) / 1e9;
	print_message("%s: %zu bytes, %.2f s, %u parts, depth %u\n", what, b->n, s, m.parts, m.depth);
	if (s > most_s)
		fail_msg("%s took %.2f s", what, s);
	assert_true(m.parts <= MAIL_MAX_PARTS && m.depth <= MAIL_MAX_DEPTH && m.links_n <= MAIL_MAX_LINKS);
	buf_free(b);
}

static void test_bombs(void **state)
{
	(void)state;
	struct buf b = BUF_INIT(MAIL_MAX_BYTES);
	buf_z(&b, HEAD "Content-Type: multipart/mixed; boundary=q\n\n");
	for (int i = 0; i < 10000; i++)
		buf_printf(&b, "--q\nContent-Type: text/plain\n\nhttp://p%d.example/\n", i);
	bounded(&b, "10,000 parts", 10);
	buf_z(&b, HEAD);
	for (int i = 0; i < 1000; i++)
		buf_printf(&b, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i);
	bounded(&b, "1,000 levels", 10);
	for (int i = 0; i < 1000; i++)
		buf_z(&b, "From: a@b.example\nContent-Type: message/rfc822\n\n");
	bounded(&b, "1,000 messages in each other", 10);
	buf_z(&b, HEAD "X-Lang: ");
	for (int i = 0; i < 1 << 20; i++)
		buf_c(&b, 'a');
	buf_z(&b, "\n\nhttp://a.example/\n");
	bounded(&b, "header of 1 MB", 10);
	buf_z(&b, HEAD "Content-Type: multipart/mixed; boundary=q\n\n");
	for (int i = 0; i < 100000; i++)
		buf_z(&b, "--q\n\nhttp://a.example/\n");
	bounded(&b, "100,000 parts", 10);
	buf_z(&b, HEAD "X-Lang: ");
	for (int i = 0; i < 10 << 20; i++)
		buf_c(&b, 'a');
	buf_z(&b, "\n\nhttp://a.example/\n");
	bounded(&b, "header of 10 MB", 10);
	buf_z(&b, HEAD "Content-Transfer-Encoding: base64\n\n");
	while (b.n < MAIL_MAX_BYTES - 1000)
		buf_z(&b, "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB");
	bounded(&b, "one line of 25 MB of base64", 10);
	buf_z(&b, "From: ");
	for (int i = 0; i < 50000; i++)
		buf_z(&b, "a@b.example, <<\"(");
	buf_z(&b, "\n\nx\n");
	bounded(&b, "sender of 1 MB", 10);
	buf_z(&b, HEAD "Content-Type: text/html\n\n");
	for (int i = 0; i < 200000; i++)
		buf_z(&b, "<a href=\"<!--<a '");
	bounded(&b, "half tags", 10);
	buf_z(&b, HEAD "Content-Type: text/html\n\n");
	for (int i = 0; i < 100000; i++)
		buf_printf(&b, "<a href=http://l%d.example/>&amp;&#x41;</a>", i);
	bounded(&b, "100,000 links", 10);
	buf_z(&b, HEAD "Content-Type: text/plain\n\n");
	while (b.n < 8u << 20)
		buf_z(&b, "tekst \"zonder\" einde\n");
	bounded(&b, "8 MiB of text", 10);
}

static void test_broken(void **state)
{
	(void)state;
	struct mail m;
	struct err e = {0};
	static const char whole[] =
		HEAD ATTACHED "Content-Type: message/rfc822\n\nFrom: x@y.example\nContent-Type: multipart/"
					  "alternative; boundary=\"q\"\n\n--q\nContent-Type: text/html\n\n<a href="
					  "'http://grens.example/'>x</a>\n--q--\n--q--\n";
	for (size_t n = 0; n < sizeof(whole); n++) {
		arena_reset(arena);
		int rc = mail_read(arena, (struct str){whole, n}, NULL, &m, &e);
		assert_true(rc == 0 || rc == KT_EINVAL);
	}
	assert_int_equal(mail_read(arena, STR(""), NULL, &m, &e), KT_EINVAL);
	assert_int_equal(mail_read(arena, STR("geen mail\n\nhallo"), NULL, &m, &e), KT_EINVAL);
	m = read_ok(STR(HEAD "Content-Type: multipart/mixed; boundary=\"\"\n\n--\nhttp://leeg.example/\n"));
	m = read_ok(STR(HEAD "Content-Type: multipart/mixed\n\nhttp://zonder.example/\n"));
	m = read_ok(STR("From: a@b.example\r\nContent-Type: text/plain\r\n\r\nhttp://crlf.example/\r\n"));
	has_link(&m, "http://crlf.example/", "", MAIL_TEXT);
	static const char *const lies[] = {"",
	                                   "[]",
	                                   "{}",
	                                   "{\"heads\":[]}",
	                                   "{\"heads\":[{}],\"pieces\":[],\"links\":[]}",
	                                   "{\"heads\":[{\"depth\":99,\"unsubscribe\":false,\"failed\":false}]}"};
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++)
		assert_int_equal(mail_from_json(arena, str_of(lies[i]), &m, &e), KT_EUNAVAIL);
}

/* ---- the child ---- */

#define HOOK "hook."

/* What a reader that was taken over might try, behind the locks. */
static int misbehave(const char *how)
{
	static const char flood[4096] = "xxxxxxxxxxxxxxxx";
	if (mail_child_lock())
		_exit(9);
	if (strcmp(how, "crash") == 0)
		raise(SIGSEGV);
	else if (strcmp(how, "socket") == 0)
		(void)!socket(AF_INET, SOCK_STREAM, 0);
	else if (strcmp(how, "fork") == 0)
		(void)!fork();
	else if (strcmp(how, "flood") == 0)
		while (write(1, flood, sizeof(flood)) > 0)
			;
	else if (strcmp(how, "hang") == 0)
		for (volatile unsigned x = 0;; x++)
			;
	else if (strcmp(how, "memory") == 0)
		for (size_t n = 0; n < 1024; n++) {
			volatile char *p = malloc(1u << 20);
			if (!p)
				_exit(1);
			for (size_t k = 0; k < 1u << 20; k += 4096)
				p[k] = 1;
		}
	else if (strcmp(how, "open") == 0) /* nonsense of a form that tells what happened */
		(void)!(open("/etc/passwd", O_RDONLY) < 0 && errno == EACCES ? write(1, "{\"code\":-1}", 11) : 0);
	_exit(0);
}

static int call(const char *id, struct str text, struct mail *m, struct err *e)
{
	struct str ids[] = {str_of(id)};
	struct mail_options o = {ids, 1};
	arena_reset(arena);
	return mail_child(arena, text, &o, m, e);
}

static void test_child(void **state)
{
	(void)state;
	struct mail m;
	struct err e = {0};
	int64_t began = clock_mono_ns();
	struct str good = STR("Authentication-Results: mx.example; dmarc=pass header.from=een.example\n" HEAD
	                      "Content-Type: text/plain; charset=windows-1252\n\n\x80 5 https://kwaad.example/\n");
	assert_int_equal(call("mx.example", good, &m, &e), 0);
	assert_true(m.links_n == 1 && m.confirmed && says(&m, "\xE2\x82\xAC 5"));
	print_message("child: %.1f ms\n", (double)(clock_mono_ns() - began) / 1e6);
	assert_int_equal(call("anders.example", good, &m, &e), 0);
	assert_false(m.confirmed);
	assert_int_equal(call("x", STR("geen mail"), &m, &e), KT_EINVAL);
	static const char *const bad[] = {"crash", "socket", "fork", "flood", "empty", "memory"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char id[32];
		snprintf(id, sizeof(id), HOOK "%s", bad[i]);
		if (call(id, good, &m, &e) != KT_EUNAVAIL)
			fail_msg("%s was believed", bad[i]);
		assert_string_equal(e.text, "Dit bericht kon niet worden gelezen.");
	}
	assert_int_equal(call(HOOK "open", good, &m, &e), KT_EINVAL); /* it said that it was refused */
}

static void test_child_limits(void **state)
{
	(void)state;
	struct mail m;
	struct err e = {0};
	struct buf b = BUF_INIT(MAIL_MAX_BYTES + 4096);
	int64_t began = clock_mono_ns();
	assert_int_equal(call(HOOK "hang", STR(HEAD "\nx"), &m, &e), KT_EUNAVAIL);
	double s = (double)(clock_mono_ns() - began) / 1e9;
	print_message("hang: ended after %.1f s\n", s);
	assert_true(s < MAIL_CHILD_SECONDS + 2);
	buf_z(&b, HEAD "\n");
	while (b.n <= MAIL_MAX_BYTES - 64)
		buf_z(&b, "http://a.example/ tekst tekst tekst tekst tekst tekst tekst\n");
	began = clock_mono_ns();
	assert_int_equal(call("x", buf_view(&b), &m, &e), 0);
	assert_true(m.cut && m.links_n >= 1);
	print_message("25 MiB: %.1f s\n", (double)(clock_mono_ns() - began) / 1e9);
	while (b.n <= MAIL_MAX_BYTES)
		buf_z(&b, "nog meer\n");
	assert_int_equal(call("x", buf_view(&b), &m, &e), KT_ELIMIT);
	buf_free(&b);
}

static int load(void **state)
{
	(void)state;
	static struct valid_report report;
	char dir[1024];
	const char *source = getenv("KENTERING_SOURCE"), *dirs[] = {dir};
	struct err e = {0};
	snprintf(dir, sizeof(dir), "%s/policy", source ? source : ".");
	arena = arena_new(256u << 20);
	if (!arena || policy_load(dirs, 1, &policy, &report, &e)) {
		print_message("policy: %s\n", e.text);
		return -1;
	}
	names = mail_names_new(policy);
	return names ? 0 : -1;
}

static int unload(void **state)
{
	(void)state;
	mail_names_free(names);
	policy_free(policy);
	arena_free(arena);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc >= 3 && strcmp(argv[1], MAIL_CHILD_COMMAND) == 0 && strcmp(argv[2], MAIL_CHILD_FLAG) == 0) {
		if (argc > 3 && strncmp(argv[3], HOOK, strlen(HOOK)) == 0)
			return misbehave(argv[3] + strlen(HOOK));
		mail_child_main(argc - 3, argv + 3);
	}
	const struct CMUnitTest all[] = {
		cmocka_unit_test(test_plain),       cmocka_unit_test(test_html),        cmocka_unit_test(test_encodings),
		cmocka_unit_test(test_attachments), cmocka_unit_test(test_forwards),    cmocka_unit_test(test_trust),
		cmocka_unit_test(test_silence),     cmocka_unit_test(test_bombs),       cmocka_unit_test(test_broken),
		cmocka_unit_test(test_features),    cmocka_unit_test(test_downweights), cmocka_unit_test(test_forwarded_sender),
		cmocka_unit_test(test_public_set),  cmocka_unit_test(test_child),       cmocka_unit_test(test_child_limits),
	};
	return cmocka_run_group_tests(all, load, unload);
}
