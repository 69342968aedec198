/* Lineup: the shelves of one queue that a skill may run, the one whose first stands before all
 * others on top. */
#pragma once

#include "hot.h"
#include "skill.h"

struct lineup_entry {
    struct ready_head key; /* the shelf's first, or its bound, when the lineup looked last */
    struct hot_shelf *shelf;
};

struct lineup {
    const struct skill *skill;
    struct hot_queue *queue;
    struct lineup_entry *heap; /* shelves that have something ready; 1-based */
    uint32_t *places;          /* of each of the queue's shelves, by its index */
    unsigned len, room, places_len;
    uint64_t seen; /* the queue's count of changes when the lineup looked last */
};

struct lineup *lineup_new(const struct skill *skill, struct hot_queue *queue);
void lineup_free(struct lineup *lineup);
/* The task that stands before all others of the queue that the skill may run; the store is asked
 * only for shelves that may have it, for about wanted of their tasks. NULL: there is none. */
const struct ready_head *lineup_first(struct lineup *lineup, struct db *db, unsigned wanted);
