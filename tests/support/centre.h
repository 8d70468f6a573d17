/* A whole centre in a temporary folder for unit tests: store, audit, policy, keys. Driver by argument. */
#ifndef TESTS_SUPPORT_CENTRE_H
#define TESTS_SUPPORT_CENTRE_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "intake/intake.h"

struct test_centre {
	char dir[64];
	struct store *store;
	struct audit *audit;
	struct policy *policy;
	struct signal_keys *keys;
	struct org_public org;
	struct intake in;
	struct clock clock;
	struct arena *a;
	struct err e;
};

#define TEST_NOW INT64_C(1790000000000) /* 2026-09-21T14:13:20Z */

/* Once, first: reads the driver from the command line ("sqlite" when absent), sets up crypto and JSON. */
void test_driver(int argc, char **argv);
const char *test_driver_name(void);
int test_centre_setup(void **state);
int test_centre_teardown(void **state);
void test_must(int code, const struct err *e);
/* $KENTERING_SOURCE/policy, or ./policy */
const char *test_policy_dir(void);
/* $KENTERING_SHARED, or $KENTERING_SOURCE/../shared/data; NULL when there is no such folder. */
const char *test_shared_dir(void);
/* Printed, from KENTERING_SEED or the clock; the same all through a run. */
uint64_t test_seed(void);
uint64_t test_random(void); /* from that seed */

#endif
