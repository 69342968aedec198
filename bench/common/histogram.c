/* Histogram: counts of durations in log-linear buckets, as HdrHistogram does. */
#include "common/histogram.h"

static unsigned bucket_of(int64_t value)
{
    if (value < HISTOGRAM_SUB)
        return (unsigned)value;

    unsigned top_bit = 63U - (unsigned)__builtin_clzll((unsigned long long)value);
    unsigned shift = top_bit - HISTOGRAM_SUB_BITS;

    return shift * HISTOGRAM_SUB + (unsigned)(value >> shift);
}

static int64_t bucket_end(unsigned bucket)
{
    if (bucket < 2 * HISTOGRAM_SUB)
        return bucket;

    unsigned shift = bucket / HISTOGRAM_SUB - 1;
    int64_t head = bucket - shift * HISTOGRAM_SUB;

    return ((head + 1) << shift) - 1;
}

void histogram_add(struct histogram *histogram, int64_t duration_ns)
{
    const int64_t longest_ns = (1LL << (HISTOGRAM_TOP_BIT + 1)) - 1;

    if (duration_ns < 0)
        duration_ns = 0;
    if (duration_ns > longest_ns)
        duration_ns = longest_ns;
    if (duration_ns > histogram->max_ns)
        histogram->max_ns = duration_ns;
    histogram->counts[bucket_of(duration_ns)]++;
    histogram->total++;
}

int64_t histogram_quantile_ns(const struct histogram *histogram, double share)
{
    int64_t wanted = (int64_t)(share * (double)histogram->total + 0.999999);
    int64_t seen = 0;

    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += histogram->counts[i];
        if (seen >= wanted && seen > 0)
            return bucket_end(i) < histogram->max_ns ? bucket_end(i) : histogram->max_ns;
    }
    return 0;
}

double histogram_quantile_us(const struct histogram *histogram, double share)
{
    int64_t quantile_ns = histogram_quantile_ns(histogram, share);

    return (double)quantile_ns / 1000.0;
}
