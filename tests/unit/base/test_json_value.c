/* JSON value: what is read of a text, and what is refused. */
#include "base/json_value.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct json_value value_of(struct arena *arena, const char *text)
{
    struct json_value value = {.kind = JSON_KIND_NONE};
    struct error error = {.code = OK};

    if (json_value_read(bytes_of(text), JSON_VALUE_DEPTH_MAX, arena, &value, &error) != OK)
        fail_msg("%s: %s", text, error.detail);
    return value;
}

static void numbers_are_kept_exactly_or_as_their_digits(void **state)
{
    struct arena *arena = *state;

    assert_int_equal(value_of(arena, "-9223372036854775808").integer, INT64_MIN);
    assert_int_equal(value_of(arena, "-0").kind, JSON_KIND_INT);
    assert_int_equal(value_of(arena, "9223372036854775808").kind, JSON_KIND_BIG);
    assert_true(bytes_is(value_of(arena, "9223372036854775808").text, "9223372036854775808"));
    assert_true(bytes_is(value_of(arena, "-12345678901234567890").text, "-12345678901234567890"));
    assert_int_equal(value_of(arena, "1.0").kind, JSON_KIND_REAL);
    assert_true(value_of(arena, "25E-1").real == 2.5);
    assert_true(value_of(arena, "-1e400").real < -1e308);
}

static void texts_are_unescaped(void **state)
{
    struct arena *arena = *state;

    assert_true(bytes_is(value_of(arena, " \n\"a\\u00e9\\n\"\t ").text, "a\u00e9\n"));
    assert_int_equal(value_of(arena, "\"\"").kind, JSON_KIND_TEXT);
    assert_int_equal(value_of(arena, "\"\"").text.len, 0);
}

static void words_and_containers_have_their_kinds(void **state)
{
    struct arena *arena = *state;
    struct json_value list = value_of(arena, "[null, true ,false,[],{}]");

    assert_int_equal(list.len, 5);
    assert_int_equal(list.items[0].kind, JSON_KIND_NULL);
    assert_true(list.items[1].truth);
    assert_int_equal(list.items[2].kind, JSON_KIND_BOOL);
    assert_false(list.items[2].truth);
    assert_int_equal(list.items[3].kind, JSON_KIND_ARRAY);
    assert_int_equal(list.items[3].len, 0);
    assert_int_equal(list.items[4].kind, JSON_KIND_OBJECT);
}

static void members_are_sorted_and_found(void **state)
{
    struct json_value value =
        value_of(*state, "{\"b\":1,\"\":2,\"a\\u0062\":{\"x\":3},\"\u00e9\":4,\"a\":5}");

    assert_int_equal(value.len, 5);
    assert_true(bytes_is(value.members[0].name, ""));
    assert_true(bytes_is(value.members[2].name, "ab"));
    assert_int_equal(json_value_member(&value, BYTES("\u00e9"))->integer, 4);
    assert_int_equal(json_value_member(&value, BYTES(""))->integer, 2);
    assert_int_equal(json_value_member(&value, BYTES("a"))->integer, 5);
    assert_null(json_value_member(&value, BYTES("c")));
    assert_null(json_value_member(&value.members[0].value, BYTES("c")));
    assert_int_equal(json_value_member(json_value_member(&value, BYTES("ab")), BYTES("x"))->integer,
                     3);
}

static void a_name_twice_is_refused_at_any_depth(void **state)
{
    struct json_value value;
    struct error error = {.code = OK};

    assert_int_equal(json_value_read(BYTES("[{\"a\":{\"x\":1,\"b\":2,\"\\u0078\":3}}]"), 32, *state,
                                     &value, &error),
                     ERR_MALFORMED);
    assert_string_equal(error.detail, "a member is given twice: x");
}

static void what_is_too_deep_is_refused(void **state)
{
    struct json_value value;
    struct error error = {.code = OK};

    assert_int_equal(json_value_read(BYTES("[{\"a\":[1]}]"), 3, *state, &value, &error), OK);
    assert_int_equal(json_value_read(BYTES("[{\"a\":[[]]}]"), 3, *state, &value, &error),
                     ERR_MALFORMED);
}

static int set_up(void **state)
{
    *state = arena_new();
    return 0;
}

static int tear_down(void **state)
{
    arena_free(*state);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(numbers_are_kept_exactly_or_as_their_digits), TEST(texts_are_unescaped),
        TEST(words_and_containers_have_their_kinds),       TEST(members_are_sorted_and_found),
        TEST(a_name_twice_is_refused_at_any_depth),        TEST(what_is_too_deep_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
