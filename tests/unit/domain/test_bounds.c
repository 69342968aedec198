/* Bounds: what they are by default and how refusals name them; which names and labels are taken. */
#include "domain/bounds.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static void defaults_are_those_of_the_contract(void **state)
{
    struct bounds bounds = bounds_default();

    (void)state;
    assert_int_equal(bounds.of[BOUND_PAYLOAD_MAX], 1 << 20);
    assert_int_equal(bounds.of[BOUND_RESULT_MAX], 1 << 20);
    assert_int_equal(bounds.of[BOUND_BODY_MAX], 4 << 20);
    assert_int_equal(bounds.of[BOUND_BATCH_MAX], 1000);
    assert_int_equal(bounds.of[BOUND_ENVELOPE_DEPTH_MAX], 32);
    assert_int_equal(bounds.of[BOUND_ENVELOPE_NODES_MAX], 20000);
    assert_int_equal(bounds.of[BOUND_PAYLOAD_DEPTH_MAX], 512);
    assert_int_equal(bounds.of[BOUND_NAME_MAX], 128);
    assert_int_equal(bounds.of[BOUND_TYPE_MAX], 255);
    assert_int_equal(bounds.of[BOUND_TAGS_MAX], 16);
    assert_int_equal(bounds.of[BOUND_TASK_HEADERS_MAX], 64);
    assert_int_equal(bounds.of[BOUND_PRIORITY_MAX], 100);
    assert_int_equal(bounds.of[BOUND_DELAY_MAX], 3650 * DAY_MS);
    assert_int_equal(bounds.of[BOUND_ATTEMPTS_MAX], 1000);
    assert_int_equal(bounds.of[BOUND_LEASE_MIN], SECOND_MS);
    assert_int_equal(bounds.of[BOUND_LEASE_MAX], 12 * HOUR_MS);
    assert_int_equal(bounds.of[BOUND_WAIT_MAX], MINUTE_MS);
}

/* What reads stored things knows these: a setting must not go beyond. */
static void ceilings_are_what_the_store_can_give_back(void **state)
{
    (void)state;
    assert_int_equal(bound_ceiling(BOUND_DELAY_MAX), DELAY_MAX_MS);
    assert_int_equal(bound_ceiling(BOUND_NAME_MAX), NAME_MAX_CEILING);
    assert_int_equal(bound_ceiling(BOUND_TYPE_MAX), TYPE_MAX_CEILING);
    /* The scanner's stack holds both. */
    assert_true(bound_ceiling(BOUND_ENVELOPE_DEPTH_MAX) + bound_ceiling(BOUND_PAYLOAD_DEPTH_MAX) <=
                1024);
}

static void every_default_is_within_its_ceiling(void **state)
{
    struct bounds bounds = bounds_default();

    (void)state;
    for (enum bound bound = BOUND_NONE + 1; bound < BOUNDS_LEN; bound++) {
        assert_in_range(bounds.of[bound], 1, bound_ceiling(bound));
        assert_true(strlen(bound_name(bound)) > 0);
    }
}

static void a_bound_is_told_with_its_number_and_unit(void **state)
{
    struct bounds bounds = bounds_default();
    char text[BOUND_TEXT_MAX];

    (void)state;
    bounds.of[BOUND_LEASE_MIN] = 1500;
    bound_format(&bounds, BOUND_PAYLOAD_MAX, text);
    assert_string_equal(text, "payload_max: 1048576 bytes");
    bound_format(&bounds, BOUND_LEASE_MIN, text);
    assert_string_equal(text, "lease_min: 1.5 s");
    bound_format(&bounds, BOUND_PRIORITY_MAX, text);
    assert_string_equal(text, "priority_max: 100");
}

static void a_refusal_names_bound_and_excess(void **state)
{
    struct bounds bounds = bounds_default();
    struct error error;

    (void)state;
    assert_int_equal(bound_refuse(&bounds, BOUND_PAYLOAD_MAX, 2000000, "/payload", &error),
                     ERR_TOO_LARGE);
    assert_string_equal(error.where, "/payload");
    assert_string_equal(error.detail, "payload_max: 1048576 bytes; this payload has 2000000");
    bounds.of[BOUND_TAGS_MAX] = 3;
    assert_int_equal(bound_refuse(&bounds, BOUND_TAGS_MAX, 4, "/tags", &error), ERR_INVALID_FIELD);
    assert_string_equal(error.detail, "tags_max: 3 tags; this task has 4");
}

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
        cmocka_unit_test(defaults_are_those_of_the_contract),
        cmocka_unit_test(ceilings_are_what_the_store_can_give_back),
        cmocka_unit_test(every_default_is_within_its_ceiling),
        cmocka_unit_test(a_bound_is_told_with_its_number_and_unit),
        cmocka_unit_test(a_refusal_names_bound_and_excess),
        cmocka_unit_test(a_name_is_1_to_128_letters_digits_and_four_marks),
        cmocka_unit_test(every_other_byte_spoils_a_name),
        cmocka_unit_test(a_label_may_hold_any_printable_text),
        cmocka_unit_test(a_label_is_neither_empty_nor_too_long),
        cmocka_unit_test(a_label_holds_no_control_characters),
        cmocka_unit_test(a_label_is_whole_utf8),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
