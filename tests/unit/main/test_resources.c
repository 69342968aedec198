/* Resources: files leave room for the broker's own, core dumps are off, a container is known. */
#include "resources.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

static void connections_leave_files_for_the_broker(void **state)
{
    (void)state;
    assert_int_equal(resources_connections(1024, 100), 100);
    assert_int_equal(resources_connections(1024, 16384), 896);
    assert_int_equal(resources_connections(10, 16384), 128);
    assert_true(resources_raise_files() >= 64);
}

static void a_container_is_its_first_process_or_says_so(void **state)
{
    (void)state;
    assert_true(resources_is_container(1, NULL));
    assert_true(resources_is_container(77, "1"));
    assert_false(resources_is_container(77, NULL));
    assert_false(resources_is_container(77, ""));
    assert_false(resources_is_container(77, "0"));
}

static void root_is_refused_in_a_container_only(void **state)
{
    struct error error;

    (void)state;
    assert_int_equal(unsetenv("SLUICE_CONTAINER"), 0);
    assert_int_equal(resources_check_user(false, &error), OK);
    assert_int_equal(setenv("SLUICE_CONTAINER", "1", 1), 0);
    assert_int_equal(resources_check_user(false, &error), geteuid() == 0 ? ERR_FORBIDDEN : OK);
    assert_int_equal(resources_check_user(true, &error), OK);
    assert_int_equal(unsetenv("SLUICE_CONTAINER"), 0);
}

static void core_dumps_are_off_unless_asked_for(void **state)
{
    struct rlimit before, after;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_CORE, &before), 0);
    before.rlim_cur = before.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_CORE, &before), 0);
    resources_set_process(true);
    assert_int_equal(getrlimit(RLIMIT_CORE, &after), 0);
    assert_true(before.rlim_cur == after.rlim_cur);
    resources_set_process(false);
    assert_int_equal(getrlimit(RLIMIT_CORE, &after), 0);
    assert_true(after.rlim_cur == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(connections_leave_files_for_the_broker),
        cmocka_unit_test(a_container_is_its_first_process_or_says_so),
        cmocka_unit_test(root_is_refused_in_a_container_only),
        cmocka_unit_test(core_dumps_are_off_unless_asked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
