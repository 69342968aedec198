/* Tests of what is shown of a queue. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "play.h"

static void a_newer_registration_stands_for_the_older_of_its_instance(void **state)
{
    struct stage *stage = *state;
    struct bytes queue = BYTES("q");

    for (int i = 0; i < 2; i++) {
        struct command *command = stage_make(stage, COMMAND_REGISTER);

        stage_pass(stage, 1000);
        command->in.worker_spec = (struct worker_spec){.identity = BYTES("w"),
                                                       .instance = BYTES("1"),
                                                       .queues = &queue,
                                                       .queues_len = 1,
                                                       .concurrency = 1 + i,
                                                       .confirm_ms = -1,
                                                       .min_priority = MIN_PRIORITY_NONE};
        (void)stage_ask(stage, command);
    }

    assert_int_equal(view_queue(stage, "q")->replicas_len, 1);
    assert_int_equal(view_queue(stage, "q")->replicas[0].spec.concurrency, 2);
}

static void register_instance(struct stage *stage, const char *instance, const char *queue_name)
{
    struct command *command = stage_make(stage, COMMAND_REGISTER);
    struct bytes *queue = arena_alloc(command->mem, sizeof(*queue));

    *queue = bytes_of(queue_name);
    command->in.worker_spec = (struct worker_spec){.identity = BYTES("w"),
                                                   .instance = bytes_of(instance),
                                                   .queues = queue,
                                                   .queues_len = 1,
                                                   .concurrency = 1,
                                                   .confirm_ms = -1,
                                                   .min_priority = MIN_PRIORITY_NONE};
    (void)stage_ask(stage, command);
    stage_pass(stage, 1000);
}

static void an_instance_that_serves_another_queue_now_is_gone_from_the_first(void **state)
{
    struct stage *stage = *state;

    register_instance(stage, "1", "q");
    register_instance(stage, "2", "q");
    register_instance(stage, "1", "other");

    assert_int_equal(view_queue(stage, "q")->replicas_len, 1);
    assert_true(bytes_is(view_queue(stage, "q")->replicas[0].spec.instance, "2"));
    assert_int_equal(view_queue(stage, "other")->replicas_len, 1);
}

static void rates_and_waits_tell_of_the_last_minute(void **state)
{
    struct stage *stage = *state;

    (void)stage_ask(stage, to_submit_many(stage, "q", 60));
    stage_pass(stage, 2000);
    assert_non_null(claim(stage, enrol(stage, "q", 1)));
    const struct queue_view *shown = view_queue(stage, "q");

    assert_true(shown->submitted_per_s > 0.99 && shown->submitted_per_s < 1.01);
    assert_in_range(shown->wait_p50_ms, 2000, 2500);
}

static void a_lost_worker_is_no_replica(void **state)
{
    struct stage *stage = *state;

    (void)enrol(stage, "q", 1);
    (void)submit(stage, "q");
    stage_pass(stage, 15000);

    assert_int_equal(view_queue(stage, "q")->replicas_len, 0);
    assert_string_equal(view_queue(stage, "q")->blocked_by[0], "no_worker");
}

static void the_oldest_is_found_whatever_its_priority(void **state)
{
    struct stage *stage = *state;
    struct command *urgent = to_submit(stage, "q");

    (void)submit(stage, "q");
    stage_pass(stage, 4000);
    urgent->in.submit.specs[0].priority = 10;
    (void)stage_ask(stage, urgent);

    assert_int_equal(view_queue(stage, "q")->oldest_ready_age_ms, 4000);
}

#define STAGED(test) cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(a_newer_registration_stands_for_the_older_of_its_instance),
        STAGED(an_instance_that_serves_another_queue_now_is_gone_from_the_first),
        STAGED(rates_and_waits_tell_of_the_last_minute),
        STAGED(a_lost_worker_is_no_replica),
        STAGED(the_oldest_is_found_whatever_its_priority),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
