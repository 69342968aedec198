/* Database: a SQLite file opened and flushed as the broker does it, with prepared statements. */
#pragma once

#include <sqlite3.h>
#include <stdint.h>

#define DATABASE_STATEMENTS_MAX 16

struct database {
    sqlite3 *handle;
    sqlite3_stmt *statements[DATABASE_STATEMENTS_MAX];
};

/* Make a new file in the folder and run every .sql file of the schema folder in it, in order. */
void database_open(struct database *database, const char *folder, const char *schema);
void database_close(struct database *database);

void database_prepare(struct database *database, unsigned statement, const char *sql);

/* Run one or more statements that give no rows. */
void database_exec(struct database *database, const char *sql);

/*
 * Bind and step a prepared statement once: one letter of `types` for each value, i an int64_t,
 * t a string, b a pointer and an int, n a NULL. Returns SQLITE_ROW or SQLITE_DONE, dies on anything
 * else. */
int database_step(struct database *database, unsigned statement, const char *types, ...);

/* The same for a statement that gives no rows; it is reset at once. */
void database_run(struct database *database, unsigned statement, const char *types, ...);
