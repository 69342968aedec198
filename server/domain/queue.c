/* Queue: what its settings and counts mean for submits and claims. */
#include "domain/queue.h"

#include "domain/bounds.h"

struct queue_settings queue_default(void)
{
    return (struct queue_settings){
        .concurrency = -1,
        .pending_limit = -1,
        .paused_until_ms = -1,
        .retry = {.given = 0, .max_delay_ms = -1},
        .lease_ms = LEASE_DEFAULT_MS,
        .timeout_ms = -1,
        .retention = retention_default(),
        .is_fair = true,
        .aging_ms = AGING_DEFAULT_MS,
    };
}

int64_t queue_pending(const struct queue_counts *counts)
{
    int64_t pending = 0;

    for (int state = TASK_STATE_NONE + 1; state < TASK_STATE_MAX; state++)
        if (task_state_is_pending((enum task_state)state))
            pending += counts->of[state];
    return pending;
}

int64_t queue_demand(const struct queue_counts *counts, int64_t due_soon)
{
    return counts->of[TASK_READY] + counts->of[TASK_RUNNING] + counts->of[TASK_WAITING] + due_soon;
}

bool queue_is_paused(const struct queue_settings *settings, int64_t now_wall_ms)
{
    return settings->paused &&
           (settings->paused_until_ms < 0 || now_wall_ms < settings->paused_until_ms);
}

int64_t queue_room(const struct queue_settings *settings, int64_t running, int64_t now_wall_ms)
{
    if (queue_is_paused(settings, now_wall_ms))
        return 0;
    if (settings->concurrency < 0)
        return INT64_MAX;
    return running < settings->concurrency ? settings->concurrency - running : 0;
}

bool queue_is_full(const struct queue_settings *settings, int64_t pending)
{
    return settings->pending_limit >= 0 && pending >= settings->pending_limit;
}
