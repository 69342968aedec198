/* Event repo: the event log, and the memory of idempotency keys. */
#pragma once

#include "domain/event.h"
#include "store/db.h"

struct event_row {
    int64_t number, at_ms, ns;
    enum event_kind kind;
    int64_t queue, task; /* 0: none */
    struct id task_id;
    struct bytes data; /* JSON object or NONE */
};
void event_insert(struct db *db, const struct event_row *row);
/* The newest row's number and time; 0 when the log is empty. */
void event_last(struct db *db, int64_t *ret_number, int64_t *ret_at_ms);
/* Drop what is older than before_ms or numbered up to up_to, looking at the max oldest rows.
 * Returns how many went. */
int64_t event_trim(struct db *db, int64_t before_ms, int64_t up_to, unsigned max);

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
