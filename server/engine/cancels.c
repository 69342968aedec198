/* Cancels: at once, or by asking the worker. */
#include "cancels.h"

#include "base/assert.h"
#include "handlers.h"
#include "heartbeats.h"
#include "lookups.h"
#include "tell.h"
#include "views.h"
#include "waits.h"

static void keep_reason(struct batch *batch, struct task *task, struct bytes reason)
{
    task->has_results = true;
    task->cancel_reason = reason;
    result_save_reason(batch->db, task->number, reason);
    batch->rows++;
}

static void start_grace(struct engine *engine, struct effect *effect)
{
    struct hot_lease *lease = hot_lease(&engine->hot, effect->number);
    const struct moment *end = effect->data;

    if (lease == NULL)
        return;
    lease->row.grace_at_ms = end->wall_ms;
    lease->grace_mono_ms = end->mono_ms;
    hot_time_lease(&engine->hot, lease);
}

static void ask_worker(struct batch *batch, struct task *task, int64_t grace_ms)
{
    struct moment end = {.wall_ms = batch->now.wall_ms + grace_ms,
                         .mono_ms = batch->now.mono_ms + grace_ms};
    struct lease_row lease;

    task->cancel_requested_at_ms = batch->now.wall_ms;
    task_touch(batch, task);
    if (!lease_load(batch->db, task->number, &lease))
        return;
    lease.grace_at_ms = end.wall_ms;
    lease_save(batch->db, &lease);

    struct effect *effect = batch_effect(batch, start_grace);

    effect->number = task->number;
    effect->data = arena_copy(batch->mem, &end, sizeof(end));
    heartbeats_tell(batch, &lease);
}

/* Then its worker is told again, by the next batch. */
static void shorten_grace(struct engine *engine, struct effect *effect)
{
    struct hot_lease *lease = hot_lease(&engine->hot, effect->number);
    const struct moment *end = effect->data;
    int64_t now_ms = engine_now(engine).mono_ms;

    start_grace(engine, effect);
    if (lease == NULL || lease->worker == NULL || lease->grace_mono_ms != end->mono_ms)
        return;
    lease->cancel_told = false;
    for (struct list_node *node = list_first(&lease->worker->heartbeats); node != NULL;
         node = list_next(&lease->worker->heartbeats, node))
        parked_end_by(engine, CONTAINER_OF(node, struct parked, subject), now_ms);
}

static void hasten(struct batch *batch, const struct task *task, int64_t grace_ms)
{
    struct moment end = {.wall_ms = batch->now.wall_ms + grace_ms,
                         .mono_ms = batch->now.mono_ms + grace_ms};
    struct lease_row lease;

    if (!lease_load(batch->db, task->number, &lease) || lease.grace_at_ms <= end.wall_ms)
        return;
    lease.grace_at_ms = end.wall_ms;
    lease_save(batch->db, &lease);
    batch->rows++;

    struct effect *effect = batch_effect(batch, shorten_grace);

    effect->number = task->number;
    effect->data = arena_copy(batch->mem, &end, sizeof(end));
}

void cancel_task(struct batch *batch, struct task *task, const struct cancel_how *how)
{
    if (task_state_is_terminal(task->state))
        return;
    if (task->cancel_requested_at_ms >= 0) {
        if (how->hastens)
            hasten(batch, task, how->grace_ms);
        return;
    }
    keep_reason(batch, task, how->reason);
    if (task_state_is_leased(task->state)) {
        ask_worker(batch, task, how->grace_ms);
        return;
    }
    task->cancel_requested_at_ms = batch->now.wall_ms;
    task_move(batch, task, TASK_CANCELLED, EVENT_TASK_CANCELLED, tell_cancelled(batch, task));
    batch_queue_metric(batch, METRIC_FINISHED, task_queue(batch, task), BYTES("cancelled"));
}

void run_CANCEL(struct batch *batch, struct command *command)
{
    const struct cancel *cancel = &command->in.cancel;
    struct cancel_how how = {
        .reason = cancel->reason.at != NULL ? cancel->reason : BYTES("user"),
        .grace_ms = cancel->grace_ms,
    };
    struct task row;

    if (!find_task(batch, command, cancel->task, &row) ||
        !check_version(batch, command, row.version, cancel->if_match))
        return;
    if (cancel->if_states != 0 &&
        (cancel->if_states & (1U << task_shown_state(batch, &row))) == 0) {
        batch_refuse(batch, command, ERR_STATE_CONFLICT, "/if_state", "the task is %s",
                     task_state_name(task_shown_state(batch, &row)));
        return;
    }
    cancel_task(batch, &row, &how);
    wait_or_answer(batch, command, &row);
}
