/* DB: a small driver interface over one SQL database connection; one thread uses a connection at a
 * time. Failures stick: after the first one every call does nothing and finds nothing, and
 * db_failure() says what happened. So code that works inside a transaction needs one check, before
 * COMMIT. */
#pragma once

#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/id.h"
#include "store/statements.gen.h"

enum db_failure {
    DB_FINE,
    DB_FULL,    /* no space: roll back, make room, go on */
    DB_IO,      /* a read, write or flush failed: what is on disk is unknown, stop (exit 74) */
    DB_CORRUPT, /* the file is damaged (exit 65) */
    DB_NEWER,   /* written by a later version (exit 65) */
    DB_LOCKED,  /* another process has it (exit 69) */
};

struct db;
struct db_rows; /* a statement on its way; owned by the db */

enum db_kind { DB_NULL, DB_INT, DB_TEXT, DB_BLOB };

struct db_value {
    enum db_kind kind;
    int64_t number;
    struct bytes bytes; /* borrowed until the statement ends */
};

#define VALUE_INT(n)  ((struct db_value){.kind = DB_INT, .number = (int64_t)(n)})
#define VALUE_TEXT(b) db_text_value(b)
#define VALUE_BLOB(b) db_blob_value(b)
#define VALUE_ID(id)  db_blob_value((struct bytes){(const char *)(id).at, sizeof((id).at)})
#define VALUES(...)                                                                                \
    (const struct db_value[]){__VA_ARGS__},                                                        \
        sizeof((const struct db_value[]){__VA_ARGS__}) / sizeof(struct db_value)

/* NONE becomes NULL. */
static inline struct db_value db_text_value(struct bytes b)
{
    return (struct db_value){.kind = b.at != NULL ? DB_TEXT : DB_NULL, .bytes = b};
}

static inline struct db_value db_blob_value(struct bytes b)
{
    return (struct db_value){.kind = b.at != NULL ? DB_BLOB : DB_NULL, .bytes = b};
}

struct db_options {
    const char *
        path; /* a file, or "memory:NAME": shared by all connections of that name in this process */
    bool read_only;
};

/* A connection over the SQLite driver. On failure ret_failure says of which kind and error.detail
 * why. */
MUST_CHECK bool db_open_sqlite(const struct db_options *options, struct db **ret_db,
                               enum db_failure *ret_failure, struct error *error);
void db_close(struct db *db); /* NULL is fine; rolls back what is open */

/* Run a statement that gives no rows. */
void db_run(struct db *db, enum sql sql, const struct db_value *values, size_t values_len);
/* Run one that may; step through all of its rows, or end with db_done(). A statement is not run
 * inside itself. */
struct db_rows *db_query(struct db *db, enum sql sql, const struct db_value *values,
                         size_t values_len);
bool db_step(struct db_rows *rows); /* false: no more, and the statement is done */
void db_done(struct db_rows *rows);
/* Columns from 0; bytes are valid until the next step. NULL reads as 0 and NONE. */
int64_t db_int(struct db_rows *rows, int column);
struct bytes db_bytes(struct db_rows *rows, int column);
struct id db_id(struct db_rows *rows, int column);
/* Run a query for one number; otherwise when there is no row. */
int64_t db_number(struct db *db, enum sql sql, const struct db_value *values, size_t values_len,
                  int64_t otherwise);
/* Rows that the last db_run changed. */
int64_t db_changes(struct db *db);

/* Free text SQL, for migrations and pragmas only. */
void db_exec(struct db *db, const char *sql);
void db_begin(struct db *db);
void db_commit(struct db *db); /* returns after the flush; a failure here means unknown */
/* Undo; forgets a DB_FULL failure, others stay. */
void db_rollback(struct db *db);

enum db_failure db_failure(const struct db *db);
const char *db_failure_text(const struct db *db);

struct db_sizes {
    int64_t file_bytes, wal_bytes;
};
struct db_sizes db_sizes(struct db *db); /* asks the file system */
#define DB_PAGE_BYTES INT64_C(4096)
/* In the log since the last checkpoint, as of the last commit. */
int64_t db_wal_pages(const struct db *db);
/* Move the log's pages into the main file, as far as readers let it; truncate: also shorten the
 * log. */
void db_checkpoint(struct db *db, bool truncate);
const char *db_version(void);
