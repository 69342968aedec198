/* Parse: whole texts only, exact at both ends of every range. */
#include "base/parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static bool is_int(const char *text, int64_t expected)
{
    int64_t number = 77;

    return parse_int(bytes_of(text), INT64_MIN, INT64_MAX, &number) && number == expected;
}

static bool int_is_refused(const char *text)
{
    int64_t number = 77;

    return !parse_int(bytes_of(text), INT64_MIN, INT64_MAX, &number) && number == 77;
}

static void integers_are_read_to_the_ends(void **state)
{
    (void)state;
    assert_true(is_int("0", 0));
    assert_true(is_int("7", 7));
    assert_true(is_int("-1", -1));
    assert_true(is_int("9223372036854775807", INT64_MAX));
    assert_true(is_int("-9223372036854775808", INT64_MIN));
    assert_true(int_is_refused("9223372036854775808"));
    assert_true(int_is_refused("-9223372036854775809"));
    assert_true(int_is_refused("18446744073709551616"));
    assert_true(int_is_refused("99999999999999999999999999"));
}

static void what_is_not_wholly_an_integer_is_refused(void **state)
{
    static const char *const TEXTS[] = {"",   " ",  "-",   "+1",  " 1",      "1 ",
                                        "01", "-0", "00",  "1.0", "1e3",     "0x1",
                                        "1,", "a",  "--1", "1a",  "\xd9\xa1"};

    (void)state;
    for (size_t i = 0; i < sizeof(TEXTS) / sizeof(TEXTS[0]); i++)
        assert_true(int_is_refused(TEXTS[i]));
    assert_true(int_is_refused(NULL));
}

static void the_range_holds(void **state)
{
    int64_t number;

    (void)state;
    assert_true(parse_int(BYTES("1"), 1, 500, &number));
    assert_true(parse_int(BYTES("500"), 1, 500, &number));
    assert_false(parse_int(BYTES("0"), 1, 500, &number));
    assert_false(parse_int(BYTES("501"), 1, 500, &number));
    assert_false(parse_int(BYTES("1\0"), 0, 9, &number));
}

static bool is_seconds(const char *text, int64_t expected_ms)
{
    int64_t ms = 77;

    return parse_seconds(bytes_of(text), 1000000, &ms) && ms == expected_ms;
}

static void seconds_are_cut_to_milliseconds(void **state)
{
    int64_t ms;

    (void)state;
    assert_true(is_seconds("0", 0));
    assert_true(is_seconds("1.5", 1500));
    assert_true(is_seconds("0.001", 1));
    assert_true(is_seconds("0.0019999", 1));
    assert_true(is_seconds("12.34567890123456789", 12345));
    assert_true(is_seconds("1000", 1000000));
    assert_false(parse_seconds(BYTES("1000.001"), 1000000, &ms));
    assert_false(parse_seconds(BYTES("99999999999999999999"), INT64_MAX, &ms));
    assert_false(parse_seconds(BYTES("9223372036854775807"), INT64_MAX, &ms));
}

static void other_forms_of_seconds_are_refused(void **state)
{
    static const char *const TEXTS[] = {"",   "-1", "+1", ".5",  "1.",  "1.5.5", "1e3",
                                        "01", "1s", " 1", "inf", "nan", "1,5"};
    int64_t ms = 77;

    (void)state;
    for (size_t i = 0; i < sizeof(TEXTS) / sizeof(TEXTS[0]); i++)
        assert_false(parse_seconds(bytes_of(TEXTS[i]), INT64_MAX, &ms));
    assert_int_equal(ms, 77);
}

static void four_words_are_booleans(void **state)
{
    bool value = false;

    (void)state;
    assert_true(parse_bool(BYTES("1"), &value) && value);
    assert_true(parse_bool(BYTES("0"), &value) && !value);
    assert_true(parse_bool(BYTES("true"), &value) && value);
    assert_true(parse_bool(BYTES("false"), &value) && !value);
    assert_false(parse_bool(BYTES(""), &value));
    assert_false(parse_bool(BYTES("True"), &value));
    assert_false(parse_bool(BYTES("yes"), &value));
    assert_false(parse_bool(BYTES_NONE, &value));
}

static bool is_size(const char *text, int64_t expected)
{
    int64_t size = 77;

    return parse_size(bytes_of(text), INT64_MAX, &size) && size == expected;
}

static void sizes_have_units_of_1024(void **state)
{
    int64_t size;

    (void)state;
    assert_true(is_size("64", 64));
    assert_true(is_size("64b", 64));
    assert_true(is_size("64k", 65536));
    assert_true(is_size("64KiB", 65536));
    assert_true(is_size("1MiB", 1048576));
    assert_true(is_size("2GiB", INT64_C(2147483648)));
    assert_true(is_size("8589934591g", INT64_C(8589934591) << 30));
    assert_false(parse_size(BYTES("8589934592g"), INT64_MAX, &size));
    assert_false(parse_size(BYTES("65k"), 65536, &size));
    assert_false(parse_size(BYTES("64kb"), INT64_MAX, &size));
    assert_false(parse_size(BYTES("64 k"), INT64_MAX, &size));
    assert_false(parse_size(BYTES("1.5k"), INT64_MAX, &size));
    assert_false(parse_size(BYTES("-1"), INT64_MAX, &size));
    assert_false(parse_size(BYTES("k"), INT64_MAX, &size));
    assert_false(parse_size(BYTES(""), INT64_MAX, &size));
    assert_false(parse_size(BYTES("18446744073709551615"), INT64_MAX, &size));
}

static bool is_duration(const char *text, int64_t expected_ms)
{
    int64_t ms = 77;

    return parse_duration(bytes_of(text), INT64_MAX, &ms) && ms == expected_ms;
}

static void durations_are_seconds_unless_they_say_otherwise(void **state)
{
    int64_t ms;

    (void)state;
    assert_true(is_duration("30", 30000));
    assert_true(is_duration("1.5", 1500));
    assert_true(is_duration("250ms", 250));
    assert_true(is_duration("0.9ms", 0));
    assert_true(is_duration("10s", 10000));
    assert_true(is_duration("5m", 300000));
    assert_true(is_duration("1.5h", 5400000));
    assert_true(is_duration("7d", 604800000));
    assert_true(parse_duration(BYTES("1h"), 3600000, &ms));
    assert_false(parse_duration(BYTES("1.001h"), 3600000, &ms));
    assert_false(parse_duration(BYTES("9223372036854775d"), INT64_MAX, &ms));
    assert_false(parse_duration(BYTES("1w"), INT64_MAX, &ms));
    assert_false(parse_duration(BYTES("1h30m"), INT64_MAX, &ms));
    assert_false(parse_duration(BYTES("-1s"), INT64_MAX, &ms));
    assert_false(parse_duration(BYTES("s"), INT64_MAX, &ms));
    assert_false(parse_duration(BYTES(""), INT64_MAX, &ms));
}

static bool is_double(const char *text, double expected)
{
    double number = 77;

    return parse_double(bytes_of(text), &number) && memcmp(&number, &expected, sizeof(number)) == 0;
}

static void doubles_follow_the_grammar_of_json(void **state)
{
    static const char *const TEXTS[] = {"",   "-",     "+1",     "01",  ".5",   "1.",
                                        "1e", "1e+",   "0x1p3",  "inf", "nan",  " 1",
                                        "1 ", "1e400", "-1e400", "1,5", "1e1e1"};
    double number = 0;

    (void)state;
    assert_true(is_double("0", 0.0));
    assert_true(is_double("-0", -0.0));
    assert_true(is_double("0.1", 0.1));
    assert_true(is_double("-12.5e-2", -0.125));
    assert_true(is_double("1E+2", 100.0));
    assert_true(is_double("1.7976931348623157e308", 1.7976931348623157e308));
    for (size_t i = 0; i < sizeof(TEXTS) / sizeof(TEXTS[0]); i++)
        assert_false(parse_double(bytes_of(TEXTS[i]), &number));
    assert_false(parse_double(BYTES("1\0"), &number));

    char digits[600];

    memset(digits, '1', sizeof(digits));
    assert_false(parse_double((struct bytes){digits, sizeof(digits)}, &number));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_are_read_to_the_ends),
        cmocka_unit_test(what_is_not_wholly_an_integer_is_refused),
        cmocka_unit_test(the_range_holds),
        cmocka_unit_test(seconds_are_cut_to_milliseconds),
        cmocka_unit_test(other_forms_of_seconds_are_refused),
        cmocka_unit_test(four_words_are_booleans),
        cmocka_unit_test(sizes_have_units_of_1024),
        cmocka_unit_test(durations_are_seconds_unless_they_say_otherwise),
        cmocka_unit_test(doubles_follow_the_grammar_of_json),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
