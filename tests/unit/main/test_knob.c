/* Knob: names in three forms, ranges, and the nearest one to a slip of the finger. */
#include "knob.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void a_knob_is_found_by_each_of_its_names(void **state)
{
    (void)state;
    for (enum knob knob = 0; knob < KNOB_MAX; knob++) {
        char flag[KNOB_NAME_MAX];
        char env[KNOB_NAME_MAX];

        knob_flag(knob, flag);
        knob_env(knob, env);

        assert_int_equal(knob_by_flag(bytes_of(flag + 2)), knob);
        assert_int_equal(knob_by_env(bytes_of(env)), knob);
        assert_int_equal(knob_by_key(bytes_of(knob_facts(knob)->key)), knob);
    }
    assert_int_equal(knob_by_flag(BYTES("idle_timeout")), KNOB_MAX);
    assert_int_equal(knob_by_key(BYTES("idle_timeout")), KNOB_MAX);
}

static void every_default_is_in_its_range_and_every_knob_explained(void **state)
{
    (void)state;
    for (enum knob knob = 0; knob < KNOB_MAX; knob++) {
        const struct knob_facts *facts = knob_facts(knob);
        struct error error;
        int64_t number;

        if (facts->kind != KNOB_KIND_LATER)
            assert_int_equal(knob_parse(knob, bytes_of(facts->fallback), &number, &error), OK);
        assert_true(strlen(facts->what) > 10);
        assert_true(strlen(facts->when) > 5);
    }
}

static void values_out_of_range_are_refused(void **state)
{
    static const struct wrong {
        enum knob knob;
        const char *text;
    } wrong[] = {
        {KNOB_PARKED_MAX, "0"},   {KNOB_PARKED_MAX, "1.5"}, {KNOB_DRAIN_TIMEOUT, "2h"},
        {KNOB_HEAD_MAX, "1"},     {KNOB_HEAD_MAX, "1GiB"},  {KNOB_CLOCK, "sundial"},
        {KNOB_STORE, "postgres"}, {KNOB_DATA, ""},          {KNOB_PUSH_MAX, "0"},
        {KNOB_ALLOW_ROOT, "yes"}, {KNOB_ALLOW_ROOT, ""},
    };
    struct error error;
    int64_t number;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        assert_int_not_equal(knob_parse(wrong[i].knob, bytes_of(wrong[i].text), &number, &error),
                             OK);
}

static void slips_are_understood_and_nonsense_is_not(void **state)
{
    (void)state;
    assert_int_equal(knob_nearest(BYTES("listne")), KNOB_LISTEN);
    assert_int_equal(knob_nearest(BYTES("SLUICE_LOG_LEVL")), KNOB_LOG_LEVEL);
    assert_int_equal(knob_nearest(BYTES("http.idletimeout")), KNOB_IDLE_TIMEOUT);
    assert_int_equal(knob_nearest(BYTES("banana")), KNOB_MAX);
    assert_int_equal(knob_nearest(BYTES("")), KNOB_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_knob_is_found_by_each_of_its_names),
        cmocka_unit_test(every_default_is_in_its_range_and_every_knob_explained),
        cmocka_unit_test(values_out_of_range_are_refused),
        cmocka_unit_test(slips_are_understood_and_nonsense_is_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
