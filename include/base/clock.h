/* Clock: where time comes from, so that tests and simulations can bring their own. */
#pragma once

#include <stdint.h>

/* One instant: wall time may step, mono never does. Milliseconds. */
struct moment {
    int64_t wall_ms; /* since 1970-01-01 UTC */
    int64_t mono_ms; /* since an unknown start; counts while suspended */
};

struct clock {
    void *ctx;
    struct moment (*now)(void *ctx); /* any thread */
    int64_t grain_ms;                /* how much later than now() says it may be */
};

/* CLOCK_REALTIME and CLOCK_BOOTTIME. */
struct clock clock_system(void);
