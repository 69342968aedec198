/* Keyring: the tokens that are valid now, from the token file and from the store, and what is
 * counted for each of them. Loop thread only. Whoever asks may be pointed at from any thread for as
 * long as the entry is held: one that was revoked meanwhile is not found any more, and goes when
 * nobody holds it. */
#pragma once

#include "base/arena.h"
#include "base/digest.h"
#include "base/rate.h"
#include "domain/access.h"
#include "domain/token.h"

struct keyring;
struct token_use;

enum key_source { KEY_FROM_FILE, KEY_FROM_STORE };

/* A token as it is known here. All strings are copied by keyring_put(); who never changes while it
 * is held. */
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

/* Of a token in the store. Strings are borrowed. */
struct key_facts key_facts_of(const struct token_record *token);

struct keyring *keyring_new(void);
void keyring_free(struct keyring *keyring);

/* Take up a token; one with the same id is replaced, but for one of the file, whose id gets longer.
 */
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
/* All of them in no special order. *at begins at 0. */
const struct key_facts *keyring_each(const struct keyring *keyring, size_t *at);
size_t keyring_len(const struct keyring *keyring, enum key_source source);
/* No token is configured: everybody on loopback may do all. Expired tokens count as configured. */
bool keyring_is_open(const struct keyring *keyring);
/* Is one of these a valid, unbounded admin's? */
bool keyring_has_ruler(const struct keyring *keyring, enum key_source source, int64_t now_ms);

/* ---- who asks ---- */

/* Keep the entry until it is let go as often; NULL is fine. */
void key_hold(const struct key_facts *key);
void key_let_go(const struct key_facts *key);
/* Is it still to be found, and not expired? */
bool key_is_valid(const struct key_facts *key, int64_t now_ms);
/* Any thread, while who is held: it was not revoked. */
bool key_is_live(const struct principal *who);

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
/* Tokens of the store that were used since this was last asked. */
size_t keyring_take_uses(struct keyring *keyring, struct arena *arena, struct token_use **ret_uses);
/* Ids of at most max tokens of the store that ended before then. */
size_t keyring_list_ended(const struct keyring *keyring, int64_t before_ms, struct arena *arena,
                          size_t max, struct token_use **ret_ended);
