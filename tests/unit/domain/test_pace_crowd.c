/* Pace: what holds whatever a target answers, and whenever. */
#include "domain/pace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "base/random.h"

#define HOUR INT64_C(3600000)

struct crowd {
    struct pace pace;
    struct random_source random;
    uint64_t flying[64];
    unsigned len;
    int64_t now;
};

static unsigned draw(struct crowd *crowd, unsigned below)
{
    uint64_t drawn = random_below(&crowd->random, below);

    return (unsigned)drawn;
}

static void let_one_end(struct crowd *crowd)
{
    static const enum pace_word WORDS[] = {PACE_GOOD, PACE_REFUSED, PACE_FAILED, PACE_THROTTLED,
                                           PACE_UNREACHABLE};
    static const int64_t RETRY_MS[] = {-1, -1, 0, 3000, 2 * HOUR};
    unsigned nth = draw(crowd, crowd->len);
    uint64_t number = crowd->flying[nth];

    crowd->flying[nth] = crowd->flying[--crowd->len];
    if (draw(crowd, 10) == 0) {
        pace_drop(&crowd->pace, number);
        return;
    }
    pace_end(&crowd->pace, number,
             &(struct pace_result){WORDS[draw(crowd, ARRAY_LEN(WORDS))], draw(crowd, 2000),
                                   RETRY_MS[draw(crowd, ARRAY_LEN(RETRY_MS))],
                                   draw(crowd, 1000) / 1000.0},
             crowd->now);
}

static void step(struct crowd *crowd)
{
    unsigned what = draw(crowd, 10);
    int64_t wakes_at = pace_wakes_at(&crowd->pace, crowd->now);

    if (what == 0)
        pace_limit(&crowd->pace, (int32_t)draw(crowd, 60));
    else if (what < 3 && wakes_at != INT64_MAX)
        crowd->now = wakes_at;
    else if (what < 5)
        crowd->now += draw(crowd, 1000);
    else if (what < 7 && crowd->len > 0)
        let_one_end(crowd);
    else if (crowd->len < ARRAY_LEN(crowd->flying) && pace_room(&crowd->pace, crowd->now) > 0)
        crowd->flying[crowd->len++] = pace_begin(&crowd->pace, crowd->now);
}

static void check(const struct crowd *crowd)
{
    const struct pace *pace = &crowd->pace;
    int64_t wakes_at = pace_wakes_at(pace, crowd->now);
    unsigned room = pace_room(pace, crowd->now);
    struct target_health health;

    assert_int_equal(pace->in_flight, crowd->len);
    assert_true(pace->window >= 1 && pace->window <= pace->most);
    assert_true(pace->budget >= 0 && pace->budget <= 100);
    assert_true(room <= (unsigned)pace->most);
    assert_int_equal(room > 0, wakes_at == crowd->now);
    if (crowd->len == 0)
        assert_true(wakes_at <= crowd->now + HOUR);
    if (wakes_at != INT64_MAX)
        assert_true(pace_room(pace, wakes_at) > 0);
    if (room == 0 && wakes_at != INT64_MAX)
        assert_int_equal(pace_room(pace, wakes_at - 1), 0);
    pace_show(pace, (struct moment){crowd->now, crowd->now}, &health);
    if (health.state == TARGET_RESTING)
        assert_true(room == 0 && health.resumes_at_ms > crowd->now);
    if (health.state != TARGET_OPEN)
        assert_true(room <= 1);
    if (pace->probe != 0)
        assert_true(room == 0 && health.state == TARGET_PROBING);
}

static void whatever_it_answers_it_stays_in_bounds_and_wakes(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 200; seed++) {
        struct random_seeded seeded;
        struct crowd crowd = {.random = random_from_seed(&seeded), .now = 1};

        random_seed(&seeded, seed);
        pace_init(&crowd.pace, (int32_t)draw(&crowd, 60));
        for (int i = 0; i < 1000; i++) {
            step(&crowd);
            check(&crowd);
        }
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_it_answers_it_stays_in_bounds_and_wakes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
