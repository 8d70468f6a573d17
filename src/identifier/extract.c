/* Finds identifiers in text: one pass over words, each finder bounded, so hostile text takes linear time. */
#include "identifier/parts.h"

/* Start of the character that ends at `at` (which is not 0). */
static size_t char_back(struct str text, size_t at)
{
	size_t from = at;
	do
		from--;
	while (from > 0 && at - from < 4 && ((unsigned char)text.p[from] & 0xC0) == 0x80);
	return from;
}

size_t extract_invisible_back(struct str text, size_t at)
{
	size_t i = at, n;
	while (i > 0 && (unsigned char)text.p[i - 1] >= 0x80) {
		size_t from = char_back(text, i);
		if (!fold_invisible(fold_decode(text, from, &n)) || n != i - from)
			break;
		i = from;
	}
	return at - i;
}

size_t extract_word_char(struct str text, size_t at)
{
	if (at >= text.n)
		return 0;
	unsigned char c = (unsigned char)text.p[at];
	if (c < 0x80)
		return ch_alnum(c) || c == '_';
	size_t skip = fold_skip(text, at), n;
	if (skip && (at += skip) >= text.n)
		return 0;
	c = (unsigned char)text.p[at];
	if (c < 0x80)
		return ch_alnum(c) || c == '_' ? skip + 1 : 0;
	return fold_letter(fold_decode(text, at, &n)) ? skip + n : 0;
}

size_t extract_hyphen(struct str text, size_t at)
{
	if (at + 3 >= text.n || (unsigned char)text.p[at] < 0x80)
		return 0;
	const char *p = text.p + at;
	if (memcmp(p, "\xE2\x80\x90", 3) != 0 && memcmp(p, "\xE2\x80\x91", 3) != 0 && memcmp(p, "\xEF\xBC\x8D", 3) != 0)
		return 0;
	return extract_word_char(text, at + 3) ? 3 : 0;
}

bool extract_word_before(struct str text, size_t at)
{
	at -= extract_invisible_back(text, at);
	if (at == 0)
		return false;
	size_t from = char_back(text, at);
	return extract_word_char(text, from) == at - from;
}

void extract_emit(struct extract *x, const struct identifier *id, size_t begin, size_t end)
{
	struct id_found f = {*id, begin, end};
	if (x->rc == 0)
		x->rc = x->found(&f, x->arg);
	if (end > x->floor)
		x->floor = end;
}

/* A line break between two groups, with the "> " of a quoted mail behind it; 0 when there is none. */
static size_t line_break(struct str t, size_t at)
{
	size_t i = at;
	while (i < t.n && t.p[i] == ' ' && i - at < 4)
		i++;
	i += i < t.n && t.p[i] == '\r';
	if (i >= t.n || t.p[i] != '\n')
		return 0;
	size_t quote = ++i;
	while (i < t.n && (t.p[i] == '>' || t.p[i] == ' ') && i - quote < 12)
		i++;
	return i - at;
}

/* What stands between two characters of an IBAN; only one line break, told by `broken`. */
static size_t iban_separator(struct str t, size_t i, bool *broken)
{
	unsigned char c = (unsigned char)t.p[i];
	size_t n = 0;
	if ((c == ' ' || c == '\r' || c == '\n') && !*broken && (n = line_break(t, i)) > 0)
		*broken = true;
	else if (c == ' ' || c == '.' || c == '-')
		n = 1;
	else if (c == 0xC2 && i + 1 < t.n && t.p[i + 1] == '\xA0')
		n = 2;
	return n && i + n < t.n && ch_alnum((unsigned char)t.p[i + n]) ? n : 0;
}

size_t extract_iban(struct extract *x, size_t at, size_t word_end)
{
	struct str t = x->text;
	char buf[34];
	size_t n = 0, i = at;
	bool broken = false;
	if (word_end - at < 2 || !ch_alpha((unsigned char)t.p[at]) || !ch_alpha((unsigned char)t.p[at + 1]))
		return 0;
	size_t length = iban_length(t.p[at], t.p[at + 1]);
	while (n < length && i < t.n) {
		unsigned char c = (unsigned char)t.p[i];
		if (ch_alnum(c)) {
			if ((n == 2 || n == 3) && !ch_digit(c))
				return 0;
			buf[n++] = (char)ch_toupper(c);
			i++;
			continue;
		}
		size_t skip = fold_skip(t, i);
		skip = skip ? skip : iban_separator(t, i, &broken);
		if (skip == 0 || n < 2 || (broken && n < 4))
			return 0;
		i += skip;
	}
	if (length == 0 || n < length || extract_word_char(t, i) || (i < t.n && t.p[i] == '@') ||
	    !iban_shaped((struct str){buf, n}))
		return 0;
	struct identifier id;
	if (iban_canonical(str_sub(t, at, i), &id, NULL) == 0) {
		extract_emit(x, &id, at, i);
		return i;
	}
	/* An IBAN with a typing error: its digits are no telephone number. */
	return ch_upper((unsigned char)t.p[at]) && ch_upper((unsigned char)t.p[at + 1]) ? i : 0;
}

size_t extract_wallet(struct extract *x, size_t at, size_t word_end)
{
	size_t n = word_end - at;
	if (n < 26 || n > 106 || !strchr("013478LMTbBlL", x->text.p[at]) ||
	    (n > 35 && n != 42 && n != 95 && n != 106 && ch_tolower((unsigned char)x->text.p[at + 1]) != 'c' &&
	     ch_tolower((unsigned char)x->text.p[at + 1]) != 't'))
		return 0;
	struct identifier id;
	if (wallet_canonical(str_sub(x->text, at, word_end), &id, NULL) != 0)
		return 0;
	extract_emit(x, &id, at, word_end);
	return word_end;
}

/* Where to go on after position `at`. */
static size_t step(struct extract *x, size_t at)
{
	struct str t = x->text;
	size_t used = 0, n = fold_skip(t, at);
	if (n) /* before a word they are no part of it */
		return at + n;
	size_t end = at;
	while ((n = extract_word_char(t, end)) > 0)
		end += n;
	if (end == at) {
		if (t.p[at] == '+' || t.p[at] == '(')
			used = extract_phone(x, at);
		return used ? used : at + 1;
	}
	used = extract_url(x, at, end);
	if (!used)
		used = extract_iban(x, at, end);
	if (!used && at >= x->run_end)
		used = extract_host_run(x, at);
	if (!used)
		used = extract_wallet(x, at, end);
	if (!used && t.p[at] == '0')
		used = extract_phone(x, at);
	return used ? used : end;
}

int id_extract(struct str text, const struct id_options *o, id_found_fn found, void *arg)
{
	struct extract x = {.text = text, .o = o, .found = found, .arg = arg};
	for (size_t at = 0; at < text.n && x.rc == 0;)
		at = step(&x, at);
	return x.rc;
}
