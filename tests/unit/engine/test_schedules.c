/* Tests of schedules: set up, seen, triggered, deleted; versions, bounds, the record. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "brain.h"
#include "play.h"

static enum err code(struct stage *stage, struct command *command)
{
    return code_of(stage_ask(stage, command));
}

static struct command *ask(struct stage *stage, enum command_kind kind)
{
    return stage_ask(stage, to_schedule(stage, kind, "s"));
}

static void it_is_set_up_seen_and_deleted(void **state)
{
    struct stage *stage = *state;
    struct command *put = stage_ask(stage, to_plan(stage, "s", "q"));

    assert_int_equal(code_of(put), OK);
    assert_true(put->reply.created);
    assert_true(bytes_is(put->reply.schedules[0].task, "q"));
    stage_restart(stage);
    struct command *get = ask(stage, COMMAND_GET_SCHEDULE);
    assert_true(bytes_is(get->reply.schedules[0].settings.cron, "0 12 * * *"));
    assert_true(bytes_is(get->reply.schedules[0].task, "q"));
    assert_int_equal(get->reply.schedules[0].next_at_ms, put->reply.schedules[0].next_at_ms);
    struct command *list = stage_ask(stage, stage_make(stage, COMMAND_LIST_SCHEDULES));
    assert_int_equal(list->reply.schedules_len, 1);
    assert_null(list->reply.schedules[0].task.at);
    assert_int_equal(code_of(ask(stage, COMMAND_DELETE_SCHEDULE)), OK);
    assert_int_equal(code_of(ask(stage, COMMAND_GET_SCHEDULE)), ERR_NOT_FOUND);
    assert_int_equal(code_of(ask(stage, COMMAND_DELETE_SCHEDULE)), ERR_NOT_FOUND);
    stage_restart(stage);
    assert_int_equal(code_of(ask(stage, COMMAND_GET_SCHEDULE)), ERR_NOT_FOUND);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM audit WHERE action LIKE 'sched%'"),
                     2);
}

static void a_deleted_one_fires_no_more(void **state)
{
    struct stage *stage = *state;

    (void)stage_ask(stage, to_plan(stage, "s", "q"));
    (void)ask(stage, COMMAND_DELETE_SCHEDULE);
    stage_pass(stage, 3 * DAY_MS);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM tasks"), 0);
}

static void versions_are_checked(void **state)
{
    struct stage *stage = *state;
    struct command *put = to_plan(stage, "s", "q"), *stale = to_plan(stage, "s", "q");
    struct command *only_new = to_plan(stage, "s", "q"), *fresh = to_plan(stage, "s", "q");
    struct command *gone = to_schedule(stage, COMMAND_DELETE_SCHEDULE, "s");

    put->in.schedule_edit.if_match = 1;
    assert_int_equal(code(stage, put), ERR_PRECONDITION_FAILED);
    (void)stage_ask(stage, to_plan(stage, "s", "q"));
    only_new->in.schedule_edit.if_absent = true;
    assert_int_equal(code(stage, only_new), ERR_PRECONDITION_FAILED);
    fresh->in.schedule_edit.if_match = 1;
    assert_int_equal(code(stage, fresh), OK);
    assert_false(fresh->reply.created);
    stale->in.schedule_edit.if_match = 1;
    assert_int_equal(code(stage, stale), ERR_PRECONDITION_FAILED);
    gone->in.schedule.if_match = 1;
    assert_int_equal(code(stage, gone), ERR_PRECONDITION_FAILED);
}

static void refused_at(struct stage *stage, const char *cron, const char *zone, const char *where)
{
    struct command *put = to_plan(stage, "s", "q");

    put->in.schedule_edit.settings.cron = bytes_of(cron);
    put->in.schedule_edit.settings.timezone = bytes_of(zone);
    assert_int_equal(code(stage, put), ERR_INVALID_FIELD);
    assert_string_equal(put->reply.error.where, where);
}

static void what_cannot_fire_is_refused(void **state)
{
    struct stage *stage = *state;

    refused_at(stage, "0 0 31 2 *", "UTC", "/cron");
    refused_at(stage, "x", "UTC", "/cron");
    refused_at(stage, "* * * * *", "Mars/X", "/timezone");
    refused_at(stage, "* * * * *", "../passwd", "/timezone");
    assert_int_equal(map_len(stage->engine->hot.schedules.zones), 0);
}

static void zones_are_shared_and_given_back(void **state)
{
    struct stage *stage = *state;
    struct command *one = to_plan(stage, "s", "q"), *two = to_plan(stage, "t", "q");
    const struct map *zones = stage->engine->hot.schedules.zones;

    one->in.schedule_edit.settings.timezone = BYTES("Europe/Berlin");
    two->in.schedule_edit.settings.timezone = BYTES("Europe/Berlin");
    (void)stage_ask(stage, one);
    (void)stage_ask(stage, two);
    assert_int_equal(map_len(zones), 1);
    (void)ask(stage, COMMAND_DELETE_SCHEDULE);
    assert_int_equal(map_len(zones), 1);
    (void)stage_ask(stage, to_plan(stage, "t", "q"));
    assert_int_equal(map_len(zones), 1); /* UTC */
    (void)stage_ask(stage, to_schedule(stage, COMMAND_DELETE_SCHEDULE, "t"));
    assert_int_equal(map_len(zones), 0);
}

static void there_is_a_bound_on_how_many(void **state)
{
    struct stage *stage = *state;
    struct command *third;

    stage->options.bounds.schedules_max = 2;
    stage_restart(stage);
    assert_int_equal(code(stage, to_plan(stage, "a", "q")), OK);
    assert_int_equal(code(stage, to_plan(stage, "b", "q")), OK);
    third = stage_ask(stage, to_plan(stage, "c", "q"));
    assert_int_equal(code_of(third), ERR_LIMIT_REACHED);
    assert_int_equal(code(stage, to_plan(stage, "b", "p")), OK);
}

static void it_says_when_it_fires_next(void **state)
{
    struct stage *stage = *state;
    struct command *put = to_plan(stage, "s", "q"), *next;

    put->in.schedule_edit.settings.timezone = BYTES("Europe/Berlin");
    put->in.schedule_edit.settings.jitter_ms = HOUR_MS;
    put->in.schedule_edit.settings.paused = true;
    (void)stage_ask(stage, put);
    next = ask(stage, COMMAND_NEXT_SCHEDULE);
    assert_int_equal(next->reply.slots_len, 10);
    for (unsigned i = 0; i < 10; i++) {
        assert_int_equal(next->reply.slots[i].local_ms % DAY_MS, 12 * HOUR_MS);
        assert_int_equal(next->reply.slots[i].at_ms % DAY_MS, 11 * HOUR_MS);
    }
    assert_int_equal(next->reply.slots[1].at_ms - next->reply.slots[0].at_ms, DAY_MS);
}

/* ---- triggers ---- */

static void a_trigger_makes_one_beside_the_slots(void **state)
{
    struct stage *stage = *state;
    int64_t next_ms;

    next_ms = stage_ask(stage, to_plan(stage, "s", "q"))->reply.schedules[0].next_at_ms;
    struct command *trigger = ask(stage, COMMAND_TRIGGER_SCHEDULE);
    assert_int_equal(code_of(trigger), OK);
    assert_true(trigger->reply.created);
    assert_int_equal(trigger->reply.view.task->state, TASK_READY);
    assert_int_equal(code_of(ask(stage, COMMAND_TRIGGER_SCHEDULE)), OK);
    assert_int_equal(count(stage, "q", TASK_READY), 2);
    struct command *get = ask(stage, COMMAND_GET_SCHEDULE);
    assert_int_equal(get->reply.schedules[0].state.fired, 0);
    assert_int_equal(get->reply.schedules[0].next_at_ms, next_ms);
    assert_int_equal(get->reply.schedules[0].version, 1);
    stage_pass(stage, DAY_MS); /* and the slot meets it as any other */
    get = ask(stage, COMMAND_GET_SCHEDULE);
    assert_int_equal(get->reply.schedules[0].state.skipped, 1);
}

static void a_trigger_that_is_refused_says_why(void **state)
{
    struct stage *stage = *state;

    (void)stage_ask(stage, to_plan(stage, "s", "bad"));
    struct command *trigger = ask(stage, COMMAND_TRIGGER_SCHEDULE);
    assert_int_equal(code_of(trigger), ERR_INVALID_FIELD);
    (void)stage_ask(stage, to_plan(stage, "s", "q"));
    (void)stage_ask(stage, to_queue(stage, COMMAND_GET_QUEUE, "q"));
    (void)submit(stage, "q");
    (void)stage_ask(stage, to_close(stage, "q", true, 0));
    assert_int_equal(code_of(ask(stage, COMMAND_TRIGGER_SCHEDULE)), ERR_QUEUE_CLOSED);
}

#define STAGED(test) cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(it_is_set_up_seen_and_deleted),
        STAGED(a_deleted_one_fires_no_more),
        STAGED(versions_are_checked),
        STAGED(what_cannot_fire_is_refused),
        STAGED(zones_are_shared_and_given_back),
        STAGED(there_is_a_bound_on_how_many),
        STAGED(it_says_when_it_fires_next),
        STAGED(a_trigger_makes_one_beside_the_slots),
        STAGED(a_trigger_that_is_refused_says_why),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
