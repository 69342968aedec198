/* Ceiling: control groups are found in either form, and what fits below a limit is in proportion.
 */
#include "ceiling.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

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
    assert_int_equal(ceiling_bodies(INT64_MAX, 256 * MIB), 256 * MIB);
    assert_int_equal(ceiling_bodies(512 * MIB, 256 * MIB), 128 * MIB);
    assert_int_equal(ceiling_bodies(16 * MIB, 256 * MIB), 8 * MIB);
    assert_int_equal(ceiling_bodies(16 * MIB, 1 * MIB), 1 * MIB);
}

static void there_is_a_ceiling(void **state)
{
    (void)state;
    assert_true(ceiling_read() > 16 * MIB);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_group_is_found),
        cmocka_unit_test(connections_fill_at_most_half),
        cmocka_unit_test(bodies_fill_at_most_a_quarter),
        cmocka_unit_test(there_is_a_ceiling),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
