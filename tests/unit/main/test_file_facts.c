/* File facts: who may do what with a file, and when it was changed. */
#include "file_facts.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static void modes_and_times_are_told(void **state)
{
    char path[] = "/tmp/sluice-facts-XXXXXX";
    int fd = mkstemp(path);
    const struct timespec times[2] = {{.tv_sec = 1000}, {.tv_sec = 1000, .tv_nsec = 250000000}};
    struct file_facts facts;

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(futimens(fd, times), 0);
    assert_int_equal(fchmod(fd, 0640), 0);
    assert_true(file_facts_read(path, &facts));
    assert_false(facts.is_for_anybody);
    assert_int_equal(facts.modified_at_ms, 1000250);
    assert_int_equal(fchmod(fd, 0644), 0);
    assert_true(file_facts_read(path, &facts) && facts.is_for_anybody);
    assert_int_equal(close(fd), 0);
    assert_int_equal(unlink(path), 0);
    assert_false(file_facts_read(path, &facts));
    assert_int_equal(facts.modified_at_ms, -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(modes_and_times_are_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
