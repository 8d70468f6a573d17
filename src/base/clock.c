#include "base/clock.h"
#include <stdio.h>
#include <time.h>

#define LAST_MS INT64_C(253402300799999) /* 9999-12-31T23:59:59.999Z */
#define FIRST_DAY INT64_C(-719528)       /* 0000-01-01 */
#define LAST_DAY INT64_C(2932896)        /* 9999-12-31 */

/* Howard Hinnant, "chrono-compatible low-level date algorithms": years of 400, begun in March so that the
 * leap day comes last. */
static int64_t days_from_civil(int64_t y, int m, int d)
{
	y -= m <= 2;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t yoe = y - era * 400;
	int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
	return era * 146097 + doe - 719468;
}

static void civil_from_days(int64_t z, int *ret_y, int *ret_m, int *ret_d)
{
	z += 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;
	*ret_d = (int)(doy - (153 * mp + 2) / 5 + 1);
	*ret_m = (int)(mp < 10 ? mp + 3 : mp - 9);
	*ret_y = (int)(yoe + era * 400 + (*ret_m <= 2));
}

static int month_days(int y, int m)
{
	static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
	return m == 2 && leap ? 29 : days[m - 1];
}

/* Exactly `n` digits at `*at`; moves past them. -1 otherwise. */
static int digits(struct str s, size_t *at, size_t n)
{
	int v = 0;
	if (s.n < *at || s.n - *at < n)
		return -1;
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s.p[*at + i];
		if (!ch_digit(c))
			return -1;
		v = v * 10 + (c - '0');
	}
	*at += n;
	return v;
}

static bool literal(struct str s, size_t *at, char c)
{
	if (*at >= s.n || s.p[*at] != c)
		return false;
	(*at)++;
	return true;
}

static bool read_date(struct str s, size_t *at, int *ret_y, int64_t *ret_day)
{
	int y = digits(s, at, 4);
	if (y < 0 || !literal(s, at, '-'))
		return false;
	int m = digits(s, at, 2);
	if (m < 1 || m > 12 || !literal(s, at, '-'))
		return false;
	int d = digits(s, at, 2);
	if (d < 1 || d > month_days(y, m))
		return false;
	*ret_y = y;
	*ret_day = days_from_civil(y, m, d);
	return true;
}

/* hh:mm:ss[.fraction] as milliseconds. Second 60 is refused: time here has no leap seconds. */
static bool read_clock(struct str s, size_t *at, int64_t *ret_ms)
{
	int h = digits(s, at, 2);
	if (h < 0 || h > 23 || !literal(s, at, ':'))
		return false;
	int m = digits(s, at, 2);
	if (m < 0 || m > 59 || !literal(s, at, ':'))
		return false;
	int sec = digits(s, at, 2);
	if (sec < 0 || sec > 59)
		return false;
	int ms = 0;
	if (literal(s, at, '.')) {
		size_t n = 0;
		for (; *at < s.n && ch_digit((unsigned char)s.p[*at]); (*at)++, n++)
			if (n < 3)
				ms = ms * 10 + (s.p[*at] - '0');
		if (n < 1 || n > 9)
			return false;
		for (; n < 3; n++)
			ms *= 10;
	}
	*ret_ms = ((h * INT64_C(60) + m) * 60 + sec) * 1000 + ms;
	return true;
}

/* "Z" or ±hh:mm in milliseconds; -00:00 means "offset unknown" in RFC 3339 and is refused. */
static bool read_offset(struct str s, size_t *at, int64_t *ret_ms)
{
	if (literal(s, at, 'Z')) {
		*ret_ms = 0;
		return true;
	}
	bool west = literal(s, at, '-');
	if (!west && !literal(s, at, '+'))
		return false;
	int h = digits(s, at, 2);
	if (h < 0 || h > 23 || !literal(s, at, ':'))
		return false;
	int m = digits(s, at, 2);
	if (m < 0 || m > 59 || (west && h == 0 && m == 0))
		return false;
	*ret_ms = (h * INT64_C(60) + m) * 60000 * (west ? -1 : 1);
	return true;
}

int time_parse(struct str s, int64_t *ret_ms)
{
	size_t at = 0;
	int y;
	int64_t day, in_day, offset;
	if (!read_date(s, &at, &y, &day) || y < 1970 || !literal(s, &at, 'T') || !read_clock(s, &at, &in_day) ||
	    !read_offset(s, &at, &offset) || at != s.n)
		return KT_EINVAL;
	int64_t ms = day * DAY_MS + in_day - offset;
	if (ms < 0 || ms > LAST_MS)
		return KT_EINVAL;
	*ret_ms = ms;
	return 0;
}

int date_parse(struct str s, int64_t *ret_day)
{
	size_t at = 0;
	int y;
	int64_t day;
	if (!read_date(s, &at, &y, &day) || y < 1 || at != s.n)
		return KT_EINVAL;
	*ret_day = day;
	return 0;
}

int64_t time_day(int64_t ms)
{
	return ms / DAY_MS - (ms % DAY_MS < 0);
}

static void put(char *out, int v, int n)
{
	while (n-- > 0) {
		out[n] = (char)('0' + v % 10);
		v /= 10;
	}
}

void date_format(int64_t day, char out[11])
{
	int y, m, d;
	/* Four digits for the year: what lies outside shows as the nearest day that fits. */
	day = day < FIRST_DAY ? FIRST_DAY : day > LAST_DAY ? LAST_DAY : day;
	civil_from_days(day, &y, &m, &d);
	put(out, y, 4);
	out[4] = out[7] = '-';
	put(out + 5, m, 2);
	put(out + 8, d, 2);
	out[10] = 0;
}

void time_format(int64_t ms, char out[25])
{
	if (ms < FIRST_DAY * DAY_MS)
		ms = FIRST_DAY * DAY_MS;
	if (ms > LAST_MS)
		ms = LAST_MS;
	int64_t day = time_day(ms);
	int in_day = (int)(ms - day * DAY_MS);
	date_format(day, out);
	out[10] = 'T';
	put(out + 11, in_day / 3600000, 2);
	put(out + 14, in_day / 60000 % 60, 2);
	put(out + 17, in_day / 1000 % 60, 2);
	put(out + 20, in_day % 1000, 3);
	out[13] = out[16] = ':';
	out[19] = '.';
	out[23] = 'Z';
	out[24] = 0;
}

int clock_init(struct clock *c, const char *env, struct err *e)
{
	int64_t ms = 0;
	bool fixed = env && *env;
	if (fixed && time_parse(str_of(env), &ms) != 0)
		return err_set(e, KT_EINVAL, "KENTERING_NOW: verwacht een tijdstip als 2026-11-22T10:00:00Z");
	*c = (struct clock){.fixed = fixed, .fixed_ms = ms};
	return 0;
}

int64_t clock_ms(const struct clock *c)
{
	struct timespec ts;
	if (c->fixed)
		return c->fixed_ms;
	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec * INT64_C(1000) + ts.tv_nsec / 1000000;
}

int64_t clock_mono_ns(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}
