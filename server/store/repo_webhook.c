/* Webhook repo: rows as they are read and written. */
#include "store/repo_webhook.h"

enum { TRIM_MAX = 500 };

/* ---- webhooks ---- */

static struct db_value value_of(const struct signature_key *key)
{
    return db_blob_value(key->len > 0 ? (struct bytes){(const char *)key->at, key->len}
                                      : BYTES_NONE);
}

static struct signature_key key_of(struct bytes stored)
{
    struct signature_key key = {.len = 0};

    if (stored.at != NULL && stored.len <= sizeof(key.at)) {
        memcpy(key.at, stored.at, stored.len);
        key.len = (unsigned)stored.len;
    }
    return key;
}

void webhook_save(struct db *db, const struct webhook_row *row)
{
    const struct webhook_settings *settings = &row->settings;

    db_run(db, SQL_WEBHOOK_PUT,
           VALUES(VALUE_INT(row->number), VALUE_INT(row->ns), VALUE_TEXT(row->name),
                  VALUE_INT(row->version), VALUE_INT(row->created_at_ms),
                  VALUE_TEXT(row->created_by), VALUE_TEXT(settings->url), value_of(&row->key),
                  value_of(&row->old_key), VALUE_INT(row->old_until_ms),
                  VALUE_TEXT(settings->types), VALUE_TEXT(settings->queues),
                  VALUE_INT(settings->enabled), VALUE_INT(row->gone_at_ms), VALUE_INT(row->missed),
                  VALUE_INT(row->missed_first)));
}

void webhook_save_missed(struct db *db, int64_t number, int64_t missed, int64_t missed_first)
{
    db_run(db, SQL_WEBHOOK_MISSED,
           VALUES(VALUE_INT(number), VALUE_INT(missed), VALUE_INT(missed_first)));
}

void webhook_each(struct db *db, void (*each)(void *ctx, const struct webhook_row *row), void *ctx)
{
    struct db_rows *rows = db_query(db, SQL_WEBHOOK_ALL, NULL, 0);

    while (db_step(rows)) {
        struct webhook_row row = {
            .number = db_int(rows, 0),
            .ns = db_int(rows, 1),
            .name = db_bytes(rows, 2),
            .version = db_int(rows, 3),
            .created_at_ms = db_int(rows, 4),
            .created_by = db_bytes(rows, 5),
            .settings = {.url = db_bytes(rows, 6),
                         .types = db_bytes(rows, 10),
                         .queues = db_bytes(rows, 11),
                         .enabled = db_int(rows, 12) != 0},
            .key = key_of(db_bytes(rows, 7)),
            .old_key = key_of(db_bytes(rows, 8)),
            .old_until_ms = db_int(rows, 9),
            .gone_at_ms = db_int(rows, 13),
            .missed = db_int(rows, 14),
            .missed_first = db_int(rows, 15),
        };

        each(ctx, &row);
    }
}

void webhook_delete(struct db *db, int64_t number)
{
    db_run(db, SQL_WEBHOOK_DELETE, VALUES(VALUE_INT(number)));
}

/* ---- deliveries ---- */

void delivery_insert(struct db *db, const struct delivery_row *row)
{
    struct bytes id = {(const char *)row->task_id.at, sizeof(row->task_id.at)};

    db_run(db, SQL_DELIVERY_INSERT,
           VALUES(VALUE_INT(row->number), VALUE_INT(row->webhook), VALUE_INT(row->ns),
                  VALUE_INT(row->event), VALUE_INT(row->kind), VALUE_INT(row->at_ms),
                  VALUE_INT(row->task), VALUE_INT(row->next_at_ms),
                  VALUE_BLOB(row->task != 0 ? id : BYTES_NONE), VALUE_TEXT(row->url),
                  VALUE_TEXT(row->body)));
}

int64_t delivery_last_number(struct db *db)
{
    return db_number(db, SQL_DELIVERY_LAST, NULL, 0, 0);
}

/* A state that this version does not know is over. */
static enum delivery_state state_of(int64_t number)
{
    return number >= 0 && number < DELIVERY_STATES ? (enum delivery_state)number
                                                   : DELIVERY_DELIVERED;
}

static enum event_kind kind_of(int64_t number)
{
    return number > EVENT_NONE && number < EVENT_MAX ? (enum event_kind)number : EVENT_NONE;
}

static void read_row(struct db_rows *rows, struct arena *arena, struct delivery_row *ret_row)
{
    *ret_row = (struct delivery_row){
        .number = db_int(rows, 0),
        .webhook = db_int(rows, 1),
        .ns = db_int(rows, 2),
        .event = db_int(rows, 3),
        .kind = kind_of(db_int(rows, 4)),
        .at_ms = db_int(rows, 5),
        .task = db_int(rows, 6),
        .state = state_of(db_int(rows, 7)),
        .attempts = db_int(rows, 8),
        .next_at_ms = db_int(rows, 9),
        .last_at_ms = db_int(rows, 10),
        .last_status = db_int(rows, 11),
        .took_ms = db_int(rows, 12),
        .task_id = db_id(rows, 13),
        .last_error = arena_bytes(arena, db_bytes(rows, 14)),
        .url = arena_bytes(arena, db_bytes(rows, 15)),
        .body = arena_bytes(arena, db_bytes(rows, 16)),
    };
}

bool delivery_load(struct db *db, int64_t number, struct arena *arena, struct delivery_row *ret_row)
{
    struct db_rows *rows = db_query(db, SQL_DELIVERY_GET, VALUES(VALUE_INT(number)));

    if (!db_step(rows))
        return false;
    read_row(rows, arena, ret_row);
    db_done(rows);
    return true;
}

unsigned delivery_heads(struct db *db, int64_t webhook, unsigned max, struct delivery_head *ret)
{
    struct db_rows *rows =
        db_query(db, SQL_DELIVERY_HEADS, VALUES(VALUE_INT(webhook), VALUE_INT(max)));
    unsigned len = 0;

    while (db_step(rows))
        ret[len++] = (struct delivery_head){db_int(rows, 0), db_int(rows, 1)};
    return len;
}

bool delivery_is_behind(struct db *db, int64_t webhook, int64_t task, int64_t number)
{
    return db_number(db, SQL_DELIVERY_BEFORE,
                     VALUES(VALUE_INT(webhook), VALUE_INT(task), VALUE_INT(number)), 0) != 0;
}

void delivery_move(struct db *db, const struct delivery_row *row)
{
    db_run(db, SQL_DELIVERY_MOVE,
           VALUES(VALUE_INT(row->number), VALUE_INT(row->state), VALUE_INT(row->attempts),
                  VALUE_INT(row->next_at_ms), VALUE_INT(row->last_at_ms),
                  VALUE_INT(row->last_status), VALUE_INT(row->took_ms),
                  VALUE_TEXT(row->last_error)));
}

void delivery_give_turn(struct db *db, int64_t webhook, int64_t task, int64_t at_ms)
{
    db_run(db, SQL_DELIVERY_TURN, VALUES(VALUE_INT(webhook), VALUE_INT(task), VALUE_INT(at_ms)));
}

void delivery_stand_back(struct db *db, const struct delivery_row *row)
{
    db_run(db, SQL_DELIVERY_STAND_BACK,
           VALUES(VALUE_INT(row->webhook), VALUE_INT(row->task), VALUE_INT(row->number)));
}

void delivery_counts(struct db *db, int64_t webhook, int64_t ret_counts[DELIVERY_STATES])
{
    struct db_rows *rows = db_query(db, SQL_DELIVERY_COUNTS, VALUES(VALUE_INT(webhook)));

    for (int state = 0; state < DELIVERY_STATES; state++)
        ret_counts[state] = 0;
    while (db_step(rows))
        ret_counts[state_of(db_int(rows, 0))] += db_int(rows, 1);
}

int64_t delivery_webhook_after(struct db *db, int64_t webhook)
{
    return db_number(db, SQL_DELIVERY_WEBHOOK_AFTER, VALUES(VALUE_INT(webhook)), -1);
}

int64_t delivery_oldest_due(struct db *db, int64_t webhook)
{
    return db_number(db, SQL_DELIVERY_FIRST_AT, VALUES(VALUE_INT(webhook)), -1);
}

unsigned delivery_trim(struct db *db, int64_t webhook, enum delivery_state state, int64_t before_ms,
                       unsigned max)
{
    struct db_rows *rows = db_query(
        db, SQL_DELIVERY_OLDEST,
        VALUES(VALUE_INT(webhook), VALUE_INT(state), VALUE_INT(max < TRIM_MAX ? max : TRIM_MAX)));
    int64_t numbers[TRIM_MAX];
    unsigned len = 0, gone = 0;

    while (db_step(rows)) {
        if (db_int(rows, 1) >= before_ms) {
            db_done(rows);
            break;
        }
        numbers[len++] = db_int(rows, 0);
    }
    for (unsigned i = 0; i < len; i++) {
        db_run(db, SQL_DELIVERY_DELETE, VALUES(VALUE_INT(numbers[i])));
        gone += (unsigned)db_changes(db);
    }
    return gone;
}

int64_t delivery_drop(struct db *db, int64_t webhook, unsigned max)
{
    db_run(db, SQL_DELIVERY_DROP, VALUES(VALUE_INT(webhook), VALUE_INT(max)));
    return db_changes(db);
}

unsigned delivery_page(struct db *db, const struct delivery_range *range, struct arena *arena,
                       struct delivery_row *ret_rows)
{
    struct db_rows *rows =
        db_query(db, range->newest_first ? SQL_DELIVERY_PAGE_DOWN : SQL_DELIVERY_PAGE,
                 VALUES(VALUE_INT(range->webhook), VALUE_INT(range->after), VALUE_INT(range->max),
                        VALUE_INT(range->states)));
    unsigned len = 0;

    while (db_step(rows))
        read_row(rows, arena, &ret_rows[len++]);
    return len;
}
