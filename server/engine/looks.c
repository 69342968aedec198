/* Looks: reading one task, and the sums over all. */
#include "handlers.h"
#include "lookups.h"
#include "waits.h"

void run_LOOK(struct batch *batch, struct command *command)
{
    const struct look *look = &command->in.look;
    struct task row;

    if (!find_task(batch, command, look->task, &row))
        return;
    wait_or_answer(batch, command, &row);
}

static void add_workers(const struct batch *batch, struct stats_view *stats)
{
    const struct hot_worker *worker;

    for (size_t at = 0; (worker = map_each(batch->hot->workers, &at)) != NULL;) {
        stats->workers++;
        stats->workers_lost += worker->is_lost;
        if (worker->is_lost)
            continue;
        stats->slots_total += worker->concurrency;
        stats->slots_used += worker->running + worker->adding;
    }
}

/* Only when somebody asks for numbers: the file system is asked for these. */
static void set_sizes(const struct batch *batch)
{
    struct metrics *metrics = batch->engine->options.metrics;
    struct db_sizes sizes = db_sizes(batch->db);

    metrics_set(metrics, METRIC_DB_BYTES, NULL, (double)sizes.file_bytes);
    metrics_set(metrics, METRIC_WAL_BYTES, NULL, (double)sizes.wal_bytes);
}

void run_STATS(struct batch *batch, struct command *command)
{
    const struct hot_ns *ns = command_ns(batch, command);
    struct stats_view *stats = &command->reply.stats;
    const struct hot_queue *queue;

    stats->uptime_ms = batch->now.mono_ms - batch->engine->started.mono_ms;
    stats->leases = (int64_t)map_len(batch->hot->leases);
    for (int kind = 0; kind < PARKED_KINDS; kind++)
        stats->parked += batch->engine->lot.len[kind];
    add_workers(batch, stats);
    set_sizes(batch);
    for (size_t at = 0; ns != NULL && (queue = map_each(ns->queues, &at)) != NULL;) {
        struct queue_counts counts = hot_queue_counts(queue);

        stats->queues += queue_exists(queue);
        for (int state = 1; state < TASK_STATE_MAX; state++)
            stats->counts.of[state] += counts.of[state];
    }
    batch_answer(batch, command);
}

/* A reader's work; it comes here only when there are no readers (a store in memory). */
void run_LIST_TASKS(struct batch *batch, struct command *command)
{
    readers_run(batch->engine->readers, batch->db, command);
    batch_answer(batch, command);
}
