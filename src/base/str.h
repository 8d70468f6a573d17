/* Borrowed text: a pointer and a length, not ended by NUL, not owned. */
#ifndef BASE_STR_H
#define BASE_STR_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
	const char *p;
	size_t n;
};

#define STR(lit) ((struct str){"" lit, sizeof(lit) - 1})
#define STR_NONE ((struct str){NULL, 0})
#define STR_FMT "%.*s"
#define STR_ARG(s) (int)(s).n, (s).p

static inline struct str str_of(const char *z) { return (struct str){z, z ? strlen(z) : 0}; }
static inline bool str_eq(struct str a, struct str b) { return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0); }
static inline bool str_is(struct str a, const char *z) { return str_eq(a, str_of(z)); }
static inline struct str str_sub(struct str s, size_t from, size_t to)
{
	return (struct str){s.p + from, to - from};
}
bool str_starts(struct str s, struct str head);
bool str_ends(struct str s, struct str tail);
/* ASCII only, as for host names and schemes. */
bool str_ieq(struct str a, struct str b);
/* Orders as memcmp, the shorter first. */
int str_cmp(struct str a, struct str b);
/* Position of the first `c`, or -1. */
ptrdiff_t str_find(struct str s, char c);
ptrdiff_t str_rfind(struct str s, char c);
/* Without white space (ASCII) at both ends. */
struct str str_trim(struct str s);
/* Strict UTF-8 (no overlong forms, no surrogates, at most U+10FFFF). */
bool str_utf8(struct str s);
/* Bytes of the code point that `s` begins with (1–4); 0 when that is no UTF-8 or `s` is empty. */
size_t str_utf8_first(struct str s);
/* Decimal, optional '-', whole text; false on anything else or overflow. */
bool str_int(struct str s, int64_t *ret);
/* Copies at most cap-1 bytes and ends with NUL; returns false when it did not fit (then "" is stored). */
bool str_copy(char *dst, size_t cap, struct str s);

static inline bool ch_digit(unsigned char c) { return c >= '0' && c <= '9'; }
static inline bool ch_upper(unsigned char c) { return c >= 'A' && c <= 'Z'; }
static inline bool ch_lower(unsigned char c) { return c >= 'a' && c <= 'z'; }
static inline bool ch_alpha(unsigned char c) { return ch_upper(c) || ch_lower(c); }
static inline bool ch_alnum(unsigned char c) { return ch_alpha(c) || ch_digit(c); }
static inline bool ch_space(unsigned char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
static inline unsigned char ch_tolower(unsigned char c) { return ch_upper(c) ? (unsigned char)(c + 32) : c; }
static inline unsigned char ch_toupper(unsigned char c) { return ch_lower(c) ? (unsigned char)(c - 32) : c; }

#endif
