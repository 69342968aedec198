/* Target: the words of its states. */
#include "domain/target.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void states_have_names(void **state)
{
    (void)state;
    assert_string_equal(target_state_name(TARGET_OPEN), "open");
    assert_string_equal(target_state_name(TARGET_RESTING), "resting");
    assert_string_equal(target_state_name(TARGET_PROBING), "probing");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {cmocka_unit_test(states_have_names)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
