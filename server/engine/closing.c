/* Closing: intents are rows, so that a restart goes on with them. */
#include "closing.h"

#include <stdio.h>
#include <stdlib.h>

#include "audit.h"
#include "base/memory.h"
#include "cancels.h"
#include "claims.h"
#include "handlers.h"
#include "lookups.h"
#include "submits.h"
#include "views.h"

/* How long a purge keeps its caller waiting. */
#define PURGE_WAIT_MS (10 * SECOND_MS)

enum { SLICE_TASKS = 300, SLICE_NUMBERS = 5000, INTENT_CANCEL = 1 };

/* ---- intents ---- */

static struct intent *intent_new(struct engine *engine, struct hot_queue *queue,
                                 const struct intent_row *row)
{
    struct intent *intent = mem_alloc(sizeof(*intent));

    intent->row = *row;
    intent->queue = queue;
    (void)snprintf(intent->reason, sizeof(intent->reason), "%.*s", BYTES_ARG(row->reason));
    intent->row.reason = bytes_of(intent->reason);
    if (row->number > engine->hot.last_intent)
        engine->hot.last_intent = row->number;
    return intent;
}

static void add_intent(struct engine *engine, struct effect *effect)
{
    struct hot_queue *queue = effect->object;

    list_push_back(&engine->intents, &intent_new(engine, queue, effect->data)->link);
}

static void never_started(struct effect *effect)
{
    struct hot_queue *queue = effect->object;

    queue->purges--;
}

void intent_start(struct batch *batch, struct hot_queue *queue, struct bytes reason)
{
    struct intent_row row = {
        .number = ++batch->hot->last_intent,
        .ns = queue->ns->head.number,
        .queue = queue->head.number,
        .kind = INTENT_CANCEL,
        .up_to = batch->hot->last_task,
        .created_at_ms = batch->now.wall_ms,
        .reason = reason,
    };
    struct effect *effect = batch_effect(batch, add_intent);

    intent_insert(batch->db, &row);
    batch->rows++;
    effect->object = queue;
    effect->data = arena_copy(batch->mem, &row, sizeof(row));
    effect->cancel = never_started;
    /* At once: claims of this very batch must not take what is meant. */
    queue->purges++;
}

void intent_load(struct engine *engine, const struct intent_row *row)
{
    struct hot_queue *queue = hot_queue_numbered(&engine->hot, row->queue);

    if (queue == NULL)
        return;
    queue->purges++;
    list_push_back(&engine->intents, &intent_new(engine, queue, row)->link);
}

void intents_free(struct engine *engine)
{
    struct list_node *node;

    while ((node = list_pop_front(&engine->intents)) != NULL)
        free(CONTAINER_OF(node, struct intent, link));
}

/* Those who wait are answered by the next batch, which sees what this one has committed. */
static void wake(struct engine *engine, const struct list *waiting)
{
    int64_t now_ms = engine_now(engine).mono_ms;

    for (struct list_node *node = list_first(waiting); node != NULL;
         node = list_next(waiting, node))
        parked_end_by(engine, CONTAINER_OF(node, struct parked, subject), now_ms);
}

static void step_intent(struct engine *engine, struct effect *effect)
{
    struct intent *intent = effect->object;

    intent->done_to = effect->number;
    if (intent->done_to < intent->row.up_to)
        return;
    intent->queue->purges--;
    if (intent->queue->purges == 0)
        wake(engine, &intent->queue->purgers);
    queue_look_again(engine, intent->queue);
    list_remove(&intent->link);
    free(intent);
}

/* The slice after the last one: all tasks of it, or as many as a batch may touch. */
static void run_intent(struct batch *batch, struct intent *intent)
{
    const int64_t key[2] = {intent->row.ns, intent->row.queue};
    struct cancel_how how = {.reason = bytes_of(intent->reason), .grace_ms = GRACE_DEFAULT_MS};
    int64_t end = intent->done_to + SLICE_NUMBERS;
    int64_t numbers[SLICE_TASKS];

    if (end > intent->row.up_to)
        end = intent->row.up_to;

    unsigned len = pending_slice(batch->db, key, intent->done_to, end, SLICE_TASKS, numbers);

    for (unsigned i = 0; i < len; i++) {
        struct task task;

        if (task_load_number(batch->db, numbers[i], &task))
            cancel_task(batch, &task, &how);
    }

    struct effect *effect = batch_effect(batch, step_intent);

    effect->object = intent;
    effect->number = len == SLICE_TASKS ? numbers[len - 1] : end;
    if (effect->number == intent->row.up_to) {
        intent_delete(batch->db, intent->row.number);
        batch->rows++;
    }
    batch_offer_queue(batch, intent->queue);
}

/* ---- closing a queue ---- */

static bool pause_is_over(const struct queue_settings *settings, int64_t now_ms)
{
    return settings->paused && settings->paused_until_ms >= 0 &&
           settings->paused_until_ms <= now_ms;
}

static void unpause(struct queue_settings *settings)
{
    settings->paused = false;
    settings->paused_until_ms = -1;
}

void queue_time(struct hot *hot, struct hot_queue *queue)
{
    int64_t due_ms = INT64_MAX;

    if (queue->settings.paused && queue->settings.paused_until_ms >= 0)
        due_ms = queue->settings.paused_until_ms;
    if (queue->closing == QUEUE_CLOSING && queue->close_cancel_at_ms >= 0 &&
        queue->close_cancel_at_ms < due_ms)
        due_ms = queue->close_cancel_at_ms;
    if (due_ms == INT64_MAX)
        heap_remove(&hot->queues_due, &queue->due);
    else
        heap_set(&hot->queues_due, &queue->due, due_ms);
}

void queue_look_again(struct engine *engine, struct hot_queue *queue)
{
    heap_set(&engine->hot.queues_due, &queue->due, engine_now(engine).wall_ms);
}

static int64_t unfinished(const struct hot_queue *queue)
{
    return hot_pending(queue) + hot_in_state(&queue->counts, TASK_RUNNING) +
           hot_in_state(&queue->counts, TASK_WAITING);
}

static void take_step(struct engine *engine, struct effect *effect)
{
    struct hot_queue *queue = effect->object;
    const struct closing_step *step = effect->data;

    queue->version++;
    hot_close_queue(queue, step->closing);
    queue->close_cancel_at_ms = step->cancel_at_ms;
    queue->close_end_at_ms = step->end_at_ms;
    if (step->closing == QUEUE_OPEN)
        queue->abandoned_len = 0;
    queue_time(&engine->hot, queue);
}

void closing_step_to(struct batch *batch, struct hot_queue *queue, struct closing_step step)
{
    struct hot_queue after = *queue;
    struct effect *effect = batch_effect(batch, take_step);

    after.version++;
    if (pause_is_over(&after.settings, batch->now.wall_ms))
        unpause(&after.settings); /* the row may say so already, by this very batch */
    after.closing = step.closing;
    after.close_cancel_at_ms = step.cancel_at_ms;
    after.close_end_at_ms = step.end_at_ms;
    batch_save_queue(batch, queue, &after);
    effect->object = queue;
    effect->data = arena_copy(batch->mem, &step, sizeof(step));
}

/* Everything that is left is asked to stop: what waits at once, what runs within the close's grace.
 * When the grace is over the leases' own timers abandon what did not stop, and the queue is empty.
 */
static void cancel_rest(struct batch *batch, struct hot_queue *queue, int64_t end_at_ms)
{
    struct cancel_how how = {
        .reason = BYTES("queue_close"),
        .grace_ms = end_at_ms > batch->now.wall_ms ? end_at_ms - batch->now.wall_ms : 0,
        .hastens = true,
    };
    struct hot_lease *lease;

    intent_start(batch, queue, BYTES("queue_close"));
    for (size_t at = 0; (lease = map_each(batch->hot->leases, &at)) != NULL;) {
        struct task task;

        if (lease->queue == queue && task_load_number(batch->db, lease->row.task, &task))
            cancel_task(batch, &task, &how);
    }
    closing_step_to(batch, queue, (struct closing_step){QUEUE_CLOSING, -1, end_at_ms});
}

static void add_abandoned(struct engine *engine, struct effect *effect)
{
    struct hot_queue *queue = effect->object;

    (void)engine;
    queue->abandoned = mem_resize(queue->abandoned, (queue->abandoned_len + 1) * sizeof(struct id));
    queue->abandoned[queue->abandoned_len++] = *(const struct id *)effect->data;
}

void closing_note_abandoned(struct batch *batch, struct hot_queue *queue, struct id task)
{
    if (queue->closing != QUEUE_CLOSING)
        return;

    struct effect *effect = batch_effect(batch, add_abandoned);

    effect->object = queue;
    effect->data = arena_copy(batch->mem, &task, sizeof(task));
}

void close_view(struct batch *batch, struct command *command, struct hot_queue *queue)
{
    command->reply.queues = arena_alloc(command->mem, sizeof(struct queue_view));
    command->reply.queues_len = 1;
    fill_queue(batch, command, queue, QUEUE_REPLICAS, command->reply.queues);
    command->reply.done = unfinished(queue) == 0;
    command->reply.queues->closed = command->reply.done;
    command->reply.queues->closing = !command->reply.done;
}

static void purge_view(struct batch *batch, struct command *command, struct hot_queue *queue)
{
    close_view(batch, command, queue);
    command->reply.queues->closed = queue->closing == QUEUE_CLOSED;
    command->reply.queues->closing = queue->closing == QUEUE_CLOSING;
}

void close_wait_end(struct batch *batch, struct parked *parked)
{
    if (parked->command->kind == COMMAND_PURGE_QUEUE)
        purge_view(batch, parked->command, parked->queue);
    else
        close_view(batch, parked->command, parked->queue);
    batch_answer_parked(batch, parked);
}

/* After COMMIT the abandoned are known, too. */
static void wake_closers(struct engine *engine, struct effect *effect)
{
    const struct hot_queue *queue = effect->object;

    wake(engine, &queue->closers);
}

void closing_settle(struct batch *batch)
{
    struct list *dirty = &batch->hot->dirty_queues;

    for (struct list_node *node = list_first(dirty); node != NULL; node = list_next(dirty, node)) {
        struct hot_queue *queue = CONTAINER_OF(node, struct hot_queue, dirty);

        if (queue->closing != QUEUE_CLOSING || unfinished(queue) > 0)
            continue;
        closing_step_to(batch, queue, (struct closing_step){QUEUE_CLOSED, -1, -1});
        batch_effect(batch, wake_closers)->object = queue;
    }
}

static void time_again(struct engine *engine, struct effect *effect)
{
    struct hot_queue *queue = effect->object;

    queue_time(&engine->hot, queue);
}

static void time_again_undone(struct effect *effect)
{
    time_again(effect->data, effect);
}

static void set_unpaused(struct engine *engine, struct effect *effect)
{
    struct hot_queue *queue = effect->object;

    (void)engine;
    unpause(&queue->settings);
}

/* A pause that has run out is over for good, even if the wall clock steps back. Nobody changed the
 * queue, so its version stays. */
static void end_pause(struct batch *batch, struct hot_queue *queue)
{
    struct hot_queue after = *queue;

    unpause(&after.settings);
    batch_save_queue(batch, queue, &after);
    batch_effect(batch, set_unpaused)->object = queue;
}

static void run_queue(struct batch *batch, struct hot_queue *queue)
{
    if (pause_is_over(&queue->settings, batch->now.wall_ms))
        end_pause(batch, queue);

    struct effect *effect = batch_effect(batch, time_again);

    effect->object = queue;
    effect->data = batch->engine;
    effect->cancel = time_again_undone;
    batch_offer_queue(batch, queue); /* a pause may have run out */
    if (queue->closing == QUEUE_CLOSING && queue->close_cancel_at_ms >= 0 &&
        batch->now.wall_ms >= queue->close_cancel_at_ms)
        cancel_rest(batch, queue, queue->close_end_at_ms);
}

static void run_queues(struct batch *batch)
{
    struct heap *due = &batch->hot->queues_due;
    struct heap_node *node;

    while ((node = heap_first(due)) != NULL && node->key <= batch->now.wall_ms) {
        heap_remove(due, node);
        run_queue(batch, CONTAINER_OF(node, struct hot_queue, due));
    }
}

void closing_run(struct batch *batch)
{
    for (struct list_node *node = list_first(&batch->engine->intents); node != NULL;
         node = list_next(&batch->engine->intents, node))
        run_intent(batch, CONTAINER_OF(node, struct intent, link));
    run_queues(batch);
}

/* ---- commands ---- */

static void note_purge(struct batch *batch, const struct command *command,
                       const struct hot_queue *queue)
{
    struct audit_detail detail;

    audit_detail_begin(&detail);
    json_member_int(&detail.out, "tasks", hot_pending(queue));
    audit_queue(batch, command, "queue.purged", queue, audit_detail_end(&detail, batch->mem));
}

static void note_close(struct batch *batch, const struct command *command,
                       const struct hot_queue *queue)
{
    const struct queue_close *close = &command->in.queue_close;
    struct audit_detail detail;

    audit_detail_begin(&detail);
    json_member_text(&detail.out, "mode", close->now ? BYTES("now") : BYTES("wait"));
    json_member_seconds_or_null(&detail.out, "wait_timeout_s", close->wait_timeout_ms);
    json_member_seconds_or_null(&detail.out, "close_timeout_s", close->close_timeout_ms);
    json_member_int(&detail.out, "tasks", unfinished(queue));
    audit_queue(batch, command, "queue.closed", queue, audit_detail_end(&detail, batch->mem));
}

/* The answer comes when the purge is through, or shows how far it is. */
void run_PURGE_QUEUE(struct batch *batch, struct command *command)
{
    struct hot_queue *queue = NULL;

    if (!find_queue(batch, command, command->in.queue.queue, &queue))
        return;
    if (hot_pending(queue) == 0 || batch->engine->drain.is_asked) {
        purge_view(batch, command, queue);
        batch_answer(batch, command);
        return;
    }
    note_purge(batch, command, queue);
    intent_start(batch, queue, BYTES("user"));

    struct parked *parked = park(batch, command, PARKED_CLOSE, PURGE_WAIT_MS);

    parked->queue = queue;
    list_push_back(&queue->purgers, &parked->subject);
}

static void refuse_held(struct batch *batch, struct hot_queue *queue)
{
    for (struct list_node *node = list_first(&queue->held); node != NULL;
         node = list_next(&queue->held, node)) {
        struct parked *parked = CONTAINER_OF(node, struct parked, subject);

        if (!parked->is_answered)
            held_refuse_closed(batch, parked);
    }
}

static void wait_for_close(struct batch *batch, struct command *command, struct hot_queue *queue)
{
    struct parked *parked = park(batch, command, PARKED_CLOSE, command->wait_ms);

    parked->queue = queue;
    list_push_back(&queue->closers, &parked->subject);
}

void run_CLOSE_QUEUE(struct batch *batch, struct command *command)
{
    const struct queue_close *close = &command->in.queue_close;
    int64_t cancel_at_ms = batch->now.wall_ms + (close->now ? 0 : close->wait_timeout_ms);
    int64_t end_at_ms = cancel_at_ms + close->close_timeout_ms;
    struct hot_queue *queue = NULL;

    if (!find_queue(batch, command, close->queue, &queue))
        return;
    note_close(batch, command, queue);
    refuse_held(batch, queue);
    if (unfinished(queue) == 0)
        closing_step_to(batch, queue, (struct closing_step){QUEUE_CLOSED, -1, -1});
    else if (close->now)
        cancel_rest(batch, queue, end_at_ms);
    else if (queue->closing != QUEUE_CLOSING)
        closing_step_to(batch, queue,
                        (struct closing_step){QUEUE_CLOSING, cancel_at_ms, end_at_ms});
    if (unfinished(queue) > 0 && command->wait_ms > 0 && !batch->engine->drain.is_asked) {
        wait_for_close(batch, command, queue);
        return;
    }
    close_view(batch, command, queue);
    batch_answer(batch, command);
}

void run_REOPEN_QUEUE(struct batch *batch, struct command *command)
{
    struct hot_queue *queue = NULL;

    if (!find_queue(batch, command, command->in.queue.queue, &queue))
        return;
    struct hot_queue after = *queue;

    closing_step_to(batch, queue, (struct closing_step){QUEUE_OPEN, -1, -1});
    batch_effect(batch, wake_closers)->object = queue; /* there is no close to wait for any more */
    audit_queue(batch, command, "queue.reopened", queue, BYTES_NONE);
    after.closing = QUEUE_OPEN;
    after.abandoned_len = 0;
    after.version++;
    purge_view(batch, command, &after);
    batch_answer(batch, command);
}
