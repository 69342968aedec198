/* Map: a hash table from bytes or 64-bit integers to pointers. Byte keys are hashed with a secret
 * (SipHash), so users cannot choose collisions; integer keys are numbers of our own making, and are
 * only mixed. Byte keys are borrowed: they must live as long as the entry (usually inside the
 * value). Not thread-safe. */
#pragma once

#include <stdint.h>

#include "base/bytes.h"

struct map;

struct map *map_new(void);
void map_free(struct map *map); /* values are the caller's; NULL is fine */
size_t map_len(const struct map *map);

void *map_get(const struct map *map, struct bytes key);
/* Returns the value that was there before, NULL if none. value must not be NULL. */
void *map_put(struct map *map, struct bytes key, void *value);
void *map_remove(struct map *map, struct bytes key);

void *map_get_int(const struct map *map, uint64_t key);
void *map_put_int(struct map *map, uint64_t key, void *value);
void *map_remove_int(struct map *map, uint64_t key);

/* Walk in no special order: start with *at = 0; NULL at the end. Removing the entry just returned
 * is allowed. */
void *map_each(const struct map *map, size_t *at);
