#include "seam/smtp.h"

#include <stdio.h>
#include <time.h>

#include "seam/address.h"
#include "seam/crypto.h"
#include "seam/send_curl.h"

#define MESSAGE_MAX (256u << 10)
#define LINE 76

bool smtp_address(struct str a)
{
	static const char NOT[] = "<>()[]\\,;:\"@";
	ptrdiff_t at = str_rfind(a, '@');
	if (at <= 0 || a.n > 254 || (size_t)at + 1 == a.n || a.p[0] == '-')
		return false;
	for (size_t i = 0; i < a.n; i++) {
		unsigned char c = (unsigned char)a.p[i];
		if (c <= ' ' || c > '~' || (i != (size_t)at && strchr(NOT, c)))
			return false;
	}
	return true;
}

bool smtp_host(const char *url, char host[256])
{
	CURLU *u = curl_url();
	char *scheme = NULL, *name = NULL, *user = NULL;
	bool ok = u && !curl_url_set(u, CURLUPART_URL, url, 0) && !curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) &&
		!curl_url_get(u, CURLUPART_HOST, &name, 0) && curl_url_get(u, CURLUPART_USER, &user, 0) &&
		(strcmp(scheme, "smtp") == 0 || strcmp(scheme, "smtps") == 0);
	struct str h = str_of(name);
	if (ok && h.n > 2 && h.p[0] == '[')
		h = str_sub(h, 1, h.n - 1);
	ok = ok && str_copy(host, 256, h);
	curl_free(scheme);
	curl_free(name);
	curl_free(user);
	if (u)
		curl_url_cleanup(u);
	return ok;
}

int smtp_check(const char *url, struct err *e)
{
	char host[256];
	return smtp_host(url, host)
		? 0
		: err_set(e, KT_EINVAL, "smtp_url: verwacht smtp://naam:poort of smtps://naam:poort, zonder gebruiker erin");
}

static bool on_this_machine(const char *url)
{
	char host[256];
	struct address a;
	if (!smtp_host(url, host))
		return false;
	return strcmp(host, "localhost") == 0 || (address_of(str_of(host), &a) && address_loopback(&a));
}

static void add_lines(struct buf *b, struct str text)
{
	char line[LINE + 2];
	for (size_t i = 0; i < text.n; i += LINE / 4 * 3) {
		size_t end = i + LINE / 4 * 3;
		crypto_base64(line, sizeof(line), str_sub(text, i, end < text.n ? end : text.n));
		buf_printf(b, "%s\r\n", line);
	}
}

/* RFC 5322 in UTC; the C library's %a and %b follow the locale, these do not. */
static void add_date(struct buf *b, int64_t ms)
{
	static const char *const DAYS[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char *const MONTHS[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
	                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	time_t s = (time_t)(ms / 1000);
	struct tm t = {0};
	(void)gmtime_r(&s, &t);
	buf_printf(b, "Date: %s, %02d %s %04d %02d:%02d:%02d +0000\r\n", DAYS[t.tm_wday % 7], t.tm_mday,
	           MONTHS[t.tm_mon % 12], t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
}

static bool no_controls(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f)
			return false;
	return true;
}

static bool plain_id(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!ch_alnum((unsigned char)s.p[i]) && s.p[i] != '-')
			return false;
	return s.n > 0 && s.n <= 64;
}

/* 42 bytes make an encoded word that fits a line with its header (RFC 2047): never in the middle of a character. */
static void add_subject(struct buf *b, struct str s)
{
	char word[LINE];
	buf_z(b, "Subject:");
	for (size_t n = 0; s.n; s = str_sub(s, n, s.n)) {
		for (n = 0; n < s.n;) {
			size_t more = str_utf8_first(str_sub(s, n, s.n));
			if (!more || n + more > 42)
				break;
			n += more;
		}
		crypto_base64(word, sizeof(word), str_sub(s, 0, n));
		buf_printf(b, " =?utf-8?B?%s?=\r\n", word);
	}
}

/* What marks the mail as automatic, and an answer as one of ours that came back. */
static void add_automatic(struct buf *b, const struct smtp_mail *m)
{
	if (!m->reply) {
		buf_z(b, "Auto-Submitted: auto-generated\r\n");
		return;
	}
	buf_z(b, "Auto-Submitted: auto-replied\r\nX-Kentering-Loop: 1\r\n");
	if (m->in_reply_to.n)
		buf_printf(b, "In-Reply-To: <" STR_FMT ">\r\nReferences: <" STR_FMT ">\r\n", STR_ARG(m->in_reply_to),
		           STR_ARG(m->in_reply_to));
}

/* As another program made it; only what could end it or the line is refused. */
static bool message_id(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~' || s.p[i] == '<' || s.p[i] == '>')
			return false;
	return s.n <= 900;
}

int smtp_message(const struct smtp_mail *m, const char *from, struct buf *ret, struct err *e)
{
	struct str f = str_of(from);
	if (!smtp_address(m->to) || !smtp_address(f))
		return err_set(e, KT_EINVAL, "verwacht een gewoon e-mailadres");
	if (!m->subject.n || !no_controls(m->subject) || !str_utf8(m->subject) || !plain_id(m->id) ||
	    !message_id(m->in_reply_to))
		return err_set(e, KT_EINVAL, "verwacht een onderwerp zonder stuurtekens");
	struct str domain = str_sub(f, (size_t)str_rfind(f, '@') + 1, f.n);
	buf_printf(ret, "From: <%s>\r\nTo: <" STR_FMT ">\r\n", from, STR_ARG(m->to));
	add_subject(ret, m->subject);
	add_date(ret, m->now_ms);
	buf_printf(ret, "Message-ID: <" STR_FMT "@" STR_FMT ">\r\n", STR_ARG(m->id), STR_ARG(domain));
	add_automatic(ret, m);
	buf_z(ret,
	      "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
	      "Content-Transfer-Encoding: base64\r\n\r\n");
	add_lines(ret, m->text);
	return buf_err(ret) ? err_set(e, buf_err(ret), "het bericht is te groot") : 0;
}

static size_t give(char *p, size_t size, size_t n, void *user)
{
	struct str *rest = user;
	size_t k = size * n < rest->n ? size * n : rest->n;
	memcpy(p, rest->p, k);
	*rest = str_sub(*rest, k, rest->n);
	return k;
}

static enum send_why smtp_class(CURL *h, CURLcode c, const struct send_limits *l)
{
	long status = 0;
	(void)curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &status);
	/* The server's own word says more than libcurl's: 4yz is for now, 5yz for good. */
	if (c != CURLE_OK && c != CURLE_OPERATION_TIMEDOUT && status >= 400 && c != CURLE_USE_SSL_FAILED)
		return status >= 500 ? SEND_REFUSED : SEND_TROUBLE;
	return send_class(c, l);
}

static enum send_why perform(CURL *h, const struct smtp_server *s, const char *from, struct curl_slist *to,
                             struct str *text)
{
	long tls = on_this_machine(s->url) ? CURLUSESSL_TRY : CURLUSESSL_ALL;
	bool ok = send_common(h, "smtp,smtps", &s->limits) && !curl_easy_setopt(h, CURLOPT_URL, s->url) &&
		!curl_easy_setopt(h, CURLOPT_USE_SSL, tls) && !curl_easy_setopt(h, CURLOPT_MAIL_FROM, from) &&
		!curl_easy_setopt(h, CURLOPT_MAIL_RCPT, to) && !curl_easy_setopt(h, CURLOPT_UPLOAD, 1L) &&
		!curl_easy_setopt(h, CURLOPT_READFUNCTION, give) && !curl_easy_setopt(h, CURLOPT_READDATA, text) &&
		!curl_easy_setopt(h, CURLOPT_INFILESIZE_LARGE, (curl_off_t)text->n);
	if (ok && s->user)
		ok = !curl_easy_setopt(h, CURLOPT_USERNAME, s->user) &&
			!curl_easy_setopt(h, CURLOPT_PASSWORD, s->password ? s->password : "");
	return ok ? smtp_class(h, curl_easy_perform(h), &s->limits) : SEND_LOCAL;
}

enum send_why smtp_send(const struct smtp_server *s, const struct smtp_mail *m)
{
	struct buf b = BUF_INIT(MESSAGE_MAX);
	char to[256];
	if (smtp_message(m, s->from, &b, NULL) || !str_copy(to, sizeof(to), m->to)) {
		buf_free(&b);
		return SEND_LOCAL;
	}
	struct str text = buf_view(&b);
	CURL *h = curl_easy_init();
	struct curl_slist *list = curl_slist_append(NULL, to);
	enum send_why why = h && list ? perform(h, s, m->reply ? "<>" : s->from, list, &text) : SEND_LOCAL;
	if (h)
		curl_easy_cleanup(h);
	curl_slist_free_all(list);
	crypto_wipe(to, sizeof(to));
	buf_free(&b);
	return why;
}
