/* Filter compare: numbers beyond doubles, and how Python writes them. */
#include "filter_compare.h"

#include "filter_stage.h"

static enum filter_order order_of(const char *a, const char *b)
{
    struct arena *arena = arena_new();
    struct filter_work work = {.steps = 0};
    struct json_value left = json_of(arena, a);
    struct json_value right = json_of(arena, b);
    enum filter_order order = filter_order(&left, &right, &work);

    assert_int_equal(filter_equal(&left, &right, &work), order == FILTER_SAME);
    arena_free(arena);
    return order;
}

static bool is_written(const char *value, const char *text)
{
    struct arena *arena = arena_new();
    struct filter_work work = {.steps = 0};
    struct json_value json = json_of(arena, value);
    struct json_value wanted = {.kind = JSON_KIND_TEXT, .text = bytes_of(text)};
    bool is_equal = filter_equal_text(&wanted, &json, &work);

    arena_free(arena);
    return is_equal;
}

static void numbers_are_compared_exactly(void **state)
{
    (void)state;
    assert_int_equal(order_of("9007199254740993", "9007199254740992.0"), FILTER_MORE);
    assert_int_equal(order_of("9223372036854775807", "9223372036854775808.0"), FILTER_LESS);
    assert_int_equal(order_of("-9223372036854775808", "-9223372036854775808.0"), FILTER_SAME);
    assert_int_equal(order_of("100000000000000000000000", "1e23"), FILTER_MORE);
    assert_int_equal(order_of("99999999999999991611392", "1e23"), FILTER_SAME);
    assert_int_equal(order_of("-99999999999999991611393", "-1e23"), FILTER_LESS);
    assert_int_equal(order_of("1e400", "99999999999999999999999"), FILTER_MORE);
    assert_int_equal(order_of("-10000000000000000000", "-9000000000000000000"), FILTER_LESS);
    assert_int_equal(order_of("-0.0", "0"), FILTER_SAME);
    assert_int_equal(order_of("1.5", "1"), FILTER_MORE);
    assert_int_equal(order_of("-1.5", "-1"), FILTER_LESS);
    assert_int_equal(order_of("true", "1.0"), FILTER_SAME);
}

static void only_like_is_ordered(void **state)
{
    (void)state;
    assert_int_equal(order_of("\"a\"", "\"\u00e9\""), FILTER_LESS);
    assert_int_equal(order_of("[1,2]", "[1,2,0]"), FILTER_LESS);
    assert_int_equal(order_of("[1,[3]]", "[1,[2,9]]"), FILTER_MORE);
    assert_int_equal(order_of("[1,\"a\"]", "[1,2]"), FILTER_UNORDERED);
    assert_int_equal(order_of("1", "\"1\""), FILTER_UNORDERED);
}

static void numbers_are_written_as_python_does(void **state)
{
    (void)state;
    assert_true(is_written("0.1", "0.1"));
    assert_true(is_written("1e15", "1000000000000000.0"));
    assert_true(is_written("1E16", "1e+16"));
    assert_true(is_written("123456789012345.6", "123456789012345.6"));
    assert_true(is_written("0.0001", "0.0001"));
    assert_true(is_written("0.00001", "1e-05"));
    assert_true(is_written("-0.0", "-0.0"));
    assert_true(is_written("-0", "0"));
    assert_true(is_written("0.30000000000000004", "0.30000000000000004"));
    assert_true(is_written("-1e400", "-inf"));
    assert_true(is_written("123456789012345678901234567890", "123456789012345678901234567890"));
    assert_true(is_written("null", "None"));
    assert_false(is_written("[]", "[]"));
    assert_false(is_written("1.0", "1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_compared_exactly),
        cmocka_unit_test(only_like_is_ordered),
        cmocka_unit_test(numbers_are_written_as_python_does),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
