/* Tests of targets: the push room hears of endpoints that changed, and tells how they fare. */
#include "targets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "push_play.h"

/* The mark behind all that there is. */
static int64_t mark(struct stage *stage)
{
    const struct reply *reply = &stage_ask(stage, to_watch(stage, 0, 0))->reply;

    return reply->targets_len == 0 ? 0 : reply->targets[reply->targets_len - 1].changed;
}

static void only_the_broker_may_ask(void **state)
{
    struct stage *stage = *state;
    struct command *watch = to_watch(stage, 0, 0),
                   *note = to_note(stage, enrol_push(stage, "q"), 1);

    watch->by = note->by = &principal_open;
    assert_int_equal(code_of(stage_ask(stage, watch)), ERR_FORBIDDEN);
    assert_int_equal(code_of(stage_ask(stage, note)), ERR_FORBIDDEN);
}

static void a_push_worker_is_shown_with_all_that_calling_it_takes(void **state)
{
    struct stage *stage = *state;
    struct id id = enrol_push(stage, "q");
    const struct reply *reply = &stage_ask(stage, to_watch(stage, 0, 1000))->reply;
    const struct target_view *target = &reply->targets[0];

    (void)enrol(stage, "q", 1);
    assert_int_equal(reply->targets_len, 1);
    assert_int_equal(target->kind, TARGET_WORKER);
    assert_memory_equal(&target->worker, &id, sizeof(id));
    assert_true(bytes_is(target->url, PUSH_URL));
    assert_true(bytes_is(target->ns, "default"));
    assert_true(bytes_is(target->name, "thumbs"));
    assert_int_equal(target->keys_len, 1);
    assert_int_equal(target->keys[0].len, 32);
    assert_int_equal(target->concurrency, 2);
    assert_false(target->is_out);
}

static void a_watch_waits_for_the_next_registration(void **state)
{
    struct stage *stage = *state;
    struct command *watch = stage_ask(stage, to_watch(stage, 0, INT64_MAX / 2));

    assert_false(is_answered(watch));
    (void)enrol(stage, "q", 1);
    assert_false(is_answered(watch));
    (void)enrol_push(stage, "q");
    assert_true(is_answered(watch));
    assert_int_equal(watch->reply.targets_len, 1);
}

static void an_edit_is_a_change_and_a_note_is_none(void **state)
{
    struct stage *stage = *state;
    struct id id = enrol_push(stage, "q");
    int64_t since = mark(stage);
    struct command *watch = stage_ask(stage, to_watch(stage, since, INT64_MAX / 2)),
                   *edit = to_edit_worker(stage, id);

    (void)stage_ask(stage, to_note(stage, id, false));
    assert_false(is_answered(watch));
    edit->in.worker_edit.has_concurrency = true;
    edit->in.worker_edit.concurrency = 9;
    (void)stage_ask(stage, edit);
    assert_true(is_answered(watch));
    assert_int_equal(watch->reply.targets[0].concurrency, 9);
    assert_true(watch->reply.targets[0].changed > since);
}

static void one_that_is_paused_is_out(void **state)
{
    struct stage *stage = *state;
    struct command *edit = to_edit_worker(stage, enrol_push(stage, "q"));

    edit->in.worker_edit.has_mode = true;
    edit->in.worker_edit.mode = WORKER_PAUSED;
    (void)stage_ask(stage, edit);
    assert_true(stage_ask(stage, to_watch(stage, 0, 0))->reply.targets[0].is_out);
}

static void a_drain_ends_the_wait_and_takes_no_other(void **state)
{
    struct stage *stage = *state;
    struct command *watch = stage_ask(stage, to_watch(stage, 0, INT64_MAX / 2)),
                   *stop = stage_make(stage, COMMAND_SHUTDOWN);

    stop->in.shutdown.wait_timeout_ms = 1000;
    stop->by = &principal_broker;
    (void)submit(stage, "q");
    assert_non_null(claim(stage, enrol(stage, "q", 1)));
    (void)stage_ask(stage, stop);
    assert_true(is_answered(watch));
    assert_int_equal(code_of(watch), ERR_DRAINING);
    assert_int_equal(code_of(stage_ask(stage, to_watch(stage, 0, 1000))), ERR_DRAINING);
}

static void many_are_told_a_page_at_a_time(void **state)
{
    struct stage *stage = *state;
    const struct reply *reply;

    for (int i = 0; i < 1001; i++) {
        struct command *command = to_enrol_push(stage, "q", PUSH_URL);

        command->in.worker_spec.push_url = arena_printf(command->mem, PUSH_URL "/%d", i);
        (void)stage_ask(stage, command);
    }
    reply = &stage_ask(stage, to_watch(stage, 0, 0))->reply;
    assert_int_equal(reply->targets_len, 1000);
    reply = &stage_ask(stage, to_watch(stage, reply->targets[999].changed, 0))->reply;
    assert_int_equal(reply->targets_len, 1);
}

static void a_note_of_one_that_left_is_refused(void **state)
{
    struct stage *stage = *state;
    struct id id = enrol_push(stage, "q");
    struct command *leave = stage_make(stage, COMMAND_LEAVE);

    leave->in.worker = id;
    (void)stage_ask(stage, leave);
    assert_int_equal(code_of(stage_ask(stage, to_note(stage, id, false))), ERR_NOT_FOUND);
    assert_int_equal(stage_ask(stage, to_watch(stage, 0, 0))->reply.targets_len, 0);
}

static void one_that_polls_is_no_endpoint(void **state)
{
    struct stage *stage = *state;

    assert_int_equal(code_of(stage_ask(stage, to_note(stage, enrol(stage, "q", 1), false))),
                     ERR_NOT_FOUND);
}

#define STAGED(test) cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(only_the_broker_may_ask),
        STAGED(a_push_worker_is_shown_with_all_that_calling_it_takes),
        STAGED(a_watch_waits_for_the_next_registration),
        STAGED(an_edit_is_a_change_and_a_note_is_none),
        STAGED(one_that_is_paused_is_out),
        STAGED(a_drain_ends_the_wait_and_takes_no_other),
        STAGED(many_are_told_a_page_at_a_time),
        STAGED(a_note_of_one_that_left_is_refused),
        STAGED(one_that_polls_is_no_endpoint),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
