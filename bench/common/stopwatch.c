/* Stopwatch: wall time beside this process's CPU time, so that a tool can say how busy it was. */
#include "common/stopwatch.h"

#include <time.h>

static int64_t read_ns(clockid_t which)
{
    struct timespec now;

    (void)clock_gettime(which, &now); /* cannot fail for the two clocks used here */
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

int64_t stopwatch_now_ns(void)
{
    return read_ns(CLOCK_MONOTONIC);
}

void stopwatch_start(struct stopwatch *stopwatch)
{
    stopwatch->wall_ns = read_ns(CLOCK_MONOTONIC);
    stopwatch->cpu_ns = read_ns(CLOCK_PROCESS_CPUTIME_ID);
}

double stopwatch_elapsed_s(const struct stopwatch *stopwatch)
{
    return (double)(read_ns(CLOCK_MONOTONIC) - stopwatch->wall_ns) / (double)NS_PER_S;
}

double stopwatch_cpu_share(const struct stopwatch *stopwatch)
{
    int64_t cpu_ns = read_ns(CLOCK_PROCESS_CPUTIME_ID) - stopwatch->cpu_ns;

    return (double)cpu_ns / (double)NS_PER_S / stopwatch_elapsed_s(stopwatch);
}
