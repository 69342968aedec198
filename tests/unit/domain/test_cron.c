/* Cron: when expressions fire, in UTC and across changes of the clock. */
#include "domain/cron.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "base/random.h"
#include "base/time_text.h"
#include "domain/zone.h"
#include "tzif.h"

#define BERLIN "CET-1CEST,M3.5.0,M10.5.0/3"

static struct cron cron_of(const char *text)
{
    struct cron cron;
    struct error error = {.code = OK};

    if (cron_parse(bytes_of(text), "", &cron, &error) != OK)
        fail_msg("'%s': %s", text, error.detail);
    return cron;
}

static int64_t ms_of(const char *text)
{
    int64_t ms = 0;

    if (!time_read(bytes_of(text), &ms))
        fail_msg("not a time: '%s'", text);
    return ms;
}

/* The times at which it fires from begin on; times is up to NULL. */
static void assert_fires(const struct zone *zone, const char *text, const char *begin,
                         const char *const *times)
{
    struct cron cron = cron_of(text);
    int64_t at_ms = ms_of(begin);

    for (; *times != NULL; times++) {
        char got[TIME_TEXT_LEN + 1] = "never";

        if (cron_next(&cron, zone, at_ms, &at_ms))
            time_write(at_ms, got);
        if (at_ms != ms_of(*times))
            fail_msg("'%s' fires at %s, not at %s", text, got, *times);
        at_ms++;
    }
}

#define TIMES(...) ((const char *const[]){__VA_ARGS__, NULL})

static void minutes_hours_days_and_months_are_searched_in_order(void **state)
{
    struct zone *utc = zone_new_utc();

    (void)state;
    assert_fires(utc, "* * * * *", "2025-12-31T23:59:00.001Z",
                 TIMES("2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z"));
    assert_fires(utc, "50 9,17 * * *", "2025-02-28T17:50:00Z",
                 TIMES("2025-02-28T17:50:00Z", "2025-03-01T09:50:00Z", "2025-03-01T17:50:00Z"));
    assert_fires(utc, "0 0 31 * *", "2025-01-31T00:00:01Z",
                 TIMES("2025-03-31T00:00:00Z", "2025-05-31T00:00:00Z"));
    assert_fires(utc, "0 12 * * MON-FRI", "2025-08-01T13:00:00Z",
                 TIMES("2025-08-04T12:00:00Z", "2025-08-05T12:00:00Z"));
    assert_fires(utc, "5 0 1 JAN,JUL *", "2025-01-02T00:00:00Z",
                 TIMES("2025-07-01T00:05:00Z", "2026-01-01T00:05:00Z"));
    zone_free(utc);
}

static void the_instant_itself_counts_to_the_millisecond(void **state)
{
    struct zone *utc = zone_new_utc();
    struct cron cron = cron_of("30 * * * *");
    int64_t slot_ms = ms_of("2025-06-01T10:30:00Z");
    int64_t next_ms = 0;

    (void)state;
    assert_true(cron_next(&cron, utc, slot_ms, &next_ms));
    assert_int_equal(next_ms, slot_ms);
    assert_true(cron_next(&cron, utc, slot_ms - 1, &next_ms));
    assert_int_equal(next_ms, slot_ms);
    assert_true(cron_next(&cron, utc, slot_ms + 1, &next_ms));
    assert_int_equal(next_ms, slot_ms + HOUR_MS);
    zone_free(utc);
}

static void either_day_is_enough_unless_one_begins_with_a_star(void **state)
{
    struct zone *utc = zone_new_utc();

    (void)state;
    assert_fires(utc, "0 0 13 * FRI", "2025-06-01T00:00:00Z",
                 TIMES("2025-06-06T00:00:00Z", "2025-06-13T00:00:00Z", "2025-06-20T00:00:00Z",
                       "2025-06-27T00:00:00Z", "2025-07-04T00:00:00Z", "2025-07-11T00:00:00Z",
                       "2025-07-13T00:00:00Z"));
    assert_fires(utc, "0 0 */2 * FRI", "2025-06-01T00:00:00Z",
                 TIMES("2025-06-13T00:00:00Z", "2025-06-27T00:00:00Z", "2025-07-11T00:00:00Z"));
    assert_fires(utc, "0 0 13 * */5", "2025-01-01T00:00:00Z",
                 TIMES("2025-04-13T00:00:00Z", "2025-06-13T00:00:00Z", "2025-07-13T00:00:00Z"));
    zone_free(utc);
}

static void the_leap_day_comes_however_long_it_takes(void **state)
{
    struct zone *utc = zone_new_utc();

    (void)state;
    assert_fires(utc, "0 0 29 2 *", "2024-03-01T00:00:00Z",
                 TIMES("2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"));
    assert_fires(utc, "0 0 29 2 *", "2096-03-01T00:00:00Z", TIMES("2104-02-29T00:00:00Z"));
    assert_fires(utc, "0 0 29 2 */7", "2072-01-01T00:00:00Z", TIMES("2088-02-29T00:00:00Z"));
    for (char day = '0'; day < '7'; day++) {
        /* A star that names one weekday. */
        struct cron cron = cron_of("0 0 29 2 *");
        int64_t next_ms = 0;

        cron.weekdays = 1U << (day - '0');
        for (int64_t year = 1970; year < 2390; year++)
            assert_true(cron_next(&cron, utc, (year - 1970) * 31556952000, &next_ms));
    }
    zone_free(utc);
}

static void nothing_fires_before_1970_or_after_9999(void **state)
{
    struct zone *utc = zone_new_utc();
    struct cron cron = cron_of("0 0 1 1 *");
    int64_t next_ms = 4711;

    (void)state;
    assert_true(cron_next(&cron, utc, INT64_MIN, &next_ms));
    assert_int_equal(next_ms, 0);
    assert_true(cron_next(&cron, utc, ms_of("9999-01-01T00:00:00Z"), &next_ms));
    next_ms = 4711;
    assert_false(cron_next(&cron, utc, ms_of("9999-01-01T00:00:01Z"), &next_ms));
    assert_false(cron_next(&cron, utc, INT64_MAX, &next_ms));
    cron = cron_of("* * 1 1 *");
    assert_false(cron_next(&cron, utc, ms_of("9999-01-02T00:00:00Z"), &next_ms));
    assert_int_equal(next_ms, 4711);
    zone_free(utc);
}

static void a_fixed_slot_in_a_gap_fires_once_at_its_end(void **state)
{
    struct zone *berlin = tzif_zone_of_rule(BERLIN);

    (void)state;
    assert_fires(berlin, "30 2 * * *", "2025-03-29T01:00:00Z",
                 TIMES("2025-03-29T01:30:00Z", "2025-03-30T01:00:00Z", "2025-03-31T00:30:00Z"));
    assert_fires(berlin, "30 2 * * *", "2025-03-30T01:00:00Z", TIMES("2025-03-30T01:00:00Z"));
    assert_fires(berlin, "30 2 * * *", "2025-03-30T01:00:00.001Z", TIMES("2025-03-31T00:30:00Z"));
    assert_fires(berlin, "0 2,3 * * *", "2025-03-30T00:00:00Z",
                 TIMES("2025-03-30T01:00:00Z", "2025-03-31T00:00:00Z"));
    assert_fires(berlin, "0-59/20 1-3 * * *", "2025-03-30T00:30:00Z",
                 TIMES("2025-03-30T00:40:00Z", "2025-03-30T01:00:00Z", "2025-03-30T01:20:00Z"));
    zone_free(berlin);
}

static void a_fixed_slot_that_is_shown_twice_fires_the_first_time(void **state)
{
    struct zone *berlin = tzif_zone_of_rule(BERLIN);

    (void)state;
    assert_fires(berlin, "30 2 * * *", "2025-10-25T12:00:00Z",
                 TIMES("2025-10-26T00:30:00Z", "2025-10-27T01:30:00Z"));
    assert_fires(berlin, "30 2 * * *", "2025-10-26T01:00:00Z", TIMES("2025-10-27T01:30:00Z"));
    assert_fires(berlin, "0 2,3 * * *", "2025-10-25T12:00:00Z",
                 TIMES("2025-10-26T00:00:00Z", "2025-10-26T02:00:00Z"));
    zone_free(berlin);
}

static void a_running_one_follows_what_the_clock_shows(void **state)
{
    struct zone *berlin = tzif_zone_of_rule(BERLIN);

    (void)state;
    assert_fires(berlin, "30 * * * *", "2025-03-30T00:00:00Z",
                 TIMES("2025-03-30T00:30:00Z", "2025-03-30T01:30:00Z"));
    assert_fires(berlin, "*/30 2 * * *", "2025-03-30T00:00:00Z", TIMES("2025-03-31T00:00:00Z"));
    assert_fires(berlin, "*/30 2 * * *", "2025-10-25T12:00:00Z",
                 TIMES("2025-10-26T00:00:00Z", "2025-10-26T00:30:00Z", "2025-10-26T01:00:00Z",
                       "2025-10-26T01:30:00Z", "2025-10-27T01:00:00Z"));
    assert_fires(berlin, "*/15 * * * *", "2025-10-26T00:45:00Z",
                 TIMES("2025-10-26T00:45:00Z", "2025-10-26T01:00:00Z", "2025-10-26T01:15:00Z"));
    zone_free(berlin);
}

static void a_running_one_that_meets_only_gaps_never_fires(void **state)
{
    struct zone *berlin = tzif_zone_of_rule(BERLIN);
    struct cron cron = cron_of("* 2 25-31 3 */7");
    int64_t next_ms = 0;

    (void)state;
    assert_false(cron_next(&cron, berlin, ms_of("2025-01-01T00:00:00Z"), &next_ms));
    cron = cron_of("0 2 25-31 3 */7");
    assert_true(cron_next(&cron, berlin, ms_of("2025-01-01T00:00:00Z"), &next_ms));
    assert_int_equal(next_ms, ms_of("2025-03-30T01:00:00Z"));
    zone_free(berlin);
}

static void a_skipped_day_fires_once_when_it_is_over(void **state)
{
    static const int32_t OFFSETS[] = {-36000, 50400};
    static const struct tzif_change CHANGES[] = {{1325239200, 1}}; /* 30 December 2011 is skipped */
    struct zone *apia = tzif_zone(&(struct tzif){.version = '2',
                                                 .offsets_s = OFFSETS,
                                                 .types_len = 2,
                                                 .changes = CHANGES,
                                                 .changes_len = 1,
                                                 .footer = "<+14>-14"});

    (void)state;
    assert_fires(apia, "0 12 * * *", "2011-12-29T00:00:00Z",
                 TIMES("2011-12-29T22:00:00Z", "2011-12-30T10:00:00Z", "2011-12-30T22:00:00Z"));
    assert_fires(apia, "0 12 30 12 *", "2011-12-29T00:00:00Z",
                 TIMES("2011-12-30T10:00:00Z", "2012-12-29T22:00:00Z"));
    assert_fires(apia, "0 */12 * * *", "2011-12-29T12:00:00Z",
                 TIMES("2011-12-29T22:00:00Z", "2011-12-30T10:00:00Z", "2011-12-30T22:00:00Z"));
    zone_free(apia);
}

static void offsets_need_not_be_whole_minutes(void **state)
{
    static const int32_t OFFSETS[] = {-2670, 0};
    static const struct tzif_change CHANGES[] = {{63593070, 1}}; /* Monrovia, 7 January 1972 */
    struct zone *monrovia = tzif_zone(&(struct tzif){.version = '2',
                                                     .offsets_s = OFFSETS,
                                                     .types_len = 2,
                                                     .changes = CHANGES,
                                                     .changes_len = 1,
                                                     .footer = "GMT0"});

    (void)state;
    assert_fires(monrovia, "0 0 * * *", "1972-01-05T12:00:00Z",
                 TIMES("1972-01-06T00:44:30Z", "1972-01-07T00:44:30Z", "1972-01-08T00:00:00Z"));
    assert_fires(monrovia, "44,45 * * * *", "1972-01-07T00:44:00Z",
                 TIMES("1972-01-07T00:45:00Z", "1972-01-07T01:44:00Z"));
    zone_free(monrovia);
}

static void random_expression(const struct random_source *random, struct cron *ret_cron)
{
    do {
        ret_cron->minutes = random_u64(random) & random_u64(random) & 0xfffffffffffffff;
        ret_cron->hours = (uint32_t)(random_u64(random) & random_u64(random) & 0xffffff);
        ret_cron->days = (uint32_t)(random_u64(random) & 0xfffffffe);
        ret_cron->months = (uint32_t)(random_u64(random) & 0x1ffe);
        ret_cron->weekdays = (uint32_t)(random_u64(random) & 0x7f);
        ret_cron->either_day = random_below(random, 2) == 0;
        ret_cron->is_fixed = random_below(random, 2) == 0;
    } while (ret_cron->minutes == 0 || ret_cron->hours == 0 || (ret_cron->days & 0x1ffffffe) == 0 ||
             ret_cron->months == 0 || ret_cron->weekdays == 0);
}

/* Of any two instants the later one has no earlier next; between a time and its next there is no
 * other; the next of a next is itself. */
static void a_slot_has_one_instant_whenever_it_is_asked_for(void **state)
{
    static const char *const RULES[] = {BERLIN, "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0",
                                        "AAA24BBB-24,J100/0,J101/0",
                                        "<-03>3<-02>,M10.3.0/0,M2.3.0/0"};
    struct random_seeded seeded;

    (void)state;
    random_seed(&seeded, 3);
    struct random_source random = random_from_seed(&seeded);
    for (unsigned i = 0; i < 4000; i++) {
        struct zone *zone = tzif_zone_of_rule(RULES[i % ARRAY_LEN(RULES)]);
        int64_t change_ms =
            zone_span_at(zone, (int64_t)random_below(&random, 4102444800000)).end_ms;
        int64_t at_ms = change_ms - (int64_t)random_below(&random, 4 * DAY_MS);
        struct cron cron;
        int64_t next_ms = 0;
        int64_t again_ms = 0;

        random_expression(&random, &cron);
        for (unsigned k = 0; k < 8 && cron_next(&cron, zone, at_ms, &next_ms); k++) {
            int64_t between_ms = next_ms - at_ms + 1;

            assert_true(next_ms >= at_ms);
            between_ms = at_ms + (int64_t)random_below(&random, (uint64_t)between_ms);
            assert_true(cron_next(&cron, zone, between_ms, &again_ms));
            assert_int_equal(again_ms, next_ms);
            assert_true(cron_next(&cron, zone, next_ms, &again_ms));
            assert_int_equal(again_ms, next_ms);
            at_ms = next_ms + 1;
        }
        zone_free(zone);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(minutes_hours_days_and_months_are_searched_in_order),
        cmocka_unit_test(the_instant_itself_counts_to_the_millisecond),
        cmocka_unit_test(either_day_is_enough_unless_one_begins_with_a_star),
        cmocka_unit_test(the_leap_day_comes_however_long_it_takes),
        cmocka_unit_test(nothing_fires_before_1970_or_after_9999),
        cmocka_unit_test(a_fixed_slot_in_a_gap_fires_once_at_its_end),
        cmocka_unit_test(a_fixed_slot_that_is_shown_twice_fires_the_first_time),
        cmocka_unit_test(a_running_one_follows_what_the_clock_shows),
        cmocka_unit_test(a_running_one_that_meets_only_gaps_never_fires),
        cmocka_unit_test(a_skipped_day_fires_once_when_it_is_over),
        cmocka_unit_test(offsets_need_not_be_whole_minutes),
        cmocka_unit_test(a_slot_has_one_instant_whenever_it_is_asked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
