/* Dead letter repo: by copy, and by original. */
#include "store/repo_dead_letter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store_fixture.h"

static void put(struct store_fixture *fixture, int64_t copy, struct bytes error)
{
    struct dead_letter letter = {
        .task = id_from(7),
        .queue = BYTES("mail"),
        .attempts = 3,
        .failed_at_ms = 1234,
        .error = error,
    };

    dead_letter_insert(fixture->db, copy, 5, &letter);
}

static void a_copy_knows_where_it_comes_from(void **state)
{
    struct store_fixture *fixture = *state;
    struct task copy = {.number = 9, .is_dead_letter = true};
    struct task plain = {.number = 9};
    struct id seven = id_from(7);

    put(fixture, 9, BYTES("{\"type\":\"x\"}"));
    dead_letter_load(fixture->db, &copy, fixture->arena);
    assert_memory_equal(&copy.dead_letter.task, &seven, sizeof(seven));
    assert_true(bytes_is(copy.dead_letter.queue, "mail"));
    assert_int_equal(copy.dead_letter.attempts, 3);
    assert_int_equal(copy.dead_letter.failed_at_ms, 1234);
    assert_true(bytes_is(copy.dead_letter.error, "{\"type\":\"x\"}"));
    dead_letter_load(fixture->db, &plain, fixture->arena);
    assert_null(plain.dead_letter.queue.at);
}

static void copies_of_a_task_are_found_newest_first(void **state)
{
    struct store_fixture *fixture = *state;

    put(fixture, 8, BYTES_NONE);
    put(fixture, 9, BYTES_NONE);
    assert_int_equal(dead_letter_copy(fixture->db, 5, INT64_MAX), 9);
    assert_int_equal(dead_letter_copy(fixture->db, 5, 9), 8);
    assert_int_equal(dead_letter_copy(fixture->db, 5, 8), -1);
    dead_letter_delete(fixture->db, 9);
    assert_int_equal(dead_letter_copy(fixture->db, 5, INT64_MAX), 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_copy_knows_where_it_comes_from, store_fixture_setup,
                                        store_fixture_teardown),
        cmocka_unit_test_setup_teardown(copies_of_a_task_are_found_newest_first,
                                        store_fixture_setup, store_fixture_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
