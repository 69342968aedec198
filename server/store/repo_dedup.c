/* Dedup repo: one row a key that is held. */
#include "store/repo_dedup.h"

void dedup_insert(struct db *db, const struct dedup_row *row)
{
    db_run(db, SQL_DEDUP_INSERT,
           VALUES(VALUE_INT(row->task), VALUE_INT(row->queue), VALUE_TEXT(row->key),
                  VALUE_INT(row->stage)));
}

void dedup_save_stage(struct db *db, int64_t task, enum dedup_stage stage)
{
    db_run(db, SQL_DEDUP_STAGE, VALUES(VALUE_INT(task), VALUE_INT(stage)));
}

void dedup_save_queue(struct db *db, int64_t task, int64_t queue)
{
    db_run(db, SQL_DEDUP_QUEUE, VALUES(VALUE_INT(task), VALUE_INT(queue)));
}

void dedup_delete(struct db *db, int64_t task)
{
    db_run(db, SQL_DEDUP_DELETE, VALUES(VALUE_INT(task)));
}

int64_t dedup_newest(struct db *db, const struct dedup_row *of, unsigned stages, int64_t before)
{
    int64_t newest = -1;

    for (int stage = 0; stage < DEDUP_STAGES; stage++) {
        int64_t task;

        if ((stages & 1U << stage) == 0)
            continue;
        task = db_number(
            db, SQL_DEDUP_BEFORE,
            VALUES(VALUE_INT(of->queue), VALUE_TEXT(of->key), VALUE_INT(stage), VALUE_INT(before)),
            -1);
        if (task > newest)
            newest = task;
    }
    return newest;
}
