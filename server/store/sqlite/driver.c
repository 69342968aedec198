/* SQLite driver: the file that knows SQLite. One writer connection checkpoints by hand;
 * readers are read-only. */
#include "../driver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <sqlite3.h>

#include "base/assert.h"
#include "base/memory.h"
#include "page_cache.h"

/* Earlier ones may lose commits when a checkpoint meets a log reset. */
#if SLUICE_SYSTEM_HTTP
enum {
    VERSION_LEAST = 3040000
}; /* one connection writes and checkpoints, so the bug has nothing to race with */
#else
enum { VERSION_LEAST = 3051003 };
#endif

/* Kept free at each page's end for the checksum. */
enum { CHECKSUM_BYTES = 8 };

struct sqlite_rows {
    struct db_rows head;
    sqlite3_stmt *stmt;
};

struct sqlite_db {
    struct db head;
    sqlite3 *handle;
    struct sqlite_rows statements[SQL_MAX];
    char *path; /* NULL: in memory */
};

static struct sqlite_db *as_sqlite(struct db *db)
{
    return CONTAINER_OF(db, struct sqlite_db, head);
}

static enum db_failure failure_of(int code)
{
    if (code == SQLITE_IOERR_DATA ||
        code == SQLITE_IOERR_CORRUPTFS) /* a page's checksum is wrong */
        return DB_CORRUPT;
    switch (code & 0xff) {
    case SQLITE_FULL:
        return DB_FULL;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return DB_CORRUPT;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return DB_LOCKED;
    default:
        return DB_IO;
    }
}

static void fail(struct sqlite_db *db, int code, const char *doing)
{
    if (db->head.failure != DB_FINE)
        return;
    db->head.failure = failure_of(code);
    (void)snprintf(db->head.failure_text, sizeof(db->head.failure_text), "%.120s: %s", doing,
                   sqlite3_errmsg(db->handle));
}

static void driver_exec(struct db *base, const char *sql)
{
    struct sqlite_db *db = as_sqlite(base);
    int code = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);

    if (code != SQLITE_OK)
        fail(db, code, sql);
}

static void driver_rollback(struct db *base)
{
    struct sqlite_db *db = as_sqlite(base);

    /* A full disk may have rolled back by itself; then there is nothing left to undo. */
    if (!sqlite3_get_autocommit(db->handle))
        (void)sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
}

static bool prepare(struct sqlite_db *db, enum sql sql)
{
    struct sqlite_rows *rows = &db->statements[sql];

    if (rows->stmt != NULL)
        return true;
    rows->head.db = &db->head;
    int code = sqlite3_prepare_v3(db->handle, statement_texts[sql], -1, SQLITE_PREPARE_PERSISTENT,
                                  &rows->stmt, NULL);
    if (code == SQLITE_OK)
        return true;
    fail(db, code, statement_texts[sql]);
    return false;
}

static void bind(sqlite3_stmt *stmt, int at, const struct db_value *value)
{
    int code = SQLITE_OK;

    switch (value->kind) {
    case DB_NULL:
        code = sqlite3_bind_null(stmt, at);
        break;
    case DB_INT:
        code = sqlite3_bind_int64(stmt, at, value->number);
        break;
    case DB_TEXT:
        code = sqlite3_bind_text64(stmt, at, value->bytes.at, value->bytes.len, SQLITE_STATIC,
                                   SQLITE_UTF8);
        break;
    case DB_BLOB:
        code = sqlite3_bind_blob64(stmt, at, value->bytes.at, value->bytes.len, SQLITE_STATIC);
        break;
    }
    ASSERT(code == SQLITE_OK);
}

static struct db_rows *driver_start(struct db *base, enum sql sql, const struct db_value *values,
                                    size_t values_len)
{
    struct sqlite_db *db = as_sqlite(base);

    if (!prepare(db, sql))
        return NULL;

    struct sqlite_rows *rows = &db->statements[sql];

    ASSERT(!sqlite3_stmt_busy(rows->stmt));
    for (size_t i = 0; i < values_len; i++)
        bind(rows->stmt, (int)i + 1, &values[i]);
    return &rows->head;
}

static struct sqlite_rows *as_rows(struct db_rows *rows)
{
    return CONTAINER_OF(rows, struct sqlite_rows, head);
}

static bool driver_step(struct db_rows *base)
{
    struct sqlite_rows *rows = as_rows(base);
    int code = sqlite3_step(rows->stmt);

    if (code == SQLITE_ROW)
        return true;
    if (code != SQLITE_DONE)
        fail(as_sqlite(base->db), code, sqlite3_sql(rows->stmt));
    (void)sqlite3_reset(rows->stmt);
    return false;
}

static void driver_done(struct db_rows *base)
{
    (void)sqlite3_reset(as_rows(base)->stmt);
}

static int64_t driver_column_int(struct db_rows *base, int column)
{
    return sqlite3_column_int64(as_rows(base)->stmt, column);
}

static struct bytes driver_column_bytes(struct db_rows *base, int column)
{
    sqlite3_stmt *stmt = as_rows(base)->stmt;

    if (sqlite3_column_type(stmt, column) == SQLITE_NULL)
        return BYTES_NONE;

    const char *at = sqlite3_column_blob(stmt, column);

    return (struct bytes){at != NULL ? at : "", (size_t)sqlite3_column_bytes(stmt, column)};
}

static int64_t driver_changes(struct db *base)
{
    return sqlite3_changes64(as_sqlite(base)->handle);
}

static int64_t file_size(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 ? (int64_t)status.st_size : 0;
}

static struct db_sizes driver_sizes(struct db *base)
{
    const struct sqlite_db *db = as_sqlite(base);
    struct db_sizes sizes = {.file_bytes = 0};

    if (db->path != NULL) {
        char wal[4096];

        (void)snprintf(wal, sizeof(wal), "%s-wal", db->path);
        sizes.file_bytes = file_size(db->path);
        sizes.wal_bytes = file_size(wal);
    }
    return sizes;
}

static void driver_checkpoint(struct db *base, bool truncate)
{
    struct sqlite_db *db = as_sqlite(base);
    int mode = truncate ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE;
    int code = sqlite3_wal_checkpoint_v2(db->handle, NULL, mode, NULL, NULL);

    db->head.wal_pages = 0;
    /* A reader in the way is no failure: the next checkpoint goes further. */
    if (code != SQLITE_OK && code != SQLITE_BUSY && code != SQLITE_LOCKED)
        fail(db, code, "checkpoint");
}

static void driver_close(struct db *base)
{
    struct sqlite_db *db = as_sqlite(base);

    for (int i = 0; i < SQL_MAX; i++)
        (void)sqlite3_finalize(db->statements[i].stmt);
    (void)sqlite3_close(db->handle);
    free(db->path);
    free(db);
}

static const struct db_driver driver = {
    .close = driver_close,
    .exec = driver_exec,
    .rollback = driver_rollback,
    .start = driver_start,
    .step = driver_step,
    .done = driver_done,
    .column_int = driver_column_int,
    .column_bytes = driver_column_bytes,
    .changes = driver_changes,
    .sizes = driver_sizes,
    .checkpoint = driver_checkpoint,
};

static int on_commit(void *ctx, sqlite3 *handle, const char *name, int wal_pages)
{
    struct sqlite_db *db = ctx;

    (void)handle;
    (void)name;
    db->head.wal_pages = wal_pages;
    return SQLITE_OK;
}

static const char application_id[] = "PRAGMA application_id = 1399616867"; /* "Sluc" */
enum { APPLICATION_ID = 1399616867 };

/* -1 when it fails. */
static int64_t read_number(struct sqlite_db *db, const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    int64_t number = -1;
    int code = sqlite3_prepare_v2(db->handle, sql, -1, &stmt, NULL);

    if (code == SQLITE_OK)
        code = sqlite3_step(stmt);
    if (code == SQLITE_ROW)
        number = sqlite3_column_int64(stmt, 0);
    else
        fail(db, code, sql);
    (void)sqlite3_finalize(stmt);
    return number;
}

/* Nothing is written to a file before it is known whose it is. */
static bool is_new(struct sqlite_db *db)
{
    int64_t id = read_number(db, "PRAGMA application_id");

    if (db->head.failure != DB_FINE || id == APPLICATION_ID)
        return false;
    if (id == 0 && read_number(db, "SELECT count(*) FROM sqlite_schema") == 0)
        return true;
    if (db->head.failure == DB_FINE) {
        db->head.failure = DB_CORRUPT;
        (void)snprintf(db->head.failure_text, sizeof(db->head.failure_text),
                       "%.200s is the database of another program",
                       sqlite3_db_filename(db->handle, "main"));
    }
    return false;
}

static void configure_writer(struct sqlite_db *db)
{
    static const char *const pragmas[] = {
        "PRAGMA synchronous = FULL",
        "PRAGMA wal_autocheckpoint = 0",
        "PRAGMA journal_size_limit = 67108864",
        "PRAGMA secure_delete = OFF",
        "PRAGMA cache_size = -65536",
        "PRAGMA temp_store = MEMORY",
        "PRAGMA trusted_schema = OFF",
        "PRAGMA cell_size_check = ON",
    };

    for (size_t i = 0; i < ARRAY_LEN(pragmas); i++)
        db_exec(&db->head, pragmas[i]);

    bool is_fresh = db->head.failure == DB_FINE && is_new(db);

    if (is_fresh) { /* both only before the first table: freed pages can be given back later; room
                       for checksums */
        int reserve = CHECKSUM_BYTES;

        (void)sqlite3_file_control(db->handle, NULL, SQLITE_FCNTL_RESERVE_BYTES, &reserve);
        db_exec(&db->head, "PRAGMA auto_vacuum = INCREMENTAL");
    }
    db_exec(&db->head, "PRAGMA journal_mode = WAL");
    if (is_fresh)
        db_exec(&db->head, application_id);
    (void)sqlite3_wal_hook(db->handle, on_commit, db);
}

static void configure_reader(struct sqlite_db *db)
{
    db_exec(&db->head, "PRAGMA query_only = ON");
    db_exec(&db->head, "PRAGMA cache_size = -8192");
    (void)sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
}

#if SLUICE_SYSTEM_HTTP
/* A build with the system's libraries has no checksum layer; it serves loopback only. */
static const char *checksum_vfs(void)
{
    return NULL;
}
#else
/* SQLite's own checksum layer comes with its source but without a header. */
int sqlite3_register_cksumvfs(const char *unused);

/* Every page ends with a checksum that is verified whenever the page is read. The layer is taken in
 * once: twice, and it would call itself. */
static const char *checksum_vfs(void)
{
    static const char name[] = "cksmvfs";

    if (sqlite3_vfs_find(name) == NULL)
        (void)sqlite3_register_cksumvfs(NULL);
    return name;
}
#endif

static int open_handle(const struct db_options *options, struct sqlite_db *db)
{
    char uri[512];
    int flags =
        options->read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;

    flags |= SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    if (strncmp(options->path, "memory:", 7) != 0) {
        size_t len = strlen(options->path) + 1;

        db->path = memcpy(mem_alloc(len), options->path, len);
        return sqlite3_open_v2(options->path, &db->handle, flags | SQLITE_OPEN_NOFOLLOW,
                               checksum_vfs());
    }
    (void)snprintf(uri, sizeof(uri), "file:/%s?vfs=memdb", options->path + 7);
    return sqlite3_open_v2(uri, &db->handle, flags | SQLITE_OPEN_URI, NULL);
}

bool db_open_sqlite(const struct db_options *options, struct db **ret_db,
                    enum db_failure *ret_failure, struct error *error)
{
    if (sqlite3_libversion_number() < VERSION_LEAST) {
        *ret_failure = DB_IO;
        (void)error_set(error, ERR_STORE_UNAVAILABLE, "", "SQLite %s is too old: %d is needed",
                        sqlite3_libversion(), VERSION_LEAST);
        return false;
    }

    struct sqlite_db *db = mem_alloc(sizeof(*db));

    page_cache_install();
    db->head.driver = &driver;
    int code = open_handle(options, db);
    if (code != SQLITE_OK)
        fail(db, code, options->path);
    (void)sqlite3_busy_timeout(db->handle, 5000);
    if (options->read_only)
        configure_reader(db);
    else
        configure_writer(db);
    if (db->head.failure != DB_FINE) {
        *ret_failure = db->head.failure;
        (void)error_set(error, ERR_STORE_UNAVAILABLE, "", "%s", db->head.failure_text);
        driver_close(&db->head);
        return false;
    }
    *ret_db = &db->head;
    return true;
}

const char *db_version(void)
{
    return sqlite3_libversion();
}
