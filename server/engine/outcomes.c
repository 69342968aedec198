/* Outcomes: only the current lease is believed; the same word again gets the same answer. */
#include "outcomes.h"

#include "base/digest.h"
#include "handlers.h"
#include "lease_times.h"
#include "lookups.h"
#include "reach.h"
#include "settle.h"
#include "workers.h"

static enum attempt_outcome ended_as(enum outcome_kind kind)
{
    static const enum attempt_outcome ends[] = {
        [OUTCOME_SUCCEEDED] = ATTEMPT_SUCCEEDED, [OUTCOME_FAILED] = ATTEMPT_FAILED,
        [OUTCOME_RELEASED] = ATTEMPT_RELEASED,   [OUTCOME_SNOOZED] = ATTEMPT_SNOOZED,
        [OUTCOME_CANCELLED] = ATTEMPT_CANCELLED,
    };

    return ends[kind];
}

static bool says_something(const struct failure *failure)
{
    return failure->type.at != NULL || failure->message.at != NULL || failure->trace.at != NULL ||
           failure->data.at != NULL;
}

static struct bytes error_of(const struct outcome *outcome, struct arena *arena)
{
    bool may_have_error = outcome->kind == OUTCOME_CANCELLED || outcome->kind == OUTCOME_RELEASED;
    bool has_error =
        outcome->kind == OUTCOME_FAILED || (may_have_error && says_something(&outcome->failure));

    return has_error ? failure_object(&outcome->failure, arena) : BYTES_NONE;
}

static void apply(struct batch *batch, struct settling *settling, const struct outcome *outcome)
{
    struct bytes error = error_of(outcome, batch->mem);
    struct failed_how how = {
        .outcome = ATTEMPT_FAILED,
        .error = error,
        .type = outcome->failure_type,
        .retryable = outcome->retryable,
        .delay_ms = outcome->delay_ms,
    };

    switch (outcome->kind) {
    case OUTCOME_SUCCEEDED:
        settle_succeeded(batch, settling, &outcome->result);
        break;
    case OUTCOME_FAILED:
        settle_failed(batch, settling, &how);
        break;
    case OUTCOME_RELEASED:
        settle_released(batch, settling, error);
        break;
    case OUTCOME_SNOOZED:
        settle_snoozed(batch, settling, outcome->delay_ms > 0 ? outcome->delay_ms : 0);
        break;
    case OUTCOME_CANCELLED:
        settle_cancelled(batch, settling, error);
        break;
    }
}

/* Whether the attempt of this token ended before with just these words. */
static bool is_repeat(struct batch *batch, const struct command *command,
                      const struct lease_token *token, const struct outcome *outcome,
                      struct task *ret_task)
{
    struct bytes nonce = BYTES_NONE;
    struct attempt attempt;

    if (!attempt_find(batch->db, token->task, token->delivery, batch->mem, &nonce, &attempt) ||
        !bytes_equal_constant_time(nonce,
                                   (struct bytes){(const char *)token->nonce, LEASE_NONCE_LEN}) ||
        attempt.outcome != ended_as(outcome->kind) ||
        !task_load_number(batch->db, token->task, ret_task) ||
        !reaches_queue(command, task_queue(batch, ret_task)))
        return false;
    if (outcome->kind != OUTCOME_SUCCEEDED)
        return bytes_equal(attempt.error, error_of(outcome, batch->mem));
    result_load(batch->db, ret_task, batch->mem);
    return bytes_equal(ret_task->result.data, outcome->result.data) &&
           bytes_equal(ret_task->result.content_type, outcome->result.content_type);
}

static void settle_one(struct batch *batch, struct command *command, const struct outcome *outcome,
                       struct outcome_reply *ret_reply)
{
    struct settling settling;
    struct lease_token token = {.task = -1};

    if (lease_find(batch, command, outcome->lease, &settling.lease, &token) &&
        task_load_number(batch->db, token.task, &settling.task)) {
        apply(batch, &settling, outcome);
    } else if (token.task < 0 || !is_repeat(batch, command, &token, outcome, &settling.task)) {
        (void)error_set(&ret_reply->error, ERR_STALE_LEASE, "",
                        "the lease is not, or not any more, the current one of its task");
        batch_metric(batch, METRIC_STALE_LEASES);
        return;
    }
    ret_reply->task = settling.task.id;
    ret_reply->state = settling.task.state;
}

void outcomes_settle(struct batch *batch, struct command *command, const struct outcome *outcomes,
                     unsigned len)
{
    struct reply *reply = &command->reply;

    reply->outcomes_len = len;
    reply->outcomes = arena_alloc(command->mem, (len + 1) * sizeof(*reply->outcomes));
    for (unsigned i = 0; i < len; i++)
        settle_one(batch, command, &outcomes[i], &reply->outcomes[i]);
}

void run_FINISH(struct batch *batch, struct command *command)
{
    const struct finish *finish = &command->in.finish;
    struct hot_worker *worker = NULL;

    if (finish->by_worker) {
        if (!find_own_worker(batch, command, finish->worker, &worker))
            return;
        worker_seen(batch, worker);
    }
    outcomes_settle(batch, command, finish->outcomes, finish->outcomes_len);
    batch_answer(batch, command);
}
