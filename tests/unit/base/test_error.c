/* Error: filled in one line, cut where it must be, and every entry of the table is complete. */
#include "base/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void one_line_fills_an_error(void **state)
{
    struct error error;

    (void)state;
    assert_int_equal(error_set(&error, ERR_NOT_FOUND, "/queue", "no queue %s", "q"), ERR_NOT_FOUND);
    assert_int_equal(error.code, ERR_NOT_FOUND);
    assert_string_equal(error.where, "/queue");
    assert_string_equal(error.detail, "no queue q");
}

static void nobody_needs_to_listen(void **state)
{
    (void)state;
    assert_int_equal(error_set(NULL, ERR_INTERNAL, "", "%d", 1), ERR_INTERNAL);
}

static void long_texts_are_cut(void **state)
{
    struct error error;
    char longer[1000];

    (void)state;
    memset(longer, 'x', sizeof(longer));
    longer[sizeof(longer) - 1] = '\0';
    (void)error_set(&error, ERR_MALFORMED, longer, "%s", longer);

    assert_int_equal(strlen(error.where), sizeof(error.where) - 1);
    assert_int_equal(strlen(error.detail), sizeof(error.detail) - 1);
    (void)error_set(&error, ERR_MALFORMED, NULL, "x");
    assert_string_equal(error.where, "");
}

static void every_error_has_a_status_a_code_and_a_title(void **state)
{
    (void)state;
    for (int code = OK + 1; code < ERR_MAX; code++) {
        assert_in_range(err_status((enum err)code), 400, 599);
        assert_true(strlen(err_code((enum err)code)) > 0);
        assert_true(strlen(err_title((enum err)code)) > 0);
        for (int other = OK + 1; other < code; other++)
            assert_string_not_equal(err_code((enum err)code), err_code((enum err)other));
    }
    assert_int_equal(err_status(ERR_NOT_FOUND), 404);
    assert_string_equal(err_code(ERR_NOT_FOUND), "not_found");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_line_fills_an_error),
        cmocka_unit_test(nobody_needs_to_listen),
        cmocka_unit_test(long_texts_are_cut),
        cmocka_unit_test(every_error_has_a_status_a_code_and_a_title),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
