/* Tests of what is told when it has become so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "brain.h"
#include "domain/bounds.h"
#include "domain/event.h"
#include "play.h"

#include <stdio.h>

static int64_t told(struct stage *stage, enum event_kind kind)
{
    char sql[128];

    (void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM events WHERE kind = %d", (int)kind);
    return stage_number(stage, sql);
}

static void run_one(struct stage *stage, struct id worker)
{
    (void)submit(stage, "q");
    assert_int_equal(finish(stage, claim(stage, worker), OUTCOME_SUCCEEDED), TASK_SUCCEEDED);
}

static void a_queue_is_idle_once_it_was_empty_for_a_second(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 1);

    run_one(stage, worker);
    stage_pass(stage, 999);
    assert_int_equal(told(stage, EVENT_QUEUE_IDLE), 0);
    stage_pass(stage, 1);
    assert_int_equal(told(stage, EVENT_QUEUE_IDLE), 1);
    stage_pass(stage, 100000);
    assert_int_equal(told(stage, EVENT_QUEUE_IDLE), 1);
    run_one(stage, worker);
    stage_pass(stage, 1000);
    assert_int_equal(told(stage, EVENT_QUEUE_IDLE), 2);
}

static void a_queue_with_a_task_of_any_unfinished_state_is_not_idle(void **state)
{
    struct stage *stage = *state;
    struct command *later = to_submit(stage, "q");

    run_one(stage, enrol(stage, "q", 1));
    later->in.submit.specs[0].delay_ms = 5000;
    (void)stage_ask(stage, later);
    stage_pass(stage, 4000);
    assert_int_equal(told(stage, EVENT_QUEUE_IDLE), 0);
}

static void work_that_comes_within_the_second_puts_it_off(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 1);

    for (int i = 0; i < 5; i++) {
        run_one(stage, worker);
        stage_pass(stage, 700);
    }
    assert_int_equal(told(stage, EVENT_QUEUE_IDLE), 0);
    stage_pass(stage, 300);
    assert_int_equal(told(stage, EVENT_QUEUE_IDLE), 1);
}

/* The log itself is trimmed meanwhile. */
static void what_is_deleted_later_tells_nothing(void **state)
{
    struct stage *stage = *state;

    run_one(stage, enrol(stage, "q", 1));
    stage_pass(stage, 60 * DAY_MS);
    assert_int_equal(count(stage, "q", TASK_SUCCEEDED), 0);
    stage_pass(stage, 1000);
    assert_int_equal(told(stage, EVENT_QUEUE_IDLE), 0);
}

static void a_queue_that_never_had_work_is_not_told(void **state)
{
    struct stage *stage = *state;

    (void)enrol(stage, "q", 1);
    stage_pass(stage, 5000);
    assert_int_equal(told(stage, EVENT_QUEUE_IDLE), 0);
}

static struct id submit_limited(struct stage *stage)
{
    struct command *command = to_submit(stage, "q");

    command->in.submit.specs[0].rules.limits = BYTES("db 1\n");
    return stage_ask(stage, command)->reply.view.task->id;
}

static void declare(struct stage *stage)
{
    struct command *command = stage_make(stage, COMMAND_PUT_LIMIT);

    command->in.limit =
        (struct limit_edit){.name = BYTES("db"), .settings = limit_none(), .if_match = -1};
    command->in.limit.settings.max_running = 1;
    (void)stage_ask(stage, command);
}

static void a_full_limit_is_told_when_work_waits_for_it_and_not_again_within_ten_seconds(
    void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 5);
    const struct task *first;

    declare(stage);
    (void)submit_limited(stage);
    first = claim(stage, worker);
    assert_non_null(first);
    assert_null(claim(stage, worker));
    assert_int_equal(told(stage, EVENT_LIMIT_SATURATED), 0);
    for (int i = 0; i < 4; i++)
        (void)submit_limited(stage);
    assert_null(claim(stage, worker));
    assert_int_equal(told(stage, EVENT_LIMIT_SATURATED), 1);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM events WHERE data = "
                                         "'{\"limit\":\"db\",\"running\":1,\"max\":1,"
                                         "\"queue\":\"q\"}'"),
                     1);
    (void)finish(stage, first, OUTCOME_SUCCEEDED);
    first = claim(stage, worker);
    assert_null(claim(stage, worker));
    assert_int_equal(told(stage, EVENT_LIMIT_SATURATED), 1);
    stage_pass(stage, 10000);
    (void)finish(stage, first, OUTCOME_SUCCEEDED);
    assert_non_null(claim(stage, worker));
    assert_null(claim(stage, worker));
    assert_int_equal(told(stage, EVENT_LIMIT_SATURATED), 2);
}

static void a_full_disk_is_told_once_until_it_is_better(void **state)
{
    struct stage *stage = *state;

    for (int i = 1; i <= 2; i++) {
        stage->engine->disk_is_full = true;
        stage_pass(stage, 10000);
        stage_pass(stage, 10000);
        assert_int_equal(told(stage, EVENT_BROKER_DISK_LOW), i);
        stage->engine->disk_is_full = false;
        stage_pass(stage, 20000);
        assert_int_equal(told(stage, EVENT_BROKER_DISK_LOW), i);
    }
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM events WHERE kind = 17 AND ns = 0 "
                                         "AND data->>'full'"),
                     2);
}

static void a_large_log_is_told_once_until_it_is_below_half(void **state)
{
    struct stage *stage = *state;
    struct alarms *alarms = &stage->engine->alarms;

    alarms->wal_bytes_max = 1;
    (void)submit(stage, "q");
    stage_pass(stage, 20000);
    assert_int_equal(told(stage, EVENT_BROKER_WAL_LARGE), 1);
    alarms->wal_bytes_max = db_wal_pages(stage->engine->db) * DB_PAGE_BYTES * 3 / 2;
    stage_pass(stage, 10000);
    alarms->wal_bytes_max = 1;
    stage_pass(stage, 10000);
    assert_int_equal(told(stage, EVENT_BROKER_WAL_LARGE), 1);
    alarms->wal_bytes_max = INT64_MAX;
    stage_pass(stage, 10000);
    alarms->wal_bytes_max = 1;
    (void)submit(stage, "q");
    stage_pass(stage, 10000);
    assert_int_equal(told(stage, EVENT_BROKER_WAL_LARGE), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, stage_setup, stage_teardown)
        TEST(a_queue_is_idle_once_it_was_empty_for_a_second),
        TEST(a_queue_with_a_task_of_any_unfinished_state_is_not_idle),
        TEST(work_that_comes_within_the_second_puts_it_off),
        TEST(what_is_deleted_later_tells_nothing),
        TEST(a_queue_that_never_had_work_is_not_told),
        TEST(a_full_limit_is_told_when_work_waits_for_it_and_not_again_within_ten_seconds),
        TEST(a_full_disk_is_told_once_until_it_is_better),
        cmocka_unit_test_setup_teardown(a_large_log_is_told_once_until_it_is_below_half,
                                        stage_setup_on_disk, stage_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
