/* Clock: near the system's time, and mono never goes back. */
#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

static void wall_time_is_the_systems(void **state)
{
    struct clock clock = clock_system();
    int64_t before_ms = (int64_t)time(NULL) * 1000;
    int64_t wall_ms = clock.now(clock.ctx).wall_ms;

    (void)state;
    /* time() may lag behind by a tick. */
    assert_true(wall_ms >= before_ms && wall_ms < before_ms + 60000);
}

static void mono_never_goes_back(void **state)
{
    struct clock clock = clock_system();
    int64_t last_ms = 0;

    (void)state;
    for (unsigned i = 0; i < 1000; i++) {
        int64_t mono_ms = clock.now(clock.ctx).mono_ms;

        assert_true(mono_ms >= last_ms);
        last_ms = mono_ms;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wall_time_is_the_systems),
        cmocka_unit_test(mono_never_goes_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
