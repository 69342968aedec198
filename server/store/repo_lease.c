/* Lease repo: leases, and the queries of the dispatcher. */
#include "store/repo_lease.h"

#include <string.h>

static struct bytes nonce_bytes(const struct lease_row *lease)
{
    return (struct bytes){(const char *)lease->nonce, LEASE_NONCE_LEN};
}

void lease_insert(struct db *db, const struct lease_row *lease)
{
    db_run(db, SQL_LEASE_INSERT,
           VALUES(VALUE_INT(lease->task), VALUE_INT(lease->queue), VALUE_INT(lease->delivery),
                  VALUE_BLOB(nonce_bytes(lease)), VALUE_ID(lease->worker),
                  VALUE_INT(lease->lease_ms), VALUE_INT(lease->claimed_at_ms),
                  VALUE_INT(lease->expires_at_ms), VALUE_INT(lease->timeout_at_ms),
                  VALUE_INT(lease->confirm_at_ms)));
}

static void read_row(struct db_rows *rows, struct lease_row *ret_lease)
{
    struct bytes nonce = db_bytes(rows, 3);

    *ret_lease = (struct lease_row){
        .task = db_int(rows, 0),
        .queue = db_int(rows, 1),
        .delivery = (int32_t)db_int(rows, 2),
        .worker = db_id(rows, 4),
        .lease_ms = db_int(rows, 5),
        .claimed_at_ms = db_int(rows, 6),
        .started_at_ms = db_int(rows, 7),
        .expires_at_ms = db_int(rows, 8),
        .timeout_at_ms = db_int(rows, 9),
        .confirm_at_ms = db_int(rows, 10),
        .grace_at_ms = db_int(rows, 11),
    };
    if (nonce.len == LEASE_NONCE_LEN)
        memcpy(ret_lease->nonce, nonce.at, LEASE_NONCE_LEN);
}

bool lease_load(struct db *db, int64_t task, struct lease_row *ret_lease)
{
    struct db_rows *rows = db_query(db, SQL_LEASE_BY_TASK, VALUES(VALUE_INT(task)));

    if (!db_step(rows))
        return false;
    read_row(rows, ret_lease);
    db_done(rows);
    return true;
}

void lease_save(struct db *db, const struct lease_row *lease)
{
    db_run(db, SQL_LEASE_UPDATE,
           VALUES(VALUE_INT(lease->task), VALUE_INT(lease->lease_ms),
                  VALUE_INT(lease->started_at_ms), VALUE_INT(lease->expires_at_ms),
                  VALUE_INT(lease->confirm_at_ms), VALUE_INT(lease->grace_at_ms)));
}

void lease_delete(struct db *db, int64_t task)
{
    db_run(db, SQL_LEASE_DELETE, VALUES(VALUE_INT(task)));
}

void lease_each(struct db *db, void (*each)(void *ctx, const struct lease_row *lease), void *ctx)
{
    struct db_rows *rows = db_query(db, SQL_LEASES_ALL, NULL, 0);
    struct lease_row lease;

    while (db_step(rows)) {
        read_row(rows, &lease);
        each(ctx, &lease);
    }
}

unsigned ready_heads(struct db *db, int64_t line, unsigned max, struct ready_head *ret_heads)
{
    struct db_rows *rows = db_query(db, SQL_READY_HEADS, VALUES(VALUE_INT(line), VALUE_INT(max)));
    unsigned len = 0;

    while (db_step(rows))
        ret_heads[len++] = (struct ready_head){
            .number = db_int(rows, 0),
            .priority = (int32_t)db_int(rows, 1),
            .share = db_int(rows, 2),
            .since_ms = db_int(rows, 3),
        };
    return len;
}

int64_t ready_ahead(struct db *db, int64_t line, const struct ready_head *head, int64_t max)
{
    return db_number(
        db, SQL_READY_AHEAD,
        VALUES(VALUE_INT(line), VALUE_INT(head->share), VALUE_INT(head->number), VALUE_INT(max)),
        0);
}

int64_t due_first(struct db *db)
{
    return db_number(db, SQL_DUE_FIRST, NULL, 0, INT64_MAX);
}

static unsigned read_numbers(struct db_rows *rows, int64_t *ret_numbers)
{
    unsigned len = 0;

    while (db_step(rows))
        ret_numbers[len++] = db_int(rows, 0);
    return len;
}

unsigned due_tasks(struct db *db, int64_t now_ms, unsigned max, int64_t *ret_numbers)
{
    return read_numbers(db_query(db, SQL_DUE_TASKS, VALUES(VALUE_INT(now_ms), VALUE_INT(max))),
                        ret_numbers);
}

int64_t ending_first(struct db *db)
{
    return db_number(db, SQL_ENDING_FIRST, NULL, 0, INT64_MAX);
}

unsigned ending_tasks(struct db *db, int64_t now_ms, unsigned max, int64_t *ret_numbers)
{
    return read_numbers(db_query(db, SQL_ENDING_TASKS, VALUES(VALUE_INT(now_ms), VALUE_INT(max))),
                        ret_numbers);
}

int64_t due_soon(struct db *db, int64_t until_ms, int64_t queue, int64_t max)
{
    return db_number(db, SQL_DUE_SOON,
                     VALUES(VALUE_INT(until_ms), VALUE_INT(queue), VALUE_INT(max)), 0);
}

unsigned pending_slice(struct db *db, const int64_t ns_queue[2], int64_t after, int64_t up_to,
                       unsigned max, int64_t *ret_numbers)
{
    return read_numbers(db_query(db, SQL_PENDING_SLICE,
                                 VALUES(VALUE_INT(ns_queue[0]), VALUE_INT(ns_queue[1]),
                                        VALUE_INT(after), VALUE_INT(up_to), VALUE_INT(max))),
                        ret_numbers);
}
