/* Host names: what resolvers accept in practice, in one way of writing. */
#include "identifier/parts.h"
#include <arpa/inet.h>
#include <idn2.h>

#define RAW_MAX 1024 /* bytes of a host as written: 253 characters, each escaped or of several bytes */

/* %XX undone. Browsers do so before they look at the name. */
static bool percent_undone(struct str in, char *out, size_t cap, size_t *ret_n)
{
	size_t n = 0;
	for (size_t i = 0; i < in.n; i++) {
		char c = in.p[i];
		if (c == '%') {
			int hi = i + 2 < in.n ? hex_value((unsigned char)in.p[i + 1]) : -1;
			int lo = i + 2 < in.n ? hex_value((unsigned char)in.p[i + 2]) : -1;
			if (hi < 0 || lo < 0)
				return false;
			c = (char)(hi << 4 | lo);
			i += 2;
		}
		if (n == cap)
			return false;
		out[n++] = c;
	}
	*ret_n = n;
	return true;
}

/* All dots plain, spaces beside them gone, ASCII lower case. Works in place: nothing grows. */
static size_t dots_plain(char *p, size_t n)
{
	size_t to = 0;
	for (size_t i = 0; i < n;) {
		size_t dot = fold_dot((struct str){p, n}, i);
		if (dot) {
			while (to && p[to - 1] == ' ')
				to--;
			p[to++] = '.';
			i += dot;
		} else if (p[i] == ' ' && to && p[to - 1] == '.') {
			i++;
		} else {
			p[to++] = (char)ch_tolower((unsigned char)p[i++]);
		}
	}
	return to;
}

/* What stands behind "xn--" must be Punycode (RFC 3492) with at least one character beyond ASCII. */
static bool punycode_valid(struct str s)
{
	ptrdiff_t delim = str_rfind(s, '-');
	size_t in = delim > 0 ? (size_t)delim + 1 : 0;
	uint64_t count = delim > 0 ? (uint64_t)delim : 0;
	uint64_t code = 128, i = 0, bias = 72;
	bool first = true;
	if (in >= s.n)
		return false;
	while (in < s.n) {
		uint64_t old = i, weight = 1;
		for (uint64_t k = 36;; k += 36) {
			if (in >= s.n)
				return false;
			unsigned char c = (unsigned char)s.p[in++];
			uint64_t digit = ch_digit(c) ? c - '0' + 26u : ch_lower(c) ? c - 'a' + 0u : 36u;
			uint64_t t = k <= bias ? 1 : k >= bias + 26 ? 26 : k - bias;
			if (digit > 35 || digit * weight > UINT32_MAX)
				return false;
			i += digit * weight;
			if (digit < t)
				break;
			weight *= 36 - t;
			if (weight > UINT32_MAX)
				return false;
		}
		count++;
		uint64_t delta = first ? (i - old) / 700 : (i - old) / 2;
		first = false;
		delta += delta / count;
		for (bias = 0; delta > 455; bias += 36)
			delta /= 35;
		bias += 36 * delta / (delta + 38);
		code += i / count;
		i = i % count + 1;
		if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
			return false;
	}
	return true;
}

/* A label of ASCII, lower case. No IDN rules here: "r3---sn-abc" is a working name that IDN2008 refuses. */
static bool label_ascii(struct str l)
{
	if (l.n == 0 || l.n > 63 || l.p[0] == '-' || l.p[l.n - 1] == '-')
		return false;
	for (size_t i = 0; i < l.n; i++)
		if (!ch_alnum((unsigned char)l.p[i]) && l.p[i] != '-' && l.p[i] != '_')
			return false;
	return !str_starts(l, STR("xn--")) || punycode_valid(str_sub(l, 4, l.n));
}

/* UTS 46, not transitional, to the A-label. */
static bool label_idn(struct str l, char *out, size_t cap, size_t *ret_n)
{
	char z[RAW_MAX + 1];
	char *a = NULL;
	if (!str_copy(z, sizeof(z), l))
		return false;
	int rc = idn2_to_ascii_8z(z, &a, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
	if (rc != IDN2_OK)
		return false;
	struct str s = str_of(a);
	bool ok = s.n <= cap && label_ascii(s);
	if (ok) {
		memcpy(out, s.p, s.n);
		*ret_n = s.n;
	}
	idn2_free(a);
	return ok;
}

static bool ascii_only(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
	return true;
}

static bool numeric(struct str l)
{
	bool hex = l.n >= 2 && l.p[0] == '0' && l.p[1] == 'x';
	for (size_t i = hex ? 2 : 0; i < l.n; i++)
		if (hex ? hex_value((unsigned char)l.p[i]) < 0 : !ch_digit((unsigned char)l.p[i]))
			return false;
	return l.n > 0;
}

static struct str last_label(struct str host)
{
	return str_sub(host, (size_t)(str_rfind(host, '.') + 1), host.n);
}

/* Underscores occur in names of hosts, never in a name that can be registered. */
static bool underscores_fit(struct str host)
{
	ptrdiff_t at = str_rfind(host, '_');
	if (at < 0)
		return true;
	struct str rest = str_sub(host, (size_t)at, host.n);
	ptrdiff_t dot = str_find(rest, '.');
	if (dot < 0)
		return false;
	rest = str_sub(rest, (size_t)dot + 1, rest.n);
	return str_find(rest, '.') > 0 && !suffix_is_icann(rest);
}

/* Labels of plain text to the canonical name; `labels` counts them. */
static bool name_of(struct str s, char out[HOST_MAX + 1], size_t *ret_n, size_t *ret_labels)
{
	size_t n = 0, labels = 0;
	for (size_t from = 0; from <= s.n; labels++) {
		struct str rest = str_sub(s, from, s.n);
		ptrdiff_t dot = str_find(rest, '.');
		struct str l = dot < 0 ? rest : str_sub(rest, 0, (size_t)dot);
		size_t add = l.n;
		if (n + (labels > 0) + 1 > HOST_MAX)
			return false;
		if (labels > 0)
			out[n++] = '.';
		if (ascii_only(l)) {
			if (!label_ascii(l) || n + l.n > HOST_MAX)
				return false;
			memcpy(out + n, l.p, l.n);
		} else if (!label_idn(l, out + n, HOST_MAX - n, &add)) {
			return false;
		}
		n += add;
		from += l.n + 1;
	}
	out[n] = 0;
	*ret_n = n;
	*ret_labels = labels;
	return true;
}

/* Folded text of a host, without a dot at its end. */
static bool host_plain(struct str raw, char *out, size_t cap, struct str *ret)
{
	char undone[RAW_MAX];
	size_t n;
	struct str s;
	if (!percent_undone(raw, undone, sizeof(undone), &n) || !fold_text((struct str){undone, n}, out, cap, &s))
		return false;
	char *p = out + (s.p - out);
	s.n = dots_plain(p, s.n);
	if (s.n > 1 && p[s.n - 1] == '.')
		s.n--;
	*ret = (struct str){p, s.n};
	return s.n > 0;
}

static bool plain_name(struct str s, char out[HOST_MAX + 1], size_t *ret_n)
{
	size_t n, labels;
	if (!name_of(s, out, &n, &labels) || labels < 2)
		return false;
	struct str host = {out, n};
	if (numeric(last_label(host)) || !underscores_fit(host))
		return false;
	*ret_n = n;
	return true;
}

bool host_name(struct str raw, char out[HOST_MAX + 1], size_t *ret_n)
{
	char buf[RAW_MAX];
	struct str s;
	return host_plain(raw, buf, sizeof(buf), &s) && plain_name(s, out, ret_n);
}

/* One number of an IPv4 address as browsers read it: decimal, 0x hexadecimal, 0 octal. */
static bool ipv4_number(struct str l, uint64_t *ret)
{
	unsigned base = 10;
	uint64_t v = 0;
	if (l.n >= 2 && l.p[0] == '0') {
		base = l.p[1] == 'x' ? 16 : 8;
		l = str_sub(l, base == 16 ? 2 : 1, l.n);
	} else if (l.n == 0) {
		return false;
	}
	for (size_t i = 0; i < l.n; i++) {
		int d = hex_value((unsigned char)l.p[i]);
		if (d < 0 || (unsigned)d >= base)
			return false;
		v = v * base + (unsigned)d;
		if (v > UINT32_MAX)
			return false;
	}
	*ret = v;
	return true;
}

static bool ipv4(struct str s, char out[HOST_MAX + 1], size_t *ret_n)
{
	uint64_t parts[4], address = 0;
	size_t n = 0;
	for (size_t from = 0; from <= s.n; n++) {
		struct str rest = str_sub(s, from, s.n);
		ptrdiff_t dot = str_find(rest, '.');
		struct str l = dot < 0 ? rest : str_sub(rest, 0, (size_t)dot);
		if (n == 4 || !ipv4_number(l, &parts[n]))
			return false;
		from += l.n + 1;
	}
	for (size_t i = 0; i + 1 < n; i++) {
		if (parts[i] > 255)
			return false;
		address |= parts[i] << (24 - 8 * i);
	}
	if (n == 0 || parts[n - 1] >> (8 * (5 - n)))
		return false;
	address |= parts[n - 1];
	struct in_addr a = {htonl((uint32_t)address)};
	if (!inet_ntop(AF_INET, &a, out, HOST_MAX + 1))
		return false;
	*ret_n = strlen(out);
	return true;
}

static bool ipv6(struct str s, char out[HOST_MAX + 1], size_t *ret_n)
{
	char z[64];
	struct in6_addr a;
	if (s.n < 4 || s.p[0] != '[' || s.p[s.n - 1] != ']' || !str_copy(z, sizeof(z), str_sub(s, 1, s.n - 1)) ||
	    inet_pton(AF_INET6, z, &a) != 1)
		return false;
	out[0] = '[';
	if (!inet_ntop(AF_INET6, &a, out + 1, HOST_MAX - 1))
		return false;
	size_t n = strlen(out);
	out[n++] = ']';
	out[n] = 0;
	*ret_n = n;
	return true;
}

bool host_or_ip(struct str raw, char out[HOST_MAX + 1], size_t *ret_n, bool *ret_ip)
{
	char buf[RAW_MAX];
	struct str s;
	if (raw.n && raw.p[0] == '[' && ipv6(raw, out, ret_n)) {
		*ret_ip = true;
		return true;
	}
	if (!host_plain(raw, buf, sizeof(buf), &s))
		return false;
	*ret_ip = numeric(last_label(s));
	return *ret_ip ? ipv4(s, out, ret_n) : plain_name(s, out, ret_n);
}

int domain_canonical(struct str text, struct identifier *ret, struct err *e)
{
	char host[HOST_MAX + 1];
	size_t n;
	if (!host_name(text, host, &n) || !id_make(ID_DOMAIN, (struct str){host, n}, ret))
		return err_set(e, KT_EINVAL, "Dit is geen internetadres. Vul alleen de naam in, "
			"zonder http en zonder iets achter een schuine streep, zoals winkel.example.");
	return 0;
}
