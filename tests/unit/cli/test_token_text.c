/* Token text: which word of a file is taken, and what is said about the others. */
#include "token_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void assert_word(const char *file, const char *word)
{
    struct bytes found = token_text_of(bytes_of(file));

    if (word == NULL)
        assert_null(found.at);
    else
        assert_true(bytes_is(found, word));
}

static void the_first_word_of_the_first_real_line_is_it(void **state)
{
    (void)state;
    assert_word("slc_x", "slc_x");
    assert_word("slc_x\n", "slc_x");
    assert_word("slc_x\r\nother\r\n", "slc_x");
    assert_word("# mine\n\n  \t\n  slc_x admin ns=* # boss\n", "slc_x");
    assert_word("slc_x\tadmin", "slc_x");
    assert_word("", NULL);
    assert_word("\n# only words\n\n", NULL);
}

static void a_hash_and_a_non_token_are_told_apart(void **state)
{
    (void)state;
    assert_null(token_text_complaint(BYTES("slc_x123")));
    assert_non_null(strstr(token_text_complaint(BYTES_NONE), "no token"));
    assert_non_null(strstr(token_text_complaint(BYTES("sha256:00")), "only the hash"));
    assert_non_null(strstr(token_text_complaint(BYTES("short")), "8 to 512"));
    assert_non_null(strstr(token_text_complaint(BYTES("caf\xc3\xa9-token")), "visible"));
}

static void a_role_is_one_of_five(void **state)
{
    (void)state;
    assert_true(role_is_ok("ROLE", "viewer"));
    assert_true(role_is_ok("ROLE", "admin"));
    assert_false(role_is_ok("ROLE", "boss"));
    assert_false(role_is_ok("ROLE", ""));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_word_of_the_first_real_line_is_it),
        cmocka_unit_test(a_hash_and_a_non_token_are_told_apart),
        cmocka_unit_test(a_role_is_one_of_five),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
