/* Pace: what a target may have at hand beyond what is begun. */
#include "domain/pace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { MOST = 20 };

/* A window that has grown, of requests that took so long. */
static void grow(struct pace *pace, int64_t took_ms)
{
    pace_init(pace, MOST);
    for (int64_t now = 1000; (int)pace->window < MOST; now += took_ms) {
        unsigned room = pace_room(pace, now);

        for (unsigned i = 0; i < room; i++)
            (void)pace_begin(pace, now);
        for (unsigned i = 0; i < room; i++)
            pace_end(pace, pace->begun - i, &(struct pace_result){PACE_GOOD, took_ms, -1, 0.5},
                     now + took_ms);
    }
}

static void a_quick_one_has_half_of_its_window(void **state)
{
    struct pace pace;

    (void)state;
    pace_init(&pace, MOST);
    assert_int_equal(pace_ahead(&pace), 0); /* nothing is known of it */
    grow(&pace, 10);
    assert_int_equal(pace_ahead(&pace), MOST / 2);
}

static void a_slow_one_has_nothing(void **state)
{
    struct pace pace;

    (void)state;
    grow(&pace, 90);
    assert_int_equal(pace_ahead(&pace), 0);
}

static void one_that_rests_has_nothing(void **state)
{
    struct pace pace;

    (void)state;
    grow(&pace, 10);
    for (int i = 0; i < 5; i++)
        pace_end(&pace, pace_begin(&pace, 100000), &(struct pace_result){PACE_FAILED, 10, -1, 0.5},
                 100000);
    assert_int_equal(pace_room(&pace, 100000), 0);
    assert_int_equal(pace_ahead(&pace), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_quick_one_has_half_of_its_window),
        cmocka_unit_test(a_slow_one_has_nothing),
        cmocka_unit_test(one_that_rests_has_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
