/* Play: commands with their usual arguments. */
#include "play.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct task_spec usual_spec(const char *queue)
{
    return (struct task_spec){
        .queue = bytes_of(queue),
        .type = BYTES(""),
        .delay_ms = -1,
        .run_at_ms = -1,
        .timeout_ms = -1,
        .lease_ms = -1,
        .expires_ms = -1,
        .deadline_ms = -1,
        .result_ttl_ms = -1,
        .payload = {.data = BYTES("{}")},
    };
}

struct command *to_submit_many(struct stage *stage, const char *queue, unsigned count)
{
    struct command *command = stage_make(stage, COMMAND_SUBMIT);
    struct submit *submit = &command->in.submit;

    submit->specs = arena_alloc(command->mem, count * sizeof(*submit->specs));
    submit->specs_len = count;
    for (unsigned i = 0; i < count; i++)
        submit->specs[i] = usual_spec(queue);
    return command;
}

struct command *to_submit(struct stage *stage, const char *queue)
{
    struct command *command = to_submit_many(stage, queue, 1);

    command->in.submit.single = true;
    return command;
}

struct command *to_claim(struct stage *stage, struct id worker, unsigned max, int64_t wait_ms)
{
    struct command *command = stage_make(stage, COMMAND_CLAIM);

    command->by = &principal_broker; /* of those that are pushed to as well */
    command->in.claim = (struct claim){.worker = worker, .max = max};
    command->wait_ms = wait_ms;
    return command;
}

struct command *to_finish(struct stage *stage, struct bytes lease, enum outcome_kind kind)
{
    struct command *command = stage_make(stage, COMMAND_FINISH);
    struct outcome *outcome = arena_alloc(command->mem, sizeof(*outcome));

    *outcome = (struct outcome){.lease = lease, .kind = kind, .retryable = true, .delay_ms = -1};
    command->in.finish = (struct finish){.outcomes = outcome, .outcomes_len = 1};
    return command;
}

struct command *to_beat(struct stage *stage, struct id worker, int64_t wait_ms)
{
    struct command *command = stage_make(stage, COMMAND_HEARTBEAT);

    command->by = &principal_broker; /* of those that are pushed to as well */
    command->in.heartbeat = (struct heartbeat){.worker = worker, .all = true};
    command->wait_ms = wait_ms;
    return command;
}

struct command *to_look(struct stage *stage, struct id task, int64_t wait_ms)
{
    struct command *command = stage_make(stage, COMMAND_LOOK);

    command->in.look = (struct look){
        .task = task,
        .with_result = true,
        .with_attempts = true,
        .until = UNTIL_FINISHED,
        .if_none_match = VERSION_UNASKED,
    };
    command->wait_ms = wait_ms;
    return command;
}

struct command *to_cancel(struct stage *stage, struct id task, int64_t grace_ms)
{
    struct command *command = stage_make(stage, COMMAND_CANCEL);

    command->in.cancel =
        (struct cancel){.task = task, .grace_ms = grace_ms, .if_match = VERSION_UNASKED};
    return command;
}

struct command *to_extend(struct stage *stage, struct bytes lease, int64_t lease_ms)
{
    struct command *command = stage_make(stage, COMMAND_EXTEND);

    command->in.extend = (struct extend){.lease = lease, .lease_ms = lease_ms};
    return command;
}

struct command *to_queue(struct stage *stage, enum command_kind kind, const char *queue)
{
    struct command *command = stage_make(stage, kind);

    command->in.queue =
        (struct queue_name){.queue = bytes_of(queue), .for_ms = -1, .if_match = VERSION_UNASKED};
    return command;
}

struct command *to_edit_queue(struct stage *stage, const char *queue, unsigned has,
                              struct queue_settings settings)
{
    struct command *command = stage_make(stage, COMMAND_EDIT_QUEUE);

    command->in.queue_edit = (struct queue_edit){
        .queue = bytes_of(queue),
        .replace = true,
        .has = has,
        .settings = settings,
        .if_match = VERSION_UNASKED,
    };
    return command;
}

struct command *to_close(struct stage *stage, const char *queue, bool now, int64_t wait_ms)
{
    struct command *command = stage_make(stage, COMMAND_CLOSE_QUEUE);

    command->in.queue_close = (struct queue_close){
        .queue = bytes_of(queue),
        .now = now,
        .wait_timeout_ms = 60000,
        .close_timeout_ms = 10000,
    };
    command->wait_ms = wait_ms;
    return command;
}

struct command *to_plan(struct stage *stage, const char *name, const char *queue)
{
    struct command *command = stage_make(stage, COMMAND_PUT_SCHEDULE);

    command->in.schedule_edit = (struct schedule_edit){
        .name = bytes_of(name),
        .settings = {.cron = BYTES("0 12 * * *"),
                     .timezone = BYTES("UTC"),
                     .queue = bytes_of(queue)},
        .task = bytes_of(queue),
        .if_match = VERSION_UNASKED,
    };
    return command;
}

struct command *to_schedule(struct stage *stage, enum command_kind kind, const char *name)
{
    struct command *command = stage_make(stage, kind);

    command->in.schedule =
        (struct schedule_name){.name = bytes_of(name), .if_match = VERSION_UNASKED, .limit = 10};
    return command;
}

struct command *to_again(struct stage *stage, enum command_kind kind, struct id task)
{
    struct command *command = stage_make(stage, kind);

    command->in.again = (struct again){.task = task, .if_match = VERSION_UNASKED};
    return command;
}

/* ---- at once ---- */

static struct command *get(struct stage *stage, struct command *command)
{
    (void)stage_ask(stage, command);
    assert_true(is_answered(command));
    assert_string_equal(command->reply.error.detail, "");
    assert_int_equal(command->reply.error.code, OK);
    return command;
}

struct id submit(struct stage *stage, const char *queue)
{
    return get(stage, to_submit(stage, queue))->reply.view.task->id;
}

struct id enrol(struct stage *stage, const char *queue, int32_t concurrency)
{
    struct command *command = stage_make(stage, COMMAND_REGISTER);
    struct bytes name = bytes_of(queue);

    command->in.worker_spec = (struct worker_spec){
        .identity = BYTES("worker"),
        .queues = arena_copy(command->mem, &name, sizeof(name)),
        .queues_len = 1,
        .concurrency = concurrency,
        .confirm_ms = -1,
        .min_priority = MIN_PRIORITY_NONE,
    };
    return get(stage, command)->reply.workers[0].id;
}

const struct task *claim(struct stage *stage, struct id worker)
{
    const struct reply *reply = &get(stage, to_claim(stage, worker, 1, 0))->reply;

    return reply->tasks_len == 0 ? NULL : reply->tasks;
}

enum task_state finish(struct stage *stage, const struct task *task, enum outcome_kind kind)
{
    const struct outcome_reply *reply =
        get(stage, to_finish(stage, task->lease, kind))->reply.outcomes;

    assert_int_equal(reply->error.code, OK);
    return reply->state;
}

void cancel(struct stage *stage, struct id task, int64_t grace_ms)
{
    (void)get(stage, to_cancel(stage, task, grace_ms));
}

void beat(struct stage *stage, struct id worker)
{
    (void)get(stage, to_beat(stage, worker, 0));
}

void limit_running(struct stage *stage, const char *queue, int64_t concurrency)
{
    struct queue_settings settings = {.concurrency = concurrency};

    (void)get(stage, to_edit_queue(stage, queue, QUEUE_HAS_CONCURRENCY, settings));
}

void limit_pending(struct stage *stage, const char *queue, int64_t pending_limit)
{
    struct queue_settings settings = {.pending_limit = pending_limit};

    (void)get(stage, to_edit_queue(stage, queue, QUEUE_HAS_PENDING_LIMIT, settings));
}

const struct task_view *view(struct stage *stage, struct id task)
{
    return &get(stage, to_look(stage, task, 0))->reply.view;
}

enum task_state state_of(struct stage *stage, struct id task)
{
    return view(stage, task)->task->state;
}

const struct queue_view *view_queue(struct stage *stage, const char *queue)
{
    return get(stage, to_queue(stage, COMMAND_GET_QUEUE, queue))->reply.queues;
}

int64_t count(struct stage *stage, const char *queue, enum task_state state)
{
    return view_queue(stage, queue)->counts.of[state];
}

enum err code_of(const struct command *command)
{
    assert_true(is_answered(command));
    return command->reply.error.code;
}
