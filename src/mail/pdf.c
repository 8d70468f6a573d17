/* Links of a PDF without reading PDF: annotations say /URI (address). They stand in the open or in Flate streams. */
#include "mail/parts.h"
#include <gio/gio.h>

#define INFLATE_MAX (8u << 20) /* of one PDF, all its streams together */
#define STREAMS_MAX 400u

/* A PDF string: \( \) \\ and octal escapes; brackets nest. */
static size_t pdf_string(struct str s, char *out, size_t cap, size_t *ret_n)
{
	size_t n = 0, i = 1;
	int open = 1;
	for (; i < s.n && n < cap; i++) {
		char c = s.p[i];
		if (c == '(')
			open++;
		if (c == ')' && --open == 0)
			break;
		if (c == '\\' && i + 1 < s.n) {
			unsigned v = 0, d = 0;
			while (d < 3 && i + 1 < s.n && s.p[i + 1] >= '0' && s.p[i + 1] <= '7') {
				v = v * 8 + (unsigned)(s.p[++i] - '0');
				d++;
			}
			c = d ? (char)v : s.p[++i];
			if (!d && (c == '\n' || c == '\r'))
				continue;
		}
		out[n++] = c;
	}
	*ret_n = n;
	return i;
}

static int pdf_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

/* <68747470…>: pairs of hexadecimal digits, white space between them; a last single digit is followed by a 0. */
static size_t pdf_hex(struct str s, char *out, size_t cap, size_t *ret_n)
{
	size_t n = 0, i = 1;
	int high = -1;
	for (; i < s.n && n < cap && s.p[i] != '>'; i++) {
		int d = pdf_digit(s.p[i]);
		if (d < 0 && !ch_space((unsigned char)s.p[i]))
			break;
		if (d < 0)
			continue;
		if (high >= 0)
			out[n++] = (char)(high * 16 + d);
		high = high >= 0 ? -1 : d;
	}
	if (high >= 0 && n < cap)
		out[n++] = (char)(high * 16);
	*ret_n = n;
	return i;
}

static void pdf_scan(struct reader *r, struct str s)
{
	char url[2048];
	for (size_t at = 0; at < s.n;) {
		const char *hit = memmem(s.p + at, s.n - at, "/URI", 4);
		if (!hit)
			return;
		at = (size_t)(hit - s.p) + 4;
		while (at < s.n && ch_space((unsigned char)s.p[at]))
			at++;
		if (at >= s.n || (s.p[at] != '(' && s.p[at] != '<') || (s.p[at] == '<' && at + 1 < s.n && s.p[at + 1] == '<'))
			continue;
		struct str text = str_sub(s, at, s.n);
		size_t n = 0,
			   used = s.p[at] == '(' ? pdf_string(text, url, sizeof(url), &n) : pdf_hex(text, url, sizeof(url), &n);
		reader_link(r, (struct str){url, n}, STR_NONE, MAIL_PDF);
		at += used;
	}
}

/* Inflates one stream; returns the bytes made. */
static size_t pdf_stream(struct reader *r, struct str s, size_t room)
{
	GConverter *z = G_CONVERTER(g_zlib_decompressor_new(G_ZLIB_COMPRESSOR_FORMAT_ZLIB));
	struct buf out = BUF_INIT(room + 65536);
	gsize used, made;
	while (s.n && out.n < room) {
		char *to = buf_room(&out, 65536);
		GError *why = NULL;
		if (!to)
			break;
		GConverterResult res =
			g_converter_convert(z, s.p, s.n, to, 65536, G_CONVERTER_INPUT_AT_END, &used, &made, &why);
		g_clear_error(&why);
		if (res == G_CONVERTER_ERROR)
			break;
		buf_added(&out, made);
		s = str_sub(s, used, s.n);
		if (res == G_CONVERTER_FINISHED || (!used && !made))
			break;
	}
	size_t n = out.n;
	pdf_scan(r, buf_view(&out));
	buf_free(&out);
	g_object_unref(z);
	return n;
}

void reader_pdf(struct reader *r, struct str pdf)
{
	size_t room = INFLATE_MAX, at = 0;
	pdf_scan(r, pdf);
	for (unsigned k = 0; k < STREAMS_MAX && at < pdf.n && room && !r->rc; k++) {
		const char *hit = memmem(pdf.p + at, pdf.n - at, "stream", 6);
		if (!hit)
			return;
		at = (size_t)(hit - pdf.p) + 6;
		if (hit - pdf.p >= 3 && memcmp(hit - 3, "end", 3) == 0)
			continue;
		while (at < pdf.n && (pdf.p[at] == '\r' || pdf.p[at] == '\n'))
			at++;
		/* The header of zlib: other filters (images) are left alone. */
		if (at + 2 > pdf.n || ((unsigned char)pdf.p[at] & 15) != 8 ||
		    ((unsigned char)pdf.p[at] * 256u + (unsigned char)pdf.p[at + 1]) % 31)
			continue;
		const char *end = memmem(pdf.p + at, pdf.n - at, "endstream", 9);
		size_t n = end ? (size_t)(end - pdf.p) - at : pdf.n - at, made = pdf_stream(r, str_sub(pdf, at, at + n), room);
		room -= made < room ? made : room;
		at += n;
	}
}
