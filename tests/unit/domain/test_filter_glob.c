/* Filter glob: as Python's fnmatch has it. */
#include "filter_glob.h"

#include "filter_stage.h"

static bool matches(const char *pattern, const char *text)
{
    struct filter_work work = {.steps = 0};

    return filter_glob(bytes_of(pattern), bytes_of(text), &work);
}

static void patterns_match_all_of_a_text(void **state)
{
    (void)state;
    assert_true(matches("win*", "win32"));
    assert_false(matches("win*", "darwin"));
    assert_true(matches("*win*", "darwin7"));
    assert_true(matches("", ""));
    assert_true(matches("**", ""));
    assert_false(matches("?", ""));
    assert_true(matches("a*b*c", "a-b-b-c"));
    assert_false(matches("a*b*c", "a-b-b-cd"));
    assert_false(matches("Win*", "win32"));
}

static void characters_are_code_points(void **state)
{
    (void)state;
    assert_true(matches("?", "\u00e9"));
    assert_true(matches("[\u00e0-\u00ff]x", "\u00e9x"));
    assert_false(matches("??", "\u65e5"));
    assert_true(matches("*\n*", "a\nb"));
    assert_false(matches("*\u00a9", "\u00e9")); /* the last byte of one is no character */
}

static void sets_are_those_of_python(void **state)
{
    (void)state;
    assert_true(matches("[]a]", "]"));
    assert_true(matches("[!]a]", "b"));
    assert_false(matches("[!]a]", "]"));
    assert_true(matches("[a-]", "-"));
    assert_true(matches("[^a]", "^"));
    assert_false(matches("[^r]", "x"));
    assert_true(matches("[\\]x", "\\x"));
    assert_true(matches("[[:alpha:]]", "a]"));
    assert_true(matches("[a", "[a"));
    assert_false(matches("[z-a]", "b"));
    assert_true(matches("[!z-a]", "b"));
    assert_true(matches("[z-a!b]", "c"));
    assert_false(matches("[z-a!b]", "b"));
    assert_true(matches("[z-a!--b]", "5"));
    assert_false(matches("[z-a!--b]", "-"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns_match_all_of_a_text),
        cmocka_unit_test(characters_are_code_points),
        cmocka_unit_test(sets_are_those_of_python),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
