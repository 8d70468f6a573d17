/* What the bench programs share. Each prints JSON Lines {"name", "value", "goal", "ok"}. */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H
#include <stdlib.h>

static inline int bench_order(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* Median of an odd number of values; sorts them. */
static inline double bench_median(double *v, size_t n)
{
	qsort(v, n, sizeof(*v), bench_order);
	return v[n / 2];
}

#endif
