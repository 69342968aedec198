/* Rate: the token bucket. */
#include "base/rate.h"

/* Sums of fractions miss whole numbers by less than this. */
#define NEARLY 1e-6
/* Longer than any process runs, and still a number of ms. */
#define WAIT_MAX_MS 1e15

static void fill(struct rate_bucket *bucket, const struct rate_limit *limit, double per_ms,
                 int64_t now_mono_ms)
{
    if (!bucket->is_used)
        *bucket = (struct rate_bucket){limit->burst, now_mono_ms, true};
    if (now_mono_ms > bucket->at_mono_ms) {
        bucket->units += (double)(now_mono_ms - bucket->at_mono_ms) * per_ms;
        bucket->at_mono_ms = now_mono_ms;
    }
    if (bucket->units > limit->burst) /* a lowered burst counts at once */
        bucket->units = limit->burst;
}

/* Whole ms, never too early. */
static int64_t wait_for(double units, double per_ms)
{
    double exact_ms = units / per_ms;

    if (exact_ms >= WAIT_MAX_MS)
        return (int64_t)WAIT_MAX_MS;

    int64_t whole_ms = (int64_t)exact_ms;

    return whole_ms + (exact_ms > (double)whole_ms + NEARLY || whole_ms == 0);
}

bool rate_bucket_take(struct rate_bucket *bucket, const struct rate_limit *limit, double units,
                      int64_t now_mono_ms, int64_t *ret_wait_ms)
{
    *ret_wait_ms = 0;
    if (limit->units <= 0)
        return true;

    double per_ms = limit->units / (limit->period_s * 1000);

    fill(bucket, limit, per_ms, now_mono_ms);
    if (bucket->units + NEARLY >= units) {
        bucket->units -= units;
        return true;
    }
    *ret_wait_ms = units > limit->burst ? INT64_MAX : wait_for(units - bucket->units, per_ms);
    return false;
}

void rate_bucket_give_back(struct rate_bucket *bucket, double units)
{
    bucket->units += units; /* the next look cuts what is above the burst */
}
