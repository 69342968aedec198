/* Buffer: grows, stops at its cap without holes, gives its content away. */
#include "base/buffer.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void all_kinds_of_appends_follow_each_other(void **state)
{
    struct buffer buffer;

    (void)state;
    buffer_init(&buffer, 1000);
    buffer_append(&buffer, BYTES("a\0b"));
    buffer_append_text(&buffer, "cd");
    buffer_append_char(&buffer, 'e');
    buffer_append_int(&buffer, -12);
    buffer_printf(&buffer, "%s=%d", "f", 3);
    memcpy(buffer_room(&buffer, 2), "gh", 2);
    buffer_added(&buffer, 2);
    buffer_append(&buffer, BYTES_NONE);

    assert_true(bytes_equal(buffer_bytes(&buffer), BYTES("a\0bcde-12f=3gh")));
    assert_false(buffer.overflowed);
    buffer_fini(&buffer);
}

static void integers_are_written_to_the_ends(void **state)
{
    struct buffer buffer;

    (void)state;
    buffer_init(&buffer, 1000);
    buffer_append_int(&buffer, LLONG_MIN);
    buffer_append_char(&buffer, ' ');
    buffer_append_int(&buffer, LLONG_MAX);
    buffer_append_char(&buffer, ' ');
    buffer_append_int(&buffer, 0);

    assert_true(bytes_is(buffer_bytes(&buffer), "-9223372036854775808 9223372036854775807 0"));
    buffer_fini(&buffer);
}

static void nothing_goes_in_behind_what_did_not_fit(void **state)
{
    struct buffer buffer;

    (void)state;
    buffer_init(&buffer, 10);
    buffer_append_text(&buffer, "12345678");
    buffer_append_text(&buffer, "abc");
    buffer_append_text(&buffer, "x");
    buffer_append_char(&buffer, 'y');
    buffer_printf(&buffer, "z");

    assert_true(buffer.overflowed);
    assert_null(buffer_room(&buffer, 1));
    assert_true(bytes_is(buffer_bytes(&buffer), "12345678"));

    buffer_clear(&buffer);
    buffer_append_text(&buffer, "1234567890");
    assert_false(buffer.overflowed);
    assert_int_equal(buffer.len, 10);
    buffer_fini(&buffer);
}

static void printing_reaches_the_cap_exactly(void **state)
{
    struct buffer buffer;

    (void)state;
    buffer_init(&buffer, 4);
    buffer_printf(&buffer, "%d", 1234);
    assert_true(bytes_is(buffer_bytes(&buffer), "1234"));
    assert_false(buffer.overflowed);
    buffer_printf(&buffer, "%d", 5);
    assert_true(buffer.overflowed);
    buffer_fini(&buffer);
}

static void a_long_text_grows_piece_by_piece(void **state)
{
    struct buffer buffer;

    (void)state;
    buffer_init(&buffer, 1000003);
    for (unsigned i = 0; i < 1000003; i++)
        buffer_append_char(&buffer, (char)('a' + i % 26));

    assert_false(buffer.overflowed);
    assert_int_equal(buffer.len, 1000003);
    assert_int_equal(buffer.at[1000002], 'a' + 1000002 % 26);
    buffer_fini(&buffer);
}

static void the_front_can_be_dropped(void **state)
{
    struct buffer buffer;

    (void)state;
    buffer_init(&buffer, 100);
    buffer_append_text(&buffer, "abcdef");
    buffer_consume(&buffer, 2);
    assert_true(bytes_is(buffer_bytes(&buffer), "cdef"));
    buffer_consume(&buffer, 4);
    assert_int_equal(buffer.len, 0);
    buffer_fini(&buffer);
}

static void content_can_be_taken_away(void **state)
{
    struct buffer buffer;
    size_t len = 0;

    (void)state;
    buffer_init(&buffer, 100);
    buffer_append_text(&buffer, "abc");

    char *content = buffer_take(&buffer, &len);

    assert_int_equal(len, 3);
    assert_memory_equal(content, "abc", 3);
    assert_int_equal(buffer.len, 0);
    free(content);

    content = buffer_take(&buffer, &len);
    assert_non_null(content);
    assert_int_equal(len, 0);
    free(content);
    buffer_fini(&buffer);
}

static void an_empty_buffer_has_empty_bytes(void **state)
{
    struct buffer buffer;

    (void)state;
    buffer_init(&buffer, 0);
    assert_non_null(buffer_bytes(&buffer).at);
    buffer_append_text(&buffer, "");
    assert_false(buffer.overflowed);
    buffer_append_char(&buffer, 'a');
    assert_true(buffer.overflowed);
    buffer_fini(&buffer);
    buffer_fini(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_kinds_of_appends_follow_each_other),
        cmocka_unit_test(integers_are_written_to_the_ends),
        cmocka_unit_test(nothing_goes_in_behind_what_did_not_fit),
        cmocka_unit_test(printing_reaches_the_cap_exactly),
        cmocka_unit_test(a_long_text_grows_piece_by_piece),
        cmocka_unit_test(the_front_can_be_dropped),
        cmocka_unit_test(content_can_be_taken_away),
        cmocka_unit_test(an_empty_buffer_has_empty_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
