/* Bytes: comparing, splitting and trimming, with NUL inside and with nothing at all. */
#include "base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void equal_means_the_same_bytes(void **state)
{
    (void)state;
    assert_true(bytes_equal(BYTES("a\0b"), BYTES("a\0b")));
    assert_false(bytes_equal(BYTES("a\0b"), BYTES("a\0c")));
    assert_false(bytes_equal(BYTES("a"), BYTES("ab")));
    assert_true(bytes_equal(BYTES_NONE, BYTES("")));
    assert_true(bytes_is(BYTES("abc"), "abc"));
    assert_false(bytes_is(BYTES("abc\0"), "abc"));
    assert_null(bytes_of(NULL).at);
    assert_int_equal(bytes_of("abc").len, 3);
}

static void a_prefix_starts_a_text(void **state)
{
    (void)state;
    assert_true(bytes_starts(BYTES("abc"), "ab"));
    assert_true(bytes_starts(BYTES("abc"), ""));
    assert_true(bytes_starts(BYTES_NONE, ""));
    assert_false(bytes_starts(BYTES("a"), "ab"));
    assert_false(bytes_starts(BYTES("ba"), "a"));
}

static void order_is_by_bytes_then_length(void **state)
{
    (void)state;
    assert_true(bytes_compare(BYTES("a"), BYTES("b")) < 0);
    assert_true(bytes_compare(BYTES("b"), BYTES("ab")) > 0);
    assert_true(bytes_compare(BYTES("a"), BYTES("ab")) < 0);
    assert_true(bytes_compare(BYTES("ab"), BYTES("a")) > 0);
    assert_true(bytes_compare(BYTES("\xff"), BYTES("a")) > 0);
    assert_int_equal(bytes_compare(BYTES(""), BYTES_NONE), 0);
}

static void splitting_keeps_empty_parts_between(void **state)
{
    struct bytes rest = BYTES("a,,b");
    struct bytes part;

    (void)state;
    assert_true(bytes_split(&rest, ',', &part));
    assert_true(bytes_is(part, "a"));
    assert_true(bytes_split(&rest, ',', &part));
    assert_non_null(part.at);
    assert_int_equal(part.len, 0);
    assert_true(bytes_split(&rest, ',', &part));
    assert_true(bytes_is(part, "b"));
    assert_false(bytes_split(&rest, ',', &part));
}

static void splitting_nothing_gives_no_part(void **state)
{
    struct bytes rest = BYTES("");
    struct bytes none = BYTES_NONE;
    struct bytes part;

    (void)state;
    assert_false(bytes_split(&rest, ',', &part));
    assert_false(bytes_split(&none, ',', &part));
}

static void trimming_takes_blanks_and_tabs(void **state)
{
    (void)state;
    assert_true(bytes_is(bytes_trim(BYTES(" \ta b\t ")), "a b"));
    assert_true(bytes_is(bytes_trim(BYTES(" \t ")), ""));
    assert_true(bytes_is(bytes_trim(BYTES("\na\n")), "\na\n"));
    assert_null(bytes_trim(BYTES_NONE).at);
}

static void what_is_kept_is_a_copy_with_a_nul_behind_it(void **state)
{
    char text[] = "a\0b";
    struct bytes kept = bytes_keep((struct bytes){text, 3}), empty = bytes_keep(BYTES(""));

    (void)state;
    text[0] = 'x';
    assert_true(bytes_equal(kept, BYTES("a\0b")));
    assert_int_equal(kept.at[3], 0);
    assert_non_null(empty.at);
    assert_null(bytes_keep(BYTES_NONE).at);
    bytes_drop(kept);
    bytes_drop(empty);
    bytes_drop(BYTES_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_means_the_same_bytes),
        cmocka_unit_test(a_prefix_starts_a_text),
        cmocka_unit_test(order_is_by_bytes_then_length),
        cmocka_unit_test(splitting_keeps_empty_parts_between),
        cmocka_unit_test(splitting_nothing_gives_no_part),
        cmocka_unit_test(trimming_takes_blanks_and_tabs),
        cmocka_unit_test(what_is_kept_is_a_copy_with_a_nul_behind_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
