/* Database: a SQLite file opened and flushed as the broker does it, with prepared statements. */
#include "raw/database.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/die.h"
#include "common/text.h"

static void expect(struct database *database, int code, int expected, const char *what)
{
    if (code != expected)
        die("%s: %s", what, sqlite3_errmsg(database->handle));
}

void database_exec(struct database *database, const char *sql)
{
    expect(database, sqlite3_exec(database->handle, sql, NULL, NULL, NULL), SQLITE_OK, sql);
}

/* What the schema's words in braces stand for here. */
static const char *const words[][2] = {
    {"i64", "INTEGER"},
    {"bytes", "BLOB"},
    {"key", "INTEGER PRIMARY KEY"},
    {"strict", "STRICT"},
    {"clustered", "STRICT, WITHOUT ROWID"},
#define STRING_OF(number)                         #number
#define STATE(number, name, wire, targets, flags) {#name, STRING_OF(number)},
#include "tables/task_states.def"
#undef STATE
#undef STRING_OF
};

static const char *meaning_of(const char *word, size_t n)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strlen(words[i][0]) == n && memcmp(words[i][0], word, n) == 0)
            return words[i][1];
    die("the schema has an unknown word {{%.*s}}", (int)n, word);
}

static void add_expanded(struct text *sql, const char *from)
{
    const char *open = strstr(from, "{{");
    const char *close = open ? strstr(open, "}}") : NULL;

    while (close) {
        const char *meaning = meaning_of(open + 2, (size_t)(close - open - 2));

        text_add(sql, from, (size_t)(open - from));
        text_add(sql, meaning, strlen(meaning));
        from = close + 2;
        open = strstr(from, "{{");
        close = open ? strstr(open, "}}") : NULL;
    }
    text_add(sql, from, strlen(from));
}

static void run_file(struct database *database, const char *folder, const char *name)
{
    struct text path = {0};
    struct text sql = {0};
    char line[4096];

    text_print(&path, "%s/%s", folder, name);
    FILE *file = fopen(path.bytes, "re");
    if (!file)
        die("cannot read %s", path.bytes);
    while (fgets(line, sizeof line, file))
        add_expanded(&sql, line);
    (void)fclose(file); /* only read */
    database_exec(database, sql.bytes);
    text_fini(&path);
    text_fini(&sql);
}

static int is_sql(const struct dirent *entry)
{
    size_t n = strlen(entry->d_name);

    return n > 4 && strcmp(entry->d_name + n - 4, ".sql") == 0;
}

static void run_schema(struct database *database, const char *folder)
{
    struct dirent **entries;
    int n = scandir(folder, &entries, is_sql, alphasort);

    if (n <= 0)
        die("no .sql files in %s", folder);
    for (int i = 0; i < n; i++) {
        run_file(database, folder, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
}

void database_open(struct database *database, const char *folder, const char *schema)
{
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    struct text path = {0};

    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        text_clear(&path);
        text_print(&path, "%s/raw.db%s", folder, suffixes[i]);
        (void)unlink(path.bytes); /* of an earlier run, if any */
    }
    text_clear(&path);
    text_print(&path, "%s/raw.db", folder);
    if (sqlite3_open_v2(path.bytes, &database->handle,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                        NULL) != SQLITE_OK)
        die("cannot open %s", path.bytes);
    /* As the broker's writer; SQLite itself checkpoints where the broker does it by hand. */
    database_exec(database, "PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=WAL;"
                            "PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=4096;"
                            "PRAGMA journal_size_limit=67108864; PRAGMA secure_delete=OFF;"
                            "PRAGMA cache_size=-65536; PRAGMA temp_store=MEMORY;"
                            "PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON;");
    run_schema(database, schema);
    text_fini(&path);
}

void database_close(struct database *database)
{
    for (unsigned i = 0; i < DATABASE_STATEMENTS_MAX; i++)
        (void)sqlite3_finalize(database->statements[i]); /* repeats a failure already seen */
    expect(database, sqlite3_close(database->handle), SQLITE_OK, "close");
}

void database_prepare(struct database *database, unsigned statement, const char *sql)
{
    expect(database,
           sqlite3_prepare_v3(database->handle, sql, -1, SQLITE_PREPARE_PERSISTENT,
                              &database->statements[statement], NULL),
           SQLITE_OK, sql);
}

static int step(struct database *database, sqlite3_stmt *statement, const char *types,
                va_list values)
{
    for (int i = 1; *types; types++, i++) {
        int code = SQLITE_OK;

        if (*types == 'i') {
            code = sqlite3_bind_int64(statement, i, va_arg(values, int64_t));
        } else if (*types == 't') {
            code = sqlite3_bind_text(statement, i, va_arg(values, const char *), -1, SQLITE_STATIC);
        } else if (*types == 'b') {
            const void *bytes = va_arg(values, const void *);

            code = sqlite3_bind_blob(statement, i, bytes, va_arg(values, int), SQLITE_STATIC);
        } else {
            code = sqlite3_bind_null(statement, i);
        }
        expect(database, code, SQLITE_OK, "bind");
    }
    int code = sqlite3_step(statement);
    if (code != SQLITE_ROW)
        expect(database, code, SQLITE_DONE, sqlite3_sql(statement));
    return code;
}

int database_step(struct database *database, unsigned statement, const char *types, ...)
{
    va_list values;

    va_start(values, types);
    int code = step(database, database->statements[statement], types, values);
    va_end(values);
    return code;
}

void database_run(struct database *database, unsigned statement, const char *types, ...)
{
    va_list values;

    va_start(values, types);
    int code = step(database, database->statements[statement], types, values);
    va_end(values);
    expect(database, code, SQLITE_DONE, "a statement without rows");
    (void)sqlite3_reset(database->statements[statement]); /* the step has told its result */
}
