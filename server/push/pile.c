/* Pile: an array in an arena; it doubles. */
#include "pile.h"

#include <string.h>

enum { CAPACITY_FIRST = 8 };

void *pile_add(struct pile *pile, size_t size)
{
    if (pile->mem == NULL)
        pile->mem = arena_new();
    if (pile->len == pile->capacity) {
        unsigned capacity = pile->capacity > 0 ? pile->capacity * 2 : CAPACITY_FIRST;
        char *at = arena_alloc(pile->mem, capacity * size);

        if (pile->len > 0)
            memcpy(at, pile->at, pile->len * size);
        pile->at = at;
        pile->capacity = capacity;
    }
    return (char *)pile->at + pile->len++ * size;
}

struct pile pile_take(struct pile *pile)
{
    struct pile taken = *pile;

    *pile = (struct pile){.mem = NULL};
    return taken;
}

void pile_fini(struct pile *pile)
{
    arena_free(pile->mem);
    *pile = (struct pile){.mem = NULL};
}
