/* Tests of how a change of a schedule is told to the record. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "play.h"
#include "record.h"

static void changed(struct stage *stage, const char *detail)
{
    assert_string_equal(last_act(stage)->detail.at, detail);
}

static void the_record_says_what_differs(void **state)
{
    struct stage *stage = *state;
    struct command *second = to_plan(stage, "s", "q"), *third = to_plan(stage, "s", "p");

    (void)stage_ask(stage, to_plan(stage, "s", "q"));
    changed(stage, "{\"after\":{\"cron\":\"0 12 * * *\",\"timezone\":\"UTC\",\"queue\":\"q\"}}");
    second->in.schedule_edit.settings.overlap = OVERLAP_ALLOW;
    second->in.schedule_edit.settings.missed = MISSED_SKIP;
    second->in.schedule_edit.settings.jitter_ms = 1500;
    second->in.schedule_edit.settings.paused = true;
    (void)stage_ask(stage, second);
    changed(stage, "{\"before\":{\"overlap\":\"skip\",\"missed\":\"once\",\"jitter_s\":0,"
                   "\"paused\":false},\"after\":{\"overlap\":\"allow\",\"missed\":\"skip\","
                   "\"jitter_s\":1.5,\"paused\":true}}");
    (void)stage_ask(stage, third);
    assert_non_null(strstr(last_act(stage)->detail.at, "\"task_changed\":true"));
    assert_int_equal(acts_of(stage, "schedule.changed"), 2);
}

#define STAGED(test) cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(the_record_says_what_differs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
