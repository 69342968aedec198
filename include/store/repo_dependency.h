/* Dependency repo: what tasks still wait for. A row goes when the awaited task has ended, or the
 * waiting one. */
#pragma once

#include "store/db.h"

/* Both at once is one row. */
void dependency_insert(struct db *db, int64_t task, int64_t on_task);
bool dependency_is_any(struct db *db, int64_t task);
int64_t dependency_count(struct db *db, int64_t task);
/* The ids it waits for, the oldest first. */
unsigned dependency_page(struct db *db, int64_t task, unsigned max, struct id *ret_ids);
/* Who waits for it, the oldest first. */
unsigned dependents(struct db *db, int64_t on_task, unsigned max, int64_t *ret_numbers);
void dependency_delete(struct db *db, int64_t task, int64_t on_task);
void dependencies_delete(struct db *db, int64_t task);
