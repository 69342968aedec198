/* Lineup heap: a binary heap of pointers. */
#include "lineup_heap.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/memory.h"

enum { ROOM_FIRST = 8 };

static bool is_before(const struct lineup_heap *heap, unsigned a, unsigned b)
{
    return ready_head_compare(&heap->items[a]->key, &heap->items[b]->key) < 0;
}

static void set(struct lineup_heap *heap, unsigned place, struct lineup_item *item)
{
    heap->items[place] = item;
    item->place = place;
}

static void swap(struct lineup_heap *heap, unsigned a, unsigned b)
{
    struct lineup_item *item = heap->items[a];

    set(heap, a, heap->items[b]);
    set(heap, b, item);
}

static void sift(struct lineup_heap *heap, unsigned place)
{
    for (; place > 1 && is_before(heap, place, place / 2); place /= 2)
        swap(heap, place, place / 2);
    while (place * 2 <= heap->len) {
        unsigned child = place * 2;

        if (child < heap->len && is_before(heap, child + 1, child))
            child++;
        if (!is_before(heap, child, place))
            return;
        swap(heap, child, place);
        place = child;
    }
}

void lineup_heap_fini(struct lineup_heap *heap)
{
    free(heap->items);
}

struct lineup_item *lineup_heap_first(const struct lineup_heap *heap)
{
    return heap->len > 0 ? heap->items[1] : NULL;
}

void lineup_heap_put(struct lineup_heap *heap, struct lineup_item *item,
                     const struct ready_head *key)
{
    ASSERT(item->in == NULL || item->in == heap);
    item->key = *key;
    if (item->in == NULL) {
        if (++heap->len >= heap->room) {
            heap->room = heap->room > 0 ? heap->room * 2 : ROOM_FIRST;
            heap->items = mem_resize(heap->items, heap->room * sizeof(struct lineup_item *));
        }
        item->in = heap;
        set(heap, heap->len, item);
    }
    sift(heap, item->place);
}

void lineup_heap_remove(struct lineup_item *item)
{
    struct lineup_heap *heap = item->in;
    unsigned place = item->place;
    struct lineup_item *last;

    if (heap == NULL)
        return;
    item->in = NULL;
    last = heap->items[heap->len--];
    if (last == item)
        return;
    set(heap, place, last);
    sift(heap, place);
}
