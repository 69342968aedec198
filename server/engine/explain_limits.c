/* Explain limits: which of a task's limits has no room, who has taken it, and when a rate has more.
 */
#include "explain.h"
#include "hot_line.h"

static bool uses_limit(const struct hot *hot, const struct hot_lease *lease, const void *limit)
{
    const struct hot_line *line = hot_line_numbered(hot, lease->line);

    for (unsigned i = 0; line != NULL && i < line->uses_len; i++)
        if (line->uses[i].limit == limit)
            return true;
    return false;
}

static void explain_cap(struct explanation *explanation, const struct line_use *use)
{
    struct blocker *blocker = explain_add(explanation, "limit");

    blocker->name = arena_bytes(explanation->command->mem, use->limit->name);
    blocker->limit = use->limit->settings.max_running;
    blocker->running = limit_units_running(use->limit);
    blocker->units = use->units;
    explain_holders(explanation, blocker, uses_limit, use->limit);
}

static void explain_rate(struct explanation *explanation, const struct line_use *use,
                         int64_t wait_ms)
{
    struct blocker *blocker = explain_add(explanation, "rate");

    blocker->name = arena_bytes(explanation->command->mem, use->limit->name);
    blocker->units = use->units;
    if (wait_ms != INT64_MAX)
        blocker->until_ms = explanation->batch->now.wall_ms + wait_ms;
}

static void explain_use(struct explanation *explanation, const struct line_use *use)
{
    int64_t wait_ms = 0;

    if (limit_has_room(use->limit, use->units, explanation->batch->now.mono_ms, &wait_ms))
        return;
    if (limit_fits(&use->limit->settings, limit_units_running(use->limit), use->units))
        explain_rate(explanation, use, wait_ms);
    else
        explain_cap(explanation, use);
}

static void explain_queue_rate(struct explanation *explanation)
{
    const struct hot_queue *queue = explanation->queue;
    struct rate_bucket bucket = queue->claims;
    int64_t wait_ms = 0;
    struct blocker *blocker;

    if (rate_bucket_take(&bucket, &queue->settings.rate, 1, explanation->batch->now.mono_ms,
                         &wait_ms))
        return;
    blocker = explain_add(explanation, "rate");
    blocker->queue = queue->name;
    if (wait_ms != INT64_MAX)
        blocker->until_ms = explanation->batch->now.wall_ms + wait_ms;
}

void explain_limits(struct explanation *explanation)
{
    const struct hot_line *line =
        hot_line_numbered(explanation->batch->hot, explanation->task->line);

    for (unsigned i = 0; line != NULL && i < line->uses_len; i++)
        explain_use(explanation, &line->uses[i]);
    explain_queue_rate(explanation);
}
