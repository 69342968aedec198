/* Time text: known instants, every rule of the grammar, and a round trip over all years. */
#include "base/time_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

static void assert_written(int64_t wall_ms, const char *expected)
{
    char text[TIME_TEXT_LEN + 1];

    time_write(wall_ms, text);
    assert_string_equal(text, expected);
}

static void assert_read(const char *text, int64_t expected)
{
    int64_t wall_ms = -1;

    assert_true(time_read(bytes_of(text), &wall_ms));
    assert_int_equal(wall_ms, expected);
}

static void assert_refused(const char *text)
{
    int64_t wall_ms = -7;

    if (time_read(bytes_of(text), &wall_ms))
        fail_msg("%s was read", text);
    assert_int_equal(wall_ms, -7);
}

static void known_instants_are_written(void **state)
{
    (void)state;
    assert_written(0, "1970-01-01T00:00:00.000Z");
    assert_written(1, "1970-01-01T00:00:00.001Z");
    assert_written(951782400000, "2000-02-29T00:00:00.000Z");
    assert_written(1767323045678, "2026-01-02T03:04:05.678Z");
    assert_written(4107542399999, "2100-02-28T23:59:59.999Z");
    assert_written(4107542400000, "2100-03-01T00:00:00.000Z");
    assert_written(253402300799999, "9999-12-31T23:59:59.999Z");
}

static void what_has_no_text_is_held_at_the_ends(void **state)
{
    (void)state;
    assert_written(-1, "1970-01-01T00:00:00.000Z");
    assert_written(INT64_MIN, "1970-01-01T00:00:00.000Z");
    assert_written(253402300800000, "9999-12-31T23:59:59.999Z");
    assert_written(INT64_MAX, "9999-12-31T23:59:59.999Z");
}

static void fractions_are_cut_to_milliseconds(void **state)
{
    (void)state;
    assert_read("2026-01-02T03:04:05Z", 1767323045000);
    assert_read("2026-01-02T03:04:05.6Z", 1767323045600);
    assert_read("2026-01-02T03:04:05.67Z", 1767323045670);
    assert_read("2026-01-02T03:04:05.678Z", 1767323045678);
    assert_read("2026-01-02T03:04:05.678999999Z", 1767323045678);
    assert_refused("2026-01-02T03:04:05.Z");
    assert_refused("2026-01-02T03:04:05.1234567890Z");
    assert_refused("2026-01-02T03:04:05,5Z");
    assert_refused("2026-01-02T03:04:05.+1Z");
}

static void offsets_are_taken_off(void **state)
{
    (void)state;
    assert_read("2026-01-02T03:04:05+00:00", 1767323045000);
    assert_read("2026-01-02T03:04:05-00:00", 1767323045000);
    assert_read("2026-01-02T05:34:05+02:30", 1767323045000);
    assert_read("2026-01-01T22:04:05-05:00", 1767323045000);
    assert_read("2026-01-02t03:04:05z", 1767323045000);
    assert_refused("2026-01-02T03:04:05");
    assert_refused("2026-01-02T03:04:05+24:00");
    assert_refused("2026-01-02T03:04:05+02:60");
    assert_refused("2026-01-02T03:04:05+0230");
    assert_refused("2026-01-02T03:04:05+02");
    assert_refused("2026-01-02T03:04:05 02:30");
    assert_refused("2026-01-02T03:04:05ZZ");
    assert_refused("2026-01-02T03:04:05Z ");
}

static void the_range_holds_after_the_offset(void **state)
{
    (void)state;
    assert_read("1970-01-01T01:00:00+01:00", 0);
    assert_refused("1970-01-01T00:59:59.999+01:00");
    assert_refused("1969-12-31T23:59:59Z");
    assert_read("9999-12-31T23:59:59.999Z", 253402300799999);
    assert_refused("9999-12-31T23:59:59-00:01");
    assert_refused("10000-01-01T00:00:00Z");
    assert_refused("0000-01-01T00:00:00Z");
}

static void days_that_do_not_exist_are_refused(void **state)
{
    (void)state;
    assert_refused("2026-00-01T00:00:00Z");
    assert_refused("2026-13-01T00:00:00Z");
    assert_refused("2026-01-00T00:00:00Z");
    assert_refused("2026-01-32T00:00:00Z");
    assert_refused("2026-04-31T00:00:00Z");
    assert_refused("2026-02-29T00:00:00Z");
    assert_refused("2100-02-29T00:00:00Z");
    assert_read("2024-02-29T00:00:00Z", 1709164800000);
    assert_read("2000-02-29T00:00:00Z", 951782400000);
}

static void times_that_do_not_exist_are_refused(void **state)
{
    (void)state;
    assert_refused("2026-01-02T24:00:00Z");
    assert_refused("2026-01-02T23:60:00Z");
    assert_refused("2016-12-31T23:59:60Z");
    assert_refused("2026-01-02T3:04:05Z");
    assert_refused("2026-01-02T03:04Z");
}

static void other_forms_are_refused(void **state)
{
    (void)state;
    assert_refused("");
    assert_refused(" ");
    assert_refused("2026-01-02");
    assert_refused("2026-01-02 03:04:05Z");
    assert_refused("20260102T030405Z");
    assert_refused("2026-1-2T03:04:05Z");
    assert_refused("+2026-01-02T03:04:05Z");
    assert_refused("-026-01-02T03:04:05Z");
    assert_refused("1767323045");
    assert_refused("tomorrow");
    assert_refused("2026-W01-5T03:04:05Z");

    int64_t wall_ms;

    assert_false(time_read(BYTES("2026-01-02T03:04:05Z\0"), &wall_ms));
    assert_false(time_read(BYTES_NONE, &wall_ms));
}

static void every_day_of_all_years_agrees_with_libc(void **state)
{
    (void)state;
    for (int64_t day = 0; day < 2932897; day++) {
        /* A different time of each day. */
        int64_t wall_ms = day * 86400000 + (day * 7919) % 86400000;
        time_t seconds = (time_t)(wall_ms / 1000);
        char text[TIME_TEXT_LEN + 1];
        char expected[TIME_TEXT_LEN + 1];
        int64_t back = -1;
        struct tm tm;

        time_write(wall_ms, text);
        assert_true(time_read((struct bytes){text, TIME_TEXT_LEN}, &back));
        if (back != wall_ms)
            fail_msg("%s is read as %lld", text, (long long)back);
        if (day % 17 != 0)
            continue;
        assert_non_null(gmtime_r(&seconds, &tm));
        assert_int_equal(strftime(expected, sizeof(expected), "%Y-%m-%dT%H:%M:%S", &tm), 19);
        assert_memory_equal(text, expected, 19);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_instants_are_written),
        cmocka_unit_test(what_has_no_text_is_held_at_the_ends),
        cmocka_unit_test(fractions_are_cut_to_milliseconds),
        cmocka_unit_test(offsets_are_taken_off),
        cmocka_unit_test(the_range_holds_after_the_offset),
        cmocka_unit_test(days_that_do_not_exist_are_refused),
        cmocka_unit_test(times_that_do_not_exist_are_refused),
        cmocka_unit_test(other_forms_are_refused),
        cmocka_unit_test(every_day_of_all_years_agrees_with_libc),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
