/* Config: who wins, who is named in a refusal, and what nothing reads. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define NO_ENVIRONMENT ((char *[]){NULL})

static const char *write_file(char path[], const char *text)
{
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (int)strlen(text));
    assert_int_equal(close(fd), 0);
    return path;
}

static enum err read_args(struct config_args *args, char *flag, char *value, struct error *error)
{
    char command[] = "serve";
    char *argv[] = {command, flag, value, NULL};

    return config_args_read(args, value != NULL ? 3 : 2, argv, false, error);
}

static void defaults_stand_when_nothing_is_said(void **state)
{
    struct config_args args = {0};
    struct config config;
    struct error error;

    (void)state;
    assert_int_equal(config_load(&config, &args, NO_ENVIRONMENT, &error), OK);

    assert_string_equal(config_text(&config, KNOB_LISTEN), "127.0.0.1:8080");
    assert_int_equal(config_number(&config, KNOB_DRAIN_TIMEOUT), 8000);
    assert_int_equal(config_number(&config, KNOB_HEAD_MAX), 16384);
    assert_int_equal(config_choice(&config, KNOB_LOG_LEVEL), 1);
    assert_int_equal(config.values[KNOB_DATA].origin, CONFIG_DEFAULT);
    config_fini(&config);
}

static void a_flag_wins_over_the_environment_and_that_over_the_file(void **state)
{
    char path[] = "/tmp/sluice-config-XXXXXX";
    char data_variable[] = "SLUICE_DATA=from-env";
    char drain_variable[] = "SLUICE_DRAIN_TIMEOUT=2s";
    char *environment[] = {data_variable, drain_variable, NULL};
    struct config_args args = {.flags = {[KNOB_DRAIN_TIMEOUT] = "3s"}};
    struct config config;
    struct error error;

    (void)state;
    args.file = write_file(path, "data = \"from-file\"\ndrain_timeout = 1\nlisten = \"[::1]:0\"\n");
    assert_int_equal(config_load(&config, &args, environment, &error), OK);

    assert_string_equal(config_text(&config, KNOB_LISTEN), "[::1]:0");
    assert_int_equal(config.values[KNOB_LISTEN].line, 3);
    assert_string_equal(config_text(&config, KNOB_DATA), "from-env");
    assert_int_equal(config_number(&config, KNOB_DRAIN_TIMEOUT), 3000);
    assert_int_equal(config.values[KNOB_DRAIN_TIMEOUT].origin, CONFIG_FLAG);
    config_fini(&config);
    assert_int_equal(unlink(path), 0);
}

static void the_environment_can_name_the_file(void **state)
{
    char path[] = "/tmp/sluice-config-XXXXXX";
    char variable[64];
    char *environment[] = {variable, NULL};
    struct config_args args = {0};
    struct config config;
    struct error error;

    (void)state;
    (void)snprintf(variable, sizeof(variable), "SLUICE_CONFIG=%s",
                   write_file(path, "[http]\nparked_max = 7\n"));
    assert_int_equal(config_load(&config, &args, environment, &error), OK);

    assert_int_equal(config_number(&config, KNOB_PARKED_MAX), 7);
    config_fini(&config);
    assert_int_equal(unlink(path), 0);
}

static void a_wrong_line_of_the_file_is_named(void **state)
{
    char path[] = "/tmp/sluice-config-XXXXXX";
    char where[64];
    struct config_args args = {0};
    struct config config;
    struct error error;

    (void)state;
    args.file = write_file(path, "# first\ndrain_timout = 1\n");
    (void)snprintf(where, sizeof(where), "%s:2:1", path);
    assert_int_equal(config_load(&config, &args, NO_ENVIRONMENT, &error), ERR_UNKNOWN_MEMBER);

    assert_string_equal(error.where, where);
    assert_non_null(strstr(error.detail, "did you mean drain_timeout?"));
    config_fini(&config);
    assert_int_equal(unlink(path), 0);
}

static void ranges_that_are_none_are_refused(void **state)
{
    struct config_args args = {.flags = {[KNOB_PUSH_ALLOW] = "10.0.0.0/33"}};
    struct config config;
    struct error error;

    (void)state;
    assert_int_equal(config_load(&config, &args, NO_ENVIRONMENT, &error), ERR_INVALID_FIELD);

    assert_string_equal(error.where, "push_allow");
    config_fini(&config);
}

static void heartbeats_must_be_more_frequent_than_losses(void **state)
{
    struct config_args args = {.flags = {[KNOB_HEARTBEAT] = "15s"}};
    struct config config;
    struct error error;

    (void)state;
    assert_int_equal(config_load(&config, &args, NO_ENVIRONMENT, &error), ERR_INVALID_FIELD);

    assert_string_equal(error.where, "heartbeat");
    config_fini(&config);
}

/* What is set beside the defaults, and the setting that is refused; NULL: none is. */
static void settings_that_belong_together_are_checked(void **state)
{
    static const struct together {
        struct config_args args;
        const char *where;
    } together[] = {
        {{.flags = {[KNOB_TLS_CERT] = "c"}}, "tls_key"},
        {{.flags = {[KNOB_TLS_KEY] = "k"}}, "tls_cert"},
        {{.flags = {[KNOB_TLS_CLIENT_CA] = "ca"}}, "tls_client_ca"},
        {{.flags = {[KNOB_TLS_CERT] = "c", [KNOB_TLS_KEY] = "k", [KNOB_TLS_CLIENT_CA] = "ca"}},
         NULL},
        {{.flags = {[KNOB_LISTEN] = "0.0.0.0:80", [KNOB_REQUIRE_TLS] = "true"}}, "require_tls"},
        {{.flags = {[KNOB_HEALTH_LISTEN] = "[::]:80", [KNOB_REQUIRE_TLS] = "true"}}, "require_tls"},
        {{.flags = {[KNOB_HEALTH_LISTEN] = "[::]:80",
                    [KNOB_REQUIRE_TLS] = "true",
                    [KNOB_TLS_CERT] = "c",
                    [KNOB_TLS_KEY] = "k"}},
         "require_tls"},
        {{.flags = {[KNOB_HEALTH_LISTEN] = "[::1]:80",
                    [KNOB_LISTEN] = "0.0.0.0:80",
                    [KNOB_REQUIRE_TLS] = "true",
                    [KNOB_TLS_CERT] = "c",
                    [KNOB_TLS_KEY] = "k"}},
         NULL},
        {{.flags = {[KNOB_LISTEN] = "0.0.0.0:80"}}, NULL},
        {{.flags = {[KNOB_ALLOWED_HOSTS] = "https://x"}}, "allowed_hosts"},
        {{.flags = {[KNOB_ALLOWED_HOSTS] = "x:80, y"}}, NULL},
        {{.flags = {[KNOB_HEALTH_LISTEN] = "80"}}, "health_listen"},
        {{.flags = {[KNOB_TRUSTED_PROXY] = "10.0.0.0/33"}}, "trusted_proxy"},
        {{.flags = {[KNOB_TRUSTED_PROXY] = "10.0.0.0/8,::1/128"}}, NULL},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(together); i++) {
        struct config config;
        struct error error = {0};
        enum err err = config_load(&config, &together[i].args, NO_ENVIRONMENT, &error);

        assert_int_equal(err == OK, together[i].where == NULL);
        if (together[i].where != NULL)
            assert_string_equal(error.where, together[i].where);
        config_fini(&config);
    }
}

static void loopback_only_counts_every_address(void **state)
{
    static const struct reach {
        struct config_args args;
        bool is_loopback_only;
    } reaches[] = {
        {{.flags = {NULL}}, true},
        {{.flags = {[KNOB_HEALTH_LISTEN] = "[::1]:81"}}, true},
        {{.flags = {[KNOB_HEALTH_LISTEN] = "0.0.0.0:81"}}, false},
        {{.flags = {[KNOB_LISTEN] = "10.0.0.1:80"}}, false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(reaches); i++) {
        struct config config;
        struct error error;

        assert_int_equal(config_load(&config, &reaches[i].args, NO_ENVIRONMENT, &error), OK);
        assert_int_equal(config_is_loopback_only(&config), reaches[i].is_loopback_only);
        config_fini(&config);
    }
}

static void a_switch_is_on_by_its_flag_alone(void **state)
{
    char alone[] = "--allow-root";
    char off[] = "--allow-root=false";
    char other[] = "--core-dumps";
    struct config_args args;
    struct config config;
    struct error error;

    (void)state;
    assert_int_equal(read_args(&args, alone, other, &error), OK);
    assert_int_equal(config_load(&config, &args, NO_ENVIRONMENT, &error), OK);
    assert_true(config_switch(&config, KNOB_ALLOW_ROOT));
    assert_true(config_switch(&config, KNOB_CORE_DUMPS));
    assert_false(config_switch(&config, KNOB_INSECURE_NO_AUTH));
    config_fini(&config);
    assert_int_equal(read_args(&args, off, NULL, &error), OK);
    assert_int_equal(config_load(&config, &args, NO_ENVIRONMENT, &error), OK);
    assert_false(config_switch(&config, KNOB_ALLOW_ROOT));
    config_fini(&config);
}

static void wrong_flags_are_usage_errors(void **state)
{
    static char wrong[][24] = {"--drain-timout", "--listen", "--help=yes", "word", "--"};
    struct config_args args;
    struct error error;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        assert_int_not_equal(read_args(&args, wrong[i], NULL, &error), OK);
    assert_int_not_equal(read_args(&args, wrong[0], wrong[3], &error), OK);
    assert_non_null(strstr(error.detail, "did you mean --drain-timeout?"));
}

static void a_flag_takes_its_value_either_way(void **state)
{
    char apart[] = "--data";
    char together[] = "--data=there";
    char value[] = "there";
    struct config_args args;
    struct error error;

    (void)state;
    assert_int_equal(read_args(&args, apart, value, &error), OK);
    assert_string_equal(args.flags[KNOB_DATA], "there");
    assert_int_equal(read_args(&args, together, NULL, &error), OK);
    assert_string_equal(args.flags[KNOB_DATA], "there");
}

static void unknown_variables_are_found_and_those_of_others_left_alone(void **state)
{
    char known[] = "SLUICE_LISTEN=x";
    char client[] = "SLUICE_URL=http://x";
    char namespace[] = "SLUICE_NS=a";
    char trust[] = "SLUICE_CA_FILE=ca.pem";
    char foreign[] = "PATH=/bin";
    char unknown[] = "SLUICE_LISTN=x";
    char *environment[] = {known, client, namespace, trust, foreign, unknown, NULL};
    struct bytes name;
    size_t at = 0;

    (void)state;
    assert_true(config_unknown_env(environment, &at, &name));
    assert_true(bytes_is(name, "SLUICE_LISTN"));
    assert_false(config_unknown_env(environment, &at, &name));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_stand_when_nothing_is_said),
        cmocka_unit_test(a_flag_wins_over_the_environment_and_that_over_the_file),
        cmocka_unit_test(the_environment_can_name_the_file),
        cmocka_unit_test(a_wrong_line_of_the_file_is_named),
        cmocka_unit_test(ranges_that_are_none_are_refused),
        cmocka_unit_test(heartbeats_must_be_more_frequent_than_losses),
        cmocka_unit_test(settings_that_belong_together_are_checked),
        cmocka_unit_test(loopback_only_counts_every_address),
        cmocka_unit_test(a_switch_is_on_by_its_flag_alone),
        cmocka_unit_test(wrong_flags_are_usage_errors),
        cmocka_unit_test(a_flag_takes_its_value_either_way),
        cmocka_unit_test(unknown_variables_are_found_and_those_of_others_left_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
