/* Europe/Amsterdam without the system's zone files: clocks and dates of people in the Netherlands. */
#ifndef BASE_ZONE_H
#define BASE_ZONE_H
#include <stdint.h>

/* Milliseconds to add to UTC: 3,600,000 in winter, 7,200,000 from the last Sunday of March 01:00 UTC until the last
 * Sunday of October 01:00 UTC (Directive 2000/84/EC). */
int64_t zone_amsterdam_offset(int64_t utc_ms);
/* The calendar day there, as days since 1970-01-01. */
int64_t zone_amsterdam_day(int64_t utc_ms);

#endif
