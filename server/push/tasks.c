/* Tasks: the trade with workers. A claim is parked for as long as there is room; what ended in the
 * meantime goes with the next claim, or by itself while one is parked. */
#include "base/time_text.h"
#include "push_struct.h"
#include "recall.h"
#include "result.h"
#include "sending.h"
#include "trade.h"
#include "turns.h"

#include <stdio.h>
#include <time.h>

enum {
    TIMEOUT_MIN_MS = 1000,
    SHORT_MS = 200, /* an empty answer that comes sooner is no end of a wait */
};

static struct bytes id_text(struct id id, char text[ID_TEXT_LEN + 1])
{
    id_format(id, text);
    return (struct bytes){text, ID_TEXT_LEN};
}

/* ---- asking and reporting ---- */

static void take_tasks(struct push *push, struct target *target, struct errand *errand)
{
    const struct reply *reply = &errand->command.reply;
    struct parcel *parcel = parcel_new(errand->command.mem);

    for (unsigned i = 0; !target->is_dropped && i < reply->tasks_len; i++)
        sending_new(push, parcel, target, BYTES_NONE)->task = &reply->tasks[i];
    parcel_close(parcel);
}

/* Their memory goes with the command that reported them. Those that end meanwhile come behind. */
static void keep(struct push *push, struct target *target, const struct outcome *outcomes,
                 unsigned len)
{
    if (len == 0)
        return;
    for (unsigned i = 0; i < len; i++) {
        struct outcome *outcome = pile_add(&target->ended, sizeof(*outcome));

        *outcome = outcomes[i];
        result_keep(outcome, target->ended.mem);
    }
    target->report_from_ms = push_now_ms(push) + ERRAND_AGAIN_MS;
}

static void on_claimed(struct push *push, struct errand *errand)
{
    struct target *target = errand->target;
    const struct reply *reply = &errand->command.reply;
    int64_t now_ms = push_now_ms(push);

    target->ask = NULL;
    if (reply->error.code == ERR_NOT_FOUND)
        target_drop(push, target);
    else if (reply->error.code != OK)
        target->ask_from_ms = now_ms + ERRAND_AGAIN_MS;
    else if (reply->tasks_len == 0 && now_ms - errand->posted_ms < SHORT_MS)
        target->ask_from_ms = now_ms + SHORT_MS;
    if (errand_has_to_be_repeated(errand))
        keep(push, target, errand->command.in.claim.outcomes,
             errand->command.in.claim.outcomes_len);
    take_tasks(push, target, errand);
    turns_mark(push, target);
}

static void ask(struct push *push, struct target *target, unsigned max)
{
    struct pile ended = pile_take(&target->ended);

    target->ask = errand_new(ended.mem, COMMAND_CLAIM, on_claimed);
    target->ask->command.wait_ms = ERRAND_FOREVER_MS;
    target->ask->command.in.claim = (struct claim){
        .worker = target->worker, .max = max, .outcomes = ended.at, .outcomes_len = ended.len};
    errand_about(target->ask, target);
    errand_post(push, target->ask);
}

static void on_finished(struct push *push, struct errand *errand)
{
    struct target *target = errand->target;
    const struct finish *finish = &errand->command.in.finish;

    target->report = NULL;
    if (errand->command.reply.error.code == ERR_NOT_FOUND)
        target_drop(push, target);
    else if (errand_has_to_be_repeated(errand))
        keep(push, target, finish->outcomes, finish->outcomes_len);
    turns_mark(push, target);
    arena_free(errand->command.mem);
}

static void report(struct push *push, struct target *target)
{
    struct pile ended = pile_take(&target->ended);

    target->report = errand_new(ended.mem, COMMAND_FINISH, on_finished);
    target->report->command.in.finish = (struct finish){.by_worker = true,
                                                        .worker = target->worker,
                                                        .outcomes = ended.at,
                                                        .outcomes_len = ended.len};
    errand_about(target->report, target);
    errand_post(push, target->report);
}

/* ---- one task ---- */

/* Until when an answer is waited for. */
static int64_t deadline_ms(const struct task *task)
{
    int64_t lease_ms = task->lease_expires_at_ms - PUSH_MARGIN_MS;

    if (task->attempt_deadline_at_ms >= 0 && task->attempt_deadline_at_ms < lease_ms)
        return task->attempt_deadline_at_ms;
    return lease_ms;
}

static void write_facts(struct letter *letter, const struct task *task, struct bytes id)
{
    char deadline[TIME_TEXT_LEN + 1], attempt[16];

    time_write(deadline_ms(task), deadline);
    (void)snprintf(attempt, sizeof(attempt), "%d", task->attempt);
    letter_header(letter, "Content-Type",
                  task->payload.data.len == 0             ? BYTES_NONE
                  : task->payload.content_type.at != NULL ? task->payload.content_type
                                                          : BYTES("application/json"));
    letter_header(letter, "Task-Id", id);
    letter_header(letter, "Task-Type", task->type);
    letter_header(letter, "Task-Queue", task->queue);
    letter_header(letter, "Task-Attempt", bytes_of(attempt));
    letter_header(letter, "Task-Lease", task->lease);
    letter_header(letter, "Task-Deadline", bytes_of(deadline));
    letter_header(letter, "traceparent", task->traceparent);
}

static void write_task(struct push *push, struct sending *sending, struct letter *letter,
                       struct arena *mem)
{
    const struct task *task = sending->task;
    int64_t now_ms = push_time(push).wall_ms;
    int64_t left_ms = deadline_ms(task) - now_ms;
    char id[ID_TEXT_LEN + 1];
    struct seal seal = {.keys = sending->target->keys,
                        .keys_len = target_keys(sending->target, now_ms),
                        .id = id_text(task->id, id),
                        .at_s = (int64_t)time(NULL)};

    letter->body = task->payload.data;
    letter->timeout_ms = left_ms > TIMEOUT_MIN_MS ? left_ms : TIMEOUT_MIN_MS;
    letter->is_fresh = task->at_most_once;
    write_facts(letter, task, seal.id);
    letter_seal(letter, &seal, mem);
}

static struct outcome *add_outcome(struct target *target, struct bytes lease,
                                   enum outcome_kind kind)
{
    struct outcome *outcome = pile_add(&target->ended, sizeof(*outcome));

    *outcome = (struct outcome){.lease = arena_bytes(target->ended.mem, lease),
                                .kind = kind,
                                .retryable = true,
                                .delay_ms = -1};
    return outcome;
}

void tasks_cancelled(struct push *push, struct target *target, struct bytes lease)
{
    (void)add_outcome(target, lease, OUTCOME_CANCELLED);
    turns_mark(push, target);
}

static void give_back(struct push *push, struct sending *sending)
{
    (void)push;
    (void)add_outcome(sending->target, sending->task->lease, OUTCOME_RELEASED);
}

/* The endpoint says more by the lease, which is its own from now on. */
static void extend(struct push *push, const struct sending *sending)
{
    struct errand *errand = errand_new(NULL, COMMAND_EXTEND, NULL);

    errand_about(errand, sending->target);
    errand->command.in.extend.lease = arena_bytes(errand->command.mem, sending->task->lease);
    errand->command.in.extend.lease_ms = -1;
    errand_post(push, errand);
}

/* Before its outcome: a lease that is over takes no lines. */
static void log_cut(struct push *push, const struct sending *sending)
{
    struct errand *errand = errand_new(NULL, COMMAND_LEASE_LOGS, NULL);
    struct lease_logs *logs = &errand->command.in.logs;

    errand_about(errand, sending->target);
    logs->lease = arena_bytes(errand->command.mem, sending->task->lease);
    logs->lines = arena_alloc(errand->command.mem, sizeof(*logs->lines));
    logs->lines_len = 1;
    logs->lines[0] = (struct log_line){
        .level = BYTES("warn"),
        .logger = BYTES("sluice.push"),
        .message = BYTES("the answer's body was cut short or is too long: there is no result"),
        .at_ms = -1};
    errand_post(push, errand);
}

/* Whether it ran is not known: a task that may run once only is not tried again. */
static bool may_repeat(const struct sending *sending, const struct push_answer *answer)
{
    return !sending->task->at_most_once ||
           (answer->failure != PUSH_TIMED_OUT && answer->failure != PUSH_BROKEN);
}

static void settle(struct push *push, struct sending *sending, const struct exchange *exchange,
                   const struct push_answer *answer, enum push_end end)
{
    struct target *target = sending->target;
    struct bytes lease = sending->task->lease;
    struct outcome *outcome;

    recalls_note_end(target, lease, end);
    switch (end) {
    case PUSH_END_ACCEPTED:
        extend(push, sending);
        return;
    case PUSH_END_RETURNED:
    case PUSH_END_GONE:
        outcome = add_outcome(target, lease, OUTCOME_RELEASED);
        result_write_failure(outcome, answer, &exchange->reception, target->ended.mem);
        return;
    case PUSH_END_DONE:
        if (answer->is_cut)
            log_cut(push, sending);
        outcome = add_outcome(target, lease, OUTCOME_SUCCEEDED);
        if (!answer->is_cut)
            result_write(outcome, &exchange->reception, target->ended.mem);
        return;
    case PUSH_END_FAILED:
    case PUSH_END_PERMANENT:
        outcome = add_outcome(target, lease, OUTCOME_FAILED);
        outcome->retryable = end == PUSH_END_FAILED && may_repeat(sending, answer);
        result_write_failure(outcome, answer, &exchange->reception, target->ended.mem);
        return;
    }
}

/* ---- cancels ---- */

static void on_heartbeat(struct push *push, struct errand *errand)
{
    struct target *target = errand->target;
    const struct reply *reply = &errand->command.reply;
    int64_t now_ms = push_now_ms(push);

    target->heartbeat = NULL;
    if (reply->error.code == ERR_NOT_FOUND)
        target_drop(push, target);
    for (unsigned i = 0; !target->is_dropped && i < reply->cancels_len; i++)
        recalls_hear(push, target, &reply->cancels[i]);
    if (reply->error.code != OK)
        target->heartbeat_from_ms = now_ms + ERRAND_AGAIN_MS;
    else if (now_ms - errand->posted_ms < SHORT_MS)
        target->heartbeat_from_ms = now_ms + SHORT_MS;
    turns_mark(push, target);
    arena_free(errand->command.mem);
}

/* It renews nothing: a lease lasts as long as the request. */
static int64_t listen_for_cancels(struct push *push, struct target *target)
{
    int64_t now_ms = push_now_ms(push);
    int64_t late_ms = recalls_end_late(push, target);
    int64_t unsent_ms = recalls_send(push, target);
    int64_t at_ms = late_ms < unsent_ms ? late_ms : unsent_ms;

    if (target->heartbeat != NULL)
        return at_ms;
    if (now_ms < target->heartbeat_from_ms)
        return at_ms < target->heartbeat_from_ms ? at_ms : target->heartbeat_from_ms;
    if (push_is_draining(push) && list_is_empty(&target->sent))
        return at_ms;
    target->heartbeat = errand_new(NULL, COMMAND_HEARTBEAT, on_heartbeat);
    target->heartbeat->command.wait_ms = ERRAND_FOREVER_MS;
    target->heartbeat->command.in.heartbeat.worker = target->worker;
    errand_about(target->heartbeat, target);
    errand_post(push, target->heartbeat);
    return at_ms;
}

const struct trade trade_tasks = {
    .name = "worker",
    .ask = ask,
    .report = report,
    .write = write_task,
    .settle = settle,
    .give_back = give_back,
    .attend = listen_for_cancels,
};
