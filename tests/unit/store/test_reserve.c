/* Reserve: it holds real space, and gives it back. */
#include "reserve.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "scratch.h"

struct kept {
    struct scratch scratch;
    struct folder folder;
};

static int make(void **state)
{
    struct kept *kept = mem_alloc(sizeof(*kept));
    enum db_failure failure;
    struct error error;

    scratch_make(&kept->scratch);
    *state = kept;
    return folder_open(&kept->folder, scratch_path(&kept->scratch, "data"), &failure, &error) ? 0
                                                                                              : -1;
}

static int unmake(void **state)
{
    struct kept *kept = *state;

    folder_close(&kept->folder);
    scratch_remove(&kept->scratch);
    free(kept);
    return 0;
}

static void a_reserve_takes_real_blocks_and_gives_them_back(void **state)
{
    struct kept *kept = *state;
    struct stat status;

    assert_false(reserve_is_kept(&kept->folder));
    assert_true(reserve_keep(&kept->folder));
    assert_true(reserve_is_kept(&kept->folder));
    assert_int_equal(stat(scratch_path(&kept->scratch, "data/RESERVE"), &status), 0);
    assert_true((int64_t)status.st_blocks * 512 >= RESERVE_BYTES);
    reserve_release(&kept->folder);
    assert_false(reserve_is_kept(&kept->folder));
    assert_false(scratch_has(&kept->scratch, "data/RESERVE"));
    reserve_release(&kept->folder);
}

static void keeping_twice_is_keeping_once(void **state)
{
    struct kept *kept = *state;

    assert_true(reserve_keep(&kept->folder));
    assert_true(reserve_keep(&kept->folder));
    assert_true(reserve_is_kept(&kept->folder));
}

static void a_file_with_holes_is_no_reserve_and_is_filled(void **state)
{
    struct kept *kept = *state;

    scratch_write(&kept->scratch, "data/RESERVE", "", 0);
    assert_int_equal(truncate(scratch_path(&kept->scratch, "data/RESERVE"), RESERVE_BYTES), 0);
    assert_false(reserve_is_kept(&kept->folder));
    assert_true(reserve_keep(&kept->folder));
    assert_true(reserve_is_kept(&kept->folder));
}

static void a_link_in_its_place_is_not_followed(void **state)
{
    struct kept *kept = *state;

    assert_int_equal(symlink("../victim", scratch_path(&kept->scratch, "data/RESERVE")), 0);
    assert_false(reserve_keep(&kept->folder));
    assert_false(scratch_has(&kept->scratch, "victim"));
}

/* A limit on file sizes stands for the full disk. */
static void where_there_is_no_room_nothing_is_left_behind(void **state)
{
    struct kept *kept = *state;
    struct rlimit before, tight;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    tight = (struct rlimit){.rlim_cur = 1 << 20, .rlim_max = before.rlim_max};
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);

    bool is_kept = reserve_keep(&kept->folder);

    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_false(is_kept);
    assert_false(scratch_has(&kept->scratch, "data/RESERVE"));
}

#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, make, unmake)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WITH_FOLDER(a_reserve_takes_real_blocks_and_gives_them_back),
        WITH_FOLDER(keeping_twice_is_keeping_once),
        WITH_FOLDER(a_file_with_holes_is_no_reserve_and_is_filled),
        WITH_FOLDER(a_link_in_its_place_is_not_followed),
        WITH_FOLDER(where_there_is_no_room_nothing_is_left_behind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
