/* Tests of pages: their order, where one begins, and how one more tells of more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "paging.h"

static const struct paged things[] = {
    {20, BYTES("b"), NULL}, {10, BYTES("z"), NULL}, {20, BYTES("a"), NULL}, {30, BYTES("c"), NULL}};

enum { THINGS = sizeof(things) / sizeof(things[0]) };

static struct paging page_of(const struct page_ask *ask, struct arena *arena)
{
    struct paging paging = paging_begin(ask, THINGS, arena);

    for (unsigned i = 0; i < THINGS; i++)
        paging_add(&paging, things[i].made_at_ms, things[i].tie, NULL);
    paging_end(&paging);
    return paging;
}

static void assert_names(const struct paging *paging, const char *names)
{
    assert_int_equal(paging->len, bytes_of(names).len);
    for (unsigned i = 0; i < paging->len; i++)
        assert_int_equal(paging->at[i].tie.at[0], names[i]);
}

static void things_come_by_age_then_by_name(void **state)
{
    const struct page_ask all = {.limit = 0};
    struct paging paging = page_of(&all, *state);

    assert_names(&paging, "zabc");
}

static void a_page_begins_behind_the_last_one(void **state)
{
    const struct page_ask behind_a = {.after_ms = 20, .after = BYTES("a")},
                          behind_all = {.after_ms = 30, .after = BYTES("c")};
    struct paging paging = page_of(&behind_a, *state);

    assert_names(&paging, "bc");
    paging = page_of(&behind_all, *state);
    assert_names(&paging, "");
}

static void one_more_than_asked_for_says_that_there_is_more(void **state)
{
    const struct page_ask two = {.limit = 2}, four = {.limit = 4};
    struct paging paging = page_of(&two, *state);

    assert_names(&paging, "zab");
    paging = page_of(&four, *state);
    assert_names(&paging, "zabc");
}

static int setup(void **state)
{
    *state = arena_new();
    return 0;
}

static int teardown(void **state)
{
    arena_free(*state);
    return 0;
}

#define WITH_ARENA(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ARENA(things_come_by_age_then_by_name),
        WITH_ARENA(a_page_begins_behind_the_last_one),
        WITH_ARENA(one_more_than_asked_for_says_that_there_is_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
