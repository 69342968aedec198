/* Query: escapes are decoded strictly, and what cannot be text is refused. */
#include "query.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static int start(void **state)
{
    *state = arena_new();
    return 0;
}

static int stop(void **state)
{
    arena_free(*state);
    return 0;
}

static void escapes_are_decoded(void **state)
{
    struct bytes text;

    assert_true(percent_decode(BYTES("a%20b%2F%c3%A4+"), *state, &text));
    assert_true(bytes_is(text, "a b/\xc3\xa4+"));
    assert_true(percent_decode(BYTES(""), *state, &text));
    assert_true(bytes_is(text, ""));
    assert_non_null(text.at);
}

static void broken_ones_are_refused(void **state)
{
    static const char *const texts[] = {"%",   "a%",  "%4",     "%zz",       "%0",
                                        "%00", "%ff", "%c0%af", "%ed%a0%80", "%-1"};
    struct bytes text;

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (percent_decode(bytes_of(texts[i]), *state, &text))
            fail_msg("%s was decoded", texts[i]);
}

static void parameters_are_told_apart(void **state)
{
    struct fields query;

    assert_int_equal(query_read(BYTES("a=1&&b&c=&d=x=y&%65=2"), *state, &query, NULL), OK);
    assert_int_equal(query.len, 5);
    assert_true(bytes_is(query_find(&query, "a"), "1"));
    assert_true(bytes_is(query_find(&query, "b"), ""));
    assert_non_null(query_find(&query, "b").at);
    assert_true(bytes_is(query_find(&query, "c"), ""));
    assert_non_null(query_find(&query, "c").at);
    assert_true(bytes_is(query_find(&query, "d"), "x=y"));
    assert_true(bytes_is(query_find(&query, "e"), "2"));
    assert_null(query_find(&query, "z").at);
}

static void a_repeated_one_is_named(void **state)
{
    struct fields query;
    struct error error;

    assert_int_equal(query_read(BYTES("limit=1&x=2&limi%74=3"), *state, &query, &error),
                     ERR_INVALID_FIELD);
    assert_string_equal(error.where, "?limit");
}

static void more_than_64_are_refused(void **state)
{
    char text[1024] = "";
    struct fields query;
    size_t len = 0;

    for (int i = 0; i < 65; i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "&p%d=1", i);
    assert_int_equal(query_read(bytes_of(text), *state, &query, NULL), ERR_INVALID_FIELD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(escapes_are_decoded),       cmocka_unit_test(broken_ones_are_refused),
        cmocka_unit_test(parameters_are_told_apart), cmocka_unit_test(a_repeated_one_is_named),
        cmocka_unit_test(more_than_64_are_refused),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
