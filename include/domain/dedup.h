/* Dedup: whether a submit is the same as a task that is there, and what is to be done about it.
 * Pure decisions. */
#pragma once

#include "domain/task.h"

/* How far a task with a key has come. The numbers stand in rows. */
enum dedup_stage {
    DEDUP_NEVER_CLAIMED,
    DEDUP_LEASED,  /* running or waiting */
    DEDUP_BETWEEN, /* between two claims: retrying, snoozed, released */
    DEDUP_OVER,    /* terminal */
    DEDUP_STAGES
};

enum dedup_action {
    DEDUP_MAKE,     /* there is none: a new task */
    DEDUP_GIVE,     /* the one that is there is the answer */
    DEDUP_REFUSE,   /* a conflict */
    DEDUP_PUT_OFF,  /* the one that is there changes, and is the answer */
    DEDUP_SUPPLANT, /* those that are there are cancelled, and there is a new one */
};

enum dedup_stage dedup_stage_of(const struct task *task);
/* The stages in which a task counts as the same, a bit each. */
unsigned dedup_stages(enum dedup_scope scope);
/* Of those, the ones at which it is not over. */
unsigned dedup_live_stages(enum dedup_scope scope);
/* Whether one that was made then counts. */
bool dedup_reaches_back(const struct dedup *dedup, int64_t created_at_ms, int64_t now_ms);
/* found: the newest of those that count; NULL: none. */
enum dedup_action dedup_action(const struct dedup *dedup, const struct task *found);
/* When one that is put off is due, if the new submit asks for asked_ms. */
int64_t dedup_put_off_to_ms(const struct dedup *dedup, int64_t created_at_ms, int64_t asked_ms);
