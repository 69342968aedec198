/* Rates: how much happened lately, in one-second steps over the last minute, and how long tasks
 * waited. */
#pragma once

#include <stdint.h>

enum { RATE_STEPS = 60, WAIT_BUCKETS = 128 };

struct rate {
    uint32_t steps[RATE_STEPS];
    int64_t last_second;
};

void rate_add(struct rate *rate, int64_t now_mono_ms, uint32_t by);
double rate_per_s(const struct rate *rate, int64_t now_mono_ms);

/* A histogram with four buckets an octave; old samples fade out by halving. */
struct wait_times {
    uint32_t buckets[WAIT_BUCKETS];
    uint32_t total;
};

void wait_times_add(struct wait_times *times, int64_t wait_ms);
/* Upper bound of the bucket that holds the quantile (0..1); -1: no samples. */
int64_t wait_times_quantile(const struct wait_times *times, double quantile);
