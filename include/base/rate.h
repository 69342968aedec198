/* Rate: so many units in so much time, and the token bucket that counts them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* A rate as the contract has it; units 0: no bound. */
struct rate_limit {
    double units, period_s, burst;
};

/* Token bucket. Times are monotonic ms; it begins full. */
struct rate_bucket {
    double units; /* in store when last looked at */
    int64_t at_mono_ms;
    bool is_used; /* it was looked at before */
};

/* Take so many units, or none: then ret_wait_ms is when they will be there (INT64_MAX: never, more
 * than the burst was asked). A limit without bound always gives. A changed limit counts at once: a
 * smaller burst takes away what is above it, a larger one fills with time. */
bool rate_bucket_take(struct rate_bucket *bucket, const struct rate_limit *limit, double units,
                      int64_t now_mono_ms, int64_t *ret_wait_ms);
/* Give back what was taken for something that did not happen after all. */
void rate_bucket_give_back(struct rate_bucket *bucket, double units);
