/* Rows: the row changes behind a submit, a claim and an outcome, and nothing around them. */
#pragma once

#include <stdint.h>

#include "raw/database.h"

#define ROWS_BATCH_MAX 1000
#define ROWS_ID_BYTES  16

/* A task that was claimed and is not finished. */
struct held {
    int64_t number;
    int64_t claimed_at;
    unsigned char id[ROWS_ID_BYTES];
    unsigned char nonce[ROWS_ID_BYTES]; /* what makes its lease's token unguessable */
};

struct rows {
    struct database database;
    int64_t now_ms;
    uint64_t sequence; /* makes ids that differ and grow, as UUIDv7 does */
    int64_t last_task;
    int64_t last_event;
    struct held held[ROWS_BATCH_MAX];
    unsigned n_held;
};

/* Prepare all statements on an open database. */
void rows_prepare(struct rows *rows);

/* Submit n tasks with a payload of 100 bytes, in one transaction. */
void rows_submit(struct rows *rows, unsigned n);

/* Finish the tasks that are held, then claim up to n others, in one transaction. */
void rows_finish_and_claim(struct rows *rows, unsigned n);
