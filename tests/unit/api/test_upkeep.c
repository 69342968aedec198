/* Upkeep: what the engine is told of the keyring's tokens, and that the keyring follows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "fake.h"

#define NOW_MS INT64_C(1700000000000)

static struct keyring *keyring;

static struct moment at_now(void *ctx)
{
    (void)ctx;
    return (struct moment){.wall_ms = NOW_MS, .mono_ms = 1};
}

static void put(const char *id, int64_t expires_at_ms)
{
    keyring_put(keyring,
                &(struct key_facts){
                    .who = {.id = bytes_of(id), .grant = {ROLE_ADMIN, BYTES("*"), BYTES("*")}},
                    .hash = token_hash(bytes_of(id)),
                    .source = KEY_FROM_STORE,
                    .expires_at_ms = expires_at_ms,
                    .last_used_at_ms = -1,
                });
}

static int set_up(void **state)
{
    (void)state;
    (void)fake_begin();
    keyring = keyring_new();
    fake_api()->keyring = keyring;
    fake_engine()->clock.now = at_now;
    put("a", -1);
    put("b", NOW_MS - TOKEN_KEPT_MS);
    put("c", NOW_MS - TOKEN_KEPT_MS + 1);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fake_end();
    keyring_free(keyring);
    return 0;
}

static void uses_are_told_once(void **state)
{
    (void)state;
    api_note_uses(fake_api());
    assert_int_equal(fake_engine()->posted_len, 0);
    key_note_use(keyring_find(keyring, BYTES("a")), NOW_MS);
    api_note_uses(fake_api());
    assert_int_equal(fake_command()->kind, COMMAND_NOTE_TOKEN_USES);
    assert_ptr_equal(fake_command()->by, &principal_broker);
    assert_int_equal(fake_command()->in.token_uses.len, 1);
    assert_true(bytes_is(fake_command()->in.token_uses.at[0].id, "a"));
    fake_reply();
    api_note_uses(fake_api());
    assert_int_equal(fake_engine()->posted_len, 1);
}

static void the_keyring_drops_what_the_engine_has_swept(void **state)
{
    struct bytes swept[] = {BYTES("b")};

    (void)state;
    api_sweep_tokens(fake_api());
    assert_int_equal(fake_command()->kind, COMMAND_SWEEP_TOKENS);
    assert_int_equal(fake_command()->in.token_uses.len, 1);
    assert_true(bytes_is(fake_command()->in.token_uses.at[0].id, "b"));
    fake_reply(); /* it stays, being the last */
    assert_non_null(keyring_find(keyring, BYTES("b")));
    api_sweep_tokens(fake_api());
    fake_command()->reply.swept = swept;
    fake_command()->reply.swept_len = 1;
    fake_reply();
    assert_null(keyring_find(keyring, BYTES("b")));
    api_sweep_tokens(fake_api());
    assert_int_equal(fake_engine()->posted_len, 2);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    static const struct CMUnitTest tests[] = {
        TEST(uses_are_told_once),
        TEST(the_keyring_drops_what_the_engine_has_swept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
