/* Tests of limits: names of policies, rules, and caps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "domain/limit.h"

static void policies_have_names(void **state)
{
    enum limit_over back = LIMIT_QUEUES;

    (void)state;
    for (int over = 0; over < LIMIT_OVERS; over++) {
        assert_true(limit_over_parse(bytes_of(limit_over_name((enum limit_over)over)), &back));
        assert_int_equal(back, over);
    }
    assert_string_equal(limit_over_name(LIMIT_CANCELS_OLDEST), "cancel_oldest");
    assert_false(limit_over_parse(BYTES("Queue"), &back));
    assert_false(limit_over_parse(BYTES(""), &back));
}

static void a_rule_holds_for_names_that_begin_alike(void **state)
{
    (void)state;
    assert_true(limit_rule_matches(BYTES("customer:*"), BYTES("customer:7")));
    assert_true(limit_rule_matches(BYTES("customer:*"), BYTES("customer:")));
    assert_true(limit_rule_matches(BYTES("*"), BYTES("anything")));
    assert_false(limit_rule_matches(BYTES("customer:*"), BYTES("customer")));
    assert_false(limit_rule_matches(BYTES("customer:*"), BYTES("other:7")));
    assert_false(limit_rule_matches(BYTES("customer:7"), BYTES("customer:7")));
    assert_false(limit_name_is_rule(BYTES("")));
    assert_true(bytes_is(limit_rule_prefix(BYTES("a*")), "a"));
}

static void a_cap_counts_units(void **state)
{
    struct limit_settings five = {.max_running = 5}, none = limit_none(), all = {.max_running = 0};

    (void)state;
    assert_true(limit_fits(&five, 3, 2));
    assert_false(limit_fits(&five, 4, 2));
    assert_false(limit_fits(&five, 0, 6));
    assert_false(limit_fits(&five, 9, 1)); /* it was lowered */
    assert_true(limit_fits(&none, INT64_MAX, 1));
    assert_false(limit_fits(&all, 0, 1));
}

static void policies_differ_in_when_they_count(void **state)
{
    struct limit_settings settings = limit_none();

    (void)state;
    assert_false(limit_holds_from_submit(&settings));
    settings.over = LIMIT_CANCELS_OLDEST;
    assert_true(limit_holds_from_submit(&settings));
    assert_false(limit_charges_at_submit(&settings));
    settings.over = LIMIT_CANCELS_NEWEST;
    assert_true(limit_charges_at_submit(&settings));
    settings.over = LIMIT_REJECTS;
    assert_true(limit_holds_from_submit(&settings) && limit_charges_at_submit(&settings));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(policies_have_names),
        cmocka_unit_test(a_rule_holds_for_names_that_begin_alike),
        cmocka_unit_test(a_cap_counts_units),
        cmocka_unit_test(policies_differ_in_when_they_count),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
