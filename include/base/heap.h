/* Heap: an intrusive binary min-heap of due times; a node knows its place, so removing is O(log n).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct heap_node {
    int64_t key;  /* the smallest comes first */
    size_t place; /* 1-based; 0: in no heap */
};

struct heap {
    struct heap_node **nodes;
    size_t len;
    size_t capacity;
};

void heap_init(struct heap *heap);
void heap_fini(struct heap *heap);
struct heap_node *heap_first(const struct heap *heap); /* NULL when empty */
/* Insert, or move if it is in the heap already. */
void heap_set(struct heap *heap, struct heap_node *node, int64_t key);
void heap_remove(struct heap *heap, struct heap_node *node); /* fine if not in it */
