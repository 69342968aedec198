/* Event repo: the log of events and the memory of keys, and how both age out. */
#include "store/repo_event.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "raw_sql.h"
#include "store/repo_registry.h"
#include "store_fixture.h"

static void put_event(struct store_fixture *fixture, int64_t number, int64_t at_ms)
{
    struct event_row row = {.number = number,
                            .at_ms = at_ms,
                            .ns = 1,
                            .kind = EVENT_TASK_SUBMITTED,
                            .task = 7,
                            .size_to = number * 10};

    event_insert(fixture->db, &row);
}

static int64_t last_number(struct store_fixture *fixture)
{
    struct event_row last;

    event_last(fixture->db, &last);
    return last.number;
}

static int64_t events_of_7(struct store_fixture *fixture)
{
    return raw_number(scratch_path(&fixture->scratch, "data/sluice.db"),
                      "SELECT count(*) FROM events WHERE task = 7 AND kind = 1");
}

static void the_last_event_is_known(void **state)
{
    struct store_fixture *fixture = *state;
    struct event_row last = {.number = -1, .at_ms = -1, .size_to = -1};

    event_last(fixture->db, &last);
    assert_int_equal(last.number, 0);
    assert_int_equal(last.at_ms, 0);
    assert_int_equal(last.size_to, 0);
    assert_int_equal(event_first(fixture->db), 0);
    put_event(fixture, 1, 900); /* the clock stepped back after it */
    put_event(fixture, 2, 800);
    event_last(fixture->db, &last);
    assert_int_equal(last.number, 2);
    assert_int_equal(last.at_ms, 800);
    assert_int_equal(last.size_to, 20);
    assert_int_equal(event_first(fixture->db), 1);
}

static void an_event_is_kept_in_all_its_columns(void **state)
{
    struct store_fixture *fixture = *state;
    const char *path = scratch_path(&fixture->scratch, "data/sluice.db");
    struct event_row full = {
        .number = 1,
        .at_ms = 2,
        .ns = 3,
        .kind = EVENT_TASK_CLAIMED,
        .queue = 4,
        .task = 5,
        .task_id = id_from(6),
        .data = BYTES("{}"),
        .of_class = 7,
        .size_to = 8,
    };
    struct event_row bare = {.number = 2, .at_ms = 2, .ns = 3, .kind = EVENT_WORKER_LOST};

    event_insert(fixture->db, &full);
    event_insert(fixture->db, &bare);
    assert_int_equal(
        raw_number(
            path,
            "SELECT count(*) FROM events WHERE number = 1 AND at = 2 AND ns = 3 AND kind = 2 AND "
            "queue = 4 AND task = 5 AND substr(task_id, 16) = x'06' AND data = '{}' AND class = 7 AND size_to = 8"),
        1);
    assert_int_equal(
        raw_number(path,
                   "SELECT count(*) FROM events WHERE number = 2 AND kind = 11 AND queue = 0 AND "
                   "task = 0 AND task_id IS NULL AND data IS NULL"),
        1);
}

static void old_events_go_a_few_at_a_time(void **state)
{
    struct store_fixture *fixture = *state;

    for (int64_t number = 1; number <= 10; number++)
        put_event(fixture, number, number * 100);
    assert_int_equal(event_trim(fixture->db, 550, 0, 3), 3);
    assert_int_equal(event_trim(fixture->db, 550, 0, 3), 2);
    assert_int_equal(event_trim(fixture->db, 550, 0, 3), 0);
    assert_int_equal(events_of_7(fixture), 5);
}

static void the_newest_event_stays_so_that_its_number_is_not_given_again(void **state)
{
    struct store_fixture *fixture = *state;

    put_event(fixture, 41, 100);
    put_event(fixture, 42, 200);
    assert_int_equal(event_trim(fixture->db, INT64_MAX, 0, 100), 1);
    assert_int_equal(event_trim(fixture->db, INT64_MAX, 0, 100), 0);
    store_fixture_reopen(fixture);
    assert_int_equal(last_number(fixture), 42);
}

static void events_beyond_a_size_go_the_oldest_first(void **state)
{
    struct store_fixture *fixture = *state;

    for (int64_t number = 1; number <= 10; number++)
        put_event(fixture, number, 1000);
    assert_int_equal(event_trim(fixture->db, 0, 40, 3), 3);
    assert_int_equal(event_trim(fixture->db, 0, 40, 3), 1);
    assert_int_equal(event_trim(fixture->db, 0, 40, 3), 0);
    assert_int_equal(event_first(fixture->db), 5);
    assert_int_equal(last_number(fixture), 10);
}

/* Its names stand beside it; those of none are absent. */
static void a_walk_tells_names(void **state)
{
    struct store_fixture *fixture = *state;
    struct event_row row = {.number = 1,
                            .at_ms = 2,
                            .ns = 3,
                            .kind = EVENT_TASK_CLAIMED,
                            .task = 5,
                            .task_id = id_from(6),
                            .of_class = 7,
                            .data = BYTES("{}")};
    struct class_row of_class = {
        .number = 7, .ns = 3, .type = BYTES("resize"), .requires = BYTES("")};
    struct id nil = {{0}}, task = id_from(6);
    struct event event;
    struct db_rows *rows;

    ns_insert(fixture->db, 3, BYTES("photos"));
    class_insert(fixture->db, &of_class);
    event_insert(fixture->db, &row);
    row = (struct event_row){.number = 2, .at_ms = 2, .ns = 3, .kind = EVENT_WORKER_LOST};
    event_insert(fixture->db, &row);
    rows = event_walk(fixture->db, 0, 9, &nil);
    assert_true(db_step(rows));
    event_read(rows, &event);
    assert_int_equal(event.number, 1);
    assert_true(bytes_is(event.ns, "photos") && bytes_is(event.task_type, "resize"));
    assert_null(event.queue.at);
    assert_true(id_equal(event.task, id_from(6)));
    assert_true(db_step(rows));
    event_read(rows, &event);
    assert_int_equal(event.number, 2);
    assert_null(event.task_type.at);
    assert_true(id_is_nil(event.task));
    assert_false(db_step(rows));
    rows = event_walk(fixture->db, 0, 9, &task);
    assert_true(db_step(rows));
    assert_false(db_step(rows));
    rows = event_walk(fixture->db, 1, 9, &task);
    assert_false(db_step(rows));
    rows = event_walk(fixture->db, 0, 1, &nil);
    assert_true(db_step(rows));
    assert_false(db_step(rows));
    assert_int_equal(event_task_state(fixture->db, id_from(6)), TASK_STATE_NONE);
}

static void trimming_a_failed_store_ends(void **state)
{
    struct store_fixture *fixture = *state;

    for (int64_t number = 1; number <= 5; number++)
        put_event(fixture, number, 1);
    assert_int_equal(event_trim(fixture->db, 100, 0, 2), 2);
    db_exec(fixture->db, "nonsense");
    assert_int_equal(event_trim(fixture->db, 100, 0, 2), 0);
    assert_int_equal(key_trim(fixture->db, 100, 2), 0);
}

static struct key_row key_from(struct bytes scope, struct bytes key)
{
    return (struct key_row){
        .ns = 1,
        .created_at_ms = 100,
        .task = 2,
        .scope = scope,
        .key = key,
        .fingerprint = BYTES("f"),
        .status = 201,
        .location = BYTES("/v1/tasks/x"),
        .body = BYTES("{\0}"),
    };
}

static void a_key_comes_back_with_its_answer(void **state)
{
    struct store_fixture *fixture = *state;
    struct key_row row = key_from(BYTES("s"), BYTES("k")), loaded;

    key_save(fixture->db, &row);
    assert_true(key_load(fixture->db, 1, row.scope, row.key, fixture->arena, &loaded));
    assert_int_equal(loaded.task, 2);
    assert_int_equal(loaded.status, 201);
    assert_true(bytes_is(loaded.fingerprint, "f"));
    assert_true(bytes_is(loaded.location, "/v1/tasks/x"));
    assert_true(bytes_equal(loaded.body, row.body));
}

static void a_key_is_found_in_its_namespace_and_scope_only(void **state)
{
    struct store_fixture *fixture = *state;
    struct key_row row = key_from(BYTES("s"), BYTES("k")), loaded;

    key_save(fixture->db, &row);
    assert_false(key_load(fixture->db, 2, BYTES("s"), BYTES("k"), fixture->arena, &loaded));
    assert_false(key_load(fixture->db, 1, BYTES("S"), BYTES("k"), fixture->arena, &loaded));
    assert_false(key_load(fixture->db, 1, BYTES("s"), BYTES("K"), fixture->arena, &loaded));
    assert_false(key_load(fixture->db, 1, BYTES("sk"), BYTES(""), fixture->arena, &loaded));
}

static void a_key_saved_again_has_the_later_answer(void **state)
{
    struct store_fixture *fixture = *state;
    struct key_row row = key_from(BYTES("s"), BYTES("k")), loaded;

    key_save(fixture->db, &row);
    row.task = -1;
    row.status = 200;
    row.fingerprint = BYTES("g");
    row.location = row.body = BYTES_NONE;
    key_save(fixture->db, &row);
    assert_true(key_load(fixture->db, 1, row.scope, row.key, fixture->arena, &loaded));
    assert_int_equal(loaded.task, -1);
    assert_int_equal(loaded.status, 200);
    assert_true(bytes_is(loaded.fingerprint, "g"));
    assert_null(loaded.location.at);
    assert_null(loaded.body.at);
}

static void old_keys_go_a_few_at_a_time(void **state)
{
    static const char *const names[] = {"a", "b", "c", "d", "e"};
    struct store_fixture *fixture = *state;
    struct key_row loaded;

    for (int64_t i = 0; i < 5; i++) {
        struct key_row row = key_from(BYTES("s"), bytes_of(names[i]));

        row.created_at_ms = i * 100;
        key_save(fixture->db, &row);
    }
    assert_int_equal(key_trim(fixture->db, 300, 2), 2);
    assert_int_equal(key_trim(fixture->db, 300, 2), 1);
    assert_int_equal(key_trim(fixture->db, 300, 2), 0);
    assert_false(key_load(fixture->db, 1, BYTES("s"), BYTES("c"), fixture->arena, &loaded));
    assert_true(key_load(fixture->db, 1, BYTES("s"), BYTES("d"), fixture->arena, &loaded));
}

#define WITH_STORE(test)                                                                           \
    cmocka_unit_test_setup_teardown(test, store_fixture_setup, store_fixture_teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WITH_STORE(the_last_event_is_known),
        WITH_STORE(events_beyond_a_size_go_the_oldest_first),
        WITH_STORE(a_walk_tells_names),
        WITH_STORE(an_event_is_kept_in_all_its_columns),
        WITH_STORE(old_events_go_a_few_at_a_time),
        WITH_STORE(the_newest_event_stays_so_that_its_number_is_not_given_again),
        WITH_STORE(trimming_a_failed_store_ends),
        WITH_STORE(a_key_comes_back_with_its_answer),
        WITH_STORE(a_key_is_found_in_its_namespace_and_scope_only),
        WITH_STORE(a_key_saved_again_has_the_later_answer),
        WITH_STORE(old_keys_go_a_few_at_a_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
