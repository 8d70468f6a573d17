#include "mail/lmtp.h"
#include <stdio.h>
#include <stdlib.h>

static void say(struct buf *out, int code, const char *enhanced, const char *text)
{
	buf_printf(out, "%d %s%s%.*s\r\n", code, enhanced, enhanced[0] ? " " : "", (int)(LMTP_ANSWER - 20), text);
}

/* A mistake of the client; the last one it may make ends the session. */
static enum lmtp_want wrong(struct lmtp *l, struct buf *out, int code, const char *enhanced, const char *text)
{
	say(out, code, enhanced, text);
	if (++l->errors < LMTP_ERRORS)
		return LMTP_MORE;
	lmtp_goodbye(l, "4.7.0", "too many errors", out);
	return LMTP_CLOSE;
}

static void transaction_end(struct lmtp *l)
{
	buf_free(&l->data);
	explicit_bzero(l->sender, sizeof(l->sender));
	l->null_sender = l->bare = l->squeezed = l->dot = l->cr = false;
	l->recipients = 0;
	l->data_n = 0;
	if (l->state != LMTP_HELLO && l->state != LMTP_END)
		l->state = LMTP_READY;
}

void lmtp_start(struct lmtp *l, const struct lmtp_options *o, struct buf *out)
{
	char text[300];
	memset(l, 0, sizeof(*l));
	l->o = o;
	l->data = BUF_INIT(o->message_max);
	snprintf(text, sizeof(text), "%s LMTP Kentering", o->host);
	say(out, 220, "", text);
}

void lmtp_free(struct lmtp *l)
{
	buf_free(&l->data);
	explicit_bzero(l, sizeof(*l));
}

void lmtp_squeeze(struct lmtp *l)
{
	buf_free(&l->data);
	l->squeezed = true;
}

void lmtp_goodbye(struct lmtp *l, const char *enhanced, const char *text, struct buf *out)
{
	say(out, 421, enhanced, text);
	transaction_end(l);
	l->state = LMTP_END;
}

/* ---- addresses ---- */

/* The end of the address in `s` (the position of '>'), or 0. Quoted parts may hold anything but control characters. */
static size_t path_end(struct str s)
{
	bool quoted = false;
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c < ' ' || c == 0x7F)
			return 0;
		if (quoted && c == '\\')
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (c == '>' && !quoted)
			return i + 1;
		else if (!quoted && (c == ' ' || c == '<'))
			return 0;
	}
	return 0;
}

/* "<…>" with an optional source route (RFC 5321 appendix C: read and forgotten); the rest are the parameters. */
static bool path_take(struct str *s, char ret[LMTP_PATH + 1])
{
	struct str p = *s;
	while (p.n && p.p[0] == ' ')
		p = str_sub(p, 1, p.n);
	if (!p.n || p.p[0] != '<')
		return false;
	size_t end = path_end(str_sub(p, 1, p.n));
	if (!end)
		return false;
	struct str addr = str_sub(p, 1, end);
	*s = str_sub(p, end + 1, p.n);
	if (s->n && s->p[0] != ' ')
		return false;
	ptrdiff_t colon = addr.n && addr.p[0] == '@' ? str_find(addr, ':') : -1;
	if (colon >= 0)
		addr = str_sub(addr, (size_t)colon + 1, addr.n);
	if (addr.n > LMTP_PATH || !str_utf8(addr))
		return false;
	return str_copy(ret, LMTP_PATH + 1, addr);
}

/* local@domain, both there, and no line noise in the domain. */
static bool address_ok(const char *z)
{
	struct str s = str_of(z);
	ptrdiff_t at = str_rfind(s, '@');
	if (at < 1 || at > 64 || (size_t)at + 1 == s.n || s.n - (size_t)at > 256)
		return false;
	for (size_t i = (size_t)at + 1; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (!ch_alnum(c) && c < 0x80 && !strchr(".-[]:_", c))
			return false;
	}
	return true;
}

bool lmtp_mailbox(struct str want, struct str got)
{
	ptrdiff_t wat = str_rfind(want, '@'), gat = str_rfind(got, '@');
	if (wat < 0 || gat < 0)
		return false;
	struct str local = str_sub(got, 0, (size_t)gat);
	ptrdiff_t plus = str_find(local, '+');
	if (plus > 0)
		local = str_sub(local, 0, (size_t)plus);
	return str_ieq(local, str_sub(want, 0, (size_t)wat)) &&
		str_ieq(str_sub(got, (size_t)gat, got.n), str_sub(want, (size_t)wat, want.n));
}

/* ---- commands ---- */

static enum lmtp_want do_lhlo(struct lmtp *l, struct str arg, struct buf *out)
{
	if (!str_trim(arg).n)
		return wrong(l, out, 501, "5.5.4", "LHLO needs a name");
	if (l->state == LMTP_HELLO)
		l->state = LMTP_READY;
	transaction_end(l);
	buf_printf(out, "250-%s\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-ENHANCEDSTATUSCODES\r\n",
	           l->o->host);
	buf_printf(out, "250 SIZE %zu\r\n", l->o->message_max);
	return LMTP_MORE;
}

/* One parameter of MAIL. 0, or the code to refuse with. */
static int mail_parameter(struct str p, size_t *ret_size)
{
	int64_t n;
	ptrdiff_t eq = str_find(p, '=');
	struct str key = eq < 0 ? p : str_sub(p, 0, (size_t)eq), v = eq < 0 ? STR_NONE : str_sub(p, (size_t)eq + 1, p.n);
	if (str_ieq(key, STR("SIZE"))) {
		if (!v.n || v.n > 20 || !ch_digit((unsigned char)v.p[0]))
			return 501;
		for (size_t i = 0; i < v.n; i++)
			if (!ch_digit((unsigned char)v.p[i]))
				return 501;
		*ret_size = str_int(v, &n) ? (size_t)n : SIZE_MAX;
		return 0;
	}
	if (str_ieq(key, STR("BODY")))
		return str_ieq(v, STR("7BIT")) || str_ieq(v, STR("8BITMIME")) ? 0 : 501;
	return str_ieq(p, STR("SMTPUTF8")) ? 0 : 555;
}

static enum lmtp_want do_mail(struct lmtp *l, struct str arg, struct buf *out)
{
	size_t size = 0;
	char sender[LMTP_PATH + 1];
	if (l->state == LMTP_HELLO || l->state != LMTP_READY)
		return wrong(l, out, 503, "5.5.1", l->state == LMTP_HELLO ? "LHLO first" : "one sender at a time");
	if (arg.n < 5 || !str_ieq(str_sub(arg, 0, 5), STR("FROM:")))
		return wrong(l, out, 501, "5.5.4", "expected MAIL FROM:<address>");
	arg = str_sub(arg, 5, arg.n);
	if (!path_take(&arg, sender) || (sender[0] && !address_ok(sender)))
		return wrong(l, out, 501, "5.1.7", "this is no sender's address");
	while (arg.n) {
		ptrdiff_t sp = str_find(arg, ' ');
		struct str one = sp < 0 ? arg : str_sub(arg, 0, (size_t)sp);
		arg = sp < 0 ? STR_NONE : str_sub(arg, (size_t)sp + 1, arg.n);
		int code = one.n ? mail_parameter(one, &size) : 0;
		if (code)
			return wrong(l, out, code, "5.5.4", "parameter not known here, or wrong");
	}
	if (size > l->o->message_max) {
		say(out, 552, "5.3.4", "message too big: forward the message itself, without large attachments");
		return LMTP_MORE;
	}
	memcpy(l->sender, sender, sizeof(sender));
	l->null_sender = !sender[0];
	l->state = LMTP_MAIL;
	say(out, 250, "2.1.0", "sender ok");
	return LMTP_MORE;
}

static enum lmtp_want do_rcpt(struct lmtp *l, struct str arg, struct buf *out)
{
	char to[LMTP_PATH + 1];
	if (l->state != LMTP_MAIL && l->state != LMTP_RCPT)
		return wrong(l, out, 503, "5.5.1", "MAIL first");
	if (arg.n < 3 || !str_ieq(str_sub(arg, 0, 3), STR("TO:")))
		return wrong(l, out, 501, "5.5.4", "expected RCPT TO:<address>");
	arg = str_sub(arg, 3, arg.n);
	if (!path_take(&arg, to) || !address_ok(to))
		return wrong(l, out, 501, "5.1.3", "this is no recipient's address");
	if (str_trim(arg).n)
		return wrong(l, out, 555, "5.5.4", "parameter not known here");
	if (l->o->recipient.n && !lmtp_mailbox(l->o->recipient, str_of(to)))
		return wrong(l, out, 550, "5.1.1", "no such mailbox here");
	if (l->recipients == LMTP_RECIPIENTS) {
		say(out, 452, "4.5.3", "too many recipients");
		return LMTP_MORE;
	}
	l->recipients++;
	l->state = LMTP_RCPT;
	say(out, 250, "2.1.5", "recipient ok");
	return LMTP_MORE;
}

static enum lmtp_want do_data(struct lmtp *l, struct str arg, struct buf *out)
{
	if (str_trim(arg).n)
		return wrong(l, out, 501, "5.5.4", "DATA stands alone");
	if (l->state != LMTP_RCPT)
		return wrong(l, out, 503, "5.5.1", "no valid recipients"); /* RFC 2033 4.2 */
	if (l->messages == LMTP_MESSAGES) {
		lmtp_goodbye(l, "4.7.0", "enough for one session", out);
		return LMTP_CLOSE;
	}
	l->messages++;
	l->state = LMTP_DATA;
	l->line_start = true;
	say(out, 354, "", "go on; end with a line that holds one dot");
	return LMTP_MORE;
}

static bool is_verb(struct str line, const char *verb, struct str *ret_arg)
{
	if (line.n < 4 || !str_ieq(str_sub(line, 0, 4), (struct str){verb, 4}) || (line.n > 4 && line.p[4] != ' '))
		return false;
	*ret_arg = line.n > 5 ? str_sub(line, 5, line.n) : STR("");
	return true;
}

static enum lmtp_want one_line(struct lmtp *l, struct str line, struct buf *out)
{
	struct str arg;
	if (l->line_long)
		return wrong(l, out, 500, "5.5.2", "line too long");
	for (size_t i = 0; i < line.n; i++)
		if ((unsigned char)line.p[i] < ' ' || line.p[i] == 0x7F)
			return wrong(l, out, 500, "5.5.2", "control character in a command; lines end with CR LF");
	if (++l->commands > LMTP_COMMANDS) {
		lmtp_goodbye(l, "4.7.0", "too many commands", out);
		return LMTP_CLOSE;
	}
	if (is_verb(line, "LHLO", &arg))
		return do_lhlo(l, arg, out);
	if (is_verb(line, "MAIL", &arg))
		return do_mail(l, arg, out);
	if (is_verb(line, "RCPT", &arg))
		return do_rcpt(l, arg, out);
	if (is_verb(line, "DATA", &arg))
		return do_data(l, arg, out);
	if (is_verb(line, "RSET", &arg)) {
		transaction_end(l);
		say(out, 250, "2.0.0", "forgotten");
	} else if (is_verb(line, "NOOP", &arg)) {
		say(out, 250, "2.0.0", "ok");
	} else if (is_verb(line, "VRFY", &arg)) {
		say(out, 252, "2.1.5", "send it and see");
	} else if (is_verb(line, "QUIT", &arg)) {
		say(out, 221, "2.0.0", "goodbye");
		transaction_end(l);
		l->state = LMTP_END;
		return LMTP_CLOSE;
	} else if (is_verb(line, "HELO", &arg) || is_verb(line, "EHLO", &arg)) {
		return wrong(l, out, 500, "5.5.1", "this is LMTP: say LHLO"); /* RFC 2033 4.1 */
	} else {
		return wrong(l, out, 502, "5.5.1", "command not known");
	}
	return LMTP_MORE;
}

/* Bytes up to CR LF. What is too long is passed over, never kept. */
static enum lmtp_want read_line(struct lmtp *l, struct str *in, struct buf *out)
{
	while (in->n) {
		char c = in->p[0];
		*in = str_sub(*in, 1, in->n);
		if (c == '\n' && l->cr) {
			struct str line = {l->line, l->line_n - (l->line_long ? 0 : 1)};
			enum lmtp_want w = one_line(l, line, out);
			l->line_n = 0;
			l->line_long = l->cr = false;
			return w;
		}
		l->cr = c == '\r';
		if (l->line_n + 1 < LMTP_LINE)
			l->line[l->line_n++] = c;
		else
			l->line_long = true;
	}
	return LMTP_MORE;
}

/* ---- the message ---- */

static void keep(struct lmtp *l, const char *p, size_t n)
{
	l->data_n = l->data_n > SIZE_MAX - n ? SIZE_MAX : l->data_n + n;
	if (l->data_n > l->o->message_max)
		buf_free(&l->data); /* it will be refused at its end */
	else if (!l->squeezed)
		buf_add(&l->data, p, n);
}

static enum lmtp_want data_end(struct lmtp *l, struct buf *out)
{
	l->state = LMTP_WAIT;
	if (l->data_n > l->o->message_max)
		return lmtp_delivered(l, 552, "5.3.4", "message too big: forward the message itself, without large attachments",
		                      out);
	if (l->bare)
		return lmtp_delivered(l, 554, "5.6.0", "lines of a message end with CR LF", out);
	if (l->squeezed || buf_err(&l->data))
		return lmtp_delivered(l, 452, "4.3.1", "too busy, try again later", out);
	return LMTP_DELIVER;
}

/* Byte by byte where it matters, runs of plain bytes at once. State between two bytes: `cr` (the last was CR),
 * `line_start` (the next begins a line), `dot` (the line is a dot so far). */
static enum lmtp_want read_data(struct lmtp *l, struct str *in, struct buf *out)
{
	while (in->n) {
		size_t k = 0;
		while (!l->cr && !l->line_start && k < in->n && in->p[k] != '\r' && in->p[k] != '\n')
			k++;
		if (k) {
			keep(l, in->p, k);
			*in = str_sub(*in, k, in->n);
			continue;
		}
		char c = in->p[0];
		*in = str_sub(*in, 1, in->n);
		if (l->line_start && !l->dot && c == '.') {
			l->dot = true; /* stuffed, or the end */
			continue;
		}
		if (l->cr && c == '\n') {
			if (l->dot)
				return data_end(l, out);
			keep(l, "\r\n", 2);
			l->cr = false;
			l->line_start = true;
			continue;
		}
		if (l->cr) {
			l->bare = true; /* a CR that ended nothing */
			keep(l, "\r", 1);
			l->cr = l->dot = l->line_start = false;
		}
		l->bare |= c == '\n';
		l->cr = c == '\r';
		if (!l->cr) {
			keep(l, &c, 1);
			l->line_start = l->dot = false;
		} else if (!l->dot) {
			l->line_start = false;
		}
	}
	return LMTP_MORE;
}

enum lmtp_want lmtp_delivered(struct lmtp *l, int code, const char *enhanced, const char *text, struct buf *out)
{
	for (unsigned i = 0; i < l->recipients; i++)
		say(out, code, enhanced, text);
	l->state = LMTP_READY;
	l->commands = 0;
	transaction_end(l);
	return LMTP_MORE;
}

enum lmtp_want lmtp_read(struct lmtp *l, struct str *in, struct buf *out)
{
	enum lmtp_want w = l->state == LMTP_END ? LMTP_CLOSE : LMTP_MORE;
	while (w == LMTP_MORE && in->n)
		w = l->state == LMTP_DATA ? read_data(l, in, out) : read_line(l, in, out);
	return w;
}
