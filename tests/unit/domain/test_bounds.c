/* Bounds: which names, types and labels are taken. */
#include "domain/bounds.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static struct bytes repeated(char c, size_t len)
{
    static char text[TYPE_MAX_CEILING + 1];

    memset(text, c, sizeof(text));
    return (struct bytes){text, len};
}

static void a_name_is_1_to_128_letters_digits_and_four_marks(void **state)
{
    (void)state;
    assert_true(name_is_valid(BYTES("azAZ09._:-")));
    assert_true(name_is_valid(repeated('x', 1)));
    assert_true(name_is_valid(repeated('x', NAME_MAX_CEILING)));
    assert_false(name_is_valid(repeated('x', NAME_MAX_CEILING + 1)));
    assert_false(name_is_valid(BYTES("")));
    assert_false(name_is_valid(BYTES_NONE));
}

static void every_other_byte_spoils_a_name(void **state)
{
    static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:-";

    (void)state;
    for (int c = 0; c < 256; c++) {
        char text[] = {'a', (char)c, 'b'};
        bool is_good = c != 0 && strchr(good, c) != NULL;

        assert_int_equal(name_is_valid((struct bytes){text, sizeof(text)}), is_good);
    }
}

static void a_label_may_hold_any_printable_text(void **state)
{
    (void)state;
    assert_true(label_is_valid(BYTES("thumbnail make/v2")));
    assert_true(label_is_valid(BYTES("gr\xc3\xb6\xc3\x9f\x65n \xf0\x9f\x98\x80")));
    assert_true(label_is_valid(repeated('x', TYPE_MAX_CEILING)));
    assert_true(label_is_valid(BYTES("\xc2\xa0"))); /* the first behind C1 */
}

static void a_label_is_neither_empty_nor_too_long(void **state)
{
    (void)state;
    assert_false(label_is_valid(BYTES_NONE));
    assert_false(label_is_valid(BYTES("")));
    assert_false(label_is_valid(repeated('x', TYPE_MAX_CEILING + 1)));
}

static void a_label_holds_no_control_characters(void **state)
{
    static const struct bytes bad[] = {
        {"a\0b", 3}, {"a\nb", 3}, {"\x1f", 1}, {"\x7f", 1}, {"\xc2\x80", 2}, {"x\xc2\x9f", 3},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(label_is_valid(bad[i]));
}

static void a_label_is_whole_utf8(void **state)
{
    static const struct bytes bad[] = {
        {"\xff", 1}, {"a\xc2", 2}, {"\xc0\xaf", 2}, {"\xed\xa0\x80", 3}};

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(label_is_valid(bad[i]));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_1_to_128_letters_digits_and_four_marks),
        cmocka_unit_test(every_other_byte_spoils_a_name),
        cmocka_unit_test(a_label_may_hold_any_printable_text),
        cmocka_unit_test(a_label_is_neither_empty_nor_too_long),
        cmocka_unit_test(a_label_holds_no_control_characters),
        cmocka_unit_test(a_label_is_whole_utf8),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
