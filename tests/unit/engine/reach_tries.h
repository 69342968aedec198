/* Reach tries: one command of each kind, against what somebody else has; for test_reach.c alone. */
#pragma once

#include "sink.h"

/* What there is to get at: all of it in the namespace default, in the queue secret. */
struct victim {
    struct stage *stage;
    struct id waiting, running, finished, worker;
    struct bytes lease, old_lease;
};

static struct command *make(const struct victim *victim, enum command_kind kind)
{
    return stage_make(victim->stage, kind);
}

/* ---- one of each kind ---- */

#define TRY(kind, made)                                                                            \
    static struct command *try_##kind(const struct victim *victim)                                 \
    {                                                                                              \
        return made;                                                                               \
    }
#define TRY_PLAIN(kind)         TRY(kind, make(victim, COMMAND_##kind))
#define TRY_AGAIN(kind, member) TRY(kind, to_again(victim->stage, COMMAND_##kind, victim->member))
#define TRY_WORKER(kind)        TRY(kind, of_worker(victim, COMMAND_##kind))
#define TRY_SCHEDULE(kind)      TRY(kind, to_schedule(victim->stage, COMMAND_##kind, "daily"))
#define TRY_QUEUE(kind)         TRY(kind, to_queue(victim->stage, COMMAND_##kind, "secret"))

static struct command *of_worker(const struct victim *victim, enum command_kind kind)
{
    struct command *command = make(victim, kind);

    command->in.worker = victim->worker;
    return command;
}

TRY_PLAIN(LIST_WORKERS)
TRY_PLAIN(LIST_QUEUES)
TRY_PLAIN(STATS)
TRY_PLAIN(SHUTDOWN_STATE)
TRY_PLAIN(LIST_NS)
TRY_AGAIN(RETRY, finished)
TRY_AGAIN(RUN_NOW, waiting)
TRY_AGAIN(DELETE_TASK, finished)
TRY_WORKER(GET_WORKER)
TRY_WORKER(LEAVE)
TRY_QUEUE(GET_QUEUE)
TRY_PLAIN(LIST_LIMITS)
TRY_QUEUE(DELETE_QUEUE)
TRY_QUEUE(PAUSE_QUEUE)
TRY_QUEUE(RESUME_QUEUE)
TRY_QUEUE(PURGE_QUEUE)
TRY_QUEUE(REOPEN_QUEUE)
TRY_PLAIN(LIST_SCHEDULES)
TRY_SCHEDULE(GET_SCHEDULE)
TRY_SCHEDULE(DELETE_SCHEDULE)
TRY_SCHEDULE(TRIGGER_SCHEDULE)
TRY_SCHEDULE(NEXT_SCHEDULE)
TRY(PUT_SCHEDULE, to_plan(victim->stage, "daily", "secret"))

static struct command *try_SUBMIT(const struct victim *victim)
{
    return to_submit(victim->stage, "secret");
}

static struct command *try_LOOK(const struct victim *victim)
{
    struct command *command = to_look(victim->stage, victim->waiting, 0);

    command->in.look.with_explain = command->in.look.with_logs = true;
    return command;
}

static struct command *try_LIST_TASKS(const struct victim *victim)
{
    struct command *command = make(victim, COMMAND_LIST_TASKS);

    command->in.list = (struct list_query){.observed = -1,
                                           .created_after_ms = -1,
                                           .created_before_ms = -1,
                                           .limit = 100,
                                           .after_number = -1};
    return command;
}

static struct command *try_CANCEL(const struct victim *victim)
{
    return to_cancel(victim->stage, victim->running, 1000);
}

static struct command *try_EDIT(const struct victim *victim)
{
    struct command *command = make(victim, COMMAND_EDIT);

    command->in.edit = (struct edit){
        .task = victim->waiting, .has_priority = true, .priority = 7, .if_match = VERSION_UNASKED};
    return command;
}

static struct command *to_enrol(struct stage *stage, struct bytes queue)
{
    struct command *command = stage_make(stage, COMMAND_REGISTER);

    command->in.worker_spec = (struct worker_spec){
        .identity = BYTES("worker"),
        .queues = arena_copy(command->mem, &queue, sizeof(queue)),
        .queues_len = 1,
        .concurrency = 1,
        .confirm_ms = -1,
        .min_priority = MIN_PRIORITY_NONE,
    };
    return command;
}

static struct command *try_REGISTER(const struct victim *victim)
{
    return to_enrol(victim->stage, BYTES("secret"));
}

static struct command *try_EDIT_WORKER(const struct victim *victim)
{
    struct command *command = make(victim, COMMAND_EDIT_WORKER);

    command->in.worker_edit =
        (struct worker_edit){.worker = victim->worker, .has_mode = true, .mode = WORKER_TERMINATE};
    return command;
}

static struct command *try_CLAIM(const struct victim *victim)
{
    return to_claim(victim->stage, victim->worker, 1, 0);
}

static struct command *try_HEARTBEAT(const struct victim *victim)
{
    return to_beat(victim->stage, victim->worker, 0);
}

static struct command *try_FINISH(const struct victim *victim)
{
    return to_finish(victim->stage, victim->lease, OUTCOME_SUCCEEDED);
}

static struct command *try_EXTEND(const struct victim *victim)
{
    return to_extend(victim->stage, victim->lease, 3600000);
}

static struct command *try_PROGRESS(const struct victim *victim)
{
    struct command *command = make(victim, COMMAND_PROGRESS);

    command->in.progress = (struct progress_note){
        .lease = victim->lease, .progress = BYTES("{\"percent\":1}"), .checkpoint = BYTES("1")};
    return command;
}

static struct command *try_LEASE_LOGS(const struct victim *victim)
{
    static struct log_line line = {.message = {"hello", 5}, .at_ms = -1};
    struct command *command = make(victim, COMMAND_LEASE_LOGS);

    command->in.logs = (struct lease_logs){.lease = victim->lease, .lines = &line, .lines_len = 1};
    return command;
}

static struct command *try_EDIT_QUEUE(const struct victim *victim)
{
    return to_edit_queue(victim->stage, "secret", QUEUE_HAS_CONCURRENCY,
                         (struct queue_settings){.concurrency = 1});
}

static struct command *try_CLOSE_QUEUE(const struct victim *victim)
{
    return to_close(victim->stage, "secret", true, 0);
}

static struct command *to_limit(const struct victim *victim, enum command_kind kind)
{
    struct command *command = make(victim, kind);

    command->in.limit = (struct limit_edit){
        .name = BYTES("cap"), .settings = {.max_running = 3}, .if_match = VERSION_UNASKED};
    return command;
}

/* A task of another queue that the victim's tasks hold back: by a limit that they share, or by an
 * end that it waits for. */
static struct command *to_wait_behind(const struct victim *victim, const char *queue,
                                      struct bytes limits, struct bytes depends_on)
{
    struct command *command = to_submit(victim->stage, queue);

    command->in.submit.specs[0].rules.limits = limits;
    command->in.submit.specs[0].rules.depends_on = depends_on;
    return command;
}

TRY_PLAIN(LIST_WEBHOOKS)
TRY(PUT_WEBHOOK, to_put_hook(victim->stage, "hook"))
TRY(GET_WEBHOOK, to_hook(victim->stage, COMMAND_GET_WEBHOOK, "hook"))
TRY(DELETE_WEBHOOK, to_hook(victim->stage, COMMAND_DELETE_WEBHOOK, "hook"))
TRY(TEST_WEBHOOK, to_hook(victim->stage, COMMAND_TEST_WEBHOOK, "hook"))
TRY(LIST_DELIVERIES, to_list_deliveries(victim->stage, "hook", 7))
TRY(REDELIVER, to_redeliver(victim->stage, "hook", BYTES_NONE))
TRY(PUT_LIMIT, to_limit(victim, COMMAND_PUT_LIMIT))
TRY(GET_LIMIT, to_limit(victim, COMMAND_GET_LIMIT))
TRY(DELETE_LIMIT, to_limit(victim, COMMAND_DELETE_LIMIT))

static struct command *try_GET_NS(const struct victim *victim)
{
    struct command *command = make(victim, COMMAND_GET_NS);

    command->in.ns.name = BYTES("default");
    return command;
}

/* Not for bound tokens at all: their scopes are over the whole broker, which is looked at
 * below, or the process asks by itself. Of the metrics a part is shown, when they are written.
 * Which tokens one may hand out, and which rows of the record one sees, is tested there. */
#define NOT_TRIED(kind) TRY(kind, ((void)victim, NULL))

NOT_TRIED(PUT_NS)
NOT_TRIED(SHUTDOWN)
NOT_TRIED(ADVANCE)
NOT_TRIED(NOTE_TOKEN_USES)
NOT_TRIED(SWEEP_TOKENS)
NOT_TRIED(NOTE)
NOT_TRIED(WATCH_TARGETS)
NOT_TRIED(NOTE_TARGET)
NOT_TRIED(TAKE_DELIVERIES)
NOT_TRIED(SETTLE_DELIVERIES)
NOT_TRIED(METRICS)
NOT_TRIED(MAKE_TOKEN)
NOT_TRIED(ROTATE_TOKEN)
NOT_TRIED(REVOKE_TOKEN)
NOT_TRIED(LIST_AUDIT)
NOT_TRIED(LIST_EVENTS)
