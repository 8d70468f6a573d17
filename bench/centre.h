/* A whole centre in a temporary folder, for the benches that take reports. Any failure ends the program. */
#ifndef BENCH_CENTRE_H
#define BENCH_CENTRE_H
#include "intake/intake.h"

#define BENCH_IN_FLIGHT 256 /* reports prepared or waiting at a time, and the most a commit carries */

struct bench_centre {
	char dir[64];
	struct store *store;
	struct audit *audit;
	struct policy *policy;
	struct signal_keys *keys;
	struct org_public org;
	struct intake in;
	struct clock clock;
};

/* A temporary folder and all in it. */
void bench_remove(const char *dir);
_Noreturn void bench_die(const char *what, const struct err *e);
/* Crypto, JSON and memory as the program sets them up; the policy is $KENTERING_SOURCE/policy. */
void bench_setup(void);
void bench_open(struct bench_centre *b);
void bench_close(struct bench_centre *b);

#endif
