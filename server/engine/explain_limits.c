/* Explain limits: which of a task's limits has no room, who has taken it, and when a rate has more.
 */
#include "explain.h"
#include "reach.h"

static int64_t units_of(const struct hot *hot, const struct hot_lease *lease, const void *limit)
{
    const struct hot_line *line = hot_line_numbered(hot, lease->line);

    for (unsigned i = 0; line != NULL && i < line->uses_len; i++)
        if (line->uses[i].limit == limit)
            return line->uses[i].units;
    return 0;
}

/* How much runs is told to those who reach all queues, as of the limit itself. */
static void explain_cap(struct explanation *explanation, const struct line_use *use)
{
    const struct hot_limit *limit = use->limit;
    int64_t running = limit_units_running(limit);
    struct blocker *blocker;

    if (limit_fits(&limit->settings, running, use->units))
        return;
    blocker = explain_add(explanation, "limit");
    blocker->name = arena_bytes(explanation->command->mem, limit->name);
    blocker->limit = limit->settings.max_running;
    blocker->units = use->units;
    if (reaches_all_queues(explanation->command))
        blocker->running = running;
    explain_holders(explanation, blocker, units_of, limit, running);
    blocker->never_fits = !limit_fits(&limit->settings, 0, use->units);
    explanation->is_open |= blocker->never_fits;
}

static void explain_bucket(struct explanation *explanation, struct rate_bucket bucket,
                           const struct rate_limit *rate, struct blocker blank)
{
    struct moment now = explanation->batch->now;
    int64_t wait_ms = 0;
    struct blocker *blocker;

    if (rate_bucket_take(&bucket, rate, blank.units < 0 ? 1 : (double)blank.units, now.mono_ms,
                         &wait_ms))
        return;
    blocker = explain_add(explanation, "rate");
    blocker->name = blank.name;
    blocker->queue = blank.queue;
    blocker->units = blank.units;
    blocker->never_fits = wait_ms == INT64_MAX;
    explain_until(explanation, blocker, wait_ms == INT64_MAX ? -1 : now.wall_ms + wait_ms);
}

static void explain_use(struct explanation *explanation, const struct line_use *use)
{
    const struct hot_limit *limit = use->limit;
    struct blocker of_limit = {
        .name = arena_bytes(explanation->command->mem, limit->name),
        .units = use->units,
    };

    explain_cap(explanation, use);
    if (!use->is_paid)
        explain_bucket(explanation, limit->bucket, &limit->settings.rate, of_limit);
}

void explain_limits(struct explanation *explanation)
{
    const struct hot_line *line = explanation->line;
    const struct hot_queue *queue = explanation->queue;
    struct blocker of_queue = {
        .queue = arena_bytes(explanation->command->mem, queue->name),
        .units = -1,
    };

    for (unsigned i = 0; line != NULL && i < line->uses_len; i++)
        explain_use(explanation, &line->uses[i]);
    explain_bucket(explanation, queue->claims, &queue->settings.rate, of_queue);
}
