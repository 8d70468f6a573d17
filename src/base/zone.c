#include "base/zone.h"

#include "base/clock.h"

#define HOUR_MS INT64_C(3600000)

static int64_t last_sunday(int64_t year, int month)
{
	char text[11];
	int64_t day = 0;
	/* 31 March and 31 October both exist. */
	text[0] = (char)('0' + year / 1000 % 10);
	text[1] = (char)('0' + year / 100 % 10);
	text[2] = (char)('0' + year / 10 % 10);
	text[3] = (char)('0' + year % 10);
	memcpy(text + 4, month == 3 ? "-03-31" : "-10-31", 7);
	if (date_parse(str_of(text), &day) < 0)
		return 0;
	/* 1970-01-01 was a Thursday: day 3 is a Sunday. */
	int64_t weekday = (day % 7 + 7 - 3 + 7) % 7;
	return day - weekday;
}

int64_t zone_amsterdam_offset(int64_t utc_ms)
{
	char date[11];
	int64_t year = 0;
	date_format(time_day(utc_ms), date);
	if (!str_int((struct str){date, 4}, &year))
		return HOUR_MS;
	int64_t begin = last_sunday(year, 3) * DAY_MS + HOUR_MS;
	int64_t end = last_sunday(year, 10) * DAY_MS + HOUR_MS;
	return utc_ms >= begin && utc_ms < end ? 2 * HOUR_MS : HOUR_MS;
}

int64_t zone_amsterdam_day(int64_t utc_ms)
{
	return time_day(utc_ms + zone_amsterdam_offset(utc_ms));
}
