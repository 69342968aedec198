/* Digest: what sha256sum prints, and parts that cannot be mistaken for others. */
#include "base/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void assert_plain(struct bytes data, const char *expected)
{
    char text[DIGEST_LEN * 2 + 1];

    digest_hex(digest_plain(data), text);
    assert_string_equal(text, expected);
}

static void plain_digests_are_those_of_sha256sum(void **state)
{
    (void)state;
    assert_plain(BYTES("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_plain(BYTES(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_plain(BYTES_NONE, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static bool same(const struct bytes *a, unsigned a_len, const struct bytes *b, unsigned b_len)
{
    struct digest left = digest_of(a, a_len);
    struct digest right = digest_of(b, b_len);

    return memcmp(left.at, right.at, DIGEST_LEN) == 0;
}

static void parts_cannot_shift(void **state)
{
    const struct bytes ab_c[] = {BYTES("ab"), BYTES("c")};
    const struct bytes a_bc[] = {BYTES("a"), BYTES("bc")};
    const struct bytes abc[] = {BYTES("abc"), BYTES("")};
    const struct bytes abc_none[] = {BYTES("abc"), BYTES_NONE};

    (void)state;
    assert_true(same(ab_c, 2, ab_c, 2));
    assert_false(same(ab_c, 2, a_bc, 2));
    assert_false(same(ab_c, 2, abc, 2));
    assert_false(same(abc, 2, abc, 1));
    assert_false(same(abc, 2, abc_none, 2));
    assert_true(same(abc, 0, ab_c, 0));
}

static void comparing_looks_at_every_byte(void **state)
{
    (void)state;
    assert_true(bytes_equal_constant_time(BYTES("secret"), BYTES("secret")));
    assert_false(bytes_equal_constant_time(BYTES("secret"), BYTES("secreT")));
    assert_false(bytes_equal_constant_time(BYTES("secret"), BYTES("Secret")));
    assert_false(bytes_equal_constant_time(BYTES("secret"), BYTES("secre")));
    assert_true(bytes_equal_constant_time(BYTES(""), BYTES_NONE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_digests_are_those_of_sha256sum),
        cmocka_unit_test(parts_cannot_shift),
        cmocka_unit_test(comparing_looks_at_every_byte),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
