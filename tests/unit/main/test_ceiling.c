/* Ceiling: control groups are found in either form, and what fits below a limit is in proportion.
 */
#include "ceiling.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#define MIB (INT64_C(1) << 20)

static void a_group_is_found(void **state)
{
    struct bytes unified = BYTES("0::/system.slice/sluice.service");
    struct bytes first = BYTES("12:pids:/a\n4:cpu,memory:/docker/abc\n1:name=systemd:/b\n0::/c");

    (void)state;
    assert_true(bytes_is(ceiling_group(unified, ""), "/system.slice/sluice.service"));
    assert_null(ceiling_group(unified, "memory").at);
    assert_true(bytes_is(ceiling_group(first, "memory"), "/docker/abc"));
    assert_true(bytes_is(ceiling_group(first, "pids"), "/a"));
    assert_true(bytes_is(ceiling_group(first, ""), "/c"));
    assert_null(ceiling_group(BYTES("4:mem"), "mem").at);
    assert_null(ceiling_group(BYTES("::\n\n:"), "memory").at);
    assert_null(ceiling_group(BYTES_NONE, "").at);
}

static void groups_around_it_count_too(void **state)
{
    (void)state;
    assert_true(bytes_is(ceiling_parent(BYTES("/a/b")), "/a"));
    assert_true(bytes_is(ceiling_parent(BYTES("/a")), ""));
    assert_true(bytes_is(ceiling_parent(BYTES("/")), ""));
    assert_true(bytes_is(ceiling_parent(BYTES("")), ""));
}

static void connections_fill_at_most_half(void **state)
{
    (void)state;
    assert_int_equal(ceiling_connections(INT64_MAX, 16384), 16384);
    assert_int_equal(ceiling_connections(2048 * MIB, 16384), 16384);
    assert_int_equal(ceiling_connections(512 * MIB, 16384), 6553);
    assert_int_equal(ceiling_connections(512 * MIB, 100), 100);
    assert_int_equal(ceiling_connections(1 * MIB, 16384), 64);
    assert_int_equal(ceiling_connections(1 * MIB, 16), 16);
}

static void bodies_fill_at_most_a_quarter(void **state)
{
    (void)state;
    assert_int_equal(ceiling_bodies(INT64_MAX, 256 * MIB, 4 * MIB), 256 * MIB);
    assert_int_equal(ceiling_bodies(512 * MIB, 256 * MIB, 4 * MIB), 128 * MIB);
    assert_int_equal(ceiling_bodies(16 * MIB, 256 * MIB, 4 * MIB), 8 * MIB);
    assert_int_equal(ceiling_bodies(16 * MIB, 256 * MIB, 64 * MIB), 64 * MIB);
    assert_int_equal(ceiling_bodies(16 * MIB, 1 * MIB, 1 * MIB), 1 * MIB);
}

static void it_is_no_more_than_the_machine_has(void **state)
{
    int64_t machine = (int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);

    (void)state;
    assert_in_range(ceiling_read(), 1, machine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_group_is_found),
        cmocka_unit_test(groups_around_it_count_too),
        cmocka_unit_test(connections_fill_at_most_half),
        cmocka_unit_test(bodies_fill_at_most_a_quarter),
        cmocka_unit_test(it_is_no_more_than_the_machine_has),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
