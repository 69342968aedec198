/* Answers: each reply is held against the rows of the batch that gave it. */
#include <string.h>

#include "sim.h"

static const struct reply *reply_of(const struct op *op)
{
    return &op->command->reply;
}

static bool is_ok(const struct op *op)
{
    return reply_of(op)->error.code == OK;
}

/* What an answer says of a task must be so, or have been so since it was asked. */
static void check_told_state(struct op *op, const struct task *task, bool done)
{
    const struct known *known = model_by_id(&op->sim->model, task->id);
    enum phase told = phase_of((int64_t)task->state);

    if (known == NULL)
        sim_fail(op->sim, "an answer names a task that was never stored");
    else if (phase_is_over(told) && known->ended_as != told)
        sim_fail(op->sim, "task %lld was said to be in phase %d and never was",
                 (long long)known->number, (int)told);
    else if (done && !phase_is_over(told))
        sim_fail(op->sim, "a wait for task %lld ended well in phase %d", (long long)known->number,
                 (int)told);
}

/* ---- submits ---- */

static void learn_id(struct op *op, int64_t number, struct id id)
{
    struct submission *submission = &op->sim->submissions[number];

    if (id_is_nil(submission->id))
        submission->id = id;
    else if (!id_equal(submission->id, id) &&
             op->sim->wall_max_ms - submission->first_at_ms < 86400000)
        sim_fail(op->sim, "submission %lld got two ids under one key", (long long)number);
    if (submission->rows == 0)
        sim_fail(op->sim, "submission %lld was acknowledged and is not there", (long long)number);
}

/* Or it is the same as one that is there. The answer to a key that comes again does not say. */
static void learn(struct op *op, unsigned nth, struct id id, bool is_deduplicated)
{
    const struct submission *submission = &op->sim->submissions[op->first + nth];
    const struct dedup *dedup = &op->command->in.submit.specs[nth].rules.dedup;
    const struct known *known = model_by_id(&op->sim->model, id);

    if (!is_deduplicated && !(submission->has_dedup && submission->is_keyed)) {
        learn_id(op, op->first + nth, id);
        return;
    }
    if (known == NULL || (is_deduplicated && (dedup->key.at == NULL ||
                                              !bytes_equal(known->rules.dedup.key, dedup->key))))
        sim_fail(op->sim, "submission %lld was answered with a task of another key",
                 (long long)op->first + nth);
}

static void on_submit(struct op *op)
{
    const struct submit *submit = &op->command->in.submit;
    const struct reply *reply = reply_of(op);
    struct id id;

    if (!is_ok(op))
        return;
    for (unsigned i = 0; i < reply->items_len; i++)
        if (reply->items[i].error.code == OK && !submit->single)
            learn(op, i, reply->items[i].id, reply->items[i].deduplicated);
    if (reply->view.task != NULL && !reply->replayed)
        learn(op, 0, reply->view.task->id, reply->deduplicated);
    if (reply->replayed && id_parse(reply->stored_body, &id))
        learn(op, 0, id, false);
    if (reply->view.task != NULL)
        check_told_state(op, reply->view.task, reply->done && submit->until == UNTIL_FINISHED);
}

/* ---- work ---- */

/* An endpoint leaves the word to the room until it has answered 202, mostly. */
static int64_t hand_over_at(const struct op *op)
{
    struct sim *sim = op->sim;

    if (op->of_room && !sim_chance(sim, 20))
        return INT64_MAX;
    return sim->now.mono_ms + (int64_t)sim_below(sim, 8000);
}

static void take_hold(struct op *op, const struct task *task)
{
    struct sim *sim = op->sim;
    const struct snapshot *now = model_now(&sim->model);
    struct held *held = &sim->held[sim->held_next++ % HELD_MAX];
    const struct row_lease *lease;
    struct lease_token token;

    if (!lease_token_read(task->lease, op->command->mem, &token)) {
        sim_fail(sim, "task %lld came with an unreadable token", (long long)task->number);
        return;
    }
    lease = snapshot_lease(now, token.task);
    if (lease == NULL || lease->delivery != token.delivery ||
        memcmp(lease->nonce, token.nonce, LEASE_NONCE_LEN) != 0 ||
        !id_equal(lease->worker, op->command->in.claim.worker) || token.delivery != task->delivery)
        sim_fail(sim, "task %lld was handed out and the lease is another", (long long)task->number);
    *held = (struct held){
        .token = token,
        .task = task->id,
        .agent = op->agent,
        .act_at_ms = hand_over_at(op),
    };
}

static void on_words(struct op *op)
{
    const struct snapshot *now = model_now(&op->sim->model);
    const struct reply *reply = reply_of(op);

    for (unsigned i = 0; i < op->words_len && i < reply->outcomes_len; i++) {
        const struct word *word = &op->words[i];
        const struct outcome_reply *answer = &reply->outcomes[i];
        const struct row_lease *lease = snapshot_lease(now, word->task);
        struct row_attempt attempt = {.outcome = 0};
        static const int64_t ends[] = {
            [OUTCOME_SUCCEEDED] = ATTEMPT_SUCCEEDED, [OUTCOME_FAILED] = ATTEMPT_FAILED,
            [OUTCOME_RELEASED] = ATTEMPT_RELEASED,   [OUTCOME_SNOOZED] = ATTEMPT_SNOOZED,
            [OUTCOME_CANCELLED] = ATTEMPT_CANCELLED,
        };
        bool is_gone = model_known(&op->sim->model, word->task)->phase == DELETED;
        bool has_ended = rows_attempt(op->sim->rows, word->task, word->delivery, &attempt);
        bool is_live = lease != NULL && lease->delivery == word->delivery && word->is_genuine;

        if (answer->error.code == OK && !word->is_genuine)
            sim_fail(op->sim, "a guessed token of task %lld was believed", (long long)word->task);
        else if (answer->error.code == OK && !is_gone &&
                 (!has_ended || attempt.outcome != ends[word->kind]))
            sim_fail(op->sim, "task %lld delivery %d: an outcome was taken and is not there",
                     (long long)word->task, (int)word->delivery);
        else if (answer->error.code == ERR_STALE_LEASE && is_live)
            sim_fail(op->sim, "task %lld: the current token was refused", (long long)word->task);
    }
}

/* For sure: between priorities and queues, age counts as well. */
static bool stands_before(const struct task *a, const struct task *b)
{
    return a->queue_number == b->queue_number && a->priority == b->priority &&
           (a->share < b->share || (a->share == b->share && a->number < b->number));
}

static void on_claim(struct op *op)
{
    const struct reply *reply = reply_of(op);

    op->sim->agents[op->agent].claims--;
    on_words(op);
    if (reply->tasks_len > op->command->in.claim.max)
        sim_fail(op->sim, "a claim got more than it asked for");
    if (reply->tasks_len > 0 && op->was_gone_waiting)
        sim_fail(op->sim, "a client that had hung up was handed a task");
    for (unsigned i = 0; i < reply->tasks_len; i++) {
        if (i > 0 && stands_before(&reply->tasks[i], &reply->tasks[i - 1]))
            sim_fail(op->sim, "a claim's tasks are not in order");
        take_hold(op, &reply->tasks[i]);
    }
}

/* A sign of life that was answered prolongs the lease from now. */
static void prolonged(struct op *op, int64_t task)
{
    struct known *known = model_known(&op->sim->model, task);

    known->lasts_until_ms = op->sim->now.mono_ms + known->lease_ms;
}

static void on_lease_verb(struct op *op)
{
    const struct word *word = &op->words[0];
    const struct row_lease *lease = snapshot_lease(model_now(&op->sim->model), word->task);
    bool is_live = lease != NULL && lease->delivery == word->delivery && word->is_genuine;

    if (is_ok(op) && (!word->is_genuine || word->was_over)) {
        sim_fail(op->sim, "task %lld: a stale token was believed", (long long)word->task);
    } else if (reply_of(op)->error.code == ERR_STALE_LEASE && is_live) {
        sim_fail(op->sim, "task %lld: the current token was refused", (long long)word->task);
    } else if (is_ok(op) && is_live) {
        if (op->command->kind == COMMAND_EXTEND && op->command->in.extend.lease_ms >= 0)
            model_known(&op->sim->model, word->task)->lease_ms = op->command->in.extend.lease_ms;
        prolonged(op, word->task);
    }
}

static bool lists_cancel(const struct reply *reply, struct id task)
{
    for (unsigned i = 0; i < reply->cancels_len; i++)
        if (id_equal(reply->cancels[i].task, task))
            return true;
    return false;
}

static void on_heartbeat(struct op *op)
{
    const struct snapshot *now = model_now(&op->sim->model);
    const struct snapshot *before = model_before(&op->sim->model);

    op->sim->agents[op->agent].heartbeats--;
    if (!is_ok(op))
        return;
    for (unsigned i = 0; i < now->leases_len; i++) {
        const struct row_lease *lease = &now->leases[i];
        const struct row_lease *was = snapshot_lease(before, lease->task);
        struct known *known = model_known(&op->sim->model, lease->task);

        if (!id_equal(lease->worker, op->command->in.heartbeat.worker))
            continue;
        known->heard_of_cancel = known->heard_of_cancel || lists_cancel(reply_of(op), known->id);
        if (was == NULL || was->delivery != lease->delivery)
            continue;
        if (op->command->in.heartbeat.all)
            prolonged(op, lease->task);
        if (was->grace_at_ms >= 0 && !lists_cancel(reply_of(op), known->id))
            sim_fail(op->sim, "a heartbeat's answer does not name the cancel of task %lld",
                     (long long)lease->task);
    }
}

/* ---- the rest ---- */

static void on_cancel(struct op *op)
{
    const struct task *task = reply_of(op)->view.task;
    struct known *known = model_known(&op->sim->model, op->task);

    if (!is_ok(op) || task == NULL)
        return;
    check_told_state(op, task, reply_of(op)->done);
    if (!reply_of(op)->done && known->phase != RUNNING && known->phase != DELETED &&
        known->ends == 0)
        sim_fail(op->sim, "task %lld was to be cancelled and waits", (long long)op->task);
    /* It may have been asked of an earlier life, before a retry. */
    if (!reply_of(op)->done && known->phase == RUNNING && known->delivery == task->delivery &&
        task->cancel_requested_at_ms >= 0)
        known->cancel_was_told = true;
}

static void on_purge(struct op *op)
{
    const struct snapshot *now = model_now(&op->sim->model);

    if (!is_ok(op))
        return;
    for (unsigned i = 0; i < now->tasks_len; i++) {
        struct known *known = model_known(&op->sim->model, now->tasks[i].number);
        const struct row_queue *queue = snapshot_queue(now, known->queue);

        /* What came, came back or was moved here since is not meant. */
        if (known->phase == PENDING && known->waits_since <= op->posted_step && queue != NULL &&
            bytes_is(queue_name(op->queue), queue->name))
            known->is_doomed = true;
    }
}

static void on_close_queue(struct op *op)
{
    const struct snapshot *now = model_now(&op->sim->model);

    if (!is_ok(op) || !reply_of(op)->done || op->sim->steps != op->posted_step + 1)
        return;
    for (unsigned i = 0; i < now->tasks_len; i++) {
        const struct row_queue *queue = snapshot_queue(now, now->tasks[i].queue);

        if (bytes_is(queue_name(op->queue), queue->name) &&
            !phase_is_over(phase_of(now->tasks[i].state)))
            sim_fail(op->sim, "queue %s is said to be closed and task %lld lives", queue->name,
                     (long long)now->tasks[i].number);
    }
}

static void on_about_task(struct op *op)
{
    const struct known *known = model_known(&op->sim->model, op->task);
    bool is_wait_for_end = op->command->kind == COMMAND_LOOK &&
                           op->command->in.look.until == UNTIL_FINISHED &&
                           op->command->in.look.if_none_match <= 0;

    if (reply_of(op)->error.code == ERR_NOT_FOUND && known->phase != DELETED &&
        known->phase != ABSENT)
        sim_fail(op->sim, "task %lld was not found, and is there", (long long)op->task);
    if (is_ok(op) && reply_of(op)->view.task != NULL)
        check_told_state(op, reply_of(op)->view.task, is_wait_for_end && reply_of(op)->done);
    if (is_ok(op) && op->command->kind == COMMAND_DELETE_TASK && known->phase != DELETED)
        sim_fail(op->sim, "task %lld was deleted, and is there", (long long)op->task);
}

static void on_register(struct op *op)
{
    if (!is_ok(op))
        return;
    op->sim->agents[op->agent].is_registered = true;
    op->sim->agents[op->agent].id = reply_of(op)->workers->id;
    if (snapshot_worker(model_now(&op->sim->model), reply_of(op)->workers->id) == NULL)
        sim_fail(op->sim, "a worker was registered and has no row");
}

static bool has_parked(const struct sim *sim, struct id worker)
{
    for (struct list_node *node = list_first(&sim->asked); node != NULL;
         node = list_next(&sim->asked, node)) {
        const struct command *command = CONTAINER_OF(node, struct op, link)->command;

        if ((command->kind == COMMAND_CLAIM && id_equal(command->in.claim.worker, worker)) ||
            (command->kind == COMMAND_HEARTBEAT && id_equal(command->in.heartbeat.worker, worker)))
            return true;
    }
    return false;
}

/* Silence for longer than the time to live is shown. */
static void on_workers(struct op *op)
{
    for (unsigned i = 0; i < reply_of(op)->workers_len; i++) {
        const struct worker_view *view = &reply_of(op)->workers[i];
        /* Who falls silent by now is lost after this batch. */
        bool is_silent = op->sim->step_before_wall_ms - view->last_seen_at_ms > WORKER_TTL_MS &&
                         !has_parked(op->sim, view->id);

        if (view->spec.push_url.at != NULL && view->lost)
            sim_fail(op->sim, "a push worker is shown as lost");
        if (view->spec.push_url.at != NULL)
            continue;
        if (is_silent && !view->lost && !op->sim->swarm.has_wall_jumps && op->sim->starts == 1)
            sim_fail(op->sim, "a worker was silent for %lld ms and is not shown as lost",
                     (long long)(op->sim->now.wall_ms - view->last_seen_at_ms));
    }
}

/* A worker that is not known any more registers again. */
static void on_unknown_worker(struct op *op)
{
    struct agent *agent = &op->sim->agents[op->agent];
    bool is_of_worker =
        op->command->kind == COMMAND_CLAIM || op->command->kind == COMMAND_HEARTBEAT;
    struct id asked = op->command->kind == COMMAND_CLAIM ? op->command->in.claim.worker
                                                         : op->command->in.heartbeat.worker;

    if (is_of_worker && reply_of(op)->error.code == ERR_NOT_FOUND && id_equal(asked, agent->id))
        agent->is_registered = false;
}

void answer_check(struct op *op)
{
    on_unknown_worker(op);
    if (op->of_room)
        room_answered(op);
    switch ((int)op->command->kind) {
    case COMMAND_SUBMIT:
        on_submit(op);
        break;
    case COMMAND_CLAIM:
        on_claim(op);
        break;
    case COMMAND_FINISH:
        on_words(op);
        break;
    case COMMAND_EXTEND:
    case COMMAND_PROGRESS:
    case COMMAND_LEASE_LOGS:
        on_lease_verb(op);
        break;
    case COMMAND_HEARTBEAT:
        on_heartbeat(op);
        break;
    case COMMAND_CANCEL:
        on_about_task(op);
        on_cancel(op);
        break;
    case COMMAND_LOOK:
    case COMMAND_RUN_NOW:
    case COMMAND_EDIT:
    case COMMAND_DELETE_TASK:
        on_about_task(op);
        break;
    case COMMAND_REGISTER:
        on_register(op);
        break;
    case COMMAND_LIST_WORKERS:
        on_workers(op);
        break;
    case COMMAND_PURGE_QUEUE:
        on_purge(op);
        break;
    case COMMAND_CLOSE_QUEUE:
        on_close_queue(op);
        break;
    default:
        break;
    }
}
