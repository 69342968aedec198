/* Event pack: what happened in one batch, in order, for those who listen. */
#pragma once

#include "base/arena.h"
#include "base/list.h"
#include "domain/event.h"

/* Numbers are without gaps: everything behind `after` up to `last`. An empty pack of a longer span
 * says that these were not kept; the log has them. */
struct event_pack {
    struct list_node link; /* whoever holds it */
    struct arena *mem;
    int64_t after, last;
    struct event *events; /* in mem, as their strings */
    unsigned len, room;
    size_t size; /* about */
};

static inline void event_pack_free(struct event_pack *pack)
{
    arena_free(pack->mem);
}
