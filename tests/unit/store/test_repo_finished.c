/* Finished repo: lines of pages, each by queue and kind. */
#include "store/repo_finished.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store_fixture.h"

static void put(struct store_fixture *fixture, enum retention_kind kind, int64_t place_ms,
                int64_t number)
{
    struct finished_page page = {
        .queue = 1, .kind = kind, .place_ms = place_ms, .number = number, .len = 3};

    for (unsigned i = 0; i < page.len; i++)
        page.tasks[i] = INT64_MAX - 10 * number - i;
    finished_insert(fixture->db, &page);
}

static void the_line_begins_with_the_earliest(void **state)
{
    struct store_fixture *fixture = *state;
    struct finished_page page;

    put(fixture, RETENTION_SUCCEEDED, 200, 1);
    put(fixture, RETENTION_SUCCEEDED, 100, 9);
    put(fixture, RETENTION_SUCCEEDED, 100, 8);
    put(fixture, RETENTION_ENDED_BADLY, 50, 3);
    assert_true(finished_first(fixture->db, 1, RETENTION_SUCCEEDED, &page));
    assert_int_equal(page.place_ms, 100);
    assert_int_equal(page.number, 8);
    assert_int_equal(page.len, 3);
    assert_int_equal(page.tasks[2], INT64_MAX - 82);
    assert_false(finished_first(fixture->db, 1, RETENTION_OWN, &page));
    assert_false(finished_first(fixture->db, 2, RETENTION_SUCCEEDED, &page));
}

static void a_page_goes_task_by_task_or_whole(void **state)
{
    struct store_fixture *fixture = *state;
    struct finished_page page;

    put(fixture, RETENTION_OWN, 100, 8);
    put(fixture, RETENTION_OWN, 100, 9);
    assert_true(finished_first(fixture->db, 1, RETENTION_OWN, &page));
    finished_drop(fixture->db, &page, 2);
    assert_true(finished_first(fixture->db, 1, RETENTION_OWN, &page));
    assert_int_equal(page.number, 8);
    assert_int_equal(page.len, 1);
    assert_int_equal(page.tasks[0], INT64_MAX - 82);
    finished_drop(fixture->db, &page, 1);
    assert_true(finished_first(fixture->db, 1, RETENTION_OWN, &page));
    assert_int_equal(page.number, 9);
    finished_drop(fixture->db, &page, page.len);
    assert_false(finished_first(fixture->db, 1, RETENTION_OWN, &page));
}

#define WITH_STORE(test)                                                                           \
    cmocka_unit_test_setup_teardown(test, store_fixture_setup, store_fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_STORE(the_line_begins_with_the_earliest),
        WITH_STORE(a_page_goes_task_by_task_or_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
