/* Keyring: the tokens that are valid now, found by their hash or their id. */
#include "api/keyring.h"

#include "base/assert.h"
#include "base/list.h"
#include "base/map.h"
#include "base/memory.h"
#include "domain/bounds.h"
#include "engine/command.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_ID_LEN = 8, SOURCES = KEY_FROM_STORE + 1 };

struct key {
    struct key_facts facts; /* its strings follow at text */
    struct keyring *keyring;
    struct list_node link; /* of retired, when it is held but not found any more */
    size_t place;          /* on its shelf */
    atomic_bool is_live;   /* is found; written on the loop */
    bool is_use_unsaved;
    unsigned parked;
    unsigned holders;
    unsigned generation; /* of the file that it was last in */
    struct rate_bucket bucket;
    char text[];
};

/* The tokens of one source: the same one may be in both. */
struct shelf {
    struct map *by_hash;
    struct key **keys;
    size_t len, room;
};

struct keyring {
    struct shelf shelves[SOURCES];
    struct map *by_id;
    struct list retired;
    unsigned generation;
};

struct keyring *keyring_new(void)
{
    struct keyring *keyring = mem_alloc(sizeof(*keyring));

    for (unsigned i = 0; i < SOURCES; i++)
        keyring->shelves[i].by_hash = map_new();
    keyring->by_id = map_new();
    list_init(&keyring->retired);
    return keyring;
}

static void shelf_fini(struct shelf *shelf)
{
    for (size_t i = 0; i < shelf->len; i++)
        free(shelf->keys[i]);
    map_free(shelf->by_hash);
    free(shelf->keys);
}

void keyring_free(struct keyring *keyring)
{
    struct list_node *node;

    if (keyring == NULL)
        return;
    for (unsigned i = 0; i < SOURCES; i++)
        shelf_fini(&keyring->shelves[i]);
    while ((node = list_pop_front(&keyring->retired)) != NULL)
        free(CONTAINER_OF(node, struct key, link));
    map_free(keyring->by_id);
    free(keyring);
}

static struct bytes hash_bytes(const struct digest *hash)
{
    return (struct bytes){(const char *)hash->at, sizeof(hash->at)};
}

/* ---- entries ---- */

struct key_facts key_facts_of(const struct token_record *token)
{
    return (struct key_facts){
        .who = {.id = token->id, .name = token->name, .grant = token->grant},
        .hash = token->hash,
        .source = KEY_FROM_STORE,
        .created_at_ms = token->created_at_ms,
        .created_by = token->created_by,
        .replaces = token->replaces,
        .expires_at_ms = token->expires_at_ms,
        .last_used_at_ms = token->last_used_at_ms,
    };
}

/* One allocation, with all that it says. */
static struct key *key_new(struct keyring *keyring, const struct key_facts *facts)
{
    struct key_facts own = *facts;
    struct bytes *strings[] = {&own.who.id,           &own.who.name,   &own.who.grant.ns,
                               &own.who.grant.queues, &own.created_by, &own.replaces};
    struct key *key;
    size_t len = 0;

    for (size_t i = 0; i < ARRAY_LEN(strings); i++)
        len += strings[i]->len;
    key = mem_alloc(sizeof(*key) + len);
    len = 0;
    for (size_t i = 0; i < ARRAY_LEN(strings); i++) {
        if (strings[i]->at == NULL)
            continue;
        if (strings[i]->len > 0)
            memcpy(key->text + len, strings[i]->at, strings[i]->len);
        strings[i]->at = key->text + len;
        len += strings[i]->len;
    }
    key->facts = own;
    key->facts.entry = key;
    key->keyring = keyring;
    return key;
}

static struct shelf *shelf_of(const struct key *key)
{
    return &key->keyring->shelves[key->facts.source];
}

static void add(struct key *key)
{
    struct shelf *shelf = shelf_of(key);

    if (shelf->len == shelf->room) {
        shelf->room = shelf->room * 2 + 16;
        shelf->keys = mem_resize(shelf->keys, shelf->room * sizeof(*shelf->keys));
    }
    atomic_store(&key->is_live, true);
    key->place = shelf->len;
    shelf->keys[shelf->len++] = key;
    map_put(shelf->by_hash, hash_bytes(&key->facts.hash), key);
    map_put(key->keyring->by_id, key->facts.who.id, key);
}

/* It is not found any more, and goes when nobody holds it. What has taken its place in the maps
 * stays. */
static void retire(struct key *key)
{
    struct shelf *shelf = shelf_of(key);
    struct map *by_id = key->keyring->by_id;
    struct bytes hash = hash_bytes(&key->facts.hash);

    if (map_get(by_id, key->facts.who.id) == key)
        map_remove(by_id, key->facts.who.id);
    if (map_get(shelf->by_hash, hash) == key)
        map_remove(shelf->by_hash, hash);
    shelf->keys[key->place] = shelf->keys[--shelf->len];
    shelf->keys[key->place]->place = key->place;
    atomic_store(&key->is_live, false);
    if (key->holders == 0)
        free(key);
    else
        list_push_back(&key->keyring->retired, &key->link);
}

/* ---- ids ---- */

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
static void make_way(const struct key *key)
{
    struct key_facts facts = key->facts;
    char hex[DIGEST_LEN * 2 + 1];
    struct key *moved;

    facts.who.id = id_of_line(key->keyring, BYTES_NONE, facts.hash, hex);
    moved = key_new(key->keyring, &facts);
    moved->generation = key->generation;
    moved->bucket = key->bucket;
    add(moved);
}

void keyring_put(struct keyring *keyring, const struct key_facts *facts)
{
    struct key *same = map_get(keyring->by_id, facts->who.id);

    add(key_new(keyring, facts));
    if (same == NULL)
        return;
    if (same->facts.source == KEY_FROM_FILE && facts->source == KEY_FROM_STORE)
        make_way(same);
    retire(same);
}

bool keyring_drop(struct keyring *keyring, struct bytes id)
{
    struct key *key = map_get(keyring->by_id, id);

    if (key != NULL)
        retire(key);
    return key != NULL;
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
    struct key *before = map_get(keyring->shelves[KEY_FROM_FILE].by_hash, hash_bytes(&line->hash));
    struct key *key = before;
    char hex[DIGEST_LEN * 2 + 1];
    struct bytes id;

    if (before != NULL && before->generation == keyring->generation)
        return;
    id = id_of_line(keyring, line->id, line->hash, hex);
    if (before == NULL || !is_as_before(before, line) || !bytes_equal(before->facts.who.id, id)) {
        key = key_of_line(keyring, line, id);
        add(key);
    }
    if (before != NULL && key != before) {
        key->facts.last_used_at_ms = before->facts.last_used_at_ms;
        retire(before);
    }
    key->generation = keyring->generation;
}

void keyring_put_file(struct keyring *keyring, const struct token_line *lines, size_t lines_len)
{
    struct shelf *shelf = &keyring->shelves[KEY_FROM_FILE];

    keyring->generation++;
    for (size_t i = 0; i < lines_len; i++)
        take_line(keyring, &lines[i]);
    for (size_t i = shelf->len; i > 0; i--)
        if (shelf->keys[i - 1]->generation != keyring->generation)
            retire(shelf->keys[i - 1]);
}

/* ---- looking ---- */

const struct key_facts *keyring_find(const struct keyring *keyring, struct bytes id)
{
    const struct key *key = map_get(keyring->by_id, id);

    return key != NULL ? &key->facts : NULL;
}

static const struct key *find_hash(const struct keyring *keyring, const struct digest *hash)
{
    const struct key *key = map_get(keyring->shelves[KEY_FROM_FILE].by_hash, hash_bytes(hash));

    return key != NULL ? key : map_get(keyring->shelves[KEY_FROM_STORE].by_hash, hash_bytes(hash));
}

/* What is compared byte by byte on the way is a hash, salted by the map; only the last comparison
 * is of the whole, and takes the same time wherever they differ. */
const struct key_facts *keyring_match(const struct keyring *keyring, struct bytes token,
                                      int64_t now_ms)
{
    struct digest hash = token_hash(token);
    const struct key *key = find_hash(keyring, &hash);

    if (key == NULL || !bytes_equal_constant_time(hash_bytes(&key->facts.hash), hash_bytes(&hash)))
        return NULL;
    return token_has_ended(key->facts.expires_at_ms, now_ms) ? NULL : &key->facts;
}

const struct key_facts *keyring_each(const struct keyring *keyring, size_t *at)
{
    size_t nth = (*at)++;

    for (unsigned i = 0; i < SOURCES; nth -= keyring->shelves[i++].len)
        if (nth < keyring->shelves[i].len)
            return &keyring->shelves[i].keys[nth]->facts;
    return NULL;
}

size_t keyring_len(const struct keyring *keyring, enum key_source source)
{
    return keyring->shelves[source].len;
}

bool keyring_is_open(const struct keyring *keyring)
{
    return keyring->shelves[KEY_FROM_FILE].len == 0 && keyring->shelves[KEY_FROM_STORE].len == 0;
}

bool keyring_has_ruler(const struct keyring *keyring, enum key_source source, int64_t now_ms)
{
    const struct shelf *shelf = &keyring->shelves[source];

    for (size_t i = 0; i < shelf->len; i++) {
        const struct key_facts *key = &shelf->keys[i]->facts;

        if (token_rules_all(&key->who.grant, key->expires_at_ms, now_ms))
            return true;
    }
    return false;
}

size_t keyring_list_ended(const struct keyring *keyring, int64_t before_ms, struct arena *arena,
                          size_t max, struct token_use **ret_ended)
{
    const struct shelf *shelf = &keyring->shelves[KEY_FROM_STORE];
    size_t len = 0;

    *ret_ended = arena_alloc(arena, max * sizeof(**ret_ended));
    for (size_t i = 0; i < shelf->len && len < max; i++) {
        const struct key_facts *key = &shelf->keys[i]->facts;

        if (token_has_ended(key->expires_at_ms, before_ms))
            (*ret_ended)[len++] = (struct token_use){.id = arena_bytes(arena, key->who.id),
                                                     .at_ms = key->expires_at_ms};
    }
    return len;
}

/* ---- who asks ---- */

void key_hold(const struct key_facts *key)
{
    if (key != NULL)
        key->entry->holders++;
}

void key_let_go(const struct key_facts *key)
{
    struct key *entry;

    if (key == NULL)
        return;
    entry = key->entry;
    ASSERT(entry->holders > 0);
    if (--entry->holders > 0 || atomic_load(&entry->is_live))
        return;
    list_remove(&entry->link);
    free(entry);
}

bool key_is_valid(const struct key_facts *key, int64_t now_ms)
{
    return atomic_load(&key->entry->is_live) && !token_has_ended(key->expires_at_ms, now_ms);
}

/* ---- what is counted ---- */

static_assert(offsetof(struct key_facts, who) == 0, "key_of() takes one for the other");

const struct key_facts *key_of(const struct principal *who)
{
    if (who == NULL || who == &principal_open || who == &principal_broker)
        return NULL;
    return (const struct key_facts *)(const void *)who;
}

bool key_is_live(const struct principal *who)
{
    const struct key_facts *key = key_of(who);

    return key == NULL || atomic_load(&key->entry->is_live);
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

size_t keyring_take_uses(struct keyring *keyring, struct arena *arena, struct token_use **ret_uses)
{
    const struct shelf *shelf = &keyring->shelves[KEY_FROM_STORE];
    size_t len = 0;

    for (size_t i = 0; i < shelf->len; i++)
        len += shelf->keys[i]->is_use_unsaved;
    *ret_uses = len > 0 ? arena_alloc(arena, len * sizeof(**ret_uses)) : NULL;
    len = 0;
    for (size_t i = 0; i < shelf->len; i++) {
        struct key *key = shelf->keys[i];

        if (!key->is_use_unsaved)
            continue;
        (*ret_uses)[len++] = (struct token_use){.id = arena_bytes(arena, key->facts.who.id),
                                                .at_ms = key->facts.last_used_at_ms};
        key->is_use_unsaved = false;
    }
    return len;
}
