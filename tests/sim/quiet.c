/* Quiet: when nothing is left to do, nothing may be stuck, late or miscounted. */
#include <string.h>

#include "sim.h"

enum { LOOK_EVERY = 16 };

static const struct row_queue *queue_named(const struct snapshot *now, unsigned queue)
{
    for (unsigned i = 0; i < now->queues_len; i++)
        if (bytes_is(queue_name(queue), now->queues[i].name))
            return &now->queues[i];
    return NULL;
}

static int64_t count_of(const struct snapshot *now, int64_t queue, enum phase phase)
{
    int64_t count = 0;

    for (unsigned i = 0; i < now->tasks_len; i++)
        count += now->tasks[i].queue == queue && phase_of(now->tasks[i].state) == phase;
    return count;
}

static bool may_give(const struct sim *sim, const struct snapshot *now,
                     const struct row_queue *queue)
{
    bool is_paused =
        queue->paused && (queue->paused_until_ms < 0 || sim->now.wall_ms < queue->paused_until_ms);

    for (unsigned i = 0; i < now->purged_len; i++)
        if (now->purged[i] == queue->number)
            return false;
    if (queue->rate.units > 0 && !is_paused && queue->closed < 2)
        return false; /* see check_queue_rate() */
    return !is_paused && queue->closed < 2 &&
           (queue->concurrency < 0 || count_of(now, queue->number, RUNNING) < queue->concurrency);
}

/* A parked claim and a ready task that fit together must have met. */
static void check_parked_claim(const struct op *op)
{
    const struct snapshot *now = model_now(&op->sim->model);
    const struct claim *claim = &op->command->in.claim;
    const struct row_worker *worker = snapshot_worker(now, claim->worker);
    int64_t running = 0;

    if (op->is_gone || worker == NULL || worker->mode != WORKER_RUN || worker->push_disabled != 0)
        return;
    for (unsigned i = 0; i < now->leases_len; i++)
        running += id_equal(now->leases[i].worker, worker->id);
    for (unsigned i = 0; i < now->tasks_len && running < worker->concurrency; i++) {
        const struct row_task *task = &now->tasks[i];
        const struct row_queue *queue = snapshot_queue(now, task->queue);
        bool is_asked_for = claim->queues_len == 0 || bytes_is(claim->queues[0], queue->name);

        if (task->state == TASK_READY && task->priority >= worker->min_priority && is_asked_for &&
            worker_has_queue(worker, queue) &&
            worker_may_run(worker, snapshot_class(now, task->class_number)) &&
            may_give(op->sim, now, queue) && quiet_is_free(op->sim, worker, task))
            sim_fail(op->sim, "task %lld is ready, a claim waits for it, and they do not meet",
                     (long long)task->number);
    }
}

static void check_parked_heartbeat(const struct op *op)
{
    const struct snapshot *now = model_now(&op->sim->model);

    for (unsigned i = 0; i < now->leases_len; i++)
        if (now->leases[i].grace_at_ms >= 0 &&
            id_equal(now->leases[i].worker, op->command->in.heartbeat.worker) &&
            !model_known(&op->sim->model, now->leases[i].task)->heard_of_cancel)
            sim_fail(op->sim, "a heartbeat waits and does not learn of the cancel of task %lld",
                     (long long)now->leases[i].task);
}

/* A submit without a key that waits has its task, or waits for room where there is none. */
static void check_parked_submit(const struct op *op)
{
    const struct snapshot *now = model_now(&op->sim->model);
    const struct row_queue *queue = queue_named(now, op->queue);
    const struct submission *submission = &op->sim->submissions[op->first];
    bool is_full = queue != NULL && queue->pending_limit >= 0 &&
                   count_of(now, queue->number, PENDING) >= queue->pending_limit;

    if (submission->is_keyed || submission->has_dedup || op->is_gone)
        return;
    if (submission->rows == 0 && !is_full)
        sim_fail(op->sim, "submission %lld waits for room though there is some",
                 (long long)op->first);
    for (unsigned i = 0; i < now->tasks_len && submission->rows > 0; i++)
        if (model_known(&op->sim->model, now->tasks[i].number)->submission == op->first &&
            !model_known(&op->sim->model, now->tasks[i].number)->is_letter &&
            phase_is_over(phase_of(now->tasks[i].state)) && submission->rows == 1)
            sim_fail(op->sim, "task %lld is over and its submit still waits",
                     (long long)now->tasks[i].number);
}

static void check_parked_look(const struct op *op)
{
    const struct known *known = model_known(&op->sim->model, op->task);

    if (!op->is_gone && op->command->in.look.if_none_match <= 0 &&
        (phase_is_over(known->phase) || known->phase == DELETED))
        sim_fail(op->sim, "task %lld is over and a look at it still waits", (long long)op->task);
}

static void check_parked(struct op *op)
{
    bool has_key = op->command->idempotency.key.at != NULL;

    if (op->ends_mono_ms < 0)
        op->ends_mono_ms = op->sim->now.mono_ms + op->wait_ms;
    if (!has_key && op->sim->now.mono_ms > op->ends_mono_ms)
        sim_fail(op->sim, "a request of step %llu waits for longer than it asked",
                 (unsigned long long)op->posted_step);
    switch ((int)op->command->kind) {
    case COMMAND_CLAIM:
        check_parked_claim(op);
        break;
    case COMMAND_HEARTBEAT:
        check_parked_heartbeat(op);
        break;
    case COMMAND_SUBMIT:
        check_parked_submit(op);
        break;
    case COMMAND_LOOK:
        check_parked_look(op);
        break;
    default:
        break;
    }
}

/* What was kept for long enough goes, at once or after the pause between two slices. */
static void check_kept(struct sim *sim)
{
    const struct snapshot *now = model_now(&sim->model);

    for (unsigned i = 0; i < now->tasks_len; i++)
        if (engine_is_ready(sim->engine) &&
            was_kept_long_enough(&now->tasks[i], sim->now.wall_ms) &&
            engine_next_due(sim->engine) > sim->now.mono_ms + 5)
            sim_fail(sim, "task %lld was kept for long enough and nobody deletes it",
                     (long long)now->tasks[i].number);
}

/* Whoever waits for a time is known to the timers. */
static void check_timers(struct sim *sim)
{
    const struct snapshot *now = model_now(&sim->model);
    int64_t next_ms = engine_next_due(sim->engine);

    for (unsigned i = 0; i < now->tasks_len; i++) {
        const struct row_task *task = &now->tasks[i];
        bool is_timed = task->state == TASK_SCHEDULED || task->state == TASK_RETRYING;

        if (is_timed && task->run_at_ms <= sim->now.wall_ms)
            sim_fail(sim, "task %lld is due and stays %s", (long long)task->number,
                     task_state_name((enum task_state)task->state));
        if (is_timed && next_ms > sim->now.mono_ms + (task->run_at_ms - sim->now.wall_ms))
            sim_fail(sim, "task %lld waits for a time and no timer is set",
                     (long long)task->number);
        if (task->ends_at_ms >= 0 && task->ends_at_ms <= sim->now.wall_ms)
            sim_fail(sim, "task %lld waits for longer than it may", (long long)task->number);
        if (task->ends_at_ms >= 0 &&
            next_ms > sim->now.mono_ms + (task->ends_at_ms - sim->now.wall_ms))
            sim_fail(sim, "task %lld may wait for a time only and no timer is set",
                     (long long)task->number);
        if (task->state == TASK_READY && task->run_at_ms > sim->wall_max_ms)
            sim_fail(sim, "task %lld is ready before its time", (long long)task->number);
    }
    for (unsigned i = 0; i < now->leases_len && !sim->swarm.has_wall_jumps; i++) {
        const struct known *known = model_known(&sim->model, now->leases[i].task);

        if (known->limit_ms >= 0 && sim->now.mono_ms - known->claimed_mono_ms >= known->limit_ms)
            sim_fail(sim, "task %lld runs for longer than it may", (long long)known->number);
    }
    if (now->leases_len > 0 && next_ms > sim->now.mono_ms + LEASE_LONGEST_MS + PUSH_MARGIN_MS)
        sim_fail(sim, "a lease lasts for longer than any was asked to");
}

/* What is deleted leaves no settings behind for the next one of that name. */
static void check_deleted(struct sim *sim)
{
    const struct snapshot *now = model_now(&sim->model);

    for (unsigned i = 0; i < now->queues_len; i++) {
        const struct row_queue *row = &now->queues[i];

        if (row->closed == 3 &&
            (row->concurrency >= 0 || row->pending_limit >= 0 || row->paused || row->retry[0]))
            sim_fail(sim, "queue %s was deleted and keeps its settings", row->name);
    }
}

void quiet_check(struct sim *sim)
{
    for (struct list_node *node = list_first(&sim->asked); node != NULL && !sim->has_failed;
         node = list_next(&sim->asked, node))
        check_parked(CONTAINER_OF(node, struct op, link));
    check_timers(sim);
    quiet_rules(sim);
    schedules_quiet(sim);
    room_quiet(sim);
    hooks_quiet(sim);
    check_deleted(sim);
    check_kept(sim);
    if (sim->steps % LOOK_EVERY == 0 && rows_contradictions(sim->rows) != 0)
        sim_fail(sim, "counters or parts of tasks do not agree with the tasks");
}

/* ---- as it is shown ---- */

/* Who is ready and held back by a limit is shown as blocked. */
static void check_shown_count(struct op *op, const struct queue_view *view,
                              const struct row_queue *row, int state)
{
    const struct snapshot *now = model_now(&op->sim->model);
    int64_t count = 0, shown = view->counts.of[state];

    for (unsigned i = 0; i < now->tasks_len; i++)
        count += now->tasks[i].queue == row->number &&
                 (now->tasks[i].state == state ||
                  (state == TASK_READY && now->tasks[i].state == TASK_BLOCKED));
    if (state == TASK_READY)
        shown += view->counts.of[TASK_BLOCKED];
    if (state == TASK_BLOCKED ? count > shown : count != shown)
        sim_fail(op->sim, "queue %s shows %lld tasks %s and has %lld", row->name, (long long)shown,
                 task_state_name((enum task_state)state), (long long)count);
}

static void check_shown(struct op *op)
{
    const struct snapshot *now = model_now(&op->sim->model);
    unsigned visible = 0;

    for (unsigned i = 0; i < now->queues_len; i++)
        visible += now->queues[i].closed < 3;
    for (unsigned i = 0; i < op->command->reply.queues_len; i++) {
        const struct queue_view *view = &op->command->reply.queues[i];
        const struct row_queue *row = NULL;

        for (unsigned j = 0; j < now->queues_len; j++)
            if (bytes_is(view->name, now->queues[j].name))
                row = &now->queues[j];
        /* A name that was only asked for is known without a row. */
        if (row == NULL)
            continue;
        if (row->closed == 3)
            sim_fail(op->sim, "queue %s was deleted and is shown", row->name);
        for (int state = 1; state < TASK_STATE_MAX; state++)
            check_shown_count(op, view, row, state);
    }
    if (op->command->reply.queues_len < visible)
        sim_fail(op->sim, "a queue is missing in the list");
}

static void on_shown(struct command *command)
{
    struct op *op = command->caller.ctx;

    list_remove(&op->link);
    if (command->reply.error.code == OK)
        check_shown(op);
    op_free(op);
}

static void on_limits_shown(struct command *command)
{
    struct op *op = command->caller.ctx;
    const struct model *model = &op->sim->model;

    list_remove(&op->link);
    for (unsigned i = 0; i < command->reply.limits_len; i++) {
        const struct limit_view *view = &command->reply.limits[i];

        if (!limit_name_is_rule(view->name) && (view->running != limit_running(model, view->name) ||
                                                view->held != limit_held(model, view->name)))
            sim_fail(op->sim, "the limit %.*s shows %lld units that run and %lld that are held",
                     BYTES_ARG(view->name), (long long)view->running, (long long)view->held);
    }
    op_free(op);
}

void quiet_look(struct sim *sim)
{
    struct op *op;

    host_settle(sim);
    op = op_new(sim, COMMAND_LIST_QUEUES);
    op->command->caller.done = on_shown;
    op_post(op);
    op = op_new(sim, COMMAND_LIST_LIMITS);
    op->command->caller.done = on_limits_shown;
    op_post(op);
    host_settle(sim);
}
