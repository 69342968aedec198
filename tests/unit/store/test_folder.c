/* Folder: who may look into it, and that one process at a time holds it. */
#include "folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "scratch.h"

static int make(void **state)
{
    *state = mem_alloc(sizeof(struct scratch));
    scratch_make(*state);
    return 0;
}

static int unmake(void **state)
{
    scratch_remove(*state);
    free(*state);
    return 0;
}

static bool try_open(struct folder *folder, const char *path, enum db_failure *ret_failure)
{
    struct error error;

    *ret_failure = DB_FINE;
    return folder_open(folder, path, ret_failure, &error);
}

static void a_new_folder_is_for_its_owner_only(void **state)
{
    const char *path = scratch_path(*state, "data");
    struct folder folder;
    struct stat status;
    enum db_failure failure;
    mode_t mask = umask(0);

    assert_true(try_open(&folder, path, &failure));
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0700);
    assert_int_equal(stat(scratch_path(*state, "data/LOCK"), &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    folder_close(&folder);
    (void)umask(mask);
}

static void a_folder_that_is_there_is_taken_as_it_is(void **state)
{
    const char *path = scratch_path(*state, "data");
    struct folder folder;
    struct stat status;
    enum db_failure failure;

    assert_int_equal(mkdir(path, 0750), 0);
    assert_int_equal(chmod(path, 0750), 0);
    assert_true(try_open(&folder, path, &failure));
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0750);
    folder_close(&folder);
}

static void the_second_holder_is_locked_out_until_the_first_leaves(void **state)
{
    const char *path = scratch_path(*state, "data");
    struct folder first, second;
    enum db_failure failure;

    assert_true(try_open(&first, path, &failure));
    assert_false(try_open(&second, path, &failure));
    assert_int_equal(failure, DB_LOCKED);
    folder_close(&second);
    assert_false(try_open(&second, path, &failure)); /* a refused one takes no lock away */
    folder_close(&second);
    folder_close(&first);
    assert_true(try_open(&second, path, &failure));
    folder_close(&second);
}

static void the_lock_names_its_holder(void **state)
{
    struct folder folder;
    enum db_failure failure;
    char text[32] = "", expected[32];

    assert_true(try_open(&folder, scratch_path(*state, "data"), &failure));

    FILE *file = fopen(scratch_path(*state, "data/LOCK"), "r");

    assert_non_null(file);
    assert_non_null(fgets(text, sizeof(text), file));
    (void)fclose(file);
    (void)snprintf(expected, sizeof(expected), "%d\n", (int)getpid());
    assert_string_equal(text, expected);
    folder_close(&folder);
}

static void a_path_that_cannot_be_a_folder_is_refused(void **state)
{
    struct folder folder;
    enum db_failure failure;
    char long_path[5000];

    scratch_write(*state, "file", "", 0);
    assert_false(try_open(&folder, scratch_path(*state, "file"), &failure));
    assert_int_equal(failure, DB_IO);
    folder_close(&folder);
    assert_false(try_open(&folder, scratch_path(*state, "no/such/parent"), &failure));
    assert_int_equal(failure, DB_IO);
    folder_close(&folder);
    memset(long_path, 'x', sizeof(long_path) - 1);
    long_path[sizeof(long_path) - 1] = '\0';
    assert_false(try_open(&folder, long_path, &failure));
    assert_int_equal(failure, DB_IO);
    folder_close(&folder);
}

static void a_lock_that_leads_elsewhere_is_refused(void **state)
{
    struct folder folder;
    enum db_failure failure;

    assert_int_equal(mkdir(scratch_path(*state, "data"), 0700), 0);
    assert_int_equal(symlink("../victim", scratch_path(*state, "data/LOCK")), 0);
    assert_false(try_open(&folder, scratch_path(*state, "data"), &failure));
    assert_int_equal(failure, DB_IO);
    folder_close(&folder);
    assert_false(scratch_has(*state, "victim"));
}

static void a_linked_folder_is_known_by_its_real_path(void **state)
{
    struct folder folder;
    enum db_failure failure;

    assert_int_equal(mkdir(scratch_path(*state, "disk"), 0700), 0);
    assert_int_equal(symlink("disk", scratch_path(*state, "data")), 0);
    assert_true(try_open(&folder, scratch_path(*state, "data"), &failure));
    assert_string_equal(folder.path, scratch_path(*state, "disk"));
    folder_close(&folder);
}

static void a_folder_can_be_flushed_and_tells_its_free_room(void **state)
{
    struct folder folder;
    enum db_failure failure;
    struct error error;
    char path[256];

    assert_true(try_open(&folder, scratch_path(*state, "data"), &failure));
    assert_true(folder_sync(&folder, &error));
    assert_true(folder_free_bytes(&folder) > 0);
    folder_file(&folder, "name", path, sizeof(path));
    assert_string_equal(path, scratch_path(*state, "data/name"));
    folder_close(&folder);
    assert_false(folder_sync(&folder, &error));
    assert_int_equal(error.code, ERR_STORE_UNAVAILABLE);
    assert_int_equal(folder_free_bytes(&folder), INT64_MAX);
}

#define WITH_SCRATCH(test) cmocka_unit_test_setup_teardown(test, make, unmake)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WITH_SCRATCH(a_new_folder_is_for_its_owner_only),
        WITH_SCRATCH(a_folder_that_is_there_is_taken_as_it_is),
        WITH_SCRATCH(the_second_holder_is_locked_out_until_the_first_leaves),
        WITH_SCRATCH(the_lock_names_its_holder),
        WITH_SCRATCH(a_path_that_cannot_be_a_folder_is_refused),
        WITH_SCRATCH(a_lock_that_leads_elsewhere_is_refused),
        WITH_SCRATCH(a_linked_folder_is_known_by_its_real_path),
        WITH_SCRATCH(a_folder_can_be_flushed_and_tells_its_free_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
