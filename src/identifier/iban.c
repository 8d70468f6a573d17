/* IBAN: countries of the IBAN registry (SWIFT), structure of the account part, check digits (ISO 7064 mod 97-10). */
#include "identifier/parts.h"

#define RAW_MAX 256
#define IBAN_MAX 34

/* "a4n10": four letters, ten digits; c is either. The registry's structures, and the wider one where lists in
 * use differ. French and Finnish territories write their own country code in practice. */
static const struct iban_country {
	char country[3];
	char bban[16];
} countries[] = {
	{"AD", "n8c12"},    {"AE", "n19"},      {"AL", "n8c16"},    {"AT", "n16"},      {"AX", "n14"},
	{"AZ", "a4c20"},    {"BA", "n16"},      {"BE", "n12"},      {"BG", "a4n6c8"},   {"BH", "a4c14"},
	{"BI", "n23"},      {"BR", "n23a1c1"},  {"BY", "c4n4c16"},  {"CH", "n5c12"},    {"CR", "n18"},
	{"CY", "n8c16"},    {"CZ", "n20"},      {"DE", "n18"},      {"DJ", "n23"},      {"DK", "n14"},
	{"DO", "c4n20"},    {"EE", "n16"},      {"EG", "n25"},      {"ES", "n20"},      {"FI", "n14"},
	{"FK", "a2n12"},    {"FO", "n14"},      {"FR", "n10c11n2"}, {"GB", "a4n14"},    {"GE", "c2n16"},
	{"GF", "n10c11n2"}, {"GI", "a4c15"},    {"GL", "n14"},      {"GP", "n10c11n2"}, {"GR", "n7c16"},
	{"GT", "c24"},      {"HN", "a4n20"},    {"HR", "n17"},      {"HU", "n24"},      {"IE", "c4n14"},
	{"IL", "n19"},      {"IQ", "a4n15"},    {"IS", "n22"},      {"IT", "a1n10c12"}, {"JO", "a4n4c18"},
	{"KW", "a4c22"},    {"KZ", "n3c13"},    {"LB", "n4c20"},    {"LC", "a4c24"},    {"LI", "n5c12"},
	{"LT", "n16"},      {"LU", "n3c13"},    {"LV", "a4c13"},    {"LY", "n21"},      {"MC", "n10c11n2"},
	{"MD", "c20"},      {"ME", "n18"},      {"MF", "n10c11n2"}, {"MK", "n3c10n2"},  {"MN", "n16"},
	{"MQ", "n10c11n2"}, {"MR", "n23"},      {"MT", "a4n5c18"},  {"MU", "a4n19a3"},  {"NC", "n10c11n2"},
	{"NI", "a4n20"},    {"NL", "a4n10"},    {"NO", "n11"},      {"OM", "n3c16"},    {"PF", "n10c11n2"},
	{"PK", "c20"},      {"PL", "n24"},      {"PM", "n10c11n2"}, {"PS", "c25"},      {"PT", "n21"},
	{"QA", "a4c21"},    {"RE", "n10c11n2"}, {"RO", "a4c16"},    {"RS", "n18"},      {"RU", "n14c15"},
	{"SA", "n2c18"},    {"SC", "a4n20a3"},  {"SD", "n14"},      {"SE", "n20"},      {"SI", "n15"},
	{"SK", "n20"},      {"SM", "a1n10c12"}, {"SO", "n19"},      {"ST", "n21"},      {"SV", "a4n20"},
	{"TF", "n10c11n2"}, {"TL", "n19"},      {"TN", "n20"},      {"TR", "n5c17"},    {"UA", "n6c19"},
	{"VA", "n18"},      {"VG", "c4n16"},    {"WF", "n10c11n2"}, {"XK", "n16"},      {"YE", "a4n4c18"},
	{"YT", "n10c11n2"},
};

static const char *structure_of(struct str iban)
{
	size_t lo = 0, hi = sizeof(countries) / sizeof(countries[0]);
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		int c = memcmp(countries[mid].country, iban.p, 2);
		if (c == 0)
			return countries[mid].bban;
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

static bool of_class(char class, unsigned char c)
{
	return class == 'n' ? ch_digit(c) : class == 'a' ? ch_upper(c) : ch_digit(c) || ch_upper(c);
}

size_t iban_length(char first, char second)
{
	char cc[2] = {(char)ch_toupper((unsigned char)first), (char)ch_toupper((unsigned char)second)};
	const char *f = structure_of((struct str){cc, 2});
	size_t n = f ? 4 : 0;
	while (f && *f) {
		size_t count = 0;
		for (f++; ch_digit((unsigned char)*f); f++)
			count = count * 10 + (size_t)(*f - '0');
		n += count;
	}
	return n;
}

/* s fits the structure of its country: all of it, or what is there. */
static bool fits(struct str s, bool part)
{
	if (s.n < 5 || !ch_digit((unsigned char)s.p[2]) || !ch_digit((unsigned char)s.p[3]))
		return false;
	const char *f = structure_of(s);
	size_t at = 4;
	while (f && *f) {
		char class = *f++;
		size_t count = 0;
		for (; ch_digit((unsigned char)*f); f++)
			count = count * 10 + (size_t)(*f - '0');
		for (; count > 0; count--, at++)
			if (at == s.n)
				return part;
			else if (!of_class(class, (unsigned char)s.p[at]))
				return false;
	}
	return f && at == s.n;
}

bool iban_shaped(struct str s)
{
	return fits(s, false);
}

bool iban_begins(struct str s)
{
	return fits(s, true);
}

/* Check digits are 98 less a remainder: 00, 01 and 99 never occur, though they pass the sum. */
static bool checked(struct str s)
{
	unsigned digits = (unsigned)(s.p[2] - '0') * 10 + (unsigned)(s.p[3] - '0');
	unsigned sum = 0;
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[(i + 4) % s.n];
		sum = ch_digit(c) ? sum * 10 + (c - '0') : sum * 100 + (c - 'A' + 10u);
		sum %= 97;
	}
	return sum == 1 && digits >= 2 && digits <= 98;
}

static bool compact(struct str in, char out[IBAN_MAX], struct str *ret)
{
	char buf[RAW_MAX];
	struct str s;
	size_t n = 0;
	if (!fold_text(in, buf, sizeof(buf), &s))
		return false;
	if (s.n > 5 && str_ieq(str_sub(s, 0, 4), STR("IBAN")))
		s = str_trim(str_sub(s, s.p[4] == ':' ? 5 : 4, s.n));
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c == ' ' || c == '.' || c == '-')
			continue;
		if (c == '>' && i > 0 && (s.p[i - 1] == ' ' || s.p[i - 1] == '>'))
			continue; /* of a quoted mail, behind a line break */
		if (!ch_alnum(c) || n == IBAN_MAX)
			return false;
		out[n++] = (char)ch_toupper(c);
	}
	*ret = (struct str){out, n};
	return n > 4;
}

int iban_canonical(struct str text, struct identifier *ret, struct err *e)
{
	char buf[IBAN_MAX];
	struct str s;
	if (!compact(text, buf, &s) || iban_length(s.p[0], s.p[1]) == 0)
		return err_set(e, KT_EINVAL,
		               "Dit is geen IBAN. Een IBAN begint met twee letters van een land, "
		               "zoals NL04 KENT 0123 4567 89.");
	if (s.n != iban_length(s.p[0], s.p[1]))
		return err_set(e, KT_EINVAL,
		               "Dit IBAN heeft te weinig of te veel tekens. "
		               "Een Nederlands IBAN heeft er 18, zoals NL04 KENT 0123 4567 89.");
	if (!iban_shaped(s) || !checked(s) || !id_make(ID_IBAN, s, ret))
		return err_set(e, KT_EINVAL,
		               "Dit IBAN klopt niet: er zit een tikfout in. "
		               "Kijk het teken voor teken na, zoals NL04 KENT 0123 4567 89.");
	return 0;
}

struct str iban_bank(const struct identifier *iban)
{
	if (iban->kind != ID_IBAN || iban->n < 8 || memcmp(iban->value, "NL", 2) != 0)
		return STR_NONE;
	return (struct str){iban->value + 4, 4};
}
