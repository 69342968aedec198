/* Tests of labels: one text for equal sets, and who meets what. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "domain/labels.h"

static void equal_sets_are_equal_texts(void **state)
{
    struct arena *arena = arena_new();
    struct label one[] = {{BYTES("zone"), BYTES("b")}, {BYTES("gpu"), BYTES("a=1")}};
    struct label other[] = {{BYTES("gpu"), BYTES("a=1")}, {BYTES("zone"), BYTES("b")}};
    struct bytes text = labels_write(one, 2, arena);

    (void)state;
    assert_true(bytes_is(text, "gpu=a=1\nzone=b\n"));
    assert_true(bytes_equal(text, labels_write(other, 2, arena)));
    assert_int_equal(labels_write(one, 0, arena).len, 0);
    arena_free(arena);
}

static void labels_are_read_one_by_one(void **state)
{
    struct bytes rest = BYTES("a=x=y\nb=\n"), value;
    struct label label;

    (void)state;
    assert_true(labels_find(rest, BYTES("a"), &value) && bytes_is(value, "x=y"));
    assert_true(labels_find(rest, BYTES("b"), &value) && value.len == 0);
    assert_false(labels_find(rest, BYTES("c"), &value));
    assert_true(labels_next(&rest, &label) && bytes_is(label.name, "a"));
    assert_true(labels_next(&rest, &label) && bytes_is(label.name, "b"));
    assert_false(labels_next(&rest, &label));
}

static void each_demand_must_be_there_with_its_value(void **state)
{
    static const struct meeting {
        const char *labels, *demands;
        bool is_met;
    } MEETINGS[] = {
        {"", "", true},
        {"a=1\n", "", true},
        {"a=1\nb=2\nc=3\n", "a=1\nc=3\n", true},
        {"a=1\nb=2\n", "b=2\n", true},
        {"", "a=1\n", false},
        {"a=1\n", "a=2\n", false},
        {"a=12\n", "a=1\n", false},
        {"a=1\n", "a=1\nb=2\n", false},
        {"b=2\n", "a=1\nb=2\n", false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(MEETINGS); i++)
        assert_int_equal(labels_meet(bytes_of(MEETINGS[i].labels), bytes_of(MEETINGS[i].demands)),
                         MEETINGS[i].is_met);
}

static void a_pin_stands_before_the_labels(void **state)
{
    struct bytes pin;

    (void)state;
    assert_true(bytes_is(labels_of_class(BYTES("@id\na=1\n"), &pin), "a=1\n"));
    assert_true(bytes_is(pin, "id"));
    assert_true(bytes_is(labels_of_class(BYTES("a=1\n"), &pin), "a=1\n"));
    assert_int_equal(pin.len, 0);
    assert_int_equal(labels_of_class(BYTES("@id\n"), &pin).len, 0);
    assert_true(bytes_is(pin, "id"));
}

static void a_value_is_short_text_without_control_characters(void **state)
{
    char long_value[LABEL_VALUE_MAX + 1];

    (void)state;
    for (size_t i = 0; i < sizeof(long_value); i++)
        long_value[i] = 'x';
    assert_true(label_value_is_valid(BYTES("")));
    assert_true(label_value_is_valid((struct bytes){long_value, LABEL_VALUE_MAX}));
    assert_false(label_value_is_valid((struct bytes){long_value, LABEL_VALUE_MAX + 1}));
    assert_false(label_value_is_valid(BYTES("a\nb")));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_sets_are_equal_texts),
        cmocka_unit_test(labels_are_read_one_by_one),
        cmocka_unit_test(each_demand_must_be_there_with_its_value),
        cmocka_unit_test(a_pin_stands_before_the_labels),
        cmocka_unit_test(a_value_is_short_text_without_control_characters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
