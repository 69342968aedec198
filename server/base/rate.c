/* Rate: the token bucket. */
#include "base/rate.h"

bool rate_bucket_take(struct rate_bucket *bucket, const struct rate_limit *limit, double units,
                      int64_t now_mono_ms, int64_t *ret_wait_ms)
{
    double per_ms = limit->units / (limit->period_s * 1000);

    *ret_wait_ms = 0;
    if (limit->units <= 0)
        return true;
    if (!bucket->is_used)
        *bucket = (struct rate_bucket){limit->burst, now_mono_ms, true};
    if (now_mono_ms > bucket->at_mono_ms) {
        bucket->units += (double)(now_mono_ms - bucket->at_mono_ms) * per_ms;
        bucket->at_mono_ms = now_mono_ms;
    }
    if (bucket->units > limit->burst) /* a lowered burst counts at once */
        bucket->units = limit->burst;
    if (bucket->units >= units) {
        bucket->units -= units;
        return true;
    }
    if (units > limit->burst)
        *ret_wait_ms = INT64_MAX;
    else
        *ret_wait_ms = 1 + (int64_t)((units - bucket->units) / per_ms);
    return false;
}
