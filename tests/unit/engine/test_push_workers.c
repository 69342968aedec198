/* Tests of push workers: known again, never lost, keyed, put out of use and back. */
#include "push_workers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "push_play.h"

static const struct worker_view *look_at(struct stage *stage, struct id id)
{
    struct command *command = stage_make(stage, COMMAND_GET_WORKER);

    command->in.worker = id;
    (void)stage_ask(stage, command);
    assert_int_equal(code_of(command), OK);
    return &command->reply.workers[0];
}

static const struct worker_view *register_as(struct stage *stage, struct command *command)
{
    (void)stage_ask(stage, command);
    assert_int_equal(code_of(command), OK);
    return &command->reply.workers[0];
}

static struct target_view target_of(struct stage *stage)
{
    const struct reply *reply = &stage_ask(stage, to_watch(stage, 0, 0))->reply;

    assert_int_equal(reply->targets_len, 1);
    return reply->targets[0];
}

static void its_key_is_made_and_answered_once(void **state)
{
    struct stage *stage = *state;
    const struct worker_view *view = register_as(stage, to_enrol_push(stage, "q", PUSH_URL));

    assert_true(view->shows_key);
    assert_int_equal(view->spec.push_key.len, 32);
    assert_true(id_is_nil(view->previous));
    assert_false(look_at(stage, view->id)->shows_key);
    assert_int_equal(look_at(stage, view->id)->spec.push_key.len, 0);
    assert_true(bytes_is(look_at(stage, view->id)->spec.push_url, PUSH_URL));
}

static void one_that_registers_again_is_the_same_with_other_settings(void **state)
{
    struct stage *stage = *state;
    struct id id = enrol_push(stage, "q");
    struct signature_key key = target_of(stage).keys[0];
    struct command *again = to_enrol_push(stage, "other", PUSH_URL);
    const struct worker_view *view;

    again->in.worker_spec.concurrency = 7;
    again->in.worker_spec.version = BYTES("2");
    view = register_as(stage, again);
    assert_memory_equal(&view->id, &id, sizeof(id));
    assert_memory_equal(&view->previous, &id, sizeof(id));
    assert_false(view->shows_key);
    view = look_at(stage, id);
    assert_true(bytes_is(view->spec.queues[0], "other"));
    assert_true(bytes_is(view->spec.version, "2"));
    assert_int_equal(view->spec.concurrency, 7);
    assert_memory_equal(target_of(stage).keys[0].at, key.at, 32);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM workers"), 1);
    assert_int_equal(stage_number(stage, "SELECT concurrency FROM workers"), 7);
    assert_int_equal(stage_number(stage, "SELECT queues = 'other' || char(10) FROM workers"), 1);
}

static void another_address_or_identity_is_another_worker(void **state)
{
    struct stage *stage = *state;
    struct command *named = to_enrol_push(stage, "q", PUSH_URL);

    (void)enrol_push(stage, "q");
    named->in.worker_spec.identity = BYTES("another");
    (void)register_as(stage, named);
    (void)register_as(stage, to_enrol_push(stage, "q", PUSH_URL "/2"));
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM workers"), 3);
}

static void it_is_given_what_its_new_queues_hold_and_nothing_of_the_old(void **state)
{
    struct stage *stage = *state;
    struct id id = enrol_push(stage, "q");
    struct command *waiting = stage_ask(stage, to_claim(stage, id, 1, 60000));

    assert_false(is_answered(waiting));
    (void)register_as(stage, to_enrol_push(stage, "other", PUSH_URL));
    assert_true(is_answered(waiting));
    (void)submit(stage, "q");
    assert_null(claim(stage, id));
    (void)submit(stage, "other");
    assert_non_null(claim(stage, id));
}

static void a_new_secret_signs_beside_the_old_one_for_a_day(void **state)
{
    struct stage *stage = *state;
    struct id id = enrol_push(stage, "q");
    struct signature_key key = target_of(stage).keys[0];
    struct command *edit = to_edit_worker(stage, id);
    struct target_view target;

    edit->in.worker_edit.rotates_key = true;
    (void)stage_ask(stage, edit);
    assert_true(edit->reply.workers[0].shows_key);
    target = target_of(stage);
    assert_int_equal(target.keys_len, 2);
    assert_memory_equal(target.keys[0].at, edit->reply.workers[0].spec.push_key.at, 32);
    assert_memory_equal(target.keys[1].at, key.at, 32);
    assert_int_equal(target.old_key_until_ms, stage->now.wall_ms + SIGNATURE_OVERLAP_MS);
    stage_restart(stage);
    assert_int_equal(target_of(stage).keys_len, 2);
    stage_pass(stage, SIGNATURE_OVERLAP_MS);
    assert_int_equal(target_of(stage).keys_len, 1);
}

static void registering_with_the_same_secret_changes_no_key(void **state)
{
    struct stage *stage = *state;
    struct command *first = to_enrol_push(stage, "q", PUSH_URL),
                   *again = to_enrol_push(stage, "q", PUSH_URL);
    struct signature_key key = {.len = 24};

    memset(key.at, 'k', key.len);
    first->in.worker_spec.push_key = again->in.worker_spec.push_key = key;
    assert_true(register_as(stage, first)->shows_key);
    assert_false(register_as(stage, again)->shows_key);
    assert_int_equal(target_of(stage).keys_len, 1);
    again = to_enrol_push(stage, "q", PUSH_URL);
    key.at[0] = 'x';
    again->in.worker_spec.push_key = key;
    assert_true(register_as(stage, again)->shows_key);
    assert_int_equal(target_of(stage).keys_len, 2);
}

static void one_that_polls_has_no_secret_to_change(void **state)
{
    struct stage *stage = *state;
    struct command *edit = to_edit_worker(stage, enrol(stage, "q", 1));

    edit->in.worker_edit.rotates_key = true;
    assert_int_equal(code_of(stage_ask(stage, edit)), ERR_INVALID_FIELD);
}

static void silence_never_loses_it(void **state)
{
    struct stage *stage = *state;
    struct id id = enrol_push(stage, "q");

    stage_pass(stage, INT64_C(72) * 3600 * 1000);
    assert_string_equal(look_at(stage, id)->state, "run");
    stage_restart(stage);
    stage_pass(stage, INT64_C(72) * 3600 * 1000);
    assert_string_equal(look_at(stage, id)->state, "run");
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM events WHERE kind = 11"), 0);
}

static void it_was_seen_when_its_endpoint_answered(void **state)
{
    struct stage *stage = *state;
    struct id id = enrol_push(stage, "q");
    int64_t registered_at_ms = stage->now.wall_ms;
    struct command *failed = to_note(stage, id, false);

    failed->in.target.health.failed = 1;
    stage_pass(stage, 1000);
    assert_null(claim(stage, id));
    (void)stage_ask(stage, failed);
    assert_int_equal(look_at(stage, id)->last_seen_at_ms, registered_at_ms);
    (void)stage_ask(stage, to_note(stage, id, false));
    assert_int_equal(look_at(stage, id)->last_seen_at_ms, registered_at_ms + 1000);
}

static void how_it_fares_is_shown(void **state)
{
    struct stage *stage = *state;
    struct id id = enrol_push(stage, "q");
    const struct worker_view *view;

    (void)stage_ask(stage, to_note(stage, id, false));
    view = look_at(stage, id);
    assert_int_equal(view->health.window, 4);
    assert_int_equal(view->health.latency_ms, 20);
    assert_true(bytes_is(view->health.error, "HTTP 410"));
}

static void one_that_is_gone_is_handed_nothing_until_it_is_set_to_run(void **state)
{
    struct stage *stage = *state;
    struct id id = enrol_push(stage, "q");
    struct command *waiting = stage_ask(stage, to_claim(stage, id, 1, 60000)),
                   *edit = to_edit_worker(stage, id);

    (void)stage_ask(stage, to_note(stage, id, true));
    assert_true(is_answered(waiting));
    assert_string_equal(look_at(stage, id)->state, "disabled");
    assert_true(target_of(stage).is_out);
    (void)submit(stage, "q");
    assert_null(claim(stage, id));
    assert_int_equal(
        stage_number(stage, "SELECT count(*) FROM audit WHERE action = 'worker.disabled'"), 1);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM events WHERE kind = 20 AND "
                                         "data ->> '$.identity' = 'thumbs'"),
                     1);
    stage_restart(stage);
    assert_string_equal(look_at(stage, id)->state, "disabled");
    assert_null(claim(stage, id));
    edit->in.worker_edit.has_mode = true;
    (void)stage_ask(stage, edit);
    assert_string_equal(edit->reply.workers[0].state, "run");
    assert_string_equal(look_at(stage, id)->state, "run");
    assert_non_null(claim(stage, id));
}

static void only_the_room_asks_for_its_tasks(void **state)
{
    struct stage *stage = *state;
    struct id id = enrol_push(stage, "q");
    struct command *claim = to_claim(stage, id, 1, 0), *beat = to_beat(stage, id, 0);

    claim->by = beat->by = &principal_open;
    assert_int_equal(code_of(stage_ask(stage, claim)), ERR_STATE_CONFLICT);
    assert_int_equal(code_of(stage_ask(stage, beat)), ERR_STATE_CONFLICT);
}

static void registering_again_brings_it_back_and_leaves_a_pause(void **state)
{
    struct stage *stage = *state;
    struct id id = enrol_push(stage, "q");
    struct command *edit = to_edit_worker(stage, id);

    (void)stage_ask(stage, to_note(stage, id, true));
    edit->in.worker_edit.has_mode = true;
    edit->in.worker_edit.mode = WORKER_PAUSED;
    (void)stage_ask(stage, edit);
    assert_string_equal(edit->reply.workers[0].state, "disabled");
    (void)enrol_push(stage, "q");
    assert_string_equal(look_at(stage, id)->state, "paused");
}

static void its_first_lease_lasts_longer_than_the_request_may(void **state)
{
    struct stage *stage = *state;
    struct id id = enrol_push(stage, "q");
    const struct task *task;
    struct id submitted = submit(stage, "q");

    task = claim(stage, id);
    assert_int_equal(task->lease_ms, 30000);
    assert_int_equal(task->lease_expires_at_ms,
                     stage->now.wall_ms + task->lease_ms + PUSH_MARGIN_MS);
    stage_pass(stage, 30000 + PUSH_MARGIN_MS - 1);
    assert_int_equal(state_of(stage, submitted), TASK_RUNNING);
    stage_pass(stage, 1);
    assert_int_not_equal(state_of(stage, submitted), TASK_RUNNING);
}

static void once_it_is_extended_it_is_as_long_as_any(void **state)
{
    struct stage *stage = *state;
    struct id id = enrol_push(stage, "q"), submitted = submit(stage, "q");
    const struct task *task = claim(stage, id);

    (void)stage_ask(stage, to_extend(stage, task->lease, -1));
    stage_pass(stage, 29999);
    assert_int_equal(state_of(stage, submitted), TASK_RUNNING);
    stage_pass(stage, 1);
    assert_int_not_equal(state_of(stage, submitted), TASK_RUNNING);
}

static void a_wait_for_news_alone_is_not_ended_by_leases(void **state)
{
    struct stage *stage = *state;
    struct id id = enrol_push(stage, "q"), submitted = submit(stage, "q");
    struct command *news = to_beat(stage, id, INT64_MAX / 2);

    news->in.heartbeat.all = false;
    (void)stage_ask(stage, news);
    assert_non_null(claim(stage, id));
    stage_pass(stage, 39000);
    assert_false(is_answered(news));
    assert_int_equal(state_of(stage, submitted), TASK_RUNNING);
    cancel(stage, submitted, 5000);
    assert_true(is_answered(news));
    assert_int_equal(news->reply.cancels_len, 1);
}

static void leaving_gives_its_tasks_back(void **state)
{
    struct stage *stage = *state;
    struct id id = enrol_push(stage, "q"), submitted = submit(stage, "q");
    struct command *leave = stage_make(stage, COMMAND_LEAVE);

    assert_non_null(claim(stage, id));
    leave->in.worker = id;
    (void)stage_ask(stage, leave);
    assert_int_equal(state_of(stage, submitted), TASK_READY);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM workers"), 0);
}

#define STAGED(test) cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(its_key_is_made_and_answered_once),
        STAGED(one_that_registers_again_is_the_same_with_other_settings),
        STAGED(another_address_or_identity_is_another_worker),
        STAGED(it_is_given_what_its_new_queues_hold_and_nothing_of_the_old),
        STAGED(a_new_secret_signs_beside_the_old_one_for_a_day),
        STAGED(registering_with_the_same_secret_changes_no_key),
        STAGED(one_that_polls_has_no_secret_to_change),
        STAGED(silence_never_loses_it),
        STAGED(it_was_seen_when_its_endpoint_answered),
        STAGED(how_it_fares_is_shown),
        STAGED(one_that_is_gone_is_handed_nothing_until_it_is_set_to_run),
        STAGED(only_the_room_asks_for_its_tasks),
        STAGED(registering_again_brings_it_back_and_leaves_a_pause),
        STAGED(its_first_lease_lasts_longer_than_the_request_may),
        STAGED(once_it_is_extended_it_is_as_long_as_any),
        STAGED(a_wait_for_news_alone_is_not_ended_by_leases),
        STAGED(leaving_gives_its_tasks_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
