/* A small HTML reader that believes nothing: it knows tags, attributes, comments and character references, keeps the
 * words, and remembers for each link what the reader sees. Linear: what is looked for in vain is not looked for again.
 */
#include "mail/parts.h"

struct html {
	struct reader *r;
	struct str s;
	size_t at;
	struct buf out;   /* the words */
	size_t plain;     /* in `out`: from here nothing belongs to a link */
	struct buf href;  /* of the open <a> */
	size_t seen_from; /* in `out`: its visible text */
	bool in_a;
	bool no_quote[2], no_comment; /* there is none behind `at` */
};

static const struct {
	const char *name;
	unsigned cp;
} ENTITIES[] = {
	{"amp", '&'},      {"lt", '<'},       {"gt", '>'},       {"quot", '"'},     {"apos", '\''},     {"nbsp", ' '},
	{"colon", ':'},    {"sol", '/'},      {"period", '.'},   {"Tab", ' '},      {"NewLine", ' '},   {"quest", '?'},
	{"equals", '='},   {"num", '#'},      {"percnt", '%'},   {"commat", '@'},   {"lpar", '('},      {"rpar", ')'},
	{"euro", 0x20AC},  {"copy", 0xA9},    {"reg", 0xAE},     {"trade", 0x2122}, {"hellip", 0x2026}, {"ndash", 0x2013},
	{"mdash", 0x2014}, {"lsquo", 0x2018}, {"rsquo", 0x2019}, {"ldquo", 0x201C}, {"rdquo", 0x201D},  {"bull", 0x2022},
	{"middot", 0xB7},  {"laquo", 0xAB},   {"raquo", 0xBB},   {"shy", 0xAD},     {"zwnj", 0x200C},   {"zwj", 0x200D},
	{"lrm", 0x200E},   {"rlm", 0x200F},   {"ensp", ' '},     {"emsp", ' '},     {"thinsp", ' '},    {"pound", 0xA3},
	{"agrave", 0xE0},  {"aacute", 0xE1},  {"acirc", 0xE2},   {"auml", 0xE4},    {"aring", 0xE5},    {"ccedil", 0xE7},
	{"egrave", 0xE8},  {"eacute", 0xE9},  {"ecirc", 0xEA},   {"euml", 0xEB},    {"igrave", 0xEC},   {"iacute", 0xED},
	{"icirc", 0xEE},   {"iuml", 0xEF},    {"ntilde", 0xF1},  {"ograve", 0xF2},  {"oacute", 0xF3},   {"ocirc", 0xF4},
	{"ouml", 0xF6},    {"ugrave", 0xF9},  {"uacute", 0xFA},  {"ucirc", 0xFB},   {"uuml", 0xFC},     {"szlig", 0xDF},
	{"Eacute", 0xC9},  {"Euml", 0xCB},    {"Iuml", 0xCF},    {"Ouml", 0xD6},    {"Uuml", 0xDC},     {"hyphen", '-'},
	{"lowbar", '_'},   {"semi", ';'},     {"comma", ','},    {"excl", '!'},     {"dash", 0x2010},   {"bsol", '\\'}};

static void put_cp(struct buf *b, unsigned c)
{
	if (c == 0 || c > 0x10FFFF || (c >= 0xD800 && c < 0xE000))
		c = 0xFFFD;
	if (c < 0x80) {
		buf_c(b, (char)c);
	} else if (c < 0x800) {
		char u[2] = {(char)(0xC0 | c >> 6), (char)(0x80 | (c & 63))};
		buf_add(b, u, 2);
	} else if (c < 0x10000) {
		char u[3] = {(char)(0xE0 | c >> 12), (char)(0x80 | (c >> 6 & 63)), (char)(0x80 | (c & 63))};
		buf_add(b, u, 3);
	} else {
		char u[4] = {(char)(0xF0 | c >> 18), (char)(0x80 | (c >> 12 & 63)), (char)(0x80 | (c >> 6 & 63)),
		             (char)(0x80 | (c & 63))};
		buf_add(b, u, 4);
	}
}

/* &#1234; or &#x4d2; the semicolon may be missing. Returns its length, 0 when it is none. */
static size_t entity_number(struct str s, unsigned *ret)
{
	size_t i = 2;
	bool hex = s.n > 2 && (s.p[2] | 32) == 'x';
	unsigned c = 0, digits = 0;
	for (i += hex; i < s.n && digits < 10; i++, digits++) {
		unsigned char d = (unsigned char)s.p[i];
		if (!ch_digit(d) && !(hex && (d | 32) >= 'a' && (d | 32) <= 'f'))
			break;
		unsigned v = ch_digit(d) ? d - 48u : (d | 32u) - 'a' + 10u;
		c = c > 0x10FFFF ? c : c * (hex ? 16 : 10) + v;
	}
	if (!digits)
		return 0;
	*ret = c;
	return i + (i < s.n && s.p[i] == ';');
}

static size_t entity(struct str s, unsigned *ret)
{
	if (s.n > 2 && s.p[1] == '#')
		return entity_number(s, ret);
	size_t n = 1;
	while (n < s.n && n < 12 && ch_alnum((unsigned char)s.p[n]))
		n++;
	bool ended = n < s.n && s.p[n] == ';';
	for (size_t i = 0; n > 1 && i < sizeof(ENTITIES) / sizeof(ENTITIES[0]); i++) {
		/* Without a semicolon only the four old ones: "&copy=1" in a link is no sign. */
		if (str_is(str_sub(s, 1, n), ENTITIES[i].name) && (ended || i < 4)) {
			*ret = ENTITIES[i].cp;
			return n + ended;
		}
	}
	return 0;
}

void html_entities(struct str s, struct buf *out)
{
	while (s.n) {
		const char *amp = memchr(s.p, '&', s.n);
		size_t plain = amp ? (size_t)(amp - s.p) : s.n;
		buf_add(out, s.p, plain);
		s = str_sub(s, plain, s.n);
		unsigned c = 0;
		size_t n = s.n ? entity(s, &c) : 0;
		if (n)
			put_cp(out, c);
		else if (s.n)
			buf_c(out, '&');
		if (s.n)
			s = str_sub(s, n ? n : 1, s.n);
	}
}

/* White space runs as one space, as on the screen. */
static void words(struct html *h, struct str s)
{
	struct buf b = BUF_INIT(MAIL_MAX_PART_TEXT + 16);
	html_entities(s, &b);
	bool space = h->out.n == 0 || ch_space((unsigned char)h->out.p[h->out.n - 1]);
	for (size_t i = 0; i < b.n; i++) {
		unsigned char c = (unsigned char)b.p[i];
		bool nbsp = c == 0xC2 && i + 1 < b.n && (unsigned char)b.p[i + 1] == 0xA0;
		if (ch_space(c) || nbsp) {
			if (!space)
				buf_c(&h->out, ' ');
			space = true;
			i += nbsp;
		} else {
			buf_c(&h->out, (char)c);
			space = false;
		}
	}
	buf_free(&b);
}

static void a_close(struct html *h)
{
	if (!h->in_a)
		return;
	h->in_a = false;
	reader_link(h->r, buf_view(&h->href), str_sub(buf_view(&h->out), h->seen_from, h->out.n), MAIL_HTML);
	h->plain = h->out.n;
}

static void a_open(struct html *h, struct str href)
{
	a_close(h);
	if (h->plain < h->out.n)
		reader_text_links(h->r, str_sub(buf_view(&h->out), h->plain, h->out.n), MAIL_HTML);
	h->plain = h->out.n;
	buf_reset(&h->href);
	buf_str(&h->href, href);
	h->seen_from = h->out.n;
	h->in_a = true;
}

static bool one_of(struct str name, const char *const *list)
{
	for (; *list; list++)
		if (str_ieq(name, str_of(*list)))
			return true;
	return false;
}

/* The next attribute of the tag at h->at. False at its end. */
static bool attribute(struct html *h, struct str *ret_name, struct str *ret_value)
{
	struct str s = h->s;
	size_t i = h->at;
	while (i < s.n && (ch_space((unsigned char)s.p[i]) || s.p[i] == '/'))
		i++;
	if (i >= s.n || s.p[i] == '>') {
		h->at = i < s.n ? i + 1 : i;
		return false;
	}
	size_t from = i;
	while (i < s.n && !ch_space((unsigned char)s.p[i]) && s.p[i] != '>' && (s.p[i] != '=' || i == from))
		i++;
	*ret_name = str_sub(s, from, i);
	*ret_value = STR_NONE;
	size_t eq = i;
	while (eq < s.n && eq < i + 64 && ch_space((unsigned char)s.p[eq]))
		eq++;
	if (eq < s.n && s.p[eq] == '=') {
		for (i = eq + 1; i < s.n && ch_space((unsigned char)s.p[i]);)
			i++;
		char q = i < s.n ? s.p[i] : 0;
		bool *none = &h->no_quote[q == '\''];
		const char *end = (q == '"' || q == '\'') && !*none ? memchr(s.p + i + 1, q, s.n - i - 1) : NULL;
		if ((q == '"' || q == '\'') && !end)
			*none = true;
		from = i + (q == '"' || q == '\'');
		if (end)
			i = (size_t)(end - s.p);
		else
			while (i < s.n && !ch_space((unsigned char)s.p[i]) && s.p[i] != '>')
				i++;
		*ret_value = str_sub(s, from < i ? from : i, i);
		i += end != NULL;
	}
	h->at = i;
	return true;
}

/* <meta http-equiv=refresh content="0; url=…"> */
static void refresh(struct html *h, struct str content)
{
	for (size_t i = 0; i + 4 < content.n && i < 64; i++)
		if (str_ieq(str_sub(content, i, i + 4), STR("url=")))
			reader_link(h->r, str_sub(content, i + 4, content.n), STR_NONE, MAIL_HTML);
}

static void address(struct html *h, struct str v)
{
	size_t from = v.n > 7 && str_ieq(str_sub(v, 0, 7), STR("mailto:")) ? 7 : 0;
	if (v.n > 4 && str_ieq(str_sub(v, 0, 4), STR("tel:")))
		from = 4;
	if (from)
		reader_piece(h->r, str_sub(v, from, v.n), MAIL_HTML);
}

static void tag_attribute(struct html *h, struct str tag, struct str name, struct str value)
{
	static const char *const resources[] = {"link", "base", "html", NULL};
	static const char *const shown[] = {"img", "input", "body", "table", "td", "tr", "th", "video", "v:fill", NULL};
	bool a = str_ieq(tag, STR("a"));
	struct buf v = BUF_INIT(MAIL_MAX_PART_TEXT + 16);
	html_entities(value, &v);
	struct str s = str_trim(buf_view(&v));
	if (str_ieq(name, STR("href")) && a) {
		a_open(h, s);
		address(h, s);
	} else if ((str_ieq(name, STR("href")) && !one_of(tag, resources)) || str_ieq(name, STR("action")) ||
	           str_ieq(name, STR("formaction"))) {
		reader_link(h->r, s, STR_NONE, MAIL_HTML);
	} else if ((str_ieq(name, STR("src")) || str_ieq(name, STR("background"))) && one_of(tag, shown)) {
		reader_link(h->r, s, STR_NONE, MAIL_IMAGE);
	} else if (str_ieq(name, STR("src")) && (str_ieq(tag, STR("iframe")) || str_ieq(tag, STR("frame")))) {
		reader_link(h->r, s, STR_NONE, MAIL_HTML);
	} else if (str_ieq(name, STR("content")) && str_ieq(tag, STR("meta"))) {
		refresh(h, s);
	} else if (str_ieq(name, STR("alt")) && str_ieq(tag, STR("img"))) {
		buf_c(&h->out, ' ');
		words(h, value);
		buf_c(&h->out, ' ');
	}
	buf_free(&v);
}

/* Behind </tag> for elements whose content is no text. */
static void skip_content(struct html *h, struct str tag)
{
	for (size_t i = h->at; i + tag.n + 2 <= h->s.n;) {
		const char *lt = memchr(h->s.p + i, '<', h->s.n - i);
		if (!lt)
			break;
		i = (size_t)(lt - h->s.p);
		if (i + tag.n + 2 <= h->s.n && lt[1] == '/' && str_ieq(str_sub(h->s, i + 2, i + 2 + tag.n), tag)) {
			h->at = i;
			return;
		}
		i++;
	}
	h->at = h->s.n;
}

static void comment(struct html *h)
{
	const char *end = NULL;
	if (h->s.n - h->at >= 4 && memcmp(h->s.p + h->at, "<!--", 4) == 0 && !h->no_comment) {
		end = memmem(h->s.p + h->at + 4, h->s.n - h->at - 4, "-->", 3);
		h->no_comment = !end;
	}
	if (end) {
		h->at = (size_t)(end - h->s.p) + 3;
		return;
	}
	end = memchr(h->s.p + h->at, '>', h->s.n - h->at);
	h->at = end ? (size_t)(end - h->s.p) + 1 : h->s.n;
}

static void tag(struct html *h)
{
	static const char *const blocks[] = {"br", "p",     "div",   "tr",         "li", "ul", "ol", "h1", "h2",  "h3",
	                                     "h4", "table", "tbody", "blockquote", "hr", "td", "th", "h5", "pre", NULL};
	static const char *const silent[] = {"script", "style", "title", "xml", NULL};
	size_t from = h->at + 1;
	bool closing = from < h->s.n && h->s.p[from] == '/';
	from += closing;
	size_t i = from;
	while (i < h->s.n && i < from + 32 && (ch_alnum((unsigned char)h->s.p[i]) || h->s.p[i] == ':'))
		i++;
	struct str name = str_sub(h->s, from, i), key, value;
	h->at = i;
	if (one_of(name, blocks))
		buf_c(&h->out, '\n');
	if (closing && str_ieq(name, STR("a")))
		a_close(h);
	while (attribute(h, &key, &value))
		if (!closing && value.n)
			tag_attribute(h, name, key, value);
	if (!closing && one_of(name, silent))
		skip_content(h, name);
}

void reader_html(struct reader *r, struct str html)
{
	struct html h = {
		.r = r, .s = html, .out = BUF_INIT(MAIL_MAX_PART_TEXT * 2), .href = BUF_INIT(MAIL_MAX_PART_TEXT * 2)};
	buf_c(&h.out, ' '); /* so that there is an address to point at */
	while (h.at < html.n && !r->rc) {
		const char *lt = memchr(html.p + h.at, '<', html.n - h.at);
		size_t to = lt ? (size_t)(lt - html.p) : html.n;
		if (to > h.at)
			words(&h, str_sub(html, h.at, to));
		h.at = to;
		unsigned char next = to + 1 < html.n ? (unsigned char)html.p[to + 1] : 0;
		if (to >= html.n)
			break;
		if (next == '!' || next == '?')
			comment(&h);
		else if (ch_alpha(next) || next == '/')
			tag(&h);
		else
			words(&h, str_sub(html, to, to + 1)), h.at++;
	}
	a_close(&h);
	if (h.plain < h.out.n)
		reader_text_links(r, str_sub(buf_view(&h.out), h.plain, h.out.n), MAIL_HTML);
	r->m.cut |= buf_err(&h.out) != 0;
	reader_text(r, buf_view(&h.out), MAIL_HTML);
	buf_free(&h.out);
	buf_free(&h.href);
}
