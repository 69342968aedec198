/* Meter: counts what falls into the measured part of a run and prints it as one JSON line. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/histogram.h"
#include "common/stopwatch.h"

struct meter {
    struct histogram histogram;
    struct stopwatch stopwatch;
    int64_t begin_ns; /* the warm-up ends here */
    int64_t end_ns;
    int64_t last_ns; /* when the last counted thing happened */
    int64_t tasks;
    int64_t server_pid; /* 0: its CPU share is not asked for */
    int64_t server_cpu_ns;
    double load_cpu_share; /* of this process; below 2/3 it could do half as much again */
    double server_cpu_share;
    bool is_running;
};

/* The measured part begins after warmup_ms and takes run_ms. */
void meter_init(struct meter *meter, int64_t warmup_ms, int64_t run_ms, int64_t server_pid);

/* True until the end of the measured part; starts and stops the CPU clocks on the way. */
bool meter_is_open(struct meter *meter, int64_t now_ns);

/* Count so many tasks done by one exchange that took duration_ns and ended now. */
void meter_add(struct meter *meter, int64_t tasks, int64_t duration_ns, int64_t now_ns);

/* Stop the CPU clocks now; meter_is_open() does it by itself. */
void meter_stop(struct meter *meter);

/* {"mode":...,"rate_per_s":...,...} on one line of stdout. */
void meter_print(const struct meter *meter, const char *mode, unsigned connections, unsigned batch);
