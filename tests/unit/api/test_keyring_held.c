/* Keyring: who is held, what goes when nobody does, and what it costs. */
#include "api/keyring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <malloc.h>

#include <cmocka.h>

#include "engine/command.h"
#include "keys.h"

static void an_entry_goes_when_the_last_has_let_go(void **state)
{
    struct keyring *keyring = *state;
    const struct key_facts *key;

    keys_put(keyring, "aaaaaaaa", "a", 1);
    key = keys_match(keyring, "a");
    key_hold(key);
    key_hold(key);
    keys_put(keyring, "aaaaaaaa", "b", 1);
    assert_false(key_is_valid(key, 0));
    key_let_go(key);
    assert_true(bytes_is(key->who.id, "aaaaaaaa"));
    key_let_go(key); /* now it is gone: the sanitizer would tell if it were not */
    key_hold(keys_match(keyring, "b"));
    key_let_go(keys_match(keyring, "b"));
    assert_non_null(keys_match(keyring, "b"));
    key_hold(NULL);
    key_let_go(NULL);
    key_hold(keys_match(keyring, "b")); /* never let go: the keyring frees it all the same */
    assert_true(keyring_drop(keyring, BYTES("aaaaaaaa")));
}

static size_t heap_used(void)
{
    return mallinfo2().uordblks;
}

static void made_and_dropped_costs_nothing(void **state)
{
    struct keyring *keyring = *state;
    size_t before = 0;

    for (unsigned i = 0; i < 3100; i++) {
        char id[16];

        if (i == 100)
            before = heap_used();
        (void)snprintf(id, sizeof(id), "id%06u", i);
        keys_put(keyring, id, id, i);
        assert_true(keyring_drop(keyring, bytes_of(id)));
    }
    assert_true(heap_used() <= before + 1024);
    for (unsigned i = 0; i < 1000; i++) {
        char id[16];

        (void)snprintf(id, sizeof(id), "id%06u", i);
        keys_put(keyring, id, id, i);
    }
    assert_true(heap_used() <= before + 1000 * 700);
}

static void those_that_ended_long_ago_are_listed(void **state)
{
    struct keyring *keyring = *state;
    struct arena *arena = arena_new();
    struct token_line line = keys_line("file-1", ROLE_VIEWER);
    struct token_use *ids;

    line.expires_at_ms = 5;
    keyring_put_file(keyring, &line, 1);
    keys_put(keyring, "aaaaaaaa", "a", 1);
    keys_put(keyring, "bbbbbbbb", "b", 1);
    keys_put(keyring, "cccccccc", "c", 1);
    keyring_set_expiry(keyring, BYTES("bbbbbbbb"), 100);
    keyring_set_expiry(keyring, BYTES("cccccccc"), 101);
    assert_int_equal(keyring_list_ended(keyring, 99, arena, 8, &ids), 0);
    assert_int_equal(keyring_list_ended(keyring, 100, arena, 8, &ids), 1);
    assert_true(bytes_is(ids[0].id, "bbbbbbbb"));
    assert_int_equal(keyring_list_ended(keyring, 101, arena, 8, &ids), 2);
    assert_int_equal(keyring_list_ended(keyring, 101, arena, 1, &ids), 1);
    arena_free(arena);
}

static void a_ruler_is_an_unbounded_admin_of_that_source(void **state)
{
    struct keyring *keyring = *state;
    struct key_facts bounded = keys_facts("bbbbbbbb", "b", 2);
    struct token_line line = keys_line("file-1", ROLE_ADMIN);

    bounded.who.grant.queues = BYTES("q*");
    keyring_put(keyring, &bounded);
    assert_false(keyring_has_ruler(keyring, KEY_FROM_STORE, 0));
    keyring_put_file(keyring, &line, 1);
    assert_false(keyring_has_ruler(keyring, KEY_FROM_STORE, 0));
    assert_true(keyring_has_ruler(keyring, KEY_FROM_FILE, 0));
    keys_put(keyring, "aaaaaaaa", "a", 1);
    assert_true(keyring_has_ruler(keyring, KEY_FROM_STORE, 0));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, keys_set_up, keys_tear_down)
    static const struct CMUnitTest tests[] = {
        TEST(an_entry_goes_when_the_last_has_let_go),
        TEST(made_and_dropped_costs_nothing),
        TEST(those_that_ended_long_ago_are_listed),
        TEST(a_ruler_is_an_unbounded_admin_of_that_source),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
