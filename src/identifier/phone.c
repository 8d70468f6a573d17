/* Telephone numbers as E.164. Dutch numbers by our own rules (length by number plan), others by libphonenumber. */
#include "identifier/parts.h"
#include "identifier/phone_lib.h"
#include <pthread.h>

#define RAW_MAX 128
#define DIGITS_MAX 20
#define E164_MAX 24 /* '+', 20 digits, NUL */

struct digits {
	char p[DIGITS_MAX + 1];
	size_t n;
	bool plus;
};

/* The national significant number has a length of the Dutch number plan. */
static bool dutch(struct str d)
{
	if (d.n < 7 || d.p[0] == '0')
		return false;
	if (str_starts(d, STR("800")) || str_starts(d, STR("900")) || str_starts(d, STR("906")) ||
	    str_starts(d, STR("909")))
		return d.n <= 10; /* 0800-1234 and 0900-1234567 */
	if (str_starts(d, STR("97")) && d.n == 11)
		return true; /* machines */
	return d.n == 9;
}

/* Digits of a number as written; "(0)" behind a country code is the digit that is left out then. */
static bool read_digits(struct str s, struct digits *ret)
{
	struct digits d = {0};
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (ch_digit(c)) {
			if (d.n == DIGITS_MAX)
				return false;
			d.p[d.n++] = (char)c;
		} else if (c == '+') {
			if (d.plus || d.n)
				return false;
			d.plus = true;
		} else if (c == '(' && s.n - i >= 3 && s.p[i + 1] == '0' && s.p[i + 2] == ')' &&
			   (d.plus || (d.n > 2 && d.p[0] == '0' && d.p[1] == '0'))) {
			i += 2;
		} else if (!strchr(" -./()", c) || c == 0) {
			return false;
		}
	}
	if (!d.plus && d.n > 2 && d.p[0] == '0' && d.p[1] == '0') {
		d.plus = true;
		d.n -= 2;
		memmove(d.p, d.p + 2, d.n);
	}
	d.p[d.n] = 0;
	*ret = d;
	return true;
}

static bool make_dutch(struct str national, struct identifier *ret)
{
	char out[E164_MAX] = "+31";
	if (!dutch(national))
		return false;
	memcpy(out + 3, national.p, national.n);
	return id_make(ID_PHONE, (struct str){out, 3 + national.n}, ret);
}

/* The library takes some 12 µs a number, too long for a text full of them. These countries have no trunk digits
 * but "0" ("1" for +1), so what begins otherwise is possible by its length alone. The lengths are the library's. */
static const char *const by_length[] = {
	"1", "30", "32", "33", "34", "351", "353", "380", "40", "41", "420", "43", "44", "45", "46", "47", "48", "49", "90",
	"212", "233", "234", "91",
};
#define BY_LENGTH (sizeof(by_length) / sizeof(by_length[0]))
#define LENGTHS 16
static uint8_t possible[BY_LENGTH][LENGTHS]; /* filled once; what phone_lib_e164 returns */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void ask_lengths(void)
{
	for (size_t i = 0; i < BY_LENGTH; i++) {
		char number[E164_MAX] = "+", out[E164_MAX];
		size_t cc = strlen(by_length[i]);
		memcpy(number + 1, by_length[i], cc);
		for (size_t n = 1; n < LENGTHS; n++) {
			number[cc + n] = '2'; /* one digit more than the round before */
			int r = phone_lib_e164(number, out, sizeof(out));
			possible[i][n] = (uint8_t)(strcmp(number, out) == 0 || r == 0 ? r : 0);
		}
	}
}

/* What the library would say of digits behind the '+', or -1 when it has to be asked. */
static int by_its_length(const struct digits *d)
{
	pthread_once(&once, ask_lengths);
	for (size_t i = 0; i < BY_LENGTH; i++) {
		size_t cc = strlen(by_length[i]);
		if (!str_starts((struct str){d->p, d->n}, (struct str){by_length[i], cc}))
			continue;
		if (d->n <= cc || d->n - cc >= LENGTHS || d->p[cc] == '0' || (cc == 1 && d->p[cc] == '1'))
			return -1;
		return possible[i][d->n - cc];
	}
	return -1;
}

/* Until the form stays the same: the library drops a trunk digit at a time. */
static bool make_foreign(const struct digits *d, bool strict, struct identifier *ret)
{
	char now[E164_MAX] = "+", next[E164_MAX];
	memcpy(now + 1, d->p, d->n + 1);
	int fast = by_its_length(d);
	if (fast >= 0)
		return fast >= (strict ? 2 : 1) && id_make(ID_PHONE, (struct str){now, d->n + 1}, ret);
	for (int round = 0; round < 4; round++) {
		if (phone_lib_e164(now, next, sizeof(next)) < (strict ? 2 : 1))
			return false;
		if (strncmp(next, "+31", 3) == 0)
			return false;
		if (strcmp(now, next) == 0)
			return id_make(ID_PHONE, str_of(next), ret);
		memcpy(now, next, sizeof(now));
	}
	return false;
}

bool phone_number(struct str text, bool strict, struct identifier *ret)
{
	char buf[RAW_MAX];
	struct str s;
	struct digits d;
	if (!fold_text(text, buf, sizeof(buf), &s))
		return false;
	if (s.n > 4 && str_ieq(str_sub(s, 0, 4), STR("tel:")))
		s = str_sub(s, 4, s.n);
	if (!read_digits(s, &d) || d.n < 7)
		return false;
	struct str all = {d.p, d.n};
	if (d.plus && str_starts(all, STR("31")))
		return make_dutch(str_sub(all, d.p[2] == '0' ? 3 : 2, d.n), ret);
	if (d.plus)
		return make_foreign(&d, strict, ret);
	if (d.p[0] == '0')
		return make_dutch(str_sub(all, 1, d.n), ret);
	if (d.n == 11 && str_starts(all, STR("31"))) /* as typed in a messaging program */
		return make_dutch(str_sub(all, 2, d.n), ret);
	return d.n == 9 && make_dutch(all, ret);
}

int phone_canonical(struct str text, struct identifier *ret, struct err *e)
{
	if (!phone_number(text, false, ret))
		return err_set(e, KT_EINVAL, "Dit is geen telefoonnummer dat kan bestaan. Vul tien cijfers in, "
			"zoals 06 12345678, of een nummer met landcode, zoals +32 470 12 34 56.");
	return 0;
}
