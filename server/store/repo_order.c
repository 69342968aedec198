/* Order repo: places in lines. */
#include "store/repo_order.h"

void order_insert(struct db *db, const struct order_row *row)
{
    db_run(db, SQL_ORDER_INSERT,
           VALUES(VALUE_INT(row->task), VALUE_INT(row->queue), VALUE_TEXT(row->key),
                  VALUE_INT(row->place)));
    /* A place that is not the task's own number must never become another's. */
    if (row->place != row->task)
        db_run(db, SQL_TASK_REMEMBER, VALUES(VALUE_INT(row->place)));
}

bool order_load(struct db *db, int64_t task, struct arena *arena, struct order_row *ret_row)
{
    struct db_rows *rows = db_query(db, SQL_ORDER_BY_TASK, VALUES(VALUE_INT(task)));

    if (!db_step(rows))
        return false;
    *ret_row = (struct order_row){
        .task = task,
        .queue = db_int(rows, 0),
        .key = arena_bytes(arena, db_bytes(rows, 1)),
        .place = db_int(rows, 2),
    };
    db_done(rows);
    return true;
}

int64_t order_first(struct db *db, const struct order_row *row)
{
    return db_number(db, SQL_ORDER_FIRST, VALUES(VALUE_INT(row->queue), VALUE_TEXT(row->key)), -1);
}

int64_t order_ahead(struct db *db, const struct order_row *row, int64_t max)
{
    return db_number(
        db, SQL_ORDER_AHEAD,
        VALUES(VALUE_INT(row->queue), VALUE_TEXT(row->key), VALUE_INT(row->place), VALUE_INT(max)),
        0);
}

void order_delete(struct db *db, int64_t task)
{
    db_run(db, SQL_ORDER_DELETE, VALUES(VALUE_INT(task)));
}
