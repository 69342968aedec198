/* Retention: how long finished tasks are kept, and what goes first when there are too many. */
#pragma once

#include "domain/task_state.h"

enum {
    RETENTION_HAS_SUCCEEDED = 1 << 0,
    RETENTION_HAS_FAILED = 1 << 1,
    RETENTION_HAS_MAX_COUNT = 1 << 2,
    RETENTION_HAS_MAX_BYTES = 1 << 3,
    RETENTION_HAS_ALL = (1 << 4) - 1,
};

/* -1: unlimited. */
struct retention {
    unsigned given; /* RETENTION_HAS_*: what was said; the others mean nothing */
    int64_t succeeded_ms;
    int64_t failed_ms; /* of cancelled and expired ones, too */
    int64_t max_count, max_bytes;
};

/* What ends at the same rule; those with a time of their own are kept apart. */
enum retention_kind {
    RETENTION_SUCCEEDED,
    RETENTION_ENDED_BADLY,
    RETENTION_OWN,
    RETENTION_KINDS,
};

enum retention_over { RETENTION_FITS, RETENTION_OVER_COUNT, RETENTION_OVER_BYTES };

struct retention retention_default(void);
/* What wish says, and for the rest what was. */
struct retention retention_merge(struct retention before, const struct retention *wish);
bool retention_equal(const struct retention *a, const struct retention *b);
/* own_ms: the task's own time; -1: none. */
enum retention_kind retention_kind_of(enum task_state state, int64_t own_ms);
/* By which those of a kind stand in line: when it finished, or when its own time is over. */
int64_t retention_place_ms(int64_t finished_at_ms, int64_t own_ms);
/* When a task that stands there is to go; INT64_MAX: never. */
int64_t retention_due_ms(const struct retention *retention, enum retention_kind kind,
                         int64_t place_ms);
enum retention_over retention_over(const struct retention *retention, int64_t count, int64_t bytes);
/* The kind whose oldest goes first when there are too many; INT64_MAX: it has none. Tasks that
 * asked for a time of their own go last. RETENTION_KINDS: nothing is there. */
enum retention_kind retention_first(const int64_t oldest_ms[RETENTION_KINDS]);
