/* Links in one way of writing, close to what browsers make of them (WHATWG URL), for http and https only. */
#include "identifier/parts.h"

#define OUT_MAX (3 * URL_INPUT_MAX + 512)

struct out {
	char *p;
	size_t n;
};

static bool starts_any(struct str s, size_t at, struct str head)
{
	return at + head.n <= s.n && str_ieq(str_sub(s, at, at + head.n), head);
}

size_t url_scheme(struct str s, bool *ret_https)
{
	static const struct str names[] = {{"http", 4}, {"hxxp", 4}, {"h**p", 4}, {NULL, 0}};
	static const struct str slashes[] = {{"://", 3}, {"[:]//", 5}, {"[://]", 5}, {":\\\\", 3}, {NULL, 0}};
	if (s.n < 7 || ch_tolower((unsigned char)s.p[0]) != 'h')
		return 0;
	for (const struct str *name = names; name->n; name++) {
		if (!starts_any(s, 0, *name))
			continue;
		size_t at = name->n;
		bool https = at < s.n && ch_tolower((unsigned char)s.p[at]) == 's';
		at += https;
		for (const struct str *sl = slashes; sl->n; sl++)
			if (starts_any(s, at, *sl)) {
				*ret_https = https;
				return at + sl->n;
			}
	}
	return 0;
}

/* Another scheme ("ftp://", "javascript:"): a word, a colon, and no port behind it. */
static bool other_scheme(struct str s)
{
	size_t i = 0;
	while (i < s.n && (ch_alnum((unsigned char)s.p[i]) || s.p[i] == '+' || s.p[i] == '-'))
		i++;
	return i > 0 && i < s.n && s.p[i] == ':' && !(i + 1 < s.n && ch_digit((unsigned char)s.p[i + 1]));
}

/* First of / \ ? # outside a "[...]" that opens the host. */
static size_t authority_end(struct str s, size_t from)
{
	for (size_t i = from; i < s.n; i++)
		if (s.p[i] == '/' || s.p[i] == '\\' || s.p[i] == '?' || s.p[i] == '#')
			return i;
	return s.n;
}

/* host and port of "host[:port]"; an IPv6 literal holds colons itself. */
static bool split_port(struct str a, struct url_parts *u)
{
	ptrdiff_t colon = str_rfind(a, ':');
	ptrdiff_t bracket = str_rfind(a, ']');
	u->host = a;
	if (colon < 0 || (a.n && a.p[0] == '[' && bracket > colon))
		return true;
	u->host = str_sub(a, 0, (size_t)colon);
	u->port = str_sub(a, (size_t)colon + 1, a.n);
	for (size_t i = 0; i < u->port.n; i++)
		if (!ch_digit((unsigned char)u->port.p[i]))
			return false;
	return true;
}

bool url_split(struct str s, struct url_parts *ret)
{
	struct url_parts u = {0};
	size_t at = url_scheme(s, &u.https);
	u.schemed = at > 0;
	if (u.schemed)
		while (at < s.n && (s.p[at] == '/' || s.p[at] == '\\'))
			at++;
	else if (str_starts(s, STR("//")))
		at = 2;
	else if (other_scheme(s))
		return false;
	size_t end = authority_end(s, at);
	struct str authority = str_sub(s, at, end);
	ptrdiff_t user = str_rfind(authority, '@');
	if (user >= 0 && !u.schemed)
		return false; /* an e-mail address */
	if (!split_port(str_sub(authority, (size_t)(user + 1), authority.n), &u) || u.host.n == 0)
		return false;
	struct str rest = str_sub(s, end, s.n);
	ptrdiff_t hash = str_find(rest, '#');
	if (hash >= 0)
		rest.n = (size_t)hash;
	ptrdiff_t ask = str_find(rest, '?');
	u.path = ask < 0 ? rest : str_sub(rest, 0, (size_t)ask);
	u.query = ask < 0 ? str_sub(rest, rest.n, rest.n) : str_sub(rest, (size_t)ask + 1, rest.n);
	*ret = u;
	return true;
}

static void put(struct out *o, struct str s)
{
	memcpy(o->p + o->n, s.p, s.n);
	o->n += s.n;
}

static bool unreserved(unsigned char c)
{
	return ch_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

/* RFC 3986: the characters that stand in a path or a query as they are. */
static bool stays(unsigned char c, bool query)
{
	return unreserved(c) || (c && strchr("!$&'()*+,;=:@/", c)) || (query && c == '?');
}

static void put_escaped(struct out *o, unsigned char c)
{
	static const char hex[] = "0123456789ABCDEF";
	o->p[o->n++] = '%';
	o->p[o->n++] = hex[c >> 4];
	o->p[o->n++] = hex[c & 15];
}

/* Escapes normalised: needless ones undone, hexadecimal in upper case, what may not stand there escaped.
 * White space of line breaks is dropped, as browsers do, and what nobody sees. */
static void put_normal(struct out *o, struct str s, bool query)
{
	for (size_t i = 0, n; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c == '%' && i + 2 < s.n && hex_value((unsigned char)s.p[i + 1]) >= 0 &&
		    hex_value((unsigned char)s.p[i + 2]) >= 0) {
			c = (unsigned char)(hex_value((unsigned char)s.p[i + 1]) << 4 | hex_value((unsigned char)s.p[i + 2]));
			i += 2;
			if (unreserved(c))
				o->p[o->n++] = (char)c;
			else
				put_escaped(o, c);
		} else if (c == '\t' || c == '\n' || c == '\r') {
			continue;
		} else if (c >= 0x80 && fold_invisible(fold_decode(s, i, &n))) {
			i += n - 1;
		} else if (c == '\\' && !query) {
			o->p[o->n++] = '/';
		} else if (!query && c == '[' && s.n - i >= 3 && memcmp(s.p + i, "[.]", 3) == 0) {
			o->p[o->n++] = '.'; /* people who write host[.]nl write page[.]php too */
			i += 2;
		} else if (stays(c, query)) {
			o->p[o->n++] = (char)c;
		} else {
			put_escaped(o, c);
		}
	}
}

/* Removes "." and ".." segments from the path that starts at `from` (RFC 3986 section 5.2.4), in place. */
static void dots_removed(struct out *o, size_t from)
{
	size_t to = from;
	for (size_t i = from; i < o->n;) {
		size_t end = i + 1; /* p[i] is '/' */
		while (end < o->n && o->p[end] != '/')
			end++;
		struct str seg = {o->p + i + 1, end - i - 1};
		bool last = end == o->n;
		if (str_is(seg, "..") || str_is(seg, ".")) {
			if (seg.n == 2)
				while (to > from && o->p[--to] != '/')
					continue;
			if (last)
				o->p[to++] = '/';
		} else {
			memmove(o->p + to, o->p + i, end - i);
			to += end - i;
		}
		i = end;
	}
	o->n = to;
}

static bool tracking(struct str piece, const struct id_options *o)
{
	ptrdiff_t eq = str_find(piece, '=');
	struct str key = eq < 0 ? piece : str_sub(piece, 0, (size_t)eq);
	for (size_t i = 0; o && i < o->tracking_n; i++) {
		struct str t = o->tracking[i];
		bool prefix = str_ends(t, STR("*"));
		if (prefix)
			t.n--;
		if (prefix ? key.n >= t.n && str_ieq(str_sub(key, 0, t.n), t) : str_ieq(key, t))
			return true;
	}
	return false;
}

/* The query with its "?", less the tracking keys; nothing when none is left. `o->p` is long enough twice over:
 * the normalised query is written first and then shortened in place. */
static void put_query(struct out *o, struct str query, const struct id_options *opt)
{
	size_t from = o->n;
	o->p[o->n++] = '?';
	put_normal(o, query, true);
	size_t to = from;
	for (size_t i = from + 1; i < o->n;) {
		size_t end = i;
		while (end < o->n && o->p[end] != '&')
			end++;
		struct str piece = {o->p + i, end - i};
		if (piece.n && !tracking(piece, opt)) {
			o->p[to] = to == from ? '?' : '&';
			to++;
			memmove(o->p + to, piece.p, piece.n);
			to += piece.n;
		}
		i = end + 1;
	}
	o->n = to;
}

/* Port without leading zeros; false above 65535. */
static bool put_port(struct out *o, struct str port, bool https)
{
	while (port.n > 1 && port.p[0] == '0')
		port = str_sub(port, 1, port.n);
	int64_t v = 0;
	if (port.n == 0)
		return true;
	if (port.n > 5 || !str_int(port, &v) || v > 65535)
		return false;
	if (v == (https ? 443 : 80))
		return true;
	o->p[o->n++] = ':';
	put(o, port);
	return true;
}

/* PROTOCOLS section 1: too long is cut back to the last '/' before the query, further when needed.
 * False when scheme and host alone are too long. */
static bool cut_to_fit(struct out *o, size_t path, size_t query)
{
	if (o->n <= ID_MAX)
		return true;
	size_t n = query < ID_MAX ? query : ID_MAX;
	while (n > path && o->p[n - 1] != '/')
		n--;
	o->n = n;
	return n > path;
}

static bool url_write(struct str text, const struct id_options *opt, struct out *o)
{
	struct url_parts u;
	char host[HOST_MAX + 1];
	size_t n;
	bool ip;
	if (text.n > URL_INPUT_MAX || !url_split(text, &u) || !host_or_ip(u.host, host, &n, &ip))
		return false;
	put(o, u.https ? STR("https://") : STR("http://"));
	put(o, (struct str){host, n});
	if (!put_port(o, u.port, u.https))
		return false;
	size_t path = o->n;
	if (u.path.n == 0)
		o->p[o->n++] = '/';
	else
		put_normal(o, u.path, false);
	dots_removed(o, path);
	size_t query = o->n;
	put_query(o, u.query, opt);
	return cut_to_fit(o, path, query);
}

int url_canonical(struct str text, const struct id_options *o, struct identifier *ret, struct err *e)
{
	char buf[OUT_MAX];
	struct out out = {buf, 0};
	struct str s = fold_strip(text);
	if (!url_write(s, o, &out) || !id_make(ID_URL, (struct str){buf, out.n}, ret))
		return err_set(e, KT_EINVAL,
		               "Dit is geen link die wij herkennen. "
		               "Vul het hele webadres in, zoals https://winkel.example/bestellen.");
	return 0;
}
