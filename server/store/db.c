/* DB: the driver-independent half; every call stops at a failure that sticks. */
#include "store/db.h"

#include <string.h>

#include "driver.h"

const char *const statement_texts[SQL_MAX] = {
#include "statements.gen.inc"
};

void db_close(struct db *db)
{
    if (db != NULL)
        db->driver->close(db);
}

struct db_rows *db_query(struct db *db, enum sql sql, const struct db_value *values,
                         size_t values_len)
{
    if (db->failure != DB_FINE)
        return NULL;
    return db->driver->start(db, sql, values, values_len);
}

void db_done(struct db_rows *rows)
{
    if (rows != NULL)
        rows->db->driver->done(rows);
}

bool db_step(struct db_rows *rows)
{
    if (rows == NULL)
        return false;
    if (rows->db->failure == DB_FINE)
        return rows->db->driver->step(rows);
    /* Something else failed meanwhile: the statement ends too, so that it can be run again after a
     * rollback. */
    db_done(rows);
    return false;
}

void db_run(struct db *db, enum sql sql, const struct db_value *values, size_t values_len)
{
    struct db_rows *rows = db_query(db, sql, values, values_len);

    while (db_step(rows))
        ;
}

int64_t db_number(struct db *db, enum sql sql, const struct db_value *values, size_t values_len,
                  int64_t otherwise)
{
    struct db_rows *rows = db_query(db, sql, values, values_len);

    if (!db_step(rows))
        return otherwise;

    int64_t number = db_int(rows, 0);

    db_done(rows);
    return number;
}

int64_t db_int(struct db_rows *rows, int column)
{
    return rows->db->driver->column_int(rows, column);
}

struct bytes db_bytes(struct db_rows *rows, int column)
{
    return rows->db->driver->column_bytes(rows, column);
}

struct id db_id(struct db_rows *rows, int column)
{
    struct bytes bytes = db_bytes(rows, column);
    struct id id = {.at = {0}};

    if (bytes.len == sizeof(id.at))
        memcpy(id.at, bytes.at, sizeof(id.at));
    return id;
}

int64_t db_changes(struct db *db)
{
    return db->failure == DB_FINE ? db->driver->changes(db) : 0;
}

void db_exec(struct db *db, const char *sql)
{
    if (db->failure == DB_FINE)
        db->driver->exec(db, sql);
}

void db_begin(struct db *db)
{
    db_exec(db, "BEGIN IMMEDIATE");
}

void db_commit(struct db *db)
{
    db_exec(db, "COMMIT");
}

void db_rollback(struct db *db)
{
    db->driver->rollback(db);
    if (db->failure == DB_FULL)
        db->failure = DB_FINE;
}

enum db_failure db_failure(const struct db *db)
{
    return db->failure;
}

const char *db_failure_text(const struct db *db)
{
    return db->failure_text;
}

struct db_sizes db_sizes(struct db *db)
{
    return db->driver->sizes(db);
}

int64_t db_wal_pages(const struct db *db)
{
    return db->wal_pages;
}

void db_checkpoint(struct db *db, bool truncate)
{
    if (db->failure == DB_FINE)
        db->driver->checkpoint(db, truncate);
}
