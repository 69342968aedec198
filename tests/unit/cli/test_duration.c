/* Duration: weeks and years are read too, and what is shown can be read back. */
#include "duration.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define DAY_MS INT64_C(86400000)

static void expect(const char *text, int64_t ms)
{
    int64_t read = -1;

    assert_true(duration_read(bytes_of(text), INT64_MAX, &read));
    assert_int_equal(read, ms);
}

static void all_units_are_read(void **state)
{
    (void)state;
    expect("30", 30000);
    expect("250ms", 250);
    expect("7d", 7 * DAY_MS);
    expect("2w", 14 * DAY_MS);
    expect("1.5w", 21 * DAY_MS / 2);
    expect("1y", 365 * DAY_MS);
}

static void what_is_no_time_is_refused(void **state)
{
    static const char *const texts[] = {"", "w", "y", "-1w", "1ww", "1 w", "1us", "w1"};
    int64_t read;

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        assert_false(duration_read(bytes_of(texts[i]), INT64_MAX, &read));
}

static void the_largest_time_is_kept_to(void **state)
{
    int64_t read;

    (void)state;
    assert_true(duration_read(BYTES("2w"), 14 * DAY_MS, &read));
    assert_false(duration_read(BYTES("2w"), 14 * DAY_MS - 1, &read));
    assert_false(duration_read(BYTES("3y"), 365 * DAY_MS, &read));
    assert_false(duration_read(BYTES("9999999999999999y"), INT64_MAX, &read));
}

static void times_are_shown_in_the_largest_unit_that_fits(void **state)
{
    static const struct {
        int64_t ms;
        const char *text;
    } rows[] = {{0, "0ms"},      {1, "1ms"},           {1500, "1500ms"},    {90000, "90s"},
                {3600000, "1h"}, {14 * DAY_MS, "14d"}, {365 * DAY_MS, "1y"}};
    struct arena *arena = arena_new();

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_true(bytes_is(duration_text(rows[i].ms, arena), rows[i].text));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_units_are_read),
        cmocka_unit_test(what_is_no_time_is_refused),
        cmocka_unit_test(the_largest_time_is_kept_to),
        cmocka_unit_test(times_are_shown_in_the_largest_unit_that_fits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
