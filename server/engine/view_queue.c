/* Queue view: settings, counts, replicas and what holds it back. */
#include <stdlib.h>

#include "hot_line.h"
#include "views.h"

/* ASKS_MAX: lines whose first is not known, of one view. */
enum { DUE_SOON_COUNTED_MAX = 10000, ASKS_MAX = 64 };

#define DUE_SOON_MS INT64_C(30000)

/* Since when the first of the line has been due; INT64_MAX: none is ready, all are held back, or
 * the store has been asked for enough others. */
static int64_t line_oldest(struct batch *batch, struct hot_line *line, unsigned *asks)
{
    if (line_ready(line) == 0 || line_is_held(line, batch->now.mono_ms))
        return INT64_MAX;
    if (line->front.len == 0 && *asks > 0) {
        (*asks)--;
        (void)line_learn(line, batch->db, 1);
    }
    return line->front.len > 0 ? line->front.at[0].since_ms : INT64_MAX;
}

static int64_t oldest_ready_age(struct batch *batch, const struct hot_queue *queue)
{
    int64_t oldest = INT64_MAX;
    unsigned asks = ASKS_MAX;

    for (unsigned i = 0; i < queue->lines_len; i++) {
        int64_t at_ms =
            queue->lines[i] == NULL ? INT64_MAX : line_oldest(batch, queue->lines[i], &asks);

        if (at_ms < oldest)
            oldest = at_ms;
    }
    if (oldest == INT64_MAX)
        return -1;
    return oldest < batch->now.wall_ms ? batch->now.wall_ms - oldest : 0;
}

static struct queue_counts shown_counts(const struct batch *batch, const struct hot_queue *queue)
{
    struct queue_counts counts = hot_queue_counts(queue);

    show_held(&counts, batch, queue);
    return counts;
}

/* A live worker that serves the queue; the first of each instance knows when that instance was last
 * seen anywhere. */
struct replica {
    const struct hot_worker *worker;
    int64_t newest_ms;
};

static int compare_instances(const struct hot_worker *a, const struct hot_worker *b)
{
    int order = bytes_compare(a->identity, b->identity);

    return order != 0 ? order : bytes_compare(a->instance, b->instance);
}

static int by_instance(const void *left, const void *right)
{
    return compare_instances(((const struct replica *)left)->worker,
                             ((const struct replica *)right)->worker);
}

static unsigned count_replicas(const struct batch *batch, const struct hot_queue *queue)
{
    const struct hot_worker *worker;
    unsigned len = 0;

    for (size_t at = 0; (worker = map_each(batch->hot->workers, &at)) != NULL;)
        len += !worker->is_lost && worker_serves(worker, queue);
    return len;
}

static struct replica *find_replicas(struct batch *batch, const struct hot_queue *queue,
                                     unsigned len)
{
    struct replica *replicas = arena_alloc(batch->mem, len * sizeof(*replicas));
    const struct hot_worker *worker;
    unsigned found = 0;

    for (size_t at = 0; (worker = map_each(batch->hot->workers, &at)) != NULL;)
        if (!worker->is_lost && worker_serves(worker, queue))
            replicas[found++] = (struct replica){worker, 0};
    qsort(replicas, found, sizeof(*replicas), by_instance);
    return replicas;
}

static unsigned first_of_instance(const struct replica *replicas, unsigned len,
                                  const struct hot_worker *worker)
{
    unsigned low = 0, high = len;

    while (low < high) {
        unsigned middle = low + (high - low) / 2;

        if (compare_instances(replicas[middle].worker, worker) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void note_newest(const struct batch *batch, struct replica *replicas, unsigned len)
{
    const struct hot_worker *worker;

    for (size_t at = 0; (worker = map_each(batch->hot->workers, &at)) != NULL;) {
        unsigned first = first_of_instance(replicas, len, worker);

        if (!worker->is_lost && first < len &&
            compare_instances(replicas[first].worker, worker) == 0 &&
            replicas[first].worker->ns == worker->ns &&
            worker->last_seen_mono_ms > replicas[first].newest_ms)
            replicas[first].newest_ms = worker->last_seen_mono_ms;
    }
}

/* A newer registration of the same instance stands for the older one. */
static void view_replicas(struct batch *batch, struct command *command,
                          const struct hot_queue *queue, struct queue_view *view)
{
    unsigned len = count_replicas(batch, queue), first = 0;
    struct replica *replicas = find_replicas(batch, queue, len);

    note_newest(batch, replicas, len);
    view->replicas = arena_alloc(command->mem, len * sizeof(struct worker_view));
    for (unsigned i = 0; i < len; i++) {
        const struct hot_worker *worker = replicas[i].worker;

        if (compare_instances(replicas[first].worker, worker) != 0)
            first = i;
        if (worker->instance.at == NULL || worker->last_seen_mono_ms >= replicas[first].newest_ms)
            fill_worker(batch, command, worker, &view->replicas[view->replicas_len++]);
    }
}

static void view_blocked_by(const struct batch *batch, const struct hot_queue *queue,
                            struct queue_view *view)
{
    if (queue_is_paused(&queue->settings, batch->now.wall_ms))
        view->blocked_by[view->blocked_by_len++] = "paused";
    if (queue->closing == QUEUE_CLOSING || queue->closing == QUEUE_CLOSED)
        view->blocked_by[view->blocked_by_len++] = "closed";
    if (queue->settings.concurrency >= 0 && hot_running(queue) >= queue->settings.concurrency)
        view->blocked_by[view->blocked_by_len++] = "queue_cap";
    if (view->counts.of[TASK_READY] > 0 && view->replicas_len == 0)
        view->blocked_by[view->blocked_by_len++] = "no_worker";
}

static void view_stats(struct batch *batch, const struct hot_queue *queue, struct queue_view *view)
{
    int64_t soon = due_soon(batch->db, batch->now.wall_ms + DUE_SOON_MS, queue->head.number,
                            DUE_SOON_COUNTED_MAX);

    view->demand = queue_demand(&view->counts, soon);
    view->submitted_per_s = rate_per_s(&queue->submitted, batch->now.mono_ms);
    view->claimed_per_s = rate_per_s(&queue->claimed, batch->now.mono_ms);
    view->finished_per_s = rate_per_s(&queue->finished, batch->now.mono_ms);
    view->wait_p50_ms = wait_times_quantile(&queue->waits, 0.5);
    view->wait_p99_ms = wait_times_quantile(&queue->waits, 0.99);
}

void fill_queue(struct batch *batch, struct command *command, struct hot_queue *queue,
                enum queue_detail detail, struct queue_view *ret_view)
{
    *ret_view = (struct queue_view){
        .name = queue->name,
        .settings = queue->settings,
        .counts = shown_counts(batch, queue),
        .version = queue->version,
        .created_at_ms = queue->created_at_ms,
        .oldest_ready_age_ms = oldest_ready_age(batch, queue),
        .closed = queue->closing == QUEUE_CLOSED,
        .closing = queue->closing == QUEUE_CLOSING,
        .abandoned =
            arena_copy(command->mem, queue->abandoned, queue->abandoned_len * sizeof(struct id)),
        .abandoned_len = queue->abandoned_len,
    };
    ret_view->settings.retry.non_retryable =
        arena_bytes(command->mem, queue->settings.retry.non_retryable);
    ret_view->settings.dead_letter_queue =
        arena_bytes(command->mem, queue->settings.dead_letter_queue);
    /* A pause that has run out is over, whether or not its timer came by. */
    if (!queue_is_paused(&queue->settings, batch->now.wall_ms)) {
        ret_view->settings.paused = false;
        ret_view->settings.paused_until_ms = -1;
    }
    if (detail == QUEUE_COUNTS)
        return;
    view_replicas(batch, command, queue, ret_view);
    view_blocked_by(batch, queue, ret_view);
    if (detail == QUEUE_STATS)
        view_stats(batch, queue, ret_view);
}
