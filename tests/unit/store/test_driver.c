/* SQLite driver: how files are opened and refused, and that every statement is understood. */
#include "driver.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "query_plan.h"
#include "raw_sql.h"
#include "store/repo_registry.h"
#include "store_fixture.h"

static struct db *try_open(const char *path, bool read_only, enum db_failure *ret_failure)
{
    struct db_options options = {.path = path, .read_only = read_only};
    struct db *db = NULL;
    struct error error = {.code = OK};

    *ret_failure = DB_FINE;
    if (db_open_sqlite(&options, &db, ret_failure, &error))
        return db;
    assert_int_equal(error.code, ERR_STORE_UNAVAILABLE);
    assert_true(strlen(error.detail) > 0);
    return NULL;
}

static void every_statement_is_understood_by_a_fresh_store(void **state)
{
    struct store_fixture *fixture = *state;

    for (int sql = 0; sql < SQL_MAX; sql++) {
        db_done(db_query(fixture->db, (enum sql)sql, NULL, 0));
        if (db_failure(fixture->db) != DB_FINE)
            fail_msg("%s", db_failure_text(fixture->db));
    }
}

/* A gap would mean a value that is bound and never used, or used and never bound. */
static void every_statement_uses_all_its_values(void **state)
{
    struct store_fixture *fixture = *state;
    const char *path = scratch_path(&fixture->scratch, "data/sluice.db");

    for (int sql = 0; sql < SQL_MAX; sql++) {
        struct query_plan plan = query_plan_of(path, statement_texts[sql]);
        char name[16];

        for (int i = 1; i <= plan.parameters; i++) {
            (void)snprintf(name, sizeof(name), "?%d", i);
            assert_non_null(strstr(statement_texts[sql], name));
        }
    }
}

static void a_new_file_is_a_log_and_can_shrink(void **state)
{
    struct store_fixture *fixture = *state;
    const char *path = scratch_path(&fixture->scratch, "data/sluice.db");

    assert_int_equal(raw_number(path, "PRAGMA auto_vacuum"), 2);
    assert_int_equal(raw_number(path, "PRAGMA application_id"), 1399616867);
    assert_int_equal(raw_number(path, "SELECT journal_mode = 'wal' FROM pragma_journal_mode"), 1);
}

static void a_file_that_is_no_database_is_corrupt(void **state)
{
    struct store_fixture *fixture = *state;
    char text[5000];
    enum db_failure failure;

    memset(text, 'x', sizeof(text));
    scratch_write(&fixture->scratch, "text", text, sizeof(text));
    assert_null(try_open(scratch_path(&fixture->scratch, "text"), false, &failure));
    assert_int_equal(failure, DB_CORRUPT);
    scratch_write(&fixture->scratch, "short", "hello", 5);
    assert_null(try_open(scratch_path(&fixture->scratch, "short"), false, &failure));
    assert_int_equal(failure, DB_CORRUPT);
}

static void another_program_s_database_is_left_alone(void **state)
{
    struct store_fixture *fixture = *state;
    const char *path = scratch_path(&fixture->scratch, "other");
    enum db_failure failure;

    assert_true(raw_exec(path, "PRAGMA application_id = 1; CREATE TABLE theirs (x)"));
    assert_null(try_open(path, false, &failure));
    assert_int_equal(failure, DB_CORRUPT);
    assert_int_equal(raw_number(path, "PRAGMA application_id"), 1);
}

static void opening_again_writes_nothing_and_restores_the_log(void **state)
{
    struct store_fixture *fixture = *state;
    const char *path = scratch_path(&fixture->scratch, "data/sluice.db");

    store_fixture_reopen(fixture);
    assert_int_equal(db_sizes(fixture->db).wal_bytes, 0);
    store_close(fixture->store);
    assert_true(raw_exec(path, "PRAGMA journal_mode = DELETE"));
    fixture->store = NULL;
    enum db_failure failure;
    struct db *db = try_open(path, false, &failure);

    assert_int_equal(raw_number(path, "SELECT journal_mode = 'wal' FROM pragma_journal_mode"), 1);
    db_close(db);
}

static void what_cannot_be_opened_is_a_failure_of_the_disk(void **state)
{
    struct store_fixture *fixture = *state;
    enum db_failure failure;

    assert_null(try_open(scratch_path(&fixture->scratch, "absent"), true, &failure));
    assert_int_equal(failure, DB_IO);
    assert_null(try_open(scratch_path(&fixture->scratch, "no/folder"), false, &failure));
    assert_int_equal(failure, DB_IO);
}

static void connections_of_one_name_share_memory(void **state)
{
    enum db_failure failure;
    struct db *writer = try_open("memory:shared", false, &failure);
    struct db *reader, *stranger;

    (void)state;
    db_exec(writer, "CREATE TABLE meta (name TEXT, value INTEGER)");
    db_exec(writer, "INSERT INTO meta VALUES ('x', 5)");
    reader = try_open("memory:shared", true, &failure);
    assert_int_equal(meta_get(reader, "x", -1), 5);
    stranger = try_open("memory:other", false, &failure);
    assert_int_equal(meta_get(stranger, "x", -1), -1);
    assert_int_equal(db_failure(stranger), DB_IO);
    db_checkpoint(writer, true);
    assert_int_equal(db_failure(writer), DB_FINE);
    assert_int_equal(db_sizes(writer).file_bytes, 0);
    db_close(stranger);
    db_close(reader);
    db_close(writer);
}

static void a_damaged_page_is_told_as_corruption(void **state)
{
    struct store_fixture *fixture = *state;
    static const char zeros[4096 * 100];

    for (int64_t i = 1; i < 200; i++)
        task_put(fixture, i);
    db_checkpoint(fixture->db, true);

    struct db *reader = store_fixture_reader(fixture);
    size_t len = (size_t)db_sizes(fixture->db).file_bytes;

    assert_in_range(len, 1, sizeof(zeros));
    scratch_write(&fixture->scratch, "data/sluice.db", zeros, len);
    assert_int_equal(db_number(reader, SQL_COUNTER_RECOUNT, NULL, 0, -1), -1);
    assert_int_equal(db_failure(reader), DB_CORRUPT);
    db_close(reader);
}

static void a_second_writer_waits_and_then_gives_up_as_locked(void **state)
{
    struct store_fixture *fixture = *state;
    enum db_failure failure;
    struct db *second =
        try_open(scratch_path(&fixture->scratch, "data/sluice.db"), false, &failure);

    assert_non_null(second);
    db_exec(second, "PRAGMA busy_timeout = 10");
    db_begin(fixture->db);
    db_begin(second);
    assert_int_equal(db_failure(second), DB_LOCKED);
    db_rollback(fixture->db);
    db_close(second);
}

static void the_library_is_recent_enough(void **state)
{
    (void)state;
    assert_true(strcmp(db_version(), "3.51.3") >= 0);
}

#define WITH_STORE(test)                                                                           \
    cmocka_unit_test_setup_teardown(test, store_fixture_setup, store_fixture_teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WITH_STORE(every_statement_is_understood_by_a_fresh_store),
        WITH_STORE(every_statement_uses_all_its_values),
        WITH_STORE(a_new_file_is_a_log_and_can_shrink),
        WITH_STORE(a_file_that_is_no_database_is_corrupt),
        WITH_STORE(another_program_s_database_is_left_alone),
        WITH_STORE(opening_again_writes_nothing_and_restores_the_log),
        WITH_STORE(what_cannot_be_opened_is_a_failure_of_the_disk),
        cmocka_unit_test(connections_of_one_name_share_memory),
        WITH_STORE(a_damaged_page_is_told_as_corruption),
        WITH_STORE(a_second_writer_waits_and_then_gives_up_as_locked),
        cmocka_unit_test(the_library_is_recent_enough),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
