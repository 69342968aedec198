/* Filter regex: flags, what is refused, what is ended. */
#include "filter_regex.h"

#include "filter_stage.h"

static bool is_found(const char *pattern, const char *text)
{
    struct arena *arena = arena_new();
    struct filter_work work = {.scratch = arena};
    const struct filter_regex *regex = NULL;
    const char *problem = filter_regex_read(bytes_of(pattern), arena, &regex);

    if (problem != NULL)
        fail_msg("%s: %s", pattern, problem);

    bool found = filter_regex_found(regex, bytes_of(text), &work);

    assert_false(work.trouble);
    arena_free(arena);
    return found;
}

static void patterns_are_searched_for(void **state)
{
    (void)state;
    assert_true(is_found("win.*", "karton keeps on winning"));
    assert_true(is_found("(a+?)b\\1", "aabaa"));
    assert_true(is_found("^.$", "\u00e9"));
    assert_true(is_found("", ""));
    assert_false(is_found("a.b", "a\nb"));
}

static void flags_stand_behind_the_last_slash(void **state)
{
    (void)state;
    assert_true(is_found("/A.b/is", "a\nB"));
    assert_true(is_found("/^b $/mx", "a\nb"));
    assert_true(is_found("/a/q", "/a/q"));
    assert_true(is_found("/a/iiiii", "/a/iiiii"));
    assert_false(is_found("/a/", "b"));
    assert_true(is_found("//", "//"));
}

static void bytes_have_no_pattern(void **state)
{
    struct arena *arena = arena_new();
    const struct filter_regex *regex = NULL;

    (void)state;
    assert_non_null(filter_regex_read(BYTES("\\C"), arena, &regex));
    assert_non_null(filter_regex_read(BYTES("a{2,1}"), arena, &regex));
    arena_free(arena);
}

static void a_search_ends_with_the_steps(void **state)
{
    struct arena *arena = arena_new();
    struct filter_work work = {.scratch = arena};
    const struct filter_regex *regex = NULL;

    (void)state;
    assert_null(filter_regex_read(BYTES("(a|aa)*[cd]"), arena, &regex));
    assert_false(filter_regex_found(regex, BYTES("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), &work));
    assert_true(work.trouble);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns_are_searched_for),
        cmocka_unit_test(flags_stand_behind_the_last_slash),
        cmocka_unit_test(bytes_have_no_pattern),
        cmocka_unit_test(a_search_ends_with_the_steps),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
