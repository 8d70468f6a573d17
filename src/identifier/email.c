/* E-mail addresses: local part as a dot-atom (RFC 5321), the whole in lower case. */
#include "identifier/parts.h"

#define LOCAL_MAX 64
#define RAW_MAX 1024

static bool atext(unsigned char c)
{
	return ch_alnum(c) || (c && strchr("!#$%&'*+-/=?^_`{|}~", c));
}

/* Dot-atom in lower case, with [.] and (dot) understood; braces may stand in a local part, so {.} is not. */
static bool local_part(struct str s, char out[LOCAL_MAX], size_t *ret_n)
{
	size_t n = 0;
	bool dot_before = true;
	for (size_t i = 0; i < s.n;) {
		unsigned char c = (unsigned char)s.p[i];
		size_t dot = c == '{' ? 0 : fold_dot(s, i);
		if (n == LOCAL_MAX || (dot ? dot_before : !atext(c)))
			return false;
		out[n++] = dot ? '.' : (char)ch_tolower(c);
		dot_before = dot > 0;
		i += dot ? dot : 1;
	}
	*ret_n = n;
	return !dot_before;
}

/* Position of the at sign (the last plain one, else the first written one), its length in ret_n. */
static bool find_at(struct str s, size_t *ret_at, size_t *ret_n)
{
	ptrdiff_t plain = str_rfind(s, '@');
	if (plain >= 0 && !(plain > 0 && (s.p[plain - 1] == '[' || s.p[plain - 1] == '('))) {
		*ret_at = (size_t)plain;
		*ret_n = 1;
		return true;
	}
	for (size_t i = 0; i < s.n; i++) {
		size_t n = fold_at(s, i);
		if (n) {
			*ret_at = i;
			*ret_n = n;
			return true;
		}
	}
	return false;
}

static struct str bare_address(struct str s)
{
	ptrdiff_t open = str_rfind(s, '<');
	if (open >= 0 && str_ends(s, STR(">")))
		s = fold_strip(str_sub(s, (size_t)open, s.n));
	if (s.n > 7 && str_ieq(str_sub(s, 0, 7), STR("mailto:"))) {
		s = str_sub(s, 7, s.n);
		ptrdiff_t ask = str_rfind(s, '?');
		ptrdiff_t at = str_find(s, '@');
		if (at >= 0 && ask > at)
			s.n = (size_t)str_find(str_sub(s, (size_t)at, s.n), '?') + (size_t)at;
	}
	return fold_strip(s);
}

int email_canonical(struct str text, struct identifier *ret, struct err *e)
{
	char folded[RAW_MAX], value[LOCAL_MAX + 1 + HOST_MAX + 1];
	struct str s;
	size_t at, at_n, local_n, host_n;
	if (fold_text(text, folded, sizeof(folded), &s)) {
		s = bare_address(s);
		if (find_at(s, &at, &at_n) && local_part(str_trim(str_sub(s, 0, at)), value, &local_n)) {
			value[local_n] = '@';
			if (host_name(str_sub(s, at + at_n, s.n), value + local_n + 1, &host_n) &&
			    id_make(ID_EMAIL, (struct str){value, local_n + 1 + host_n}, ret))
				return 0;
		}
	}
	return err_set(e, KT_EINVAL, "Dit is geen e-mailadres. Vul het hele adres in, zoals verkoop@winkel.example.");
}
