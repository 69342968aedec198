/* Settle: the ends of an attempt. */
#include "settle.h"

#include "base/json_out.h"
#include "closing.h"
#include "domain/deadline.h"
#include "place.h"
#include "tell.h"

struct bytes failure_object(const struct failure *failure, struct arena *arena)
{
    struct buffer text;
    struct json_out out;

    buffer_init(&text, SIZE_MAX);
    json_out_init(&out, &text);
    json_out_object(&out);
    json_member_raw_or_null(&out, "type", failure->type);
    json_member_raw_or_null(&out, "message", failure->message);
    json_member_raw_or_null(&out, "trace", failure->trace);
    json_member_raw_or_null(&out, "data", failure->data);
    json_out_object_end(&out);

    struct bytes object = arena_bytes(arena, buffer_bytes(&text));

    buffer_fini(&text);
    return object;
}

static void drop_lease(struct engine *engine, struct effect *effect)
{
    struct hot_lease *lease = hot_lease(&engine->hot, effect->number);

    if (lease != NULL)
        hot_unlink_lease(&engine->hot, lease);
}

/* A timer took the lease out of the heap before it was settled. */
static void time_lease_again(struct effect *effect)
{
    struct engine *engine = effect->data;
    struct hot_lease *lease = hot_lease(&engine->hot, effect->number);

    if (lease != NULL)
        hot_time_lease(&engine->hot, lease);
}

static void free_slot(struct batch *batch, const struct lease_row *row)
{
    struct hot_worker *worker = hot_worker(batch->hot, row->worker);
    struct effect *effect = batch_effect(batch, drop_lease);

    effect->number = row->task;
    effect->cancel = time_lease_again;
    effect->data = batch->engine;
    if (worker == NULL)
        return;
    worker->adding--;
    batch_offer_worker(batch, worker);
}

/* What every end has in common: the attempt's row, the lease, the slot. */
static void end_attempt(struct batch *batch, struct settling *settling,
                        enum attempt_outcome outcome, struct bytes error)
{
    struct task *task = &settling->task;
    const struct lease_row *lease = &settling->lease;
    struct hot_queue *queue = task_queue(batch, task);
    struct attempt attempt = {
        .attempt = task->attempt,
        .delivery = lease->delivery,
        .worker = lease->worker,
        .claimed_at_ms = lease->claimed_at_ms,
        .started_at_ms = lease->started_at_ms,
        .finished_at_ms = batch->now.wall_ms,
        .outcome = outcome,
        .error = error,
    };
    struct attempt_end end = {
        .task = task->number,
        .attempt = &attempt,
        .nonce = {(const char *)lease->nonce, LEASE_NONCE_LEN},
    };

    attempt_insert(batch->db, &end);
    lease_delete(batch->db, task->number);
    free_slot(batch, lease);
    rate_add(&queue->finished, batch->now.mono_ms, 1);
    metrics_observe(batch->engine->options.metrics, METRIC_RUN_SECONDS, NULL,
                    (double)(batch->now.wall_ms - lease->claimed_at_ms) / 1000.0);
    batch->rows += 2;
}

/* The worker's own word is a sign of life, whenever it comes. */
static void note_start(struct batch *batch, struct settling *settling)
{
    if (settling->lease.started_at_ms >= 0)
        return;
    settling->lease.started_at_ms = batch->now.wall_ms;
    settling->task.started_at_ms = batch->now.wall_ms;
    batch_event(batch, EVENT_TASK_STARTED, &settling->task, tell_attempt(batch, &settling->task));
}

static void keep_end(struct batch *batch, struct task *task, const struct body *result,
                     struct bytes error)
{
    task->has_results = true;
    result_save_end(batch->db, task->number, result, error);
    task_set_end_bytes(batch, task, result->data.len + error.len);
    batch->rows++;
}

static void count_finished(struct batch *batch, const struct task *task)
{
    batch_queue_metric(batch, METRIC_FINISHED, task_queue(batch, task),
                       bytes_of(task_state_name(task->state)));
}

static void finish(struct batch *batch, struct task *task, enum task_state state,
                   enum event_kind event, struct bytes data)
{
    task_move(batch, task, state, event, data);
    count_finished(batch, task);
}

void settle_succeeded(struct batch *batch, struct settling *settling, const struct body *result)
{
    struct task *task = &settling->task;

    note_start(batch, settling);
    end_attempt(batch, settling, ATTEMPT_SUCCEEDED, BYTES_NONE);
    /* An earlier attempt's error goes with success; nothing to keep and nothing kept costs no row.
     */
    if (result->data.len > 0 || result->content_type.at != NULL || task->has_results)
        keep_end(batch, task, result, BYTES_NONE);
    finish(batch, task, TASK_SUCCEEDED, EVENT_TASK_SUCCEEDED, tell_attempt(batch, task));
}

static void end_cancelled(struct batch *batch, struct settling *settling, struct bytes error)
{
    struct task *task = &settling->task;

    if (error.at != NULL)
        keep_end(batch, task, &(struct body){.data = BYTES_NONE}, error);
    finish(batch, task, TASK_CANCELLED, EVENT_TASK_CANCELLED, tell_cancelled(batch, task));
}

static bool is_asked_to_stop(const struct settling *settling)
{
    return settling->task.cancel_requested_at_ms >= 0;
}

static struct bytes word_of(enum attempt_outcome outcome)
{
    return bytes_of(attempt_outcome_name(outcome));
}

static void retry_or_fail(struct batch *batch, struct task *task, const struct failed_how *how,
                          struct retry_verdict verdict)
{
    if (!verdict.again) {
        finish(batch, task, TASK_FAILED, EVENT_TASK_FAILED, tell_failed(batch, task, how->error));
        return;
    }
    batch_queue_metric(batch, METRIC_RETRIES, task_queue(batch, task), BYTES_NONE);
    task->run_at_ms = batch->now.wall_ms + verdict.delay_ms;
    task_move(batch, task, verdict.delay_ms > 0 ? TASK_RETRYING : place_when_due(batch, task),
              EVENT_TASK_RETRYING,
              tell_retrying(batch, task, task->attempt, word_of(how->outcome), how->error));
}

void settle_failed(struct batch *batch, struct settling *settling, const struct failed_how *how)
{
    struct task *task = &settling->task;

    if (how->outcome == ATTEMPT_FAILED)
        note_start(batch, settling);
    end_attempt(batch, settling, how->outcome, how->error);
    if (is_asked_to_stop(settling)) {
        end_cancelled(batch, settling, how->error);
        return;
    }

    struct retry_policy policy = task_retry(batch, task);
    bool retryable = how->retryable && retry_is_retryable(&policy, how->type);

    task->failures++;
    keep_end(batch, task, &(struct body){.data = BYTES_NONE}, how->error);
    retry_or_fail(batch, task, how,
                  retry_after_failure(&policy, task->failures, retryable, how->delay_ms,
                                      random_u64(&batch->engine->options.random)));
}

/* Back in line as if it had not been claimed. */
static void give_back(struct batch *batch, struct settling *settling, enum attempt_outcome outcome,
                      struct bytes error)
{
    struct task *task = &settling->task;
    struct bytes data;

    end_attempt(batch, settling, outcome, error);
    if (is_asked_to_stop(settling)) {
        end_cancelled(batch, settling, BYTES_NONE);
        return;
    }
    data = tell_retrying(batch, task, task->attempt, word_of(outcome), error);
    task->attempt--;
    task->keeps_place = true;
    task_move(batch, task, place_when_due(batch, task), EVENT_TASK_RETRYING, data);
}

void settle_released(struct batch *batch, struct settling *settling, struct bytes error)
{
    give_back(batch, settling, ATTEMPT_RELEASED, error);
}

void settle_snoozed(struct batch *batch, struct settling *settling, int64_t delay_ms)
{
    struct task *task = &settling->task;
    struct bytes data;

    note_start(batch, settling);
    end_attempt(batch, settling, ATTEMPT_SNOOZED, BYTES_NONE);
    if (is_asked_to_stop(settling)) {
        end_cancelled(batch, settling, BYTES_NONE);
        return;
    }
    task->run_at_ms = batch->now.wall_ms + delay_ms;
    data = tell_retrying(batch, task, task->attempt, word_of(ATTEMPT_SNOOZED), BYTES_NONE);
    task->attempt--;
    task_move(batch, task, delay_ms > 0 ? TASK_SCHEDULED : place_when_due(batch, task),
              EVENT_TASK_RETRYING, data);
}

void settle_cancelled(struct batch *batch, struct settling *settling, struct bytes error)
{
    note_start(batch, settling);
    end_attempt(batch, settling, ATTEMPT_CANCELLED, error);
    end_cancelled(batch, settling, error);
}

static const char DEADLINE_ERROR[] =
    "{\"type\":\"deadline\",\"message\":\"the task was not over within its deadline_s\","
    "\"trace\":null,\"data\":null}";

static void settle_deadline(struct batch *batch, struct settling *settling)
{
    struct failed_how how = {
        .outcome = ATTEMPT_TIMEOUT,
        .error = BYTES(DEADLINE_ERROR),
        .type = BYTES("deadline"),
        .retryable = false,
        .delay_ms = -1,
    };

    settle_failed(batch, settling, &how);
}

void settle_without_attempt(struct batch *batch, struct task *task, struct bytes error)
{
    keep_end(batch, task, &(struct body){.data = BYTES_NONE}, error);
    finish(batch, task, TASK_FAILED, EVENT_TASK_FAILED, tell_failed(batch, task, error));
}

bool settle_overdue(struct batch *batch, struct task *task)
{
    enum task_state verdict = deadline_verdict(task, batch->now.wall_ms);

    if (verdict == TASK_EXPIRED) {
        finish(batch, task, TASK_EXPIRED, EVENT_TASK_EXPIRED, tell_expired(batch, task));
    } else if (verdict == TASK_FAILED) {
        settle_without_attempt(batch, task, BYTES(DEADLINE_ERROR));
    }
    return verdict != TASK_STATE_NONE;
}

/* Whoever asked for at most once is not given a second attempt after one that may go on somewhere.
 */
void settle_timed_out(struct batch *batch, struct settling *settling)
{
    struct failed_how how = {
        .outcome = ATTEMPT_TIMEOUT,
        .error = BYTES(
            "{\"type\":\"timeout\",\"message\":\"the attempt took longer than its timeout_s\","
            "\"trace\":null,\"data\":null}"),
        .type = BYTES("timeout"),
        .retryable = !settling->task.at_most_once,
        .delay_ms = -1,
    };

    if (deadline_cuts(&settling->task, settling->lease.timeout_at_ms)) {
        settle_deadline(batch, settling);
        return;
    }
    settle_failed(batch, settling, &how);
}

#define LOST_ERROR                                                                                 \
    "{\"type\":\"lost\",\"message\":\"the lease ran out without a word from the worker\","         \
    "\"trace\":null,\"data\":null}"

void settle_lost(struct batch *batch, struct settling *settling)
{
    static const struct failed_how HOW = {
        .outcome = ATTEMPT_LOST,
        .error = {LOST_ERROR, sizeof(LOST_ERROR) - 1},
    };
    struct task *task = &settling->task;

    batch_queue_metric(batch, METRIC_LEASES_LOST, task_queue(batch, task), BYTES_NONE);
    end_attempt(batch, settling, ATTEMPT_LOST, HOW.error);
    if (is_asked_to_stop(settling)) {
        end_cancelled(batch, settling, BYTES_NONE);
        return;
    }

    struct retry_policy policy = task_retry(batch, task);
    struct retry_verdict verdict = {.again = false};

    task->losses++;
    keep_end(batch, task, &(struct body){.data = BYTES_NONE}, HOW.error);
    /* The first loss is offered again at once: where it stood, not behind all others. */
    task->keeps_place = task->losses == 1;
    if (!task->at_most_once)
        verdict =
            retry_after_loss(&policy, task->losses, random_u64(&batch->engine->options.random));
    retry_or_fail(batch, task, &HOW, verdict);
}

/* Nobody knows whether the answer arrived. */
void settle_answer_lost(struct batch *batch, struct settling *settling)
{
    if (settling->task.at_most_once)
        settle_lost(batch, settling);
    else
        give_back(batch, settling, ATTEMPT_ANSWER_LOST, BYTES_NONE);
}

void settle_left(struct batch *batch, struct settling *settling)
{
    if (settling->task.at_most_once)
        settle_lost(batch, settling);
    else
        settle_released(batch, settling, BYTES_NONE);
}

void settle_abandoned(struct batch *batch, struct settling *settling)
{
    settling->task.abandoned = true;
    closing_note_abandoned(batch, task_queue(batch, &settling->task), settling->task.id);
    end_attempt(batch, settling, ATTEMPT_CANCELLED, BYTES_NONE);
    finish(batch, &settling->task, TASK_CANCELLED, EVENT_TASK_CANCELLED,
           tell_cancelled(batch, &settling->task));
}
