/* Tests of schedules' rules: the spread of slots, what was missed, what is made up for. */
#include "domain/schedule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define SLOT INT64_C(1700000000000)

static int64_t moment(const char *ns, const char *name, int64_t slot_ms, int64_t jitter_ms)
{
    return schedule_moment_ms(bytes_of(ns), bytes_of(name), slot_ms, jitter_ms);
}

static void without_jitter_a_slot_fires_when_it_comes(void **state)
{
    (void)state;
    assert_int_equal(moment("default", "a", SLOT, 0), SLOT);
}

static void jitter_is_within_its_bounds_and_spread_over_them(void **state)
{
    unsigned tenths[10] = {0};

    (void)state;
    for (int64_t i = 0; i < 10000; i++) {
        int64_t late_ms = moment("default", "a", SLOT + i * MINUTE_MS, 9999) - (SLOT + i * 60000);

        assert_in_range(late_ms, 0, 9999);
        tenths[late_ms / 1000]++;
    }
    for (unsigned i = 0; i < 10; i++)
        assert_in_range(tenths[i], 850, 1150);
}

static void jitter_is_the_same_for_the_same_slot_and_differs_between_schedules(void **state)
{
    unsigned same = 0;

    (void)state;
    for (int64_t slot_ms = SLOT; slot_ms < SLOT + 100 * MINUTE_MS; slot_ms += MINUTE_MS) {
        int64_t moment_ms = moment("default", "a", slot_ms, HOUR_MS);

        assert_int_equal(moment_ms, moment("default", "a", slot_ms, HOUR_MS));
        same += moment_ms == moment("default", "b", slot_ms, HOUR_MS);
        same += moment_ms == moment("other", "a", slot_ms, HOUR_MS);
        same += moment_ms == moment("defaulta", "", slot_ms, HOUR_MS);
    }
    assert_in_range(same, 0, 1);
}

static void a_slot_is_missed_a_minute_and_its_jitter_later(void **state)
{
    (void)state;
    assert_false(schedule_is_missed(SLOT, 0, SLOT));
    assert_false(schedule_is_missed(SLOT, 0, SLOT + 60000));
    assert_true(schedule_is_missed(SLOT, 0, SLOT + 60001));
    assert_false(schedule_is_missed(SLOT, 5000, SLOT + 65000));
    assert_true(schedule_is_missed(SLOT, 5000, SLOT + 65001));
    assert_false(schedule_is_missed(SLOT, 0, SLOT - HOUR_MS));
}

/* Against the plain reading of the words. */
static void what_is_made_up_for(void **state)
{
    (void)state;
    for (int64_t missed = 0; missed <= 3000; missed += 250) {
        int64_t made[3] = {0};

        for (int64_t i = 0; i < missed; i++)
            for (unsigned rule = MISSED_ONCE; rule <= MISSED_SKIP; rule++)
                made[rule] += schedule_makes_up((enum schedule_missed)rule, made[rule]);
        assert_int_equal(made[MISSED_ONCE], missed > 0 ? 1 : 0);
        assert_int_equal(made[MISSED_ALL], missed < 1000 ? missed : 1000);
        assert_int_equal(made[MISSED_SKIP], 0);
    }
}

static void a_new_one_has_done_nothing(void **state)
{
    struct schedule_state new = schedule_state_new(SLOT);

    (void)state;
    assert_int_equal(new.next_slot_ms, SLOT);
    assert_int_equal(new.last_slot_ms, -1);
    assert_int_equal(new.last.number, -1);
    assert_int_equal(new.other.number, -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_jitter_a_slot_fires_when_it_comes),
        cmocka_unit_test(jitter_is_within_its_bounds_and_spread_over_them),
        cmocka_unit_test(jitter_is_the_same_for_the_same_slot_and_differs_between_schedules),
        cmocka_unit_test(a_slot_is_missed_a_minute_and_its_jitter_later),
        cmocka_unit_test(what_is_made_up_for),
        cmocka_unit_test(a_new_one_has_done_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
