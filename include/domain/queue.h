/* Queue: its settings and counts. */
#pragma once

#include "base/rate.h"
#include "domain/retention.h"
#include "domain/retry.h"
#include "domain/task_state.h"

struct queue_settings {
    int64_t concurrency;   /* -1: unlimited */
    int64_t pending_limit; /* -1: unlimited */
    bool paused;
    int64_t paused_until_ms; /* -1: until resumed */
    struct retry_policy retry;
    int64_t lease_ms;
    int64_t timeout_ms; /* -1: none */
    struct retention retention;
    bool is_fair;           /* tasks of different fairness keys take turns */
    int64_t aging_ms;       /* a waiting task gains one priority each; -1: priority is strict */
    struct rate_limit rate; /* of claims */
    struct bytes dead_letter_queue; /* NONE: none */
};

struct queue_settings queue_default(void);

/* Tasks by state, as the counters hold them. */
struct queue_counts {
    int64_t of[TASK_STATE_MAX];
};

int64_t queue_pending(const struct queue_counts *counts);
/* What a scaler should provide for: ready, running, waiting, and retrying or scheduled ones that
 * fall due soon. */
int64_t queue_demand(const struct queue_counts *counts, int64_t due_soon);
/* Claims that may still be granted; INT64_MAX when unlimited; 0 while paused. */
int64_t queue_room(const struct queue_settings *settings, int64_t running, int64_t now_wall_ms);
bool queue_is_paused(const struct queue_settings *settings, int64_t now_wall_ms);
bool queue_is_full(const struct queue_settings *settings, int64_t pending);
