/* DB: failures stick, transactions are whole, and other connections see only what was committed. */
#include "store/db.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "death.h"
#include "store/repo_registry.h"
#include "store/repo_task.h"
#include "store_fixture.h"

static void what_is_absent_reads_as_zero_and_none(void **state)
{
    struct store_fixture *fixture = *state;
    struct task task = task_put(fixture, 1);
    struct db_rows *rows = db_query(fixture->db, SQL_BODY_BY_TASK, VALUES(VALUE_INT(task.number)));
    struct id nil = {.at = {0}};

    assert_true(db_step(rows));
    assert_null(db_bytes(rows, 1).at);
    assert_int_equal(db_int(rows, 1), 0);
    assert_true(id_equal(db_id(rows, 1), nil));
    assert_false(db_step(rows));
}

static void numbers_keep_all_their_bits(void **state)
{
    struct store_fixture *fixture = *state;

    meta_put(fixture->db, "least", INT64_MIN);
    meta_put(fixture->db, "most", INT64_MAX);
    assert_int_equal(meta_get(fixture->db, "least", 0), INT64_MIN);
    assert_int_equal(meta_get(fixture->db, "most", 0), INT64_MAX);
    assert_int_equal(meta_get(fixture->db, "neither", 7), 7);
}

static void a_failure_stops_every_later_call(void **state)
{
    struct store_fixture *fixture = *state;
    struct db *db = fixture->db;

    meta_put(db, "before", 1);
    db_exec(db, "nonsense");
    meta_put(db, "after", 1);
    assert_int_equal(db_failure(db), DB_IO);
    assert_non_null(strstr(db_failure_text(db), "nonsense"));
    assert_int_equal(meta_get(db, "before", 7), 7);
    assert_null(db_query(db, SQL_NS_ALL, NULL, 0));
    assert_false(db_step(NULL));
    db_done(NULL);
    assert_int_equal(db_changes(db), 0);
}

static void commit_reports_what_failed_before_it(void **state)
{
    struct store_fixture *fixture = *state;

    db_begin(fixture->db);
    meta_put(fixture->db, "lost", 1);
    ns_insert(fixture->db, 9, BYTES_NONE); /* a name is needed */
    db_commit(fixture->db);
    assert_int_equal(db_failure(fixture->db), DB_IO);
    store_fixture_reopen(fixture);
    assert_int_equal(meta_get(fixture->db, "lost", -1), -1);
}

static void the_first_failure_is_the_one_that_is_told(void **state)
{
    struct store_fixture *fixture = *state;

    db_exec(fixture->db, "first");
    db_exec(fixture->db, "second");
    assert_non_null(strstr(db_failure_text(fixture->db), "first"));
}

static void rollback_undoes_but_forgives_nothing_that_is_unknown(void **state)
{
    struct store_fixture *fixture = *state;

    db_begin(fixture->db);
    meta_put(fixture->db, "x", 1);
    db_rollback(fixture->db);
    assert_int_equal(meta_get(fixture->db, "x", -1), -1);
    db_rollback(fixture->db); /* nothing is open: nothing happens */
    assert_int_equal(db_failure(fixture->db), DB_FINE);
    db_exec(fixture->db, "nonsense");
    db_rollback(fixture->db);
    assert_int_equal(db_failure(fixture->db), DB_IO);
}

/* Let the file grow no more, then write until that shows. */
static void fill_up(struct store_fixture *fixture)
{
    static const char block[65536];
    struct task_spec spec = {.queue = BYTES("q"), .payload = {.data = {block, sizeof(block)}}};

    db_exec(fixture->db, "PRAGMA max_page_count = 1");
    for (int64_t number = 100; number < 200 && db_failure(fixture->db) == DB_FINE; number++) {
        struct task task = task_from(number);

        task_insert(fixture->db, &task, &spec, fixture->arena);
    }
}

static void a_full_disk_is_survived_by_rolling_back(void **state)
{
    struct store_fixture *fixture = *state;

    db_begin(fixture->db);
    task_put(fixture, 1);
    fill_up(fixture);
    assert_int_equal(db_failure(fixture->db), DB_FULL);
    db_commit(fixture->db);
    assert_int_equal(db_failure(fixture->db), DB_FULL);
    db_rollback(fixture->db);
    assert_int_equal(db_failure(fixture->db), DB_FINE);
    assert_int_equal(task_last_number(fixture->db), 0);
    db_exec(fixture->db, "PRAGMA max_page_count = 100000");
    db_begin(fixture->db);
    task_put(fixture, 2);
    db_commit(fixture->db);
    store_fixture_reopen(fixture);
    assert_int_equal(task_last_number(fixture->db), 2);
}

static void a_walk_that_is_cut_by_a_failure_can_be_walked_again(void **state)
{
    struct store_fixture *fixture = *state;
    struct db_rows *rows;

    ns_insert(fixture->db, 1, BYTES("a"));
    ns_insert(fixture->db, 2, BYTES("b"));
    db_begin(fixture->db);
    rows = db_query(fixture->db, SQL_NS_ALL, NULL, 0);
    assert_true(db_step(rows));
    fill_up(fixture);
    assert_false(db_step(rows));
    db_rollback(fixture->db);
    rows = db_query(fixture->db, SQL_NS_ALL, NULL, 0);
    assert_true(db_step(rows));
    db_done(rows);
}

static void a_reader_sees_only_what_was_committed(void **state)
{
    struct store_fixture *fixture = *state;
    struct db *reader = store_fixture_reader(fixture);

    db_begin(fixture->db);
    meta_put(fixture->db, "x", 1);
    assert_int_equal(meta_get(reader, "x", -1), -1);
    db_commit(fixture->db);
    assert_int_equal(meta_get(reader, "x", -1), 1);
    db_begin(fixture->db);
    meta_put(fixture->db, "x", 2);
    db_rollback(fixture->db);
    assert_int_equal(meta_get(reader, "x", -1), 1);
    db_close(reader);
}

static void a_reader_in_the_middle_of_a_page_keeps_its_view(void **state)
{
    struct store_fixture *fixture = *state;
    struct db *reader = store_fixture_reader(fixture);
    struct db_rows *rows;

    ns_insert(fixture->db, 1, BYTES("a"));
    ns_insert(fixture->db, 2, BYTES("b"));
    rows = db_query(reader, SQL_NS_ALL, NULL, 0);
    assert_true(db_step(rows));
    ns_insert(fixture->db, 3, BYTES("c"));
    db_checkpoint(fixture->db, false);
    assert_true(db_step(rows));
    assert_false(db_step(rows));
    assert_int_equal(db_failure(fixture->db), DB_FINE);
    db_close(reader);
}

static void a_reader_cannot_write(void **state)
{
    struct store_fixture *fixture = *state;
    struct db *reader = store_fixture_reader(fixture);

    meta_put(reader, "x", 1);
    assert_int_equal(db_failure(reader), DB_IO);
    db_close(reader);
    assert_int_equal(meta_get(fixture->db, "x", -1), -1);
}

static void closing_rolls_back_what_is_open(void **state)
{
    struct store_fixture *fixture = *state;

    db_begin(fixture->db);
    meta_put(fixture->db, "x", 1);
    store_fixture_reopen(fixture);
    assert_int_equal(meta_get(fixture->db, "x", -1), -1);
    db_close(NULL);
}

static void a_checkpoint_moves_the_log_into_the_file(void **state)
{
    struct store_fixture *fixture = *state;

    for (int64_t i = 1; i < 100; i++)
        task_put(fixture, i);

    struct db_sizes before = db_sizes(fixture->db);
    int64_t pages = db_wal_pages(fixture->db);

    db_checkpoint(fixture->db, true);

    struct db_sizes after = db_sizes(fixture->db);

    assert_true(pages > 0);
    assert_true(before.wal_bytes >= pages * 4096);
    assert_int_equal(db_wal_pages(fixture->db), 0);
    assert_int_equal(after.wal_bytes, 0);
    assert_true(after.file_bytes > before.file_bytes);
}

static void db_changes_counts_the_rows_of_the_last_run(void **state)
{
    struct store_fixture *fixture = *state;

    ns_insert(fixture->db, 1, BYTES("a"));
    assert_int_equal(db_changes(fixture->db), 1);
    db_run(fixture->db, SQL_INTENT_DELETE, VALUES(VALUE_INT(99)));
    assert_int_equal(db_changes(fixture->db), 0);
}

static void run_a_statement_inside_itself(void)
{
    void *state = NULL;

    (void)store_fixture_setup(&state);

    struct store_fixture *fixture = state;

    ns_insert(fixture->db, 1, BYTES("a"));
    scratch_remove(&fixture->scratch);
    (void)db_step(db_query(fixture->db, SQL_NS_ALL, NULL, 0));
    (void)db_query(fixture->db, SQL_NS_ALL, NULL, 0);
}

static void a_statement_is_not_run_inside_itself(void **state)
{
    (void)state;
    assert_true(dies(run_a_statement_inside_itself));
}

#define WITH_STORE(test)                                                                           \
    cmocka_unit_test_setup_teardown(test, store_fixture_setup, store_fixture_teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WITH_STORE(what_is_absent_reads_as_zero_and_none),
        WITH_STORE(numbers_keep_all_their_bits),
        WITH_STORE(a_failure_stops_every_later_call),
        WITH_STORE(commit_reports_what_failed_before_it),
        WITH_STORE(the_first_failure_is_the_one_that_is_told),
        WITH_STORE(rollback_undoes_but_forgives_nothing_that_is_unknown),
        WITH_STORE(a_full_disk_is_survived_by_rolling_back),
        WITH_STORE(a_walk_that_is_cut_by_a_failure_can_be_walked_again),
        WITH_STORE(a_reader_sees_only_what_was_committed),
        WITH_STORE(a_reader_in_the_middle_of_a_page_keeps_its_view),
        WITH_STORE(a_reader_cannot_write),
        WITH_STORE(closing_rolls_back_what_is_open),
        WITH_STORE(a_checkpoint_moves_the_log_into_the_file),
        WITH_STORE(db_changes_counts_the_rows_of_the_last_run),
        cmocka_unit_test(a_statement_is_not_run_inside_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
