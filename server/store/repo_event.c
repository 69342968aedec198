/* Event repo: two append-mostly tables that age out. */
#include "store/repo_event.h"

#include <string.h>

enum { ROW_SIZE = 64 }; /* without its data, and with its part of a page's head and gaps */

static struct bytes id_bytes(const struct id *id)
{
    return (struct bytes){(const char *)id->at, sizeof(id->at)};
}

int64_t event_row_size(const struct event_row *row)
{
    return ROW_SIZE + (int64_t)row->data.len;
}

void event_insert(struct db *db, const struct event_row *row)
{
    db_run(db, SQL_EVENT_INSERT,
           VALUES(VALUE_INT(row->number), VALUE_INT(row->at_ms), VALUE_INT(row->kind),
                  VALUE_INT(row->ns), VALUE_INT(row->queue), VALUE_INT(row->task),
                  VALUE_BLOB(row->task != 0 ? id_bytes(&row->task_id) : BYTES_NONE),
                  VALUE_TEXT(row->data), VALUE_INT(row->of_class), VALUE_INT(row->size_to)));
}

void event_last(struct db *db, struct event_row *ret_row)
{
    struct db_rows *rows = db_query(db, SQL_EVENT_LAST, NULL, 0);

    *ret_row = (struct event_row){.kind = EVENT_NONE};
    if (!db_step(rows))
        return;
    ret_row->number = db_int(rows, 0);
    ret_row->at_ms = db_int(rows, 1);
    ret_row->size_to = db_int(rows, 2);
    db_done(rows);
}

int64_t event_first(struct db *db)
{
    struct db_rows *rows = db_query(db, SQL_EVENT_FIRST, NULL, 0);
    int64_t number;

    if (!db_step(rows))
        return 0;
    number = db_int(rows, 0);
    db_done(rows);
    return number;
}

int64_t event_trim(struct db *db, int64_t before_ms, int64_t size_to, unsigned max)
{
    db_run(db, SQL_EVENT_TRIM, VALUES(VALUE_INT(before_ms), VALUE_INT(max), VALUE_INT(size_to)));
    return db_changes(db);
}

struct db_rows *event_walk(struct db *db, int64_t after, int64_t up_to, const struct id *task)
{
    if (id_is_nil(*task))
        return db_query(db, SQL_EVENT_WALK, VALUES(VALUE_INT(after), VALUE_INT(up_to)));
    return db_query(db, SQL_EVENT_WALK_TASK,
                    VALUES(VALUE_INT(after), VALUE_INT(up_to), VALUE_BLOB(id_bytes(task))));
}

static struct id read_id(struct bytes blob)
{
    struct id id = {{0}};

    if (blob.len == sizeof(id.at))
        memcpy(id.at, blob.at, sizeof(id.at));
    return id;
}

void event_read(struct db_rows *rows, struct event *ret_event)
{
    int64_t kind = db_int(rows, 2);

    *ret_event = (struct event){
        .number = db_int(rows, 0),
        .at_ms = db_int(rows, 1),
        .kind = (enum event_kind)kind,
        .ns = db_bytes(rows, 3),
        .queue = db_bytes(rows, 4),
        .task_type = db_bytes(rows, 5),
        .task = read_id(db_bytes(rows, 6)),
        .data = db_bytes(rows, 7),
    };
}

enum task_state event_task_state(struct db *db, struct id task)
{
    struct db_rows *rows = db_query(db, SQL_EVENT_TASK_STATE, VALUES(VALUE_BLOB(id_bytes(&task))));
    int64_t state;

    if (!db_step(rows))
        return TASK_STATE_NONE;
    state = db_int(rows, 0);
    db_done(rows);
    return (enum task_state)state;
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
