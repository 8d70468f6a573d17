/* How long things took, counted in fixed buckets by any number of threads at once. */
#ifndef BASE_HIST_H
#define BASE_HIST_H
#include <stdatomic.h>
#include <stdint.h>

#define HIST_BOUNDS 14
/* Upper bounds in microseconds; what is longer falls in the bucket behind the last. */
extern const uint32_t HIST_US[HIST_BOUNDS];

struct hist {
	_Atomic uint64_t n[HIST_BOUNDS + 1];
	_Atomic uint64_t sum_us;
};

/* Negative counts as 0. */
void hist_add(struct hist *h, int64_t us);

#endif
