/* Model rows: what the rows say after a batch, and who was handed what. */
#include "domain/bounds.h"
#include "sight.h"

/* What the index must say: the nearer of the two, of a task that waits. */
static int64_t ends_at(const struct row_task *row)
{
    int64_t expires_at_ms = row->delivery == 0 ? row->expires_at_ms : -1;

    if (phase_of(row->state) != PENDING)
        return -1;
    if (expires_at_ms >= 0 && (row->deadline_at_ms < 0 || expires_at_ms < row->deadline_at_ms))
        return expires_at_ms;
    return row->deadline_at_ms;
}

static void check_row(struct sight *look, const struct row_task *row)
{
    const struct row_task *was = snapshot_task(look->before, row->number);
    const struct row_lease *lease = snapshot_lease(look->after, row->number);
    struct known *known = model_known(look->model, row->number);
    const char *wrong = NULL;

    if (known->phase != phase_of(row->state))
        wrong = "is not in the state that its events say";
    if (known->attempt != row->attempt || known->delivery != row->delivery ||
        known->failures != row->failures || known->losses != row->losses)
        wrong = "has wrong counts";
    if ((known->phase == RUNNING) != (lease != NULL) ||
        (lease != NULL && (lease->delivery != row->delivery || lease->queue != row->queue)))
        wrong = "and its lease do not agree";
    if (known->cancel_was_told && known->phase == RUNNING && row->cancel_requested_at_ms < 0)
        wrong = "lost its cancel request";
    if (lease != NULL && (lease->grace_at_ms >= 0) != (row->cancel_requested_at_ms >= 0))
        wrong = "and its lease do not agree about a cancel";
    if (was != NULL && was->version >= row->version &&
        (was->state != row->state || was->run_at_ms != row->run_at_ms ||
         was->priority != row->priority || was->queue != row->queue ||
         was->cancel_requested_at_ms != row->cancel_requested_at_ms))
        wrong = "changed and kept its version";
    if (row->ends_at_ms != ends_at(row))
        wrong = "is not where the clock would find it";
    if (phase_is_over(known->phase) != (row->finished_at_ms >= 0))
        wrong = "is over without a time, or has one and is not";
    if (wrong != NULL)
        sim_fail(look->sim, "task %lld %s (state %lld, phase %d)", (long long)row->number, wrong,
                 (long long)row->state, (int)known->phase);
    known_moved(look, known, row->queue);
}

bool was_kept_long_enough(const struct row_task *task, int64_t now_ms)
{
    int64_t kept_ms = task->state == TASK_SUCCEEDED ? DAY_MS : 3 * DAY_MS;

    if (task->result_ttl_ms >= 0)
        kept_ms = task->result_ttl_ms;
    return task->finished_at_ms >= 0 && task->finished_at_ms + kept_ms <= now_ms;
}

static bool may_go(const struct sight *look, const struct known *known)
{
    const struct row_task *was = snapshot_task(look->before, known->number);

    return known->deletes_open > 0 ||
           (was != NULL && was_kept_long_enough(was, look->sim->now.wall_ms));
}

static void check_gone(struct sight *look, struct known *known)
{
    if (known->phase == ABSENT || known->phase == DELETED ||
        snapshot_task(look->after, known->number) != NULL)
        return;
    if (!phase_is_over(known->phase) || !may_go(look, known))
        sim_fail(look->sim, "task %lld in phase %d is gone", (long long)known->number,
                 (int)known->phase);
    known->phase = DELETED;
}

/* Nothing that was ready all along and stands before it was passed over. */
static void check_order(struct sight *look, const struct row_task *claimed)
{
    const struct row_lease *lease = snapshot_lease(look->after, claimed->number);
    const struct row_worker *worker = snapshot_worker(look->after, lease->worker);

    for (unsigned i = 0; i < look->before->tasks_len; i++) {
        const struct row_task *was = &look->before->tasks[i];
        const struct row_task *other = snapshot_task(look->after, was->number);
        bool was_ready =
            was->state == TASK_READY && other != NULL && other->version == was->version;
        bool is_before = was->priority > claimed->priority ||
                         (was->priority == claimed->priority && was->number < claimed->number);

        if (was_ready && is_before && was->queue == claimed->queue && worker != NULL &&
            worker_may_run(worker, snapshot_class(look->after, was->class_number)))
            sim_fail(look->sim, "task %lld was handed out before task %lld",
                     (long long)claimed->number, (long long)was->number);
    }
}

static void check_worker(struct sight *look, const struct row_task *claimed)
{
    const struct row_lease *lease = snapshot_lease(look->after, claimed->number);
    const struct row_worker *worker = snapshot_worker(look->before, lease->worker);
    const struct row_class *of_class = snapshot_class(look->after, claimed->class_number);
    const struct row_queue *queue = snapshot_queue(look->after, claimed->queue);
    int64_t running = 0;

    for (unsigned i = 0; i < look->after->leases_len; i++)
        running += id_equal(look->after->leases[i].worker, lease->worker);
    if (worker == NULL || worker->mode != WORKER_RUN || running > worker->concurrency ||
        claimed->priority < worker->min_priority || !worker_may_run(worker, of_class) ||
        !worker_has_queue(worker, queue))
        sim_fail(look->sim, "task %lld went to a worker that may not have it, or has %lld already",
                 (long long)claimed->number, (long long)running);
}

void sight_rows(struct sight *look)
{
    struct model *model = look->model;

    for (unsigned i = 0; i < look->after->tasks_len; i++)
        check_row(look, &look->after->tasks[i]);
    for (int64_t i = 0; i < model->tasks_len && !look->sim->has_failed; i++) {
        if (model->tasks[i] == NULL)
            continue;
        check_gone(look, model->tasks[i]);
        if (!model->tasks[i]->was_claimed || model->tasks[i]->phase != RUNNING)
            continue;
        check_order(look, snapshot_task(look->after, i));
        check_worker(look, snapshot_task(look->after, i));
    }
}
