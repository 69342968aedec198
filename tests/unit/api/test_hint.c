/* Tests of hints for misspelt names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "codec.h"

static const char *const NAMES[] = {"priority", "payload", "queue", "name", NULL};

static void a_name_with_a_letter_missing_is_recognized(void **state)
{
    (void)state;

    assert_string_equal(hint_near(BYTES("priorty"), NAMES), "priority");
    assert_string_equal(hint_near(BYTES("quueue"), NAMES), "queue");
}

static void a_name_like_none_has_no_hint(void **state)
{
    (void)state;

    assert_null(hint_near(BYTES("zzz"), NAMES));
    assert_null(hint_near(BYTES(""), NAMES));
    assert_null(hint_near(BYTES("a_name_that_is_longer_than_every_known_one"), NAMES));
}

static void of_two_near_ones_the_nearer_is_told(void **state)
{
    static const char *const near[] = {"bird", "word", NULL};

    (void)state;

    assert_string_equal(hint_near(BYTES("wordy"), near), "word");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_with_a_letter_missing_is_recognized),
        cmocka_unit_test(a_name_like_none_has_no_hint),
        cmocka_unit_test(of_two_near_ones_the_nearer_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
