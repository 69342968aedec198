/* Lease repo: one row for each running attempt, and the ways a waiting task is found. */
#pragma once

#include "domain/lease_token.h"
#include "store/db.h"

struct lease_row {
    int64_t task, queue;
    int32_t delivery;
    uint8_t nonce[LEASE_NONCE_LEN];
    struct id worker;
    int64_t lease_ms;
    int64_t claimed_at_ms, started_at_ms; /* -1: no sign of life yet */
    int64_t expires_at_ms;
    int64_t timeout_at_ms, confirm_at_ms, grace_at_ms; /* -1: none */
};

void lease_insert(struct db *db, const struct lease_row *lease);
bool lease_load(struct db *db, int64_t task, struct lease_row *ret_lease);
void lease_save(struct db *db, const struct lease_row *lease);
void lease_delete(struct db *db, int64_t task);
void lease_each(struct db *db, void (*each)(void *ctx, const struct lease_row *lease), void *ctx);

struct ready_head {
    int64_t number, share;
    int64_t since_ms; /* when it fell due */
    int32_t priority;
};
/* The first ready tasks of a line. */
unsigned ready_heads(struct db *db, int64_t line, unsigned max, struct ready_head *ret_heads);
/* How many of its line stand before a ready task, counting to max. */
int64_t ready_ahead(struct db *db, int64_t line, const struct ready_head *head, int64_t max);

/* When the first scheduled or retrying task falls due; INT64_MAX: none. */
int64_t due_first(struct db *db);
unsigned due_tasks(struct db *db, int64_t now_ms, unsigned max, int64_t *ret_numbers);
/* The same of waiting tasks that expire, or that meet their deadline. */
int64_t ending_first(struct db *db);
unsigned ending_tasks(struct db *db, int64_t now_ms, unsigned max, int64_t *ret_numbers);
int64_t due_soon(struct db *db, int64_t until_ms, int64_t queue, int64_t max);
/* Waiting tasks of a queue with after < number <= up_to. */
unsigned pending_slice(struct db *db, const int64_t ns_queue[2], int64_t after, int64_t up_to,
                       unsigned max, int64_t *ret_numbers);
