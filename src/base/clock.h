/* Time is a parameter: milliseconds since 1970-01-01 UTC come from a struct clock, never from time(). */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H
#include "base/err.h"
#include "base/str.h"

struct clock {
	bool fixed;
	int64_t fixed_ms;
};

#define DAY_MS INT64_C(86400000)

/* The system's clock, or the instant of KENTERING_NOW when `env` (RFC 3339) is given. */
int clock_init(struct clock *c, const char *env, struct err *e) KT_CHECK;
int64_t clock_ms(const struct clock *c);
/* Monotonic, for measuring only. */
int64_t clock_mono_ns(void);
/* RFC 3339 date-time with offset ("2026-11-22T10:00:00Z", fractions allowed) to milliseconds. */
int time_parse(struct str s, int64_t *ret_ms) KT_CHECK;
/* "YYYY-MM-DD" of the proleptic Gregorian calendar to days since 1970-01-01; refuses 2026-02-30. */
int date_parse(struct str s, int64_t *ret_day) KT_CHECK;
/* 2026-11-22T10:00:00.000Z; 25 bytes with NUL. */
void time_format(int64_t ms, char out[25]);
/* 2026-11-22; 11 bytes with NUL. */
void date_format(int64_t day, char out[11]);
int64_t time_day(int64_t ms); /* floor division */

#endif
