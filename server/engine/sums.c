/* Sums: over what the caller reaches in one namespace, and over the whole broker for the metrics,
 * of which everybody is shown a part. */
#include "sums.h"

#include <stdlib.h>

#include "handlers.h"
#include "lookups.h"
#include "reach.h"
#include "views.h"

/* Queues and namespaces that get numbers of their own in the metrics; what is younger is added up.
 */
enum { QUEUES_SHOWN_MAX = 1000, NAMESPACES_SHOWN_MAX = 1000 };

static void add_counts(const struct batch *batch, struct queue_counts *sum,
                       const struct hot_queue *queue)
{
    struct queue_counts counts = hot_queue_counts(queue);

    for (int state = 1; state < TASK_STATE_MAX; state++)
        sum->of[state] += counts.of[state];
    show_held(sum, batch, queue);
}

static int64_t leased(const struct queue_counts *counts)
{
    int64_t sum = 0;

    for (int state = 1; state < TASK_STATE_MAX; state++)
        if (task_state_is_leased((enum task_state)state))
            sum += counts->of[state];
    return sum;
}

/* Of none, should the grant not hold for the namespace. */
static void add_queues(const struct batch *batch, const struct command *command,
                       struct stats_view *stats)
{
    bool is_granted = grant_has_ns(&command->by->grant, command->ns);
    const struct hot_ns *ns = is_granted ? command_ns(batch, command) : NULL;
    const struct hot_queue *queue;

    for (size_t at = 0; ns != NULL && (queue = map_each(ns->queues, &at)) != NULL;) {
        if (!reaches_name(command, queue->name))
            continue;
        stats->queues += queue_exists(queue);
        add_counts(batch, &stats->counts, queue);
    }
    stats->leases = leased(&stats->counts);
}

int64_t leases_in_reach(const struct batch *batch, const struct command *command)
{
    struct stats_view stats = {.queues = 0};

    add_queues(batch, command, &stats);
    return stats.leases;
}

/* Its slots are of no use to anybody. */
static bool is_disabled(const struct hot_worker *worker)
{
    return worker->target != NULL && worker->target->is_disabled;
}

static void add_workers(const struct batch *batch, const struct command *command,
                        struct stats_view *stats)
{
    const struct hot_worker *worker;

    for (size_t at = 0; (worker = map_each(batch->hot->workers, &at)) != NULL;) {
        if (!sees_worker(command, worker))
            continue;
        stats->workers++;
        stats->workers_lost += worker->is_lost;
        if (worker->is_lost || is_disabled(worker))
            continue;
        stats->slots_total += worker->concurrency;
        stats->slots_used += running_in_reach(command, worker);
    }
}

/* What the push room waits for is no request of anybody. */
static bool is_a_request(const struct parked *parked)
{
    return parked->command->by != &principal_broker;
}

/* A request that waits for a worker or a queue is seen with it, any other only by who sent it. */
static bool is_in_reach(const struct command *command, const struct parked *parked)
{
    if (!is_a_request(parked) || !bytes_equal(parked->command->ns, command->ns))
        return false;
    if (reaches_all_queues(command) || parked->command->by == command->by)
        return true;
    return parked->worker != NULL ? sees_worker(command, parked->worker)
                                  : reaches_queue(command, parked->queue);
}

static void add_parked(const struct batch *batch, const struct command *command,
                       struct stats_view *stats)
{
    for (int kind = 0; kind < PARKED_KINDS; kind++) {
        const struct list *all = &batch->engine->lot.all[kind];

        for (struct list_node *node = list_first(all); node != NULL; node = list_next(all, node))
            stats->parked += is_in_reach(command, CONTAINER_OF(node, struct parked, all));
    }
}

void run_STATS(struct batch *batch, struct command *command)
{
    struct stats_view *stats = &command->reply.stats;

    stats->uptime_ms = batch->now.mono_ms - batch->engine->started.mono_ms;
    add_queues(batch, command, stats);
    add_workers(batch, command, stats);
    add_parked(batch, command, stats);
    batch_answer(batch, command);
}

/* ---- metrics ---- */

static int by_age(const void *left, const void *right)
{
    const struct hot_name *a = *(const struct hot_name *const *)left,
                          *b = *(const struct hot_name *const *)right;

    return a->number < b->number ? -1 : a->number > b->number;
}

static void view_queues(struct batch *batch, struct command *command)
{
    struct reply *reply = &command->reply;
    struct hot_queue *queue,
        **found = arena_alloc(batch->mem, (map_len(batch->hot->queues) + 1) * sizeof(queue));
    struct queue_view other = {
        .ns = BYTES(METRICS_OTHER), .name = BYTES(METRICS_OTHER), .oldest_ready_age_ms = -1};
    unsigned len = 0, shown;

    for (size_t at = 0; (queue = map_each(batch->hot->queues, &at)) != NULL;)
        if (queue_exists(queue))
            found[len++] = queue;
    qsort(found, len, sizeof(struct hot_queue *), by_age);
    shown = len < QUEUES_SHOWN_MAX ? len : QUEUES_SHOWN_MAX;
    reply->queues = arena_alloc(command->mem, (shown + 1) * sizeof(*reply->queues));
    for (unsigned i = 0; i < shown; i++) {
        fill_queue(batch, command, found[i], QUEUE_COUNTS, &reply->queues[i]);
        reply->queues[i].ns = found[i]->ns->name;
    }
    for (unsigned i = shown; i < len; i++)
        add_counts(batch, &other.counts, found[i]);
    reply->queues[shown] = other;
    reply->queues_len = shown + (len > shown);
}

/* The sums of each namespace, found by its number; the last is of all that have none. */
static struct map *make_sums(struct batch *batch, struct command *command)
{
    struct reply *reply = &command->reply;
    struct map *by_number = map_new();
    struct hot_ns *ns, **found = arena_alloc(batch->mem, (map_len(batch->hot->namespaces) + 1) *
                                                             sizeof(struct hot_ns *));
    unsigned len = 0, shown;

    for (size_t at = 0; (ns = map_each(batch->hot->namespaces, &at)) != NULL;)
        found[len++] = ns;
    qsort(found, len, sizeof(struct hot_ns *), by_age);
    shown = len < NAMESPACES_SHOWN_MAX ? len : NAMESPACES_SHOWN_MAX;
    reply->sums = arena_alloc(command->mem, (shown + 1) * sizeof(*reply->sums));
    for (unsigned i = 0; i < shown; i++) {
        reply->sums[i].ns = found[i]->name;
        (void)map_put_int(by_number, (uint64_t)found[i]->head.number, &reply->sums[i]);
    }
    reply->sums[shown].ns = BYTES(METRICS_OTHER);
    reply->sums_len = shown + (len > shown);
    return by_number;
}

static void sum_workers(struct batch *batch, struct command *command)
{
    struct map *by_number = make_sums(batch, command);
    struct worker_sums *other = &command->reply.sums[map_len(by_number)];
    const struct hot_worker *worker;

    for (size_t at = 0; (worker = map_each(batch->hot->workers, &at)) != NULL;) {
        struct worker_sums *sums = map_get_int(by_number, (uint64_t)worker->ns->head.number);

        if (sums == NULL)
            sums = other;
        sums->lost += worker->is_lost;
        sums->disabled += is_disabled(worker);
        if (worker->is_lost || is_disabled(worker))
            continue;
        sums->live++;
        sums->slots_total += worker->concurrency;
        sums->slots_used += worker->running + worker->adding;
    }
    map_free(by_number);
}

static void count_requests(const struct list *parked, int64_t *count)
{
    for (struct list_node *node = list_first(parked); node != NULL; node = list_next(parked, node))
        *count += is_a_request(CONTAINER_OF(node, struct parked, all));
}

/* Only when somebody asks for numbers: the file system is asked for these. */
static void set_sizes(const struct batch *batch)
{
    struct metrics *metrics = batch->engine->options.metrics;
    struct db_sizes sizes = db_sizes(batch->db);

    metrics_set(metrics, METRIC_DB_BYTES, NULL, (double)sizes.file_bytes);
    metrics_set(metrics, METRIC_WAL_BYTES, NULL, (double)sizes.wal_bytes);
}

void run_METRICS(struct batch *batch, struct command *command)
{
    for (int kind = 0; kind < PARKED_KINDS; kind++)
        count_requests(&batch->engine->lot.all[kind], &command->reply.stats.parked);
    view_queues(batch, command);
    sum_workers(batch, command);
    set_sizes(batch);
    batch_answer(batch, command);
}
