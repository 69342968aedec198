/* Registry repo: small tables that are loaded whole at start. */
#include "store/repo_registry.h"

#include <string.h>

#include "base/log.h"

int64_t meta_get(struct db *db, const char *name, int64_t otherwise)
{
    return db_number(db, SQL_META_GET, VALUES(VALUE_TEXT(bytes_of(name))), otherwise);
}

void meta_put(struct db *db, const char *name, int64_t value)
{
    db_run(db, SQL_META_PUT, VALUES(VALUE_TEXT(bytes_of(name)), VALUE_INT(value)));
}

void ns_insert(struct db *db, int64_t number, struct bytes name)
{
    db_run(db, SQL_NS_INSERT, VALUES(VALUE_INT(number), VALUE_TEXT(name)));
}

void ns_save(struct db *db, const struct ns_row *row, struct arena *arena)
{
    const struct ns_quotas *quotas = &row->quotas;

    db_run(db, SQL_NS_PUT,
           VALUES(VALUE_INT(row->number), VALUE_TEXT(row->name), VALUE_INT(row->version),
                  VALUE_INT(quotas->pending_limit), VALUE_INT(quotas->bytes_limit),
                  VALUE_INT(quotas->queues_limit), VALUE_TEXT(rate_write(&quotas->rate, arena))));
}

void ns_each(struct db *db, void (*each)(void *ctx, const struct ns_row *row), void *ctx)
{
    struct db_rows *rows = db_query(db, SQL_NS_ALL, NULL, 0);

    while (db_step(rows)) {
        struct ns_row row = {
            .number = db_int(rows, 0),
            .name = db_bytes(rows, 1),
            .version = db_int(rows, 2),
            .quotas =
                {
                    .pending_limit = db_int(rows, 3),
                    .bytes_limit = db_int(rows, 4),
                    .queues_limit = db_int(rows, 5),
                },
        };

        if (!rate_read(db_bytes(rows, 6), &row.quotas.rate))
            log_event(LOG_ERROR, "store.rate", "a namespace's rate cannot be read; it has none now",
                      LOG_TEXT_FIELD("namespace", row.name), );
        each(ctx, &row);
    }
}

void class_insert(struct db *db, const struct class_row *row)
{
    db_run(db, SQL_CLASS_INSERT,
           VALUES(VALUE_INT(row->number), VALUE_INT(row->ns), VALUE_TEXT(row->type),
                  VALUE_TEXT(row->requires)));
}

void class_each(struct db *db, void (*each)(void *ctx, const struct class_row *row), void *ctx)
{
    struct db_rows *rows = db_query(db, SQL_CLASS_ALL, NULL, 0);

    while (db_step(rows)) {
        struct class_row row = {
            .number = db_int(rows, 0),
            .ns = db_int(rows, 1),
            .type = db_bytes(rows, 2),
            .requires = db_bytes(rows, 3),
        };

        each(ctx, &row);
    }
}

void queue_save(struct db *db, const struct queue_row *row, struct arena *arena)
{
    const struct queue_settings *settings = &row->settings;

    db_run(db, SQL_QUEUE_PUT,
           VALUES(VALUE_INT(row->number), VALUE_INT(row->ns), VALUE_TEXT(row->name),
                  VALUE_INT(row->version), VALUE_INT(row->created_at_ms),
                  VALUE_INT(settings->concurrency), VALUE_INT(settings->pending_limit),
                  VALUE_INT(settings->paused), VALUE_INT(settings->paused_until_ms),
                  VALUE_TEXT(retry_write(&settings->retry, arena)), VALUE_INT(settings->lease_ms),
                  VALUE_INT(settings->timeout_ms), VALUE_INT(row->closed),
                  VALUE_INT(row->close_cancel_at_ms), VALUE_INT(row->close_end_at_ms),
                  VALUE_INT(settings->retention.succeeded_ms),
                  VALUE_INT(settings->retention.failed_ms),
                  VALUE_INT(settings->retention.max_count),
                  VALUE_INT(settings->retention.max_bytes), VALUE_INT(settings->is_fair),
                  VALUE_INT(settings->aging_ms), VALUE_TEXT(rate_write(&settings->rate, arena)),
                  VALUE_TEXT(settings->dead_letter_queue)));
}

static struct retention read_retention(struct db_rows *rows, int column)
{
    return (struct retention){
        .given = RETENTION_HAS_ALL,
        .succeeded_ms = db_int(rows, column),
        .failed_ms = db_int(rows, column + 1),
        .max_count = db_int(rows, column + 2),
        .max_bytes = db_int(rows, column + 3),
    };
}

void queue_each(struct db *db, void (*each)(void *ctx, const struct queue_row *row), void *ctx)
{
    struct db_rows *rows = db_query(db, SQL_QUEUE_ALL, NULL, 0);

    while (db_step(rows)) {
        struct queue_row row = {
            .number = db_int(rows, 0),
            .ns = db_int(rows, 1),
            .name = db_bytes(rows, 2),
            .version = db_int(rows, 3),
            .created_at_ms = db_int(rows, 4),
            .settings =
                {
                    .concurrency = db_int(rows, 5),
                    .pending_limit = db_int(rows, 6),
                    .paused = db_int(rows, 7) != 0,
                    .paused_until_ms = db_int(rows, 8),
                    .lease_ms = db_int(rows, 10),
                    .timeout_ms = db_int(rows, 11),
                    .retention = read_retention(rows, 15),
                    .is_fair = db_int(rows, 19) != 0,
                    .aging_ms = db_int(rows, 20),
                    .dead_letter_queue = db_bytes(rows, 22),
                },
            .closed = db_int(rows, 12),
            .close_cancel_at_ms = db_int(rows, 13),
            .close_end_at_ms = db_int(rows, 14),
        };

        (void)retry_read(db_bytes(rows, 9), &row.settings.retry);
        if (!rate_read(db_bytes(rows, 21), &row.settings.rate))
            log_event(LOG_ERROR, "store.rate", "a queue's rate cannot be read; it has none now",
                      LOG_TEXT_FIELD("queue", row.name), );
        each(ctx, &row);
    }
}

static struct db_value key_value(const struct signature_key *key)
{
    return VALUE_BLOB(key->len == 0 ? BYTES_NONE
                                    : ((struct bytes){(const char *)key->at, key->len}));
}

static struct signature_key read_key(struct db_rows *rows, int column)
{
    struct bytes stored = db_bytes(rows, column);
    struct signature_key key = {.len = 0};

    if (stored.len <= sizeof(key.at)) {
        memcpy(key.at, stored.len > 0 ? stored.at : "", stored.len);
        key.len = (unsigned)stored.len;
    }
    return key;
}

void worker_save(struct db *db, const struct worker_row *row)
{
    db_run(db, SQL_WORKER_PUT,
           VALUES(VALUE_ID(row->id), VALUE_INT(row->ns), VALUE_TEXT(row->identity),
                  VALUE_TEXT(row->instance), VALUE_TEXT(row->version), VALUE_TEXT(row->info),
                  VALUE_TEXT(row->labels), VALUE_TEXT(row->queues), VALUE_TEXT(row->types),
                  VALUE_INT(row->concurrency), VALUE_INT(row->confirm_ms), VALUE_INT(row->mode),
                  VALUE_INT(row->registered_at_ms), VALUE_INT(row->last_seen_at_ms),
                  VALUE_INT(row->min_priority), VALUE_TEXT(row->push_url),
                  key_value(&row->push_key), key_value(&row->push_old_key),
                  VALUE_INT(row->push_old_until_ms), VALUE_INT(row->push_disabled)));
}

void worker_each(struct db *db, void (*each)(void *ctx, const struct worker_row *row), void *ctx)
{
    struct db_rows *rows = db_query(db, SQL_WORKER_ALL, NULL, 0);

    while (db_step(rows)) {
        struct worker_row row = {
            .id = db_id(rows, 0),
            .ns = db_int(rows, 1),
            .identity = db_bytes(rows, 2),
            .instance = db_bytes(rows, 3),
            .version = db_bytes(rows, 4),
            .info = db_bytes(rows, 5),
            .labels = db_bytes(rows, 6),
            .queues = db_bytes(rows, 7),
            .types = db_bytes(rows, 8),
            .concurrency = db_int(rows, 9),
            .confirm_ms = db_int(rows, 10),
            .mode = db_int(rows, 11),
            .registered_at_ms = db_int(rows, 12),
            .last_seen_at_ms = db_int(rows, 13),
            .min_priority = db_int(rows, 14),
            .push_url = db_bytes(rows, 15),
            .push_key = read_key(rows, 16),
            .push_old_key = read_key(rows, 17),
            .push_old_until_ms = db_int(rows, 18),
            .push_disabled = db_int(rows, 19) != 0,
        };

        each(ctx, &row);
    }
}

void worker_delete(struct db *db, struct id id)
{
    db_run(db, SQL_WORKER_DELETE, VALUES(VALUE_ID(id)));
}

void counter_add(struct db *db, const struct counter_row *by)
{
    db_run(db, SQL_COUNTER_ADD,
           VALUES(VALUE_INT(by->ns), VALUE_INT(by->queue), VALUE_INT(by->class_number),
                  VALUE_INT(by->state), VALUE_INT(by->tasks), VALUE_INT(by->bytes)));
}

static void each_counter(struct db_rows *rows,
                         void (*each)(void *ctx, const struct counter_row *row), void *ctx)
{
    while (db_step(rows)) {
        struct counter_row row = {
            .ns = db_int(rows, 0),
            .queue = db_int(rows, 1),
            .class_number = db_int(rows, 2),
            .state = db_int(rows, 3),
            .tasks = db_int(rows, 4),
            .bytes = db_int(rows, 5),
        };

        each(ctx, &row);
    }
}

void counter_each(struct db *db, void (*each)(void *ctx, const struct counter_row *row), void *ctx)
{
    each_counter(db_query(db, SQL_COUNTER_ALL, NULL, 0), each, ctx);
}

void counter_recount(struct db *db, void (*each)(void *ctx, const struct counter_row *row),
                     void *ctx)
{
    each_counter(db_query(db, SQL_COUNTER_RECOUNT, NULL, 0), each, ctx);
}

void intent_insert(struct db *db, const struct intent_row *row)
{
    db_run(db, SQL_INTENT_INSERT,
           VALUES(VALUE_INT(row->number), VALUE_INT(row->ns), VALUE_INT(row->queue),
                  VALUE_INT(row->kind), VALUE_INT(row->up_to), VALUE_INT(row->created_at_ms),
                  VALUE_TEXT(row->reason)));
}

void intent_each(struct db *db, void (*each)(void *ctx, const struct intent_row *row), void *ctx)
{
    struct db_rows *rows = db_query(db, SQL_INTENT_ALL, NULL, 0);

    while (db_step(rows)) {
        struct intent_row row = {
            .number = db_int(rows, 0),
            .ns = db_int(rows, 1),
            .queue = db_int(rows, 2),
            .kind = db_int(rows, 3),
            .up_to = db_int(rows, 4),
            .created_at_ms = db_int(rows, 5),
            .reason = db_bytes(rows, 6),
        };

        each(ctx, &row);
    }
}

void intent_delete(struct db *db, int64_t number)
{
    db_run(db, SQL_INTENT_DELETE, VALUES(VALUE_INT(number)));
}
