/* UTF-8: every code point is valid, and every two, three and four bytes that are not one are
 * refused. */
#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static size_t encode(unsigned code_point, unsigned char text[4])
{
    if (code_point < 0x80) {
        text[0] = (unsigned char)code_point;
        return 1;
    }
    if (code_point < 0x800) {
        text[0] = (unsigned char)(0xc0 | code_point >> 6);
        text[1] = (unsigned char)(0x80 | (code_point & 0x3f));
        return 2;
    }
    if (code_point < 0x10000) {
        text[0] = (unsigned char)(0xe0 | code_point >> 12);
        text[1] = (unsigned char)(0x80 | (code_point >> 6 & 0x3f));
        text[2] = (unsigned char)(0x80 | (code_point & 0x3f));
        return 3;
    }
    text[0] = (unsigned char)(0xf0 | code_point >> 18);
    text[1] = (unsigned char)(0x80 | (code_point >> 12 & 0x3f));
    text[2] = (unsigned char)(0x80 | (code_point >> 6 & 0x3f));
    text[3] = (unsigned char)(0x80 | (code_point & 0x3f));
    return 4;
}

static void all_code_points_but_surrogates_are_valid(void **state)
{
    (void)state;
    for (unsigned code_point = 0; code_point < 0x120000; code_point++) {
        unsigned char text[4];
        size_t len = encode(code_point, text);
        bool is_surrogate = code_point >= 0xd800 && code_point <= 0xdfff;
        bool is_valid = !is_surrogate && code_point <= 0x10ffff;
        struct bytes bytes = {(const char *)text, len};

        if (utf8_is_valid(bytes) != is_valid || utf8_sequence(bytes) != (is_valid ? len : 0))
            fail_msg("U+%04X", code_point);
        if (len > 1 && utf8_is_valid((struct bytes){bytes.at, len - 1}))
            fail_msg("U+%04X cut", code_point);
    }
}

/* There are 128 valid single bytes, 1920 code points of two bytes, 61440 of three. */
static void there_are_no_other_sequences(void **state)
{
    unsigned counts[4] = {0};

    (void)state;
    for (unsigned bits = 0; bits < 1u << 24; bits++) {
        char text[] = {(char)(bits >> 16), (char)(bits >> 8), (char)bits};
        size_t len = utf8_sequence((struct bytes){text, sizeof(text)});

        counts[len]++;
    }
    assert_int_equal(counts[1], 128u << 16);
    assert_int_equal(counts[2], 1920u << 8);
    assert_int_equal(counts[3], 61440);
}

static void four_byte_forms_have_bounds(void **state)
{
    (void)state;
    assert_false(utf8_is_valid(BYTES("\xf0\x8f\xbf\xbf")));
    assert_false(utf8_is_valid(BYTES("\xf4\x90\x80\x80")));
    assert_false(utf8_is_valid(BYTES("\xf5\x80\x80\x80")));
    assert_false(utf8_is_valid(BYTES("\xf1\x80\x80\x28")));
    assert_false(utf8_is_valid(BYTES("\xf8\x88\x80\x80\x80")));
}

static void whole_texts_are_looked_at(void **state)
{
    (void)state;
    assert_true(utf8_is_valid(BYTES("")));
    assert_true(utf8_is_valid(BYTES_NONE));
    assert_true(utf8_is_valid(BYTES("a\0\xc3\xa9")));
    assert_false(utf8_is_valid(BYTES("aaaaaaaaaaaaaaaaaaaaaaaa\xff")));
    assert_false(utf8_is_valid(BYTES("aaaa\xc3")));
    assert_int_equal(utf8_sequence(BYTES("")), 0);
    assert_int_equal(utf8_sequence(BYTES("\xc3\xa9zz")), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_code_points_but_surrogates_are_valid),
        cmocka_unit_test(there_are_no_other_sequences),
        cmocka_unit_test(four_byte_forms_have_bounds),
        cmocka_unit_test(whole_texts_are_looked_at),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
