/* Sight: one batch as the model looks at it; counts go along with the events. */
#pragma once

#include "sim.h"

enum { QUEUES_SEEN_MAX = 32 };

struct sight {
    struct sim *sim;
    struct model *model;
    const struct snapshot *before, *after;
    int64_t running[QUEUES_SEEN_MAX], pending[QUEUES_SEEN_MAX];
};

/* Replay one event: is it a step that the rules allow? */
void sight_event(struct sight *look, const struct row_event *event);
/* Are the rows what the events say? */
void sight_rows(struct sight *look);
void known_moved(struct sight *look, struct known *known, int64_t queue);
