/* Limit repo: named limits and rules, loaded whole at start, and the tasks that hold units of one
 * from their submit on. */
#pragma once

#include "domain/limit.h"
#include "store/db.h"

struct limit_row {
    int64_t ns, version, created_at_ms;
    struct bytes name;
    struct limit_settings settings;
};
void limit_save(struct db *db, const struct limit_row *row, struct arena *arena);
/* In no special order; strings are valid during the call only. */
void limit_each(struct db *db, void (*each)(void *ctx, const struct limit_row *row), void *ctx);
void limit_delete(struct db *db, int64_t ns, struct bytes name);

void limit_holder_insert(struct db *db, int64_t ns, struct bytes name, int64_t task);
/* One that is not there is fine. */
void limit_holder_delete(struct db *db, int64_t ns, struct bytes name, int64_t task);
/* The oldest behind this number, at most max; returns how many. */
unsigned limit_holders(struct db *db, int64_t ns, struct bytes name, int64_t after, unsigned max,
                       int64_t *ret_tasks);
