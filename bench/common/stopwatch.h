/* Stopwatch: wall time beside this process's CPU time, so that a tool can say how busy it was. */
#pragma once

#include <stdint.h>

#define NS_PER_S  1000000000LL
#define NS_PER_MS 1000000LL

struct stopwatch {
    int64_t wall_ns;
    int64_t cpu_ns;
};

/* Nanoseconds of the monotonic clock. */
int64_t stopwatch_now_ns(void);

void stopwatch_start(struct stopwatch *stopwatch);

/* Seconds since the start. */
double stopwatch_elapsed_s(const struct stopwatch *stopwatch);

/* CPU time over wall time since the start: 1.0 is one core kept busy. */
double stopwatch_cpu_share(const struct stopwatch *stopwatch);
