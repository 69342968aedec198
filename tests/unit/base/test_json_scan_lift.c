/* JSON scan, lifting: chosen values keep their exact bytes, the envelope around them stays
 * readable. */
#include "base/json_scan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "long_json.h"

static const struct json_limits LIMITS = {
    .depth_max = 32, .nodes_max = 20000, .lifted_depth_max = 512};
static const char *const NAMES[] = {"payload", "result", NULL};

static struct json_lifted lift(struct arena *arena, const char *text)
{
    struct json_lifted lifted;

    assert_int_equal(json_lift(bytes_of(text), NAMES, &LIMITS, arena, &lifted, NULL), OK);
    return lifted;
}

static void nothing_to_lift_leaves_the_text(void **state)
{
    struct arena *arena = *state;
    const char *text = "{\"queue\":\"q\",\"delay_s\":1}";
    struct json_lifted lifted = lift(arena, text);

    assert_int_equal(lifted.values_len, 0);
    assert_true(bytes_is(lifted.envelope, text));
}

static void lifted_values_keep_their_bytes(void **state)
{
    struct arena *arena = *state;
    struct json_lifted lifted =
        lift(arena, "{\"a\": 1, \"payload\" :  {\"x\": 0.10, \"x\":1e400,\"result\": [ ]} ,\n"
                    "\"result\":12345678901234567890}");

    assert_int_equal(lifted.values_len, 2);
    assert_true(bytes_is(lifted.values[0], "{\"x\": 0.10, \"x\":1e400,\"result\": [ ]}"));
    assert_true(bytes_is(lifted.values[1], "12345678901234567890"));
    assert_true(bytes_is(lifted.envelope, "{\"a\": 1, \"payload\" :  0 ,\n\"result\":1}"));
}

static void every_kind_of_value_is_lifted(void **state)
{
    static const char *const VALUES[] = {
        "null", "true", "false", "-0", "\"\"", "\"\\u0000\"", "[]", "{}", "[[1],{\"payload\":2}]",
        "1"};
    struct arena *arena = *state;

    for (size_t i = 0; i < ARRAY_LEN(VALUES); i++) {
        struct bytes text = arena_printf(arena, "{\"payload\":%s}", VALUES[i]);
        struct json_lifted lifted = lift(arena, text.at);

        assert_int_equal(lifted.values_len, 1);
        assert_true(bytes_is(lifted.values[0], VALUES[i]));
        assert_true(bytes_is(lifted.envelope, "{\"payload\":0}"));
    }
}

static void members_are_lifted_at_any_depth_of_the_envelope(void **state)
{
    struct arena *arena = *state;
    struct buffer text =
        repeated("[", "{\"payload\":{\"n\":[1]}},", 999, "{\"x\":{\"result\":[]}}]");
    struct json_lifted lifted;

    assert_int_equal(json_lift(buffer_bytes(&text), NAMES, &LIMITS, arena, &lifted, NULL), OK);

    assert_int_equal(lifted.values_len, 1000);
    assert_true(bytes_is(lifted.values[998], "{\"n\":[1]}"));
    assert_true(bytes_is(lifted.values[999], "[]"));
    assert_true(bytes_starts(lifted.envelope, "[{\"payload\":0},{\"payload\":1},"));
    assert_int_equal(json_check(lifted.envelope, &LIMITS, NULL), OK);

    const char *tail = "{\"payload\":998},{\"x\":{\"result\":999}}]";
    struct bytes end = {lifted.envelope.at + lifted.envelope.len - strlen(tail), strlen(tail)};

    assert_true(bytes_is(end, tail));
    buffer_fini(&text);
}

static void strings_and_items_with_such_names_are_not_members(void **state)
{
    struct arena *arena = *state;
    struct json_lifted lifted = lift(
        arena,
        "{\"a\":\"payload\",\"b\":[\"payload\",\"result\"],\"payloads\":1,\"\":2,\"payloa\":3}");

    assert_int_equal(lifted.values_len, 0);
}

static void a_name_with_escapes_is_lifted_too(void **state)
{
    struct arena *arena = *state;
    struct json_lifted lifted = lift(arena, "{\"p\\u0061yload\":7,\"\\u0070ayloa\":8}");

    assert_int_equal(lifted.values_len, 1);
    assert_true(bytes_is(lifted.values[0], "7"));
    assert_true(bytes_is(lifted.envelope, "{\"p\\u0061yload\":0,\"\\u0070ayloa\":8}"));
}

static void duplicates_are_left_to_the_parser(void **state)
{
    struct arena *arena = *state;
    struct json_lifted lifted = lift(arena, "{\"payload\":7,\"payload\":7}");

    assert_true(bytes_is(lifted.envelope, "{\"payload\":0,\"payload\":1}"));
}

static enum err lift_part(struct arena *arena, struct buffer text)
{
    struct json_lifted lifted;
    enum err err = json_lift(buffer_bytes(&text), NAMES, &LIMITS, arena, &lifted, NULL);

    buffer_fini(&text);
    return err;
}

static void bounds_inside_lifted_values_are_theirs(void **state)
{
    struct arena *arena = *state;
    struct buffer fits = nested(512, "[", "]");
    struct buffer too_deep = nested(513, "[", "]");

    assert_int_equal(lift_part(arena, repeated("{\"payload\":", fits.at, 0, "[]}")), OK);
    buffer_append_char(&fits, '\0');
    buffer_append_char(&too_deep, '\0');
    assert_int_equal(lift_part(arena, repeated("[{\"payload\":", fits.at, 1, "}]")), OK);
    assert_int_equal(lift_part(arena, repeated("{\"payload\":", too_deep.at, 1, "}")),
                     ERR_MALFORMED);
    /* Behind the lifted value the envelope's bounds are back. */
    assert_int_equal(lift_part(arena, repeated("{\"payload\":[[1]],\"a\":", fits.at, 1, "}")),
                     ERR_MALFORMED);
    assert_int_equal(lift_part(arena, repeated("{\"payload\":[", "1,", 100000, "1]}")), OK);
    assert_int_equal(lift_part(arena, repeated("{\"payload\":[],\"a\":[", "1,", 100000, "1]}")),
                     ERR_MALFORMED);

    buffer_fini(&fits);
    buffer_fini(&too_deep);
}

static void a_null_code_is_refused_again_behind_a_lifted_value(void **state)
{
    struct arena *arena = *state;
    struct json_lifted lifted;

    assert_int_equal(json_lift(BYTES("{\"payload\":\"\\u0000\",\"a\":\"\\u0000\"}"), NAMES, &LIMITS,
                               arena, &lifted, NULL),
                     ERR_MALFORMED);
    assert_int_equal(json_lift(BYTES("{\"payload\":\"\\u0000\",\"a\":\"\"}"), NAMES, &LIMITS, arena,
                               &lifted, NULL),
                     OK);
}

static void bad_syntax_inside_lifted_values_is_refused(void **state)
{
    static const char *const VALUES[] = {"",         "01",  "[1,]",    "{\"a\"}", "\"\\ud800\"",
                                         "\"\xff\"", "[}",  "nul",     "'x'",     "[",
                                         "\"",       "1 2", "\"\x01\""};
    struct arena *arena = *state;

    for (size_t i = 0; i < ARRAY_LEN(VALUES); i++) {
        struct bytes text = arena_printf(arena, "{\"payload\":%s}", VALUES[i]);
        struct json_lifted lifted;

        assert_int_equal(json_lift(text, NAMES, &LIMITS, arena, &lifted, NULL), ERR_MALFORMED);
    }
}

static void every_cut_of_a_document_is_refused(void **state)
{
    const char *text =
        "{\"a\":[1.5e+3,true,null,\"\\ud83d\\ude00 \xe2\x82\xac\"],\"payload\":{\"b\":[{}]}}";
    struct arena *arena = *state;
    struct json_lifted lifted;

    for (size_t len = 0; len < strlen(text); len++) {
        char *cut = malloc(len + 1);

        assert_non_null(cut);
        memcpy(cut, text, len);
        assert_int_equal(json_check((struct bytes){cut, len}, &LIMITS, NULL), ERR_MALFORMED);
        assert_int_equal(json_lift((struct bytes){cut, len}, NAMES, &LIMITS, arena, &lifted, NULL),
                         ERR_MALFORMED);
        free(cut);
    }
    assert_int_equal(json_check(bytes_of(text), &LIMITS, NULL), OK);
}

static int open_arena(void **state)
{
    *state = arena_new();
    return 0;
}

static int close_arena(void **state)
{
    arena_free(*state);
    return 0;
}

#define WITH_ARENA(test) cmocka_unit_test_setup_teardown(test, open_arena, close_arena)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ARENA(nothing_to_lift_leaves_the_text),
        WITH_ARENA(lifted_values_keep_their_bytes),
        WITH_ARENA(every_kind_of_value_is_lifted),
        WITH_ARENA(members_are_lifted_at_any_depth_of_the_envelope),
        WITH_ARENA(strings_and_items_with_such_names_are_not_members),
        WITH_ARENA(a_name_with_escapes_is_lifted_too),
        WITH_ARENA(duplicates_are_left_to_the_parser),
        WITH_ARENA(bounds_inside_lifted_values_are_theirs),
        WITH_ARENA(a_null_code_is_refused_again_behind_a_lifted_value),
        WITH_ARENA(bad_syntax_inside_lifted_values_is_refused),
        WITH_ARENA(every_cut_of_a_document_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
