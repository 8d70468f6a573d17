/* The demonstration: a year of made-up reports, ending now, through the intake that real reports take. */
#ifndef DEMO_DEMO_H
#define DEMO_DEMO_H
#include "base/settings.h"
#include "intake/intake.h"

#define DEMO_REPORTS 2000
#define DEMO_SEED UINT64_C(0x6b656e746572696e)
#define DEMO_EXAMPLES 3
#define DEMO_PARTNERS 48
#define DEMO_VALUE 96 /* longest identifier of the scenario, with NUL */

struct demo {
	const struct intake *in; /* its `synthetic` does not matter: the demonstration always marks its rows */
	uint64_t seed;
	int64_t now_ms; /* the year ends here */
	void (*progress)(int64_t done, int64_t all, void *arg); /* may be NULL */
	void *arg;
};

/* One barrier of the play, from proposal to where it stands. */
struct demo_example {
	enum id_kind kind;
	char value[DEMO_VALUE], partner[48], measure[48];
	int64_t reporters, threshold;
	int64_t at_ms[BARRIER_STATES]; /* when it came into each state; 0: never */
	enum barrier_state state;
};

struct demo_result {
	int64_t reports, signals, opened, sealed; /* sealed: signals whose identifier nobody can read */
	int64_t first_day, last_day;              /* of receipt, in the Netherlands */
	int64_t barriers, states[BARRIER_STATES];
	struct demo_partner {
		char id[48];
		int64_t n;
	} partners[DEMO_PARTNERS]; /* by id */
	size_t partners_n;
	char code[RECEIPT_TEXT]; /* of one made-up report, to look at it */
	struct demo_example examples[DEMO_EXAMPLES];
	size_t examples_n;
};

/* KT_EREFUSED in production: made-up reports have no place among real ones. */
int demo_allowed(const struct settings *s, struct err *e) KT_CHECK;
/* 0: nothing was reported here yet, the play can begin. KT_EEXISTS: it was played here. KT_EREFUSED: it was broken
 * off, or there are reports that are not of the play. `e` holds a Dutch text for each. */
int demo_look(struct store *s, struct err *e) KT_CHECK;
/* Plays all of it; returns when everything is durable. Expects that demo_look gave 0. */
int demo_play(const struct demo *d, struct demo_result *ret, struct err *e) KT_CHECK;

#endif
