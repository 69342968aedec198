/* Tests of slots: each fires once whatever happens, missed ones by their rule, nights on which the
 * clocks change. */
#include "schedule_due.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "play.h"

/* Noon UTC of 2023-11-15 is 13 h 46 min 40 s after the stage is set. */
#define TO_NOON (INT64_C(13) * HOUR_MS + 46 * MINUTE_MS + 40 * SECOND_MS)

static struct command *to_plan_at(struct stage *stage, const char *cron, const char *zone)
{
    struct command *command = to_plan(stage, "s", "q");

    command->in.schedule_edit.settings.cron = bytes_of(cron);
    command->in.schedule_edit.settings.timezone = bytes_of(zone);
    command->in.schedule_edit.settings.overlap = OVERLAP_ALLOW;
    return command;
}

static const struct schedule_view *put(struct stage *stage, struct command *command)
{
    (void)stage_ask(stage, command);
    assert_int_equal(code_of(command), OK);
    return &command->reply.schedules[0];
}

static const struct schedule_view *see(struct stage *stage)
{
    struct command *command = stage_ask(stage, to_schedule(stage, COMMAND_GET_SCHEDULE, "s"));

    assert_int_equal(code_of(command), OK);
    return &command->reply.schedules[0];
}

static void has(struct stage *stage, int64_t fired, int64_t skipped)
{
    const struct schedule_view *schedule = see(stage);

    assert_int_equal(schedule->state.fired, fired);
    assert_int_equal(schedule->state.skipped, skipped);
}

static int64_t tasks(struct stage *stage)
{
    return stage_number(stage, "SELECT count(*) FROM tasks");
}

static void a_slot_makes_a_task_when_it_comes(void **state)
{
    struct stage *stage = *state;
    const struct schedule_view *schedule = put(stage, to_plan(stage, "s", "q"));

    assert_int_equal(schedule->next_at_ms, stage->now.wall_ms + TO_NOON);
    stage_pass(stage, TO_NOON - 1);
    assert_int_equal(tasks(stage), 0);
    stage_pass(stage, 1);
    assert_int_equal(count(stage, "q", TASK_READY), 1);
    schedule = see(stage);
    assert_int_equal(schedule->state.fired, 1);
    assert_int_equal(schedule->state.last_slot_ms, stage->now.wall_ms);
    assert_int_equal(schedule->next_at_ms, stage->now.wall_ms + DAY_MS);
    assert_int_equal(state_of(stage, schedule->state.last.id), TASK_READY);
    assert_int_equal(schedule->version, 1);
}

static void a_slot_fires_once_whatever_restarts(void **state)
{
    struct stage *stage = *state;

    (void)put(stage, to_plan_at(stage, "* * * * *", "UTC"));
    for (int i = 0; i < 30; i++) {
        stage_pass(stage, 10 * SECOND_MS + 7);
        if (i % 3 == 0)
            stage_kill(stage);
        if (i % 5 == 0)
            stage_restart(stage);
    }
    has(stage, 5, 0);
    assert_int_equal(tasks(stage), 5);
}

static void down_for(struct stage *stage, int64_t ms)
{
    stage_skip(stage, ms);
    stage_kill(stage);
    stage_settle(stage);
}

static void missed_by(struct stage *stage, enum schedule_missed missed, int64_t ms)
{
    struct command *command = to_plan_at(stage, "* * * * *", "UTC");

    command->in.schedule_edit.settings.missed = missed;
    (void)put(stage, command);
    down_for(stage, ms);
}

/* The stage is set 20 s past a minute: ten of them begin in ten minutes, and the last of those
 * is not missed, only late. */
static void one_task_for_all_that_were_missed(void **state)
{
    struct stage *stage = *state;

    missed_by(stage, MISSED_ONCE, 10 * MINUTE_MS);
    has(stage, 2, 8);
    stage_pass(stage, MINUTE_MS);
    has(stage, 3, 8);
    down_for(stage, 10 * MINUTE_MS);
    has(stage, 5, 16);
    assert_int_equal(tasks(stage), 5);
}

static void one_task_for_each_that_was_missed(void **state)
{
    struct stage *stage = *state;

    missed_by(stage, MISSED_ALL, 10 * MINUTE_MS);
    has(stage, 10, 0);
    assert_int_equal(tasks(stage), 10);
}

static void none_for_those_that_were_missed(void **state)
{
    struct stage *stage = *state;

    missed_by(stage, MISSED_SKIP, 10 * MINUTE_MS);
    has(stage, 1, 9);
    assert_int_equal(tasks(stage), 1);
}

static void a_thousand_are_made_up_for_and_no_more(void **state)
{
    struct stage *stage = *state;

    missed_by(stage, MISSED_ALL, 1500 * MINUTE_MS);
    has(stage, 1001, 499);
    assert_int_equal(tasks(stage), 1001);
}

static void what_is_made_up_for_goes_on_after_a_restart_in_the_middle(void **state)
{
    struct stage *stage = *state;
    struct command *command = to_plan_at(stage, "* * * * *", "UTC");

    command->in.schedule_edit.settings.missed = MISSED_ALL;
    (void)put(stage, command);
    stage_skip(stage, 1500 * MINUTE_MS);
    for (int i = 0; i < 5; i++)
        (void)engine_step(stage->engine);
    assert_in_range(tasks(stage), 100, 600);
    stage_kill(stage);
    stage_settle(stage);
    has(stage, 1001, 499);
    assert_int_equal(tasks(stage), 1001);
}

static void a_minute_late_is_not_missed(void **state)
{
    struct stage *stage = *state;
    struct command *command = to_plan(stage, "s", "q");

    command->in.schedule_edit.settings.missed = MISSED_SKIP;
    (void)put(stage, command);
    down_for(stage, TO_NOON + MINUTE_MS);
    has(stage, 1, 0);
    down_for(stage, DAY_MS + 1);
    has(stage, 1, 1);
    assert_true(bytes_is(see(stage)->state.error, "the slot was missed"));
}

static void a_clock_that_steps_back_fires_nothing_twice(void **state)
{
    struct stage *stage = *state;

    (void)put(stage, to_plan_at(stage, "* * * * *", "UTC"));
    stage_pass(stage, 5 * MINUTE_MS);
    has(stage, 5, 0);
    stage->now.wall_ms -= 3 * MINUTE_MS;
    stage_pass(stage, 3 * MINUTE_MS - SECOND_MS);
    has(stage, 5, 0);
    stage_restart(stage);
    (void)put(stage, to_plan_at(stage, "*/1 * * * *", "UTC"));
    stage_pass(stage, SECOND_MS);
    has(stage, 5, 0);
    stage_pass(stage, MINUTE_MS);
    has(stage, 6, 0);
}

static void a_clock_that_steps_forward_has_missed_what_was_between(void **state)
{
    struct stage *stage = *state;

    (void)put(stage, to_plan_at(stage, "* * * * *", "UTC"));
    stage->now.wall_ms += 10 * MINUTE_MS;
    stage_settle(stage);
    has(stage, 2, 8);
}

static void a_pause_is_never_made_up_for(void **state)
{
    struct stage *stage = *state;
    struct command *pause = to_plan_at(stage, "* * * * *", "UTC");

    pause->in.schedule_edit.settings.paused = true;
    pause->in.schedule_edit.settings.missed = MISSED_ALL;
    (void)put(stage, to_plan_at(stage, "* * * * *", "UTC"));
    stage_pass(stage, MINUTE_MS);
    assert_int_equal(put(stage, pause)->next_at_ms, -1);
    stage_pass(stage, 10 * MINUTE_MS);
    down_for(stage, 10 * MINUTE_MS);
    has(stage, 1, 0);
    struct command *resume = to_plan_at(stage, "* * * * *", "UTC");
    resume->in.schedule_edit.settings.missed = MISSED_ALL;
    (void)put(stage, resume);
    stage_settle(stage);
    has(stage, 1, 0);
    stage_pass(stage, MINUTE_MS);
    has(stage, 2, 0);
}

static void another_expression_begins_now(void **state)
{
    struct stage *stage = *state;

    (void)put(stage, to_plan_at(stage, "0 * * * *", "UTC"));
    stage_skip(stage, 3 * HOUR_MS);
    stage_post(stage, to_plan_at(stage, "* * * * *", "UTC"));
    stage_settle(stage); /* what was due has its batch first */
    has(stage, 1, 2);
    stage_pass(stage, MINUTE_MS);
    has(stage, 2, 2);
}

static void other_settings_leave_the_next_slot_where_it_is(void **state)
{
    struct stage *stage = *state;
    struct command *command = to_plan_at(stage, "* * * * *", "UTC");
    int64_t next_ms = put(stage, to_plan_at(stage, "* * * * *", "UTC"))->next_at_ms;

    command->in.schedule_edit.settings.jitter_ms = MINUTE_MS;
    const struct schedule_view *schedule = put(stage, command);
    assert_int_equal(schedule->state.next_slot_ms, next_ms);
    assert_in_range(schedule->next_at_ms, next_ms, next_ms + MINUTE_MS);
    assert_int_equal(schedule->version, 2);
}

static void jitter_keeps_the_order_and_every_slot(void **state)
{
    struct stage *stage = *state;
    struct command *command = to_plan_at(stage, "* * * * *", "UTC");
    int64_t last_ms = -1;

    command->in.schedule_edit.settings.jitter_ms = HOUR_MS;
    command->in.schedule_edit.settings.missed = MISSED_SKIP;
    (void)put(stage, command);
    for (int i = 0; i < 300; i++) {
        stage_pass(stage, MINUTE_MS);
        if (i % 50 == 0)
            stage_restart(stage);
        assert_true(see(stage)->state.last_slot_ms >= last_ms);
        last_ms = see(stage)->state.last_slot_ms;
    }
    assert_int_equal(see(stage)->state.skipped, 0);
    assert_in_range(see(stage)->state.fired, 240, 300);
}

/* ---- nights on which the clocks change ---- */

static void at_night(struct stage *stage, int64_t wall_ms)
{
    stage->now.wall_ms = wall_ms;
    stage_settle(stage);
}

/* 2025-03-29T22:00Z, 2025-10-25T22:00Z */
#define SPRING INT64_C(1743285600000)
#define AUTUMN INT64_C(1761429600000)

static void a_skipped_hour_fires_at_its_end(void **state)
{
    struct stage *stage = *state;

    at_night(stage, SPRING);
    const struct schedule_view *plan = put(stage, to_plan_at(stage, "30 2 * * *", "Europe/Berlin"));
    assert_int_equal(plan->next_at_ms, SPRING + 3 * HOUR_MS);
    stage_pass(stage, 3 * HOUR_MS);
    has(stage, 1, 0);
    stage_pass(stage, 20 * HOUR_MS);
    has(stage, 1, 0);
}

static void a_repeated_hour_fires_once(void **state)
{
    struct stage *stage = *state;

    at_night(stage, AUTUMN);
    (void)put(stage, to_plan_at(stage, "30 2 * * *", "Europe/Berlin"));
    stage_pass(stage, 2 * HOUR_MS + 30 * MINUTE_MS);
    has(stage, 1, 0);
    stage_kill(stage);
    stage_pass(stage, 20 * HOUR_MS);
    has(stage, 1, 0);
}

static void every_quarter_of_an_hour_all_night_long(void **state)
{
    struct stage *stage = *state;

    at_night(stage, AUTUMN);
    (void)put(stage, to_plan_at(stage, "*/15 * * * *", "Europe/Berlin"));
    stage_pass(stage, 8 * HOUR_MS);
    has(stage, 32, 0);
}

/* ---- a full disk, a vanished zone, a broker that stops ---- */

static void with_full_disk(struct stage *stage, int64_t pages)
{
    char sql[64];

    (void)snprintf(sql, sizeof(sql), "PRAGMA max_page_count = %lld", (long long)pages);
    db_exec(stage->engine->db, sql);
}

static void a_batch_that_was_undone_makes_its_tasks_later(void **state)
{
    struct stage *stage = *state;
    struct command *much = to_submit(stage, "other");

    much->in.submit.specs[0].payload.data =
        (struct bytes){arena_alloc(much->mem, 1 << 20), 1 << 20};
    (void)put(stage, to_plan(stage, "s", "q"));
    stage_skip(stage, TO_NOON);
    with_full_disk(stage, stage_number(stage, "PRAGMA page_count") + 20);
    (void)stage_ask(stage, much);
    assert_int_equal(code_of(much), ERR_DISK_RESERVE);
    assert_int_equal(tasks(stage), 0);
    has(stage, 0, 0);
    with_full_disk(stage, 1000000);
    stage_pass(stage, 6000);
    has(stage, 1, 0);
    assert_int_equal(tasks(stage), 1);
    assert_int_equal(see(stage)->next_at_ms, see(stage)->state.last_slot_ms + DAY_MS);
}

static void a_zone_that_vanished_stops_it_and_says_so(void **state)
{
    struct stage *stage = *state;

    (void)put(stage, to_plan_at(stage, "* * * * *", "Europe/Berlin"));
    stage->options.zone_folder = "/nowhere";
    stage_restart(stage);
    stage_pass(stage, 10 * MINUTE_MS);
    const struct schedule_view *schedule = see(stage);
    assert_int_equal(schedule->state.fired, 0);
    assert_int_equal(schedule->next_at_ms, -1);
    assert_non_null(strstr(schedule->state.error.at, "Europe/Berlin"));
    struct command *next = stage_ask(stage, to_schedule(stage, COMMAND_NEXT_SCHEDULE, "s"));
    assert_int_equal(code_of(next), ERR_STATE_CONFLICT);
    stage->options.zone_folder = NULL;
    stage_restart(stage);
    stage_settle(stage);
    has(stage, 2, 8);
}

static void nothing_fires_while_the_broker_stops(void **state)
{
    struct stage *stage = *state;
    struct command *stop = stage_make(stage, COMMAND_SHUTDOWN);
    struct id worker = enrol(stage, "other", 1);

    (void)submit(stage, "other");
    assert_non_null(claim(stage, worker));
    (void)put(stage, to_plan_at(stage, "* * * * *", "UTC"));
    stop->in.shutdown.wait_timeout_ms = 5 * MINUTE_MS;
    (void)stage_ask(stage, stop);
    stage_pass(stage, 45 * SECOND_MS);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM tasks WHERE queue <> 1"), 0);
}

#define STAGED(test)  cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)
#define ON_DISK(test) cmocka_unit_test_setup_teardown(test, stage_setup_on_disk, stage_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(a_slot_makes_a_task_when_it_comes),
        STAGED(a_slot_fires_once_whatever_restarts),
        STAGED(one_task_for_all_that_were_missed),
        STAGED(one_task_for_each_that_was_missed),
        STAGED(none_for_those_that_were_missed),
        STAGED(a_thousand_are_made_up_for_and_no_more),
        STAGED(what_is_made_up_for_goes_on_after_a_restart_in_the_middle),
        STAGED(a_minute_late_is_not_missed),
        STAGED(a_clock_that_steps_back_fires_nothing_twice),
        STAGED(a_clock_that_steps_forward_has_missed_what_was_between),
        STAGED(a_pause_is_never_made_up_for),
        STAGED(another_expression_begins_now),
        STAGED(other_settings_leave_the_next_slot_where_it_is),
        STAGED(jitter_keeps_the_order_and_every_slot),
        STAGED(a_skipped_hour_fires_at_its_end),
        STAGED(a_repeated_hour_fires_once),
        STAGED(every_quarter_of_an_hour_all_night_long),
        ON_DISK(a_batch_that_was_undone_makes_its_tasks_later),
        STAGED(a_zone_that_vanished_stops_it_and_says_so),
        STAGED(nothing_fires_while_the_broker_stops),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
