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
    known->blocks = false;
}

/* In the same line, or one beside it that the same worker runs. */
static bool stands_before(const struct row_task *a, const struct row_task *b)
{
    return a->share < b->share || (a->share == b->share && a->number < b->number);
}

static double rank_of(const struct row_queue *queue, const struct row_task *task, int64_t now_ms)
{
    int64_t waited_ms = now_ms > task->run_at_ms ? now_ms - task->run_at_ms : 0;

    if (queue->aging_ms < 0)
        return (double)task->priority;
    return (double)task->priority + (double)waited_ms / (double)queue->aging_ms;
}

/* A cap or a rate may have held it back, or one of those that share a limit with it. */
static bool is_limited(const struct sight *look, const struct row_task *was)
{
    struct bytes rest = model_known(look->model, was->number)->rules.limits;
    struct limit_use use;

    while (limits_next(&rest, &use)) {
        struct limit_settings settings = limit_in_force(look->before, use.name);

        if (settings.max_running >= 0 || settings.rate.units > 0)
            return true;
    }
    return false;
}

static bool could_have(const struct sight *look, const struct row_worker *worker,
                       const struct row_task *claimed, const struct row_task *was)
{
    return was->state == TASK_READY && (was->line == claimed->line || !is_limited(look, was)) &&
           was->priority >= worker->min_priority &&
           worker_may_run(worker, snapshot_class(look->after, was->class_number));
}

/* Ready before and after, and the same. */
static bool was_passed_over(const struct sight *look, const struct row_task *was)
{
    const struct row_task *is = snapshot_task(look->after, was->number);

    return is != NULL && is->version == was->version;
}

/* The first of each priority that the worker could have had when the step began. */
static unsigned heads_of_levels(const struct sight *look, const struct row_task *claimed,
                                const struct row_worker *worker, const struct row_task **ret_heads,
                                unsigned max)
{
    unsigned len = 0;

    for (unsigned i = 0; i < look->before->tasks_len; i++) {
        const struct row_task *was = &look->before->tasks[i];
        unsigned at = 0;

        if (was->queue != claimed->queue || !could_have(look, worker, claimed, was))
            continue;
        while (at < len && ret_heads[at]->priority != was->priority)
            at++;
        if (at == len && len < max)
            ret_heads[len++] = was;
        else if (at < len && stands_before(was, ret_heads[at]))
            ret_heads[at] = was;
    }
    return len;
}

/* Somebody came into the line before it within the step, or a limit has a say about who is there:
 * then that one may have been the head. */
static bool was_masked(const struct sight *look, const struct row_task *head)
{
    for (unsigned i = 0; i < look->after->tasks_len; i++) {
        const struct row_task *is = &look->after->tasks[i];
        const struct row_task *was = snapshot_task(look->before, is->number);

        if (is->queue == head->queue && is->priority == head->priority &&
            (was == NULL || was->version != is->version || is_limited(look, is)) &&
            stands_before(is, head))
            return true;
    }
    return false;
}

static void out_of_order(struct sight *look, const struct row_task *claimed,
                         const struct row_task *other)
{
    sim_fail(look->sim,
             "task %lld (priority %lld, share %lld) was handed out before task %lld (%lld, %lld)",
             (long long)claimed->number, (long long)claimed->priority, (long long)claimed->share,
             (long long)other->number, (long long)other->priority, (long long)other->share);
}

/* Within a priority nobody is passed over; between two, the head with the higher rank goes first.
 */
static void check_order(struct sight *look, const struct row_task *claimed)
{
    const struct row_lease *lease = snapshot_lease(look->after, claimed->number);
    const struct row_worker *worker = snapshot_worker(look->after, lease->worker);
    const struct row_queue *queue = snapshot_queue(look->before, claimed->queue);
    int64_t now_ms = look->sim->now.wall_ms;
    const struct row_task *heads[16];
    unsigned len;

    if (worker == NULL || queue == NULL)
        return;
    for (unsigned i = 0; i < look->before->tasks_len; i++) {
        const struct row_task *was = &look->before->tasks[i];

        if (was->queue == claimed->queue && was->priority == claimed->priority &&
            could_have(look, worker, claimed, was) && was_passed_over(look, was) &&
            stands_before(was, claimed))
            out_of_order(look, claimed, was);
    }
    len = heads_of_levels(look, claimed, worker, heads, ARRAY_LEN(heads));
    for (unsigned i = 0; i < len; i++)
        if (heads[i]->priority != claimed->priority && was_passed_over(look, heads[i]) &&
            !was_masked(look, heads[i]) &&
            rank_of(queue, heads[i], now_ms) > rank_of(queue, claimed, now_ms) + 1e-6)
            out_of_order(look, claimed, heads[i]);
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
    if (worker == NULL || worker->mode != WORKER_RUN || worker->push_disabled != 0 ||
        running > worker->concurrency || claimed->priority < worker->min_priority ||
        !worker_may_run(worker, of_class) || !worker_has_queue(worker, queue))
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
    if (!look->sim->has_failed)
        limits_end(look);
    if (!look->sim->has_failed)
        keys_end(look);
    if (!look->sim->has_failed)
        schedules_end(look);
}
