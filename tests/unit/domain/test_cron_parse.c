/* Cron parse: expressions that are taken, with their bits, and those that are not, with the
 * reason. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/buffer.h"
#include "base/random.h"
#include "domain/cron.h"

static const uint64_t MINUTES = 0xfffffffffffffff;
static const uint32_t HOURS = 0xffffff, DAYS = 0xfffffffe, MONTHS = 0x1ffe, WEEKDAYS = 0x7f;

static struct cron cron_of(const char *text)
{
    struct cron cron;
    struct error error = {.code = OK};

    if (cron_parse(bytes_of(text), "/cron", &cron, &error) != OK)
        fail_msg("'%s': %s", text, error.detail);
    return cron;
}

static void assert_same(const char *text, struct cron want)
{
    struct cron got = cron_of(text);

    if (got.minutes != want.minutes || got.hours != want.hours || got.days != want.days ||
        got.months != want.months || got.weekdays != want.weekdays ||
        got.either_day != want.either_day || got.is_fixed != want.is_fixed)
        fail_msg("'%s': minutes %llx hours %x days %x months %x weekdays %x either %d fixed %d",
                 text, (unsigned long long)got.minutes, got.hours, got.days, got.months,
                 got.weekdays, got.either_day, got.is_fixed);
}

static void fields_become_bits(void **state)
{
    (void)state;
    assert_same("* * * * *", (struct cron){MINUTES, HOURS, DAYS, MONTHS, WEEKDAYS, false, false});
    assert_same("0 5 * * *", (struct cron){1, 1 << 5, DAYS, MONTHS, WEEKDAYS, false, true});
    assert_same(" 59\t23  31 12 6 ", (struct cron){.minutes = UINT64_C(1) << 59,
                                                   .hours = 1 << 23,
                                                   .days = UINT32_C(1) << 31,
                                                   .months = 1 << 12,
                                                   .weekdays = 1 << 6,
                                                   .either_day = true,
                                                   .is_fixed = true});
    assert_same("00,05,1-3 */8 * * *",
                (struct cron){0x2f, 1 | 1 << 8 | 1 << 16, DAYS, MONTHS, WEEKDAYS, false, false});
    assert_same("10-20/5 1 2-8/3 * *",
                (struct cron){1 << 10 | 1 << 15 | 1 << 20, 2, 1 << 2 | 1 << 5 | 1 << 8, MONTHS,
                              WEEKDAYS, false, true});
    assert_same("0 0 */31 */12 *", (struct cron){1, 1, 2, 2, WEEKDAYS, false, true});
    assert_same("0-59/59 0 1-1 * *",
                (struct cron){1 | UINT64_C(1) << 59, 1, 2, MONTHS, WEEKDAYS, false, true});
}

static void names_stand_for_numbers_in_any_case(void **state)
{
    (void)state;
    assert_same("0 0 * jan,Feb-APR *", (struct cron){1, 1, DAYS, 0x1e, WEEKDAYS, false, true});
    assert_same("0 0 * DEC Sun,mon-WED", (struct cron){1, 1, DAYS, 1 << 12, 0xf, false, true});
    assert_same("0 0 * 3-may/2 *",
                (struct cron){1, 1, DAYS, 1 << 3 | 1 << 5, WEEKDAYS, false, true});
}

static void sunday_is_both_ends_of_the_week(void **state)
{
    (void)state;
    assert_int_equal(cron_of("0 0 * * 7").weekdays, 1);
    assert_int_equal(cron_of("0 0 * * 0").weekdays, 1);
    assert_int_equal(cron_of("0 0 * * 5-7").weekdays, 1 | 1 << 5 | 1 << 6);
    assert_int_equal(cron_of("0 0 * * FRI-SUN").weekdays, 1 | 1 << 5 | 1 << 6);
    assert_int_equal(cron_of("0 0 * * SUN-MON").weekdays, 3);
    assert_int_equal(cron_of("0 0 * * SUN-SUN").weekdays, 1);
    assert_int_equal(cron_of("0 0 * * 0-7").weekdays, WEEKDAYS);
    assert_int_equal(cron_of("0 0 * * */7").weekdays, 1);
    assert_int_equal(cron_of("0 0 * * */2").weekdays, 1 | 1 << 2 | 1 << 4 | 1 << 6);
}

static void words_stand_for_expressions(void **state)
{
    static const char *const WORDS[][2] = {
        {"@hourly", "0 * * * *"},   {"@daily", "0 0 * * *"},   {" @midnight ", "0 0 * * *"},
        {"@weekly", "0 0 * * 0"},   {"@Monthly", "0 0 1 * *"}, {"@yearly", "0 0 1 1 *"},
        {"@ANNUALLY", "0 0 1 1 *"},
    };

    (void)state;
    for (unsigned i = 0; i < ARRAY_LEN(WORDS); i++)
        assert_same(WORDS[i][0], cron_of(WORDS[i][1]));
}

static void a_star_at_the_beginning_decides_about_days_and_clock_changes(void **state)
{
    (void)state;
    assert_true(cron_of("0 0 13 * FRI").either_day);
    assert_true(cron_of("0 0 1-31 * FRI").either_day);
    assert_true(cron_of("0 0 1,* * FRI").either_day);
    assert_false(cron_of("0 0 */2 * FRI").either_day);
    assert_false(cron_of("0 0 13 * *").either_day);
    assert_false(cron_of("0 0 *,13 * FRI").either_day);
    assert_true(cron_of("0-59/5 0-23 * * *").is_fixed);
    assert_false(cron_of("*/5 2 * * *").is_fixed);
    assert_false(cron_of("5 */2 * * *").is_fixed);
}

static void assert_refused(struct bytes text, const char *why)
{
    struct cron cron = {.minutes = 4711};
    struct error error = {.code = OK};

    if (cron_parse(text, "/cron", &cron, &error) == OK)
        fail_msg("taken: '%.*s'", BYTES_ARG(text));
    assert_int_equal(error.code, ERR_INVALID_FIELD);
    assert_string_equal(error.where, "/cron");
    if (strstr(error.detail, why) == NULL)
        fail_msg("'%.*s': '%s' does not say '%s'", BYTES_ARG(text), error.detail, why);
    assert_int_equal(cron.minutes, 4711);
}

static void what_is_wrong_is_said_with_its_field_and_range(void **state)
{
    static const char *const BAD[][2] = {
        {"", "0 fields"},
        {" \t ", "0 fields"},
        {"* * * *", "4 fields"},
        {"0 * * * * *", "6 fields"},
        {"60 * * * *", "minute \"60\" is not a value, a range or * (0 to 59)"},
        {"* 24 * * *", "hour \"24\" is not a value, a range or * (0 to 23)"},
        {"* * 0 * *", "day of month \"0\""},
        {"* * 32 * *", "(1 to 31)"},
        {"* * * 13 *", "(1 to 12 or JAN to DEC)"},
        {"* * * * 8", "(0 to 7 or SUN to SAT; 0 and 7 are Sunday)"},
        {"100 * * * *", "minute"},
        {"-1 * * * *", "minute"},
        {"+1 * * * *", "minute"},
        {"1. * * * *", "minute"},
        {"*/0 * * * *", "minute: a step is a number from 1 to 59"},
        {"*/60 * * * *", "1 to 59"},
        {"* */24 * * *", "hour: a step is a number from 1 to 23"},
        {"* * * * */8", "1 to 7"},
        {"*/ * * * *", "a step"},
        {"*/-1 * * * *", "a step"},
        {"*/2/2 * * * *", "a step"},
        {"5/15 * * * *", "has a step, which only a range or * may have"},
        {"5-1 * * * *", "minute \"5-1\" runs backwards"},
        {"* * * * 7-1", "runs backwards"},
        {"* * * * FRI-TUE", "runs backwards"},
        {"* * * * 6-0", "runs backwards"},
        {"1-2-3 * * * *", "is not a range"},
        {"1- * * * *", "is not a range"},
        {"*-5 * * * *", "is not a value"},
        {"1,,2 * * * *", "is an empty part of a list"},
        {",1 * * * *", "is an empty part of a list"},
        {"1, * * * *", "is an empty part of a list"},
        {"** * * * *", "is not a value"},
        {"* * L * *", "day of month \"L\""},
        {"* * 15W * *", "day of month \"15W\""},
        {"* * ? * *", "day of month \"?\""},
        {"* * * * 5#2", "day of week \"5#2\""},
        {"* * * * MONDAY", "day of week"},
        {"MON * * * *", "minute"},
        {"* * * SUN *", "month"},
        {"@reboot", "none of @hourly"},
        {"@every 5m", "none of @hourly"},
        {"@daily 0 0 * * *", "none of @hourly"},
        {"@", "none of @hourly"},
        {"0 0\n* * *", "4 fields"},
        {"\x1b[31m * * * *", "minute \"?[31m\""},
        {"\xff * * * *", "minute \"?\""},
    };

    (void)state;
    for (unsigned i = 0; i < ARRAY_LEN(BAD); i++)
        assert_refused(bytes_of(BAD[i][0]), BAD[i][1]);
    assert_refused(BYTES_NONE, "0 fields");
    assert_refused((struct bytes){"0\0000 * * * *", 11}, "minute");
}

static void what_would_never_fire_is_refused(void **state)
{
    (void)state;
    assert_refused(BYTES("0 0 31 2 *"), "never fires");
    assert_refused(BYTES("0 0 30-31 FEB *"), "never fires");
    assert_refused(BYTES("0 0 31 2,4,6,9,11 */2"), "never fires");
    (void)cron_of("0 0 29 2 *");
    (void)cron_of("0 0 31 2,3 *");
    (void)cron_of("0 0 30 2,4 *");
    (void)cron_of("0 0 31 2 MON"); /* on Mondays */
}

static void the_longest_text_is_taken_and_no_longer_one(void **state)
{
    char text[1025];

    (void)state;
    memset(text, ' ', sizeof(text));
    memcpy(text, "0 0 * * *", 9);
    assert_int_equal(cron_parse((struct bytes){text, CRON_TEXT_MAX}, "", &(struct cron){0}, NULL),
                     OK);
    assert_refused((struct bytes){text, CRON_TEXT_MAX + 1}, "is longer than 512 characters");
    for (unsigned i = 0; i < 1024; i++)
        text[i] = i % 2 == 0 ? '1' : ',';
    assert_refused((struct bytes){text, 1024}, "is longer");
}

static struct bytes random_text(const struct random_source *random, struct buffer *text)
{
    static const char *const PIECES[] = {"*", "*", "*",    "0",   "5",   "12",  "31",
                                         "-", "/", ",",    "1-3", "*/2", "MON", "jan",
                                         "@", "?", "\xff", "7",   ""};

    buffer_clear(text);
    for (unsigned word = 0; word < 5; word++) {
        for (int left = random_below(random, 4) == 0 ? 3 : 1; left > 0; left--)
            buffer_append_text(text, PIECES[random_below(random, ARRAY_LEN(PIECES))]);
        buffer_append_char(text, ' ');
    }
    return buffer_bytes(text);
}

static void no_text_does_harm(void **state)
{
    struct random_seeded seeded;
    struct buffer text;
    unsigned taken = 0;

    (void)state;
    random_seed(&seeded, 11);
    struct random_source random = random_from_seed(&seeded);
    buffer_init(&text, 1024);
    for (unsigned i = 0; i < 100000; i++) {
        struct cron cron;

        if (cron_parse(random_text(&random, &text), "", &cron, NULL) != OK)
            continue;
        taken++;
        assert_true(cron.minutes != 0 && (cron.minutes & ~MINUTES) == 0);
        assert_true(cron.hours != 0 && (cron.hours & ~HOURS) == 0);
        assert_true(cron.days != 0 && (cron.days & ~DAYS) == 0);
        assert_true(cron.months != 0 && (cron.months & ~MONTHS) == 0);
        assert_true(cron.weekdays != 0 && (cron.weekdays & ~WEEKDAYS) == 0);
    }
    assert_true(taken > 100);
    buffer_fini(&text);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_become_bits),
        cmocka_unit_test(names_stand_for_numbers_in_any_case),
        cmocka_unit_test(sunday_is_both_ends_of_the_week),
        cmocka_unit_test(words_stand_for_expressions),
        cmocka_unit_test(a_star_at_the_beginning_decides_about_days_and_clock_changes),
        cmocka_unit_test(what_is_wrong_is_said_with_its_field_and_range),
        cmocka_unit_test(what_would_never_fire_is_refused),
        cmocka_unit_test(the_longest_text_is_taken_and_no_longer_one),
        cmocka_unit_test(no_text_does_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
