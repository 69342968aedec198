/* Sight: one batch as the model looks at it; counts go along with the events. */
#pragma once

#include "sim.h"

enum { QUEUES_SEEN_MAX = 32 };

struct sight {
    struct sim *sim;
    struct model *model;
    const struct snapshot *before, *after;
    int64_t running[QUEUES_SEEN_MAX], pending[QUEUES_SEEN_MAX];
    int64_t last_place; /* of orders, before this batch */
    unsigned moves; /* tasks that changed their queue, or left a line that they blocked: no event
                       says when */
    int64_t made[SCHEDULES];   /* tasks of each schedule */
    int64_t clones[SCHEDULES]; /* of those tasks, or of a slot: a retry is under way as well */
    int letters;               /* copies of failed tasks, less those that there must be */
};

/* Replay one event: is it a step that the rules allow? */
void sight_event(struct sight *look, const struct row_event *event);
/* Are the rows what the events say? */
void sight_rows(struct sight *look);
/* Named limits and rates, along the events and then as a whole. */
void limits_begin(struct sight *look);
void limits_submitted(struct sight *look, struct known *known);
void limits_claimed(struct sight *look, const struct known *known);
void limits_end(struct sight *look);
void schedules_submitted(struct sight *look, const struct known *known);
void schedules_end(struct sight *look);
/* Ordering keys, dedup keys and dependencies. */
void keys_begin(struct sight *look);
void keys_submitted(struct sight *look, struct known *known);
void keys_claimed(struct sight *look, const struct known *known);
void keys_over(struct sight *look, struct known *known);
void keys_again(struct sight *look, struct known *known); /* it was over, and is retried */
void keys_end(struct sight *look);
void known_moved(struct sight *look, struct known *known, int64_t queue);
