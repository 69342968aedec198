/* Hosts: which names are taken as such. */
#include "hosts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"

static void hosts_with_and_without_a_port_are_taken(void **state)
{
    static const char *const GOOD[] = {
        "",      "tasks.example.org", "a, b:8443 ,10.0.0.7:80",
        "[::1]", "[fe80::1]:443",     "under_score-1",
        "a,,b,",
    };
    struct error error;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(GOOD); i++)
        assert_int_equal(hosts_check("k", GOOD[i], &error), OK);
}

static void anything_else_is_refused_and_named(void **state)
{
    static const char *const BAD[] = {
        "https://x", "x/",   "x/path", "*.example.org", "a b", "::1",         "x:",  "x:http",
        "x:70000",   "[::1", "u@x",    ":80",           "[]",  "a,https://x", "x?y",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(BAD); i++) {
        struct error error = {0};

        if (hosts_check("http.allowed_hosts", BAD[i], &error) == OK)
            fail_msg("taken: %s", BAD[i]);
        assert_string_equal(error.where, "http.allowed_hosts");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hosts_with_and_without_a_port_are_taken),
        cmocka_unit_test(anything_else_is_refused_and_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
