/* Heap: binary min-heap over pointers, places 1-based so that parent and children are one shift
 * away. */
#include "base/heap.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/memory.h"

enum { CAPACITY_FIRST = 64 };

void heap_init(struct heap *heap)
{
    *heap = (struct heap){.nodes = NULL};
}

void heap_fini(struct heap *heap)
{
    if (heap == NULL)
        return;
    for (size_t i = 0; i < heap->len; i++)
        heap->nodes[i]->place = 0;
    free(heap->nodes);
    heap_init(heap);
}

struct heap_node *heap_first(const struct heap *heap)
{
    return heap->len > 0 ? heap->nodes[0] : NULL;
}

static struct heap_node *node_at(const struct heap *heap, size_t place)
{
    return heap->nodes[place - 1];
}

static void put(struct heap *heap, size_t place, struct heap_node *node)
{
    heap->nodes[place - 1] = node;
    node->place = place;
}

static void sift_up(struct heap *heap, struct heap_node *node)
{
    size_t place = node->place;

    while (place > 1 && node_at(heap, place / 2)->key > node->key) {
        put(heap, place, node_at(heap, place / 2));
        place /= 2;
    }
    put(heap, place, node);
}

static void sift_down(struct heap *heap, struct heap_node *node)
{
    size_t place = node->place;

    while (place * 2 <= heap->len) {
        size_t child = place * 2;

        if (child < heap->len && node_at(heap, child + 1)->key < node_at(heap, child)->key)
            child++;
        if (node_at(heap, child)->key >= node->key)
            break;
        put(heap, place, node_at(heap, child));
        place = child;
    }
    put(heap, place, node);
}

static void move_to_its_place(struct heap *heap, struct heap_node *node)
{
    sift_up(heap, node);
    sift_down(heap, node);
}

static void resize(struct heap *heap, size_t capacity)
{
    heap->nodes = mem_resize(heap->nodes, capacity * sizeof(struct heap_node *));
    heap->capacity = capacity;
}

void heap_set(struct heap *heap, struct heap_node *node, int64_t key)
{
    if (node->place == 0) {
        if (heap->len == heap->capacity)
            resize(heap, heap->capacity > 0 ? heap->capacity * 2 : CAPACITY_FIRST);
        heap->len++;
        put(heap, heap->len, node);
    }
    ASSERT(node->place <= heap->len && node_at(heap, node->place) == node);
    node->key = key;
    move_to_its_place(heap, node);
}

void heap_remove(struct heap *heap, struct heap_node *node)
{
    if (node->place == 0)
        return;
    ASSERT(node->place <= heap->len && node_at(heap, node->place) == node);

    struct heap_node *last = node_at(heap, heap->len);

    heap->len--;
    if (last != node) {
        put(heap, node->place, last);
        move_to_its_place(heap, last);
    }
    node->place = 0;
    /* Memory follows what is in flight. */
    if (heap->capacity > CAPACITY_FIRST && heap->len < heap->capacity / 4)
        resize(heap, heap->capacity / 2);
}
