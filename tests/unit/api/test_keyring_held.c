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

static int set_up(void **state)
{
    *state = keyring_new();
    return 0;
}

static int tear_down(void **state)
{
    keyring_free(*state);
    return 0;
}

static struct key_facts facts_of(const char *id, const char *token, int64_t created_at_ms)
{
    return (struct key_facts){
        .who = {.id = bytes_of(id),
                .name = BYTES("n"),
                .grant = {ROLE_ADMIN, BYTES("*"), BYTES("*")}},
        .hash = token_hash(bytes_of(token)),
        .source = KEY_FROM_STORE,
        .created_at_ms = created_at_ms,
        .expires_at_ms = -1,
        .last_used_at_ms = -1,
    };
}

static void put(struct keyring *keyring, const char *id, const char *token, int64_t created_at_ms)
{
    struct key_facts facts = facts_of(id, token, created_at_ms);

    keyring_put(keyring, &facts);
}

static struct token_line line_of(const char *token, enum role role)
{
    return (struct token_line){.hash = token_hash(bytes_of(token)),
                               .grant = {role, BYTES("*"), BYTES("*")},
                               .expires_at_ms = -1};
}

static const struct key_facts *match(const struct keyring *keyring, const char *token)
{
    return keyring_match(keyring, bytes_of(token), 1000);
}

static void an_entry_goes_when_the_last_has_let_go(void **state)
{
    struct keyring *keyring = *state;
    const struct key_facts *key;

    put(keyring, "aaaaaaaa", "a", 1);
    key = match(keyring, "a");
    key_hold(key);
    key_hold(key);
    put(keyring, "aaaaaaaa", "b", 1);
    assert_false(key_is_valid(key, 0));
    key_let_go(key);
    assert_true(bytes_is(key->who.id, "aaaaaaaa"));
    key_let_go(key); /* now it is gone: the sanitizer would tell if it were not */
    key_hold(match(keyring, "b"));
    key_let_go(match(keyring, "b"));
    assert_non_null(match(keyring, "b"));
    key_hold(NULL);
    key_let_go(NULL);
    key_hold(match(keyring, "b")); /* never let go: the keyring frees it all the same */
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
        put(keyring, id, id, i);
        assert_true(keyring_drop(keyring, bytes_of(id)));
    }
    assert_true(heap_used() <= before + 1024);
    for (unsigned i = 0; i < 1000; i++) {
        char id[16];

        (void)snprintf(id, sizeof(id), "id%06u", i);
        put(keyring, id, id, i);
    }
    assert_true(heap_used() <= before + 1000 * 700);
}

static void those_that_ended_long_ago_are_listed(void **state)
{
    struct keyring *keyring = *state;
    struct arena *arena = arena_new();
    struct token_line line = line_of("file-1", ROLE_VIEWER);
    struct token_use *ids;

    line.expires_at_ms = 5;
    keyring_put_file(keyring, &line, 1);
    put(keyring, "aaaaaaaa", "a", 1);
    put(keyring, "bbbbbbbb", "b", 1);
    put(keyring, "cccccccc", "c", 1);
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
    struct key_facts bounded = facts_of("bbbbbbbb", "b", 2);
    struct token_line line = line_of("file-1", ROLE_ADMIN);

    bounded.who.grant.queues = BYTES("q*");
    keyring_put(keyring, &bounded);
    assert_false(keyring_has_ruler(keyring, KEY_FROM_STORE, 0));
    keyring_put_file(keyring, &line, 1);
    assert_false(keyring_has_ruler(keyring, KEY_FROM_STORE, 0));
    assert_true(keyring_has_ruler(keyring, KEY_FROM_FILE, 0));
    put(keyring, "aaaaaaaa", "a", 1);
    assert_true(keyring_has_ruler(keyring, KEY_FROM_STORE, 0));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    static const struct CMUnitTest tests[] = {
        TEST(an_entry_goes_when_the_last_has_let_go),
        TEST(made_and_dropped_costs_nothing),
        TEST(those_that_ended_long_ago_are_listed),
        TEST(a_ruler_is_an_unbounded_admin_of_that_source),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
