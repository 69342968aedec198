/* Store: what a start finds in the data folder, and what is left when it is killed on the way. */
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "killed.h"
#include "store/repo_registry.h"
#include "store_fixture.h"

enum { FILE_MAX = 1 << 20 };

static size_t read_file(const char *path, char *ret_bytes)
{
    FILE *file = fopen(path, "r");

    assert_non_null(file);

    size_t len = fread(ret_bytes, 1, FILE_MAX, file);

    (void)fclose(file);
    return len;
}

static void assert_refused(struct store_fixture *fixture, enum db_failure expected)
{
    enum db_failure failure;
    struct error error = {.code = OK};

    assert_null(store_try(scratch_path(&fixture->scratch, "data"), &failure, &error));
    assert_int_equal(failure, expected);
    assert_int_equal(error.code, ERR_STORE_UNAVAILABLE);
    assert_true(strlen(error.detail) > 0);
}

static void assert_refused_and_untouched(struct store_fixture *fixture, enum db_failure expected)
{
    static char before[FILE_MAX], after[FILE_MAX];
    const char *path = scratch_path(&fixture->scratch, "data/sluice.db");
    size_t len = read_file(path, before);

    assert_refused(fixture, expected);
    assert_int_equal(read_file(path, after), len);
    assert_memory_equal(before, after, len);
}

static void close_it(struct store_fixture *fixture)
{
    store_close(fixture->store);
    fixture->store = NULL;
}

static void what_was_committed_is_there_after_a_restart(void **state)
{
    struct store_fixture *fixture = *state;

    meta_put(fixture->db, "x", 5);
    store_fixture_reopen(fixture);
    assert_int_equal(meta_get(fixture->db, "x", -1), 5);
}

static void the_folder_is_for_its_owner_only(void **state)
{
    struct store_fixture *fixture = *state;
    struct stat status;

    assert_int_equal(stat(scratch_path(&fixture->scratch, "data"), &status), 0);
    assert_int_equal(status.st_mode & 07777, 0700);
}

static void a_second_broker_is_locked_out(void **state)
{
    struct store_fixture *fixture = *state;

    assert_refused(fixture, DB_LOCKED);
    meta_put(fixture->db, "x", 5);
    assert_int_equal(db_failure(fixture->db), DB_FINE);
}

static void a_store_of_a_later_version_is_left_as_it_is(void **state)
{
    struct store_fixture *fixture = *state;

    db_exec(fixture->db, "INSERT INTO migrations VALUES (9999, 'later', 'x')");
    close_it(fixture);
    assert_refused_and_untouched(fixture, DB_NEWER);
}

static void a_file_that_is_no_database_is_left_as_it_is(void **state)
{
    struct store_fixture *fixture = *state;
    char text[8192];

    close_it(fixture);
    memset(text, 'x', sizeof(text));
    scratch_write(&fixture->scratch, "data/sluice.db", text, sizeof(text));
    assert_refused_and_untouched(fixture, DB_CORRUPT);
}

static void an_empty_file_becomes_a_store(void **state)
{
    struct store_fixture *fixture = *state;

    close_it(fixture);
    scratch_write(&fixture->scratch, "data/sluice.db", "", 0);
    store_fixture_reopen(fixture);
    meta_put(fixture->db, "x", 5);
    assert_int_equal(db_failure(fixture->db), DB_FINE);
}

static void the_folder_may_be_a_link_but_not_the_file(void **state)
{
    struct store_fixture *fixture = *state;

    close_it(fixture);
    assert_int_equal(
        rename(scratch_path(&fixture->scratch, "data"), scratch_path(&fixture->scratch, "disk")),
        0);
    assert_int_equal(symlink("disk", scratch_path(&fixture->scratch, "data")), 0);
    store_fixture_reopen(fixture);
    close_it(fixture);
    assert_int_equal(rename(scratch_path(&fixture->scratch, "data/sluice.db"),
                            scratch_path(&fixture->scratch, "db")),
                     0);
    assert_int_equal(symlink("../db", scratch_path(&fixture->scratch, "data/sluice.db")), 0);
    assert_refused(fixture, DB_IO);
}

static void stores_in_memory_of_one_name_share_and_need_no_folder(void **state)
{
    struct store_options options = {.memory = "test_store"};
    struct store *store = NULL;
    struct db *reader = NULL;
    enum db_failure failure;
    struct error error;

    (void)state;
    assert_true(store_open(&options, &store, &failure, &error));
    meta_put(store_writer(store), "x", 5);
    assert_true(store_open_reader(store, &reader, &error));
    assert_int_equal(meta_get(reader, "x", -1), 5);
    assert_true(store_reserve_keep(store));
    store_reserve_release(store);
    assert_true(store_has_room(store));
    db_close(reader);
    store_close(store);
    store_close(NULL);
}

static void the_reserve_is_kept_from_the_start_and_can_be_given_up(void **state)
{
    struct store_fixture *fixture = *state;

    assert_true(store_has_room(fixture->store));
    store_reserve_release(fixture->store);
    assert_false(store_has_room(fixture->store));
    assert_true(store_reserve_keep(fixture->store));
    assert_true(store_has_room(fixture->store));
}

static void a_reader_of_a_store_that_is_gone_is_refused(void **state)
{
    struct store_fixture *fixture = *state;
    struct db *reader = NULL;
    struct error error = {.code = OK};

    assert_int_equal(unlink(scratch_path(&fixture->scratch, "data/sluice.db")), 0);
    assert_false(store_open_reader(fixture->store, &reader, &error));
    assert_int_equal(error.code, ERR_STORE_UNAVAILABLE);
    assert_null(reader);
}

static void open_for_the_first_time(void *ctx)
{
    enum db_failure failure;
    struct error error;

    store_close(store_try(ctx, &failure, &error));
}

/* The same at every kill: the next start finds the old or the new, and either becomes the new. */
static enum killed survive_kill(struct store_fixture *fixture, unsigned nth)
{
    enum db_failure failure;
    struct error error;
    char path[256];

    (void)snprintf(path, sizeof(path), "%s/kill-%u", fixture->scratch.path, nth);

    enum killed killed = killed_at(nth, open_for_the_first_time, path);
    struct store *store = killed == KILLED_CANNOT ? NULL : store_try(path, &failure, &error);

    if (killed != KILLED_CANNOT && store == NULL)
        fail_msg("killed at stop %u: %s", nth, error.detail);
    if (store != NULL) {
        ns_insert(store_writer(store), 1, BYTES("default"));
        assert_int_equal(db_failure(store_writer(store)), DB_FINE);
    }
    store_close(store);
    return killed;
}

/* Files stay small, so that hundreds of starts do not write hundreds of reserves. */
static void limit_files(rlim_t bytes)
{
    struct rlimit limit;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void a_first_start_may_be_killed_at_any_system_call(void **state)
{
    struct store_fixture *fixture = *state;
    unsigned nth = 1;
    enum killed killed = KILLED;

    /* An entry and an exit differ only in whether the call was made: the next entry sees that, too.
     */
    limit_files(4 << 20);
    for (; killed == KILLED && nth < 10000; nth += 2)
        killed = survive_kill(fixture, nth);
    limit_files(RLIM_INFINITY);
    if (killed == KILLED_CANNOT)
        skip();
    assert_int_equal(killed, KILLED_NOT);
    assert_true(nth > 100);
}

#define WITH_STORE(test)                                                                           \
    cmocka_unit_test_setup_teardown(test, store_fixture_setup, store_fixture_teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WITH_STORE(what_was_committed_is_there_after_a_restart),
        WITH_STORE(the_folder_is_for_its_owner_only),
        WITH_STORE(a_second_broker_is_locked_out),
        WITH_STORE(a_store_of_a_later_version_is_left_as_it_is),
        WITH_STORE(a_file_that_is_no_database_is_left_as_it_is),
        WITH_STORE(an_empty_file_becomes_a_store),
        WITH_STORE(the_folder_may_be_a_link_but_not_the_file),
        cmocka_unit_test(stores_in_memory_of_one_name_share_and_need_no_folder),
        WITH_STORE(the_reserve_is_kept_from_the_start_and_can_be_given_up),
        WITH_STORE(a_reader_of_a_store_that_is_gone_is_refused),
        WITH_STORE(a_first_start_may_be_killed_at_any_system_call),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
