/* Map: entries stand dense in one array, and a table of slots (hash and place, linear probing)
 * finds them. A removed entry's place is taken by the last one; so walking from the end allows
 * removing. */
#include "base/map.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"
#include "base/random.h"

enum { SLOTS_FIRST = 16 };

/* at is NULL for an integer key, which then stands in number. */
struct key {
    const char *at;
    uint64_t number; /* or the length */
};

struct entry {
    struct key key;
    uint64_t hash;
    void *value;
};

struct map {
    uint64_t secret[2];
    struct entry *entries;
    size_t len;
    uint64_t *slots;  /* high half of the hash << 32 | place + 1; 0: free */
    size_t slots_len; /* a power of two, entries have room for 3/4 of it */
};

static uint64_t rotate_left(uint64_t x, unsigned by)
{
    return (x << by) | (x >> (64 - by));
}

static void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[2] += v[3];
    v[1] = rotate_left(v[1], 13) ^ v[0];
    v[3] = rotate_left(v[3], 16) ^ v[2];
    v[0] = rotate_left(v[0], 32);
    v[2] += v[1];
    v[0] += v[3];
    v[1] = rotate_left(v[1], 17) ^ v[2];
    v[3] = rotate_left(v[3], 21) ^ v[0];
    v[2] = rotate_left(v[2], 32);
}

static void sip_word(uint64_t v[4], uint64_t word)
{
    v[3] ^= word;
    sip_round(v);
    v[0] ^= word;
}

/* The finisher of SplitMix64 (Steele, Lea, Flood 2014): integer keys are numbers that we made
 * ourselves, so nobody picks them to collide, and spreading their bits is enough. */
static uint64_t mixed(uint64_t number)
{
    number = (number ^ number >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    number = (number ^ number >> 27) * UINT64_C(0x94d049bb133111eb);
    return number ^ number >> 31;
}

/* SipHash-1-3. */
static uint64_t hash_of_bytes(const struct map *map, const char *at, size_t len)
{
    uint64_t v[4] = {
        map->secret[0] ^ UINT64_C(0x736f6d6570736575),
        map->secret[1] ^ UINT64_C(0x646f72616e646f6d),
        map->secret[0] ^ UINT64_C(0x6c7967656e657261),
        map->secret[1] ^ UINT64_C(0x7465646279746573),
    };
    uint64_t word = 0;
    size_t left = len;

    for (; left >= sizeof(word); left -= sizeof(word), at += sizeof(word)) {
        memcpy(&word, at, sizeof(word));
        sip_word(v, word);
    }
    word = 0;
    memcpy(&word, at, left);
    sip_word(v, word | (uint64_t)len << 56);
    v[2] ^= 0xff;
    sip_round(v);
    sip_round(v);
    sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static uint64_t hash_of(const struct map *map, struct key key)
{
    return key.at == NULL ? mixed(key.number ^ map->secret[0])
                          : hash_of_bytes(map, key.at, key.number);
}

static bool key_equal(struct key a, struct key b)
{
    if (a.number != b.number || (a.at == NULL) != (b.at == NULL))
        return false;
    return a.at == NULL || a.at == b.at || memcmp(a.at, b.at, a.number) == 0;
}

static struct key key_of_bytes(struct bytes key)
{
    return (struct key){key.at != NULL ? key.at : "", key.len};
}

static struct key key_of_int(uint64_t key)
{
    return (struct key){NULL, key};
}

static size_t entries_max(size_t slots_len)
{
    return slots_len / 4 * 3;
}

static uint64_t slot_of(uint64_t hash, size_t place)
{
    return (hash & UINT64_C(0xffffffff00000000)) | (place + 1);
}

static size_t place_in(uint64_t slot)
{
    return (size_t)(slot & UINT64_C(0xffffffff)) - 1;
}

/* The slot that holds this key, or the free one where it belongs. */
static size_t find(const struct map *map, struct key key, uint64_t hash)
{
    size_t mask = map->slots_len - 1;

    for (size_t at = hash & mask;; at = (at + 1) & mask) {
        uint64_t slot = map->slots[at];

        if (slot == 0)
            return at;
        if (((slot ^ hash) >> 32) == 0 && key_equal(map->entries[place_in(slot)].key, key))
            return at;
    }
}

static void resize(struct map *map, size_t slots_len)
{
    ASSERT(slots_len <= UINT32_MAX);
    free(map->slots);
    map->slots = mem_alloc(slots_len * sizeof(*map->slots));
    map->slots_len = slots_len;
    map->entries = mem_resize(map->entries, entries_max(slots_len) * sizeof(*map->entries));
    for (size_t place = 0; place < map->len; place++) {
        uint64_t hash = map->entries[place].hash;
        size_t at = hash & (slots_len - 1);

        while (map->slots[at] != 0)
            at = (at + 1) & (slots_len - 1);
        map->slots[at] = slot_of(hash, place);
    }
}

struct map *map_new(void)
{
    struct map *map = mem_alloc(sizeof(*map));
    struct random_source random = random_system();

    random.fill(random.ctx, map->secret, sizeof(map->secret));
    resize(map, SLOTS_FIRST);
    return map;
}

void map_free(struct map *map)
{
    if (map == NULL)
        return;
    free(map->entries);
    free(map->slots);
    free(map);
}

size_t map_len(const struct map *map)
{
    return map->len;
}

static void *get(const struct map *map, struct key key)
{
    uint64_t slot = map->slots[find(map, key, hash_of(map, key))];

    return slot != 0 ? map->entries[place_in(slot)].value : NULL;
}

static void *put(struct map *map, struct key key, void *value)
{
    ASSERT(value != NULL);
    if (map->len == entries_max(map->slots_len))
        resize(map, map->slots_len * 2);

    uint64_t hash = hash_of(map, key);
    size_t at = find(map, key, hash);
    uint64_t slot = map->slots[at];
    void *before = NULL;
    size_t place = map->len;

    if (slot != 0) {
        place = place_in(slot);
        before = map->entries[place].value;
    } else {
        map->slots[at] = slot_of(hash, place);
        map->len++;
    }
    /* The key too: the old one may live inside the old value. */
    map->entries[place] = (struct entry){.key = key, .hash = hash, .value = value};
    return before;
}

/* Free a slot and move those behind it up, so that no probe stops too early. */
static void free_slot(struct map *map, size_t hole)
{
    size_t mask = map->slots_len - 1;

    for (size_t at = (hole + 1) & mask; map->slots[at] != 0; at = (at + 1) & mask) {
        size_t home = map->entries[place_in(map->slots[at])].hash & mask;

        if (((at - home) & mask) >= ((at - hole) & mask)) {
            map->slots[hole] = map->slots[at];
            hole = at;
        }
    }
    map->slots[hole] = 0;
}

/* The last entry moves to a place that became free. */
static void move_last_to(struct map *map, size_t place)
{
    size_t last = map->len;

    if (place == last)
        return;

    uint64_t hash = map->entries[last].hash;
    uint64_t slot = slot_of(hash, last);
    size_t mask = map->slots_len - 1;
    size_t at = hash & mask;

    while (map->slots[at] != slot)
        at = (at + 1) & mask;
    map->slots[at] = slot_of(hash, place);
    map->entries[place] = map->entries[last];
}

static void *take(struct map *map, struct key key)
{
    size_t at = find(map, key, hash_of(map, key));
    uint64_t slot = map->slots[at];

    if (slot == 0)
        return NULL;

    size_t place = place_in(slot);
    void *value = map->entries[place].value;

    free_slot(map, at);
    map->len--;
    move_last_to(map, place);
    /* Memory follows what is in flight. */
    if (map->slots_len > SLOTS_FIRST && map->len < map->slots_len / 8)
        resize(map, map->slots_len / 2);
    return value;
}

void *map_get(const struct map *map, struct bytes key)
{
    return get(map, key_of_bytes(key));
}

void *map_put(struct map *map, struct bytes key, void *value)
{
    return put(map, key_of_bytes(key), value);
}

void *map_remove(struct map *map, struct bytes key)
{
    return take(map, key_of_bytes(key));
}

void *map_get_int(const struct map *map, uint64_t key)
{
    return get(map, key_of_int(key));
}

void *map_put_int(struct map *map, uint64_t key, void *value)
{
    return put(map, key_of_int(key), value);
}

void *map_remove_int(struct map *map, uint64_t key)
{
    return take(map, key_of_int(key));
}

void *map_each(const struct map *map, size_t *at)
{
    /* *at is 1 + the place last returned; the walk goes down from the end. */
    size_t left = *at == 0 ? map->len : *at - 1;

    if (left == 0 || left > map->len)
        return NULL;
    *at = left;
    return map->entries[left - 1].value;
}
