/* Keyring: which tokens are found, in which order they stand, and what is counted for them. */
#include "api/keyring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "engine/command.h"
#include "keys.h"

/* Each id once, in any order. */
static void assert_holds(const struct keyring *keyring, const char *ids)
{
    const struct key_facts *key;
    size_t at = 0, len = 0;

    for (; (key = keyring_each(keyring, &at)) != NULL; len += key->who.id.len + 1) {
        char id[80];

        (void)snprintf(id, sizeof(id), "%.*s", BYTES_ARG(key->who.id));
        assert_non_null(strstr(ids, id));
    }
    assert_int_equal(len, strlen(ids) + (ids[0] != '\0'));
}

static void a_token_is_found_until_it_is_dropped(void **state)
{
    struct keyring *keyring = *state;
    const struct key_facts *key;

    assert_true(keyring_is_open(keyring));
    keys_put(keyring, "aaaaaaaa", "secret-1", 1);
    assert_false(keyring_is_open(keyring));
    key = keys_match(keyring, "secret-1");
    assert_non_null(key);
    key_hold(key);
    assert_true(key_is_valid(key, 0));
    assert_ptr_equal(key, keyring_find(keyring, BYTES("aaaaaaaa")));
    assert_ptr_equal(key_of(&key->who), key);
    assert_null(keys_match(keyring, "secret-2"));
    assert_null(keys_match(keyring, ""));
    assert_true(keyring_drop(keyring, BYTES("aaaaaaaa")));
    assert_false(keyring_drop(keyring, BYTES("aaaaaaaa")));
    assert_null(keys_match(keyring, "secret-1"));
    assert_null(keyring_find(keyring, BYTES("aaaaaaaa")));
    assert_true(keyring_is_open(keyring));
    assert_true(bytes_is(key->who.id, "aaaaaaaa")); /* whoever asked goes on living */
    assert_false(key_is_valid(key, 0));
    key_let_go(key);
}

static void nobody_of_the_broker_s_own_has_an_entry(void **state)
{
    (void)state;
    assert_null(key_of(NULL));
    assert_null(key_of(&principal_open));
    assert_null(key_of(&principal_broker));
}

static void an_expired_token_is_known_and_not_taken(void **state)
{
    struct keyring *keyring = *state;

    keys_put(keyring, "aaaaaaaa", "secret-1", 1);
    keyring_set_expiry(keyring, BYTES("aaaaaaaa"), 1001);
    assert_non_null(keys_match(keyring, "secret-1"));
    keyring_set_expiry(keyring, BYTES("aaaaaaaa"), 1000);
    assert_null(keys_match(keyring, "secret-1"));
    assert_non_null(keyring_find(keyring, BYTES("aaaaaaaa")));
    assert_false(keyring_is_open(keyring));
    assert_false(keyring_has_ruler(keyring, KEY_FROM_STORE, 1000));
    assert_true(keyring_has_ruler(keyring, KEY_FROM_STORE, 999));
    assert_false(key_is_valid(keyring_find(keyring, BYTES("aaaaaaaa")), 1000));
    assert_true(key_is_valid(keyring_find(keyring, BYTES("aaaaaaaa")), 999));
}

static void the_same_id_replaces(void **state)
{
    struct keyring *keyring = *state;

    keys_put(keyring, "aaaaaaaa", "secret-1", 1);
    keys_put(keyring, "aaaaaaaa", "secret-2", 2);
    assert_null(keys_match(keyring, "secret-1"));
    assert_non_null(keys_match(keyring, "secret-2"));
    assert_int_equal(keyring_len(keyring, KEY_FROM_STORE), 1);
}

static void all_are_walked_once(void **state)
{
    struct keyring *keyring = *state;
    struct token_line lines[] = {keys_line("file-token-2", ROLE_VIEWER),
                                 keys_line("file-token-1", ROLE_ADMIN)};

    keyring_put_file(keyring, lines, 2);
    keys_put(keyring, "cccccccc", "c", 2);
    keys_put(keyring, "bbbbbbbb", "b", 3);
    keys_put(keyring, "dddddddd", "d", 2);
    keys_put(keyring, "aaaaaaaa", "a", 1);
    assert_holds(keyring, "aaaaaaaa cccccccc dddddddd bbbbbbbb a5e9d342 405b11e4");
    assert_true(keyring_drop(keyring, BYTES("cccccccc")));
    assert_holds(keyring, "aaaaaaaa dddddddd bbbbbbbb a5e9d342 405b11e4");
    assert_int_equal(keyring_len(keyring, KEY_FROM_STORE), 3);
    assert_int_equal(keyring_len(keyring, KEY_FROM_FILE), 2);
}

static void a_file_read_again_keeps_who_is_still_in_it(void **state)
{
    struct keyring *keyring = *state;
    struct token_line first[] = {keys_line("file-1", ROLE_VIEWER), keys_line("file-2", ROLE_VIEWER),
                                 keys_line("file-3", ROLE_VIEWER)};
    struct token_line second[] = {keys_line("file-3", ROLE_VIEWER), keys_line("file-2", ROLE_ADMIN),
                                  keys_line("file-4", ROLE_VIEWER)};
    const struct key_facts *third, *changed;

    keyring_put_file(keyring, first, 3);
    third = keys_match(keyring, "file-3");
    changed = keys_match(keyring, "file-2");
    key_hold(changed);
    key_note_use(changed, 60000);
    keyring_put_file(keyring, second, 3);
    assert_null(keys_match(keyring, "file-1"));
    assert_ptr_equal(keys_match(keyring, "file-3"), third);
    assert_ptr_not_equal(keys_match(keyring, "file-2"), changed);
    assert_int_equal(changed->who.grant.role, ROLE_VIEWER);
    assert_false(key_is_valid(changed, 0));
    assert_true(key_is_valid(third, 0));
    assert_int_equal(keys_match(keyring, "file-2")->who.grant.role, ROLE_ADMIN);
    assert_int_equal(keys_match(keyring, "file-2")->last_used_at_ms, 60000);
    assert_ptr_equal(keyring_find(keyring, keys_match(keyring, "file-2")->who.id),
                     keys_match(keyring, "file-2"));
    assert_non_null(keys_match(keyring, "file-4"));
    assert_int_equal(keyring_len(keyring, KEY_FROM_FILE), 3);
    key_let_go(changed);
    keyring_put_file(keyring, NULL, 0);
    assert_true(keyring_is_open(keyring));
    assert_null(keys_match(keyring, "file-3"));
    keyring_put_file(keyring, first, 3);
    assert_non_null(keys_match(keyring, "file-3"));
}

static void a_token_that_stands_twice_counts_once(void **state)
{
    struct keyring *keyring = *state;
    struct token_line lines[] = {keys_line("file-1", ROLE_VIEWER), keys_line("file-1", ROLE_ADMIN)};

    keyring_put_file(keyring, lines, 2);
    assert_int_equal(keyring_len(keyring, KEY_FROM_FILE), 1);
    assert_int_equal(keys_match(keyring, "file-1")->who.grant.role, ROLE_VIEWER);
}

static void an_id_that_is_taken_gets_longer(void **state)
{
    struct keyring *keyring = *state;
    struct token_line lines[] = {keys_line("file-1", ROLE_VIEWER),
                                 keys_line("file-2", ROLE_VIEWER)};
    char hex[DIGEST_LEN * 2 + 1];

    memcpy(lines[1].hash.at, lines[0].hash.at, 6);
    keyring_put_file(keyring, lines, 2);
    digest_hex(lines[1].hash, hex);
    assert_int_equal(keyring_len(keyring, KEY_FROM_FILE), 2);
    assert_non_null(keyring_find(keyring, (struct bytes){hex, 8}));
    assert_non_null(keyring_find(keyring, (struct bytes){hex, 9}));
    assert_memory_equal(keyring_find(keyring, (struct bytes){hex, 9})->hash.at, lines[1].hash.at,
                        DIGEST_LEN);
    keyring_put_file(keyring, lines, 2);
    assert_int_equal(keyring_len(keyring, KEY_FROM_FILE), 2);
    assert_non_null(keyring_find(keyring, (struct bytes){hex, 9}));
}

static struct token_line named(const char *token, const char *id, const char *name)
{
    struct token_line line = keys_line(token, ROLE_VIEWER);

    line.id = bytes_of(id);
    line.name = bytes_of(name);
    return line;
}

static void ids_and_names_of_lines_are_taken_and_may_move(void **state)
{
    struct keyring *keyring = *state;
    struct token_line first[] = {named("file-1", "aaaaaaaa", "one"),
                                 named("file-2", "bbbbbbbb", "two")};
    struct token_line second[] = {named("file-1", "bbbbbbbb", "one"),
                                  named("file-2", "aaaaaaaa", "two")};
    const struct key_facts *one;

    keyring_put_file(keyring, first, 2);
    one = keys_match(keyring, "file-1");
    assert_true(bytes_is(one->who.id, "aaaaaaaa") && bytes_is(one->who.name, "one"));
    assert_ptr_equal(keyring_find(keyring, BYTES("aaaaaaaa")), one);
    keyring_put_file(keyring, first, 2);
    assert_ptr_equal(keys_match(keyring, "file-1"), one);

    keyring_put_file(keyring, second, 2);
    assert_ptr_equal(keyring_find(keyring, BYTES("bbbbbbbb")), keys_match(keyring, "file-1"));
    assert_ptr_equal(keyring_find(keyring, BYTES("aaaaaaaa")), keys_match(keyring, "file-2"));
    second[0].name = BYTES("other");
    keyring_put_file(keyring, second, 2);
    assert_true(bytes_is(keys_match(keyring, "file-1")->who.name, "other"));
    assert_int_equal(keyring_len(keyring, KEY_FROM_FILE), 2);
}

static void the_store_s_tokens_keep_their_ids(void **state)
{
    struct keyring *keyring = *state;
    struct token_line line = named("file-1", "aaaaaaaa", "one");

    for (int is_twin = 0; is_twin < 2; is_twin++) {
        keyring_put_file(keyring, &line, 1);
        keys_put(keyring, "aaaaaaaa", is_twin ? "file-1" : "secret-1", 1);
        for (int again = 0; again < 2; again++) {
            assert_int_equal(keyring_find(keyring, BYTES("aaaaaaaa"))->source, KEY_FROM_STORE);
            assert_non_null(keys_match(keyring, "file-1"));
            assert_int_equal(keyring_len(keyring, KEY_FROM_FILE), 1);
            assert_int_equal(keyring_len(keyring, KEY_FROM_STORE), 1);
            keyring_put_file(keyring, &line, 1);
        }
        assert_true(keyring_drop(keyring, BYTES("aaaaaaaa")));
        assert_int_equal(keys_match(keyring, "file-1")->source, KEY_FROM_FILE);
        assert_null(keyring_find(keyring, BYTES("aaaaaaaa")));
        keyring_put_file(keyring, NULL, 0);
    }
    assert_true(keyring_is_open(keyring));
}

static void a_token_of_file_and_store_is_found_by_what_is_left(void **state)
{
    struct keyring *keyring = *state;
    struct token_line line = keys_line("secret-1", ROLE_VIEWER);

    keys_put(keyring, "aaaaaaaa", "secret-1", 1);
    keyring_put_file(keyring, &line, 1);
    assert_non_null(keys_match(keyring, "secret-1"));
    keyring_put_file(keyring, NULL, 0);
    assert_true(bytes_is(keys_match(keyring, "secret-1")->who.id, "aaaaaaaa"));
    keyring_put_file(keyring, &line, 1);
    assert_true(keyring_drop(keyring, BYTES("aaaaaaaa")));
    assert_int_equal(keys_match(keyring, "secret-1")->source, KEY_FROM_FILE);
}

/* A copy in the store must not hide from the file that it has the token already. */
static void a_twin_in_the_store_does_not_double_the_file(void **state)
{
    struct keyring *keyring = *state;
    struct token_line line = keys_line("secret-1", ROLE_VIEWER);

    keyring_put_file(keyring, &line, 1);
    keys_put(keyring, "aaaaaaaa", "secret-1", 1);
    keyring_put_file(keyring, &line, 1);
    keyring_put_file(keyring, &line, 1);
    assert_int_equal(keyring_len(keyring, KEY_FROM_FILE), 1);
    keyring_put_file(keyring, NULL, 0);
    assert_int_equal(keys_match(keyring, "secret-1")->source, KEY_FROM_STORE);
    assert_int_equal(keyring_len(keyring, KEY_FROM_FILE), 0);
}

/* Others have written an id of the store down; that of the file is only its hash. */
static void an_id_of_the_store_makes_the_file_s_longer(void **state)
{
    struct keyring *keyring = *state;
    struct token_line line = keys_line("file-token", ROLE_WORKER);
    const struct key_facts *held;
    char hex[DIGEST_LEN * 2 + 1], id[9];

    digest_hex(line.hash, hex);
    (void)snprintf(id, sizeof(id), "%.8s", hex);
    for (unsigned file_first = 0; file_first < 2; file_first++) {
        if (file_first)
            keyring_put_file(keyring, &line, 1);
        held = keys_match(keyring, "file-token");
        key_hold(held);
        keys_put(keyring, id, "stored-token", 1);
        if (!file_first)
            keyring_put_file(keyring, &line, 1);
        assert_true(bytes_is(keys_match(keyring, "stored-token")->who.id, id));
        assert_ptr_equal(keyring_find(keyring, bytes_of(id)), keys_match(keyring, "stored-token"));
        assert_true(bytes_equal(keys_match(keyring, "file-token")->who.id, (struct bytes){hex, 9}));
        assert_int_equal(keys_match(keyring, "file-token")->who.grant.role, ROLE_WORKER);
        keyring_put_file(keyring, &line, 1);
        assert_int_equal(keyring_len(keyring, KEY_FROM_FILE), 1);
        assert_true(keyring_drop(keyring, bytes_of(id)));
        assert_non_null(keys_match(keyring, "file-token"));
        key_let_go(held);
        keyring_put_file(keyring, NULL, 0);
        assert_true(keyring_is_open(keyring));
    }
}

static void uses_are_kept_to_the_minute_and_given_out_once(void **state)
{
    struct keyring *keyring = *state;
    struct arena *arena = arena_new();
    struct token_line line = keys_line("file-1", ROLE_VIEWER);
    struct token_use *uses;

    keys_put(keyring, "aaaaaaaa", "a", 1);
    keys_put(keyring, "bbbbbbbb", "b", 2);
    keyring_put_file(keyring, &line, 1);
    assert_int_equal(keyring_take_uses(keyring, arena, &uses), 0);
    key_note_use(keys_match(keyring, "b"), 60001);
    key_note_use(keys_match(keyring, "b"), 119999);
    key_note_use(keys_match(keyring, "file-1"), 119999);
    assert_int_equal(keys_match(keyring, "file-1")->last_used_at_ms, 60000);
    assert_int_equal(keyring_take_uses(keyring, arena, &uses), 1);
    assert_true(bytes_is(uses[0].id, "bbbbbbbb"));
    assert_int_equal(uses[0].at_ms, 60000);
    key_note_use(keys_match(keyring, "b"), 119999);
    assert_int_equal(keyring_take_uses(keyring, arena, &uses), 0);
    key_note_use(keys_match(keyring, "b"), 120000);
    assert_int_equal(keyring_take_uses(keyring, arena, &uses), 1);
    arena_free(arena);
}

static void each_token_has_a_rate_of_its_own(void **state)
{
    static const struct rate_limit TWO = {.units = 2, .period_s = 1, .burst = 2};
    struct keyring *keyring = *state;
    int64_t wait_ms;

    keys_put(keyring, "aaaaaaaa", "a", 1);
    keys_put(keyring, "bbbbbbbb", "b", 2);
    assert_true(key_take_rate(keys_match(keyring, "a"), &TWO, 0, &wait_ms));
    assert_true(key_take_rate(keys_match(keyring, "a"), &TWO, 0, &wait_ms));
    assert_false(key_take_rate(keys_match(keyring, "a"), &TWO, 0, &wait_ms));
    assert_in_range(wait_ms, 499, 501);
    assert_true(key_take_rate(keys_match(keyring, "b"), &TWO, 0, &wait_ms));
    assert_true(key_take_rate(keys_match(keyring, "a"), &TWO, 501, &wait_ms));
}

/* Against a plain list of what should be there. */
static void any_order_of_changes_leaves_what_should_be_there(void **state)
{
    struct keyring *keyring = *state;
    struct random_seeded seeded;
    struct random_source random;
    bool in_store[8] = {false}, in_file[8] = {false};

    random_seed(&seeded, 3);
    random = random_from_seed(&seeded);
    for (unsigned step = 0; step < 3000; step++) {
        char id[] = "store-x", token[] = "token-x";
        struct token_line lines[8];
        size_t lines_len = 0, wanted = 0;
        unsigned nth = (unsigned)random_below(&random, 8);

        id[6] = token[6] = (char)('a' + nth);
        if (random_below(&random, 3) == 0) {
            for (unsigned i = 0; i < 8; i++) {
                in_file[i] = random_below(&random, 2) == 0;
                token[6] = (char)('a' + i);
                if (in_file[i])
                    lines[lines_len++] =
                        keys_line(token, random_below(&random, 2) ? ROLE_VIEWER : ROLE_WORKER);
            }
            keyring_put_file(keyring, lines, lines_len);
        } else if (random_below(&random, 2) == 0) {
            keys_put(keyring, id, token, (int64_t)random_below(&random, 4));
            in_store[nth] = true;
        } else {
            assert_int_equal(keyring_drop(keyring, bytes_of(id)), in_store[nth]);
            in_store[nth] = false;
        }
        for (unsigned i = 0; i < 8; i++) {
            token[6] = (char)('a' + i);
            assert_int_equal(keys_match(keyring, token) != NULL, in_store[i] || in_file[i]);
            wanted += (size_t)in_store[i] + in_file[i];
        }
        assert_int_equal(keyring_len(keyring, KEY_FROM_FILE) + keyring_len(keyring, KEY_FROM_STORE),
                         wanted);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, keys_set_up, keys_tear_down)
    static const struct CMUnitTest tests[] = {
        TEST(a_token_is_found_until_it_is_dropped),
        TEST(nobody_of_the_broker_s_own_has_an_entry),
        TEST(an_expired_token_is_known_and_not_taken),
        TEST(the_same_id_replaces),
        TEST(all_are_walked_once),
        TEST(a_file_read_again_keeps_who_is_still_in_it),
        TEST(a_token_that_stands_twice_counts_once),
        TEST(an_id_that_is_taken_gets_longer),
        TEST(ids_and_names_of_lines_are_taken_and_may_move),
        TEST(the_store_s_tokens_keep_their_ids),
        TEST(a_token_of_file_and_store_is_found_by_what_is_left),
        TEST(a_twin_in_the_store_does_not_double_the_file),
        TEST(an_id_of_the_store_makes_the_file_s_longer),
        TEST(uses_are_kept_to_the_minute_and_given_out_once),
        TEST(each_token_has_a_rate_of_its_own),
        TEST(any_order_of_changes_leaves_what_should_be_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
