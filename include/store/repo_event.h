/* Event repo: the event log, and the memory of idempotency keys. */
#pragma once

#include "domain/event.h"
#include "domain/task_state.h"
#include "store/db.h"

struct event_row {
    int64_t number, at_ms, ns;
    enum event_kind kind;
    int64_t queue, task, of_class; /* 0: none */
    struct id task_id;
    struct bytes data; /* JSON object or NONE */
    int64_t size_to;   /* what all rows up to this one take, since the first ever */
};
/* What a row takes, about. */
int64_t event_row_size(const struct event_row *row);
void event_insert(struct db *db, const struct event_row *row);
/* Number, time and size_to of the newest row; 0 when the log is empty. */
void event_last(struct db *db, struct event_row *ret_row);
/* The oldest row's number; 0 when the log is empty. */
int64_t event_first(struct db *db);
/* Drop what is older than before_ms or has a size_to up to that, looking at the max oldest rows.
 * Returns how many went. */
int64_t event_trim(struct db *db, int64_t before_ms, int64_t size_to, unsigned max);
/* Rows behind a number, up to another, with their names; of one task, unless it is nil: it must
 * live as long as the walk. */
struct db_rows *event_walk(struct db *db, int64_t after, int64_t up_to, const struct id *task);
/* Borrowed until the next step. */
void event_read(struct db_rows *rows, struct event *ret_event);
/* The state of a task; TASK_STATE_NONE: there is none. */
enum task_state event_task_state(struct db *db, struct id task);

struct key_row {
    int64_t ns, created_at_ms, task; /* task -1: none */
    struct bytes scope, key, fingerprint;
    int64_t status;
    struct bytes location, body;
};
bool key_load(struct db *db, int64_t ns, struct bytes scope, struct bytes key, struct arena *arena,
              struct key_row *ret_row);
void key_save(struct db *db, const struct key_row *row);
int64_t key_trim(struct db *db, int64_t before_ms, unsigned max);
