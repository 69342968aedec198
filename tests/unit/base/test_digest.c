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

/* RFC 4231, cases 1 to 4, 6 and 7. */
static void hmacs_are_those_of_the_rfc(void **state)
{
    static char key_20[20], key_131[131], of_cd[50], of_dd[50], key_25[25];
    static const char LONG[] = "This is a test using a larger than block-size key and a larger than"
                               " block-size data. The key needs to be hashed before being used by "
                               "the HMAC algorithm.";
    const struct {
        struct bytes key, data;
        const char *expected;
    } cases[] = {
        {{key_20, sizeof(key_20)},
         BYTES("Hi There"),
         "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
        {BYTES("Jefe"), BYTES("what do ya want for nothing?"),
         "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
        {{key_131, 20},
         {of_dd, sizeof(of_dd)},
         "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
        {{key_25, sizeof(key_25)},
         {of_cd, sizeof(of_cd)},
         "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
        {{key_131, sizeof(key_131)},
         BYTES("Test Using Larger Than Block-Size Key - Hash Key First"),
         "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
        {{key_131, sizeof(key_131)},
         {LONG, sizeof(LONG) - 1},
         "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
    };

    (void)state;
    memset(key_20, 0x0b, sizeof(key_20));
    memset(key_131, 0xaa, sizeof(key_131));
    memset(of_dd, 0xdd, sizeof(of_dd));
    memset(of_cd, 0xcd, sizeof(of_cd));
    for (unsigned i = 0; i < sizeof(key_25); i++)
        key_25[i] = (char)(i + 1);
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct bytes parts[] = {
            {cases[i].data.at, 3}, BYTES_NONE, {cases[i].data.at + 3, cases[i].data.len - 3}};
        char text[DIGEST_LEN * 2 + 1];

        digest_hex(digest_hmac(cases[i].key, parts, 3), text);
        assert_string_equal(text, cases[i].expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_digests_are_those_of_sha256sum),
        cmocka_unit_test(parts_cannot_shift),
        cmocka_unit_test(hmacs_are_those_of_the_rfc),
        cmocka_unit_test(comparing_looks_at_every_byte),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
