/* Reports for the benches: the same made-up report with a number in it, and how fast a centre in this process takes
 * them. */
#ifndef BENCH_REPORTS_H
#define BENCH_REPORTS_H
#include "centre.h"

/* Report number i as JSON; every one from another person about another site. */
struct str bench_report(struct arena *a, size_t i);

struct bench_slot {
	struct arena *a;
	struct intake_report *r;
	struct store_ticket t;
	struct err e;
	struct valid_report why;
};
void bench_prepare(struct bench_centre *c, struct bench_slot *s, size_t i);
/* Durable reports per second; prepared beforehand, or (sealed) on the way: from JSON to COMMIT. */
double bench_reports_per_second(struct bench_centre *c, size_t n, bool sealed);

#endif
