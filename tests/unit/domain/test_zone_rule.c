/* Zone rule: which texts are rules, and when they change the offset. */
#include "zone_rule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/time_text.h"

static struct zone_rule rule_of(const char *text)
{
    struct zone_rule rule;

    if (!zone_rule_read(bytes_of(text), &rule))
        fail_msg("refused: '%s'", text);
    return rule;
}

static int64_t ms_of(const char *text)
{
    int64_t ms = 0;

    assert_true(time_read(bytes_of(text), &ms));
    return ms;
}

/* The offset is before_s until then and after_s from then on. */
static void assert_change(const char *rule_text, const char *at, int before_s, int after_s)
{
    struct zone_rule rule = rule_of(rule_text);
    int64_t at_ms = ms_of(at);
    struct zone_span before = zone_rule_span(&rule, at_ms - 1);
    struct zone_span after = zone_rule_span(&rule, at_ms);

    assert_int_equal(before.offset_ms, before_s * SECOND_MS);
    assert_int_equal(after.offset_ms, after_s * SECOND_MS);
    assert_int_equal(before.end_ms, at_ms);
    assert_int_equal(after.begin_ms, at_ms);
}

static void a_rule_without_daylight_time_never_changes(void **state)
{
    struct zone_rule rule = rule_of("<+0545>-5:45");
    struct zone_span span = zone_rule_span(&rule, 0);

    (void)state;
    assert_int_equal(span.offset_ms, (5 * 60 + 45) * MINUTE_MS);
    assert_int_equal(span.begin_ms, -ZONE_ALWAYS_MS);
    assert_int_equal(span.end_ms, ZONE_ALWAYS_MS);
    assert_int_equal(rule_of("ABC+3:00:01").standard_s, -10801);
}

static void last_and_nth_weekdays_are_found(void **state)
{
    (void)state;
    assert_change("CET-1CEST,M3.5.0,M10.5.0/3", "2025-03-30T01:00:00Z", 3600, 7200);
    assert_change("CET-1CEST,M3.5.0,M10.5.0/3", "2025-10-26T01:00:00Z", 7200, 3600);
    assert_change("EST5EDT,M3.2.0,M11.1.0", "2100-03-14T07:00:00Z", -18000, -14400);
    assert_change("EST5EDT,M3.2.0,M11.1.0", "2100-11-07T06:00:00Z", -14400, -18000);
}

static void south_of_the_equator_the_year_begins_with_daylight_time(void **state)
{
    (void)state;
    assert_change("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "2030-04-06T15:00:00Z", 39600, 37800);
    assert_change("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "2030-10-05T15:30:00Z", 37800, 39600);
}

static void daylight_time_can_be_behind_standard_time(void **state)
{
    (void)state;
    assert_change("IST-1GMT0,M10.5.0,M3.5.0/1", "2025-10-26T01:00:00Z", 3600, 0);
    assert_change("IST-1GMT0,M10.5.0,M3.5.0/1", "2025-03-30T01:00:00Z", 0, 3600);
}

static void times_may_lie_days_away_from_their_day(void **state)
{
    (void)state;
    /* Nuuk, and the eve of a Friday as Gaza once had it. */
    assert_change("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2025-03-30T01:00:00Z", -7200, -3600);
    assert_change("EET-2EEST,M3.4.4/50,M10.4.4/50", "2030-03-30T00:00:00Z", 7200, 10800);
}

static void days_are_counted_with_and_without_the_leap_day(void **state)
{
    (void)state;
    assert_change("AAA0BBB,J60/0,J300/1", "2024-03-01T00:00:00Z", 0, 3600);
    assert_change("AAA0BBB,J60/0,J300/1", "2023-03-01T00:00:00Z", 0, 3600);
    assert_change("AAA0BBB,J59/0,J300/1", "2024-02-28T00:00:00Z", 0, 3600);
    assert_change("AAA0BBB,59/0,300/1", "2024-02-29T00:00:00Z", 0, 3600);
    assert_change("AAA0BBB,59/0,300/1", "2023-03-01T00:00:00Z", 0, 3600);
}

static void daylight_time_can_last_all_the_year(void **state)
{
    struct zone_rule rule = rule_of("XXX3EDT4,0/0,J365/23");

    (void)state;
    for (int64_t at_ms = 0; at_ms < 4000 * DAY_MS; at_ms += 7 * HOUR_MS)
        assert_int_equal(zone_rule_span(&rule, at_ms).offset_ms, -4 * HOUR_MS);
    assert_int_equal(zone_rule_span(&rule, ms_of("2025-01-01T03:00:00Z") - 1).offset_ms,
                     -4 * HOUR_MS);
}

static void spans_hold_their_instant_and_abut_whatever_the_rule(void **state)
{
    static const char *const TEXTS[] = {
        "CET-1CEST,M3.5.0,M10.5.0/3", "AAA24BBB-24,J365/167,J1/-167",   "AAA0BBB,365/167,0/-167",
        "AAA0BBB,J364/167,365/167",   "AAA-24BBB24,M12.5.6/167,M1.1.0", "AAA0BBB,J100,J100/3",
    };

    (void)state;
    for (unsigned i = 0; i < ARRAY_LEN(TEXTS); i++) {
        struct zone_rule rule = rule_of(TEXTS[i]);

        for (int64_t at_ms = 0; at_ms < 4000 * DAY_MS; at_ms += 11 * HOUR_MS) {
            struct zone_span span = zone_rule_span(&rule, at_ms);

            assert_true(span.begin_ms <= at_ms && at_ms < span.end_ms);
            assert_true(span.end_ms - span.begin_ms < 800 * DAY_MS);
            assert_int_equal(zone_rule_span(&rule, span.end_ms).begin_ms, span.end_ms);
        }
    }
}

static void what_is_not_a_rule_is_refused(void **state)
{
    static const char *const BAD[] = {
        "",
        "CE",
        "CET",
        "CE-1",
        "<CET-1",
        "<C>-1",
        "C1T-1",
        "CET-25",
        "CET-1:60",
        "CET-1:00:60",
        "CET-1:",
        "CET-1CEST",
        "CET-1CEST,",
        "CET-1CEST,M3.5.0",
        "CET-1CEST,M3.5.0,M10.5.0,",
        "CET-1CEST,M3.5.0,M10.5.0/3 ",
        "CET-1CEST,M0.5.0,M10.5.0",
        "CET-1CEST,M13.5.0,M10.5.0",
        "CET-1CEST,M3.0.0,M10.5.0",
        "CET-1CEST,M3.6.0,M10.5.0",
        "CET-1CEST,M3.5.7,M10.5.0",
        "CET-1CEST,J0,M10.5.0",
        "CET-1CEST,J366,M10.5.0",
        "CET-1CEST,366,M10.5.0",
        "CET-1CEST,M3.5.0/168,M10.5.0",
        "CET-1CEST,M3.5.0/-168,M10.5.0",
        "CET-1CEST,M3.5.0/,M10.5.0",
        "CET-1CEST,M3.5.0/4294967298,M10.5.0",
        "CET-1,M3.5.0,M10.5.0",
        "CET--1",
        ":CET-1",
    };
    struct zone_rule rule;

    (void)state;
    for (unsigned i = 0; i < ARRAY_LEN(BAD); i++)
        if (zone_rule_read(bytes_of(BAD[i]), &rule))
            fail_msg("taken: '%s'", BAD[i]);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rule_without_daylight_time_never_changes),
        cmocka_unit_test(last_and_nth_weekdays_are_found),
        cmocka_unit_test(south_of_the_equator_the_year_begins_with_daylight_time),
        cmocka_unit_test(daylight_time_can_be_behind_standard_time),
        cmocka_unit_test(times_may_lie_days_away_from_their_day),
        cmocka_unit_test(days_are_counted_with_and_without_the_leap_day),
        cmocka_unit_test(daylight_time_can_last_all_the_year),
        cmocka_unit_test(spans_hold_their_instant_and_abut_whatever_the_rule),
        cmocka_unit_test(what_is_not_a_rule_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
