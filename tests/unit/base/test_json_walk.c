/* JSON walk: members and items of valid JSON by their raw bytes, strings unescaped, and no step
 * outside of broken text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json_scan.h"

static void a_member_is_found_by_its_raw_bytes(void **state)
{
    struct bytes object =
        BYTES(" { \"a\" : 1.50 , \"b\":{\"c\":[1,\"}\"]},\"d\\\"e\":\"x\\\\\", \"f\": null }");

    (void)state;
    assert_true(bytes_is(json_find(object, "a"), "1.50"));
    assert_true(bytes_is(json_find(object, "b"), "{\"c\":[1,\"}\"]}"));
    assert_true(bytes_is(json_find(object, "d\\\"e"), "\"x\\\\\""));
    assert_true(bytes_is(json_find(object, "f"), "null"));
    assert_null(json_find(object, "c").at);
    assert_null(json_find(object, "").at);
}

static void what_is_no_object_has_no_members(void **state)
{
    (void)state;
    assert_null(json_find(BYTES("{}"), "a").at);
    assert_null(json_find(BYTES("[]"), "a").at);
    assert_null(json_find(BYTES("[\"a\",1]"), "a").at);
    assert_null(json_find(BYTES("\"a\""), "a").at);
    assert_null(json_find(BYTES(""), "a").at);
    assert_null(json_find(BYTES_NONE, "a").at);
}

static void an_array_is_walked_in_order(void **state)
{
    static const char *const ITEMS[] = {"1", "\"a,]\"", "[2,[3]]", "{\"k\":[]}", "true"};
    struct bytes array = BYTES("[1, \"a,]\",[2,[3]] ,{\"k\":[]}, true ]");
    struct bytes key;
    struct bytes value;
    size_t at = 0;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(ITEMS); i++) {
        assert_true(json_each(array, &at, &key, &value));
        assert_null(key.at);
        assert_true(bytes_is(value, ITEMS[i]));
    }
    assert_false(json_each(array, &at, &key, &value));
    assert_false(json_each(array, &at, &key, &value));
}

static void an_object_is_walked_with_its_raw_keys(void **state)
{
    struct bytes object = BYTES("{\"\":1,\"a\\n\" : \"x\" }");
    struct bytes key;
    struct bytes value;
    size_t at = 0;

    (void)state;
    assert_true(json_each(object, &at, &key, &value));
    assert_non_null(key.at);
    assert_int_equal(key.len, 0);
    assert_true(json_each(object, &at, &key, &value));
    assert_true(bytes_is(key, "a\\n"));
    assert_true(bytes_is(value, "\"x\""));
    assert_false(json_each(object, &at, &key, &value));
}

static void empty_containers_have_no_items(void **state)
{
    struct bytes key;
    struct bytes value;
    size_t at = 0;

    (void)state;
    assert_false(json_each(BYTES("[ ]"), &at, &key, &value));
    assert_false(json_each(BYTES("{}"), &at, &key, &value));
    assert_false(json_each(BYTES("7"), &at, &key, &value));
}

static void broken_text_is_never_read_beyond_its_end(void **state)
{
    const char *text = "{\"a\":[1,{\"b\":\"\\\"\"}],\"c\\u00\":tru,\"d\":\"\\";

    (void)state;
    for (size_t len = 0; len <= strlen(text); len++) {
        char *cut = malloc(len + 1);
        struct bytes key;
        struct bytes value;
        size_t at = 0;

        assert_non_null(cut);
        cut = realloc(cut, len > 0 ? len : 1);
        memcpy(cut, text, len);
        for (unsigned i = 0; i < 10 && json_each((struct bytes){cut, len}, &at, &key, &value); i++)
            assert_true(value.at + value.len <= cut + len);
        free(cut);
    }
}

static void strings_are_unescaped(void **state)
{
    struct arena *arena = arena_new();

    (void)state;
    assert_true(bytes_is(json_unquote(BYTES("\"plain\""), arena), "plain"));
    assert_true(bytes_is(json_unquote(BYTES("\"\""), arena), ""));
    assert_non_null(json_unquote(BYTES("\"\""), arena).at);
    assert_true(
        bytes_is(json_unquote(BYTES("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), arena), "\"\\/\b\f\n\r\t"));
    assert_true(bytes_is(json_unquote(BYTES("\"x\\u00e9\\u20AC\\ud83d\\ude00y\""), arena),
                         "x\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80y"));
    assert_true(bytes_equal(json_unquote(BYTES("\"a\\u0000b\""), arena), BYTES("a\0b")));
    arena_free(arena);
}

static void what_is_no_string_is_not_unquoted(void **state)
{
    struct arena *arena = arena_new();

    (void)state;
    assert_null(json_unquote(BYTES("1"), arena).at);
    assert_null(json_unquote(BYTES("\""), arena).at);
    assert_null(json_unquote(BYTES("\"a"), arena).at);
    assert_null(json_unquote(BYTES("[\"a\"]"), arena).at);
    assert_null(json_unquote(BYTES_NONE, arena).at);
    arena_free(arena);
}

static void broken_escapes_do_no_harm(void **state)
{
    struct arena *arena = arena_new();

    (void)state;
    assert_true(bytes_is(json_unquote(BYTES("\"\\ud800\""), arena), "\xef\xbf\xbdud800"));
    assert_true(bytes_is(json_unquote(BYTES("\"\\x\\\""), arena), "\xef\xbf\xbdx\xef\xbf\xbd"));
    assert_true(bytes_is(json_unquote(BYTES("\"\\u12\""), arena), "\xef\xbf\xbdu12"));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_member_is_found_by_its_raw_bytes),
        cmocka_unit_test(what_is_no_object_has_no_members),
        cmocka_unit_test(an_array_is_walked_in_order),
        cmocka_unit_test(an_object_is_walked_with_its_raw_keys),
        cmocka_unit_test(empty_containers_have_no_items),
        cmocka_unit_test(broken_text_is_never_read_beyond_its_end),
        cmocka_unit_test(strings_are_unescaped),
        cmocka_unit_test(what_is_no_string_is_not_unquoted),
        cmocka_unit_test(broken_escapes_do_no_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
