/* Line repo: rows of lines, levels and shares. */
#include "store/repo_line.h"

void line_insert(struct db *db, const struct line_row *row)
{
    db_run(db, SQL_LINE_INSERT,
           VALUES(VALUE_INT(row->number), VALUE_INT(row->queue), VALUE_INT(row->class_number),
                  VALUE_INT(row->priority), VALUE_TEXT(row->limits), VALUE_TEXT(row->affinity),
                  VALUE_INT(row->live), VALUE_INT(row->aside), VALUE_INT(row->share),
                  VALUE_INT(row->first), VALUE_INT((int64_t)row->paid)));
}

void line_update(struct db *db, const struct line_row *row)
{
    db_run(db, SQL_LINE_UPDATE,
           VALUES(VALUE_INT(row->number), VALUE_INT(row->live), VALUE_INT(row->aside),
                  VALUE_INT(row->share), VALUE_INT(row->first)));
}

bool line_has_limits(struct db *db, int64_t number)
{
    return db_number(db, SQL_LINE_LIMITED, VALUES(VALUE_INT(number)), 0) == 1;
}

void line_delete(struct db *db, int64_t number)
{
    db_run(db, SQL_LINE_DELETE, VALUES(VALUE_INT(number)));
}

void line_each(struct db *db, void (*each)(void *ctx, const struct line_row *row), void *ctx)
{
    struct db_rows *rows = db_query(db, SQL_LINE_ALL, NULL, 0);

    while (db_step(rows)) {
        struct line_row row = {
            .number = db_int(rows, 0),
            .queue = db_int(rows, 1),
            .class_number = db_int(rows, 2),
            .priority = (int32_t)db_int(rows, 3),
            .limits = db_bytes(rows, 4),
            .affinity = db_bytes(rows, 5),
            .live = db_int(rows, 6),
            .aside = db_int(rows, 7),
            .share = db_int(rows, 8),
            .first = db_int(rows, 9),
            .paid = (uint64_t)db_int(rows, 10),
        };

        each(ctx, &row);
    }
}

void level_save(struct db *db, const struct level_row *row)
{
    db_run(db, SQL_LEVEL_PUT,
           VALUES(VALUE_INT(row->queue), VALUE_INT(row->priority), VALUE_INT(row->now),
                  VALUE_INT(row->top)));
}

void level_each(struct db *db, void (*each)(void *ctx, const struct level_row *row), void *ctx)
{
    struct db_rows *rows = db_query(db, SQL_LEVEL_ALL, NULL, 0);

    while (db_step(rows)) {
        struct level_row row = {
            .queue = db_int(rows, 0),
            .priority = (int32_t)db_int(rows, 1),
            .now = db_int(rows, 2),
            .top = db_int(rows, 3),
        };

        each(ctx, &row);
    }
}

void share_save(struct db *db, const struct share_row *row)
{
    db_run(db, SQL_SHARE_PUT,
           VALUES(VALUE_INT(row->queue), VALUE_INT(row->priority), VALUE_TEXT(row->key),
                  VALUE_INT(row->finish)));
}

void share_delete(struct db *db, const struct share_row *row)
{
    db_run(db, SQL_SHARE_DELETE,
           VALUES(VALUE_INT(row->queue), VALUE_INT(row->priority), VALUE_TEXT(row->key)));
}

void share_each(struct db *db, void (*each)(void *ctx, const struct share_row *row), void *ctx)
{
    struct db_rows *rows = db_query(db, SQL_SHARE_ALL, NULL, 0);

    while (db_step(rows)) {
        struct share_row row = {
            .queue = db_int(rows, 0),
            .priority = (int32_t)db_int(rows, 1),
            .key = db_bytes(rows, 2),
            .finish = db_int(rows, 3),
        };

        each(ctx, &row);
    }
}
