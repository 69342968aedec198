/* Listen: loopback is told from other addresses, and what is no address is refused. */
#include "listen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void loopback_is_known(void **state)
{
    static const char *const addresses[] = {"127.0.0.1:8080", "127.9.9.9:0", "localhost:1",
                                            "[::1]:65535"};
    struct error error;
    bool is_loopback;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(addresses); i++) {
        assert_int_equal(listen_read("listen", addresses[i], &is_loopback, &error), OK);
        assert_true(is_loopback);
    }
}

static void other_addresses_are_told_from_it(void **state)
{
    static const char *const addresses[] = {"0.0.0.0:8080", "10.0.0.1:80", "[::]:80",
                                            "[fe80::1]:80", "[::ffff:10.0.0.1]:80"};
    struct error error;
    bool is_loopback;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(addresses); i++) {
        assert_int_equal(listen_read("listen", addresses[i], &is_loopback, &error), OK);
        assert_false(is_loopback);
    }
}

static void what_is_no_address_is_refused(void **state)
{
    static const char *const addresses[] = {
        "",           "8080",          ":8080",           "127.0.0.1",
        "127.0.0.1:", "127.0.0.1:x",   "127.0.0.1:65536", "::1:80",
        "[::1]",      "[127.0.0.1]:1", "example.org:80",  "127.0.0.1:-1"};
    struct error error;
    bool is_loopback;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(addresses); i++) {
        assert_int_equal(listen_read("health_listen", addresses[i], &is_loopback, &error),
                         ERR_INVALID_FIELD);
        assert_string_equal(error.where, "health_listen");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loopback_is_known),
        cmocka_unit_test(other_addresses_are_told_from_it),
        cmocka_unit_test(what_is_no_address_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
