/* Why: an explanation as text. */
#include "why.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/compiler.h"

const struct task_view *explain(struct stage *stage, struct id task)
{
    struct command *look = to_look(stage, task, 0);

    look->in.look.with_explain = true;
    (void)stage_ask(stage, look);
    assert_int_equal(code_of(look), OK);
    return &look->reply.view;
}

static void tell_text(struct buffer *text, const char *member, struct bytes value)
{
    if (value.at == NULL)
        return;
    buffer_printf(text, " %s=", member);
    for (size_t i = 0; i < value.len; i++)
        buffer_append_char(text, value.at[i] == '\n' ? ';' : value.at[i]);
}

static void tell_number(struct buffer *text, const char *member, int64_t value)
{
    if (value >= 0)
        buffer_printf(text, " %s=%lld", member, (long long)value);
}

static void tell_blocker(struct buffer *text, const struct blocker *blocker, int64_t now_ms)
{
    buffer_append(text, bytes_of(blocker->kind));
    tell_text(text, "name", blocker->name);
    tell_text(text, "queue", blocker->queue);
    tell_text(text, "key", blocker->key);
    if (blocker->state != NULL)
        tell_text(text, "state", bytes_of(blocker->state));
    tell_text(text, "error", blocker->error);
    if (blocker->holder_state != TASK_STATE_NONE)
        tell_text(text, "holder_state", bytes_of(task_state_name(blocker->holder_state)));
    tell_text(text, "requires", blocker->requires);
    tell_text(text, "missing", blocker->missing);
    if (blocker->worker.at != NULL)
        tell_text(text, "worker", BYTES("ID"));
    if (blocker->min_priority != MIN_PRIORITY_NONE)
        buffer_printf(text, " min_priority=%d", (int)blocker->min_priority);
    if (blocker->never_fits)
        buffer_append(text, BYTES(" fits=false"));
    if (blocker->until_ms >= 0)
        buffer_printf(text, " until=%lld", (long long)(blocker->until_ms - now_ms));
    tell_number(text, "limit", blocker->limit);
    tell_number(text, "running", blocker->running);
    tell_number(text, "units", blocker->units);
    tell_number(text, "ahead", blocker->ahead);
    tell_number(text, "count", blocker->count);
    tell_number(text, "workers", blocker->workers);
    tell_number(text, "unavailable", blocker->unavailable);
    tell_number(text, "resting", blocker->resting);
    tell_number(text, "disabled", blocker->disabled);
    tell_number(text, "slots", blocker->slots);
    tell_number(text, "free", blocker->free);
    if (blocker->holders_len > 0)
        tell_number(text, "holders", blocker->holders_len);
}

const char *why(struct stage *stage, struct id task)
{
    const struct task_view *shown = explain(stage, task);
    struct command *keeper = stage_make(stage, COMMAND_LOOK);
    struct buffer text;
    const char *copy;

    buffer_init(&text, SIZE_MAX);
    for (unsigned i = 0; i < shown->blockers_len; i++) {
        if (i > 0)
            buffer_append(&text, BYTES(" | "));
        tell_blocker(&text, &shown->blockers[i], stage->now.wall_ms);
    }
    if (shown->estimate_ms != -1)
        buffer_printf(&text, " ~%lld", (long long)shown->estimate_ms);
    copy = arena_string(keeper->mem, buffer_bytes(&text));
    buffer_fini(&text);
    stage_post(stage, keeper);
    stage_settle(stage);
    return copy;
}

static bool is_as_expected(const struct situation *situation)
{
    struct stage *stage = stage_set();
    struct id task = situation->make(stage);
    const struct task_view *shown = explain(stage, task);
    const char *told = why(stage, task);
    bool is_waiting =
        !task_state_is_terminal(situation->state) && !task_state_is_leased(situation->state);
    bool is_right = shown->task->state == situation->state &&
                    (shown->blockers_len > 0) == is_waiting && shown->estimate_ms >= -1 &&
                    strcmp(told, situation->expected) == 0;

    if (!is_right)
        print_error("%s: it is %s\n  is:       %s\n  expected: %s\n", situation->name,
                    task_state_name(shown->task->state), told, situation->expected);
    stage_strike(stage);
    return is_right;
}

void play_situations(const struct situation *situations, unsigned len)
{
    unsigned wrong = 0;

    for (unsigned i = 0; i < len; i++)
        wrong += !is_as_expected(&situations[i]);
    assert_int_equal(wrong, 0);
}

/* ---- makers ---- */

struct id made(struct stage *stage, struct command *command)
{
    (void)stage_ask(stage, command);
    assert_string_equal(command->reply.error.detail, "");
    assert_int_equal(code_of(command), OK);
    return command->reply.view.task->id;
}

struct id submit_using(struct stage *stage, const char *limits)
{
    struct command *command = to_submit(stage, "q");

    command->in.submit.specs[0].rules.limits = bytes_of(limits);
    return made(stage, command);
}

void declare(struct stage *stage, const char *limit, int64_t max_running, struct rate_limit rate)
{
    struct command *command = stage_make(stage, COMMAND_PUT_LIMIT);

    command->in.limit = (struct limit_edit){
        .name = bytes_of(limit),
        .settings = {.max_running = max_running, .rate = rate},
        .if_match = VERSION_UNASKED,
    };
    assert_int_equal(code_of(stage_ask(stage, command)), OK);
}

void cap(struct stage *stage, const char *limit, int64_t max_running)
{
    declare(stage, limit, max_running, (struct rate_limit){.units = 0});
}

struct command *to_follow(struct stage *stage, enum order_failure on_failure)
{
    struct command *command = to_submit(stage, "q");

    command->in.submit.specs[0].rules.ordering_key = BYTES("k");
    command->in.submit.specs[0].rules.on_order_failure = on_failure;
    return command;
}

struct id enrol_for(struct stage *stage, const char *type, const char *labels, int32_t min_priority)
{
    struct command *command = stage_make(stage, COMMAND_REGISTER);
    struct bytes queue = BYTES("q"), only = bytes_of(type);

    command->in.worker_spec = (struct worker_spec){
        .identity = BYTES("worker"),
        .labels = bytes_of(labels),
        .queues = arena_copy(command->mem, &queue, sizeof(queue)),
        .queues_len = 1,
        .types = arena_copy(command->mem, &only, sizeof(only)),
        .types_len = 1,
        .concurrency = 1,
        .confirm_ms = -1,
        .min_priority = min_priority,
    };
    assert_int_equal(code_of(stage_ask(stage, command)), OK);
    return command->reply.workers[0].id;
}
