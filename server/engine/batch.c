/* Batch: BEGIN, apply each command, match what became ready with who waits, COMMIT, then make it
 * true in memory. */
#include "batch.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "alarms.h"
#include "base/assert.h"
#include "claims.h"
#include "closing.h"
#include "deliveries.h"
#include "deps.h"
#include "fair.h"
#include "feed.h"
#include "handlers.h"
#include "hot_line.h"
#include "keys.h"
#include "queue_due.h"
#include "reach.h"
#include "retention.h"
#include "timers.h"
#include "waits.h"

/* With the reserve used up as well, timers that must write would otherwise be tried without end. */
#define FULL_PAUSE_MS INT64_C(200)

typedef void run_fn(struct batch *batch, struct command *command);

static run_fn *const runs[COMMAND_MAX] = {
#define COMMAND(name, lane) [COMMAND_##name] = run_##name,
#include "tables/commands.def"
#undef COMMAND
};

static void batch_init(struct batch *batch, struct engine *engine)
{
    arena_reset(engine->batch_mem);
    *batch = (struct batch){
        .engine = engine,
        .db = engine->db,
        .hot = &engine->hot,
        .now = engine_now(engine),
        .mem = engine->batch_mem,
        .is_heard = atomic_load(&engine->is_heard),
        .before = {engine->hot.last_task, engine->hot.last_event, engine->hot.events_size,
                   engine->hot.last_intent, engine->hot.next_due_ms, engine->hot.next_end_ms,
                   engine->hot.audit},
    };
    batch->effects_end = &batch->effects;
    batch->ends_end = &batch->ends;
    list_init(&batch->commands);
    list_init(&batch->done);
    list_init(&batch->answered);
}

void batch_answer(struct batch *batch, struct command *command)
{
    list_push_back(&batch->done, &command->link);
}

void batch_refuse(struct batch *batch, struct command *command, enum err code, const char *where,
                  const char *format, ...)
{
    char detail[256];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(detail, sizeof(detail), format, args);
    va_end(args);
    (void)error_set(&command->reply.error, code, where, "%s", detail);
    batch_answer(batch, command);
}

void batch_answer_parked(struct batch *batch, struct parked *parked)
{
    ASSERT(!parked->is_answered);
    parked->is_answered = true;
    list_push_back(&batch->answered, &parked->answered);
}

struct effect *batch_effect(struct batch *batch, void (*apply)(struct engine *, struct effect *))
{
    struct effect *effect = arena_alloc(batch->mem, sizeof(*effect));

    effect->apply = apply;
    *batch->effects_end = effect;
    batch->effects_end = &effect->next;
    return effect;
}

static void leave_it(struct engine *engine, struct effect *effect)
{
    (void)engine;
    (void)effect;
}

struct effect *batch_on_undo(struct batch *batch, void (*cancel)(struct effect *))
{
    struct effect *effect = batch_effect(batch, leave_it);

    effect->cancel = cancel;
    return effect;
}

void batch_touch(struct batch *batch, int64_t task)
{
    if (lot_waiters(&batch->engine->lot, task) == NULL)
        return;

    struct touched *touched = arena_alloc(batch->mem, sizeof(*touched));

    touched->task = task;
    touched->next = batch->touched;
    batch->touched = touched;
}

void batch_offer_queue(struct batch *batch, struct hot_queue *queue)
{
    if (!list_is_linked(&queue->dirty))
        list_push_back(&batch->hot->dirty_queues, &queue->dirty);
}

void batch_offer_worker(struct batch *batch, struct hot_worker *worker)
{
    if (!list_is_linked(&worker->dirty))
        list_push_back(&batch->hot->dirty_workers, &worker->dirty);
}

void batch_metric(const struct batch *batch, enum metric metric)
{
    metrics_add(batch->engine->options.metrics, metric, NULL, 1);
}

void batch_queue_metric(const struct batch *batch, enum metric metric,
                        const struct hot_queue *queue, struct bytes last)
{
    struct bytes labels[] = {queue->ns->name, queue->name, last};

    metrics_add(batch->engine->options.metrics, metric, labels, 1);
}

static double seconds_since(const struct timespec *start)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - start->tv_sec) + (double)(now.tv_nsec - start->tv_nsec) / 1e9;
}

static void commit(struct batch *batch)
{
    struct metrics *metrics = batch->engine->options.metrics;
    struct timespec start;

    (void)clock_gettime(CLOCK_MONOTONIC, &start);
    db_commit(batch->db);
    if (db_failure(batch->db) != DB_FINE || batch->rows == 0)
        return;
    metrics_add(metrics, METRIC_COMMITS, NULL, 1);
    metrics_observe(metrics, METRIC_COMMIT_SECONDS, NULL, seconds_since(&start));
    metrics_observe(metrics, METRIC_BATCH_SIZE, NULL, (double)batch->commands_len);
}

static void write_counters(struct batch *batch)
{
    for (struct list_node *node = list_first(&batch->hot->dirty_shelves); node != NULL;
         node = list_next(&batch->hot->dirty_shelves, node)) {
        const struct hot_shelf *shelf = CONTAINER_OF(node, struct hot_shelf, dirty);

        for (int state = 1; state < TASK_STATE_MAX; state++) {
            struct counter_row by = {
                .ns = shelf->queue->ns->head.number,
                .queue = shelf->queue->head.number,
                .class_number = shelf->of_class->head.number,
                .state = state,
                .tasks = shelf->counts.adding[state],
                .bytes = shelf->adding_bytes[state],
            };

            if (by.tasks != 0 || by.bytes != 0)
                counter_add(batch->db, &by);
        }
    }
}

/* What was parked by this batch goes on waiting; all else that was run is answered. */
static void hand_over(struct batch *batch)
{
    struct engine *engine = batch->engine;
    struct list replies;
    struct list_node *node;

    list_init(&replies);
    while ((node = list_pop_front(&batch->done)) != NULL) {
        struct command *command = CONTAINER_OF(node, struct command, link);

        if (command->parked != NULL && !command->parked->is_answered) {
            command->parked->is_new = false;
            continue;
        }
        if (command->parked == NULL)
            list_push_back(&replies, node);
    }
    while ((node = list_pop_front(&batch->answered)) != NULL) {
        struct parked *parked = CONTAINER_OF(node, struct parked, answered);
        struct command *command = parked->command;

        unpark(engine, parked);
        list_push_back(&replies, &command->link);
    }
    for (node = list_first(&replies); node != NULL; node = list_next(&replies, node))
        key_close(engine, CONTAINER_OF(node, struct command, link));
    if (mailbox_answer(&engine->mailbox, &replies, batch->pack))
        engine->options.wake(engine->options.wake_ctx);
}

/* Commands that the batch had no room for: those from before first, the others back to where they
 * came from. */
static void put_back(struct batch *batch)
{
    struct engine *engine = batch->engine;
    struct list reruns;

    list_init(&reruns);
    for (unsigned i = batch->commands_len; i < batch->reruns_len; i++)
        list_push_back(&reruns, list_pop_front(&batch->commands));
    list_move_all(&reruns, &engine->rerun);
    list_move_all(&engine->rerun, &reruns);
    mailbox_return(&engine->mailbox, &batch->commands);
}

static void make_true(struct batch *batch)
{
    alarms_note_empty(batch);
    hot_fold(batch->hot);
    feed_seal(batch);
    for (struct effect *effect = batch->effects; effect != NULL; effect = effect->next)
        effect->apply(batch->engine, effect);
    hand_over(batch);
    put_back(batch);
}

/* Memory as before the batch; its commands are in batch->commands again, in order. */
static void forget(struct batch *batch)
{
    struct hot *hot = batch->hot;
    struct list rest;
    struct list_node *node;

    /* Who was offered something by the batch is offered it again. */
    for (node = list_first(&hot->dirty_queues); node != NULL;
         node = list_next(&hot->dirty_queues, node))
        queue_look_again(batch->engine, CONTAINER_OF(node, struct hot_queue, dirty));
    hot_drop(hot);
    hot->last_task = batch->before.task;
    hot->last_event = batch->before.event;
    hot->events_size = batch->before.events_size;
    feed_drop(batch);
    hot->last_intent = batch->before.intent;
    hot->next_due_ms = batch->before.due_ms;
    hot->next_end_ms = batch->before.end_ms;
    hot->audit = batch->before.audit;
    for (struct effect *effect = batch->effects; effect != NULL; effect = effect->next)
        if (effect->cancel != NULL)
            effect->cancel(effect);
    while ((node = list_pop_front(&batch->answered)) != NULL)
        parked_again(batch->engine, CONTAINER_OF(node, struct parked, answered));
    list_init(&rest);
    list_move_all(&rest, &batch->commands);
    while ((node = list_pop_front(&batch->done)) != NULL) {
        struct command *command = CONTAINER_OF(node, struct command, link);

        if (command->parked != NULL)
            unpark(batch->engine, command->parked);
        command->reply = (struct reply){.error = {.code = OK}};
        list_push_back(&batch->commands, node);
    }
    list_move_all(&batch->commands, &rest);
}

static void undo(struct batch *batch)
{
    db_rollback(batch->db);
    forget(batch);
    metrics_add(batch->engine->options.metrics, METRIC_ROLLBACKS, NULL, 1);
}

/* What became of the batch is unknown: nothing of it is answered before the engine closes. */
static void fail(struct batch *batch, struct list *commands)
{
    forget(batch);
    list_move_all(&batch->engine->rerun, &batch->commands);
    list_move_all(&batch->engine->rerun, commands);
    engine_fail(batch->engine);
}

/* The way in refuses a foreign namespace; should one come through, nothing of it is touched. */
static void run_command(struct batch *batch, struct command *command)
{
    if (reaches_ns(command))
        runs[command->kind](batch, command);
    else
        batch_refuse(batch, command, ERR_FORBIDDEN, "",
                     "this token is not for namespace %.*s; another is meant by /v1/ns/NAME/…",
                     BYTES_ARG(command->ns));
}

static void run_commands(struct batch *batch)
{
    unsigned rows_max = batch->rows + BATCH_ROWS_MAX;
    struct list_node *node;

    while (batch->rows < rows_max && (node = list_pop_front(&batch->commands)) != NULL) {
        struct command *command = CONTAINER_OF(node, struct command, link);

        batch->commands_len++;
        run_command(batch, command);
    }
}

/* Everything inside one transaction. False: the disk is full and nothing happened. */
static bool transact(struct batch *batch)
{
    db_begin(batch->db);
    if (!batch->is_solo)
        timers_run(batch);
    run_commands(batch);
    deps_settle(batch);
    claims_dispatch(batch);
    closing_settle(batch);
    deps_put_off(batch);
    waits_settle(batch);
    alarms_tell_limits(batch);
    deliveries_offer(batch);
    retention_write(batch);
    write_counters(batch);
    lines_write(batch);
    fair_write(batch);
    commit(batch);
    return db_failure(batch->db) == DB_FINE;
}

/* A full disk: give up the reserve, refuse what adds, and run what ends work one by one. */
static void run_one_by_one(struct engine *engine, struct list *commands)
{
    struct list_node *node;

    engine->disk_is_full = true;
    engine->full_until_mono_ms = engine_now(engine).mono_ms + FULL_PAUSE_MS;
    atomic_store(&engine->has_room, false);
    store_reserve_release(engine->store);
    while ((node = list_pop_front(commands)) != NULL) {
        struct batch batch;

        batch_init(&batch, engine);
        list_push_back(&batch.commands, node);
        if (transact(&batch)) {
            make_true(&batch);
            continue;
        }
        if (db_failure(batch.db) != DB_FULL) {
            fail(&batch, commands);
            return;
        }
        undo(&batch);
        list_remove(node);
        batch_refuse(&batch, CONTAINER_OF(node, struct command, link), ERR_DISK_RESERVE, "",
                     "the disk is full; nothing was stored");
        hand_over(&batch);
    }
}

static unsigned list_len(const struct list *list)
{
    unsigned len = 0;

    for (const struct list_node *node = list_first(list); node != NULL;
         node = list_next(list, node))
        len++;
    return len;
}

static void run_together(struct engine *engine, struct list *commands, bool is_solo)
{
    struct batch batch;

    batch_init(&batch, engine);
    batch.is_solo = is_solo;
    if (!is_solo) {
        batch.reruns_len = list_len(&engine->rerun);
        list_move_all(&batch.commands, &engine->rerun);
    }
    list_move_all(&batch.commands, commands);
    if (transact(&batch)) {
        make_true(&batch);
        return;
    }
    if (db_failure(batch.db) != DB_FULL) {
        fail(&batch, commands);
        return;
    }
    undo(&batch);
    list_move_all(commands, &batch.commands);
    run_one_by_one(engine, commands);
}

static bool is_solo(const struct list *commands)
{
    struct list_node *first = list_first(commands);

    return first != NULL && command_is_solo(CONTAINER_OF(first, struct command, link));
}

static bool has_other_work(const struct engine *engine)
{
    return !list_is_empty(&engine->rerun) || timers_are_due(engine);
}

bool batch_run(struct engine *engine, struct list *commands)
{
    bool has_work = has_other_work(engine);
    struct list none;

    list_init(&none);
    if (engine->exit_code == 0 && !has_work && list_is_empty(commands))
        return false;
    /* One that changes settings comes alone: what goes on and what is due have a transaction before
     * it. */
    if (engine->exit_code == 0 && (has_work || !is_solo(commands)))
        run_together(engine, is_solo(commands) ? &none : commands, false);
    if (engine->exit_code == 0 && !list_is_empty(commands))
        run_together(engine, commands, true);
    list_move_all(&engine->rerun, commands);
    return engine->exit_code == 0;
}
