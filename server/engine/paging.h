/* Paging: one page of things that are in memory, in the order in which they were made, those of the
 * same moment by name. */
#pragma once

#include "engine/command.h"

struct paged {
    int64_t made_at_ms;
    struct bytes tie; /* name or id, borrowed */
    void *thing;
};

struct paging {
    const struct page_ask *ask;
    struct paged *at;
    unsigned len;
};

/* most: how many there are of the kind. */
struct paging paging_begin(const struct page_ask *ask, size_t most, struct arena *arena);
/* Unless it stands before the page. */
void paging_add(struct paging *paging, int64_t made_at_ms, struct bytes tie, void *thing);
/* From now on at[0..len) is what is to be answered: one more than was asked for when there is more.
 */
void paging_end(struct paging *paging);
