/* Tests of the webhook repo: all of a row comes back, and what is due stands in its order. */
#include "store/repo_webhook.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "store_fixture.h"

static void see(void *ctx, const struct webhook_row *row)
{
    unsigned *seen = ctx;

    (*seen)++;
    assert_int_equal(row->number, 4);
    assert_int_equal(row->ns, 2);
    assert_int_equal(row->version, 3);
    assert_int_equal(row->created_at_ms, 100);
    assert_true(bytes_is(row->name, "ops"));
    assert_true(bytes_is(row->created_by, "aaaabbbb"));
    assert_true(bytes_is(row->settings.url, "https://a.example/"));
    assert_true(bytes_is(row->settings.types, "task.*"));
    assert_null(row->settings.queues.at);
    assert_true(row->settings.enabled);
    assert_int_equal(row->key.len, 24);
    assert_int_equal(row->key.at[0], 7);
    assert_int_equal(row->old_key.len, 0);
    assert_int_equal(row->old_until_ms, -1);
    assert_int_equal(row->gone_at_ms, 900);
    assert_int_equal(row->missed, 5);
    assert_int_equal(row->missed_first, 17);
}

static void all_of_a_row_comes_back(void **state)
{
    struct store_fixture *fixture = *state;
    struct webhook_row row = {
        .number = 4,
        .ns = 2,
        .version = 1,
        .created_at_ms = 100,
        .name = BYTES("ops"),
        .created_by = BYTES("aaaabbbb"),
        .settings = {.url = BYTES("https://a.example/"), .types = BYTES("task.*"), .enabled = true},
        .key = {.at = {7}, .len = 24},
        .old_until_ms = -1,
        .gone_at_ms = -1,
        .missed_first = -1,
    };
    unsigned seen = 0;

    webhook_save(fixture->db, &row);
    row.version = 3;
    row.gone_at_ms = 900;
    webhook_save(fixture->db, &row);
    webhook_save_missed(fixture->db, 4, 5, 17);
    webhook_each(fixture->db, see, &seen);
    assert_int_equal(seen, 1);
    webhook_delete(fixture->db, 4);
    webhook_each(fixture->db, see, &seen);
    assert_int_equal(seen, 1);
}

static void put(struct store_fixture *fixture, int64_t number, int64_t task, int64_t next_at_ms)
{
    delivery_insert(fixture->db, &(struct delivery_row){
                                     .number = number,
                                     .webhook = 1,
                                     .ns = 1,
                                     .event = number + 100,
                                     .kind = EVENT_TASK_FAILED,
                                     .at_ms = number,
                                     .task = task,
                                     .task_id = id_from((unsigned)task),
                                     .next_at_ms = next_at_ms,
                                     .body = BYTES("{}"),
                                 });
}

static void what_has_its_turn_comes_first_due_first(void **state)
{
    struct store_fixture *fixture = *state;
    struct delivery_head heads[8];
    struct delivery_row row;

    put(fixture, 1, 10, 500);
    put(fixture, 2, 10, DELIVERY_BEHIND);
    put(fixture, 3, 11, 400);
    assert_int_equal(delivery_heads(fixture->db, 1, 8, heads), 2);
    assert_int_equal(heads[0].number, 3);
    assert_int_equal(heads[1].next_at_ms, 500);
    assert_int_equal(delivery_heads(fixture->db, 2, 8, heads), 0);
    assert_true(delivery_is_behind(fixture->db, 1, 10, 2));
    assert_false(delivery_is_behind(fixture->db, 1, 10, 1));
    assert_true(delivery_load(fixture->db, 1, fixture->arena, &row));
    assert_int_equal(row.event, 101);
    assert_int_equal(row.kind, EVENT_TASK_FAILED);
    assert_true(id_equal(row.task_id, id_from(10)));
    assert_int_equal(row.last_at_ms, -1);
    row.state = DELIVERY_DELIVERED;
    row.attempts = 1;
    row.last_status = 204;
    delivery_move(fixture->db, &row);
    delivery_give_turn(fixture->db, 1, 10, 600);
    delivery_give_turn(fixture->db, 1, 11, 600); /* that one has it */
    assert_int_equal(delivery_heads(fixture->db, 1, 8, heads), 2);
    assert_int_equal(heads[0].next_at_ms, 400);
    assert_int_equal(heads[1].number, 2);
    /* The first comes back: the second stands behind it again. */
    row.state = DELIVERY_DUE;
    row.next_at_ms = 700;
    delivery_move(fixture->db, &row);
    delivery_stand_back(fixture->db, &row);
    assert_int_equal(delivery_heads(fixture->db, 1, 8, heads), 2);
    assert_int_equal(heads[1].number, 1);
}

static void the_oldest_go_but_never_the_last(void **state)
{
    struct store_fixture *fixture = *state;
    int64_t counts[DELIVERY_STATES];
    struct delivery_row row;

    for (int64_t number = 1; number <= 4; number++) {
        put(fixture, number, 0, 0);
        assert_true(delivery_load(fixture->db, number, fixture->arena, &row));
        row.state = DELIVERY_DEAD;
        row.last_at_ms = number * 10;
        delivery_move(fixture->db, &row);
    }
    assert_int_equal(delivery_trim(fixture->db, 1, DELIVERY_DEAD, 20, 10), 1);
    assert_int_equal(delivery_trim(fixture->db, 1, DELIVERY_DELIVERED, 1000, 10), 0);
    delivery_counts(fixture->db, 1, counts);
    assert_int_equal(counts[DELIVERY_DEAD], 3);
    assert_int_equal(delivery_oldest_due(fixture->db, 1), -1);
    assert_int_equal(delivery_drop(fixture->db, 1, 10), 2);
    assert_int_equal(delivery_last_number(fixture->db), 4);
    assert_int_equal(delivery_webhook_after(fixture->db, 0), 1);
    assert_int_equal(delivery_webhook_after(fixture->db, 1), -1);
}

static void pages_go_either_way(void **state)
{
    struct store_fixture *fixture = *state;
    struct delivery_range range = {.webhook = 1, .states = 7, .after = 1, .max = 2};
    struct delivery_row rows[4];

    for (int64_t number = 1; number <= 4; number++)
        put(fixture, number, 0, 0);
    assert_int_equal(delivery_page(fixture->db, &range, fixture->arena, rows), 2);
    assert_int_equal(rows[0].number, 2);
    assert_null(rows[0].body.at);
    range.newest_first = true;
    range.after = 4;
    assert_int_equal(delivery_page(fixture->db, &range, fixture->arena, rows), 2);
    assert_int_equal(rows[0].number, 3);
    range.states = 1 << DELIVERY_DEAD;
    assert_int_equal(delivery_page(fixture->db, &range, fixture->arena, rows), 0);
}

int main(void)
{
#define TEST(name)                                                                                 \
    cmocka_unit_test_setup_teardown(name, store_fixture_setup, store_fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(all_of_a_row_comes_back),
        TEST(what_has_its_turn_comes_first_due_first),
        TEST(the_oldest_go_but_never_the_last),
        TEST(pages_go_either_way),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
