/* Suggest: near words are offered, far ones are not. */
#include "suggest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const char *best_of(const char *typed, const char *const *words)
{
    struct suggestion suggestion = suggestion_for(typed);

    for (; *words != NULL; words++)
        suggestion_offer(&suggestion, *words);
    return suggestion.best;
}

static const char *const words[] = {"submit", "serve", "work", "wait", "queue list", NULL};

static void a_slip_is_understood(void **state)
{
    (void)state;
    assert_string_equal(best_of("sumbit", words), "submit");
    assert_string_equal(best_of("submitt", words), "submit");
    assert_string_equal(best_of("sreve", words), "serve");
    assert_string_equal(best_of("wrok", words), "work");
    assert_string_equal(best_of("queue lst", words), "queue list");
}

static void another_word_is_not(void **state)
{
    (void)state;
    assert_null(best_of("kubernetes", words));
    assert_null(best_of("x", words));
    assert_null(best_of("", words));
    assert_null(best_of("a-word-that-is-much-longer-than-any-command-could-ever-be", words));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_slip_is_understood),
        cmocka_unit_test(another_word_is_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
