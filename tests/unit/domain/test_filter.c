/* Filter: rules beside each other, and what refuses for all. */
#include "filter_stage.h"

static void any_rule_is_enough_and_all_its_keys_must_hold(void **state)
{
    (void)state;
    assert_no_match("[{\"foo\":\"bar\",\"bar\":\"baz\"}]", "{\"foo\":\"bar\",\"bar\":\"qux\"}");
    assert_match("[{\"foo\":\"x\"},{\"foo\":\"bar\"}]", "{\"foo\":\"bar\"}");
    assert_no_match("[]", "{}");
    assert_match("[{}]", "{}");
}

static void a_negated_key_refuses_for_the_whole_list(void **state)
{
    (void)state;
    assert_no_match("[{\"p\":\"!win32\"},{\"p\":\"!linux\"}]", "{\"p\":\"linux\"}");
    assert_match("[{\"p\":\"!win32\"},{\"p\":\"!linux\"}]", "{\"p\":\"macos\"}");
    assert_no_match("[{\"p\":\"!macos\"},{\"p\":\"!win*\"}]", "{\"p\":\"win32\"}");
    assert_no_match("[{\"t\":\"s\",\"p\":\"!win*\"},{\"t\":\"s\",\"p\":\"win10\"}]",
                    "{\"t\":\"s\",\"p\":\"win10\"}");
    assert_match("[{\"t\":\"s\",\"p\":\"!win*\"},{}]", "{\"t\":\"d\",\"p\":\"win10\"}");
}

static void what_is_absent_passes_a_negation(void **state)
{
    (void)state;
    assert_match("[{\"p\":\"!x\"}]", "{}");
    assert_match("[{\"p\":\"!*\"}]", "{}");
    assert_no_match("[{\"p\":\"!*\"}]", "{\"p\":\"\"}");
    assert_no_match("[{\"p\":\"!\"}]", "{\"p\":\"\"}");
    assert_match("[{\"p\":\"!\"}]", "{\"p\":\"x\"}");
}

static void trouble_anywhere_is_no_match(void **state)
{
    (void)state;
    assert_trouble("[{\"v\":{\"$mod\":[2,1]}}]", "{\"v\":\"str\"}");
    assert_trouble("[{\"v\":{\"$not\":{\"$mod\":[2,1]}}}]", "{\"v\":\"str\"}");
    assert_trouble("[{},{\"v\":{\"$mod\":[2,1]}}]", "{\"v\":\"str\"}");
    assert_no_match("[{\"a\":1,\"v\":{\"$mod\":[2,1]}}]", "{\"v\":\"str\"}");
}

static void work_is_bounded_and_told(void **state)
{
    (void)state;
    char text[2 * 1024 + 16] = "{\"v\":\"";

    memset(text + 6, 'a', 2 * 1024);
    memcpy(text + 6 + 2 * 1024, "\"}", 3);

    struct filter_verdict dear = verdict_of("[{\"v\":{\"$regex\":\"(a+)+[bc]\"}}]", text);
    struct filter_verdict cheap = verdict_of("[{\"v\":\"a*a*a*b\"}]", text);

    assert_true(dear.trouble);
    assert_int_equal(dear.steps, FILTER_STEPS_MAX);
    assert_false(cheap.trouble);
    assert_in_range(cheap.steps, 1, 5000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_rule_is_enough_and_all_its_keys_must_hold),
        cmocka_unit_test(a_negated_key_refuses_for_the_whole_list),
        cmocka_unit_test(what_is_absent_passes_a_negation),
        cmocka_unit_test(trouble_anywhere_is_no_match),
        cmocka_unit_test(work_is_bounded_and_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
