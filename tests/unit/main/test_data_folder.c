/* Data folder: made for its owner only, closed to others, refused where it cannot be trusted. */
#include "data_folder.h"

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
    assert_int_equal(data_folder_make(path, &error), OK);
    assert_int_equal(data_folder_make(path, &error), OK);

    assert_int_equal(stat(path, &stat_of), 0);
    assert_int_equal(stat_of.st_mode & 07777, 0700);
    assert_int_equal(rmdir(path), 0);
    path[strlen(top) + 2] = '\0';
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(rmdir(top), 0);
}

static void an_open_folder_of_ours_is_closed(void **state)
{
    char top[] = "/tmp/sluice-folder-XXXXXX";
    struct stat stat_of;
    struct error error;

    (void)state;
    assert_non_null(mkdtemp(top));
    assert_int_equal(chmod(top, 0755), 0);
    assert_int_equal(data_folder_make(top, &error), OK);

    assert_int_equal(stat(top, &stat_of), 0);
    assert_int_equal(stat_of.st_mode & 07777, 0700);
    assert_int_equal(rmdir(top), 0);
}

static void a_foreign_folder_is_refused_and_left_as_it_is(void **state)
{
    char top[] = "/tmp/sluice-folder-XXXXXX";
    struct stat stat_of;
    struct error error;

    (void)state;
    if (geteuid() != 0)
        skip();
    assert_non_null(mkdtemp(top));
    assert_int_equal(chmod(top, 0755), 0);
    assert_int_equal(chown(top, 4711, 4711), 0);
    assert_int_equal(data_folder_make(top, &error), ERR_FORBIDDEN);

    assert_non_null(strstr(error.detail, "belongs to user 4711"));
    assert_int_equal(stat(top, &stat_of), 0);
    assert_int_equal(stat_of.st_mode & 07777, 0755);
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
    assert_int_equal(data_folder_make(path, &error), ERR_STORE_UNAVAILABLE);
    assert_int_not_equal(data_folder_make(below, &error), OK);
    assert_int_not_equal(data_folder_make("", &error), OK);
    assert_int_equal(unlink(path), 0);
}

static void a_look_makes_nothing_and_says_whose_it_is(void **state)
{
    char top[] = "/tmp/sluice-folder-XXXXXX";
    char path[64];
    unsigned owner = 1;
    struct stat stat_of;
    struct error error;

    (void)state;
    assert_non_null(mkdtemp(top));
    (void)snprintf(path, sizeof(path), "%s/a/b", top);
    assert_int_equal(data_folder_check(path, &owner, &error), OK);
    assert_int_equal(owner, geteuid());
    assert_int_not_equal(stat(path, &stat_of), 0);
    assert_int_equal(data_folder_check(top, &owner, &error), OK);
    assert_int_not_equal(data_folder_check("/dev/null", &owner, &error), OK);
    assert_int_not_equal(data_folder_check("/dev/null/data", &owner, &error), OK);
    if (geteuid() == 0) {
        assert_int_equal(chown(top, 4711, 4711), 0);
        assert_int_equal(data_folder_check(top, &owner, &error), OK);
        assert_int_equal(owner, 4711);
    }
    assert_int_equal(rmdir(top), 0);
}

static void disks_that_do_not_keep_their_word_are_known(void **state)
{
    static const struct {
        unsigned type;
        const char *name;
    } unsafe[] = {{0x6969, "NFS"},     {0xff534d42, "CIFS"}, {0xfe534d42, "SMB"},
                  {0x517b, "SMB"},     {0x01021997, "9p"},   {0x65735546, "FUSE"},
                  {0x5346414f, "AFS"}, {0x00c36400, "Ceph"}, {0x0bd00bd0, "Lustre"}};
    static const unsigned safe[] = {0xef53,     0x58465342, 0x9123683e,
                                    0x01021994, 0x794c7630, 0x2fc12fc1};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(unsafe); i++)
        assert_string_equal(data_folder_unsafe_disk(unsafe[i].type), unsafe[i].name);
    for (size_t i = 0; i < ARRAY_LEN(safe); i++)
        assert_null(data_folder_unsafe_disk(safe[i]));
}

static void the_disk_is_that_of_the_nearest_folder_above(void **state)
{
    static const char *const inside[] = {"/proc", "/proc/not/there/yet/", "/proc//not-there//"};
    static const char *const here[] = {"./not-there", "not-there", "not/there"};
    enum { PROC_TYPE = 0x9fa0 };
    unsigned type, own;
    struct error error;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(inside); i++) {
        assert_true(data_folder_disk(inside[i], &type));
        assert_int_equal(type, PROC_TYPE);
    }
    assert_true(data_folder_disk(".", &own));
    for (size_t i = 0; i < ARRAY_LEN(here); i++) {
        assert_true(data_folder_disk(here[i], &type));
        assert_int_equal(type, own);
    }
    assert_int_equal(data_folder_check_disk("/proc/not/there", &error), OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folders_are_made_for_their_owner_only),
        cmocka_unit_test(an_open_folder_of_ours_is_closed),
        cmocka_unit_test(a_foreign_folder_is_refused_and_left_as_it_is),
        cmocka_unit_test(a_file_in_the_way_is_refused),
        cmocka_unit_test(a_look_makes_nothing_and_says_whose_it_is),
        cmocka_unit_test(disks_that_do_not_keep_their_word_are_known),
        cmocka_unit_test(the_disk_is_that_of_the_nearest_folder_above),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
