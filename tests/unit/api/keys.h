/* Keys: a keyring to test with, and tokens to put into it. */
#pragma once

#include "api/keyring.h"

/* For cmocka: *state is an empty keyring. */
int keys_set_up(void **state);
int keys_tear_down(void **state);
/* An unbounded admin's token of the store, without an end. */
struct key_facts keys_facts(const char *id, const char *token, int64_t created_at_ms);
void keys_put(struct keyring *keyring, const char *id, const char *token, int64_t created_at_ms);
/* A line of the file. */
struct token_line keys_line(const char *token, enum role role);
/* At 1,000 ms. */
const struct key_facts *keys_match(const struct keyring *keyring, const char *token);
