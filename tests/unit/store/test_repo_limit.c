/* Limit repo: rows come back as they were, and holders oldest first. */
#include "store/repo_limit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "store_fixture.h"

struct seen {
    unsigned len;
    struct limit_row row;
    char name[32];
};

static void see(void *ctx, const struct limit_row *row)
{
    struct seen *seen = ctx;

    seen->len++;
    seen->row = *row;
    memcpy(seen->name, row->name.at, row->name.len);
    seen->name[row->name.len] = '\0';
}

static struct seen look(struct store_fixture *fixture)
{
    struct seen seen = {.len = 0};

    limit_each(fixture->db, see, &seen);
    return seen;
}

static void a_limit_reads_back_as_it_was_saved(void **state)
{
    struct store_fixture *fixture = *state;
    struct limit_row row = {
        .ns = 1,
        .version = 3,
        .created_at_ms = 77,
        .name = BYTES("customer:*"),
        .settings = {.max_running = 0,
                     .rate = {.units = 2, .period_s = 60, .burst = 5},
                     .over = LIMIT_CANCELS_OLDEST},
    };

    limit_save(fixture->db, &row, fixture->arena);

    struct seen seen = look(fixture);

    assert_int_equal(seen.len, 1);
    assert_string_equal(seen.name, "customer:*");
    assert_int_equal(seen.row.version, 3);
    assert_int_equal(seen.row.created_at_ms, 77);
    assert_int_equal(seen.row.settings.max_running, 0);
    assert_int_equal(seen.row.settings.over, LIMIT_CANCELS_OLDEST);
    assert_memory_equal(&seen.row.settings.rate, &row.settings.rate, sizeof(row.settings.rate));

    row.version = 4;
    row.settings = limit_none();
    limit_save(fixture->db, &row, fixture->arena);
    seen = look(fixture);
    assert_int_equal(seen.len, 1);
    assert_int_equal(seen.row.version, 4);
    assert_int_equal(seen.row.settings.max_running, -1);
    assert_true(seen.row.settings.rate.units <= 0);

    limit_delete(fixture->db, 2, BYTES("customer:*"));
    assert_int_equal(look(fixture).len, 1);
    limit_delete(fixture->db, 1, BYTES("customer:*"));
    assert_int_equal(look(fixture).len, 0);
}

static void holders_come_oldest_first(void **state)
{
    struct store_fixture *fixture = *state;
    int64_t tasks[4];

    limit_holder_insert(fixture->db, 1, BYTES("a"), 9);
    limit_holder_insert(fixture->db, 1, BYTES("a"), 5);
    limit_holder_insert(fixture->db, 1, BYTES("a"), 5);
    limit_holder_insert(fixture->db, 1, BYTES("b"), 1);
    limit_holder_insert(fixture->db, 2, BYTES("a"), 2);
    assert_int_equal(limit_holders(fixture->db, 1, BYTES("a"), -1, 4, tasks), 2);
    assert_int_equal(tasks[0], 5);
    assert_int_equal(tasks[1], 9);
    assert_int_equal(limit_holders(fixture->db, 1, BYTES("a"), 5, 4, tasks), 1);
    assert_int_equal(limit_holders(fixture->db, 1, BYTES("a"), -1, 1, tasks), 1);
    limit_holder_delete(fixture->db, 1, BYTES("a"), 5);
    limit_holder_delete(fixture->db, 1, BYTES("a"), 6);
    assert_int_equal(limit_holders(fixture->db, 1, BYTES("a"), -1, 4, tasks), 1);
    assert_int_equal(tasks[0], 9);
}

#define FIXED(test)                                                                                \
    cmocka_unit_test_setup_teardown(test, store_fixture_setup, store_fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXED(a_limit_reads_back_as_it_was_saved),
        FIXED(holders_come_oldest_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
