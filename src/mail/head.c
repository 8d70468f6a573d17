/* What our own mail server found out about the sender: RFC 8601, and only from servers on the list. */
#include "mail/parts.h"

/* The value without comments and folding. What is quoted was chosen by whoever sent the mail (the local part of his
 * address): whatever could be read as a result there becomes '_'. */
static struct str uncomment(struct str s, struct buf *b)
{
	unsigned depth = 0;
	bool quoted = false;
	buf_c(b, ' '); /* so that there is an address to point at */
	for (size_t i = 0; i < s.n && i < 16384; i++) {
		char c = s.p[i];
		if (c == '\\' && (depth || quoted) && i + 1 < s.n) {
			i++;
			if (quoted)
				buf_c(b, '_');
		} else if (c == '"' && !depth) {
			quoted = !quoted;
			buf_c(b, '"');
		} else if (quoted) {
			buf_c(b, ch_alnum((unsigned char)c) || strchr("@.-", c) ? (char)ch_tolower((unsigned char)c) : '_');
		} else if (c == '(') {
			depth++;
		} else if (c == ')' && depth) {
			depth--;
		} else if (!depth) {
			buf_c(b, ch_space((unsigned char)c) ? ' ' : (char)ch_tolower((unsigned char)c));
		}
	}
	return buf_view(b);
}

static struct str word(struct str *s)
{
	size_t n = 0;
	while (s->n && s->p[0] == ' ')
		*s = str_sub(*s, 1, s->n);
	while (n < s->n && s->p[n] != ' ')
		n++;
	if (!s->n)
		return STR_NONE;
	struct str w = str_sub(*s, 0, n);
	*s = str_sub(*s, n, s->n);
	return w;
}

static bool result_is(struct str info, const char *method, const char *result, struct str *ret_rest)
{
	struct str rest = info, first = word(&rest);
	ptrdiff_t eq = str_find(first, '=');
	if (eq < 0 || !str_is(str_sub(first, 0, (size_t)eq), method) ||
	    !str_is(str_sub(first, (size_t)eq + 1, first.n), result))
		return false;
	*ret_rest = rest;
	return true;
}

/* header.from=DOMAIN among the properties, once. */
static bool from_is(struct str rest, struct str domain)
{
	bool same = false;
	for (struct str w = word(&rest); w.n; w = word(&rest)) {
		if (!str_starts(w, STR("header.from=")))
			continue;
		struct str v = str_sub(w, 12, w.n);
		ptrdiff_t at = str_rfind(v, '@');
		v = at < 0 ? v : str_sub(v, (size_t)at + 1, v.n);
		if (same || !str_ieq(v, domain))
			return false;
		same = true;
	}
	return same;
}

static bool listed(struct str id, const struct mail_options *o)
{
	for (size_t i = 0; o && i < o->authserv_n; i++)
		if (id.n && str_ieq(id, o->authserv[i]))
			return true;
	return false;
}

bool head_listed(struct str value, const struct mail_options *o)
{
	struct buf b = BUF_INIT(20000);
	struct str s = uncomment(value, &b);
	ptrdiff_t semi = str_find(s, ';');
	s = semi < 0 ? s : str_sub(s, 0, (size_t)semi);
	bool is = listed(word(&s), o);
	buf_free(&b);
	return is;
}

bool head_confirms(struct str value, struct str domain, const struct mail_options *o, bool *ret_failed)
{
	struct buf b = BUF_INIT(20000);
	struct str s = uncomment(value, &b), rest;
	bool ours = false, first = true, pass = false;
	unsigned verdicts = 0; /* a second one was slipped in: our server says it once */
	*ret_failed = false;
	while (s.n) {
		ptrdiff_t semi = str_find(s, ';');
		struct str info = str_trim(semi < 0 ? s : str_sub(s, 0, (size_t)semi));
		s = semi < 0 ? STR_NONE : str_sub(s, (size_t)semi + 1, s.n);
		if (first) {
			struct str line = info, id = word(&line);
			ours = listed(id, o);
		}
		*ret_failed |= result_is(info, "dmarc", "fail", &rest) || result_is(info, "spf", "fail", &rest) ||
			result_is(info, "dkim", "fail", &rest) || result_is(info, "spf", "softfail", &rest);
		verdicts += str_starts(info, STR("dmarc")) && !first;
		if (ours && result_is(info, "dmarc", "pass", &rest))
			pass |= domain.n && from_is(rest, domain);
		first = false;
	}
	buf_free(&b);
	return pass && verdicts == 1;
}

enum mail_silent mail_silent_sender(struct str addr)
{
	/* Mailboxes behind which no person reads: how the address begins. */
	static const struct {
		const char *head;
		enum mail_silent why;
	} robots[] = {{"mailer-daemon@", MAIL_BOUNCE}, {"postmaster@", MAIL_BOUNCE}, {"noreply", MAIL_AUTO},
	              {"no-reply", MAIL_AUTO},         {"no_reply", MAIL_AUTO},      {"donotreply", MAIL_AUTO},
	              {"do-not-reply", MAIL_AUTO},     {"geenantwoord", MAIL_AUTO},  {"geen-antwoord", MAIL_AUTO},
	              {"niet-beantwoorden", MAIL_AUTO}};
	for (size_t i = 0; i < sizeof(robots) / sizeof(robots[0]); i++) {
		size_t n = strlen(robots[i].head);
		if (addr.n > n && str_ieq(str_sub(addr, 0, n), str_of(robots[i].head)))
			return robots[i].why;
	}
	return MAIL_ANSWER;
}
