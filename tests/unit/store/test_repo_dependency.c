/* Dependency repo: who waits for whom. */
#include "store/repo_dependency.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/repo_task.h"
#include "store_fixture.h"

static void both_sides_are_found(void **state)
{
    struct store_fixture *fixture = *state;
    int64_t numbers[4];
    struct id ids[4];
    struct id second = id_from(2);

    for (int64_t number = 1; number <= 4; number++)
        (void)task_put(fixture, number);
    dependency_insert(fixture->db, 3, 2);
    dependency_insert(fixture->db, 3, 1);
    dependency_insert(fixture->db, 3, 1);
    dependency_insert(fixture->db, 4, 1);
    assert_int_equal(dependency_count(fixture->db, 3), 2);
    assert_int_equal(dependency_page(fixture->db, 3, 4, ids), 2);
    assert_memory_equal(&ids[1], &second, sizeof(second));
    assert_int_equal(dependency_page(fixture->db, 3, 1, ids), 1);
    assert_int_equal(dependents(fixture->db, 1, 4, numbers), 2);
    assert_int_equal(numbers[0], 3);
    assert_int_equal(numbers[1], 4);
    dependency_delete(fixture->db, 3, 1);
    assert_true(dependency_is_any(fixture->db, 3));
    dependencies_delete(fixture->db, 3);
    assert_false(dependency_is_any(fixture->db, 3));
    assert_int_equal(dependents(fixture->db, 1, 4, numbers), 1);
}

static void the_awaited_one_keeps_its_version(void **state)
{
    struct store_fixture *fixture = *state;
    struct task after;

    (void)task_put(fixture, 1);

    task_save_awaited(fixture->db, 1);
    after = task_get(fixture, 1);
    assert_true(after.is_awaited);
    assert_int_equal(after.version, 1);
}

#define STORED(test)                                                                               \
    cmocka_unit_test_setup_teardown(test, store_fixture_setup, store_fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORED(both_sides_are_found),
        STORED(the_awaited_one_keeps_its_version),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
