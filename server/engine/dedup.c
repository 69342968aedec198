/* Dedup: looking up a key, and what follows from whom it finds. */
#include "dedup.h"

#include "cancels.h"
#include "deps.h"
#include "place.h"
#include "store/repo_dedup.h"

/* The newest of a key that is older than `before`, at these stages. */
static bool find(struct batch *batch, const struct dedup_row *of, unsigned stages, int64_t before,
                 struct task *ret_task)
{
    int64_t number = dedup_newest(batch->db, of, stages, before);

    return number >= 0 && task_load_number(batch->db, number, ret_task);
}

/* ---- a submit ---- */

static void count_supplanted(struct batch *batch, const struct dedup_row *of,
                             const struct dedup *dedup, struct dedup_meeting *meeting)
{
    int64_t before = INT64_MAX;
    unsigned met = 0;
    struct task task;

    while (find(batch, of, dedup_live_stages(dedup->scope), before, &task) &&
           dedup_reaches_back(dedup, task.created_at_ms, batch->now.wall_ms)) {
        if (met++ == SUPPLANTED_MAX) {
            meeting->is_crowded = true;
            meeting->action = DEDUP_REFUSE;
            return;
        }
        meeting->places += task_state_is_pending(task.state);
        before = task.number;
    }
}

void dedup_meet(struct batch *batch, const struct hot_queue *queue, const struct task_spec *spec,
                struct dedup_meeting *ret_meeting)
{
    const struct dedup *dedup = &spec->rules.dedup;
    struct dedup_row of = {.key = dedup->key};
    bool is_met;

    *ret_meeting = (struct dedup_meeting){.action = DEDUP_MAKE};
    if (queue == NULL || dedup->key.at == NULL)
        return;
    of.queue = queue->head.number;
    is_met = find(batch, &of, dedup_stages(dedup->scope), INT64_MAX, &ret_meeting->found) &&
             dedup_reaches_back(dedup, ret_meeting->found.created_at_ms, batch->now.wall_ms);
    ret_meeting->action = dedup_action(dedup, is_met ? &ret_meeting->found : NULL);
    if (ret_meeting->action == DEDUP_SUPPLANT)
        count_supplanted(batch, &of, dedup, ret_meeting);
}

void dedup_refuse(const struct dedup_meeting *meeting, const struct dedup *dedup,
                  struct error *ret_error)
{
    char id[ID_TEXT_LEN + 1];

    id_format(meeting->found.id, id);
    if (meeting->is_crowded)
        (void)error_set(ret_error, ERR_STATE_CONFLICT, "/dedup/key",
                        "more than %d tasks have the key %.*s, the newest is %s; cancel them first",
                        SUPPLANTED_MAX, BYTES_ARG(dedup->key), id);
    else
        (void)error_set(ret_error, ERR_STATE_CONFLICT, "/dedup/key", "the task %s has this key",
                        id);
}

void dedup_put_off(struct batch *batch, struct task *task, const struct task_spec *spec,
                   int64_t run_at_ms)
{
    body_renew(batch->db, task->number, spec);
    task_set_spec_bytes(batch, task, spec);
    task->run_at_ms = dedup_put_off_to_ms(&spec->rules.dedup, task->created_at_ms, run_at_ms);
    task_replace(batch, task, task_shelf(batch, task));
    place_by_time(batch, task);
}

void dedup_supplant(struct batch *batch, struct task *task)
{
    const struct dedup *dedup = &task->rules.dedup;
    struct dedup_row of = {.queue = task->queue_number, .key = dedup->key};
    struct cancel_how how = {.reason = BYTES("replaced"), .grace_ms = GRACE_DEFAULT_MS};
    int64_t before = INT64_MAX;
    struct task old;

    while (find(batch, &of, dedup_live_stages(dedup->scope), before, &old) &&
           dedup_reaches_back(dedup, old.created_at_ms, batch->now.wall_ms)) {
        cancel_task(batch, &old, &how);
        if (!task_state_is_terminal(old.state))
            deps_wait_for(batch, task, &old);
        before = old.number;
    }
}

/* ---- a task that comes back, or moves ---- */

/* The task itself is over, or stands in another queue. One that is over is in nobody's way, however
 * short a time ago it was made. */
bool dedup_is_taken(struct batch *batch, struct task *task, int64_t queue_number,
                    struct task *ret_by)
{
    struct dedup_row of = {.queue = queue_number};

    if (!task->has_dedup_key)
        return false;
    body_load_rules(batch->db, task, batch->mem);
    of.key = task->rules.dedup.key;
    return find(batch, &of, dedup_live_stages(task->rules.dedup.scope), INT64_MAX, ret_by);
}

void dedup_refuse_taken(struct batch *batch, struct command *command, const struct task *by)
{
    char id[ID_TEXT_LEN + 1];

    id_format(by->id, id);
    batch_refuse(batch, command, ERR_STATE_CONFLICT, "/dedup/key", "the task %s has its key now",
                 id);
}
