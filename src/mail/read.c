/* The walk over a MIME tree. GMime parses; everything is bounded here. */
#include "mail/parts.h"
#include <gmime/gmime.h>
#include <iconv.h>

#define FIELD_MAX 16384u

static void walk(struct reader *r, GMimeObject *o, const struct mail_options *opt);

static const char *const CHARSETS[] = {
	"iso-8859-1", "iso-8859-2", "iso-8859-5", "iso-8859-7",  "iso-8859-8", "iso-8859-9", "iso-8859-15", "windows-1250",
	"cp1251",     "cp1252",     "cp1253",     "cp1254",      "cp1255",     "cp1256",     "koi8-r",      "gb18030",
	"big5",       "shift_jis",  "euc-jp",     "iso-2022-jp", "euc-kr",     "utf-16",     "utf-7",       "us-ascii"};

iconv_t mail_charsets[sizeof(CHARSETS) / sizeof(CHARSETS[0])];

void mail_setup(void)
{
	static bool done;
	if (done)
		return;
	done = true;
	g_mime_init();
	/* Kept open on purpose: behind the locks of the child no file can be opened, also not that of a character set. */
	for (size_t i = 0; i < sizeof(CHARSETS) / sizeof(CHARSETS[0]); i++)
		mail_charsets[i] = iconv_open("utf-8", CHARSETS[i]);
}

static struct str text_of(struct reader *r, const char *z)
{
	struct str s = str_of(z);
	if (s.n > 2000)
		s.n = 2000;
	return reader_clean(r, s);
}

static struct str domain_of(struct str addr)
{
	ptrdiff_t at = str_rfind(addr, '@');
	return at < 0 ? STR_NONE : str_sub(addr, (size_t)at + 1, addr.n);
}

/* The only mailbox of a list; the first when there are more and `only` is not asked. */
static void mailbox(struct reader *r, InternetAddressList *l, bool only, struct str *ret_name, struct str *ret_addr)
{
	int n = l ? internet_address_list_length(l) : 0;
	for (int i = 0; i < n && i < 20; i++) {
		InternetAddress *a = internet_address_list_get_address(l, i);
		if (!INTERNET_ADDRESS_IS_MAILBOX(a) || (only && n > 1))
			continue;
		const char *name = internet_address_get_name(a);
		if (ret_name && name)
			*ret_name = text_of(r, name);
		*ret_addr = text_of(r, internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(a)));
		return;
	}
}

/* From as written, when nothing in it is an address: the name is what the victim saw. */
static void raw_from(struct reader *r, GMimeObject *o, struct mail_head *h)
{
	const char *raw = g_mime_object_get_header(o, "From");
	if (!raw || h->from_name.n || h->from_addr.n)
		return;
	char *plain = g_mime_utils_header_decode_text(NULL, raw);
	struct str s = text_of(r, plain);
	ptrdiff_t lt = str_find(s, '<');
	h->from_name = str_trim(lt > 0 ? str_sub(s, 0, (size_t)lt) : s);
	g_free(plain);
}

static bool header_is(GMimeObject *o, const char *name, const char *const *values)
{
	const char *v = g_mime_object_get_header(o, name);
	struct str s = str_trim(str_of(v ? v : ""));
	for (; *values; values++)
		if (s.n >= strlen(*values) && str_ieq(str_sub(s, 0, strlen(*values)), str_of(*values)))
			return true;
	return false;
}

static unsigned count_header(GMimeObject *o, const char *name)
{
	GMimeHeaderList *list = g_mime_object_get_header_list(o);
	int n = g_mime_header_list_get_count(list);
	unsigned found = 0;
	for (int i = 0; i < n; i++)
		found += g_ascii_strcasecmp(g_mime_header_get_name(g_mime_header_list_get_header_at(list, i)), name) == 0;
	return found;
}

static enum mail_silent silence(GMimeObject *o, const struct mail_head *h)
{
	static const char *const bulk[] = {"bulk", "list", "junk", "auto_reply", NULL};
	static const char *const no[] = {"no", NULL}, *const nobody[] = {"<>", NULL};
	GMimeContentType *ct = NULL;
	GMimeObject *body = GMIME_IS_MESSAGE(o) ? g_mime_message_get_mime_part(GMIME_MESSAGE(o)) : NULL;
	if (g_mime_object_get_header(o, "X-Kentering-Loop") || g_mime_object_get_header(o, "X-Loop") ||
	    count_header(o, "Received") > MAIL_MAX_RECEIVED)
		return MAIL_LOOP;
	ct = body ? g_mime_object_get_content_type(body) : NULL;
	if (ct && g_mime_content_type_is_type(ct, "multipart", "report"))
		return MAIL_REPORT;
	if (header_is(o, "Return-Path", nobody))
		return MAIL_BOUNCE;
	if (g_mime_object_get_header(o, "Auto-Submitted") && !header_is(o, "Auto-Submitted", no))
		return MAIL_AUTO;
	if (header_is(o, "Precedence", bulk) || g_mime_object_get_header(o, "List-Id"))
		return MAIL_BULK;
	if (!h->from_addr.n)
		return MAIL_NO_SENDER;
	return mail_silent_sender(h->from_addr);
}

/* Only the topmost header of our own server counts: those below came with the mail. */
static bool verdict(GMimeObject *o, struct mail_head *h, const struct mail_options *opt)
{
	GMimeHeaderList *list = g_mime_object_get_header_list(o);
	int n = g_mime_header_list_get_count(list);
	bool ours = false, confirmed = false;
	for (int i = 0; i < n && i < 500; i++) {
		GMimeHeader *hd = g_mime_header_list_get_header_at(list, i);
		bool failed = false;
		if (g_ascii_strcasecmp(g_mime_header_get_name(hd), "Authentication-Results") != 0)
			continue;
		const char *raw = g_mime_header_get_raw_value(hd);
		struct str v = str_of(raw ? raw : "");
		bool listed = opt && head_listed(v, opt);
		bool pass = head_confirms(v, domain_of(h->from_addr), opt, &failed);
		if (listed && !ours) {
			ours = true;
			confirmed = pass;
		}
		h->auth_failed |= failed;
	}
	return confirmed;
}

static void message(struct reader *r, GMimeMessage *m, const struct mail_options *opt)
{
	struct mail_head h = {.date_ms = INT64_MIN, .depth = r->depth};
	GMimeObject *o = GMIME_OBJECT(m), *body = g_mime_message_get_mime_part(m);
	InternetAddressList *from = g_mime_message_get_addresses(m, GMIME_ADDRESS_TYPE_FROM);
	struct str only = STR_NONE;
	unsigned outer = r->head;
	bool top = r->m.heads_n == 0;
	mailbox(r, from, false, &h.from_name, &h.from_addr);
	mailbox(r, from, true, NULL, &only);
	raw_from(r, o, &h);
	mailbox(r, g_mime_message_get_addresses(m, GMIME_ADDRESS_TYPE_REPLY_TO), false, NULL, &h.reply_addr);
	h.subject = text_of(r, g_mime_message_get_subject(m));
	h.message_id = text_of(r, g_mime_message_get_message_id(m));
	struct str path = str_trim(text_of(r, g_mime_object_get_header(o, "Return-Path")));
	if (path.n > 2 && path.p[0] == '<' && path.p[path.n - 1] == '>')
		path = str_sub(path, 1, path.n - 1);
	h.return_addr = path;
	GDateTime *date = g_mime_message_get_date(m);
	if (date)
		h.date_ms = g_date_time_to_unix(date) * 1000;
	h.unsubscribe = g_mime_object_get_header(o, "List-Unsubscribe") != NULL;
	bool confirmed = verdict(o, &h, opt);
	if (top) {
		r->m.confirmed = confirmed && only.n > 0;
		r->m.silent = silence(o, &h);
	}
	reader_head(r, &h);
	if (body)
		walk(r, body, opt);
	r->head = outer;
}

/* The decoded bytes, at most MAIL_MAX_PART_TEXT. */
static void decode(struct reader *r, GMimePart *p, const char *charset, struct buf *out)
{
	GMimeDataWrapper *w = g_mime_part_get_content(p);
	GMimeStream *in = w ? g_mime_data_wrapper_get_stream(w) : NULL;
	if (!in)
		return;
	GMimeStream *f = g_mime_stream_filter_new(in);
	GMimeFilter *plain = g_mime_filter_basic_new(g_mime_data_wrapper_get_encoding(w), FALSE);
	GMimeFilter *conv = charset ? g_mime_filter_charset_new(charset, "utf-8") : NULL;
	g_mime_stream_filter_add(GMIME_STREAM_FILTER(f), plain);
	if (conv)
		g_mime_stream_filter_add(GMIME_STREAM_FILTER(f), conv);
	g_mime_stream_reset(in);
	for (;;) {
		char *to = buf_room(out, 32768);
		ssize_t n = to ? g_mime_stream_read(f, to, 32768) : 0;
		r->m.cut |= !to;
		if (n <= 0)
			break;
		buf_added(out, (size_t)n);
	}
	g_object_unref(plain);
	if (conv)
		g_object_unref(conv);
	g_object_unref(f);
}

static void latin1(struct buf *b)
{
	struct buf out = BUF_INIT(b->n * 2 + 16);
	for (size_t i = 0; i < b->n; i++) {
		unsigned char c = (unsigned char)b->p[i];
		char two[2] = {(char)(0xC0 | c >> 6), (char)(0x80 | (c & 63))};
		buf_add(&out, c < 0x80 ? (const char *)&c : two, c < 0x80 ? 1 : 2);
	}
	buf_free(b);
	*b = out;
}

static bool ext_is(const char *name, const char *ext)
{
	size_t n = name ? strlen(name) : 0, k = strlen(ext);
	return n > k && g_ascii_strcasecmp(name + n - k, ext) == 0;
}

/* charset= within the first bytes of HTML that has no charset in its header. */
static bool html_charset(struct str s, char out[32])
{
	size_t most = s.n < 2048 ? s.n : 2048;
	for (size_t i = 0; i + 9 < most; i++) {
		if (!str_ieq(str_sub(s, i, i + 8), STR("charset=")))
			continue;
		size_t n = 0;
		for (i += 8; i < most && (s.p[i] == '"' || s.p[i] == '\''); i++)
			;
		for (; i < most && n < 31 && (ch_alnum((unsigned char)s.p[i]) || strchr("-_", s.p[i])); i++)
			out[n++] = s.p[i];
		out[n] = 0;
		return n > 0;
	}
	return false;
}

static void part_text(struct reader *r, GMimePart *p, GMimeContentType *ct, bool html, bool calendar)
{
	const char *charset = g_mime_content_type_get_parameter(ct, "charset");
	char found[32];
	struct buf b = BUF_INIT(MAIL_MAX_PART_TEXT);
	bool utf8 = charset && (g_ascii_strcasecmp(charset, "utf-8") == 0 || g_ascii_strcasecmp(charset, "utf8") == 0);
	iconv_t known = charset && !utf8 ? g_mime_iconv_open("utf-8", charset) : (iconv_t)-1;
	if (known != (iconv_t)-1)
		g_mime_iconv_close(known);
	decode(r, p, known != (iconv_t)-1 ? charset : NULL, &b);
	if (!charset && html && !str_utf8(buf_view(&b)) && html_charset(buf_view(&b), found)) {
		buf_reset(&b);
		decode(r, p, found, &b);
	}
	if (!utf8 && !str_utf8(buf_view(&b)))
		latin1(&b);
	r->m.encrypted |= str_starts(b.n ? str_trim(buf_view(&b)) : STR(""), STR("-----BEGIN PGP MESSAGE-----"));
	if (html)
		reader_html(r, buf_view(&b));
	else if (calendar)
		reader_calendar(r, buf_view(&b));
	else
		reader_text(r, buf_view(&b), MAIL_TEXT);
	buf_free(&b);
}

/* GMime needs a time that grows with the square of an address field: no field is longer than FIELD_MAX. */
static struct str short_fields(struct str s, struct buf *b)
{
	size_t at = 0, kept = 0, field = 0;
	while (at < s.n) {
		const char *nl = memchr(s.p + at, '\n', s.n - at);
		size_t end = nl ? (size_t)(nl - s.p) + 1 : s.n;
		if (s.p[at] == '\n' || (s.p[at] == '\r' && end == at + 2))
			break;
		if (s.p[at] != ' ' && s.p[at] != '\t')
			field = at;
		if (end - field > FIELD_MAX) {
			size_t cut = field + FIELD_MAX > at ? field + FIELD_MAX : at;
			buf_add(b, s.p + kept, cut - kept);
			if (cut > at)
				buf_c(b, '\n');
			kept = end;
		}
		at = end;
	}
	if (!kept)
		return s;
	buf_add(b, s.p + kept, s.n - kept);
	return buf_err(b) ? STR_NONE : buf_view(b);
}

/* The parser makes objects for all parts there are before anybody looks how many are wanted, so the text ends where
 * there have been more lines that may begin a part than any mail has. */
static struct str few_parts(struct str s)
{
	size_t marks = 0;
	for (const char *p = s.p; (p = memmem(p, s.n - (size_t)(p - s.p), "\n--", 3)); p += 3)
		if (++marks > MAIL_MAX_MARKS)
			return str_sub(s, 0, (size_t)(p - s.p) + 1);
	return s;
}

static GMimeMessage *parse(struct str whole)
{
	struct buf b = BUF_INIT(MAIL_MAX_BYTES + 65536);
	struct str s = short_fields(whole, &b);
	GMimeStream *in = g_mime_stream_mem_new_with_buffer(s.p, s.n);
	GMimeParser *parser = g_mime_parser_new_with_stream(in);
	if (str_starts(s, STR("From ")))
		g_mime_parser_set_format(parser, GMIME_FORMAT_MBOX);
	GMimeMessage *m = g_mime_parser_construct_message(parser, NULL);
	g_object_unref(parser);
	g_object_unref(in);
	buf_free(&b);
	return m;
}

static void deeper(struct reader *r, GMimeMessage *m, const struct mail_options *opt)
{
	if (r->depth >= MAIL_MAX_DEPTH) {
		r->m.cut = true;
		return;
	}
	if (++r->depth > r->m.depth)
		r->m.depth = r->depth;
	message(r, m, opt);
	r->depth--;
}

/* An attached message that is not labelled as one. */
static void part_eml(struct reader *r, GMimePart *p, const struct mail_options *opt)
{
	struct buf b = BUF_INIT(MAIL_MAX_PART_TEXT);
	decode(r, p, NULL, &b);
	GMimeMessage *m = b.n ? parse(buf_view(&b)) : NULL;
	if (m) {
		deeper(r, m, opt);
		g_object_unref(m);
	}
	buf_free(&b);
}

static void part(struct reader *r, GMimePart *p, const struct mail_options *opt)
{
	GMimeContentType *ct = g_mime_object_get_content_type(GMIME_OBJECT(p));
	const char *name = g_mime_part_get_filename(p);
	bool outer = r->attached, text = g_mime_content_type_is_type(ct, "text", "*");
	bool html = g_mime_content_type_is_type(ct, "text", "html") || ext_is(name, ".html") || ext_is(name, ".htm") ||
		ext_is(name, ".shtml") || g_mime_content_type_is_type(ct, "application", "xhtml+xml");
	bool calendar = g_mime_content_type_is_type(ct, "text", "calendar") || ext_is(name, ".ics");
	bool pdf = g_mime_content_type_is_type(ct, "application", "pdf") || ext_is(name, ".pdf");
	bool eml = g_mime_content_type_is_type(ct, "message", "rfc822") || ext_is(name, ".eml");
	r->m.encrypted |= g_mime_content_type_is_type(ct, "application", "pkcs7-mime") ||
		g_mime_content_type_is_type(ct, "application", "x-pkcs7-mime") ||
		g_mime_content_type_is_type(ct, "application", "pgp-encrypted");
	if (g_mime_part_is_attachment(p) || !(text || calendar)) {
		r->m.attachments++;
		r->attached = true;
	}
	if (eml) {
		r->attached = outer;
		part_eml(r, p, opt);
	} else if (pdf) {
		struct buf b = BUF_INIT(MAIL_MAX_PART_TEXT);
		decode(r, p, NULL, &b);
		reader_pdf(r, buf_view(&b));
		buf_free(&b);
	} else if (text || html || calendar) {
		part_text(r, p, ct, html, calendar);
	}
	r->attached = outer;
}

static void walk(struct reader *r, GMimeObject *o, const struct mail_options *opt)
{
	if (r->rc || ++r->m.parts > MAIL_MAX_PARTS || r->level >= MAIL_MAX_DEPTH * 2) {
		r->m.cut = true;
		return;
	}
	r->level++;
	if (GMIME_IS_MESSAGE_PART(o)) {
		GMimeMessage *m = g_mime_message_part_get_message(GMIME_MESSAGE_PART(o));
		if (m)
			deeper(r, m, opt);
	} else if (GMIME_IS_MULTIPART(o)) {
		int n = g_mime_multipart_get_count(GMIME_MULTIPART(o));
		for (int i = 0; i < n && r->m.parts <= MAIL_MAX_PARTS; i++)
			walk(r, g_mime_multipart_get_part(GMIME_MULTIPART(o), i), opt);
	} else if (GMIME_IS_PART(o)) {
		part(r, GMIME_PART(o), opt);
	}
	r->level--;
}

int mail_read(struct arena *a, struct str text, const struct mail_options *o, struct mail *ret, struct err *e)
{
	struct reader r = {.a = a};
	if (text.n > MAIL_MAX_BYTES)
		return err_set(e, KT_ELIMIT, "Het bericht is groter dan %u MiB.", MAIL_MAX_BYTES >> 20);
	mail_setup();
	struct str some = few_parts(text);
	r.m.cut = some.n < text.n;
	GMimeMessage *m = parse(some);
	if (!m || g_mime_header_list_get_count(g_mime_object_get_header_list(GMIME_OBJECT(m))) == 0) {
		if (m)
			g_object_unref(m);
		return err_set(e, KT_EINVAL, "Dit is geen e-mailbericht: er staan geen kopregels boven.");
	}
	message(&r, m, o);
	g_object_unref(m);
	if (r.rc || !r.m.heads_n)
		return err_set(e, KT_ENOMEM, "Er is te weinig geheugen.");
	if (r.m.parts > MAIL_MAX_PARTS)
		r.m.parts = MAIL_MAX_PARTS;
	*ret = r.m;
	return 0;
}

const char *mail_where_name(enum mail_where w)
{
	static const char *const names[MAIL_WHERES] = {"tekst", "html", "agenda", "pdf", "bijlage", "afbeelding"};
	return (unsigned)w < MAIL_WHERES ? names[w] : "tekst";
}

const char *mail_silent_text(enum mail_silent s)
{
	static const char *const why[] = {NULL,
	                                  "dit is een automatisch bericht",
	                                  "dit is een bericht aan een lijst van mensen",
	                                  "dit bericht meldt dat een ander bericht niet is aangekomen",
	                                  "dit bericht komt van ons zelf",
	                                  "dit is een verslag van een mailserver",
	                                  "er staat geen afzender in het bericht",
	                                  "de afzender op de envelop is een ander dan die in het bericht"};
	return (unsigned)s < sizeof(why) / sizeof(why[0]) ? why[s] : why[1];
}
