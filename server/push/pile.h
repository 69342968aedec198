/* Pile: outcomes that were not reported yet, in the memory that goes with the command that reports
 * them. */
#pragma once

#include "base/arena.h"

struct pile {
    struct arena *mem; /* NULL: empty */
    void *at;
    unsigned len, capacity;
};

/* One more of size, zeroed. */
void *pile_add(struct pile *pile, size_t size);
/* Empty it: the caller's are mem and what is in it. */
struct pile pile_take(struct pile *pile);
void pile_fini(struct pile *pile);
