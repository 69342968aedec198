/* Dedup repo: keys by queue and stage. */
#include "store/repo_dedup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store_fixture.h"

enum { ALL = (1U << DEDUP_STAGES) - 1 };

static const struct dedup_row OF = {.queue = 1, .key = {"k", 1}};

static void put(struct store_fixture *fixture, int64_t task, enum dedup_stage stage)
{
    struct dedup_row row = OF;

    row.task = task;
    row.stage = stage;
    dedup_insert(fixture->db, &row);
}

static void the_newest_at_a_stage_is_found(void **state)
{
    struct store_fixture *fixture = *state;
    struct dedup_row other_key = {.queue = 1, .key = BYTES("other")};
    struct dedup_row other_queue = {.queue = 2, .key = BYTES("k")};

    put(fixture, 1, DEDUP_LEASED);
    put(fixture, 2, DEDUP_OVER);
    put(fixture, 3, DEDUP_NEVER_CLAIMED);
    put(fixture, 4, DEDUP_NEVER_CLAIMED);

    assert_int_equal(dedup_newest(fixture->db, &OF, ALL, INT64_MAX), 4);
    assert_int_equal(dedup_newest(fixture->db, &OF, ALL, 4), 3);
    assert_int_equal(dedup_newest(fixture->db, &OF, 1U << DEDUP_LEASED, INT64_MAX), 1);
    put(fixture, 5, DEDUP_LEASED);
    assert_int_equal(dedup_newest(fixture->db, &OF, ALL, INT64_MAX), 5);
    assert_int_equal(dedup_newest(fixture->db, &OF, 1U << DEDUP_BETWEEN, INT64_MAX), -1);
    assert_int_equal(dedup_newest(fixture->db, &OF, ALL, 1), -1);
    assert_int_equal(dedup_newest(fixture->db, &other_key, ALL, INT64_MAX), -1);
    assert_int_equal(dedup_newest(fixture->db, &other_queue, ALL, INT64_MAX), -1);
}

static void a_row_moves_along_and_goes(void **state)
{
    struct store_fixture *fixture = *state;
    struct dedup_row other = {.queue = 2, .key = BYTES("k")};

    put(fixture, 1, DEDUP_NEVER_CLAIMED);
    dedup_save_stage(fixture->db, 1, DEDUP_OVER);
    assert_int_equal(dedup_newest(fixture->db, &OF, 1U << DEDUP_OVER, INT64_MAX), 1);
    dedup_save_queue(fixture->db, 1, 2);
    assert_int_equal(dedup_newest(fixture->db, &OF, ALL, INT64_MAX), -1);
    assert_int_equal(dedup_newest(fixture->db, &other, ALL, INT64_MAX), 1);
    dedup_delete(fixture->db, 1);
    assert_int_equal(dedup_newest(fixture->db, &other, ALL, INT64_MAX), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_newest_at_a_stage_is_found, store_fixture_setup,
                                        store_fixture_teardown),
        cmocka_unit_test_setup_teardown(a_row_moves_along_and_goes, store_fixture_setup,
                                        store_fixture_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
