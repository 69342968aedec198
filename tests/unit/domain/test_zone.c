/* Zone: files read and refused, spans, and local times to instants and back. */
#include "domain/zone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "base/zone_file.h"
#include "tzif.h"

/* An hour forward, an hour back, a day forward. */
static const int32_t OFFSETS[] = {3600, 7200, -36000, 50400};
static const struct tzif_change CHANGES[] = {{100000, 1}, {200000, 0}, {300000, 2}, {400000, 3}};
static const struct tzif FILE_OF_2 = {.version = '2',
                                      .offsets_s = OFFSETS,
                                      .types_len = 4,
                                      .changes = CHANGES,
                                      .changes_len = 4,
                                      .footer = ""};

static void utc_needs_no_file(void **state)
{
    struct zone *zone = zone_new_utc();
    int64_t wall_ms[2];

    (void)state;
    assert_int_equal(zone_local_ms(zone, 1234567), 1234567);
    assert_int_equal(zone_instants(zone, 1234567, wall_ms), 1);
    assert_int_equal(wall_ms[0], 1234567);
    assert_int_equal(zone_offset_ms(zone, INT64_MAX), 0);
    assert_int_equal(zone_local_ms(zone, INT64_MIN), ZONE_MIN_MS);
    zone_free(zone);
    zone_free(NULL);
}

static void assert_offsets(struct zone *zone)
{
    assert_int_equal(zone_offset_ms(zone, -5 * DAY_MS), HOUR_MS);
    assert_int_equal(zone_offset_ms(zone, 99999999), HOUR_MS);
    assert_int_equal(zone_offset_ms(zone, 100000000), 2 * HOUR_MS);
    assert_int_equal(zone_offset_ms(zone, 200000000), HOUR_MS);
    assert_int_equal(zone_offset_ms(zone, 399999999), -10 * HOUR_MS);
    assert_int_equal(zone_offset_ms(zone, 400000000), 14 * HOUR_MS);
    assert_int_equal(zone_offset_ms(zone, WALL_MAX_MS), 14 * HOUR_MS);
    zone_free(zone);
}

static void a_table_is_read_from_files_of_every_version(void **state)
{
    struct tzif tzif = FILE_OF_2;

    (void)state;
    for (char version = '2'; version <= '4'; version++) {
        tzif.version = version;
        assert_offsets(tzif_zone(&tzif));
    }
    tzif.version = 0;
    assert_offsets(tzif_zone(&tzif));
}

static void the_footer_rules_from_the_last_change_on(void **state)
{
    static const struct tzif_change LAST[] = {{1700000000, 1}};
    struct tzif tzif = FILE_OF_2;

    (void)state;
    tzif.changes = LAST;
    tzif.changes_len = 1;
    tzif.footer = "CET-1CEST,M3.5.0,M10.5.0/3";

    struct zone *zone = tzif_zone(&tzif);
    struct zone_span first = zone_span_at(zone, 1700000000000);

    assert_int_equal(zone_offset_ms(zone, 1699999999999), HOUR_MS);
    assert_int_equal(first.begin_ms, 1700000000000); /* the rule's span begins in October 2023 */
    assert_int_equal(first.end_ms, 1711846800000);
    assert_int_equal(first.offset_ms, HOUR_MS);
    assert_int_equal(zone_offset_ms(zone, 1711846800000), 2 * HOUR_MS);
    assert_int_equal(zone_span_at(zone, 1699999999999).end_ms, 1700000000000);
    zone_free(zone);
}

static void a_local_time_has_no_instant_one_or_two(void **state)
{
    struct zone *zone = tzif_zone(&FILE_OF_2);
    int64_t wall_ms[2] = {0};
    int64_t gap_ms = 100000000 + HOUR_MS;
    int64_t overlap_ms = 200000000 + HOUR_MS;

    (void)state;
    assert_int_equal(zone_instants(zone, gap_ms - 1, wall_ms), 1);
    assert_int_equal(wall_ms[0], 99999999);
    assert_int_equal(zone_instants(zone, gap_ms, wall_ms), 0);
    assert_int_equal(zone_instants(zone, gap_ms + HOUR_MS - 1, wall_ms), 0);
    assert_int_equal(zone_instants(zone, gap_ms + HOUR_MS, wall_ms), 1);
    assert_int_equal(wall_ms[0], 100000000);
    assert_int_equal(zone_instants(zone, overlap_ms, wall_ms), 2);
    assert_int_equal(wall_ms[0], 200000000 - HOUR_MS);
    assert_int_equal(wall_ms[1], 200000000);
    assert_int_equal(zone_instants(zone, overlap_ms + HOUR_MS, wall_ms), 1);
    assert_int_equal(zone_instants(zone, 400000000 + 2 * HOUR_MS, wall_ms), 0); /* a day's gap */
    zone_free(zone);
}

static void local_times_at_the_ends_of_the_range_have_their_instants(void **state)
{
    struct zone *zone = tzif_zone(&FILE_OF_2);
    int64_t wall_ms[2] = {0};

    (void)state;
    assert_int_equal(zone_instants(zone, zone_local_ms(zone, ZONE_MAX_MS), wall_ms), 1);
    assert_int_equal(wall_ms[0], ZONE_MAX_MS);
    assert_int_equal(zone_instants(zone, zone_local_ms(zone, ZONE_MIN_MS), wall_ms), 1);
    assert_int_equal(wall_ms[0], ZONE_MIN_MS);
    (void)zone_instants(zone, INT64_MAX, wall_ms);
    (void)zone_instants(zone, INT64_MIN, wall_ms);
    zone_free(zone);
}

static void assert_refused(struct bytes file, const char *why)
{
    struct zone *zone = NULL;
    struct error error = {.code = OK};

    assert_int_equal(zone_new(file, "/timezone", &zone, &error), ERR_INVALID_FIELD);
    assert_string_equal(error.where, "/timezone");
    if (strstr(error.detail, why) == NULL)
        fail_msg("'%s' does not say '%s'", error.detail, why);
    assert_null(zone);
}

static void assert_tzif_refused(const struct tzif *tzif, const char *why)
{
    struct buffer file;

    buffer_init(&file, 1 << 20);
    tzif_write(tzif, &file);
    assert_refused(buffer_bytes(&file), why);
    buffer_fini(&file);
}

static void files_that_contradict_themselves_are_refused(void **state)
{
    static const int32_t FAR_OFFSETS[] = {93601};
    static const struct tzif_change FALLING[] = {{5, 0}, {5, 0}};
    struct tzif tzif = FILE_OF_2;

    (void)state;
    tzif.version = '5';
    assert_tzif_refused(&tzif, "unknown version");
    tzif = FILE_OF_2;
    tzif.leaps_len = 1;
    assert_tzif_refused(&tzif, "leap seconds");
    tzif = FILE_OF_2;
    tzif.types_len = 3;
    assert_tzif_refused(&tzif, "does not have");
    tzif.types_len = 0;
    assert_tzif_refused(&tzif, "no types");
    tzif = FILE_OF_2;
    tzif.changes = FALLING;
    tzif.changes_len = 2;
    assert_tzif_refused(&tzif, "do not rise");
    tzif = FILE_OF_2;
    tzif.footer = "CET";
    assert_tzif_refused(&tzif, "not a rule");
    tzif = (struct tzif){.version = '3', .offsets_s = FAR_OFFSETS, .types_len = 1, .footer = ""};
    assert_tzif_refused(&tzif, "cannot be");
}

static void every_shorter_file_is_refused(void **state)
{
    struct buffer file;

    (void)state;
    buffer_init(&file, 1 << 20);
    tzif_write(&FILE_OF_2, &file);
    for (size_t len = 0; len < file.len; len++) {
        char *cut = malloc(len + 1); /* so that a byte read behind it is seen */

        memcpy(cut, file.at, len);
        assert_refused((struct bytes){cut, len}, "");
        free(cut);
    }
    buffer_fini(&file);
    assert_refused(BYTES_NONE, "not a TZif file");
}

static void a_file_above_the_bound_is_refused(void **state)
{
    char *large = calloc(1, ZONE_FILE_MAX + 1);

    (void)state;
    assert_refused((struct bytes){large, ZONE_FILE_MAX + 1}, "too large");
    free(large);
}

static void instants_and_local_times_agree_around_random_changes(void **state)
{
    static const char *const RULES[] = {"CET-1CEST,M3.5.0,M10.5.0/3", "EST5EDT,M3.2.0,M11.1.0",
                                        "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0"};
    struct random_seeded seeded;

    (void)state;
    random_seed(&seeded, 7);
    struct random_source random = random_from_seed(&seeded);
    for (unsigned i = 0; i < 3000; i++) {
        struct zone *zone = tzif_zone_of_rule(RULES[i % ARRAY_LEN(RULES)]);
        int64_t near_ms = zone_span_at(zone, (int64_t)random_below(&random, 4102444800000)).end_ms;
        int64_t wall_ms = near_ms + (int64_t)random_below(&random, 6 * HOUR_MS) - 3 * HOUR_MS;
        int64_t found_ms[2] = {0};
        unsigned found = zone_instants(zone, zone_local_ms(zone, wall_ms), found_ms);

        assert_in_range(found, 1, 2);
        assert_true(found_ms[0] == wall_ms || (found == 2 && found_ms[1] == wall_ms));
        for (unsigned k = 0; k < found; k++)
            assert_int_equal(zone_local_ms(zone, found_ms[k]), zone_local_ms(zone, wall_ms));
        zone_free(zone);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(utc_needs_no_file),
        cmocka_unit_test(a_table_is_read_from_files_of_every_version),
        cmocka_unit_test(the_footer_rules_from_the_last_change_on),
        cmocka_unit_test(a_local_time_has_no_instant_one_or_two),
        cmocka_unit_test(local_times_at_the_ends_of_the_range_have_their_instants),
        cmocka_unit_test(files_that_contradict_themselves_are_refused),
        cmocka_unit_test(every_shorter_file_is_refused),
        cmocka_unit_test(a_file_above_the_bound_is_refused),
        cmocka_unit_test(instants_and_local_times_agree_around_random_changes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
