/* Links, hosts and e-mail addresses in text. */
#include "identifier/parts.h"

#define AUTHORITY_MAX 600
#define LOCAL_LOOK 64

static unsigned char at_of(struct str t, size_t i)
{
	return i < t.n ? (unsigned char)t.p[i] : 0;
}

/* "&gt;" and its like end a link in the source of a mail. */
static bool entity(struct str t, size_t i)
{
	static const struct str ends[] = {{"&gt;", 4}, {"&lt;", 4}, {"&quot;", 6}, {"&#39;", 5}, {"&nbsp;", 6}};
	for (size_t k = 0; k < sizeof(ends) / sizeof(ends[0]); k++)
		if (t.n - i >= ends[k].n && memcmp(t.p + i, ends[k].p, ends[k].n) == 0)
			return true;
	return false;
}

/* Bytes of a character that may stand in a link as people paste it; 0 when it ends there. */
static size_t url_char(struct str t, size_t i)
{
	unsigned char c = at_of(t, i);
	size_t skip = 0;
	if (c >= 0x80) {
		size_t n = extract_word_char(t, i);
		n = n ? n : extract_hyphen(t, i);
		if (n || (skip = fold_skip(t, i)) == 0)
			return n;
		c = at_of(t, i + skip); /* these only when the link goes on behind them */
		if (c >= 0x80)
			return extract_hyphen(t, i + skip) ? skip : 0;
	}
	if (c <= ' ' || c == 0x7F || strchr("<>\"`{}|\\^", c) || (c == '&' && entity(t, i + skip)))
		return 0;
	return skip ? skip : 1;
}

/* Without the punctuation of the sentence around it. */
static size_t trimmed(struct str t, size_t from, size_t end)
{
	for (;;) {
		size_t n = extract_invisible_back(str_sub(t, from, end), end - from);
		if (n == 0 && end > from && strchr(".,;:!?'*~([", t.p[end - 1]))
			n = 1;
		if (n == 0)
			return end;
		end -= n;
	}
}

size_t extract_url_end(struct str text, size_t from, bool quoted)
{
	size_t i = from, n, round = 0, square = 0;
	while ((n = url_char(text, i)) > 0) {
		char c = text.p[i];
		if ((c == ')' && round == 0) || (c == ']' && square == 0) || (c == '\'' && quoted))
			break;
		round += (c == '(') - (size_t)(c == ')');
		square += (c == '[') - (size_t)(c == ']');
		i += n;
	}
	return i;
}

/* End of "user@host:port" that begins at `at`; 0 when it is too long to be one. */
static size_t authority_end(struct str t, size_t at)
{
	size_t i = at, n;
	while (i - at < AUTHORITY_MAX) {
		unsigned char c = at_of(t, i);
		size_t dot = c == '[' || c == '(' || c == '{' ? fold_dot(t, i) : 0;
		if (dot) {
			i += dot;
		} else if (c == '[' && i == at) { /* IPv6 */
			while (i - at < 48 && (hex_value(at_of(t, i + 1)) >= 0 || at_of(t, i + 1) == ':' || at_of(t, i + 1) == '.'))
				i++;
			if (at_of(t, i + 1) != ']')
				return 0;
			i += 2;
		} else if (c == 0xE3 || c == 0xEF) {
			n = fold_dot(t, i);
			n = n ? n : url_char(t, i);
			if (n == 0)
				return i;
			i += n;
		} else if (c == 0 || strchr("/?#()[]'", c) || (n = url_char(t, i)) == 0) {
			return i;
		} else {
			i += n;
		}
	}
	return 0;
}

/* The host of a link is a find of its own, at its own place. */
static void emit_host(struct extract *x, size_t begin, size_t end)
{
	struct url_parts u;
	struct identifier id;
	if (!url_split(str_sub(x->text, begin, end), &u))
		return;
	size_t from = (size_t)(u.host.p - x->text.p), to = from + u.host.n;
	while (to > from && x->text.p[to - 1] == '.')
		to--;
	if (domain_canonical(str_sub(x->text, from, to), &id, NULL) == 0)
		extract_emit(x, &id, from, to);
}

static void emit_url(struct extract *x, size_t begin, size_t end)
{
	struct identifier id;
	if (url_canonical(str_sub(x->text, begin, end), x->o, &id, NULL) == 0)
		extract_emit(x, &id, begin, end);
	emit_host(x, begin, end);
}

/* A link whose scheme begins at `begin`. */
static size_t url_at(struct extract *x, size_t begin)
{
	struct str t = x->text;
	struct url_parts u;
	char host[HOST_MAX + 1];
	size_t n;
	bool https, ip;
	size_t scheme = url_scheme(str_sub(t, begin, t.n), &https);
	if (scheme == 0)
		return 0;
	size_t from = begin + scheme;
	for (size_t more = 0; more < 4 && (at_of(t, from) == '/' || at_of(t, from) == '\\'); more++)
		from++;
	size_t end = authority_end(t, from);
	if (end <= from)
		return 0;
	unsigned char next = at_of(t, end);
	bool more = next == '/' || next == '?' || next == '#';
	size_t stop = trimmed(t, from, end);
	/* The host first: a long tail is only walked when it belongs to a link. */
	if (stop == from || !url_split(str_sub(t, begin, stop), &u) || !host_or_ip(u.host, host, &n, &ip))
		return 0;
	if (more)
		stop = trimmed(t, from, extract_url_end(t, end, begin > 0 && t.p[begin - 1] == '\''));
	emit_url(x, begin, stop);
	return stop;
}

size_t extract_url(struct extract *x, size_t word, size_t word_end)
{
	unsigned char next = at_of(x->text, word_end);
	if (next == '*' && ch_tolower((unsigned char)x->text.p[word_end - 1]) == 'h')
		return url_at(x, word_end - 1);
	if (next != ':' && next != '[')
		return 0;
	for (size_t n = 5; n >= 4; n--) /* also at the end of a word: "linkhttps://" */
		if (word_end - word >= n && ch_tolower((unsigned char)x->text.p[word_end - n]) == 'h') {
			size_t used = url_at(x, word_end - n);
			if (used)
				return used;
		}
	return 0;
}

/* Length of a dot between labels at `i` ("evil [.] nl" with its spaces), when a label follows; else 0. */
static size_t label_dot(struct str t, size_t i)
{
	size_t from = i + fold_skip(t, i);
	bool space = at_of(t, from) == ' ';
	from += space;
	unsigned char c = at_of(t, from);
	if (c != '.' && c != '[' && c != '(' && c != '{' && c < 0x80)
		return 0;
	if (space && (c == '.' || c >= 0x80))
		return 0;
	size_t n = fold_dot(t, from);
	if (n == 0)
		return 0;
	size_t to = from + n;
	if (n > 3 || (n == 3 && c < 0x80))
		to += at_of(t, to) == ' ';
	return extract_word_char(t, to) ? to - i : 0;
}

/* Bytes of a character of a label beyond ASCII letters and digits, with the invisible ones before it. */
static size_t label_char(struct str t, size_t i)
{
	size_t n = extract_word_char(t, i);
	if (n || at_of(t, i) < 0x80)
		return n;
	size_t skip = fold_skip(t, i);
	n = skip && at_of(t, i + skip) == '-' ? 1 : extract_hyphen(t, i + skip);
	return n ? skip + n : 0;
}

/* End of the labels and dots that begin at `at`; the dots are counted. Plain '.' runs fastest. */
static size_t run_of(struct str t, size_t at, size_t *ret_dots)
{
	size_t i = at, n;
	*ret_dots = 0;
	for (;;) {
		while (i < t.n && (ch_alnum((unsigned char)t.p[i]) || t.p[i] == '-' || t.p[i] == '_'))
			i++;
		if (i < t.n && (n = label_dot(t, i)) > 0)
			++*ret_dots;
		else if (i == t.n || (n = label_char(t, i)) == 0)
			break;
		i += n;
	}
	for (;;) {
		n = extract_invisible_back(str_sub(t, at, i), i - at);
		if (n == 0 && (i == at || (t.p[i - 1] != '-' && t.p[i - 1] != '_')))
			return i;
		i -= n ? n : 1;
	}
}

/* Start of the last label of a run. */
static size_t last_label(struct str run)
{
	size_t i = run.n;
	for (; i > 0; i--) {
		unsigned char c = (unsigned char)run.p[i - 1];
		if (c < 0x80 ? !ch_alnum(c) && c != '-' : i >= 3 && fold_dot(run, i - 3) == 3)
			break;
	}
	return i;
}

static bool has_lower(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (ch_lower((unsigned char)s.p[i]))
			return true;
	return false;
}

static bool has_upper(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (ch_upper((unsigned char)s.p[i]))
			return true;
	return false;
}

static bool starts_www(struct str s)
{
	return s.n > 4 && str_ieq(str_sub(s, 0, 3), STR("www")) && fold_dot(s, 3);
}

/* The host at the start of `run` under a known suffix. "evil.nl.Daarna" ends before the capital: a full stop
 * without a space. "zin.Nieuwe" is none: a suffix is written in lower case, or all is in upper case. Behind an
 * at sign (not `strictly`) case tells nothing. */
static bool host_in_run(struct str run, bool strictly, struct identifier *ret, size_t *ret_n)
{
	for (int round = 0; round < 2 && run.n > 0; round++) {
		struct identifier id;
		size_t at = last_label(run);
		struct str last = str_sub(run, at, run.n);
		bool case_ok = !strictly || !has_upper(last) || !has_lower(run) || starts_www(run);
		if (case_ok && domain_canonical(run, &id, NULL) == 0 &&
		    (strictly ? suffix_under_known(id_str(&id)) : suffix_known(id_str(&id)))) {
			*ret = id;
			*ret_n = run.n;
			return true;
		}
		size_t skip = fold_skip(last, 0);
		if (last.n == skip || !ch_upper((unsigned char)last.p[skip]) || at == 0 || run.p[at - 1] != '.')
			return false;
		run.n = at - 1;
	}
	return false;
}

/* Suffixes that are also extensions of files people name in text. */
static bool file_like(struct str host)
{
	static const char *const extensions[] = {
		"md", "py", "sh", "pl", "rs", "so", "ps", "zip", "mov", "pub", "cab", "docs", "inc",
	};
	struct str last = str_sub(host, (size_t)(str_rfind(host, '.') + 1), host.n);
	for (size_t i = 0; i < sizeof(extensions) / sizeof(extensions[0]); i++)
		if (str_is(last, extensions[i]))
			return true;
	return false;
}

/* "o.a.de", "J.de": abbreviations and initials, no hosts. */
static bool abbreviation(struct str raw, struct str host)
{
	size_t labels = 0, single = 0;
	for (size_t i = 0, from = 0; i < host.n; i++)
		if (host.p[i] == '.') {
			labels++;
			single += i - from == 1;
			from = i + 1;
		}
	return single == labels && (labels > 1 || ch_upper((unsigned char)raw.p[0]));
}

/* A path or ":port/path" stands behind the host. */
static bool path_behind(struct str t, size_t end)
{
	size_t i = end + fold_skip(t, end);
	if (at_of(t, i) == ':')
		for (size_t from = i++; ch_digit(at_of(t, i)) && i - from < 7; i++)
			continue;
	unsigned char c = at_of(t, i + 1);
	if (at_of(t, i) != '/' || c == 0)
		return false;
	return extract_word_char(t, i + 1) > 0 || strchr("-~%?#@", c);
}

/* What stands around a bare host tells that it is something else: a part of a path, of a program, of a style. */
static bool amid_code(struct str t, size_t begin, size_t end)
{
	begin -= extract_invisible_back(t, begin);
	unsigned char before = begin > 0 ? (unsigned char)t.p[begin - 1] : 0;
	unsigned char after = at_of(t, end + fold_skip(t, end));
	if (before == '/' && !(begin > 1 && t.p[begin - 2] == '/'))
		return true;
	return before == '\\' || before == '%' || before == '$' || after == '(' || after == '{';
}

static size_t bare_host(struct extract *x, size_t begin, size_t end)
{
	struct str t = x->text;
	struct identifier id;
	size_t n;
	if (end - begin > 4 * HOST_MAX || !host_in_run(str_sub(t, begin, end), true, &id, &n))
		return 0;
	struct str raw = str_sub(t, begin, begin + n);
	end = begin + n;
	bool path = path_behind(t, end), www = starts_www(raw);
	if (amid_code(t, begin, end) || (!path && !www && (file_like(id_str(&id)) || abbreviation(raw, id_str(&id)))))
		return 0;
	size_t stop = path ? trimmed(t, end, extract_url_end(t, end, begin > 0 && t.p[begin - 1] == '\'')) : end;
	if (stop > end + 1) {
		emit_url(x, begin, stop);
		return stop;
	}
	extract_emit(x, &id, begin, end);
	return end;
}

static bool local_char(unsigned char c)
{
	return ch_alnum(c) || (c && strchr("._-+'=~", c));
}

/* Bytes of a character of a local part, or of what nobody sees between two of them. */
static size_t local_step(struct str t, size_t i)
{
	unsigned char c = at_of(t, i);
	return c < 0x80 ? local_char(c) : fold_skip(t, i);
}

static size_t local_step_back(struct str t, size_t i)
{
	unsigned char c = (unsigned char)t.p[i - 1];
	return c < 0x80 ? local_char(c) : extract_invisible_back(t, i);
}

/* Position of the at sign of an address whose local part goes on at `i`; its length in ret_n, 0 when none comes. */
static size_t find_at(struct str t, size_t i, size_t *ret_n)
{
	size_t end = i, n;
	while (end - i < LOCAL_LOOK && (n = local_step(t, end)) > 0)
		end += n;
	*ret_n = fold_at(t, end);
	if (*ret_n == 0 && end == i && at_of(t, end) == ' ') {
		*ret_n = fold_at(t, end + 1);
		*ret_n = *ret_n > 2 ? *ret_n + 1 : 0;
	}
	return end;
}

/* Start of the local part that ends at `at`, with characters before the word, and without what only stands
 * before it: "mailfrom=jan@x.nl" is jan, "bounce+jan=y.nl@x.nl" is a return address as it is. */
static size_t local_begin(const struct extract *x, size_t word, size_t at)
{
	struct str t = x->text;
	size_t begin = word, n;
	while (begin > x->floor && at - begin < LOCAL_LOOK && (n = local_step_back(t, begin)) > 0 && begin - n >= x->floor)
		begin -= n;
	if (at - begin >= LOCAL_LOOK && fold_skip(t, begin) > 0)
		return at; /* too long, and what follows is only the part behind them */
	bool plus = false;
	size_t behind_eq = begin;
	for (size_t i = begin; i < at; i++) {
		plus = plus || t.p[i] == '+';
		if (t.p[i] == '=' && !plus)
			behind_eq = i + 1;
	}
	begin = behind_eq;
	while (begin < at && (n = strchr(".'-+=~", t.p[begin]) ? 1 : fold_skip(t, begin)) > 0)
		begin += n;
	return begin;
}

static size_t email_at(struct extract *x, size_t word, size_t at, size_t at_n)
{
	struct str t = x->text;
	struct identifier host, id;
	size_t begin = local_begin(x, word, at), from = at + at_n, dots, n;
	if (at_n > 1 && at_of(t, from) == ' ')
		from++;
	if (begin >= at || extract_word_before(t, begin) || !extract_word_char(t, from))
		return 0;
	size_t end = run_of(t, from, &dots);
	if (end > x->run_end)
		x->run_end = from; /* the domain is looked at again as a host when this fails */
	if (dots == 0 || end - from > 4 * HOST_MAX || !host_in_run(str_sub(t, from, end), false, &host, &n))
		return 0;
	end = from + n;
	if (email_canonical(str_sub(t, begin, end), &id, NULL) != 0)
		return 0;
	extract_emit(x, &id, begin, end);
	return end;
}

size_t extract_host_run(struct extract *x, size_t at)
{
	size_t dots, at_n;
	size_t end = run_of(x->text, at, &dots);
	x->run_end = end;
	unsigned char next = at_of(x->text, end);
	if (next == '@' || next == ' ' || next == '[' || next == '(' || next == '{' || next >= 0x80 || local_char(next)) {
		size_t sign = find_at(x->text, end, &at_n);
		size_t used = at_n ? email_at(x, at, sign, at_n) : 0;
		if (used)
			return used;
	}
	return dots ? bare_host(x, at, end) : 0;
}
