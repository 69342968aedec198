/* Closing: a queue takes no more, then what is left is asked to stop, then it is closed. */
#include "closing.h"

#include "audit.h"
#include "base/memory.h"
#include "cancels.h"
#include "handlers.h"
#include "held.h"
#include "intent.h"
#include "lookups.h"
#include "purge.h"
#include "queue_due.h"
#include "views.h"

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
        pause_end(&after.settings); /* the row may say so already, by this very batch */
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

void closing_go_on(struct batch *batch, struct hot_queue *queue)
{
    if (queue->closing == QUEUE_CLOSING && queue->close_cancel_at_ms >= 0 &&
        batch->now.wall_ms >= queue->close_cancel_at_ms)
        cancel_rest(batch, queue, queue->close_end_at_ms);
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

    parked_wake(engine, &queue->closers);
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

/* ---- commands ---- */

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
