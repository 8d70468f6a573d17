#include "base/str.h"

bool str_starts(struct str s, struct str head)
{
	return s.n >= head.n && (head.n == 0 || memcmp(s.p, head.p, head.n) == 0);
}

bool str_ends(struct str s, struct str tail)
{
	return s.n >= tail.n && (tail.n == 0 || memcmp(s.p + (s.n - tail.n), tail.p, tail.n) == 0);
}

bool str_ieq(struct str a, struct str b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (ch_tolower((unsigned char)a.p[i]) != ch_tolower((unsigned char)b.p[i]))
			return false;
	return true;
}

int str_cmp(struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = n ? memcmp(a.p, b.p, n) : 0;
	if (order)
		return order < 0 ? -1 : 1;
	return a.n < b.n ? -1 : a.n > b.n;
}

ptrdiff_t str_find(struct str s, char c)
{
	const char *hit = s.n ? memchr(s.p, c, s.n) : NULL;
	return hit ? hit - s.p : -1;
}

ptrdiff_t str_rfind(struct str s, char c)
{
	const char *hit = s.n ? memrchr(s.p, c, s.n) : NULL;
	return hit ? hit - s.p : -1;
}

struct str str_trim(struct str s)
{
	size_t from = 0, to = s.n;
	while (from < to && ch_space((unsigned char)s.p[from]))
		from++;
	while (to > from && ch_space((unsigned char)s.p[to - 1]))
		to--;
	/* The test keeps arithmetic off a NULL pointer. */
	return from ? str_sub(s, from, to) : (struct str){s.p, to};
}

/* The table of RFC 3629, section 4. */
size_t str_utf8_first(struct str s)
{
	if (s.n == 0)
		return 0;
	const unsigned char *p = (const unsigned char *)s.p;
	unsigned char c = p[0], low = 0x80, high = 0xbf;
	if (c < 0x80)
		return 1;
	size_t need = c >= 0xc2 && c <= 0xdf ? 2 : c >= 0xe0 && c <= 0xef ? 3 : c >= 0xf0 && c <= 0xf4 ? 4 : 0;
	if (c == 0xe0)
		low = 0xa0; /* a shorter form exists */
	else if (c == 0xed)
		high = 0x9f; /* surrogates */
	else if (c == 0xf0)
		low = 0x90; /* a shorter form exists */
	else if (c == 0xf4)
		high = 0x8f; /* above U+10FFFF */
	if (need == 0 || s.n < need || p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < need; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return need;
}

bool str_utf8(struct str s)
{
	while (s.n) {
		size_t one = str_utf8_first(s);
		if (!one)
			return false;
		s = str_sub(s, one, s.n);
	}
	return true;
}

bool str_int(struct str s, int64_t *ret)
{
	size_t i = s.n && s.p[0] == '-';
	bool negative = i;
	if (i == s.n)
		return false;
	int64_t v = 0; /* built below zero: INT64_MIN has no positive twin */
	for (; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (!ch_digit(c) || __builtin_mul_overflow(v, 10, &v) || __builtin_sub_overflow(v, c - '0', &v))
			return false;
	}
	if (!negative && v == INT64_MIN)
		return false;
	*ret = negative ? v : -v;
	return true;
}

bool str_copy(char *dst, size_t cap, struct str s)
{
	if (cap == 0)
		return false;
	if (s.n >= cap) {
		dst[0] = 0;
		return false;
	}
	if (s.n)
		memcpy(dst, s.p, s.n);
	dst[s.n] = 0;
	return true;
}
