/* Keyring: the tokens that are valid now, from the token file and from the store. Loop thread only.
 * Entries are never freed before the keyring is, so whoever asks can be pointed at from any thread
 * for as long as a command lives; revoked ones are only not found any more. */
#pragma once

#include "base/digest.h"
#include "domain/access.h"
#include "domain/token.h"

struct keyring;

enum key_source { KEY_FROM_FILE, KEY_FROM_STORE };

/* A token as it is known here. id and name are copied by keyring_put(). */
struct key_facts {
    struct principal who;
    struct digest hash;
    enum key_source source;
    int64_t created_at_ms;             /* -1: of the file */
    struct bytes created_by, replaces; /* NONE: nobody, nothing */
    int64_t expires_at_ms;             /* -1: never */
    int64_t last_used_at_ms;           /* -1: not yet */
};

struct keyring *keyring_new(void);
void keyring_free(struct keyring *keyring);

/* Take up a token; one with the same id is replaced. */
void keyring_put(struct keyring *keyring, const struct key_facts *facts);
/* The tokens of the file as they are now: those that were in it before and are not any more are
 * dropped. Ids of such tokens are the first 8 hex digits of their hash. */
void keyring_put_file(struct keyring *keyring, const struct token_line *lines, size_t lines_len);
bool keyring_drop(struct keyring *keyring, struct bytes id);
void keyring_set_expiry(struct keyring *keyring, struct bytes id, int64_t expires_at_ms);

/* NULL: there is none. Expired ones are found too, until they are dropped. */
const struct key_facts *keyring_find(const struct keyring *keyring, struct bytes id);
/* All of them in a fixed order: those of the store by time, then those of the file. *at begins at
 * 0.
 */
const struct key_facts *keyring_each(const struct keyring *keyring, size_t *at);
size_t keyring_len(const struct keyring *keyring, enum key_source source);
/* No token is configured: everybody on loopback may do all. Expired tokens count as configured. */
bool keyring_is_open(const struct keyring *keyring);
/* A valid, unbounded admin's token besides the one with this id (NONE: any). */
bool keyring_has_admin(const struct keyring *keyring, struct bytes but_id, int64_t now_ms);
