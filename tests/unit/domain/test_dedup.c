/* Dedup: scopes, conflicts and times. */
#include "domain/dedup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void a_stage_is_how_far_a_task_has_come(void **state)
{
    (void)state;
    assert_int_equal(dedup_stage_of(&(struct task){.state = TASK_READY}), DEDUP_NEVER_CLAIMED);
    assert_int_equal(dedup_stage_of(&(struct task){.state = TASK_BLOCKED}), DEDUP_NEVER_CLAIMED);
    assert_int_equal(dedup_stage_of(&(struct task){.state = TASK_RUNNING, .delivery = 1}),
                     DEDUP_LEASED);
    assert_int_equal(dedup_stage_of(&(struct task){.state = TASK_RETRYING, .delivery = 1}),
                     DEDUP_BETWEEN);
    assert_int_equal(dedup_stage_of(&(struct task){.state = TASK_READY, .delivery = 1}),
                     DEDUP_BETWEEN);
    assert_int_equal(dedup_stage_of(&(struct task){.state = TASK_CANCELLED}), DEDUP_OVER);
}

static void a_scope_is_a_set_of_stages(void **state)
{
    (void)state;
    assert_int_equal(dedup_stages(DEDUP_QUEUED), 1U << DEDUP_NEVER_CLAIMED);
    assert_int_equal(dedup_stages(DEDUP_ACTIVE), 1U << DEDUP_LEASED);
    assert_int_equal(dedup_stages(DEDUP_UNFINISHED),
                     1U << DEDUP_NEVER_CLAIMED | 1U << DEDUP_LEASED | 1U << DEDUP_BETWEEN);
    assert_int_equal(dedup_stages(DEDUP_WINDOW), (1U << DEDUP_STAGES) - 1);
    assert_int_equal(dedup_live_stages(DEDUP_WINDOW), dedup_stages(DEDUP_UNFINISHED));
}

static void a_window_ends_with_its_last_moment(void **state)
{
    struct dedup dedup = {.scope = DEDUP_WINDOW, .window_ms = 1000};

    (void)state;
    assert_true(dedup_reaches_back(&dedup, 500, 1499));
    assert_false(dedup_reaches_back(&dedup, 500, 1500));
    dedup.scope = DEDUP_UNFINISHED;
    assert_true(dedup_reaches_back(&dedup, 0, INT64_MAX));
}

static void a_conflict_says_what_is_done(void **state)
{
    struct task waiting = {.state = TASK_SCHEDULED};
    struct task claimed = {.state = TASK_RUNNING, .delivery = 1};
    struct dedup dedup = {.on_conflict = DEDUP_RETURN};

    (void)state;
    assert_int_equal(dedup_action(&dedup, NULL), DEDUP_MAKE);
    assert_int_equal(dedup_action(&dedup, &waiting), DEDUP_GIVE);
    dedup.on_conflict = DEDUP_REJECT;
    assert_int_equal(dedup_action(&dedup, &waiting), DEDUP_REFUSE);
    dedup.on_conflict = DEDUP_REPLACE;
    assert_int_equal(dedup_action(&dedup, &claimed), DEDUP_SUPPLANT);
    dedup.on_conflict = DEDUP_DEBOUNCE;
    assert_int_equal(dedup_action(&dedup, &waiting), DEDUP_PUT_OFF);
    assert_int_equal(dedup_action(&dedup, &claimed), DEDUP_GIVE);
}

static void nothing_is_put_off_beyond_its_longest_delay(void **state)
{
    struct dedup dedup = {.max_delay_ms = 5000};

    (void)state;
    assert_int_equal(dedup_put_off_to_ms(&dedup, 1000, 5999), 5999);
    assert_int_equal(dedup_put_off_to_ms(&dedup, 1000, 7000), 6000);
    dedup.max_delay_ms = -1;
    assert_int_equal(dedup_put_off_to_ms(&dedup, 1000, 7000), 7000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stage_is_how_far_a_task_has_come),
        cmocka_unit_test(a_scope_is_a_set_of_stages),
        cmocka_unit_test(a_window_ends_with_its_last_moment),
        cmocka_unit_test(a_conflict_says_what_is_done),
        cmocka_unit_test(nothing_is_put_off_beyond_its_longest_delay),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
