/* Pace: the window, the breaker and the budget. */
#include "domain/pace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"

#define MOST_CHANCE 0.999999
#define HOUR        INT64_C(3600000)

static void end(struct pace *pace, uint64_t number, enum pace_word word, int64_t now)
{
    pace_end(pace, number, &(struct pace_result){word, 10, -1, MOST_CHANCE}, now);
}

/* One request after the other has ended. */
static void one(struct pace *pace, enum pace_word word, int64_t now)
{
    end(pace, pace_begin(pace, now), word, now);
}

/* As many as there is room for, then all of them end; gives how many. */
static unsigned round_of(struct pace *pace, enum pace_word word, int64_t took_ms, int64_t now)
{
    unsigned room = pace_room(pace, now);
    uint64_t first = 0;

    for (unsigned i = 0; i < room; i++) {
        uint64_t number = pace_begin(pace, now);

        first = i == 0 ? number : first;
    }
    assert_int_equal(pace_room(pace, now), 0);
    for (unsigned i = 0; i < room; i++)
        pace_end(pace, first + i, &(struct pace_result){word, took_ms, -1, 0.5}, now + took_ms);
    return room;
}

/* ---- the window ---- */

static void it_starts_slowly_up_to_the_ceiling(void **state)
{
    static const unsigned EXPECTED[] = {1, 2, 4, 8, 16, 20, 20};
    struct pace pace;

    (void)state;
    pace_init(&pace, 20);
    for (unsigned i = 0; i < ARRAY_LEN(EXPECTED); i++)
        assert_int_equal(round_of(&pace, PACE_GOOD, 10, i * 100), EXPECTED[i]);
}

static void a_full_window_doubles_though_it_is_refilled_at_once(void **state)
{
    struct pace pace;
    uint64_t oldest = 1;

    (void)state;
    pace_init(&pace, 100);
    for (int64_t now = 0; now < 60; now++) {
        while (pace_room(&pace, now) > 0)
            (void)pace_begin(&pace, now);
        end(&pace, oldest++, PACE_GOOD, now);
    }
    assert_int_equal(pace.window, 61);
}

static void a_bad_round_halves_once_and_then_it_grows_by_one(void **state)
{
    struct pace pace;

    (void)state;
    pace_init(&pace, 100);
    for (int i = 0; i < 4; i++)
        (void)round_of(&pace, PACE_GOOD, 10, i * 100);
    for (unsigned i = 0; i < 4; i++)
        (void)pace_begin(&pace, 500);
    for (unsigned i = 0; i < 4; i++)
        end(&pace, 16 + i, PACE_FAILED, 510);
    assert_int_equal(pace.window, 8);
    for (int i = 0; i < 10; i++) {
        double before = pace.window;

        (void)round_of(&pace, PACE_GOOD, 10, 1000 + i * 100);
        assert_true(pace.window > before + 0.85 && pace.window <= before + 1);
    }
}

static void a_window_that_is_not_used_does_not_grow(void **state)
{
    struct pace pace;

    (void)state;
    pace_init(&pace, 100);
    for (int64_t now = 0; now < 100; now++)
        one(&pace, PACE_GOOD, now);
    assert_int_equal(pace_room(&pace, 100), 2);
}

static void a_lower_ceiling_holds_at_once_and_a_higher_one_is_grown_to(void **state)
{
    struct pace pace;

    (void)state;
    pace_init(&pace, 8);
    for (int i = 0; i < 4; i++)
        (void)round_of(&pace, PACE_GOOD, 10, i * 100);
    for (unsigned i = 0; i < 5; i++)
        (void)pace_begin(&pace, 500);
    pace_limit(&pace, 3);
    assert_int_equal(pace_room(&pace, 500), 0);
    assert_int_equal(pace.in_flight, 5);
    for (uint64_t number = 16; number <= 20; number++)
        end(&pace, number, PACE_GOOD, 510);
    assert_int_equal(pace_room(&pace, 510), 3);
    pace_limit(&pace, 12);
    assert_int_equal(round_of(&pace, PACE_GOOD, 10, 600), 3);
    assert_int_equal(round_of(&pace, PACE_GOOD, 10, 700), 6);
    pace_limit(&pace, 0);
    assert_int_equal(pace_room(&pace, 800), 1);
}

static void who_slows_down_gets_less(void **state)
{
    struct pace pace;
    double window;

    (void)state;
    pace_init(&pace, 16);
    for (int i = 0; i < 10; i++)
        (void)round_of(&pace, PACE_GOOD, 10, i * 1000);
    assert_int_equal(round_of(&pace, PACE_GOOD, 90, 20000), 16); /* slower, but not slow */
    assert_true(pace.window > 15.9);
    for (int i = 0; i < 4; i++)
        (void)round_of(&pace, PACE_GOOD, 10, 30000 + i * 1000);
    assert_true(pace.window > 15.9);
    window = pace.window;
    (void)round_of(&pace, PACE_GOOD, 1000, 40000);
    assert_true(pace.window > window * 0.9 - 0.01 && pace.window < window * 0.9 + 0.5);
    for (int i = 0; i < 200; i++) /* what lasts becomes the measure */
        (void)round_of(&pace, PACE_GOOD, 1000, 50000 + i * 2000);
    assert_true(pace.window > 15.9);
}

static void keep_busy(struct pace *pace, int64_t took_ms, int64_t from, int64_t to)
{
    for (; from < to; from += took_ms)
        (void)round_of(pace, PACE_GOOD, took_ms, from);
}

static void longer_jobs_do_not_pin_it(void **state)
{
    struct pace pace;

    (void)state;
    pace_init(&pace, 20);
    keep_busy(&pace, 30, 0, 3000);
    assert_int_equal(pace.window, 20);
    keep_busy(&pace, 200, 3000, 5000);
    assert_true(pace.window >= 10);
    pace_init(&pace, 20);
    for (int64_t now = 0; now < 3000; now += 30) /* one by one: it is small */
        one(&pace, PACE_GOOD, now);
    assert_true(pace.window <= 2);
    keep_busy(&pace, 200, 3000, 5000);
    assert_true(pace.window >= 10);
}

static void being_slow_alone_leaves_half(void **state)
{
    static const double WINDOWS[] = {16, 6, 3}, LEFT[] = {8, 4, 3};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(WINDOWS); i++) {
        struct pace pace;

        pace_init(&pace, 16);
        pace.window = WINDOWS[i];
        for (int64_t now = 0; now < 100000; now += 1000) {
            pace.latency_slow_ms = 10; /* it does not become the measure */
            pace_end(&pace, pace_begin(&pace, now), &(struct pace_result){PACE_GOOD, 1000, -1, 0.5},
                     now);
        }
        assert_true(pace.window == LEFT[i]);
    }
}

/* ---- the breaker ---- */

static void after_five_failures_it_rests_and_one_finds_out(void **state)
{
    struct pace pace;
    struct target_health health = {.error = BYTES("as it was")};

    (void)state;
    pace_init(&pace, 100);
    for (int64_t now = 1000; now < 1005; now++) {
        assert_int_equal(pace_room(&pace, now), 1);
        one(&pace, now % 2 == 0 ? PACE_FAILED : PACE_UNREACHABLE, now);
    }
    assert_int_equal(pace_wakes_at(&pace, 1005), 2003);
    pace_show(&pace, (struct moment){500000, 1003}, &health);
    assert_int_equal(health.state, TARGET_RESTING);
    assert_int_equal(health.resumes_at_ms, 501000);
    assert_true(health.sent == 5 && health.failed == 5 && health.latency_ms == -1);
    assert_true(bytes_is(health.error, "as it was"));
    pace_wake(&pace, 1500); /* by hand */
    assert_int_equal(pace_room(&pace, 1500), 1);
    assert_int_equal(pace_begin(&pace, 2003), 6);
    assert_int_equal(pace_room(&pace, 9000), 0);
    assert_int_equal(pace_wakes_at(&pace, 9000), INT64_MAX);
    pace_show(&pace, (struct moment){500000, 2003}, &health);
    assert_true(health.state == TARGET_PROBING && health.resumes_at_ms == -1);
    end(&pace, 6, PACE_GOOD, 9000);
    assert_int_equal(pace_room(&pace, 9000), 2);
    pace_show(&pace, (struct moment){500000, 9000}, &health);
    assert_true(health.state == TARGET_OPEN && health.window == 2 && health.latency_ms == 10);
}

static void a_success_between_failures_keeps_it_open(void **state)
{
    struct pace pace;

    (void)state;
    pace_init(&pace, 100);
    for (int64_t now = 1; now < 1000; now++) {
        one(&pace, now % 5 == 0 ? PACE_GOOD : PACE_FAILED, now);
        pace.budget = 10;
        assert_true(pace_room(&pace, now) > 0);
    }
}

static void rests_double_while_probes_fail_up_to_an_hour(void **state)
{
    struct pace pace;
    int64_t now = 1, rest_ms = 1000;

    (void)state;
    pace_init(&pace, 100);
    for (int i = 0; i < 5; i++)
        one(&pace, PACE_UNREACHABLE, now);
    for (int i = 0; i < 20; i++) {
        int64_t wakes_at = pace_wakes_at(&pace, now);

        pace.budget = 10;
        assert_in_range(wakes_at - now, rest_ms - rest_ms / 100 - 1, rest_ms);
        assert_int_equal(pace_room(&pace, wakes_at - 1), 0);
        now = wakes_at;
        one(&pace, i % 2 == 0 ? PACE_UNREACHABLE : PACE_FAILED, now);
        rest_ms = rest_ms * 2 < HOUR ? rest_ms * 2 : HOUR;
    }
    now = pace_wakes_at(&pace, now);
    one(&pace, PACE_REFUSED, now); /* alive */
    pace.budget = 10;
    for (int i = 0; i < 4; i++)
        one(&pace, PACE_FAILED, now);
    assert_int_equal(pace_room(&pace, now), 1);
    one(&pace, PACE_FAILED, now);
    assert_in_range(pace_wakes_at(&pace, now) - now, 990, 1000);
}

static void a_rest_is_drawn_from_all_of_its_range(void **state)
{
    (void)state;
    for (double chance = 0; chance < 1; chance += 0.25) {
        struct pace pace;

        pace_init(&pace, 1);
        for (uint64_t i = 1; i <= 5; i++) {
            (void)pace_begin(&pace, 1);
            pace_end(&pace, i, &(struct pace_result){PACE_FAILED, 1, -1, chance}, 1);
        }
        assert_int_equal(pace.rest_until_mono_ms, 1 + 100 + (int64_t)(900 * chance));
    }
}

static void the_ladder_of_one_task_is_not_delayed(void **state)
{
    struct pace pace;
    int64_t now = 1;

    (void)state;
    pace_init(&pace, 100);
    for (int64_t delay_ms = 1000; delay_ms < HOUR; delay_ms *= 2) {
        assert_int_equal(pace_room(&pace, now), 1);
        one(&pace, PACE_FAILED, now);
        now += delay_ms;
    }
}

static void what_was_begun_before_the_rest_neither_ends_nor_holds_it(void **state)
{
    struct pace pace;
    uint64_t probe;

    (void)state;
    pace_init(&pace, 100);
    for (int i = 0; i < 4; i++)
        (void)round_of(&pace, PACE_GOOD, 10, i * 100);
    for (unsigned i = 0; i < 8; i++)
        (void)pace_begin(&pace, 500);
    for (uint64_t number = 16; number <= 20; number++)
        end(&pace, number, PACE_UNREACHABLE, 1000);
    end(&pace, 21, PACE_GOOD, 1001);
    assert_int_equal(pace_room(&pace, 1500), 0);
    assert_int_equal(pace_room(&pace, 2000), 1);
    probe = pace_begin(&pace, 2000);
    end(&pace, 22, PACE_UNREACHABLE, 2001);
    assert_true(pace_room(&pace, 2001) == 0 && pace.rests == 0);
    pace_drop(&pace, probe);
    assert_int_equal(pace_room(&pace, 2002), 1);
    probe = pace_begin(&pace, 2002);
    pace_drop(&pace, 23);
    assert_int_equal(pace_room(&pace, 2003), 0);
    end(&pace, probe, PACE_UNREACHABLE, 2004);
    assert_int_equal(pace.rests, 1);
    assert_int_equal(pace.in_flight, 0);
    one(&pace, PACE_GOOD, 5000);
    assert_int_equal(pace_room(&pace, 5000), 2); /* slowly again */
}

static void a_refusal_says_nothing(void **state)
{
    struct pace pace, before;

    (void)state;
    pace_init(&pace, 100);
    (void)round_of(&pace, PACE_GOOD, 10, 1);
    one(&pace, PACE_FAILED, 1);
    before = pace;
    for (int i = 0; i < 100; i++)
        one(&pace, PACE_REFUSED, 1);
    assert_true(pace.window >= before.window && pace.window <= before.window);
    assert_true(pace.budget >= before.budget && pace.budget <= before.budget);
    assert_int_equal(pace.failures, before.failures);
    assert_int_equal(pace.failed, before.failed);
    assert_int_equal(pace.sent, before.sent + 100);
}

static void another_endpoint_has_no_past(void **state)
{
    struct pace pace;
    uint64_t first, second;

    (void)state;
    pace_init(&pace, 100);
    (void)round_of(&pace, PACE_GOOD, 10, 1);
    first = pace_begin(&pace, 1);
    second = pace_begin(&pace, 1);
    end(&pace, first, PACE_THROTTLED, 1);
    assert_int_equal(pace_room(&pace, 2), 0);
    pace_renew(&pace);
    assert_int_equal(pace.in_flight, 1);
    assert_int_equal(pace_wakes_at(&pace, 2), INT64_MAX); /* one at a time, and one is out */
    end(&pace, second, PACE_REFUSED, 2);
    assert_int_equal(pace_room(&pace, 2), 1);
    assert_int_equal(pace.sent, 3);
}

/* ---- asked for time ---- */

static void who_asks_for_time_gets_it_within_bounds(void **state)
{
    static const struct {
        int64_t asked_ms, got_ms;
    } cases[] = {{-1, 1000}, {0, 1000}, {999, 1000}, {5000, 5000}, {HOUR, HOUR}, {HOUR * 2, HOUR}};

    (void)state;
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        struct pace pace;

        pace_init(&pace, 100);
        for (int k = 0; k < 4; k++)
            (void)round_of(&pace, PACE_GOOD, 10, k * 100);
        assert_int_equal(pace_begin(&pace, 1000), 16);
        pace_end(&pace, 16, &(struct pace_result){PACE_THROTTLED, 10, cases[i].asked_ms, 0.9},
                 1000);
        assert_int_equal(pace_wakes_at(&pace, 1000), 1000 + cases[i].got_ms);
        one(&pace, PACE_GOOD, 1000 + cases[i].got_ms);
        assert_int_equal(pace_room(&pace, 1000 + cases[i].got_ms), 8);
    }
}

static void who_asks_again_without_a_time_gets_longer_ones(void **state)
{
    struct pace pace;
    int64_t now = 1, rested_ms = 0;

    (void)state;
    pace_init(&pace, 100);
    for (int i = 0; i < 6; i++) {
        one(&pace, PACE_THROTTLED, now);
        assert_true(pace_wakes_at(&pace, now) - now > rested_ms);
        rested_ms = pace_wakes_at(&pace, now) - now;
        now = pace_wakes_at(&pace, now);
    }
    assert_in_range(rested_ms, 31000, 32000);
    assert_true(pace.budget >= 10);
}

static void the_longer_rest_holds(void **state)
{
    struct pace pace;

    (void)state;
    pace_init(&pace, 100);
    (void)round_of(&pace, PACE_GOOD, 10, 1);
    assert_int_equal(pace_begin(&pace, 100), 2);
    assert_int_equal(pace_begin(&pace, 100), 3);
    pace_end(&pace, 2, &(struct pace_result){PACE_THROTTLED, 10, 60000, 0}, 200);
    pace_end(&pace, 3, &(struct pace_result){PACE_THROTTLED, 10, 5000, 0}, 300);
    assert_int_equal(pace_wakes_at(&pace, 300), 60200);
}

/* ---- the budget ---- */

static void without_a_budget_it_gets_one_at_a_time_and_one_a_second(void **state)
{
    struct pace pace;
    uint64_t number;

    (void)state;
    pace_init(&pace, 100);
    for (int i = 0; i < 4; i++)
        (void)round_of(&pace, PACE_GOOD, 10, i * 100);
    for (int i = 0; i < 13; i++) { /* 10 and 15 fifths, less 13 */
        one(&pace, PACE_FAILED, 1000);
        pace.failures = 0;
    }
    assert_true(pace.budget < 1);
    pace.window = 8;
    assert_int_equal(pace_room(&pace, 1999), 0);
    assert_int_equal(pace_wakes_at(&pace, 1000), 2000);
    assert_int_equal(pace_room(&pace, 2000), 1);
    number = pace_begin(&pace, 2000);
    assert_int_equal(pace_room(&pace, 9000), 0);
    assert_int_equal(pace_wakes_at(&pace, 9000), INT64_MAX);
    end(&pace, number, PACE_GOOD, 9000);
    for (int i = 1; i < 5; i++)
        one(&pace, PACE_GOOD, 9000 + i * 1000);
    assert_true(pace_room(&pace, 13000) > 1);
    for (int i = 0; i < 1000; i++)
        one(&pace, PACE_GOOD, 20000);
    assert_true(pace.budget <= 100 && pace.budget > 99.9);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_starts_slowly_up_to_the_ceiling),
        cmocka_unit_test(a_full_window_doubles_though_it_is_refilled_at_once),
        cmocka_unit_test(a_bad_round_halves_once_and_then_it_grows_by_one),
        cmocka_unit_test(a_window_that_is_not_used_does_not_grow),
        cmocka_unit_test(a_lower_ceiling_holds_at_once_and_a_higher_one_is_grown_to),
        cmocka_unit_test(who_slows_down_gets_less),
        cmocka_unit_test(longer_jobs_do_not_pin_it),
        cmocka_unit_test(being_slow_alone_leaves_half),
        cmocka_unit_test(after_five_failures_it_rests_and_one_finds_out),
        cmocka_unit_test(a_success_between_failures_keeps_it_open),
        cmocka_unit_test(rests_double_while_probes_fail_up_to_an_hour),
        cmocka_unit_test(a_rest_is_drawn_from_all_of_its_range),
        cmocka_unit_test(the_ladder_of_one_task_is_not_delayed),
        cmocka_unit_test(what_was_begun_before_the_rest_neither_ends_nor_holds_it),
        cmocka_unit_test(a_refusal_says_nothing),
        cmocka_unit_test(another_endpoint_has_no_past),
        cmocka_unit_test(who_asks_for_time_gets_it_within_bounds),
        cmocka_unit_test(who_asks_again_without_a_time_gets_longer_ones),
        cmocka_unit_test(the_longer_rest_holds),
        cmocka_unit_test(without_a_budget_it_gets_one_at_a_time_and_one_a_second),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
