/* What a mail yields: pieces of text and links, bounded, in the order of the mail. */
#include "mail/parts.h"

#define LINKS_TEXT (1u << 20) /* of MAIL_MAX_TEXT, kept for links: much text never costs them their place */

static void *grow(struct reader *r, void *old, size_t n, size_t *cap, size_t max, size_t size)
{
	if (n < *cap)
		return old;
	if (n >= max) {
		r->m.cut = true;
		return NULL;
	}
	size_t more = *cap ? *cap * 2 : 16;
	void *p = arena_array(r->a, more, size);
	if (!p) {
		r->rc = KT_ENOMEM;
		return NULL;
	}
	if (n)
		memcpy(p, old, n * size);
	*cap = more;
	return p;
}

void reader_head(struct reader *r, const struct mail_head *h)
{
	struct mail_head *p = grow(r, r->m.heads, r->m.heads_n, &r->heads_cap, MAIL_MAX_PARTS, sizeof(*p));
	if (!p)
		return;
	r->m.heads = p;
	r->head = (unsigned)r->m.heads_n;
	p[r->m.heads_n++] = *h;
}

/* Joiners, direction marks, soft hyphens: nobody sees them, and they split words that a reader sees whole. */
static bool invisible(const char *p, size_t n)
{
	const unsigned char *u = (const unsigned char *)p;
	if (n == 2)
		return (u[0] == 0xC2 && u[1] == 0xAD) || (u[0] == 0xCD && u[1] == 0x8F);
	if (n != 3)
		return false;
	unsigned c = (u[0] & 15u) << 12 | (u[1] & 63u) << 6 | (u[2] & 63u);
	return (c >= 0x200B && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) || (c >= 0x2060 && c <= 0x2069) || c == 0xFEFF;
}

struct str reader_clean(struct reader *r, struct str s)
{
	if (!s.p)
		return STR_NONE;
	char *out = arena_alloc(r->a, s.n * 3 + 1);
	size_t n = 0;
	if (!out) {
		r->rc = KT_ENOMEM;
		return STR_NONE;
	}
	while (s.n) {
		size_t one = str_utf8_first(s);
		unsigned char c = (unsigned char)s.p[0];
		if (!one) {
			memcpy(out + n, "\xEF\xBF\xBD", 3);
			n += 3;
			one = 1;
		} else if (one == 1 && (c < ' ' || c == 0x7F) && c != '\n' && c != '\t') {
			out[n++] = ' ';
		} else if (!invisible(s.p, one)) {
			memcpy(out + n, s.p, one);
			n += one;
		}
		s = str_sub(s, one, s.n);
	}
	return (struct str){out, n};
}

static enum mail_where place(const struct reader *r, enum mail_where where)
{
	return r->attached && (where == MAIL_HTML || where == MAIL_TEXT) ? MAIL_ATTACHMENT : where;
}

void reader_piece(struct reader *r, struct str text, enum mail_where where)
{
	if (!text.n || r->rc)
		return;
	text = str_trim(text);
	size_t room = MAIL_MAX_TEXT - LINKS_TEXT - r->text_n;
	if (text.n > room) {
		text.n = room;
		while (text.n && ((unsigned char)text.p[text.n] & 0xC0) == 0x80)
			text.n--;
		r->m.cut = true;
	}
	struct str kept = reader_clean(r, text);
	if (kept.n > room)
		kept = STR_NONE, r->m.cut = true;
	struct mail_piece *p = grow(r, r->m.pieces, r->m.pieces_n, &r->pieces_cap, 2000, sizeof(*p));
	if (!p || !kept.n)
		return;
	r->m.pieces = p;
	p[r->m.pieces_n++] = (struct mail_piece){kept, place(r, where), r->depth, r->head};
	r->text_n += kept.n;
}

static bool starts_i(struct str s, const char *head)
{
	size_t n = strlen(head);
	return s.n >= n && str_ieq(str_sub(s, 0, n), (struct str){head, n});
}

/* As a browser: no tabs, line ends or control characters, a backslash before the path is a slash. */
static struct str url_clean(struct reader *r, struct str s)
{
	struct str c = reader_clean(r, s.n ? str_trim(s) : s);
	char *p = arena_alloc(r->a, c.n + 7);
	size_t n = 0;
	if (!p || !c.p)
		return STR_NONE;
	if (starts_i(c, "//") || starts_i(c, "\\\\")) {
		memcpy(p, "https:", 6);
		n = 6;
	}
	bool query = false;
	for (size_t i = 0; i < c.n; i++) {
		char ch = c.p[i];
		/* clean() made a space of them */
		if (ch == '\n' || ch == '\t' || (ch == ' ' && !query && n < 12))
			continue;
		query |= ch == '?' || ch == '#';
		p[n++] = ch == '\\' && !query ? '/' : ch == ' ' ? '+' : ch;
	}
	return (struct str){p, n};
}

static void link_put(struct reader *r, struct str url, struct str text, enum mail_where where, bool wrapped)
{
	for (size_t i = r->m.links_n; i-- > 0 && i + 64 > r->m.links_n;) {
		struct mail_link *l = &r->m.links[i];
		if (l->where == place(r, where) && l->head == r->head && l->depth == r->depth && str_eq(l->url, url)) {
			if (!l->text.n)
				l->text = reader_clean(r, text);
			if (str_eq(l->text, text) || !text.n || wrapped)
				return;
		}
	}
	struct mail_link *p = grow(r, r->m.links, r->m.links_n, &r->links_cap, MAIL_MAX_LINKS, sizeof(*p));
	if (!p || r->link_n + url.n + text.n > LINKS_TEXT) {
		r->m.cut = true;
		return;
	}
	r->m.links = p;
	p[r->m.links_n++] = (struct mail_link){url, reader_clean(r, text), place(r, where), r->depth, r->head, wrapped};
	r->link_n += url.n + text.n;
}

static int nibble(char c)
{
	return c >= '0' && c <= '9' ? c - '0'
		: c >= 'a' && c <= 'f'  ? c - 'a' + 10
		: c >= 'A' && c <= 'F'  ? c - 'A' + 10
								: -1;
}

static bool web_address(struct str u)
{
	bool web = (starts_i(u, "http://") && u.n > 8) || (starts_i(u, "https://") && u.n > 9);
	return web && u.n <= MAIL_MAX_URL && str_utf8(u);
}

/* Web addresses inside the query of another: redirects, and the link protection of mail providers. */
static void wrapped_links(struct reader *r, struct str url, enum mail_where where, unsigned level)
{
	ptrdiff_t q = str_find(url, '?');
	char *p = q < 0 || level > 3 ? NULL : arena_alloc(r->a, url.n + 1);
	if (!p)
		return;
	struct str rest = str_sub(url, (size_t)q + 1, url.n);
	while (rest.n) {
		ptrdiff_t amp = str_find(rest, '&'), eq;
		struct str pair = amp < 0 ? rest : str_sub(rest, 0, (size_t)amp);
		rest = amp < 0 ? STR_NONE : str_sub(rest, (size_t)amp + 1, rest.n);
		eq = str_find(pair, '=');
		struct str v = eq < 0 ? pair : str_sub(pair, (size_t)eq + 1, pair.n);
		if (!starts_i(v, "http"))
			continue;
		size_t n = 0;
		for (size_t i = 0; i < v.n; i++) {
			int h = v.p[i] == '%' && i + 2 < v.n ? nibble(v.p[i + 1]) : -1, l = h >= 0 ? nibble(v.p[i + 2]) : -1;
			p[n++] = l >= 0 ? (char)(h * 16 + l) : v.p[i];
			i += l >= 0 ? 2 : 0;
		}
		struct str in = url_clean(r, (struct str){p, n});
		if (!web_address(in))
			continue;
		link_put(r, in, STR_NONE, where, true);
		wrapped_links(r, in, where, level + 1);
	}
}

void reader_link(struct reader *r, struct str url, struct str text, enum mail_where where)
{
	if (r->rc || url.n > MAIL_MAX_URL * 4 || r->m.links_n >= MAIL_MAX_LINKS) {
		r->m.cut |= url.n > MAIL_MAX_URL || r->m.links_n >= MAIL_MAX_LINKS;
		return;
	}
	struct str u = url_clean(r, url);
	text = text.n ? str_trim(text) : text;
	if (text.n > 300) {
		text.n = 300;
		while (text.n && ((unsigned char)text.p[text.n] & 0xC0) == 0x80)
			text.n--;
	}
	if (starts_i(u, "www.") && u.n > 6) {
		struct str full = arena_fmt(r->a, "http://" STR_FMT, STR_ARG(u));
		u = full;
	}
	if (u.n > MAIL_MAX_URL)
		u.n = MAIL_MAX_URL;
	if (!web_address(u))
		return;
	link_put(r, u, text, where, false);
	wrapped_links(r, u, where, 0);
}

static bool url_stop(unsigned char c)
{
	return c <= ' ' || c == '<' || c == '>' || c == '"' || c == '`' || c == '|' || c == '{' || c == '}' || c == 0x7F;
}

/* The end of an address in running text: brackets that were opened before it and the sentence's marks stay out. */
static size_t url_end(struct str s, size_t from)
{
	size_t end = from;
	int round = 0;
	while (end < s.n && !url_stop((unsigned char)s.p[end])) {
		if ((unsigned char)s.p[end] == 0xE2 && end + 1 < s.n && (unsigned char)s.p[end + 1] == 0x80)
			break; /* typographic quotes and marks */
		if (s.p[end] == ']' && s.n - from > 1 && !memchr(s.p + from, '[', end - from))
			break;
		round += s.p[end] == '(' ? 1 : s.p[end] == ')' ? -1 : 0;
		if (round < 0)
			break;
		end++;
	}
	while (end > from && strchr(".,;:!?'*_", s.p[end - 1]))
		end--;
	return end;
}

static size_t link_start(struct str s)
{
	static const char *const heads[] = {"http://", "https://", "hxxp://", "hxxps://", "www."};
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		if (starts_i(s, heads[i]))
			return strlen(heads[i]);
	return 0;
}

void reader_text_links(struct reader *r, struct str text, enum mail_where where)
{
	for (size_t i = 0; i < text.n && !r->rc; i++) {
		char c = ch_alpha((unsigned char)text.p[i]) ? (char)(text.p[i] | 32) : 0;
		if ((c != 'h' && c != 'w') ||
		    (i && c == 'w' && (ch_alnum((unsigned char)text.p[i - 1]) || text.p[i - 1] == '.')))
			continue;
		size_t head = link_start(str_sub(text, i, text.n));
		size_t end = head ? url_end(text, i) : 0;
		if (!head || end <= i + head)
			continue;
		struct str u = str_sub(text, i, end);
		if (starts_i(u, "hxxp"))
			u = arena_fmt(r->a, "http" STR_FMT, STR_ARG(str_sub(u, 4, u.n)));
		reader_link(r, u, STR_NONE, where);
		i = end - 1;
	}
}

static bool has_i(struct str line, const char *word)
{
	size_t n = strlen(word);
	for (size_t i = 0; i + n <= line.n; i++)
		if (str_ieq(str_sub(line, i, i + n), (struct str){word, n}))
			return true;
	return false;
}

/* Lines that mail programs put above what is forwarded in the text itself. */
static bool forward_line(struct str line)
{
	static const char *const words[] = {
		"original message",       "oorspronkelijk bericht", "doorgestuurd bericht",       "forwarded message",
		"begin forwarded",        "begin doorgestuurd",     "doorgestuurd bericht begin", "doorgestuurde bericht",
		"message d'origine",      "message transf",         "weitergeleitete nachricht",  "oorspronkelijke bericht",
		"ursprüngliche nachricht"};
	line = str_trim(line);
	if (line.n < 12 || line.n > 100)
		return false;
	bool dashes = str_starts(line, STR("--")) || str_starts(line, STR("__")) || str_starts(line, STR("==")) ||
		str_starts(line, STR(">"));
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (has_i(line, words[i]))
			return dashes || starts_i(line, "begin ") || line.p[line.n - 1] == ':';
	return false;
}

static struct str line_value(struct str line, const char *const *names)
{
	for (; *names; names++)
		if (starts_i(line, *names))
			return str_trim(str_sub(line, strlen(*names), line.n));
	return STR_NONE;
}

/* The lines below a marker that say who wrote what was forwarded. */
static void forward_head(struct reader *r, struct str text)
{
	static const char *const from[] = {"van:", "from:", "von:", "de :", "de:", NULL};
	static const char *const about[] = {"onderwerp:", "subject:", "betreff:", "objet", NULL};
	struct mail_head h = {.date_ms = INT64_MIN, .depth = r->depth};
	for (unsigned k = 0; k < 14 && text.n; k++) {
		const char *nl = memchr(text.p, '\n', text.n);
		size_t n = nl ? (size_t)(nl - text.p) : text.n;
		struct str line = str_sub(text, 0, n), v;
		text = str_sub(text, n + (nl != NULL), text.n);
		while (line.n && strchr("> *", line.p[0]))
			line = str_sub(line, 1, line.n);
		if (!h.subject.n && (v = line_value(line, about)).n)
			h.subject = reader_clean(r, v);
		if (h.from_addr.n || !(v = line_value(line, from)).n || v.n > 1000)
			continue;
		ptrdiff_t at = str_rfind(v, '@'), lt;
		size_t b = at < 0 ? 0 : (size_t)at, e = b;
		while (b && !strchr(" <[(:", v.p[b - 1]))
			b--;
		while (e < v.n && !strchr(" >])", v.p[e]))
			e++;
		if (at > 0)
			h.from_addr = reader_clean(r, str_sub(v, b, e));
		lt = str_find(v, '<');
		h.from_name = reader_clean(r, str_trim(str_sub(v, 0, lt < 0 ? b : (size_t)lt)));
	}
	if (h.from_addr.n || h.from_name.n || h.subject.n)
		reader_head(r, &h);
}

void reader_text(struct reader *r, struct str text, enum mail_where where)
{
	if (!text.p)
		return;
	unsigned outer = r->depth, outer_head = r->head;
	size_t from = 0, at = 0;
	while (at < text.n) {
		const char *nl = memchr(text.p + at, '\n', text.n - at);
		size_t end = nl ? (size_t)(nl - text.p) : text.n;
		if (r->depth < MAIL_MAX_DEPTH && forward_line(str_sub(text, at, end))) {
			struct str before = str_sub(text, from, at);
			reader_piece(r, before, where);
			if (where != MAIL_HTML)
				reader_text_links(r, before, where);
			r->depth++;
			if (r->depth > r->m.depth)
				r->m.depth = r->depth;
			from = end;
			forward_head(r, str_trim(str_sub(text, end, text.n)));
		}
		at = end + 1;
	}
	struct str last = str_sub(text, from < text.n ? from : text.n, text.n);
	reader_piece(r, last, where);
	if (where != MAIL_HTML)
		reader_text_links(r, last, where);
	r->depth = outer;
	r->head = outer_head;
}

void reader_calendar(struct reader *r, struct str text)
{
	struct buf b = BUF_INIT(MAIL_MAX_PART_TEXT + 16);
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		if (c == '\r')
			continue;
		if (c == '\n' && i + 1 < text.n && (text.p[i + 1] == ' ' || text.p[i + 1] == '\t')) {
			i++;
		} else if (c == '\\' && i + 1 < text.n && strchr("nN,;\\", text.p[i + 1])) {
			i++;
			buf_c(&b, (text.p[i] | 32) == 'n' ? '\n' : text.p[i]);
		} else {
			buf_c(&b, c);
		}
	}
	reader_piece(r, buf_view(&b), MAIL_CALENDAR);
	reader_text_links(r, buf_view(&b), MAIL_CALENDAR);
	buf_free(&b);
}
