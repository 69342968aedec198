/* Tests of outcomes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "play.h"

static const struct task *claim_new(struct stage *stage)
{
    (void)submit(stage, "q");
    return claim(stage, enrol(stage, "q", 1));
}

static void a_result_is_kept_byte_for_byte(void **state)
{
    struct stage *stage = *state;
    const struct task *task = claim_new(stage);
    struct command *command = to_finish(stage, task->lease, OUTCOME_SUCCEEDED);

    command->in.finish.outcomes->result = (struct body){BYTES("\0\xff\n"), BYTES("image/x")};
    (void)stage_ask(stage, command);

    assert_int_equal(command->reply.outcomes[0].state, TASK_SUCCEEDED);
    const struct task *after = view(stage, task->id)->task;
    assert_true(bytes_equal(after->result.data, BYTES("\0\xff\n")));
    assert_true(bytes_is(after->result.content_type, "image/x"));
}

static void the_same_word_again_gets_the_same_answer(void **state)
{
    struct stage *stage = *state;

    for (int kind = OUTCOME_SUCCEEDED; kind <= OUTCOME_CANCELLED; kind++) {
        const struct task *task = claim_new(stage);
        struct command *first =
            stage_ask(stage, to_finish(stage, task->lease, (enum outcome_kind)kind));
        int64_t attempts = stage_number(stage, "SELECT count(*) FROM attempts");
        struct command *again =
            stage_ask(stage, to_finish(stage, task->lease, (enum outcome_kind)kind));

        assert_int_equal(again->reply.outcomes[0].error.code, OK);
        assert_int_equal(again->reply.outcomes[0].state, first->reply.outcomes[0].state);
        assert_int_equal(stage_number(stage, "SELECT count(*) FROM attempts"), attempts);
        (void)stage_ask(stage, to_cancel(stage, task->id, 0));
    }
}

static void another_word_is_stale_and_changes_nothing(void **state)
{
    struct stage *stage = *state;
    const struct task *task = claim_new(stage);
    struct command *other = to_finish(stage, task->lease, OUTCOME_SUCCEEDED);

    (void)finish(stage, task, OUTCOME_SUCCEEDED);
    other->in.finish.outcomes->result.data = BYTES("another result");
    (void)stage_ask(stage, other);
    struct command *failed = stage_ask(stage, to_finish(stage, task->lease, OUTCOME_FAILED));

    assert_int_equal(other->reply.outcomes[0].error.code, ERR_STALE_LEASE);
    assert_int_equal(failed->reply.outcomes[0].error.code, ERR_STALE_LEASE);
    assert_int_equal(state_of(stage, task->id), TASK_SUCCEEDED);
}

static void a_lease_that_was_lost_is_fenced_off(void **state)
{
    struct stage *stage = *state;
    struct id task = submit(stage, "q");
    const struct task *first = claim(stage, enrol(stage, "q", 1));

    stage_pass(stage, 30000);
    const struct task *second = claim(stage, enrol(stage, "q", 1));

    assert_non_null(second);
    struct command *late = stage_ask(stage, to_finish(stage, first->lease, OUTCOME_SUCCEEDED));
    assert_int_equal(late->reply.outcomes[0].error.code, ERR_STALE_LEASE);
    assert_int_equal(state_of(stage, task), TASK_RUNNING);
    assert_int_equal(stage_metric(stage, METRIC_STALE_LEASES), 1);
    assert_int_equal(finish(stage, second, OUTCOME_SUCCEEDED), TASK_SUCCEEDED);
}

static void what_is_no_token_is_stale(void **state)
{
    struct stage *stage = *state;
    struct command *command =
        stage_ask(stage, to_finish(stage, BYTES("nonsense"), OUTCOME_SUCCEEDED));

    assert_int_equal(command->reply.outcomes[0].error.code, ERR_STALE_LEASE);
}

static void each_of_many_is_answered_for_itself(void **state)
{
    struct stage *stage = *state;
    const struct task *task = claim_new(stage);
    struct outcome outcomes[] = {
        {.lease = BYTES("x"), .kind = OUTCOME_SUCCEEDED},
        {.lease = task->lease, .kind = OUTCOME_SUCCEEDED},
        {.lease = task->lease, .kind = OUTCOME_SUCCEEDED},
    };
    struct command *command = stage_make(stage, COMMAND_FINISH);

    command->in.finish = (struct finish){.outcomes = outcomes, .outcomes_len = 3};
    (void)stage_ask(stage, command);

    assert_int_equal(command->reply.outcomes[0].error.code, ERR_STALE_LEASE);
    assert_int_equal(command->reply.outcomes[1].state, TASK_SUCCEEDED);
    assert_int_equal(command->reply.outcomes[2].state, TASK_SUCCEEDED);
}

#define STAGED(test) cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(a_result_is_kept_byte_for_byte),
        STAGED(the_same_word_again_gets_the_same_answer),
        STAGED(another_word_is_stale_and_changes_nothing),
        STAGED(a_lease_that_was_lost_is_fenced_off),
        STAGED(what_is_no_token_is_stale),
        STAGED(each_of_many_is_answered_for_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
