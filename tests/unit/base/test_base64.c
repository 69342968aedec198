/* Base64: the RFC's vectors, round trips, and one text only for each data. */
#include "base/base64.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

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

static void assert_pair(struct arena *arena, const char *data, const char *text)
{
    char written[64] = "";
    struct bytes back;

    assert_int_equal(base64_len(strlen(data)), strlen(text));
    base64_write(written, bytes_of(data));
    assert_string_equal(written, text);
    assert_true(base64_read(bytes_of(text), arena, &back));
    assert_true(bytes_is(back, data));
}

static void the_vectors_of_the_rfc_hold(void **state)
{
    assert_pair(*state, "", "");
    assert_pair(*state, "f", "Zg==");
    assert_pair(*state, "fo", "Zm8=");
    assert_pair(*state, "foo", "Zm9v");
    assert_pair(*state, "foob", "Zm9vYg==");
    assert_pair(*state, "fooba", "Zm9vYmE=");
    assert_pair(*state, "foobar", "Zm9vYmFy");
}

static void all_bytes_come_back_in_both_alphabets(void **state)
{
    struct arena *arena = *state;
    unsigned char data[259];

    for (unsigned i = 0; i < sizeof(data); i++)
        data[i] = (unsigned char)(i * 37 + i / 7);
    for (size_t len = 0; len <= sizeof(data); len++) {
        struct bytes bytes = {(const char *)data, len};
        char *text = arena_alloc(arena, base64_len(len) + 1);
        struct bytes url = base64url_make(bytes, arena);
        struct bytes back;

        base64_write(text, bytes);
        assert_true(base64_read((struct bytes){text, base64_len(len)}, arena, &back));
        assert_true(bytes_equal(back, bytes));
        assert_true(base64url_read(url, arena, &back));
        assert_true(bytes_equal(back, bytes));
        assert_null(memchr(url.at, '=', url.len));
    }
}

static void the_alphabets_do_not_mix(void **state)
{
    struct arena *arena = *state;
    struct bytes data;

    assert_true(bytes_is(base64url_make(BYTES("\xfb\xff\xfe"), arena), "-__-"));
    assert_true(base64_read(BYTES("+//+"), arena, &data));
    assert_false(base64_read(BYTES("-__-"), arena, &data));
    assert_true(base64url_read(BYTES("-__-"), arena, &data));
    assert_false(base64url_read(BYTES("+//+"), arena, &data));
}

static void other_texts_are_refused(void **state)
{
    static const char *const TEXTS[] = {
        "Z",     "Zg",     "Zg=",   "Zg===", "=",    "==",   "====",    "Zg==Zg==",
        "Z g==", "Zm8=\n", "Zm9v=", "Zh==",  "Zm9=", "Z===", "Zm\x80v", "Zg=a"};
    struct bytes data;

    for (size_t i = 0; i < ARRAY_LEN(TEXTS); i++)
        assert_false(base64_read(bytes_of(TEXTS[i]), *state, &data));
    assert_false(base64url_read(BYTES("Zg=="), *state, &data));
    assert_false(base64url_read(BYTES("Z"), *state, &data));
    assert_false(base64url_read(BYTES("Zh"), *state, &data));
    assert_false(base64url_read(BYTES("Zm9\0"), *state, &data));
}

#define WITH_ARENA(test) cmocka_unit_test_setup_teardown(test, open_arena, close_arena)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ARENA(the_vectors_of_the_rfc_hold),
        WITH_ARENA(all_bytes_come_back_in_both_alphabets),
        WITH_ARENA(the_alphabets_do_not_mix),
        WITH_ARENA(other_texts_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
