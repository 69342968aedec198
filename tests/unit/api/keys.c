/* Keys: a keyring to test with, and tokens to put into it. */
#include "keys.h"

int keys_set_up(void **state)
{
    *state = keyring_new();
    return 0;
}

int keys_tear_down(void **state)
{
    keyring_free(*state);
    return 0;
}

struct key_facts keys_facts(const char *id, const char *token, int64_t created_at_ms)
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

void keys_put(struct keyring *keyring, const char *id, const char *token, int64_t created_at_ms)
{
    struct key_facts facts = keys_facts(id, token, created_at_ms);

    keyring_put(keyring, &facts);
}

struct token_line keys_line(const char *token, enum role role)
{
    return (struct token_line){.hash = token_hash(bytes_of(token)),
                               .grant = {role, BYTES("*"), BYTES("*")},
                               .expires_at_ms = -1};
}

const struct key_facts *keys_match(const struct keyring *keyring, const char *token)
{
    return keyring_match(keyring, bytes_of(token), 1000);
}
