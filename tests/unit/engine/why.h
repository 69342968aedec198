/* Why: situations in which a task waits, each with the explanation that is expected, as one line of
 * text. */
#pragma once

#include "play.h"

struct situation {
    const char *name;
    struct id (*make)(struct stage *stage); /* the task that waits */
    enum task_state state;                  /* that is shown */
    /* "KIND MEMBER=VALUE ... | KIND ... ~ESTIMATE": those members that are there; a time is so many
     * ms from now, of holders only their number is told. */
    const char *expected;
};

/* Each on a stage of its own; after a failure the others are played all the same. */
void play_situations(const struct situation *situations, unsigned len);

const struct task_view *explain(struct stage *stage, struct id task);
/* The explanation as text; it lives as long as the stage. */
const char *why(struct stage *stage, struct id task);

struct id made(struct stage *stage, struct command *command);
/* One that uses these limits, "NAME UNITS\n" each. */
struct id submit_using(struct stage *stage, const char *limits);
void declare(struct stage *stage, const char *limit, int64_t max_running, struct rate_limit rate);
/* Without a rate. */
void cap(struct stage *stage, const char *limit, int64_t max_running);
/* It stands in the order of the key "k". */
struct command *to_follow(struct stage *stage, enum order_failure on_failure);
/* A worker that runs one type and has these labels. */
struct id enrol_for(struct stage *stage, const char *type, const char *labels,
                    int32_t min_priority);
