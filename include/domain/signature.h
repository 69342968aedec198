/* Signature: Standard Webhooks 1.0.0, symmetric. The signed text is "ID.SECONDS.BODY", the header
 * "v1,BASE64" of its HMAC-SHA256, one for each key joined by blanks, so that a key can be rotated.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "base/random.h"

enum {
    SIGNATURE_KEY_MIN = 24, /* bytes */
    SIGNATURE_KEY_MAX = 64,
    SIGNATURE_KEYS_MAX = 2, /* during a rotation */
    SIGNATURE_TOLERANCE_S = 300,
};
/* For how long after a rotation the old key signs as well. */
#define SIGNATURE_OVERLAP_MS (INT64_C(24) * 3600 * 1000)

struct signature_key {
    uint8_t at[SIGNATURE_KEY_MAX];
    unsigned len; /* 0: none */
};

/* 32 random bytes. */
void signature_key_make(struct random_source *random, struct signature_key *ret_key);
/* In constant time, as far as their lengths are the same. */
bool signature_key_equal(const struct signature_key *a, const struct signature_key *b);
/* "whsec_" and base64; the prefix may be missing. Not OK names no part of it. */
MUST_CHECK enum err signature_key_read(struct bytes text, struct signature_key *ret_key,
                                       struct error *error);
struct bytes signature_key_write(const struct signature_key *key, struct arena *arena);
/* Keys without bytes are left out. */
struct bytes signature_write(const struct signature_key *keys, unsigned keys_len, struct bytes id,
                             int64_t at_s, struct bytes body, struct arena *arena);
/* What a receiver asks. at: the header's text. NULL: it is right; else why not. */
const char *signature_refusal(const struct signature_key *key, struct bytes id, struct bytes at,
                              struct bytes body, struct bytes signatures, int64_t now_s);
