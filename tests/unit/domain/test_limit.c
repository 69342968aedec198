/* Tests of limits: names of policies, rules, and caps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "domain/limit.h"

static void policies_have_names(void **state)
{
    (void)state;
    for (int over = 0; over < LIMIT_OVERS; over++)
        assert_string_equal(limit_over_name((enum limit_over)over), limit_over_words[over]);
    assert_string_equal(limit_over_name(LIMIT_CANCELS_OLDEST), "cancel_oldest");
    assert_null(limit_over_words[LIMIT_OVERS]);
}

static void a_rule_is_what_ends_in_an_asterisk(void **state)
{
    (void)state;
    assert_true(limit_name_is_rule(BYTES("customer:*")));
    assert_true(limit_name_is_rule(BYTES("*")));
    assert_false(limit_name_is_rule(BYTES("customer:7")));
    assert_false(limit_name_is_rule(BYTES("")));
    assert_true(bytes_is(limit_rule_prefix(BYTES("a*")), "a"));
    assert_true(bytes_is(limit_rule_prefix(BYTES("*")), ""));
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

static void some_policies_charge_at_submit(void **state)
{
    struct limit_settings settings = limit_none();

    (void)state;
    assert_false(limit_charges_at_submit(&settings));
    settings.over = LIMIT_CANCELS_OLDEST;
    assert_false(limit_charges_at_submit(&settings));
    settings.over = LIMIT_CANCELS_NEWEST;
    assert_true(limit_charges_at_submit(&settings));
    settings.over = LIMIT_REJECTS;
    assert_true(limit_charges_at_submit(&settings));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(policies_have_names),
        cmocka_unit_test(a_rule_is_what_ends_in_an_asterisk),
        cmocka_unit_test(a_cap_counts_units),
        cmocka_unit_test(some_policies_charge_at_submit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
