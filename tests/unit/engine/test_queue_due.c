/* Tests of queues' timers: a timed pause ends, once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "play.h"

static void a_timed_pause_ends_by_itself(void **state)
{
    struct stage *stage = *state;
    struct command *pause = to_queue(stage, COMMAND_PAUSE_QUEUE, "q");

    pause->in.queue.for_ms = 5000;
    (void)stage_ask(stage, pause);
    (void)submit(stage, "q");
    struct command *waiting = stage_ask(stage, to_claim(stage, enrol(stage, "q", 1), 1, 60000));

    stage_pass(stage, 4999);
    assert_false(is_answered(waiting));
    stage_pass(stage, 1);
    assert_int_equal(waiting->reply.tasks_len, 1);
    assert_false(view_queue(stage, "q")->settings.paused);
}

static void a_timed_pause_ends_over_a_restart(void **state)
{
    struct stage *stage = *state;
    struct command *pause = to_queue(stage, COMMAND_PAUSE_QUEUE, "q");

    pause->in.queue.for_ms = 5000;
    (void)stage_ask(stage, pause);
    (void)submit(stage, "q");
    struct id worker = enrol(stage, "q", 1);
    stage_restart(stage);
    struct command *waiting = stage_ask(stage, to_claim(stage, worker, 1, 60000));

    stage_pass(stage, 4999);
    assert_false(is_answered(waiting));
    stage_pass(stage, 1);
    assert_int_equal(waiting->reply.tasks_len, 1);
}

static void a_timed_pause_that_ended_stays_ended_when_the_clock_is_behind(void **state)
{
    struct stage *stage = *state;
    struct command *pause = to_queue(stage, COMMAND_PAUSE_QUEUE, "q");

    pause->in.queue.for_ms = 5000;
    (void)stage_ask(stage, pause);
    int64_t version = view_queue(stage, "q")->version;
    stage_pass(stage, 5000);
    stage->now.wall_ms -= 4000;
    stage_kill(stage);
    assert_false(view_queue(stage, "q")->settings.paused);
    assert_int_equal(view_queue(stage, "q")->version, version);
}

/* Two rows of one batch, written from the same memory. */
static void a_pause_that_ends_as_the_queue_closes_stays_ended(void **state)
{
    struct stage *stage = *state;
    struct command *pause = to_queue(stage, COMMAND_PAUSE_QUEUE, "q");
    struct id task = submit(stage, "q");

    pause->in.queue.for_ms = 5000;
    (void)stage_ask(stage, pause);
    (void)stage_ask(stage, to_close(stage, "q", false, 0));
    stage_skip(stage, 5000);
    cancel(stage, task, 0);
    stage->now.wall_ms -= 4000;
    stage_kill(stage);
    assert_true(view_queue(stage, "q")->closed);
    assert_false(view_queue(stage, "q")->settings.paused);
}

#define STAGED(test) cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(a_timed_pause_ends_by_itself),
        STAGED(a_timed_pause_ends_over_a_restart),
        STAGED(a_timed_pause_that_ended_stays_ended_when_the_clock_is_behind),
        STAGED(a_pause_that_ends_as_the_queue_closes_stays_ended),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
