/* Beside: the broker's own settings say where a health check asks. */
#include "beside.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void expect(const char *health, const char *listen, const char *cert, const char *url)
{
    struct arena *arena = arena_new();

    assert_return_code(setenv("SLUICE_HEALTH_LISTEN", health, 1), 0);
    assert_return_code(setenv("SLUICE_LISTEN", listen, 1), 0);
    assert_return_code(setenv("SLUICE_TLS_CERT", cert, 1), 0);
    assert_string_equal(beside_url(arena), url);
    arena_free(arena);
}

static void the_listening_address_is_asked(void **state)
{
    (void)state;
    expect("", "", "", "http://127.0.0.1:8080");
    expect("", "127.0.0.1:9000", "", "http://127.0.0.1:9000");
    expect("", "10.1.2.3:80", "", "http://10.1.2.3:80");
    expect("", "[fe80::1]:80", "", "http://[fe80::1]:80");
}

static void an_address_for_all_is_asked_on_loopback(void **state)
{
    (void)state;
    expect("", "0.0.0.0:8080", "", "http://127.0.0.1:8080");
    expect("", "[::]:8080", "", "http://[::1]:8080");
    expect("", "10.0.0.0:8080", "", "http://10.0.0.0:8080");
}

static void a_certificate_means_https_but_not_for_the_second_address(void **state)
{
    (void)state;
    expect("", "0.0.0.0:8443", "/run/secrets/cert", "https://127.0.0.1:8443");
    expect("0.0.0.0:9090", "0.0.0.0:8443", "/run/secrets/cert", "http://127.0.0.1:9090");
}

static void a_certificate_is_wanted_where_the_broker_is_asked_with_tls(void **state)
{
    (void)state;
    expect("", "0.0.0.0:8443", "/run/secrets/cert", "https://127.0.0.1:8443");
    assert_false(beside_wants_certificate());
    assert_return_code(setenv("SLUICE_TLS_CLIENT_CA", "/run/secrets/ca", 1), 0);
    assert_true(beside_wants_certificate());
    assert_return_code(setenv("SLUICE_HEALTH_LISTEN", "0.0.0.0:9090", 1), 0);
    assert_false(beside_wants_certificate());
    assert_return_code(unsetenv("SLUICE_TLS_CLIENT_CA"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_listening_address_is_asked),
        cmocka_unit_test(an_address_for_all_is_asked_on_loopback),
        cmocka_unit_test(a_certificate_means_https_but_not_for_the_second_address),
        cmocka_unit_test(a_certificate_is_wanted_where_the_broker_is_asked_with_tls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
