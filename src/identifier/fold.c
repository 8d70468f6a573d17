/* Characters as people and mail programs write them, brought back to plain ones. */
#include "identifier/parts.h"

int hex_value(unsigned char c)
{
	if (ch_digit(c))
		return c - '0';
	c = ch_tolower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool id_make(enum id_kind kind, struct str value, struct identifier *ret)
{
	if (value.n == 0 || value.n > ID_MAX)
		return false;
	struct identifier id = {.kind = kind, .n = (uint8_t)value.n};
	memcpy(id.value, value.p, value.n);
	*ret = id;
	return true;
}

uint32_t fold_decode(struct str s, size_t at, size_t *ret_n)
{
	const unsigned char *p = (const unsigned char *)s.p + at;
	size_t left = s.n - at;
	size_t n = p[0] < 0x80 ? 1 : p[0] < 0xC2 ? 0 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : p[0] < 0xF5 ? 4 : 0;
	*ret_n = 1;
	if (n == 1)
		return p[0];
	if (n == 0 || left < n)
		return FOLD_BAD;
	uint32_t c = p[0] & (0x7Fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xC0) != 0x80)
			return FOLD_BAD;
		c = c << 6 | (p[i] & 0x3Fu);
	}
	if ((n == 3 && c < 0x800) || (n == 4 && (c < 0x10000 || c > 0x10FFFF)) || (c >= 0xD800 && c <= 0xDFFF))
		return FOLD_BAD;
	*ret_n = n;
	return c;
}

bool fold_letter(uint32_t c)
{
	static const struct {
		uint32_t from, to;
	} other[] = {
		/* ranges above U+00BF without letters */
		{0xD7, 0xD7},          {0xF7, 0xF7},     {0x2C2, 0x2DF},   {0x37E, 0x37E},   {0x60C, 0x60C},
		{0x61B, 0x61F},        {0x1680, 0x1680}, {0x180E, 0x180E}, {0x2000, 0x2BFF}, {0x2E00, 0x2E7F},
		{0x3000, 0x3004},      {0x3008, 0x303F}, {0xD800, 0xF8FF}, {0xFE00, 0xFE6F}, {0xFEFF, 0xFF0F},
		{0xFF1A, 0xFF20},      {0xFF3B, 0xFF40}, {0xFF5B, 0xFF65}, {0xFFE0, 0xFFFF}, {0x1F000, 0x1FBFF},
		{0xE0000, 0xFFFFFFFF},
	};
	if (c < 0xC0)
		return c == 0xAA || c == 0xB5 || c == 0xBA;
	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]) && c >= other[i].from; i++)
		if (c <= other[i].to)
			return false;
	return true;
}

bool fold_invisible(uint32_t c)
{
	static const struct {
		uint32_t from, to;
	} ranges[] = {
		{0xAD, 0xAD},       {0x34F, 0x34F},     {0x61C, 0x61C},   {0x115F, 0x1160}, {0x17B4, 0x17B5},
		{0x180B, 0x180F},   {0x200B, 0x200F},   {0x202A, 0x202E}, {0x2060, 0x206F}, {0x3164, 0x3164},
		{0xFE00, 0xFE0F},   {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0}, {0xFFF0, 0xFFF8}, {0x1BCA0, 0x1BCA3},
		{0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF},
	};
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]) && c >= ranges[i].from; i++)
		if (c <= ranges[i].to)
			return true;
	return false;
}

size_t fold_skip(struct str s, size_t at)
{
	size_t i = at, n;
	while (i < s.n && (unsigned char)s.p[i] >= 0x80 && fold_invisible(fold_decode(s, i, &n)))
		i += n;
	return i - at;
}

/* "[ word ]" and its two sisters at `at`, for one of the words (the list ends with an empty one). */
static size_t bracketed(struct str s, size_t at, const struct str *words)
{
	char open = s.p[at];
	char close = open == '[' ? ']' : open == '(' ? ')' : '}';
	size_t from = at + 1 + fold_skip(s, at + 1);
	if (from < s.n && s.p[from] == ' ')
		from++;
	for (; words->n; words++) {
		size_t end = from + words->n;
		if (end >= s.n || !str_ieq(str_sub(s, from, end), *words))
			continue;
		end += fold_skip(s, end);
		if (end < s.n && s.p[end] == ' ')
			end++;
		if (end < s.n && s.p[end] == close)
			return end + 1 - at;
	}
	return 0;
}

size_t fold_dot(struct str s, size_t at)
{
	static const struct str words[] = {{".", 1}, {"dot", 3}, {"punt", 4}, {NULL, 0}};
	if (at >= s.n)
		return 0;
	switch ((unsigned char)s.p[at]) {
	case '.':
		return 1;
	case '[':
	case '(':
	case '{':
		return bracketed(s, at, words);
	case 0xE3:
		return s.n - at >= 3 && memcmp(s.p + at, "\xE3\x80\x82", 3) == 0 ? 3 : 0;
	case 0xEF:
		return s.n - at >= 3 && (memcmp(s.p + at, "\xEF\xBC\x8E", 3) == 0 || memcmp(s.p + at, "\xEF\xBD\xA1", 3) == 0)
			? 3
			: 0;
	default:
		return 0;
	}
}

size_t fold_at(struct str s, size_t at)
{
	static const struct str words[] = {{"@", 1}, {"at", 2}, {"apenstaartje", 12}, {NULL, 0}};
	if (at >= s.n)
		return 0;
	switch ((unsigned char)s.p[at]) {
	case '@':
		return 1;
	case '[':
	case '(':
	case '{':
		return bracketed(s, at, words);
	case 0xEF:
		return s.n - at >= 3 && memcmp(s.p + at, "\xEF\xBC\xA0", 3) == 0 ? 3 : 0;
	default:
		return 0;
	}
}

/* 0 when the character goes, the character itself when it stays. */
static uint32_t plain(uint32_t c)
{
	if (c >= 0xFF01 && c <= 0xFF5E)
		return c - 0xFEE0;
	if (c == 0x3002 || c == 0xFF61)
		return '.';
	if (c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x202F || c == 0x205F || c == 0x3000 ||
	    (c >= '\t' && c <= '\r'))
		return ' ';
	if ((c >= 0x2010 && c <= 0x2015) || c == 0x2212 || c == 0xFE58 || c == 0xFE63)
		return '-';
	return fold_invisible(c) ? 0 : c; /* what is not seen is a way to hide a name */
}

struct str fold_strip(struct str s)
{
	static const char pairs[] = "<>\"\"''``";
	for (bool again = true; again;) {
		again = false;
		s = str_trim(s);
		for (size_t i = 0; i + 1 < sizeof(pairs) && s.n >= 2; i += 2)
			if (s.p[0] == pairs[i] && s.p[s.n - 1] == pairs[i + 1]) {
				s = str_sub(s, 1, s.n - 1);
				again = true;
			}
	}
	return s;
}

bool fold_text(struct str in, char *out, size_t cap, struct str *ret)
{
	size_t n = 0;
	for (size_t i = 0, step; i < in.n; i += step) {
		uint32_t c = fold_decode(in, i, &step);
		if (c == FOLD_BAD || c == 0x7F || (c < 0x20 && (c < '\t' || c > '\r')))
			return false;
		uint32_t p = plain(c);
		size_t add = p == 0 ? 0 : p < 0x80 ? 1 : step;
		if (n + add > cap)
			return false;
		if (add == 1)
			out[n] = (char)p;
		else if (add)
			memcpy(out + n, in.p + i, add);
		n += add;
	}
	*ret = fold_strip((struct str){out, n});
	return true;
}
