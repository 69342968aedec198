/* Loading: namespaces, classes, queues, counts, workers, leases, intents. Running counts come from
 * the leases' tasks, never from what a counter says. */
#include "loading.h"

#include "base/log.h"
#include "base/memory.h"
#include "deliveries.h"
#include "deps.h"
#include "domain/bounds.h"
#include "fair.h"
#include "hot_line.h"
#include "intent.h"
#include "queue_due.h"
#include "retention.h"
#include "schedule_due.h"
#include "store/repo_event.h"
#include "store/repo_limit.h"
#include "store/repo_task.h"
#include "webhooks.h"
#include "workers.h"

static void on_ns(void *ctx, const struct ns_row *row)
{
    (void)hot_load_ns(&((struct engine *)ctx)->hot, row);
}

static void on_class(void *ctx, const struct class_row *row)
{
    (void)hot_load_class(&((struct engine *)ctx)->hot, row);
}

static void on_queue(void *ctx, const struct queue_row *row)
{
    struct engine *engine = ctx;

    queue_time(&engine->hot, hot_load_queue(&engine->hot, row));
}

static void on_counter(void *ctx, const struct counter_row *row)
{
    struct engine *engine = ctx;
    struct hot_queue *queue = hot_queue_numbered(&engine->hot, row->queue);
    struct hot_class *of_class = hot_class_numbered(&engine->hot, row->class_number);

    if (queue == NULL || of_class == NULL || row->state <= TASK_STATE_NONE ||
        row->state >= TASK_STATE_MAX)
        return;
    hot_shelf(queue, of_class)->counts.of[row->state] += row->tasks;
    queue->counts.of[row->state] += row->tasks;
    queue->ns->counts.of[row->state] += row->tasks;
    queue->bytes += row->bytes;
    if (task_state_is_terminal((enum task_state)row->state))
        queue->kept.bytes += row->bytes;
    queue->ns->bytes += row->bytes;
}

/* What holds for a name is known before the first of them is used. */
static void on_limit(void *ctx, const struct limit_row *row)
{
    struct hot *hot = &((struct engine *)ctx)->hot;
    struct hot_ns *ns = hot_ns_numbered(hot, row->ns);

    if (ns != NULL)
        limit_declare(hot, ns,
                      &(struct hot_declared){
                          .name = row->name,
                          .version = row->version,
                          .created_at_ms = row->created_at_ms,
                          .settings = row->settings,
                      });
}

static void on_line(void *ctx, const struct line_row *row)
{
    (void)hot_load_line(&((struct engine *)ctx)->hot, row);
}

static void on_worker(void *ctx, const struct worker_row *row)
{
    struct engine *engine = ctx;

    worker_time(engine, hot_add_worker(&engine->hot, row, engine->started.mono_ms));
}

/* Time in which the broker did not run does not count: a lease has what it had left, and enough to
 * call in. */
static int64_t left_at_start(const struct lease_row *row, int64_t stopped_at_ms)
{
    int64_t least_ms = row->lease_ms < LEASE_DEFAULT_MS ? row->lease_ms : LEASE_DEFAULT_MS;
    int64_t left_ms = row->expires_at_ms - stopped_at_ms;

    /* The wall clock may have stepped, or nothing was told for a while before the stop: never more
     * than a whole lease. */
    if (left_ms > row->lease_ms)
        left_ms = row->lease_ms;
    return left_ms > least_ms ? left_ms : least_ms;
}

/* These run on: what ran out meanwhile is due now. */
static int64_t mono_of(const struct engine *engine, int64_t wall_ms)
{
    if (wall_ms < 0)
        return INT64_MAX;
    return engine->started.mono_ms + (wall_ms - engine->started.wall_ms);
}

struct lease_load {
    struct engine *engine;
    int64_t stopped_at_ms;
};

/* It is leased, and not ready; what its limits count. A waiting task has lent its units. */
static void load_running(struct engine *engine, struct hot_lease *lease)
{
    struct task task;
    struct hot_line *line;

    if (!task_load_number(engine->db, lease->row.task, &task))
        return;
    lease->line = task.line;
    line = hot_line_numbered(&engine->hot, task.line);
    if (line == NULL)
        return;
    line_load_leased(line);
    for (unsigned i = 0; task.state == TASK_RUNNING && i < line->uses_len; i++)
        limit_load(line->uses[i].limit, line->uses[i].units, 0);
}

static void on_lease(void *ctx, const struct lease_row *row)
{
    const struct lease_load *load = ctx;
    struct engine *engine = load->engine;
    struct hot_lease *lease = mem_alloc(sizeof(*lease));

    lease->row = *row;
    lease->worker = hot_worker(&engine->hot, row->worker);
    lease->queue = hot_queue_numbered(&engine->hot, row->queue);
    lease->expires_mono_ms = engine->started.mono_ms + left_at_start(row, load->stopped_at_ms);
    lease->stored_expires_mono_ms = mono_of(engine, row->expires_at_ms);
    lease->timeout_mono_ms = mono_of(engine, row->timeout_at_ms);
    lease->confirm_mono_ms = INT64_MAX;
    /* Nobody could call while we were down: what was to be confirmed has its lease's time. */
    lease->grace_mono_ms = mono_of(engine, row->grace_at_ms);
    hot_link_lease(&engine->hot, lease);
    load_running(engine, lease);
    if (lease->worker != NULL)
        lease->worker->running++;
}

static void on_intent(void *ctx, const struct intent_row *row)
{
    if (row->kind == INTENT_TELL)
        deps_load(ctx, row);
    else
        intent_load(ctx, row);
}

static void on_schedule(void *ctx, const struct schedule_row *row)
{
    schedule_load(ctx, row);
}

static void on_webhook(void *ctx, const struct webhook_row *row)
{
    webhook_load(ctx, row);
}

/* Counters of running tasks must be what the leases are; they are written in the same transactions.
 */
static void check_running(const struct engine *engine)
{
    const struct hot_queue *queue;
    int64_t running = 0;

    for (size_t at = 0; (queue = map_each(engine->hot.queues, &at)) != NULL;)
        running += queue->counts.of[TASK_RUNNING] + queue->counts.of[TASK_WAITING];
    if (running != (int64_t)map_len(engine->hot.leases))
        log_event(LOG_ERROR, "store.counters", "counters of running tasks differ from the leases",
                  LOG_INT_FIELD("counted", running),
                  LOG_INT_FIELD("leases", (int64_t)map_len(engine->hot.leases)), );
}

void load_all(struct engine *engine)
{
    struct lease_load load = {.engine = engine};
    struct event_row last_event;

    ns_each(engine->db, on_ns, engine);
    class_each(engine->db, on_class, engine);
    queue_each(engine->db, on_queue, engine);
    limit_each(engine->db, on_limit, engine);
    counter_each(engine->db, on_counter, engine);
    line_each(engine->db, on_line, engine);
    fair_load(&engine->hot, engine->db);
    worker_each(engine->db, on_worker, engine);
    event_last(engine->db, &last_event);
    engine->hot.last_event = last_event.number;
    engine->hot.events_size = last_event.size_to;
    load.stopped_at_ms = meta_get(engine->db, "stopped_at", 0);
    if (load.stopped_at_ms < last_event.at_ms)
        load.stopped_at_ms = last_event.at_ms;
    lease_each(engine->db, on_lease, &load);
    intent_each(engine->db, on_intent, engine);
    schedule_each(engine->db, on_schedule, engine);
    webhook_each(engine->db, on_webhook, engine);
    deliveries_load(engine);
    engine->hot.last_task = task_last_number(engine->db);
    engine->hot.next_due_ms = due_first(engine->db);
    engine->hot.next_end_ms = ending_first(engine->db);
    retention_load(&engine->hot);
    check_running(engine);
}
