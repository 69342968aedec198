/* Dead letter repo: rows by copy, found by the original as well. */
#include "store/repo_dead_letter.h"

void dead_letter_insert(struct db *db, int64_t copy, int64_t original,
                        const struct dead_letter *letter)
{
    db_run(db, SQL_DEAD_LETTER_INSERT,
           VALUES(VALUE_INT(copy), VALUE_INT(original), VALUE_ID(letter->task),
                  VALUE_TEXT(letter->queue), VALUE_INT(letter->attempts),
                  VALUE_INT(letter->failed_at_ms), VALUE_TEXT(letter->error)));
}

void dead_letter_delete(struct db *db, int64_t copy)
{
    db_run(db, SQL_DEAD_LETTER_DELETE, VALUES(VALUE_INT(copy)));
}

void dead_letter_load(struct db *db, struct task *copy, struct arena *arena)
{
    struct db_rows *rows;

    if (!copy->is_dead_letter)
        return;
    rows = db_query(db, SQL_DEAD_LETTER_BY_COPY, VALUES(VALUE_INT(copy->number)));
    if (!db_step(rows))
        return;
    copy->dead_letter = (struct dead_letter){
        .task = db_id(rows, 0),
        .queue = arena_bytes(arena, db_bytes(rows, 1)),
        .attempts = (int32_t)db_int(rows, 2),
        .failed_at_ms = db_int(rows, 3),
        .error = arena_bytes(arena, db_bytes(rows, 4)),
    };
    db_done(rows);
}

int64_t dead_letter_copy(struct db *db, int64_t original, int64_t before)
{
    return db_number(db, SQL_DEAD_LETTER_BEFORE, VALUES(VALUE_INT(original), VALUE_INT(before)),
                     -1);
}
