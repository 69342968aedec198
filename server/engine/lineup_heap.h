/* Lineup heap: items in order of who stands first; an item knows its place, so moving and removing
 * are O(log n). */
#pragma once

#include <stdbool.h>

#include "front.h"

struct lineup_heap;

struct lineup_item {
    struct ready_head key;  /* what it stood for when it was put here last */
    struct lineup_heap *in; /* NULL: in none */
    unsigned place;         /* 1-based */
};

struct lineup_heap {
    struct lineup_item **items; /* 1-based */
    unsigned len, room;
};

void lineup_heap_fini(struct lineup_heap *heap);
struct lineup_item *lineup_heap_first(const struct lineup_heap *heap); /* NULL: empty */
/* Put it there with this key, or move it within. It must be in no other. */
void lineup_heap_put(struct lineup_heap *heap, struct lineup_item *item,
                     const struct ready_head *key);
void lineup_heap_remove(struct lineup_item *item); /* fine if it is in none */
