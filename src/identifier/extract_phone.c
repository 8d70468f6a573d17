/* Telephone numbers in text: groups of digits that can be one, and nothing around them that says otherwise. */
#include "identifier/parts.h"

#define DIGITS_MAX 24
#define GROUPS_MAX 12
#define LIBRARY_TRIES 3 /* the library is slow; the groups behind a number are few */

struct groups {
	char digits[DIGITS_MAX];
	size_t n;                 /* groups */
	size_t len[GROUPS_MAX];   /* digits of this group */
	size_t total[GROUPS_MAX]; /* digits up to and with this group */
	size_t end[GROUPS_MAX];   /* bytes */
	bool plus;
};

static unsigned char at_of(struct str t, size_t i)
{
	return i < t.n ? (unsigned char)t.p[i] : 0;
}

static size_t space_at(struct str t, size_t i)
{
	if (at_of(t, i) == ' ')
		return 1;
	return at_of(t, i) == 0xC2 && at_of(t, i + 1) == 0xA0 ? 2 : 0;
}

static size_t dash_at(struct str t, size_t i)
{
	unsigned char c = at_of(t, i);
	if (c == '-' || c == '.' || c == '/')
		return 1;
	return c == 0xE2 && at_of(t, i + 1) == 0x80 && at_of(t, i + 2) >= 0x90 && at_of(t, i + 2) <= 0x95 ? 3 : 0;
}

/* " ", "-", " - " and the like; "(0)" behind a country code. */
static size_t separator_end(struct str t, size_t i, bool international)
{
	i += space_at(t, i);
	if (international && t.n - i > 3 && memcmp(t.p + i, "(0)", 3) == 0)
		i += 3;
	i += dash_at(t, i);
	return i + space_at(t, i);
}

/* Reads groups from `at`; false when no number begins there. */
static bool read_groups(struct str t, size_t at, struct groups *ret)
{
	struct groups g = {0};
	size_t i = at, total = 0;
	bool open = at_of(t, i) == '(';
	i += open;
	g.plus = at_of(t, i) == '+';
	i += g.plus;
	bool in_brackets = open;
	while (g.n < GROUPS_MAX && ch_digit(at_of(t, i))) {
		size_t from = i;
		for (; ch_digit(at_of(t, i)); i++) {
			if (total == DIGITS_MAX)
				return g.n > 0 ? (*ret = g, true) : false;
			g.digits[total++] = (char)t.p[i];
		}
		g.len[g.n] = i - from;
		if (open && at_of(t, i) != ')')
			break;
		i += open;
		g.total[g.n] = total;
		g.end[g.n++] = i;
		i = separator_end(t, i, g.plus || (total >= 2 && memcmp(g.digits, "00", 2) == 0));
		open = at_of(t, i) == '(';
		i += open;
	}
	/* "(020) 123": the first bracket closes early. In "(0612345678)" it belongs to the sentence. */
	if (g.n == 0 || (in_brackets && (g.n == 1 || g.len[0] > 5)))
		return false;
	*ret = g;
	return true;
}

/* Nothing behind the number makes it part of something longer. */
static bool end_fits(struct str t, size_t end)
{
	unsigned char c = at_of(t, end), next = at_of(t, end + 1);
	if (extract_word_char(t, end) || c == '%' || c == '@' || c == '=')
		return false;
	if (c == '-' && (ch_alnum(next) || next == '_'))
		return false;
	if ((c == '.' || c == ':') && ch_digit(next))
		return false;
	if ((c == ',' || c == '/') && ch_digit(next))
		return next == '0'; /* a second number */
	return true;
}

static bool start_fits(const struct extract *x, size_t at, bool plus)
{
	struct str t = x->text;
	unsigned char c = at > 0 ? (unsigned char)t.p[at - 1] : 0;
	unsigned char before = at > 1 ? (unsigned char)t.p[at - 2] : 0;
	if (c == 0)
		return true;
	if (extract_word_before(t, at) || strchr("%#@\\&$+", c))
		return false;
	switch (c) {
	case '=':
		return plus;
	case '.':
	case ',':
	case ':':
		return !ch_digit(before);
	case '-':
		return !extract_word_before(t, at - 1);
	case '/':
		return at < 2 || before == ' ' || x->floor == at - 1;
	default:
		return true;
	}
}

static size_t word_back(struct str t, size_t end, size_t limit)
{
	size_t from = end;
	while (from > limit && (ch_alnum((unsigned char)t.p[from - 1]) || (unsigned char)t.p[from - 1] >= 0x80))
		from--;
	return from;
}

static bool in_list(struct str word, const char *const *list)
{
	for (; *list; list++)
		if (str_ieq(word, str_of(*list)))
			return true;
	return false;
}

static bool holds(struct str word, const char *part)
{
	size_t n = strlen(part);
	for (size_t i = 0; i + n <= word.n; i++)
		if (str_ieq(str_sub(word, i, i + n), (struct str){part, n}))
			return true;
	return false;
}

static bool ends_in(struct str word, const char *tail)
{
	size_t n = strlen(tail);
	return word.n > n && word.n >= 3 && str_ieq(str_sub(word, word.n - n, word.n), (struct str){tail, n});
}

/* Words that say by themselves that the number behind them is another number. */
static bool other_number(struct str word)
{
	static const char *const words[] = {
		"referentie",    "ref",       "reference", "kenmerk",    "betalingskenmerk",
		"betaalkenmerk", "bsn",       "sofi",      "kvk",        "burgerservicenummer",
		"sofinummer",    "factuur",   "invoice",   "polis",      "track",
		"tracking",      "trace",     "barcode",   "tracktrace", "serial",
		"imei",          "btw",       "vat",       "iban",       "bestelcode",
		"ordercode",     "klantcode", "dossier",   "zaak",       "bestelling",
		"isbn",          "ean",       "artikel",   "ticketnr",   "rekening",
		"rek",           "account",   "boundary",  NULL,
	};
	static const char *const of_phone[] = {
		"telefoon", "mobiel", "gsm",   "app",  "fax",  "contact", "service", "thuis", "werk", "priv",
		"vast",     "nood",   "alarm", "help", "hulp", "info",    "phone",   "06",    NULL,
	};
	if (in_list(word, words))
		return true;
	if (!ends_in(word, "nummer") && !ends_in(word, "nummers") && !ends_in(word, "nr") && !ends_in(word, "number"))
		return false;
	struct str head = str_sub(word, 0, 3); /* the tails above are longer than what is left out here */
	if (str_ieq(head, STR("bel")) || str_ieq(head, STR("tel")))
		return false;
	for (const char *const *p = of_phone; *p; p++)
		if (holds(word, *p))
			return false;
	return true;
}

/* "klantnummer 06…", "order no. 06…", "ref: 06…": the words before it on its line name another number. */
static bool named_otherwise(struct str t, size_t at)
{
	static const char *const fillers[] = {"is", "was", "uw", "het", "luidt", "code", "id", NULL};
	static const char *const number[] = {"nr", "no", "nummer", "number", "num", "nrs", NULL};
	static const char *const owners[] = {
		"klant",    "customer", "order",  "account",     "contract", "ticket",   "case",
		"rekening", "client",   "member", "reservation", "booking",  "claim",    "serie",
		"policy",   "bestel",   "lid",    "pakket",      "zending",  "shipment", NULL,
	};
	size_t limit = at > 64 ? at - 64 : 0;
	bool numbered = false;
	for (int words = 0; words < 4; words++) {
		size_t end = at;
		while (end > limit && at - end < 6 &&
		       (strchr(" .:#-=()", t.p[end - 1]) || (t.p[end - 1] == '"' && end > 1 && t.p[end - 2] == '='))) {
			numbered = numbered || t.p[end - 1] == '#';
			end--;
		}
		size_t from = word_back(t, end, limit);
		struct str word = str_sub(t, from, end);
		if (word.n == 0 || other_number(word) || (numbered && in_list(word, owners)))
			return word.n > 0;
		bool is_number = in_list(word, number);
		if (!is_number && !in_list(word, fillers))
			return false;
		numbered = numbered || is_number;
		at = from;
	}
	return false;
}

/* What stands before `end` without the spaces, signs and one line break (with "> " behind it) between groups. */
static size_t group_back(struct str t, size_t end)
{
	size_t i = end, breaks = 0;
	while (i > 0 && end - i < 20) {
		char c = t.p[i - 1];
		if (c == '\n' && ++breaks > 1)
			break;
		if (i > 1 && memcmp(t.p + i - 2, "\xC2\xA0", 2) == 0)
			i--;
		else if (c == 0 || !strchr(" .-\r\n>", c))
			break;
		i--;
	}
	return i;
}

/* "NL04 KENT 06…": country, check digits and bank stand before it, so it is the end of an IBAN that is wrong or
 * cut off. In capitals, or lower case for Dutch ones: "is 12" and "de 10" are words. */
static bool behind_iban_head(struct str t, size_t at)
{
	char head[8];
	size_t n = sizeof(head), i = group_back(t, at), limit = at > 64 ? at - 64 : 0;
	while (n > 0 && i > limit) {
		unsigned char c = (unsigned char)t.p[i - 1];
		if (ch_alnum(c)) {
			head[--n] = (char)c;
			i--;
		} else {
			size_t to = n == 4 ? group_back(t, i) : i;
			to -= to == i ? extract_invisible_back(t, i) : 0;
			if (to == i)
				return false;
			i = to;
		}
	}
	if (n > 0 || extract_word_before(t, i) || (ch_lower((unsigned char)head[0]) && memcmp(head, "nl", 2) != 0))
		return false;
	for (n = 0; n < sizeof(head); n++)
		head[n] = (char)ch_toupper((unsigned char)head[n]);
	return iban_begins((struct str){head, sizeof(head)});
}

/* "€ 06…" or "06… uur". */
static bool amount_or_time(struct str t, size_t at, size_t end)
{
	static const char *const units[] = {"uur", "u", "euro", "eur", "km", "kg", "stuks", "keer", NULL};
	size_t i = at;
	while (i > 0 && at - i < 3 && t.p[i - 1] == ' ')
		i--;
	if (i > 0 &&
	    (t.p[i - 1] == '$' || (i > 1 && memcmp(t.p + i - 2, "\xC2\xA3", 2) == 0) ||
	     (i > 2 && memcmp(t.p + i - 3, "\xE2\x82\xAC", 3) == 0)))
		return true;
	struct str before = str_sub(t, word_back(t, i, i > 4 ? i - 4 : 0), i);
	if (str_ieq(before, STR("EUR")) || str_ieq(before, STR("euro")))
		return true;
	size_t from = end + (at_of(t, end) == ' '), to = from;
	while (to < t.n && to - from < 8 && ch_alpha((unsigned char)t.p[to]))
		to++;
	return in_list(str_sub(t, from, to), units);
}

/* 01-02-2026, with any separator. */
static bool date(const struct groups *g)
{
	if (g->n < 3 || g->len[0] != 2 || g->len[1] != 2 || g->len[2] != 4)
		return false;
	int day = (g->digits[0] - '0') * 10 + g->digits[1] - '0';
	int month = (g->digits[2] - '0') * 10 + g->digits[3] - '0';
	bool century = memcmp(g->digits + 4, "19", 2) == 0 || memcmp(g->digits + 4, "20", 2) == 0;
	return day >= 1 && day <= 31 && month >= 1 && month <= 12 && century;
}

static bool emit(struct extract *x, size_t at, size_t end)
{
	struct identifier id;
	if (!end_fits(x->text, end) || amount_or_time(x->text, at, end) ||
	    !phone_number(str_sub(x->text, at, end), true, &id))
		return false;
	extract_emit(x, &id, at, end);
	return true;
}

/* Index of the group that ends at `digits` digits, or -1. */
static int group_at(const struct groups *g, size_t digits)
{
	for (size_t i = 0; i < g->n; i++)
		if (g->total[i] == digits)
			return (int)i;
	return -1;
}

/* 0 and nine digits; service numbers 8 to 11, machines 12. */
static size_t national(struct extract *x, size_t at, const struct groups *g)
{
	static const size_t plain[] = {10, 0}, service[] = {11, 8, 10, 9, 0}, machine[] = {12, 10, 0};
	size_t all = g->total[g->n - 1], first = g->len[0];
	if (all < 8 || first < 2 || date(g))
		return 0;
	bool is_service = memcmp(g->digits, "0800", 4) == 0 || memcmp(g->digits, "0900", 4) == 0 ||
		memcmp(g->digits, "0906", 4) == 0 || memcmp(g->digits, "0909", 4) == 0;
	if (is_service && first != 4 && first < 8)
		return 0; /* 08.00-17.00 */
	if (first == 2 && memcmp(g->digits, "06", 2) != 0 && (g->n < 2 || g->len[1] < 6))
		return 0; /* 01 02 03 04 05: numbers in a row */
	/* 1234 0612 3456: a card or reference in groups of four */
	if (first == 4 && g->n > 1 && g->len[1] == 4 && at > 1 && x->text.p[at - 1] == ' ' &&
	    ch_digit((unsigned char)x->text.p[at - 2]))
		return 0;
	const size_t *want = is_service ? service : memcmp(g->digits, "097", 3) == 0 ? machine : plain;
	for (; *want; want++) {
		int i = group_at(g, *want);
		if (i >= 0 && emit(x, at, g->end[i]))
			return g->end[i];
	}
	return 0;
}

static size_t international(struct extract *x, size_t at, const struct groups *g)
{
	size_t skip = g->plus ? 0 : 2;
	if (g->total[g->n - 1] < skip + 8 || g->digits[skip] == '0')
		return 0;
	bool dutch = memcmp(g->digits + skip, "31", 2) == 0;
	int tries = dutch ? GROUPS_MAX : LIBRARY_TRIES;
	for (size_t i = g->n; i-- > 0 && tries > 0;) {
		size_t n = g->total[i] - skip;
		if (n > 15 || n < 8 || !end_fits(x->text, g->end[i]))
			continue;
		tries--;
		if (emit(x, at, g->end[i]))
			return g->end[i];
	}
	return 0;
}

size_t extract_phone(struct extract *x, size_t at)
{
	struct groups g;
	if (!read_groups(x->text, at, &g) || g.total[g.n - 1] < 8 || (!g.plus && g.digits[0] != '0') ||
	    !start_fits(x, at, g.plus) || named_otherwise(x->text, at) || behind_iban_head(x->text, at))
		return 0;
	return g.plus || g.digits[1] == '0' ? international(x, at, &g) : national(x, at, &g);
}
