/* Backoff: pauses grow, stay within their bounds, and never undercut what the broker asked for. */
#include "backoff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { ROUNDS = 200, LONGEST_MS = 10 * 1000 };

static void pauses_grow_and_are_bounded(void **state)
{
    (void)state;
    struct backoff backoff = {.failures = 0};
    int64_t last = 0;

    assert_in_range(backoff_next_ms(&backoff, -1), 100, 200);
    for (unsigned i = 0; i < ROUNDS; i++) {
        last = backoff_next_ms(&backoff, -1);
        assert_in_range(last, 100, LONGEST_MS);
    }
    assert_true(last >= LONGEST_MS / 2);
}

static void success_begins_anew(void **state)
{
    (void)state;
    struct backoff backoff = {.failures = 0};

    for (unsigned i = 0; i < ROUNDS; i++)
        (void)backoff_next_ms(&backoff, -1);
    backoff_reset(&backoff);
    assert_in_range(backoff_next_ms(&backoff, -1), 100, 200);
}

static void retry_after_is_the_least(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct backoff backoff = {.failures = 0};

        assert_in_range(backoff_next_ms(&backoff, 2000), 2000, 2100);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pauses_grow_and_are_bounded),
        cmocka_unit_test(success_begins_anew),
        cmocka_unit_test(retry_after_is_the_least),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
