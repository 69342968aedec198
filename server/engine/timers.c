/* Timers: leases, waits, due tasks, queues, workers, and the broom. */
#include "timers.h"

#include "alarms.h"
#include "audit.h"
#include "deliveries.h"
#include "domain/bounds.h"
#include "held.h"
#include "hot_line.h"
#include "intent.h"
#include "parked_end.h"
#include "place.h"
#include "queue_due.h"
#include "retention.h"
#include "schedule_due.h"
#include "settle.h"
#include "shutdown.h"
#include "waits.h"
#include "workers.h"

enum {
    SLICE = 250,
    TRIM_ROWS = 500,
    TRIM_EVENTS = 4000, /* a busy broker writes more of them than of anything else */
};

#define IDLE_MAX_MS      SECOND_MS
#define SWEEP_EVERY_MS   (SECOND_MS / 2)
#define JANITOR_EVERY_MS (5 * SECOND_MS)
#define EVENTS_KEPT_MS   DAY_MS
#define EVENTS_KEPT_SIZE (INT64_C(256) << 20)
#define JANITOR_SOON_MS  INT64_C(50)
#define KEYS_KEPT_MS     DAY_MS

/* ---- tasks that fall due ---- */

static void run_due_tasks(struct batch *batch)
{
    int64_t numbers[SLICE];
    unsigned len;

    if (batch->hot->next_due_ms > batch->now.wall_ms)
        return;
    len = due_tasks(batch->db, batch->now.wall_ms, SLICE, numbers);
    for (unsigned i = 0; i < len; i++) {
        struct task task;

        if (task_load_number(batch->db, numbers[i], &task))
            task_move(batch, &task, place_when_due(batch, &task), EVENT_NONE, BYTES_NONE);
    }
    /* What is left over is still due and comes with the next batch. */
    batch->hot->next_due_ms = due_first(batch->db);
}

/* ---- tasks that wait for longer than they may ---- */

static void run_ending_tasks(struct batch *batch)
{
    int64_t numbers[SLICE];
    unsigned len;

    if (batch->hot->next_end_ms > batch->now.wall_ms)
        return;
    len = ending_tasks(batch->db, batch->now.wall_ms, SLICE, numbers);
    for (unsigned i = 0; i < len; i++) {
        struct task task;

        if (task_load_number(batch->db, numbers[i], &task) && !settle_overdue(batch, &task))
            task_set_ending(batch, &task); /* never: else the timer would find it for ever */
    }
    batch->hot->next_end_ms = ending_first(batch->db);
}

/* ---- leases ---- */

static void end_lease(struct batch *batch, const struct hot_lease *lease, struct settling *settling)
{
    int64_t now_ms = batch->now.mono_ms;

    if (lease->grace_mono_ms <= now_ms)
        settle_abandoned(batch, settling);
    else if (lease->timeout_mono_ms <= now_ms)
        settle_timed_out(batch, settling);
    else if (lease->confirm_mono_ms <= now_ms && settling->lease.started_at_ms < 0)
        settle_answer_lost(batch, settling);
    else
        settle_lost(batch, settling);
}

static void run_leases(struct batch *batch)
{
    struct heap *due = &batch->hot->leases_due;
    struct heap_node *node;
    unsigned left = SLICE;

    /* A store that has failed finds no rows: a lease taken out after that would never come back. */
    while (db_failure(batch->db) == DB_FINE && (node = heap_first(due)) != NULL &&
           node->key <= batch->now.mono_ms && left-- > 0) {
        struct hot_lease *lease = CONTAINER_OF(node, struct hot_lease, due);
        struct settling settling;

        /* Out of the heap now; out of memory after COMMIT, or back in if the batch is undone. */
        heap_remove(due, node);
        if (lease_load(batch->db, lease->row.task, &settling.lease) &&
            task_load_number(batch->db, lease->row.task, &settling.task))
            end_lease(batch, lease, &settling);
    }
}

/* ---- parked requests ---- */

static void run_waits(struct batch *batch)
{
    struct heap *deadlines = &batch->engine->lot.deadlines;
    struct heap_node *node;
    unsigned left = SLICE;

    while ((node = heap_first(deadlines)) != NULL && node->key <= batch->now.mono_ms &&
           left-- > 0) {
        struct parked *parked = CONTAINER_OF(node, struct parked, deadline);

        heap_remove(deadlines, node);
        if (!parked->is_answered)
            parked_end(batch, parked, true);
    }
}

/* With a manual clock nobody moves time for a wait; real time ends it too. */
static void run_real_waits(struct batch *batch)
{
    const struct engine_options *options = &batch->engine->options;

    if (!options->manual_clock)
        return;

    int64_t now_ms = options->clock.now(options->clock.ctx).mono_ms;

    for (int kind = 0; kind < PARKED_KINDS; kind++)
        for (struct list_node *node = list_first(&batch->engine->lot.all[kind]); node != NULL;
             node = list_next(&batch->engine->lot.all[kind], node)) {
            struct parked *parked = CONTAINER_OF(node, struct parked, all);

            if (parked->real_deadline_mono_ms <= now_ms && !parked->is_answered)
                parked_end(batch, parked, true);
        }
}

static void run_sweep(struct batch *batch)
{
    struct engine *engine = batch->engine;

    if (batch->now.mono_ms - engine->last_sweep.mono_ms < SWEEP_EVERY_MS)
        return;
    engine->last_sweep = batch->now;
    waits_sweep(batch);
    held_sweep(batch);
}

/* ---- workers ---- */

static void run_workers(struct batch *batch)
{
    struct heap *silent = &batch->hot->workers_silent;
    struct heap_node *node;
    unsigned left = SLICE;

    while ((node = heap_first(silent)) != NULL && node->key <= batch->now.mono_ms && left-- > 0) {
        heap_remove(silent, node);
        worker_silent(batch, CONTAINER_OF(node, struct hot_worker, silence));
    }
}

/* ---- the broom ---- */

static void run_janitor(struct batch *batch)
{
    struct engine *engine = batch->engine;

    if (batch->now.mono_ms - engine->last_janitor.mono_ms < JANITOR_EVERY_MS)
        return;
    engine->last_janitor = batch->now;

    int64_t events = event_trim(batch->db, batch->now.wall_ms - EVENTS_KEPT_MS,
                                batch->hot->events_size - EVENTS_KEPT_SIZE, TRIM_EVENTS);
    int64_t keys = key_trim(batch->db, batch->now.wall_ms - KEYS_KEPT_MS, TRIM_ROWS);

    int64_t acts = audit_sweep(batch, TRIM_ROWS);
    int64_t lines = lines_sweep(batch, TRIM_ROWS);
    int64_t deliveries = deliveries_sweep(batch, TRIM_ROWS);

    batch->rows += (unsigned)(events + keys + acts + lines + deliveries);
    /* A full slice means that there is more: come back soon, so that the broom keeps up with a busy
     * broker. */
    if (events == TRIM_EVENTS || keys == TRIM_ROWS || acts == TRIM_ROWS || lines == TRIM_ROWS ||
        deliveries == TRIM_ROWS)
        engine->last_janitor.mono_ms -= JANITOR_EVERY_MS - JANITOR_SOON_MS;
    if (!store_has_room(engine->store) && store_reserve_keep(engine->store)) {
        engine->disk_is_full = false;
        atomic_store(&engine->has_room, true);
    }
    alarms_look(batch);
}

void timers_run(struct batch *batch)
{
    run_ending_tasks(batch);
    run_due_tasks(batch);
    run_leases(batch);
    limits_run(batch);
    queue_rates_run(batch);
    schedules_run(batch);
    run_workers(batch);
    intents_run(batch);
    deliveries_run(batch);
    queues_run(batch);
    alarms_run(batch);
    run_sweep(batch);
    run_waits(batch);
    run_real_waits(batch);
    shutdown_run(batch);
    retention_run(batch);
    run_janitor(batch);
}

/* ---- when ---- */

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t heap_due(const struct heap *heap)
{
    const struct heap_node *first = heap_first(heap);

    return first == NULL ? INT64_MAX : first->key;
}

static int64_t mono_of_wall(struct moment now, int64_t wall_ms)
{
    return wall_ms == INT64_MAX ? INT64_MAX : now.mono_ms + (wall_ms - now.wall_ms);
}

int64_t timers_next_mono(const struct engine *engine)
{
    const struct hot *hot = &engine->hot;
    struct moment now = engine_now(engine);
    int64_t next = earlier(heap_due(&hot->leases_due), heap_due(&engine->lot.deadlines));

    if (!list_is_empty(&engine->intents) || !list_is_empty(&engine->owed))
        return now.mono_ms;
    next = earlier(next, heap_due(&hot->workers_silent));
    next = earlier(next, heap_due(&hot->limits_due));
    next = earlier(next, heap_due(&hot->rates_due));
    next = earlier(next, heap_due(&hot->queues_idle));
    next = earlier(next, mono_of_wall(now, hot->next_due_ms));
    next = earlier(next, mono_of_wall(now, hot->next_end_ms));
    next = earlier(next, mono_of_wall(now, heap_due(&hot->queues_due)));
    next = earlier(next, mono_of_wall(now, schedules_next_ms(engine)));
    next = earlier(next, mono_of_wall(now, heap_due(&hot->webhooks.due)));
    next = earlier(next, retention_next_mono(engine));
    if (engine->drain.is_asked && !engine->drain.is_over)
        next =
            earlier(next, map_len(hot->leases) > 0 ? engine->drain.deadline_mono_ms : now.mono_ms);
    return next;
}

static int64_t next_round_mono(const struct engine *engine)
{
    int64_t next =
        earlier(timers_next_mono(engine), engine->last_janitor.mono_ms + JANITOR_EVERY_MS);

    if (!list_is_empty(&engine->lot.all[PARKED_TASK]) ||
        !list_is_empty(&engine->lot.all[PARKED_SUBMIT]))
        next = earlier(next, engine->last_sweep.mono_ms + SWEEP_EVERY_MS);
    return next < engine->full_until_mono_ms ? engine->full_until_mono_ms : next;
}

bool timers_are_due(const struct engine *engine)
{
    return engine->options.manual_clock || next_round_mono(engine) <= engine_now(engine).mono_ms;
}

int64_t timers_idle_ms(const struct engine *engine)
{
    int64_t idle_ms = next_round_mono(engine) - engine_now(engine).mono_ms;

    if (engine->options.manual_clock)
        return 20; /* real waits are looked at often: tests are short */
    if (idle_ms < 0)
        return 0;
    return idle_ms < IDLE_MAX_MS ? idle_ms : IDLE_MAX_MS;
}
