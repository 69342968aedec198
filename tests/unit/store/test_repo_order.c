/* Order repo: places in lines. */
#include "store/repo_order.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/repo_task.h"
#include "store_fixture.h"

static struct order_row put(struct store_fixture *fixture, int64_t task, int64_t place)
{
    struct order_row row = {.task = task, .queue = 2, .key = BYTES("k"), .place = place};

    order_insert(fixture->db, &row);
    return row;
}

static void the_lowest_place_is_first(void **state)
{
    struct store_fixture *fixture = *state;
    struct order_row first = put(fixture, 3, 3), moved = put(fixture, 1, 9), row;

    assert_int_equal(order_first(fixture->db, &moved), 3);
    assert_int_equal(order_ahead(fixture->db, &moved, 10), 1);
    assert_int_equal(order_ahead(fixture->db, &first, 10), 0);
    assert_true(order_load(fixture->db, 1, fixture->arena, &row));
    assert_int_equal(row.place, 9);
    assert_int_equal(row.queue, 2);
    assert_true(bytes_is(row.key, "k"));
    order_delete(fixture->db, 3);
    assert_false(order_load(fixture->db, 3, fixture->arena, &row));
    assert_int_equal(order_first(fixture->db, &moved), 1);
    order_delete(fixture->db, 1);
    assert_int_equal(order_first(fixture->db, &moved), -1);
}

static void a_place_counts_as_a_number_that_was_used(void **state)
{
    struct store_fixture *fixture = *state;

    (void)task_put(fixture, 5);
    (void)put(fixture, 5, 5);
    assert_int_equal(task_last_number(fixture->db), 5);
    (void)put(fixture, 4, 8);
    store_fixture_reopen(fixture);
    assert_int_equal(task_last_number(fixture->db), 8);
}

#define STORED(test)                                                                               \
    cmocka_unit_test_setup_teardown(test, store_fixture_setup, store_fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORED(the_lowest_place_is_first),
        STORED(a_place_counts_as_a_number_that_was_used),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
