/* Keyring: the tokens that are valid now, found by their hash or their id. */
#include "api/keyring.h"

#include "base/assert.h"
#include "base/list.h"
#include "base/map.h"
#include "base/memory.h"
#include "engine/command.h"
#include "failures.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_ID_LEN = 8, MINUTE_MS = 60000, ADDRESSES_MAX = 4096 };

struct key {
    struct key_facts facts; /* its strings are mem's */
    struct arena *mem;
    struct list_node link;
    bool is_live;
    bool is_use_unsaved;
    unsigned parked;
    unsigned generation; /* of the file that it was last in */
    struct rate_bucket bucket;
};

struct keyring {
    struct map *by_hash, *by_id;
    struct key **live; /* in the order of keyring_each() */
    size_t live_len, live_room;
    size_t store_len; /* of live: those of the store stand first */
    struct list all;  /* and those that are not found any more */
    unsigned generation;
    struct failures *failures;
};

struct keyring *keyring_new(void)
{
    struct keyring *keyring = mem_alloc(sizeof(*keyring));

    keyring->by_hash = map_new();
    keyring->by_id = map_new();
    list_init(&keyring->all);
    keyring->failures = failures_new(ADDRESSES_MAX);
    return keyring;
}

void keyring_free(struct keyring *keyring)
{
    struct list_node *node;

    if (keyring == NULL)
        return;
    while ((node = list_pop_front(&keyring->all)) != NULL)
        arena_free(CONTAINER_OF(node, struct key, link)->mem);
    map_free(keyring->by_hash);
    map_free(keyring->by_id);
    failures_free(keyring->failures);
    free(keyring->live);
    free(keyring);
}

static struct bytes hash_bytes(const struct digest *hash)
{
    return (struct bytes){(const char *)hash->at, sizeof(hash->at)};
}

/* ---- entries ---- */

static struct key *key_new(struct keyring *keyring, const struct key_facts *facts)
{
    struct arena *mem = arena_new();
    struct key *key = arena_alloc(mem, sizeof(*key));
    struct principal *who = &key->facts.who;

    key->mem = mem;
    key->facts = *facts;
    key->facts.entry = key;
    who->id = arena_bytes(mem, who->id);
    who->name = arena_bytes(mem, who->name);
    who->grant.ns = arena_bytes(mem, who->grant.ns);
    who->grant.queues = arena_bytes(mem, who->grant.queues);
    key->facts.created_by = arena_bytes(mem, facts->created_by);
    key->facts.replaces = arena_bytes(mem, facts->replaces);
    list_push_back(&keyring->all, &key->link);
    return key;
}

/* Put where it belongs in the order. Those of the file come last, as the file has them. */
static size_t place_of(const struct keyring *keyring, const struct key *key)
{
    size_t at = key->facts.source == KEY_FROM_FILE ? keyring->live_len : keyring->store_len;

    if (key->facts.source == KEY_FROM_FILE)
        return at;
    for (; at > 0; at--) {
        const struct key_facts *before = &keyring->live[at - 1]->facts;

        if (before->created_at_ms < key->facts.created_at_ms ||
            (before->created_at_ms == key->facts.created_at_ms &&
             bytes_compare(before->who.id, key->facts.who.id) < 0))
            break;
    }
    return at;
}

static void enlist(struct keyring *keyring, struct key *key)
{
    size_t at = place_of(keyring, key);

    if (keyring->live_len == keyring->live_room) {
        keyring->live_room = keyring->live_room * 2 + 16;
        keyring->live = mem_resize(keyring->live, keyring->live_room * sizeof(*keyring->live));
    }
    memmove(&keyring->live[at + 1], &keyring->live[at],
            (keyring->live_len - at) * sizeof(*keyring->live));
    keyring->live[at] = key;
    keyring->live_len++;
    keyring->store_len += key->facts.source == KEY_FROM_STORE;
}

static void delist(struct keyring *keyring, const struct key *key)
{
    size_t at = 0;

    while (keyring->live[at] != key)
        at++;
    keyring->live_len--;
    memmove(&keyring->live[at], &keyring->live[at + 1],
            (keyring->live_len - at) * sizeof(*keyring->live));
    keyring->store_len -= key->facts.source == KEY_FROM_STORE;
}

static void make_found(struct keyring *keyring, struct key *key)
{
    key->is_live = true;
    map_put(keyring->by_hash, hash_bytes(&key->facts.hash), key);
    map_put(keyring->by_id, key->facts.who.id, key);
}

/* The same token may be known from file and store: then the other is found from now on. */
static void make_lost(struct keyring *keyring, struct key *key)
{
    struct bytes hash = hash_bytes(&key->facts.hash);

    key->is_live = false;
    if (map_get(keyring->by_id, key->facts.who.id) == key)
        map_remove(keyring->by_id, key->facts.who.id);
    if (map_get(keyring->by_hash, hash) != key)
        return;
    map_remove(keyring->by_hash, hash);
    for (size_t i = 0; i < keyring->live_len; i++)
        if (keyring->live[i]->is_live &&
            bytes_equal(hash_bytes(&keyring->live[i]->facts.hash), hash))
            map_put(keyring->by_hash, hash_bytes(&keyring->live[i]->facts.hash), keyring->live[i]);
}

/* What stood in the file before and has not been met again gives its id up. */
static bool is_taken(const struct keyring *keyring, struct bytes id, const struct digest *hash)
{
    const struct key *other = map_get(keyring->by_id, id);

    if (other == NULL)
        return false;
    return other->facts.source == KEY_FROM_STORE ||
           (other->generation == keyring->generation &&
            !bytes_equal(hash_bytes(&other->facts.hash), hash_bytes(hash)));
}

/* ret_hex is room for an id made of the hash. */
static struct bytes id_of_line(const struct keyring *keyring, struct bytes wanted,
                               struct digest hash, char ret_hex[DIGEST_LEN * 2 + 1])
{
    struct bytes id = {ret_hex, FILE_ID_LEN};

    if (wanted.len > 0 && !is_taken(keyring, wanted, &hash))
        return wanted;
    digest_hex(hash, ret_hex);
    while (id.len < DIGEST_LEN * 2UL && is_taken(keyring, id, &hash))
        id.len++;
    return id;
}

/* The store's tokens keep their ids: one of the file that had this one goes on under its hash's. */
static void make_way(struct keyring *keyring, struct key *key)
{
    char hex[DIGEST_LEN * 2 + 1];
    struct key_facts facts = key->facts;
    struct key *other;

    facts.who.id = id_of_line(keyring, BYTES_NONE, facts.hash, hex);
    other = key_new(keyring, &facts);
    other->generation = key->generation;
    delist(keyring, key);
    make_lost(keyring, key);
    make_found(keyring, other);
    enlist(keyring, other);
}

void keyring_put(struct keyring *keyring, const struct key_facts *facts)
{
    struct key *key = key_new(keyring, facts), *before = map_get(keyring->by_id, facts->who.id);
    bool is_of_file = before != NULL && before->facts.source == KEY_FROM_FILE;

    if (!is_of_file)
        (void)keyring_drop(keyring, facts->who.id);
    make_found(keyring, key);
    enlist(keyring, key);
    if (is_of_file) {
        make_way(keyring, before);
        make_found(keyring, key); /* it may be the same token */
    }
}

bool keyring_drop(struct keyring *keyring, struct bytes id)
{
    struct key *key = map_get(keyring->by_id, id);

    if (key == NULL)
        return false;
    delist(keyring, key);
    make_lost(keyring, key);
    return true;
}

void keyring_set_expiry(struct keyring *keyring, struct bytes id, int64_t expires_at_ms)
{
    struct key *key = map_get(keyring->by_id, id);

    if (key != NULL)
        key->facts.expires_at_ms = expires_at_ms;
}

/* ---- the file ---- */

static bool is_as_before(const struct key *key, const struct token_line *line)
{
    const struct grant *grant = &key->facts.who.grant;

    return key->facts.expires_at_ms == line->expires_at_ms && grant->role == line->grant.role &&
           bytes_equal(grant->ns, line->grant.ns) &&
           bytes_equal(grant->queues, line->grant.queues) &&
           bytes_equal(key->facts.who.name, line->name);
}

/* Who had this token in the file until now. */
static struct key *find_in_file(const struct keyring *keyring, const struct digest *hash)
{
    struct key *key = map_get(keyring->by_hash, hash_bytes(hash));

    return key != NULL && key->facts.source == KEY_FROM_FILE ? key : NULL;
}

static struct key *key_of_line(struct keyring *keyring, const struct token_line *line,
                               struct bytes id)
{
    return key_new(keyring,
                   &(struct key_facts){.who = {.id = id, .name = line->name, .grant = line->grant},
                                       .hash = line->hash,
                                       .source = KEY_FROM_FILE,
                                       .created_at_ms = -1,
                                       .expires_at_ms = line->expires_at_ms,
                                       .last_used_at_ms = -1});
}

static void take_line(struct keyring *keyring, const struct token_line *line)
{
    struct key *before = find_in_file(keyring, &line->hash), *key = before;
    char hex[DIGEST_LEN * 2 + 1];
    struct bytes id;

    if (before != NULL && before->generation == keyring->generation)
        return;
    id = id_of_line(keyring, line->id, line->hash, hex);
    if (before == NULL || !is_as_before(before, line) || !bytes_equal(before->facts.who.id, id)) {
        key = key_of_line(keyring, line, id);
        key->facts.last_used_at_ms = before != NULL ? before->facts.last_used_at_ms : -1;
    }
    key->generation = keyring->generation;
    make_found(keyring, key);
    enlist(keyring, key);
}

void keyring_put_file(struct keyring *keyring, const struct token_line *lines, size_t lines_len)
{
    size_t before_len = keyring->live_len - keyring->store_len;
    struct key **before = mem_alloc((before_len + 1) * sizeof(struct key *));

    if (before_len > 0)
        memcpy(before, &keyring->live[keyring->store_len], before_len * sizeof(struct key *));
    keyring->live_len = keyring->store_len;
    keyring->generation++;
    for (size_t i = 0; i < lines_len; i++)
        take_line(keyring, &lines[i]);
    for (size_t i = 0; i < before_len; i++)
        if (before[i]->generation != keyring->generation)
            make_lost(keyring, before[i]);
    free(before);
}

/* ---- looking ---- */

const struct key_facts *keyring_find(const struct keyring *keyring, struct bytes id)
{
    const struct key *key = map_get(keyring->by_id, id);

    return key != NULL ? &key->facts : NULL;
}

static bool has_expired(const struct key_facts *key, int64_t now_ms)
{
    return key->expires_at_ms >= 0 && key->expires_at_ms <= now_ms;
}

/* What is compared byte by byte on the way is a hash, salted by the map; only the last comparison
 * is of the whole, and takes the same time wherever they differ. */
const struct key_facts *keyring_match(const struct keyring *keyring, struct bytes token,
                                      int64_t now_ms)
{
    struct digest hash = token_hash(token);
    const struct key *key = map_get(keyring->by_hash, hash_bytes(&hash));

    if (key == NULL || !bytes_equal_constant_time(hash_bytes(&key->facts.hash), hash_bytes(&hash)))
        return NULL;
    return has_expired(&key->facts, now_ms) ? NULL : &key->facts;
}

const struct key_facts *keyring_each(const struct keyring *keyring, size_t *at)
{
    return *at < keyring->live_len ? &keyring->live[(*at)++]->facts : NULL;
}

size_t keyring_len(const struct keyring *keyring, enum key_source source)
{
    return source == KEY_FROM_STORE ? keyring->store_len : keyring->live_len - keyring->store_len;
}

bool keyring_is_open(const struct keyring *keyring)
{
    return keyring->live_len == 0;
}

bool keyring_has_admin(const struct keyring *keyring, struct bytes but_id, int64_t now_ms)
{
    for (size_t i = 0; i < keyring->live_len; i++) {
        const struct key_facts *key = &keyring->live[i]->facts;

        if (key->who.grant.role == ROLE_ADMIN && grant_is_unbounded(&key->who.grant) &&
            !has_expired(key, now_ms) && !bytes_equal(key->who.id, but_id))
            return true;
    }
    return false;
}

/* ---- what is counted ---- */

static_assert(offsetof(struct key_facts, who) == 0, "key_of() takes one for the other");

const struct key_facts *key_of(const struct principal *who)
{
    if (who == NULL || who == &principal_open || who == &principal_broker)
        return NULL;
    return (const struct key_facts *)(const void *)who;
}

void key_note_use(const struct key_facts *key, int64_t now_ms)
{
    struct key *entry = key->entry;
    int64_t minute_ms = now_ms - now_ms % MINUTE_MS;

    if (key->last_used_at_ms == minute_ms)
        return;
    entry->facts.last_used_at_ms = minute_ms;
    entry->is_use_unsaved = true;
}

bool key_take_rate(const struct key_facts *key, const struct rate_limit *limit, int64_t now_mono_ms,
                   int64_t *ret_wait_ms)
{
    return rate_bucket_take(&key->entry->bucket, limit, 1, now_mono_ms, ret_wait_ms);
}

unsigned key_parked(const struct key_facts *key)
{
    return key->entry->parked;
}

void key_park(const struct key_facts *key)
{
    key->entry->parked++;
}

void key_unpark(const struct key_facts *key)
{
    ASSERT(key->entry->parked > 0);
    key->entry->parked--;
}

struct failures *keyring_failures(const struct keyring *keyring)
{
    return keyring->failures;
}

size_t keyring_take_uses(struct keyring *keyring, struct arena *arena, struct token_use **ret_uses)
{
    size_t len = 0;

    for (size_t i = 0; i < keyring->store_len; i++)
        len += keyring->live[i]->is_use_unsaved;
    *ret_uses = len > 0 ? arena_alloc(arena, len * sizeof(**ret_uses)) : NULL;
    len = 0;
    for (size_t i = 0; i < keyring->store_len; i++) {
        struct key *key = keyring->live[i];

        if (!key->is_use_unsaved)
            continue;
        (*ret_uses)[len++] = (struct token_use){.id = arena_bytes(arena, key->facts.who.id),
                                                .at_ms = key->facts.last_used_at_ms};
        key->is_use_unsaved = false;
    }
    return len;
}
