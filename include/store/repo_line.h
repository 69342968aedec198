/* Line repo: lines, and the fair shares of a queue's priorities. Strings given to callbacks are
 * valid during the call only. */
#pragma once

#include "store/db.h"

struct line_row {
    int64_t number, queue, class_number;
    int32_t priority;
    struct bytes limits, affinity; /* NONE: none */
    uint64_t paid;                 /* as in struct task */
    int64_t live, aside;           /* not terminal; of these, neither ready nor leased */
    int64_t share, first;          /* nothing that is ready stands before */
};
void line_insert(struct db *db, const struct line_row *row);
/* Its counts and its first: the rest never changes. */
void line_update(struct db *db, const struct line_row *row);
/* Whether limits may hold its tasks back. */
bool line_has_limits(struct db *db, int64_t number);
void line_delete(struct db *db, int64_t number);
void line_each(struct db *db, void (*each)(void *ctx, const struct line_row *row), void *ctx);

struct level_row {
    int64_t queue;
    int32_t priority;
    int64_t now, top;
};
void level_save(struct db *db, const struct level_row *row);
void level_each(struct db *db, void (*each)(void *ctx, const struct level_row *row), void *ctx);

struct share_row {
    int64_t queue;
    int32_t priority;
    struct bytes key;
    int64_t finish;
};
void share_save(struct db *db, const struct share_row *row);
void share_delete(struct db *db, const struct share_row *row);
void share_each(struct db *db, void (*each)(void *ctx, const struct share_row *row), void *ctx);
