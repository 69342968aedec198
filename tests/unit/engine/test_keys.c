/* Tests of idempotency keys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "play.h"

#include <stdio.h>

static void remember(struct command *command, int *ret_status, struct bytes *ret_location,
                     struct bytes *ret_body)
{
    *ret_status = 201;
    *ret_location = BYTES("/v1/tasks/x");
    *ret_body =
        arena_printf(command->mem, "task %lld", (long long)command->reply.view.task->number);
}

static struct command *with_key(struct stage *stage, const char *key, const char *fingerprint)
{
    struct command *command = to_submit(stage, "q");

    command->idempotency.key = bytes_of(key);
    command->idempotency.scope = BYTES("POST /v1/tasks");
    (void)snprintf(command->idempotency.fingerprint.at, sizeof(command->idempotency.fingerprint.at),
                   "%s", fingerprint);
    command->remember = remember;
    return command;
}

static void a_repeat_is_answered_as_the_first_was(void **state)
{
    struct stage *stage = *state;
    struct command *first = stage_ask(stage, with_key(stage, "k", "f"));
    struct command *again = stage_ask(stage, with_key(stage, "k", "f"));

    assert_false(first->reply.replayed);
    assert_true(again->reply.replayed);
    assert_int_equal(again->reply.stored_status, 201);
    assert_true(bytes_is(again->reply.stored_location, "/v1/tasks/x"));
    assert_true(bytes_is(again->reply.stored_body, "task 1"));
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM tasks"), 1);
}

static void a_repeat_in_the_same_transaction_makes_nothing_either(void **state)
{
    struct stage *stage = *state;
    struct command *first = with_key(stage, "k", "f"), *again = with_key(stage, "k", "f");

    stage_post(stage, first);
    (void)stage_ask(stage, again);

    assert_false(first->reply.replayed);
    assert_true(again->reply.replayed);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM tasks"), 1);
}

static void a_key_of_another_request_is_refused(void **state)
{
    struct stage *stage = *state;

    (void)stage_ask(stage, with_key(stage, "k", "f"));

    assert_int_equal(code_of(stage_ask(stage, with_key(stage, "k", "another"))), ERR_KEY_REUSED);
}

static void keys_outlive_a_restart_and_end_after_a_day(void **state)
{
    struct stage *stage = *state;

    (void)stage_ask(stage, with_key(stage, "k", "f"));
    stage_restart(stage);
    assert_true(stage_ask(stage, with_key(stage, "k", "f"))->reply.replayed);
    stage_pass(stage, 24 * 3600 * 1000);
    assert_false(stage_ask(stage, with_key(stage, "k", "f"))->reply.replayed);
}

static void a_repeat_of_a_held_submit_waits_behind_it(void **state)
{
    struct stage *stage = *state;
    struct command *first = with_key(stage, "k", "f"), *again = with_key(stage, "k", "f");

    limit_pending(stage, "q", 0);
    first->wait_ms = 60000;
    first->in.submit.until = UNTIL_ACCEPTED;
    (void)stage_ask(stage, first);
    (void)stage_ask(stage, again);
    assert_false(is_answered(again));

    limit_pending(stage, "q", 5);
    assert_int_equal(code_of(first), OK);
    assert_true(again->reply.replayed);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM tasks"), 1);
}

static void a_repeat_behind_a_refused_submit_is_decided_anew(void **state)
{
    struct stage *stage = *state;
    struct command *first = with_key(stage, "k", "f"), *again = with_key(stage, "k", "f");

    limit_pending(stage, "q", 0);
    first->wait_ms = 1000;
    (void)stage_ask(stage, first);
    (void)stage_ask(stage, again);
    stage_pass(stage, 1000);

    assert_int_equal(code_of(first), ERR_QUEUE_FULL);
    assert_int_equal(code_of(again), ERR_QUEUE_FULL);
    assert_false(again->reply.replayed);
}

static void a_repeat_that_waits_waits_anew(void **state)
{
    struct stage *stage = *state;
    struct command *again = with_key(stage, "k", "f");

    (void)stage_ask(stage, with_key(stage, "k", "f"));
    again->wait_ms = 60000;
    (void)stage_ask(stage, again);
    assert_false(is_answered(again));
    (void)finish(stage, claim(stage, enrol(stage, "q", 1)), OUTCOME_SUCCEEDED);

    assert_true(again->reply.replayed);
    assert_true(again->reply.done);
    assert_int_equal(again->reply.view.task->state, TASK_SUCCEEDED);
}

static void a_line_of_a_stream_is_taken_once(void **state)
{
    struct stage *stage = *state;
    struct command *lines = to_submit_many(stage, "q", 3);

    lines->in.submit.streamed = true;
    for (unsigned i = 0; i < 3; i++) {
        lines->in.submit.specs[i].idempotency_key = i == 2 ? BYTES("b") : BYTES("a");
        lines->in.submit.specs[i].fingerprint = BYTES("f");
    }
    lines->in.submit.specs[2].fingerprint = BYTES("f2");
    (void)stage_ask(stage, lines);

    assert_false(lines->reply.items[0].replayed);
    assert_true(lines->reply.items[1].replayed);
    assert_int_equal(lines->reply.items[1].number, lines->reply.items[0].number);
    assert_false(lines->reply.items[2].replayed);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM tasks"), 2);
}

static void a_killed_engine_lets_go_of_keys_that_were_open(void **state)
{
    struct stage *stage = *state;
    struct command *held = with_key(stage, "k", "f");

    limit_pending(stage, "q", 0);
    held->wait_ms = 60000;
    (void)stage_ask(stage, held);
    stage_kill(stage);
    limit_pending(stage, "q", 5);

    assert_false(stage_ask(stage, with_key(stage, "k", "f"))->reply.replayed);
}

#define STAGED(test) cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(a_repeat_is_answered_as_the_first_was),
        STAGED(a_repeat_in_the_same_transaction_makes_nothing_either),
        STAGED(a_key_of_another_request_is_refused),
        STAGED(keys_outlive_a_restart_and_end_after_a_day),
        STAGED(a_repeat_of_a_held_submit_waits_behind_it),
        STAGED(a_repeat_behind_a_refused_submit_is_decided_anew),
        STAGED(a_repeat_that_waits_waits_anew),
        STAGED(a_line_of_a_stream_is_taken_once),
        STAGED(a_killed_engine_lets_go_of_keys_that_were_open),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
