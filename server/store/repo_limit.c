/* Limit repo: rows as they are. */
#include "store/repo_limit.h"

#include "base/log.h"
#include "domain/namespace.h"

void limit_save(struct db *db, const struct limit_row *row, struct arena *arena)
{
    const struct limit_settings *settings = &row->settings;

    db_run(db, SQL_LIMIT_PUT,
           VALUES(VALUE_INT(row->ns), VALUE_TEXT(row->name), VALUE_INT(row->version),
                  VALUE_INT(row->created_at_ms), VALUE_INT(settings->max_running),
                  VALUE_TEXT(rate_write(&settings->rate, arena)), VALUE_INT(settings->over)));
}

/* A policy that this version does not know waits. */
static enum limit_over over_of(int64_t number)
{
    return number >= 0 && number < LIMIT_OVERS ? (enum limit_over)number : LIMIT_QUEUES;
}

void limit_each(struct db *db, void (*each)(void *ctx, const struct limit_row *row), void *ctx)
{
    struct db_rows *rows = db_query(db, SQL_LIMIT_ALL, NULL, 0);

    while (db_step(rows)) {
        struct limit_row row = {
            .ns = db_int(rows, 0),
            .name = db_bytes(rows, 1),
            .version = db_int(rows, 2),
            .created_at_ms = db_int(rows, 3),
            .settings = {.max_running = db_int(rows, 4), .over = over_of(db_int(rows, 6))},
        };

        if (!rate_read(db_bytes(rows, 5), &row.settings.rate))
            log_event(LOG_ERROR, "store.rate", "a limit's rate cannot be read; it has none now",
                      LOG_TEXT_FIELD("limit", row.name), );
        each(ctx, &row);
    }
}

void limit_delete(struct db *db, int64_t ns, struct bytes name)
{
    db_run(db, SQL_LIMIT_DELETE, VALUES(VALUE_INT(ns), VALUE_TEXT(name)));
}

void limit_holder_insert(struct db *db, int64_t ns, struct bytes name, int64_t task)
{
    db_run(db, SQL_LIMIT_HOLDER_INSERT, VALUES(VALUE_INT(ns), VALUE_TEXT(name), VALUE_INT(task)));
}

void limit_holder_delete(struct db *db, int64_t ns, struct bytes name, int64_t task)
{
    db_run(db, SQL_LIMIT_HOLDER_DELETE, VALUES(VALUE_INT(ns), VALUE_TEXT(name), VALUE_INT(task)));
}

unsigned limit_holders(struct db *db, int64_t ns, struct bytes name, int64_t after, unsigned max,
                       int64_t *ret_tasks)
{
    struct db_rows *rows =
        db_query(db, SQL_LIMIT_HOLDERS,
                 VALUES(VALUE_INT(ns), VALUE_TEXT(name), VALUE_INT(after), VALUE_INT(max)));
    unsigned len = 0;

    while (db_step(rows))
        ret_tasks[len++] = db_int(rows, 0);
    return len;
}
