/* Tests of dead letters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "play.h"

static void bury(struct stage *stage, const char *queue, const char *in)
{
    struct queue_settings settings = {.dead_letter_queue = bytes_of(in)};
    struct command *command = to_edit_queue(stage, queue, QUEUE_HAS_DEAD_LETTER_QUEUE, settings);

    assert_int_equal(code_of(stage_ask(stage, command)), OK);
}

/* One with one attempt, labels, a key and a name, in a queue that buries in "dead". */
static struct id submit_rich(struct stage *stage)
{
    struct command *command = to_submit(stage, "q");
    struct task_spec *spec = &command->in.submit.specs[0];

    bury(stage, "q", "dead");
    spec->type = BYTES("send");
    spec->payload = (struct body){.data = BYTES("<x/>"), .content_type = BYTES("text/xml")};
    spec->headers = BYTES("{\"h\":1}");
    spec->tags = BYTES("t\n");
    spec->name = BYTES("n");
    spec->priority = 7;
    spec->retry = (struct retry_policy){.given = RETRY_HAS_MAX_ATTEMPTS, .max_attempts = 1};
    spec->rules.dedup = (struct dedup){.key = BYTES("k")};
    (void)stage_ask(stage, command);
    assert_int_equal(code_of(command), OK);
    return command->reply.view.task->id;
}

static void fail_one(struct stage *stage, struct id worker)
{
    const struct task *task = claim(stage, worker);
    struct command *command = to_finish(stage, task->lease, OUTCOME_FAILED);

    command->in.finish.outcomes[0].retryable = false;
    command->in.finish.outcomes[0].failure.type = BYTES("\"boom\"");
    assert_int_equal(code_of(stage_ask(stage, command)), OK);
    assert_int_equal(command->reply.outcomes[0].state, TASK_FAILED);
}

static void a_failed_task_leaves_a_copy(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 1);
    struct id original = submit_rich(stage);
    struct bytes labels[] = {BYTES("default"), BYTES("q")};

    fail_one(stage, worker);
    const struct task *copy = claim(stage, enrol(stage, "dead", 1));

    assert_non_null(copy);
    assert_true(bytes_is(copy->type, "send"));
    assert_true(bytes_is(copy->payload.data, "<x/>"));
    assert_true(bytes_is(copy->payload.content_type, "text/xml"));
    assert_int_equal(copy->priority, 7);
    assert_int_equal(copy->attempt, 1);

    const struct task *seen = view(stage, copy->id)->task;

    assert_true(bytes_is(seen->headers, "{\"h\":1}"));
    assert_true(bytes_is(seen->tags, "t\n"));
    assert_true(bytes_is(seen->name, "n"));
    assert_int_equal(seen->max_attempts, 3);
    assert_false(seen->has_dedup_key);
    assert_true(seen->is_dead_letter);
    assert_memory_equal(&seen->dead_letter.task, &original, sizeof(original));
    assert_true(bytes_is(seen->dead_letter.queue, "q"));
    assert_int_equal(seen->dead_letter.attempts, 1);
    assert_non_null(strstr(seen->dead_letter.error.at, "boom"));
    assert_int_equal(state_of(stage, original), TASK_FAILED);
    assert_int_equal(view(stage, original)->attempts_len, 1);
    assert_int_equal(metrics_value(stage->metrics, METRIC_DEAD_LETTERS, labels), 1);
}

static void a_copy_is_not_copied_again(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 1);

    (void)submit_rich(stage);
    bury(stage, "dead", "q");
    fail_one(stage, worker);
    fail_one(stage, enrol(stage, "dead", 1));
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM tasks"), 2);
}

static void a_full_queue_takes_it_a_closed_one_does_not(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 1);

    limit_pending(stage, "dead", 0);
    (void)submit_rich(stage);
    fail_one(stage, worker);
    assert_int_equal(count(stage, "dead", TASK_READY), 1);
    (void)stage_ask(stage, to_close(stage, "dead", true, 0));
    (void)submit_rich(stage);
    fail_one(stage, worker);
    assert_int_equal(count(stage, "dead", TASK_READY), 0);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM tasks"), 3);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM events WHERE "
                                         "data LIKE '%\"detail\":\"the queue is closed\"%'"),
                     1);
}

static void a_redriven_task_takes_its_copy_back(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 1);
    struct id original = submit_rich(stage);

    fail_one(stage, worker);
    assert_int_equal(code_of(stage_ask(stage, to_again(stage, COMMAND_RETRY, original))), OK);
    assert_int_equal(count(stage, "dead", TASK_READY), 0);
    assert_int_equal(count(stage, "dead", TASK_CANCELLED), 1);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM results "
                                         "WHERE cancel_reason = 'redriven'"),
                     1);
    fail_one(stage, worker);
    assert_int_equal(count(stage, "dead", TASK_READY), 1);
}

static void a_copy_that_was_claimed_stands_in_the_way(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 1);
    struct id mender = enrol(stage, "dead", 1);
    struct id original = submit_rich(stage);
    char id[ID_TEXT_LEN + 1];

    fail_one(stage, worker);
    const struct task *copy = claim(stage, mender);
    struct command *again = stage_ask(stage, to_again(stage, COMMAND_RETRY, original));

    id_format(copy->id, id);
    assert_int_equal(code_of(again), ERR_STATE_CONFLICT);
    assert_non_null(strstr(again->reply.error.detail, id));
    assert_int_equal(finish(stage, copy, OUTCOME_SUCCEEDED), TASK_SUCCEEDED);
    assert_int_equal(code_of(stage_ask(stage, to_again(stage, COMMAND_RETRY, original))), OK);
}

static void a_copy_runs_again_like_any_task_and_goes_with_its_row(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 1);
    struct id mender = enrol(stage, "dead", 1);

    (void)submit_rich(stage);
    fail_one(stage, worker);
    const struct task *copy = claim(stage, mender);

    cancel(stage, copy->id, 0);
    stage_pass(stage, 1);
    assert_int_equal(state_of(stage, copy->id), TASK_CANCELLED);
    assert_int_equal(code_of(stage_ask(stage, to_again(stage, COMMAND_RETRY, copy->id))), OK);
    assert_non_null(claim(stage, mender));
    cancel(stage, copy->id, 0);
    stage_pass(stage, 1);
    (void)stage_ask(stage, to_again(stage, COMMAND_DELETE_TASK, copy->id));
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM dead_letters"), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stage_setup, stage_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_failed_task_leaves_a_copy),
        TEST(a_copy_is_not_copied_again),
        TEST(a_full_queue_takes_it_a_closed_one_does_not),
        TEST(a_redriven_task_takes_its_copy_back),
        TEST(a_copy_that_was_claimed_stands_in_the_way),
        TEST(a_copy_runs_again_like_any_task_and_goes_with_its_row),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
