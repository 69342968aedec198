/* Lease token: the right to one attempt, as an opaque string; tokens of one task strictly increase
 * with its delivery. */
#pragma once

#include <stdint.h>

#include "base/arena.h"

enum { LEASE_NONCE_LEN = 16 };

struct lease_token {
    int64_t task; /* its number */
    int32_t delivery;
    uint8_t nonce[LEASE_NONCE_LEN];
};

struct bytes lease_token_write(const struct lease_token *token, struct arena *arena);
/* False for anything that was not written by lease_token_write(). */
bool lease_token_read(struct bytes text, struct arena *arena, struct lease_token *ret_token);
