/* Order repo: lines of tasks with one ordering key in a queue; the first has the turn. */
#pragma once

#include "store/db.h"

struct order_row {
    int64_t task, queue;
    struct bytes key;
    int64_t place; /* a task's number, or a later one that no task has */
};

void order_insert(struct db *db, const struct order_row *row);
/* False: it stands in no line. */
bool order_load(struct db *db, int64_t task, struct arena *arena, struct order_row *ret_row);
/* Who has the turn in the line of this row; -1: nobody stands there. */
int64_t order_first(struct db *db, const struct order_row *row);
/* How many stand before it, counting to max. */
int64_t order_ahead(struct db *db, const struct order_row *row, int64_t max);
void order_delete(struct db *db, int64_t task);
