/* For tests only: random values from a printed seed, so that a failure can be repeated with KENTERING_SEED. */
#ifndef BASE_TEST_SEED_H
#define BASE_TEST_SEED_H
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

static uint64_t seed_state;

/* splitmix64 (Vigna) */
static inline uint64_t rnd(void)
{
	uint64_t z = (seed_state += UINT64_C(0x9e3779b97f4a7c15));
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static inline uint64_t rnd_below(uint64_t n)
{
	return rnd() % n;
}

static inline void seed_start(void)
{
	const char *env = getenv("KENTERING_SEED");
	seed_state = env ? strtoull(env, NULL, 10) : (uint64_t)time(NULL) * 1000003u + (uint64_t)clock();
	printf("KENTERING_SEED=%" PRIu64 "\n", seed_state);
	fflush(stdout);
}

#endif
