/* Edits: changing, repeating and deleting single tasks. */
#include <string.h>

#include "audit.h"
#include "dead_letter.h"
#include "dedup.h"
#include "domain/bounds.h"
#include "domain/deadline.h"
#include "handlers.h"
#include "keys.h"
#include "lookups.h"
#include "order.h"
#include "place.h"
#include "quotas.h"
#include "reach.h"
#include "submits.h"
#include "tell.h"
#include "views.h"
#include "waits.h"

static void answer_task(struct batch *batch, struct command *command, const struct task *row)
{
    fill_task(batch, command, row, (struct view_wants){.result = true});
    batch_answer(batch, command);
}

/* ---- PATCH ---- */

static bool moves(const struct edit *edit)
{
    return edit->has_priority || edit->has_run_at || edit->has_queue;
}

static void relabel(struct batch *batch, struct task *task, const struct edit *edit)
{
    body_load(batch->db, task, false, batch->mem);

    struct bytes old_tags = task->tags;

    if (edit->has_name)
        task->name = edit->name;
    if (edit->has_tags)
        task->tags = edit->tags;
    body_save_label(batch->db, task, old_tags);
    batch->rows++;
    if (!moves(edit))
        task_touch(batch, task);
}

/* False: refused. */
static bool change_queue(struct batch *batch, struct command *command, struct task *task)
{
    const struct edit *edit = &command->in.edit;

    if (!may_use_queue(batch, command, edit->queue, "/queue"))
        return false;

    struct hot_ns *ns = command_ns(batch, command);
    struct intake intake = {.tasks = 0};

    intake_add_queue(&intake, ns, edit->queue);
    if (!quota_admits(batch, command, &intake))
        return false;

    struct hot_queue *queue = hot_queue(batch->hot, ns, edit->queue, batch->now.wall_ms);

    if (queue->closing != QUEUE_OPEN) {
        batch_refuse(batch, command, ERR_QUEUE_CLOSED, "/queue", "the queue %.*s is closed",
                     BYTES_ARG(queue->name));
        return false;
    }
    if (queue->head.number != task->queue_number &&
        queue_is_full(&queue->settings, hot_pending(queue))) {
        batch_refuse(batch, command, ERR_QUEUE_FULL, "/queue",
                     "the queue %.*s is full: its pending_limit is %lld", BYTES_ARG(queue->name),
                     (long long)queue->settings.pending_limit);
        return false;
    }

    struct task by;

    if (queue->head.number != task->queue_number &&
        dedup_is_taken(batch, task, queue->head.number, &by)) {
        dedup_refuse_taken(batch, command, &by);
        return false;
    }
    task->queue_number = queue->head.number;
    return true;
}

static bool replace(struct batch *batch, struct command *command, struct task *task)
{
    const struct edit *edit = &command->in.edit;
    struct hot_shelf *from = task_shelf(batch, task);

    if (!task_state_is_pending(task->state)) {
        batch_refuse(batch, command, ERR_STATE_CONFLICT, "",
                     "the task is %s; priority, run_at and queue change only before it runs",
                     task_state_name(task->state));
        return false;
    }
    if (edit->has_run_at && edit->run_at_ms > batch->now.wall_ms + DELAY_MAX_MS) {
        batch_refuse(batch, command, ERR_INVALID_FIELD, "/run_at",
                     "run_at is more than ten years away");
        return false;
    }
    if (edit->has_queue && !change_queue(batch, command, task))
        return false;
    if (edit->has_priority)
        task->priority = edit->priority;
    if (edit->has_run_at)
        task->run_at_ms = edit->run_at_ms;
    if (task->queue_number != from->queue->head.number)
        order_change(batch, task);
    task_replace(batch, task, from);
    if (edit->has_run_at)
        place_by_time(batch, task);
    else
        place_again(batch, task);
    return true;
}

void run_EDIT(struct batch *batch, struct command *command)
{
    const struct edit *edit = &command->in.edit;
    struct task task;

    if (!find_task(batch, command, edit->task, &task) ||
        !check_version(batch, command, task.version, edit->if_match))
        return;
    if (moves(edit) && !replace(batch, command, &task))
        return;
    if (edit->has_name || edit->has_tags)
        relabel(batch, &task, edit);
    answer_task(batch, command, &task);
}

/* ---- once more ---- */

/* What a class demands besides its labels: a retry that is pinned to one worker is of a class that
 * only this worker runs; the next one without is free again. */
static struct bytes requires_of(struct batch *batch, const struct hot_class *of_class,
                                const struct again *again)
{
    char id[ID_TEXT_LEN + 1];
    char *text;

    if (!again->has_worker)
        return of_class->demands;
    id_format(again->worker, id);
    text = arena_alloc(batch->mem, ID_TEXT_LEN + 2 + of_class->demands.len);
    text[0] = '@';
    memcpy(text + 1, id, ID_TEXT_LEN);
    text[1 + ID_TEXT_LEN] = '\n';
    if (of_class->demands.len > 0)
        memcpy(text + 2 + ID_TEXT_LEN, of_class->demands.at, of_class->demands.len);
    return (struct bytes){text, ID_TEXT_LEN + 2 + of_class->demands.len};
}

static void pin(struct batch *batch, struct task *task, const struct again *again)
{
    const struct hot_class *of_class = hot_class_numbered(batch->hot, task->class_number);
    struct hot_shelf *from = task_shelf(batch, task);
    struct hot_class *pinned =
        hot_class(batch->hot, of_class->ns, of_class->type, requires_of(batch, of_class, again));

    if (pinned == of_class)
        return;
    batch_use_class(batch, pinned);
    task->class_number = pinned->head.number;
    task_replace(batch, task, from);
}

/* A clone is a new task: a full disk and the namespace's quotas refuse it like a submit. */
static bool has_room(struct batch *batch, struct command *command, const struct task *task)
{
    const struct again *again = &command->in.again;
    const struct hot_class *of_class = hot_class_numbered(batch->hot, task->class_number);
    struct intake intake = {.tasks = again->clone,
                            .bytes = again->clone ? task->bytes - task->end_bytes : 0};

    if (again->clone && batch->engine->disk_is_full) {
        batch_refuse(batch, command, ERR_DISK_RESERVE, "",
                     "the disk is full; only what ends work is taken");
        return false;
    }
    if (again->has_worker)
        intake_add_class(&intake, of_class->ns, of_class->type,
                         requires_of(batch, of_class, again));
    if (!quota_admits(batch, command, &intake))
        return false;
    if (!again->clone || quota_charge(batch, command, of_class->ns, 1, &command->reply.error))
        return true;
    batch_answer(batch, command);
    return false;
}

/* The worker that a retry is pinned to. */
static bool knows_pin(struct batch *batch, struct command *command)
{
    const struct again *again = &command->in.again;
    const struct hot_worker *worker = hot_worker(batch->hot, again->worker);

    if (!again->has_worker || (worker != NULL && sees_worker(command, worker)))
        return true;
    batch_refuse(batch, command, ERR_NOT_FOUND, "/worker", "there is no worker with this id");
    return false;
}

static void repeat(struct batch *batch, struct task *task)
{
    if (task->has_results)
        result_forget_end(batch->db, task->number);
    task_set_end_bytes(batch, task, 0);
    task->run_at_ms = batch->now.wall_ms;
    task->cancel_requested_at_ms = -1;
    task->abandoned = task->observed = false;
    bool was_late = deadline_forgive(task, batch->now.wall_ms);
    order_join_again(batch, task);
    task_move(batch, task, place_of(batch, task), EVENT_TASK_RETRYING,
              tell_retrying(batch, task, task->attempt, BYTES("retried"), BYTES_NONE));
    if (was_late)
        task_set_ending(batch, task);
}

static bool may_repeat(struct batch *batch, struct command *command, const struct task *task)
{
    bool is_terminal = task_state_is_terminal(task->state);
    const struct hot_queue *queue = task_queue(batch, task);

    if (!is_terminal || (task->state == TASK_SUCCEEDED && !command->in.again.clone)) {
        batch_refuse(batch, command, ERR_STATE_CONFLICT, "", "the task is %s%s",
                     task_state_name(task->state),
                     is_terminal ? "; clone=1 makes a new one"
                                 : "; only a finished one is retried");
        return false;
    }
    if (queue->closing != QUEUE_OPEN) {
        batch_refuse(batch, command, ERR_QUEUE_CLOSED, "/queue", "the queue %.*s is closed",
                     BYTES_ARG(queue->name));
        return false;
    }
    return true;
}

/* Nobody else has its key meanwhile, and nobody is at work on its copy. */
static bool is_free(struct batch *batch, struct command *command, struct task *task)
{
    struct task by;

    if (command->in.again.clone)
        return true;
    if (!dedup_is_taken(batch, task, task->queue_number, &by))
        return dead_letter_may_redrive(batch, command, task);
    dedup_refuse_taken(batch, command, &by);
    return false;
}

void run_RETRY(struct batch *batch, struct command *command)
{
    const struct again *again = &command->in.again;
    struct task task;
    struct task copy;

    if (key_handles(batch, command) || !find_task(batch, command, again->task, &task) ||
        !check_version(batch, command, task.version, again->if_match) ||
        !may_repeat(batch, command, &task) || !is_free(batch, command, &task) ||
        !knows_pin(batch, command) || !has_room(batch, command, &task))
        return;
    if (again->clone) {
        submit_clone(batch, &task, &copy);
        command->reply.created = true;
        task = copy;
    } else {
        dead_letter_redrive(batch, &task);
        repeat(batch, &task);
    }
    pin(batch, &task, again);
    fill_task(batch, command, &task, (struct view_wants){.result = true});
    key_keep(batch, command, task.number);
    batch_answer(batch, command);
}

void run_RUN_NOW(struct batch *batch, struct command *command)
{
    struct task task;

    if (!find_task(batch, command, command->in.again.task, &task) ||
        !check_version(batch, command, task.version, command->in.again.if_match))
        return;
    if (task.state == TASK_SCHEDULED || task.state == TASK_RETRYING) {
        task.run_at_ms = batch->now.wall_ms;
        task_move(batch, &task, place_when_due(batch, &task), EVENT_NONE, BYTES_NONE);
    } else if (task.state != TASK_READY && task.state != TASK_BLOCKED) {
        batch_refuse(batch, command, ERR_STATE_CONFLICT, "",
                     "the task is %s; only a waiting one can be run now",
                     task_state_name(task.state));
        return;
    }
    answer_task(batch, command, &task);
}

static void note_delete(struct batch *batch, const struct command *command, const struct task *task)
{
    const struct hot_queue *queue = task_queue(batch, task);
    char id[ID_TEXT_LEN + 1];
    struct audit_act act = {.ns = queue->ns, .action = BYTES("task.deleted")};
    struct audit_detail detail;

    id_format(task->id, id);
    act.object = bytes_of(id);
    audit_detail_begin(&detail);
    json_member_text(&detail.out, "queue", queue->name);
    json_member_text(&detail.out, "state", bytes_of(task_state_name(task->state)));
    act.detail = audit_detail_end(&detail, batch->mem);
    audit_write(batch, command, &act);
}

void run_DELETE_TASK(struct batch *batch, struct command *command)
{
    struct task task;

    if (!find_task(batch, command, command->in.again.task, &task) ||
        !check_version(batch, command, task.version, command->in.again.if_match))
        return;
    if (!task_state_is_terminal(task.state)) {
        batch_refuse(batch, command, ERR_STATE_CONFLICT, "", "the task is %s; cancel it first",
                     task_state_name(task.state));
        return;
    }
    note_delete(batch, command, &task);
    task_remove(batch, &task);
    batch_queue_metric(batch, METRIC_DELETED, task_queue(batch, &task), BYTES("request"));
    batch_answer(batch, command);
}
