/* Rates: a ring of seconds and a small histogram. */
#include "rates.h"

enum { FADE_AT = 4096 };

static void rate_advance(struct rate *rate, int64_t second)
{
    int64_t gap = second - rate->last_second;

    if (gap > RATE_STEPS)
        gap = RATE_STEPS;
    for (int64_t i = 1; i <= gap; i++)
        rate->steps[(second - gap + i) % RATE_STEPS] = 0;
    if (second > rate->last_second)
        rate->last_second = second;
}

void rate_add(struct rate *rate, int64_t now_mono_ms, uint32_t by)
{
    int64_t second = now_mono_ms / 1000;

    rate_advance(rate, second);
    rate->steps[second % RATE_STEPS] += by;
}

double rate_per_s(const struct rate *rate, int64_t now_mono_ms)
{
    struct rate copy = *rate;
    uint64_t sum = 0;

    rate_advance(&copy, now_mono_ms / 1000);
    for (int i = 0; i < RATE_STEPS; i++)
        sum += copy.steps[i];
    return (double)sum / RATE_STEPS;
}

/* Buckets 0..3 are 0..3 ms; then four an octave. */
static unsigned bucket_of(int64_t wait_ms)
{
    if (wait_ms < 4)
        return wait_ms < 0 ? 0 : (unsigned)wait_ms;

    unsigned octave = 63 - (unsigned)__builtin_clzll((unsigned long long)wait_ms);
    unsigned bucket = (octave - 1) * 4 + (unsigned)((wait_ms >> (octave - 2)) & 3);

    return bucket < WAIT_BUCKETS ? bucket : WAIT_BUCKETS - 1;
}

static int64_t bucket_end(unsigned bucket)
{
    if (bucket < 4)
        return bucket;

    unsigned octave = bucket / 4 + 1;

    return (INT64_C(5) + bucket % 4) << (octave - 2);
}

void wait_times_add(struct wait_times *times, int64_t wait_ms)
{
    if (times->total >= FADE_AT) {
        times->total = 0;
        for (int i = 0; i < WAIT_BUCKETS; i++) {
            times->buckets[i] /= 2;
            times->total += times->buckets[i];
        }
    }
    times->buckets[bucket_of(wait_ms)]++;
    times->total++;
}

int64_t wait_times_quantile(const struct wait_times *times, double quantile)
{
    double wanted = quantile * (double)times->total;
    uint64_t seen = 0;

    if (times->total == 0)
        return -1;
    for (unsigned i = 0; i < WAIT_BUCKETS; i++) {
        seen += times->buckets[i];
        if ((double)seen >= wanted && times->buckets[i] > 0)
            return bucket_end(i);
    }
    return bucket_end(WAIT_BUCKETS - 1);
}
