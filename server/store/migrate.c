/* Migrate: numbered files, expanded for the dialect, applied in order, remembered with their
 * checksum. */
#include "migrate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/digest.h"
#include "base/embedded.h"
#include "domain/task_state.h"

static const char table_sql[] =
    "CREATE TABLE IF NOT EXISTS migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL)";

/* What {{word}} stands for in SQLite; NULL: not a word of the dialect. */
static const char *sqlite_word(struct bytes word, char number[8])
{
    static const char *const words[][2] = {
        {"i64", "INTEGER"},
        {"bytes", "BLOB"},
        {"key", "INTEGER PRIMARY KEY"},
        {"strict", "STRICT"},
        {"clustered", "STRICT, WITHOUT ROWID"},
    };

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (bytes_is(word, words[i][0]))
            return words[i][1];
    for (int state = 1; state < TASK_STATE_MAX; state++) {
        const char *name = task_state_name((enum task_state)state);

        if (word.len == strlen(name) && strncasecmp(word.at, name, word.len) == 0) {
            (void)snprintf(number, 8, "%d", state);
            return number;
        }
    }
    return NULL;
}

/* Copy text with its {{words}} replaced. False for an unknown word. */
static bool expand(struct bytes text, struct buffer *out)
{
    while (text.len > 0) {
        const char *open = memmem(text.at, text.len, "{{", 2);

        if (open == NULL) {
            buffer_append(out, text);
            return true;
        }
        buffer_append(out, (struct bytes){text.at, (size_t)(open - text.at)});

        size_t left = text.len - (size_t)(open - text.at);
        const char *close = memmem(open, left, "}}", 2);
        char number[8];
        const char *word =
            close == NULL
                ? NULL
                : sqlite_word((struct bytes){open + 2, (size_t)(close - open) - 2}, number);

        if (word == NULL)
            return false;
        buffer_append_text(out, word);
        text = (struct bytes){close + 2, left - (size_t)(close - open) - 2};
    }
    return true;
}

static bool give_up(struct db *db, enum db_failure *ret_failure, struct error *error,
                    const char *name)
{
    *ret_failure = db_failure(db) == DB_FINE ? DB_IO : db_failure(db);
    (void)error_set(error, ERR_STORE_UNAVAILABLE, "", "migration %s: %s", name,
                    db_failure_text(db));
    return false;
}

/* Statements that only this file needs, outside the table of named ones because the tables do not
 * exist yet. */
static void remember(struct db *db, unsigned number, const char *name, struct bytes text)
{
    char checksum[DIGEST_LEN * 2 + 1];
    char sql[256];

    digest_hex(digest_plain(text), checksum);
    (void)snprintf(sql, sizeof(sql),
                   "INSERT INTO migrations (number, name, checksum) VALUES (%u, '%.80s', '%s')",
                   number, name, checksum);
    db_exec(db, sql);
}

static bool apply(struct db *db, unsigned number, const struct embedded_file *file,
                  enum db_failure *ret_failure, struct error *error)
{
    struct bytes text = {(const char *)file->data, file->size};
    struct buffer sql;

    buffer_init(&sql, 1 << 20);
    bool is_expanded = expand(text, &sql);
    buffer_append_char(&sql, '\0');
    if (is_expanded) {
        db_begin(db);
        db_exec(db, sql.at);
        remember(db, number, file->name, text);
        db_commit(db);
    }
    buffer_fini(&sql);
    if (is_expanded && db_failure(db) == DB_FINE)
        return true;
    (void)give_up(db, ret_failure, error,
                  file->name); /* before the rollback, which forgets a full disk */
    db_rollback(db);
    return false;
}

/* A whole copy, so that a migration that goes wrong can be taken back by hand. A failure sticks to
 * the db. */
static void keep_copy(struct db *db, const struct folder *folder, unsigned applied)
{
    char name[64];
    char path[4096];
    struct buffer sql;

    (void)snprintf(name, sizeof(name), "sluice.db.before-%04u", applied + 1);
    folder_file(folder, name, path, sizeof(path));
    (void)unlink(path);
    buffer_init(&sql, 16384);
    buffer_append_text(&sql, "VACUUM INTO '");
    for (const char *at = path; *at != '\0'; at++) {
        if (*at == '\'')
            buffer_append_char(&sql, '\'');
        buffer_append_char(&sql, *at);
    }
    buffer_append(&sql, (struct bytes){"'", 2});
    db_exec(db, sql.at);
    buffer_fini(&sql);
}

static bool keep_safe(struct db *db, const struct folder *folder, unsigned applied,
                      enum db_failure *ret_failure, struct error *error)
{
    keep_copy(db, folder, applied);
    if (db_failure(db) != DB_FINE)
        return give_up(db, ret_failure, error, "copy");
    *ret_failure = DB_IO;
    return folder_sync(folder, error);
}

static bool is_known(unsigned number, struct bytes checksum)
{
    char known[DIGEST_LEN * 2 + 1];

    if (number == 0 || number > embedded_migrations_len)
        return false;

    const struct embedded_file *file = &embedded_migrations[number - 1];

    digest_hex(digest_plain((struct bytes){(const char *)file->data, file->size}), known);
    return bytes_is(checksum, known);
}

/* How many migrations the store has. A number or text that this program does not know comes from a
 * later one. */
static bool count_applied(struct db *db, unsigned *ret_applied, enum db_failure *ret_failure,
                          struct error *error)
{
    struct db_rows *rows = db_query(db, SQL_MIGRATIONS_ALL, NULL, 0);
    unsigned applied = 0;

    while (db_step(rows)) {
        applied++;
        if ((unsigned)db_int(rows, 0) == applied && is_known(applied, db_bytes(rows, 1)))
            continue;
        db_done(rows);
        *ret_failure = DB_NEWER;
        (void)error_set(
            error, ERR_STORE_UNAVAILABLE, "",
            "the store was written by another version: its migration %u is not known here",
            applied);
        return false;
    }
    if (db_failure(db) != DB_FINE)
        return give_up(db, ret_failure, error, "list");
    *ret_applied = applied;
    return true;
}

bool migrate(struct db *db, const struct folder *folder, enum db_failure *ret_failure,
             struct error *error)
{
    unsigned applied = 0;

    db_exec(db, table_sql);
    if (db_failure(db) != DB_FINE)
        return give_up(db, ret_failure, error, "table");
    if (!count_applied(db, &applied, ret_failure, error))
        return false;
    if (applied > 0 && applied < embedded_migrations_len && folder != NULL &&
        !keep_safe(db, folder, applied, ret_failure, error))
        return false;
    for (unsigned i = applied; i < embedded_migrations_len; i++)
        if (!apply(db, i + 1, &embedded_migrations[i], ret_failure, error))
            return false;
    return true;
}
