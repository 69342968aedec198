/* Line repo: lines, levels and shares as they were written. */
#include "store/repo_line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/repo_lease.h"
#include "store/repo_task.h"
#include "store_fixture.h"

struct found {
    struct line_row lines[8];
    struct level_row levels[8];
    struct share_row shares[8];
    bool has_limits[8];
    unsigned lines_len, levels_len, shares_len;
};

static void on_line(void *ctx, const struct line_row *row)
{
    struct found *found = ctx;

    found->has_limits[found->lines_len] = bytes_is(row->limits, "a 1\nb 2\n");
    found->lines[found->lines_len++] = *row;
}

static void on_level(void *ctx, const struct level_row *row)
{
    struct found *found = ctx;

    found->levels[found->levels_len++] = *row;
}

static void on_share(void *ctx, const struct share_row *row)
{
    struct found *found = ctx;

    assert_true(bytes_is(row->key, "k") || bytes_is(row->key, ""));
    found->shares[found->shares_len++] = *row;
}

static void lines_are_made_counted_and_deleted(void **state)
{
    struct store_fixture *fixture = *state;
    struct line_row line = {.number = 1,
                            .queue = 2,
                            .class_number = 3,
                            .priority = -4,
                            .limits = BYTES("a 1\nb 2\n"),
                            .live = 6,
                            .aside = 5};
    struct line_row plain = {.number = 2, .queue = 2, .class_number = 3};
    struct found found = {.lines_len = 0};

    line_insert(fixture->db, &line);
    line_insert(fixture->db, &plain);
    line.live = 8;
    line.aside = 7;
    line.share = 9;
    line.first = 10;
    line.priority = 11; /* not looked at */
    line_update(fixture->db, &line);
    store_fixture_reopen(fixture);
    line_each(fixture->db, on_line, &found);
    assert_int_equal(found.lines_len, 2);
    assert_int_equal(found.lines[0].queue, 2);
    assert_int_equal(found.lines[0].class_number, 3);
    assert_int_equal(found.lines[0].priority, -4);
    assert_int_equal(found.lines[0].live, 8);
    assert_int_equal(found.lines[0].aside, 7);
    assert_int_equal(found.lines[0].share, 9);
    assert_int_equal(found.lines[0].first, 10);
    assert_true(found.has_limits[0]);
    assert_int_equal(found.lines[1].limits.len, 0);
    line_delete(fixture->db, 1);
    found.lines_len = 0;
    line_each(fixture->db, on_line, &found);
    assert_int_equal(found.lines_len, 1);
    assert_int_equal(found.lines[0].number, 2);
}

static void put_in_line(struct store_fixture *fixture, int64_t number, int64_t line, int64_t share)
{
    struct task task = task_put(fixture, number);

    task.line = line;
    task.share = share;
    task_save_move(fixture->db, &task, task.state);
}

static void the_ready_ones_of_a_line_come_by_share(void **state)
{
    struct store_fixture *fixture = *state;
    struct ready_head heads[4];

    put_in_line(fixture, 1, 1, 30);
    put_in_line(fixture, 2, 2, 0);
    put_in_line(fixture, 3, 1, 20);
    put_in_line(fixture, 4, 1, 20);
    assert_int_equal(ready_heads(fixture->db, 1, 4, heads), 3);
    assert_int_equal(heads[0].number, 3);
    assert_int_equal(heads[1].number, 4);
    assert_int_equal(heads[2].number, 1);
    assert_int_equal(heads[2].share, 30);
    assert_int_equal(ready_heads(fixture->db, 1, 2, heads), 2);
    assert_int_equal(ready_heads(fixture->db, 9, 4, heads), 0);
}

static void levels_and_shares_are_kept(void **state)
{
    struct store_fixture *fixture = *state;
    struct share_row share = {2, -1, BYTES("k"), 10}, nobody = {2, -1, BYTES(""), 20};
    struct found found = {.lines_len = 0};

    level_save(fixture->db, &(struct level_row){2, -1, 1, 2});
    level_save(fixture->db, &(struct level_row){2, -1, 3, 4});
    share_save(fixture->db, &share);
    share_save(fixture->db, &nobody);
    share.finish = 11;
    share_save(fixture->db, &share);
    store_fixture_reopen(fixture);
    level_each(fixture->db, on_level, &found);
    share_each(fixture->db, on_share, &found);
    assert_int_equal(found.levels_len, 1);
    assert_int_equal(found.levels[0].now, 3);
    assert_int_equal(found.levels[0].top, 4);
    assert_int_equal(found.shares_len, 2);
    assert_int_equal(found.shares[0].finish + found.shares[1].finish, 31);
    share_delete(fixture->db, &nobody);
    found.shares_len = 0;
    share_each(fixture->db, on_share, &found);
    assert_int_equal(found.shares_len, 1);
    assert_int_equal(found.shares[0].finish, 11);
}

#define STORED(test)                                                                               \
    cmocka_unit_test_setup_teardown(test, store_fixture_setup, store_fixture_teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        STORED(lines_are_made_counted_and_deleted),
        STORED(the_ready_ones_of_a_line_come_by_share),
        STORED(levels_and_shares_are_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
