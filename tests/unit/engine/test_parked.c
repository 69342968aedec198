/* Tests of parked requests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "brain.h"
#include "play.h"

static unsigned parked_len(const struct stage *stage)
{
    unsigned len = 0;

    for (int kind = 0; kind < PARKED_KINDS; kind++)
        len += stage->engine->lot.len[kind];
    return len;
}

static void what_is_answered_leaves_the_lot(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 1), task = submit(stage, "other");

    (void)stage_ask(stage, to_claim(stage, worker, 1, 60000));
    (void)stage_ask(stage, to_look(stage, task, 60000));
    (void)stage_ask(stage, to_look(stage, task, 60000));
    assert_int_equal(parked_len(stage), 3);
    cancel(stage, task, 0);
    (void)submit(stage, "q");

    assert_int_equal(parked_len(stage), 0);
    assert_null(lot_waiters(&stage->engine->lot, 1));
    assert_null(heap_first(&stage->engine->lot.deadlines));
}

static void everything_parked_is_answered_when_the_engine_closes(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 1), task = submit(stage, "other");
    struct command *waits[] = {to_claim(stage, worker, 1, 60000), to_look(stage, task, 60000),
                               to_beat(stage, worker, 60000)};

    for (int i = 0; i < 3; i++)
        (void)stage_ask(stage, waits[i]);
    struct command *unread[] = {to_submit(stage, "q"), to_queue(stage, COMMAND_PAUSE_QUEUE, "q"),
                                to_submit(stage, "q")};
    for (int i = 0; i < 3; i++)
        stage_post(stage, unread[i]);
    stage_restart(stage);

    for (int i = 0; i < 3; i++) {
        assert_int_equal(code_of(waits[i]), ERR_DRAINING);
        assert_int_equal(code_of(unread[i]), ERR_DRAINING);
    }
}

static void a_kill_lets_go_of_who_waited(void **state)
{
    struct stage *stage = *state;
    struct command *waiting = stage_ask(stage, to_look(stage, submit(stage, "q"), 60000));

    stage_kill(stage);

    assert_false(is_answered(waiting));
    assert_int_equal(parked_len(stage), 0);
}

static void many_may_wait_for_the_same_task(void **state)
{
    struct stage *stage = *state;
    struct id task = submit(stage, "q");
    struct command *waits[50];

    for (int i = 0; i < 50; i++)
        waits[i] = stage_ask(stage, to_look(stage, task, 1000 + i));
    stage_pass(stage, 1024);
    for (int i = 0; i < 50; i++)
        assert_int_equal(is_answered(waits[i]), i <= 24);
    cancel(stage, task, 0);
    for (int i = 25; i < 50; i++)
        assert_true(waits[i]->reply.done);
}

#define STAGED(test) cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(what_is_answered_leaves_the_lot),
        STAGED(everything_parked_is_answered_when_the_engine_closes),
        STAGED(a_kill_lets_go_of_who_waited),
        STAGED(many_may_wait_for_the_same_task),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
