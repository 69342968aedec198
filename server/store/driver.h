/* Driver: what a database must be able to do for db.h; each driver is one file. */
#pragma once

#include "store/db.h"

struct db_driver {
    void (*close)(struct db *db);
    void (*exec)(struct db *db, const char *sql);
    void (*rollback)(struct db *db);
    struct db_rows *(*start)(struct db *db, enum sql sql, const struct db_value *values,
                             size_t values_len);
    bool (*step)(struct db_rows *rows);
    void (*done)(struct db_rows *rows);
    int64_t (*column_int)(struct db_rows *rows, int column);
    struct bytes (*column_bytes)(struct db_rows *rows, int column);
    int64_t (*changes)(struct db *db);
    struct db_sizes (*sizes)(struct db *db);
    void (*checkpoint)(struct db *db, bool truncate);
};

/* The head of every driver's own struct. */
struct db {
    const struct db_driver *driver;
    enum db_failure failure;
    char failure_text[256];
    int64_t wal_pages; /* the driver sets it with each commit and checkpoint */
};

struct db_rows {
    struct db *db;
};

extern const char *const statement_texts[SQL_MAX];
