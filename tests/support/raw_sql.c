/* Raw SQL: a connection for one statement. */
#include "raw_sql.h"

#include <stddef.h>

#include <sqlite3.h>

int64_t raw_number(const char *database_path, const char *sql)
{
    sqlite3 *handle = NULL;
    sqlite3_stmt *stmt = NULL;
    int64_t number = -1;

    if (sqlite3_open_v2(database_path, &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_URI, NULL) ==
            SQLITE_OK &&
        sqlite3_prepare_v2(handle, sql, -1, &stmt, NULL) == SQLITE_OK &&
        sqlite3_step(stmt) == SQLITE_ROW)
        number = sqlite3_column_int64(stmt, 0);
    (void)sqlite3_finalize(stmt);
    (void)sqlite3_close(handle);
    return number;
}

bool raw_exec(const char *database_path, const char *sql)
{
    sqlite3 *handle = NULL;
    bool is_done = sqlite3_open_v2(database_path, &handle,
                                   SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) == SQLITE_OK &&
                   sqlite3_exec(handle, sql, NULL, NULL, NULL) == SQLITE_OK;

    (void)sqlite3_close(handle);
    return is_done;
}
