/* Leases: extend, progress, logs; each is a sign of life. */
#include "leases.h"

#include "handlers.h"
#include "lease_times.h"
#include "tell.h"

/* Of the lines that one call brings so many have an event; the task's log has them all. */
enum { LOG_EVENTS_MAX = 100 };

void progress_keep(struct batch *batch, int64_t number, const struct progress_note *note)
{
    struct task task;

    if (!task_load_number(batch->db, number, &task))
        return;
    if (note->progress.at != NULL)
        result_save_progress(batch->db, number, note->progress);
    if (note->checkpoint.at != NULL)
        result_save_checkpoint(batch->db, number, note->checkpoint);
    task.has_results = true;
    task_touch(batch, &task);
    batch->rows++;
    if (note->progress.at != NULL)
        batch_event(batch, EVENT_TASK_PROGRESS, &task, tell_progress(batch, note->progress));
}

/* The lease's row and task, with the sign of life noted; false: refused. */
static bool hold(struct batch *batch, struct command *command, struct bytes token,
                 struct lease_row *ret_row, struct task *ret_task)
{
    struct lease_token read;

    if (lease_find(batch, command, token, ret_row, &read) &&
        task_load_number(batch->db, ret_row->task, ret_task)) {
        (void)lease_note_sign(batch, ret_task, ret_row);
        return true;
    }
    batch_metric(batch, METRIC_STALE_LEASES);
    batch_refuse(batch, command, ERR_STALE_LEASE, "",
                 "the lease is not, or not any more, the current one of its task");
    return false;
}

static void answer(struct batch *batch, struct command *command, const struct task *task)
{
    struct outcome_reply *reply = arena_alloc(command->mem, sizeof(*reply));

    reply->task = task->id;
    reply->state = task->state;
    command->reply.outcomes = reply;
    command->reply.outcomes_len = 1;
    batch_answer(batch, command);
}

void run_EXTEND(struct batch *batch, struct command *command)
{
    struct lease_row row;
    struct task task;

    if (!hold(batch, command, command->in.extend.lease, &row, &task))
        return;
    if (command->in.extend.lease_ms >= 0)
        row.lease_ms = command->in.extend.lease_ms;
    lease_prolong(batch, &row);
    answer(batch, command, &task);
}

void run_PROGRESS(struct batch *batch, struct command *command)
{
    struct lease_row row;
    struct task task;

    if (!hold(batch, command, command->in.progress.lease, &row, &task))
        return;
    progress_keep(batch, task.number, &command->in.progress);
    lease_prolong(batch, &row);
    answer(batch, command, &task);
}

void run_LEASE_LOGS(struct batch *batch, struct command *command)
{
    const struct lease_logs *logs = &command->in.logs;
    struct task_log *lines = arena_alloc(batch->mem, (logs->lines_len + 1) * sizeof(*lines));
    struct lease_row row;
    struct task task;

    if (!hold(batch, command, logs->lease, &row, &task))
        return;
    lease_prolong(batch, &row);
    if (batch->engine->disk_is_full) { /* the sign of life counts all the same */
        batch_refuse(batch, command, ERR_DISK_RESERVE, "",
                     "the disk is full; log lines are not kept");
        return;
    }
    for (unsigned i = 0; i < logs->lines_len; i++)
        lines[i] = (struct task_log){
            .at_ms = logs->lines[i].at_ms >= 0 ? logs->lines[i].at_ms : batch->now.wall_ms,
            .level = logs->lines[i].level,
            .logger = logs->lines[i].logger,
            .message = logs->lines[i].message,
        };
    logs_append(batch->db, task.number, lines, logs->lines_len);
    for (unsigned i = 0; i < logs->lines_len && i < LOG_EVENTS_MAX; i++)
        batch_event(batch, EVENT_TASK_LOG, &task, tell_log(batch, &lines[i]));
    batch->rows += logs->lines_len;
    answer(batch, command, &task);
}
