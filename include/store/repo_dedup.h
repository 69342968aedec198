/* Dedup repo: who has which dedup key in a queue, by stage. A row goes with its task. */
#pragma once

#include "domain/dedup.h"
#include "store/db.h"

struct dedup_row {
    int64_t task, queue;
    struct bytes key;
    enum dedup_stage stage;
};

void dedup_insert(struct db *db, const struct dedup_row *row);
void dedup_save_stage(struct db *db, int64_t task, enum dedup_stage stage);
void dedup_save_queue(struct db *db, int64_t task, int64_t queue);
void dedup_delete(struct db *db, int64_t task);
/* The newest task at one of these stages (a bit each) that is older than `before`; -1: there is
 * none. One seek a stage. */
int64_t dedup_newest(struct db *db, const struct dedup_row *of, unsigned stages, int64_t before);
