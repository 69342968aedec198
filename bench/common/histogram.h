/* Histogram: counts of durations in log-linear buckets, exact to 0.8 % from 1 ns to 18 minutes. */
#pragma once

#include <stdint.h>

#define HISTOGRAM_SUB_BITS 7
#define HISTOGRAM_SUB      (1 << HISTOGRAM_SUB_BITS)
#define HISTOGRAM_TOP_BIT  40
#define HISTOGRAM_BUCKETS  ((HISTOGRAM_TOP_BIT - HISTOGRAM_SUB_BITS + 2) * HISTOGRAM_SUB)

struct histogram {
    int64_t counts[HISTOGRAM_BUCKETS];
    int64_t total;
    int64_t max_ns;
};

/* Count one duration. Negative ones count as 0, those beyond the range as the longest. */
void histogram_add(struct histogram *histogram, int64_t duration_ns);

/* The duration in nanoseconds that this share (0..1) of all counts does not exceed; 0 when empty.
 */
int64_t histogram_quantile_ns(const struct histogram *histogram, double share);

/* The same in microseconds, the unit of every result line. */
double histogram_quantile_us(const struct histogram *histogram, double share);
