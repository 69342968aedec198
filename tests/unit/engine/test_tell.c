/* Tests of what events say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "brain.h"
#include "domain/event.h"
#include "play.h"

#include <stdio.h>
#include <string.h>

/* How many events of the kind say just this. */
static int64_t told(struct stage *stage, enum event_kind kind, const char *data)
{
    char sql[1024];

    (void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM events WHERE kind = %d AND data = '%s'",
                   (int)kind, data);
    return stage_number(stage, sql);
}

/* A number that the last event of the kind has in its data. */
static int64_t said(struct stage *stage, enum event_kind kind, const char *expression)
{
    char sql[512];

    (void)snprintf(sql, sizeof(sql),
                   "SELECT %s FROM events WHERE kind = %d ORDER BY number DESC LIMIT 1", expression,
                   (int)kind);
    return stage_number(stage, sql);
}

static struct command *to_fail(struct stage *stage, const struct task *task, const char *message)
{
    struct command *command = to_finish(stage, task->lease, OUTCOME_FAILED);
    struct outcome *outcome = command->in.finish.outcomes;

    outcome->failure.type = BYTES("\"broken\"");
    outcome->failure.message = bytes_of(message);
    outcome->failure.trace = BYTES("\"a long story\"");
    outcome->failure_type = BYTES("broken");
    return command;
}

static void a_task_that_succeeds_tells_type_worker_and_attempt(void **state)
{
    struct stage *stage = *state;
    struct command *command = to_submit(stage, "q");

    command->in.submit.specs[0].type = BYTES("mail");
    (void)stage_ask(stage, command);
    (void)finish(stage, claim(stage, enrol(stage, "q", 1)), OUTCOME_SUCCEEDED);

    assert_int_equal(told(stage, EVENT_TASK_SUBMITTED, "{\"type\":\"mail\"}"), 1);
    assert_int_equal(said(stage, EVENT_TASK_CLAIMED, "data->>'attempt' = 1"), 1);
    assert_int_equal(said(stage, EVENT_TASK_CLAIMED, "data->>'delivery' = 1"), 1);
    assert_int_equal(said(stage, EVENT_TASK_CLAIMED, "length(data->>'worker_id')"), 36);
    assert_int_equal(told(stage, EVENT_TASK_STARTED, "{\"attempt\":1}"), 1);
    assert_int_equal(told(stage, EVENT_TASK_SUCCEEDED, "{\"attempt\":1}"), 1);
}

static void a_failure_tells_type_and_message_but_not_the_trace(void **state)
{
    struct stage *stage = *state;

    (void)submit(stage, "q");
    (void)stage_ask(stage, to_fail(stage, claim(stage, enrol(stage, "q", 1)), "\"no \\\"x\\\"\""));

    assert_int_equal(said(stage, EVENT_TASK_RETRYING,
                          "json_remove(data, '$.run_at') = "
                          "'{\"attempt\":1,\"reason\":\"failed\",\"error\":"
                          "{\"type\":\"broken\",\"message\":\"no \\\"x\\\"\"}}'"),
                     1);
    assert_int_equal(said(stage, EVENT_TASK_RETRYING, "length(data->>'run_at')"), 24);
}

/* What is cut stays UTF-8. */
static void a_long_message_is_cut_between_characters(void **state)
{
    struct stage *stage = *state;
    struct buffer message;

    buffer_init(&message, SIZE_MAX);
    buffer_append_text(&message, "\"x");
    for (int i = 0; i < 400; i++)
        buffer_append_text(&message, "\xc3\xa9");
    buffer_append(&message, (struct bytes){"\"", 2});
    (void)submit(stage, "q");
    (void)stage_ask(stage, to_fail(stage, claim(stage, enrol(stage, "q", 1)), message.at));

    /* 1 + 2 x 249 bytes */
    assert_int_equal(said(stage, EVENT_TASK_RETRYING, "length(data->>'$.error.message')"), 250);
    assert_int_equal(said(stage, EVENT_TASK_RETRYING, "instr(data, char(65533))"), 0);
    buffer_fini(&message);
}

static void a_task_given_back_tells_the_attempt_that_is_over_and_why(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 1);

    (void)submit(stage, "q");
    (void)finish(stage, claim(stage, worker), OUTCOME_RELEASED);
    assert_int_equal(said(stage, EVENT_TASK_RETRYING,
                          "data LIKE '{\"attempt\":1,%\"reason\":\"released\",\"error\":null}'"),
                     1);
    (void)finish(stage, claim(stage, worker), OUTCOME_SNOOZED);
    assert_int_equal(said(stage, EVENT_TASK_RETRYING, "data->>'reason' = 'snoozed'"), 1);
    assert_non_null(claim(stage, worker));
    stage_pass(stage, 30000);
    assert_int_equal(said(stage, EVENT_TASK_RETRYING,
                          "data->>'reason' = 'lost' AND data->>'$.error.type' = 'lost'"),
                     1);
}

static void a_failed_task_tells_whether_somebody_waits_for_it(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 1), task;
    struct command *command;

    for (int64_t wait_ms = 0; wait_ms <= 60000; wait_ms += 60000) {
        task = submit(stage, "q");
        if (wait_ms > 0)
            (void)stage_ask(stage, to_look(stage, task, wait_ms));
        command = to_fail(stage, claim(stage, worker), "\"no\"");
        command->in.finish.outcomes[0].retryable = false;
        (void)stage_ask(stage, command);
        assert_int_equal(said(stage, EVENT_TASK_FAILED, "data->>'handled'"), wait_ms > 0);
    }
    assert_int_equal(told(stage, EVENT_TASK_FAILED,
                          "{\"handled\":true,\"attempt\":1,\"error\":{\"type\":\"broken\","
                          "\"message\":\"no\"}}"),
                     1);
}

static void a_cancel_tells_its_reason_and_whether_the_worker_answered(void **state)
{
    static const char user[] = "{\"reason\":\"user\",\"abandoned\":false}";
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 1), task = submit(stage, "q");
    const struct task *claimed;

    cancel(stage, task, 1000);
    assert_int_equal(told(stage, EVENT_TASK_CANCELLED, user), 1);
    task = submit(stage, "q");
    claimed = claim(stage, worker);
    cancel(stage, task, 1000);
    (void)finish(stage, claimed, OUTCOME_CANCELLED);
    assert_int_equal(told(stage, EVENT_TASK_CANCELLED, user), 2);
    task = submit(stage, "q");
    assert_non_null(claim(stage, worker));
    cancel(stage, task, 1000);
    stage_pass(stage, 1000);
    assert_int_equal(told(stage, EVENT_TASK_CANCELLED,
                          "{\"reason\":\"user\",\"abandoned\":true,\"detail\":"
                          "\"closing timed out\"}"),
                     1);
}

static void a_worker_may_say_cancelled_unasked(void **state)
{
    struct stage *stage = *state;

    (void)submit(stage, "q");
    (void)finish(stage, claim(stage, enrol(stage, "q", 1)), OUTCOME_CANCELLED);
    assert_int_equal(told(stage, EVENT_TASK_CANCELLED, "{\"reason\":null,\"abandoned\":false}"), 1);
}

static void an_expiry_tells_its_time(void **state)
{
    struct stage *stage = *state;
    struct command *command = to_submit(stage, "q");

    command->in.submit.specs[0].expires_ms = 1000;
    (void)stage_ask(stage, command);
    stage_pass(stage, 1000);
    assert_int_equal(said(stage, EVENT_TASK_EXPIRED, "length(data->>'expires_at')"), 24);
}

static struct command *to_note(struct stage *stage, const struct task *task, struct bytes progress)
{
    struct command *command = stage_make(stage, COMMAND_PROGRESS);

    command->in.progress = (struct progress_note){.lease = task->lease, .progress = progress};
    return command;
}

static void a_note_is_told_as_sent_and_a_large_one_by_its_percent(void **state)
{
    struct stage *stage = *state;
    struct bytes note = BYTES("{\"percent\":12.50,\"message\":\"on\",\"data\":null}");
    struct buffer large;
    const struct task *task;

    (void)submit(stage, "q");
    task = claim(stage, enrol(stage, "q", 1));
    (void)stage_ask(stage, to_note(stage, task, note));
    assert_int_equal(told(stage, EVENT_TASK_PROGRESS, note.at), 1);
    buffer_init(&large, SIZE_MAX);
    buffer_printf(&large, "{\"percent\":7,\"message\":\"%04500d\"}", 0);
    (void)stage_ask(stage, to_note(stage, task, buffer_bytes(&large)));
    buffer_fini(&large);
    assert_int_equal(told(stage, EVENT_TASK_PROGRESS, "{\"percent\":7}"), 1);
}

static void a_checkpoint_alone_is_no_progress(void **state)
{
    struct stage *stage = *state;
    struct command *command;

    (void)submit(stage, "q");
    command = to_note(stage, claim(stage, enrol(stage, "q", 1)), BYTES_NONE);
    command->in.progress.checkpoint = BYTES("17");
    (void)stage_ask(stage, command);
    assert_int_equal(said(stage, EVENT_TASK_PROGRESS, "count(*)"), 0);
}

static void log_lines_are_told_up_to_a_hundred_a_call(void **state)
{
    struct stage *stage = *state;
    struct command *command = stage_make(stage, COMMAND_LEASE_LOGS);
    char message[3000] = "";

    (void)submit(stage, "q");
    memset(message, 'm', sizeof(message) - 1);
    command->in.logs.lease = claim(stage, enrol(stage, "q", 1))->lease;
    command->in.logs.lines = arena_alloc(command->mem, 150 * sizeof(struct log_line));
    command->in.logs.lines_len = 150;
    for (int i = 0; i < 150; i++)
        command->in.logs.lines[i] =
            (struct log_line){.level = BYTES("warn"), .message = bytes_of(message), .at_ms = -1};
    (void)stage_ask(stage, command);
    assert_int_equal(said(stage, EVENT_TASK_LOG, "count(*)"), 100);
    assert_int_equal(said(stage, EVENT_TASK_LOG, "length(data->>'message')"), 1024);
    assert_int_equal(
        said(stage, EVENT_TASK_LOG, "data->>'level' = 'warn' AND data->>'logger' IS NULL"), 1);
}

static void workers_and_pauses_are_told(void **state)
{
    struct stage *stage = *state;
    struct command *command = to_queue(stage, COMMAND_PAUSE_QUEUE, "q");

    (void)enrol(stage, "q", 1);
    assert_int_equal(said(stage, EVENT_WORKER_REGISTERED,
                          "length(data->>'worker_id') = 36 AND length(data->>'identity') > 0"),
                     1);
    command->in.queue.for_ms = -1;
    (void)stage_ask(stage, command);
    assert_int_equal(told(stage, EVENT_QUEUE_PAUSED, "{\"until\":null}"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, stage_setup, stage_teardown)
        TEST(a_task_that_succeeds_tells_type_worker_and_attempt),
        TEST(a_failure_tells_type_and_message_but_not_the_trace),
        TEST(a_long_message_is_cut_between_characters),
        TEST(a_task_given_back_tells_the_attempt_that_is_over_and_why),
        TEST(a_failed_task_tells_whether_somebody_waits_for_it),
        TEST(a_cancel_tells_its_reason_and_whether_the_worker_answered),
        TEST(a_worker_may_say_cancelled_unasked),
        TEST(an_expiry_tells_its_time),
        TEST(a_note_is_told_as_sent_and_a_large_one_by_its_percent),
        TEST(a_checkpoint_alone_is_no_progress),
        TEST(log_lines_are_told_up_to_a_hundred_a_call),
        TEST(workers_and_pauses_are_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
