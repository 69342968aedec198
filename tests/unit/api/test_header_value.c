/* Tests of the request headers that operations read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "arena_fixture.h"
#include "engine/command.h"
#include "header_value.h"

static struct error error;

/* ---- Prefer ---- */

static void a_preference_is_found_among_others(void **state)
{
    struct preference preference;

    (void)state;

    assert_int_equal(preference_read(BYTES("respond-async; x=1, wait=30, return=minimal"), &bounds,
                                     &preference, &error),
                     OK);
    assert_int_equal(preference.wait_s, 30);
    assert_true(preference.minimal);
    assert_int_equal(preference_read(BYTES_NONE, &bounds, &preference, &error), OK);
    assert_int_equal(preference.wait_s, -1);
    assert_false(preference.minimal);
}

static void a_wait_out_of_range_is_refused(void **state)
{
    static const char *const bad[] = {"wait=61", "wait=-1", "wait=1.5",
                                      "wait=",   "wait",    "wait=1e9"};
    struct preference preference;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_int_equal(preference_read(bytes_of(bad[i]), &bounds, &preference, &error),
                         ERR_INVALID_FIELD);
        assert_string_equal(error.where, "Prefer");
    }
}

/* ---- Idempotency-Key ---- */

static void reads_key(const char *header, const char *wanted)
{
    struct bytes key;

    assert_int_equal(idempotency_key_read(bytes_of(header), &bounds, arena, &key, &error), OK);
    assert_true(bytes_is(key, wanted));
}

static void a_key_is_a_string_or_a_word(void **state)
{
    struct bytes key;

    (void)state;

    reads_key("abc-1", "abc-1");
    reads_key("\"a b\"", "a b");
    reads_key("\"a\\\"b\\\\c\"", "a\"b\\c");
    assert_int_equal(idempotency_key_read(BYTES_NONE, &bounds, arena, &key, &error), OK);
    assert_null(key.at);
}

static void a_bad_key_is_refused(void **state)
{
    static const char *const bad[] = {"",    "\"\"",     "a b",      "a, b",  "\"a",
                                      "a\"", "\"a\\x\"", "\"a\"b\"", "k\x01", "\xc3\xa9"};
    char text[300];
    struct bytes key;

    (void)state;
    memset(text, 'k', sizeof(text));
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_equal(idempotency_key_read(bytes_of(bad[i]), &bounds, arena, &key, &error),
                         ERR_INVALID_FIELD);
    assert_int_equal(idempotency_key_read((struct bytes){text, 255}, &bounds, arena, &key, &error),
                     OK);
    assert_int_equal(idempotency_key_read((struct bytes){text, 256}, &bounds, arena, &key, &error),
                     ERR_INVALID_FIELD);
}

/* ---- entity tags ---- */

static int64_t version_of(const char *header, bool weak_equals)
{
    int64_t version = 0;

    assert_int_equal(version_read(bytes_of(header), "If-Match", weak_equals, &version, &error), OK);
    return version;
}

static void a_tag_is_a_version(void **state)
{
    (void)state;

    assert_int_equal(version_of("\"7\"", false), 7);
    assert_int_equal(version_of("*", false), VERSION_ANY);
    assert_int_equal(version_of(NULL, false), VERSION_UNASKED);
    assert_int_equal(version_of("\"abc\"", false), VERSION_STRANGE);
    assert_int_equal(version_of("\"0\"", false), VERSION_STRANGE);
    assert_int_equal(version_of("W/\"7\"", false), VERSION_STRANGE);
    assert_int_equal(version_of("W/\"7\"", true), 7);
}

static void junk_instead_of_a_tag_is_refused(void **state)
{
    static const char *const bad[] = {"", "7", "\"7", "\"", "\"1\", \"2\"", "w/\"7\""};
    int64_t version;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_equal(version_read(bytes_of(bad[i]), "If-Match", false, &version, &error),
                         ERR_INVALID_FIELD);
    assert_string_equal(error.where, "If-Match");
}

/* ---- content types ---- */

static void media_are_told_apart(void **state)
{
    (void)state;

    assert_int_equal(media_of(BYTES_NONE), MEDIA_UNSAID);
    assert_int_equal(media_of(BYTES("application/x-www-form-urlencoded")), MEDIA_UNSAID);
    assert_int_equal(media_of(BYTES("Application/JSON; charset=UTF-8")), MEDIA_JSON);
    assert_int_equal(media_of(BYTES("application/json; charset=utf-16")), MEDIA_OTHER);
    assert_int_equal(media_of(BYTES("application/x-ndjson")), MEDIA_LINES);
    assert_int_equal(media_of(BYTES("application/jsonl")), MEDIA_LINES);
    assert_int_equal(media_of(BYTES("text/plain")), MEDIA_TEXT);
    assert_int_equal(media_of(BYTES("image/png")), MEDIA_OTHER);
}

static void a_content_type_is_safe_to_send_back(void **state)
{
    (void)state;

    assert_true(content_type_is_valid(BYTES("text/plain; charset=utf-8")));
    assert_false(content_type_is_valid(BYTES("text")));
    assert_false(content_type_is_valid(BYTES("/plain")));
    assert_false(content_type_is_valid(BYTES("text/")));
    assert_false(content_type_is_valid(BYTES("a/b\r\nSet-Cookie: x")));
    assert_false(content_type_is_valid(BYTES("")));
}

static void only_a_whole_traceparent_is_kept(void **state)
{
    (void)state;

    assert_true(
        traceparent_is_valid(BYTES("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")));
    assert_false(
        traceparent_is_valid(BYTES("00-00000000000000000000000000000000-b7ad6b7169203331-01")));
    assert_false(
        traceparent_is_valid(BYTES("00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")));
    assert_false(traceparent_is_valid(BYTES_NONE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_preference_is_found_among_others),
        cmocka_unit_test(a_wait_out_of_range_is_refused),
        cmocka_unit_test(a_key_is_a_string_or_a_word),
        cmocka_unit_test(a_bad_key_is_refused),
        cmocka_unit_test(a_tag_is_a_version),
        cmocka_unit_test(junk_instead_of_a_tag_is_refused),
        cmocka_unit_test(media_are_told_apart),
        cmocka_unit_test(a_content_type_is_safe_to_send_back),
        cmocka_unit_test(only_a_whole_traceparent_is_kept),
    };

    return cmocka_run_group_tests(tests, make_arena, free_arena);
}
