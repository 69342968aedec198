/* Event repo: two append-mostly tables that age out. */
#include "store/repo_event.h"

void event_insert(struct db *db, const struct event_row *row)
{
    struct bytes id = {(const char *)row->task_id.at, sizeof(row->task_id.at)};

    db_run(db, SQL_EVENT_INSERT,
           VALUES(VALUE_INT(row->number), VALUE_INT(row->at_ms), VALUE_INT(row->kind),
                  VALUE_INT(row->ns), VALUE_INT(row->queue), VALUE_INT(row->task),
                  VALUE_BLOB(row->task != 0 ? id : BYTES_NONE), VALUE_TEXT(row->data)));
}

void event_last(struct db *db, int64_t *ret_number, int64_t *ret_at_ms)
{
    struct db_rows *rows = db_query(db, SQL_EVENT_LAST, NULL, 0);

    *ret_number = *ret_at_ms = 0;
    if (!db_step(rows))
        return;
    *ret_number = db_int(rows, 0);
    *ret_at_ms = db_int(rows, 1);
    db_done(rows);
}

int64_t event_trim(struct db *db, int64_t before_ms, int64_t up_to, unsigned max)
{
    db_run(db, SQL_EVENT_TRIM, VALUES(VALUE_INT(before_ms), VALUE_INT(max), VALUE_INT(up_to)));
    return db_changes(db);
}

bool key_load(struct db *db, int64_t ns, struct bytes scope, struct bytes key, struct arena *arena,
              struct key_row *ret_row)
{
    struct db_rows *rows = db_query(db, SQL_IDEMPOTENCY_GET,
                                    VALUES(VALUE_INT(ns), VALUE_TEXT(scope), VALUE_TEXT(key)));

    if (!db_step(rows))
        return false;
    *ret_row = (struct key_row){
        .ns = ns,
        .scope = scope,
        .key = key,
        .fingerprint = arena_bytes(arena, db_bytes(rows, 0)),
        .task = db_int(rows, 1),
        .status = db_int(rows, 2),
        .location = arena_bytes(arena, db_bytes(rows, 3)),
        .body = arena_bytes(arena, db_bytes(rows, 4)),
        .created_at_ms = db_int(rows, 5),
    };
    db_done(rows);
    return true;
}

void key_save(struct db *db, const struct key_row *row)
{
    db_run(db, SQL_IDEMPOTENCY_PUT,
           VALUES(VALUE_INT(row->ns), VALUE_TEXT(row->scope), VALUE_TEXT(row->key),
                  VALUE_TEXT(row->fingerprint), VALUE_INT(row->created_at_ms), VALUE_INT(row->task),
                  VALUE_INT(row->status), VALUE_TEXT(row->location), VALUE_BLOB(row->body)));
}

int64_t key_trim(struct db *db, int64_t before_ms, unsigned max)
{
    db_run(db, SQL_IDEMPOTENCY_TRIM, VALUES(VALUE_INT(before_ms), VALUE_INT(max)));
    return db_changes(db);
}
