/* Keyring: the tokens that are valid now, from the token file and from the store, and what is
 * counted for each of them. Loop thread only. Entries are never freed before the keyring is, so
 * whoever asks can be pointed at from any thread for as long as a command lives; revoked ones are
 * only not found any more. */
#pragma once

#include "base/arena.h"
#include "base/digest.h"
#include "base/rate.h"
#include "domain/access.h"
#include "domain/token.h"

struct keyring;
struct failures;
struct token_use;

enum key_source { KEY_FROM_FILE, KEY_FROM_STORE };

/* A token as it is known here. All strings are copied by keyring_put(); who never changes. */
struct key_facts {
    struct principal who; /* first: it stands for all of it, see key_of() */
    struct key *entry;    /* the keyring's own */
    struct digest hash;
    enum key_source source;
    int64_t created_at_ms;             /* -1: of the file */
    struct bytes created_by, replaces; /* NONE: nobody, nothing */
    int64_t expires_at_ms;             /* -1: never */
    int64_t last_used_at_ms;           /* -1: not yet; to the minute */
};

struct keyring *keyring_new(void);
void keyring_free(struct keyring *keyring);

/* Take up a token; one with the same id is replaced. */
void keyring_put(struct keyring *keyring, const struct key_facts *facts);
/* The tokens of the file as they are now: those that were in it before and are not any more are
 * dropped, those that are as before stay who they were. Of two lines with one token the first
 * counts. Where a line says no id it is the first 8 hex digits of the token's hash, and more where
 * that is taken; so it is where the store has a token with the line's id. */
void keyring_put_file(struct keyring *keyring, const struct token_line *lines, size_t lines_len);
bool keyring_drop(struct keyring *keyring, struct bytes id);
void keyring_set_expiry(struct keyring *keyring, struct bytes id, int64_t expires_at_ms);

/* NULL: there is none. Expired ones are found too, until they are dropped. */
const struct key_facts *keyring_find(const struct keyring *keyring, struct bytes id);
/* The token itself; NULL: unknown, revoked or expired. */
const struct key_facts *keyring_match(const struct keyring *keyring, struct bytes token,
                                      int64_t now_ms);
/* All of them in a fixed order: those of the store by time, then those of the file. *at begins at
 * 0.
 */
const struct key_facts *keyring_each(const struct keyring *keyring, size_t *at);
size_t keyring_len(const struct keyring *keyring, enum key_source source);
/* No token is configured: everybody on loopback may do all. Expired tokens count as configured. */
bool keyring_is_open(const struct keyring *keyring);
/* A valid, unbounded admin's token besides the one with this id (NONE: any). */
bool keyring_has_admin(const struct keyring *keyring, struct bytes but_id, int64_t now_ms);

/* ---- what is counted for each ---- */

/* The token behind whoever asks; NULL: there is none. who is part of a keyring's entry, one of the
 * constants of domain/access.h, or NULL. */
const struct key_facts *key_of(const struct principal *who);
/* It was used just now. */
void key_note_use(const struct key_facts *key, int64_t now_ms);
/* One more request at this rate; false: not before ret_wait_ms. */
bool key_take_rate(const struct key_facts *key, const struct rate_limit *limit, int64_t now_mono_ms,
                   int64_t *ret_wait_ms);
/* Its requests that wait. */
unsigned key_parked(const struct key_facts *key);
void key_park(const struct key_facts *key);
void key_unpark(const struct key_facts *key);
/* Wrong tokens, by address. */
struct failures *keyring_failures(const struct keyring *keyring);
/* Tokens of the store that were used since this was last asked. */
size_t keyring_take_uses(struct keyring *keyring, struct arena *arena, struct token_use **ret_uses);
