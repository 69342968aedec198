/* Resources: the data folder is made for its owner only, and files leave room for the broker's own.
 */
#include "resources.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static void folders_are_made_for_their_owner_only(void **state)
{
    char top[] = "/tmp/sluice-folder-XXXXXX";
    char path[64];
    struct stat stat_of;
    struct error error;

    (void)state;
    assert_non_null(mkdtemp(top));
    (void)snprintf(path, sizeof(path), "%s/a/b//", top);
    assert_int_equal(resources_make_folder(path, &error), OK);
    assert_int_equal(resources_make_folder(path, &error), OK);

    assert_int_equal(stat(path, &stat_of), 0);
    assert_int_equal(stat_of.st_mode & 07777, 0700);
    assert_int_equal(rmdir(path), 0);
    path[strlen(top) + 2] = '\0';
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(rmdir(top), 0);
}

static void a_file_in_the_way_is_refused(void **state)
{
    char path[] = "/tmp/sluice-file-XXXXXX";
    char below[64];
    int fd = mkstemp(path);
    struct error error;

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(close(fd), 0);
    (void)snprintf(below, sizeof(below), "%s/x", path);
    assert_int_not_equal(resources_make_folder(path, &error), OK);
    assert_int_not_equal(resources_make_folder(below, &error), OK);
    assert_int_not_equal(resources_make_folder("", &error), OK);
    assert_int_equal(unlink(path), 0);
}

static void connections_leave_files_for_the_broker(void **state)
{
    (void)state;
    assert_int_equal(resources_connections(1024, 100), 100);
    assert_int_equal(resources_connections(1024, 16384), 960);
    assert_int_equal(resources_connections(10, 16384), 64);
    assert_true(resources_raise_files() >= 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folders_are_made_for_their_owner_only),
        cmocka_unit_test(a_file_in_the_way_is_refused),
        cmocka_unit_test(connections_leave_files_for_the_broker),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
