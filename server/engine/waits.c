/* Waits: when a wait is over, and what its answer holds. */
#include "waits.h"

#include "cancels.h"
#include "reach.h"
#include "views.h"

static bool has_reached(enum until until, enum task_state state)
{
    if (task_state_is_terminal(state))
        return true;
    switch (until) {
    case UNTIL_ACCEPTED:
        return true;
    case UNTIL_STARTED:
        return task_state_is_leased(state);
    case UNTIL_FINISHED:
        break;
    }
    return false;
}

/* It has not changed since it was shown, and is still shown in the same state. */
static bool is_as_known(const struct batch *batch, const struct look *look, const struct task *row)
{
    return row->version == look->if_none_match && task_is_held(batch, row) == look->if_none_held;
}

/* Whether what the command waits for is so. */
static bool wait_is_over(const struct batch *batch, const struct command *command,
                         const struct task *row)
{
    switch ((int)command->kind) {
    case COMMAND_LOOK:
        if (command->in.look.if_none_match > 0)
            return !is_as_known(batch, &command->in.look, row);
        return has_reached(command->in.look.until, row->state);
    case COMMAND_SUBMIT:
        return has_reached(command->in.submit.until, row->state);
    default:
        return task_state_is_terminal(row->state);
    }
}

static struct view_wants wants_of(const struct command *command)
{
    struct view_wants wants = {.result = true};

    if (command->kind == COMMAND_LOOK)
        wants = (struct view_wants){
            .payload = command->in.look.with_payload,
            .result = command->in.look.with_result,
            .attempts = command->in.look.with_attempts,
            .logs = command->in.look.with_logs,
            .explain = command->in.look.with_explain,
        };
    return wants;
}

static bool marks_observed(const struct command *command)
{
    if (command->kind == COMMAND_LOOK)
        return command->in.look.marks_observed;
    return command->wait_ms > 0;
}

/* The task as it is; done: what was waited for has happened. */
static void wait_fill(struct batch *batch, struct command *command, struct task *row, bool done)
{
    command->reply.done = done;
    if (command->kind == COMMAND_LOOK && is_as_known(batch, &command->in.look, row))
        command->reply.not_modified = true;
    if (marks_observed(command))
        view_mark_observed(batch, row);
    fill_task(batch, command, row, wants_of(command));
}

void wait_or_answer(struct batch *batch, struct command *command, struct task *row)
{
    bool is_over = wait_is_over(batch, command, row);

    if (!is_over && command->wait_ms > 0 && !batch->engine->drain.is_asked) {
        park_for_task(batch, command, row->number);
        return;
    }
    wait_fill(batch, command, row, is_over);
    batch_answer(batch, command);
}

/* The task may be gone, or moved out of reach: then the first look finds nothing. */
static bool load_waited(struct batch *batch, struct parked *parked, struct task *ret_row)
{
    if (task_load_number(batch->db, parked->task, ret_row) &&
        reaches_queue(parked->command, task_queue(batch, ret_row)))
        return true;
    (void)error_set(&parked->command->reply.error, ERR_NOT_FOUND, "",
                    "the task is not there any more");
    batch_answer_parked(batch, parked);
    return false;
}

static void settle_one(struct batch *batch, struct parked *parked)
{
    struct task row;

    if (parked->is_answered || !load_waited(batch, parked, &row) ||
        !wait_is_over(batch, parked->command, &row))
        return;
    wait_fill(batch, parked->command, &row, true);
    batch_answer_parked(batch, parked);
}

void waits_settle(struct batch *batch)
{
    for (struct touched *touched = batch->touched; touched != NULL; touched = touched->next) {
        struct task_waiters *waiters = lot_waiters(&batch->engine->lot, touched->task);

        if (waiters == NULL)
            continue;
        for (struct list_node *node = list_first(&waiters->parked); node != NULL;
             node = list_next(&waiters->parked, node))
            settle_one(batch, CONTAINER_OF(node, struct parked, subject));
    }
}

static bool cancels_on_timeout(const struct command *command)
{
    return (command->kind == COMMAND_LOOK && command->in.look.cancel_on_timeout) ||
           (command->kind == COMMAND_SUBMIT && command->in.submit.cancel_on_timeout);
}

static bool cancels_on_disconnect(const struct command *command)
{
    return (command->kind == COMMAND_LOOK && command->in.look.cancel_on_disconnect) ||
           (command->kind == COMMAND_SUBMIT && command->in.submit.cancel_on_disconnect);
}

void wait_end(struct batch *batch, struct parked *parked, bool timed_out)
{
    struct task row;

    if (!load_waited(batch, parked, &row))
        return;
    if (timed_out && cancels_on_timeout(parked->command)) {
        struct cancel_how how = {.reason = BYTES("timeout"), .grace_ms = GRACE_DEFAULT_MS};

        cancel_task(batch, &row, &how);
    }
    wait_fill(batch, parked->command, &row, wait_is_over(batch, parked->command, &row));
    batch_answer_parked(batch, parked);
}

/* Only the last of those who asked for it counts. */
static bool has_other(const struct task_waiters *waiters, const struct parked *gone)
{
    for (struct list_node *node = list_first(&waiters->parked); node != NULL;
         node = list_next(&waiters->parked, node)) {
        const struct parked *other = CONTAINER_OF(node, struct parked, subject);

        if (other != gone && !other->is_answered && cancels_on_disconnect(other->command))
            return true;
    }
    return false;
}

static void sweep_one(struct batch *batch, struct parked *parked)
{
    struct cancel_how how = {.reason = BYTES("disconnect"), .grace_ms = GRACE_DEFAULT_MS};
    struct task row;

    if (parked->is_answered || parked_is_alive(parked) || !load_waited(batch, parked, &row))
        return;
    if (cancels_on_disconnect(parked->command) &&
        !has_other(lot_waiters(&batch->engine->lot, parked->task), parked))
        cancel_task(batch, &row, &how);
    if (!parked->is_answered)
        wait_end(batch, parked, false);
}

void waits_sweep(struct batch *batch)
{
    struct list *all = &batch->engine->lot.all[PARKED_TASK];

    for (struct list_node *node = list_first(all); node != NULL; node = list_next(all, node))
        sweep_one(batch, CONTAINER_OF(node, struct parked, all));
}
