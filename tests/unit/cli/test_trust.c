/* Trust: which file of authorities counts, and what is advised. */
#include "trust.h"

#include "commands.h"
#include "exit_code.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int trust_with(const char *name, const char *value, struct trust *ret_trust)
{
    char *args[] = {(char *)(uintptr_t)name, (char *)(uintptr_t)value, NULL};
    struct options *options = NULL;
    int exit_code;

    assert_int_equal(options_parse(&command_queue_list, name != NULL ? 2 : 0, args, &options),
                     OPTIONS_READY);
    exit_code = trust_of(options, ret_trust);
    options_free(options);
    return exit_code;
}

static void clear(void)
{
    static const char *const names[] = {"SLUICE_CA_FILE", "SLUICE_CERT_FILE", "SLUICE_KEY_FILE",
                                        "CURL_CA_BUNDLE", "SSL_CERT_FILE"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        assert_return_code(unsetenv(names[i]), 0);
}

static void the_nearest_file_of_authorities_counts(void **state)
{
    struct trust trust;

    (void)state;
    clear();
    assert_int_equal(trust_with(NULL, NULL, &trust), EXIT_CODE_OK);
    assert_null(trust.ca_file);
    assert_return_code(setenv("SSL_CERT_FILE", "/dev/null", 1), 0);
    assert_int_equal(trust_with(NULL, NULL, &trust), EXIT_CODE_OK);
    assert_string_equal(trust.ca_file, "/dev/null");
    assert_int_equal(trust_with("--ca-file", "/dev/zero", &trust), EXIT_CODE_OK);
    assert_string_equal(trust.ca_file, "/dev/zero");
}

static void a_file_of_others_that_is_gone_does_not_matter(void **state)
{
    struct trust trust;

    (void)state;
    clear();
    assert_return_code(setenv("SSL_CERT_FILE", "/no/such/file", 1), 0);
    assert_int_equal(trust_with(NULL, NULL, &trust), EXIT_CODE_OK);
    assert_null(trust.ca_file);
    assert_int_equal(trust_with("--ca-file", "/no/such/file", &trust), EXIT_CODE_FAILURE);
    assert_int_equal(trust_with("--key-file", "/dev/null", &trust), EXIT_CODE_USAGE);
}

static void advice_is_about_what_is_missing(void **state)
{
    struct trust trust = {.cert_file = NULL};

    (void)state;
    assert_null(trust_advice(&trust, TRUST_HELD));
    assert_non_null(strstr(trust_advice(&trust, TRUST_NOT_SIGNED), "--ca-file"));
    assert_non_null(strstr(trust_advice(&trust, TRUST_WAS_REFUSED), "SLUICE_CERT_FILE"));
    trust.cert_file = "c";
    assert_null(strstr(trust_advice(&trust, TRUST_WAS_REFUSED), "SLUICE_CERT_FILE"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_nearest_file_of_authorities_counts),
        cmocka_unit_test(a_file_of_others_that_is_gone_does_not_matter),
        cmocka_unit_test(advice_is_about_what_is_missing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
