/* Tests of intents: purges, a slice at a time, over restarts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "play.h"

static void a_purge_cancels_what_has_not_started(void **state)
{
    struct stage *stage = *state;
    struct command *later = to_submit(stage, "q");

    (void)stage_ask(stage, to_submit_many(stage, "q", 3));
    later->in.submit.specs[0].delay_ms = 1000;
    (void)stage_ask(stage, later);
    assert_non_null(claim(stage, enrol(stage, "q", 1)));
    (void)stage_ask(stage, to_queue(stage, COMMAND_PURGE_QUEUE, "q"));

    assert_int_equal(count(stage, "q", TASK_CANCELLED), 3);
    assert_int_equal(count(stage, "q", TASK_RUNNING), 1);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM intents"), 0);
}

static void no_claim_takes_what_is_being_purged(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 1);

    for (int i = 0; i < 2; i++)
        (void)stage_ask(stage, to_submit_many(stage, "q", 1000));
    stage_post(stage, to_queue(stage, COMMAND_PURGE_QUEUE, "q"));
    (void)engine_step(stage->engine);
    struct command *early = to_claim(stage, worker, 1, 60000);
    stage_post(stage, early);
    (void)engine_step(stage->engine); /* a first slice is gone */
    int64_t cancelled = stage_number(stage, "SELECT count(*) FROM tasks WHERE state = 9");
    assert_in_range(cancelled, 1, 1999);
    stage_settle(stage);

    assert_int_equal(count(stage, "q", TASK_CANCELLED), 2000);
    assert_false(is_answered(early));
    (void)submit(stage, "q");
    assert_int_equal(early->reply.tasks_len, 1);
}

static void a_purge_goes_on_after_a_restart(void **state)
{
    struct stage *stage = *state;

    (void)stage_ask(stage, to_submit_many(stage, "q", 900));
    stage_post(stage, to_queue(stage, COMMAND_PURGE_QUEUE, "q"));
    (void)engine_step(stage->engine);
    (void)engine_step(stage->engine);
    stage_kill(stage);
    (void)submit(stage, "q");

    assert_int_equal(count(stage, "q", TASK_CANCELLED), 900);
    assert_int_equal(count(stage, "q", TASK_READY), 1);
}

#define STAGED(test) cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(a_purge_cancels_what_has_not_started),
        STAGED(no_claim_takes_what_is_being_purged),
        STAGED(a_purge_goes_on_after_a_restart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
