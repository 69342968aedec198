/* Lines: the same lines come out however the stream was cut into pieces. */
#include "lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { LINE_MAX_TESTED = 8, SEEN_MAX = 256 };

static void on_line(void *owner, struct bytes line)
{
    struct buffer *seen = owner;

    buffer_append_char(seen, '<');
    buffer_append(seen, line);
    buffer_append_char(seen, '>');
}

/* What comes out when the text is fed in pieces of this length. */
static struct buffer lines_of(struct bytes text, size_t piece)
{
    struct buffer seen;
    struct lines lines;

    buffer_init(&seen, SEEN_MAX);
    lines_init(&lines, LINE_MAX_TESTED, on_line, &seen);
    for (size_t at = 0; at < text.len; at += piece) {
        size_t left = text.len - at;

        lines_add(&lines, (struct bytes){text.at + at, left < piece ? left : piece});
    }
    lines_end(&lines);
    lines_fini(&lines);
    return seen;
}

static void check(struct bytes text, const char *wanted)
{
    for (size_t piece = 1; piece <= text.len; piece++) {
        struct buffer seen = lines_of(text, piece);

        assert_true(bytes_is(buffer_bytes(&seen), wanted));
        buffer_fini(&seen);
    }
}

static void ends_are_taken_off(void **state)
{
    (void)state;
    check(BYTES("a\nbc\r\n\nd\n"), "<a><bc><><d>");
}

static void the_last_line_needs_no_end(void **state)
{
    (void)state;
    check(BYTES("a\nb"), "<a><b>");
}

static void a_line_without_end_is_cut(void **state)
{
    (void)state;
    check(BYTES("0123456789abcdefXY\nz\n"), "<01234567><89abcdef><XY><z>");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ends_are_taken_off),
        cmocka_unit_test(the_last_line_needs_no_end),
        cmocka_unit_test(a_line_without_end_is_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
