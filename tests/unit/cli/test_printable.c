/* Printable: nothing that a terminal obeys comes through, everything that it shows does. */
#include "printable.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void check(struct bytes text, const char *wanted)
{
    struct arena *arena = arena_new();

    assert_true(bytes_is(printable(text, arena), wanted));
    arena_free(arena);
}

static void text_stays_as_it_is(void **state)
{
    (void)state;
    check(BYTES("caf\xc3\xa9 \xe6\xb0\xb4"), "caf\xc3\xa9 \xe6\xb0\xb4");
    check(BYTES(""), "");
}

static void controls_are_shown_not_obeyed(void **state)
{
    (void)state;
    check(BYTES("\x1b[2J\n\x7f"), "\\x1b[2J\\x0a\\x7f");
    check(BYTES("\xc2\x9b"
                "0m"),
          "\\xc2\\x9b0m");
}

static void broken_utf8_is_shown_byte_by_byte(void **state)
{
    (void)state;
    check(BYTES("\xff\xc3"), "\\xff\\xc3");
}

static void width_counts_characters(void **state)
{
    (void)state;
    assert_int_equal(printable_width(BYTES("caf\xc3\xa9")), 4);
    assert_true(bytes_is(printable_cut(BYTES("caf\xc3\xa9s"), 4), "caf\xc3\xa9"));
    assert_int_equal(printable_cut(BYTES("abc"), SIZE_MAX).len, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_stays_as_it_is),
        cmocka_unit_test(controls_are_shown_not_obeyed),
        cmocka_unit_test(broken_utf8_is_shown_byte_by_byte),
        cmocka_unit_test(width_counts_characters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
