/* Is the head of a request exactly what RFC 9112 says? The library reads it leniently: bare LF, folded lines, blanks
 * before the colon, NULs and doubled headers pass there, and each of these is a way to make two servers disagree on
 * where a request ends. It overwrites line ends by NULs but moves nothing, so that its own idea of the parts can be
 * laid over the bytes again: every byte must be accounted for, and whatever it skipped leaves a gap. Only NULs
 * right before a line's end can no longer be told from it; they end the line for us too, so nothing hides there. */
#include "seam/http_int.h"

static bool is_token(struct str s)
{
	static const char marks[] = "!#$%&'*+-.^_`|~";
	for (size_t i = 0; i < s.n; i++)
		if (!ch_alnum((unsigned char)s.p[i]) && !memchr(marks, s.p[i], sizeof marks - 1))
			return false;
	return s.n > 0;
}

bool http_value_ok(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

bool http_target_ok(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c <= 0x20 || c >= 0x7f || c == '#' || c == '\\')
			return false;
	}
	return s.n > 0 && s.p[0] == '/';
}

enum http_method http_method_of(struct str s)
{
	static const struct {
		struct str word;
		enum http_method method;
	} known[] = {{{"GET", 3}, HTTP_GET},        {{"HEAD", 4}, HTTP_HEAD},   {{"POST", 4}, HTTP_POST},
	             {{"PUT", 3}, HTTP_PUT},        {{"PATCH", 5}, HTTP_PATCH}, {{"DELETE", 6}, HTTP_DELETE},
	             {{"OPTIONS", 7}, HTTP_OPTIONS}};
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (str_eq(s, known[i].word))
			return known[i].method;
	return HTTP_OTHER;
}

static struct str text(struct http_part p)
{
	return (struct str){p.p, p.n};
}

/* Two NULs where CR LF stood. */
static bool line_end(const struct http_head *h, size_t at)
{
	return at + 2 <= h->n && h->block[at] == 0 && h->block[at + 1] == 0;
}

/* Does `p` lie in the block, beginning at `at`? */
static bool lies_at(const struct http_head *h, struct http_part p, size_t at)
{
	return at <= h->n && p.p == h->block + at && p.n <= h->n - at;
}

/* The request line; *ret_at is where the next line begins. */
static bool line_first(const struct http_head *h, size_t *ret_at)
{
	size_t at = h->method.n + 1;
	if (!lies_at(h, h->method, 0) || !lies_at(h, h->target, at))
		return false;
	at += h->target.n + 1;
	if (!lies_at(h, h->version, at))
		return false;
	at += h->version.n;
	*ret_at = at + 2;
	return line_end(h, at);
}

static bool lines_contiguous(const struct http_head *h)
{
	size_t at;
	if (!line_first(h, &at))
		return false;
	for (size_t i = 0; i < h->n_lines; i++) {
		const struct http_line *l = h->lines + i;
		if (!lies_at(h, l->name, at) || !is_token(text(l->name)))
			return false;
		at += l->name.n + 1; /* the colon */
		while (at < h->n && (h->block[at] == ' ' || h->block[at] == '\t'))
			at++;
		if (!lies_at(h, l->value, at) || !http_value_ok(text(l->value)))
			return false;
		at += l->value.n;
		if (!line_end(h, at))
			return false;
		at += 2;
	}
	return line_end(h, at) && at + 2 == h->n;
}

static unsigned count(const struct http_head *h, const char *name, struct str *ret_first)
{
	unsigned n = 0;
	for (size_t i = 0; i < h->n_lines; i++) {
		if (!str_ieq(text(h->lines[i].name), str_of(name)))
			continue;
		if (n++ == 0)
			*ret_first = str_trim(text(h->lines[i].value));
	}
	return n;
}

static bool length_read(struct str s, uint64_t *ret)
{
	uint64_t v = 0;
	for (size_t i = 0; i < s.n; i++) {
		if (!ch_digit((unsigned char)s.p[i]))
			return false;
		v = v * 10 + (uint64_t)(s.p[i] - '0');
	}
	*ret = v;
	return s.n > 0 && s.n <= 18;
}

unsigned http_head_check(const struct http_head *h, struct http_framing *ret)
{
	struct http_framing f = {0};
	struct str host = STR_NONE, length = STR_NONE, coding = STR_NONE, other = STR_NONE;
	bool one_one = str_is(text(h->version), "HTTP/1.1");
	if (!lines_contiguous(h) || !is_token(text(h->method)) || !http_target_ok(h->raw))
		return 400;
	if (!one_one && !str_is(text(h->version), "HTTP/1.0"))
		return 505;
	unsigned hosts = count(h, "Host", &host), lengths = count(h, "Content-Length", &length);
	unsigned codings = count(h, "Transfer-Encoding", &coding);
	if (hosts > 1 || (one_one && hosts == 0) || lengths > 1 || codings > 1)
		return 400;
	if (count(h, "Authorization", &other) > 1 || count(h, "Content-Type", &other) > 1)
		return 400;
	if (codings && (lengths || !one_one || !str_ieq(coding, STR("chunked"))))
		return 400;
	if (lengths && !length_read(length, &f.length))
		return 400;
	if (http_method_of(text(h->method)) == HTTP_OTHER)
		return 501;
	f.has_length = lengths > 0;
	f.chunked = codings > 0;
	*ret = f;
	return 0;
}
