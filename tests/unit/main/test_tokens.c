/* Tokens: what comes into the keyring, how a change is counted, and who may be served without any.
 */
#include "tokens.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
    char path[40];
    struct config_args args;
    struct config config;
    struct broker broker;
    struct error error;
};

static void set_up(struct fixture *fixture, const char *listen)
{
    *fixture = (struct fixture){.path = "/tmp/sluice-tokens-XXXXXX"};
    assert_true(close(mkstemp(fixture->path)) == 0);
    fixture->args.flags[KNOB_TOKEN_FILE] = fixture->path;
    fixture->args.flags[KNOB_LISTEN] = listen;
    fixture->args.flags[KNOB_DATA] = "/nowhere";
    assert_int_equal(
        config_load(&fixture->config, &fixture->args, (char *[]){NULL}, &fixture->error), OK);
    fixture->broker.config = &fixture->config;
    fixture->broker.keyring = keyring_new();
}

static void tear_down(struct fixture *fixture)
{
    keyring_free(fixture->broker.keyring);
    config_fini(&fixture->config);
    assert_int_equal(unlink(fixture->path), 0);
}

static enum err read_lines(struct fixture *fixture, const char *lines,
                           struct tokens_change *ret_change)
{
    FILE *file = fopen(fixture->path, "w");

    assert_non_null(file);
    assert_true(fputs(lines, file) >= 0);
    assert_int_equal(fclose(file), 0);
    return tokens_read_file(&fixture->broker, ret_change, &fixture->error);
}

static bool is_known(const struct fixture *fixture, const char *token)
{
    return keyring_match(fixture->broker.keyring, bytes_of(token), 0) != NULL;
}

static void a_change_is_counted(void **state)
{
    struct fixture fixture;
    struct tokens_change change;

    (void)state;
    set_up(&fixture, "127.0.0.1:80");
    assert_int_equal(
        read_lines(&fixture, "token-one-of-us admin\ntoken-two-of-us viewer\n", &change), OK);
    assert_int_equal(change.len, 2);
    assert_int_equal(change.added, 2);
    assert_int_equal(change.dropped, 0);
    assert_int_equal(
        read_lines(&fixture,
                   "token-two-of-us worker\ntoken-three-of-us viewer\nand-a-fourth viewer",
                   &change),
        OK);
    assert_int_equal(change.len, 3);
    assert_int_equal(change.added, 2);
    assert_int_equal(change.dropped, 1);
    assert_int_equal(change.kept, 1);
    assert_false(is_known(&fixture, "token-one-of-us"));
    assert_true(is_known(&fixture, "token-two-of-us"));
    tear_down(&fixture);
}

static void what_cannot_be_read_changes_nothing(void **state)
{
    static const char *const wrong[] = {"nonsense\n", "", "# token-one-of-us admin\n"};
    struct fixture fixture;
    struct tokens_change change;

    (void)state;
    set_up(&fixture, "127.0.0.1:80");
    assert_int_equal(read_lines(&fixture, "token-one-of-us admin\n", &change), OK);
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        assert_int_not_equal(read_lines(&fixture, wrong[i], &change), OK);
        assert_int_equal(change.len, 1);
        assert_int_equal(change.added + change.dropped, 0);
        assert_true(is_known(&fixture, "token-one-of-us"));
    }
    tear_down(&fixture);
}

static void an_open_address_needs_a_token(void **state)
{
    struct fixture fixture;
    struct tokens_change change;

    (void)state;
    set_up(&fixture, "0.0.0.0:80");
    assert_true(tokens_are_missing(&fixture.broker));
    assert_int_equal(tokens_check(&fixture.broker, &fixture.error), ERR_FORBIDDEN);
    assert_string_equal(fixture.error.where, "listen");
    assert_int_equal(
        read_lines(&fixture, "token-one-of-us admin expires=2020-01-01T00:00:00Z", &change), OK);
    assert_int_equal(tokens_check(&fixture.broker, &fixture.error), OK);
    assert_false(tokens_are_missing(&fixture.broker));
    tear_down(&fixture);
}

static void loopback_needs_none(void **state)
{
    struct fixture fixture;

    (void)state;
    set_up(&fixture, "[::1]:80");
    assert_int_equal(tokens_check(&fixture.broker, &fixture.error), OK);
    assert_false(tokens_are_missing(&fixture.broker));
    tear_down(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_change_is_counted),
        cmocka_unit_test(what_cannot_be_read_changes_nothing),
        cmocka_unit_test(an_open_address_needs_a_token),
        cmocka_unit_test(loopback_needs_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
