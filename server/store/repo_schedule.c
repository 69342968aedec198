/* Schedule repo: rows as they are read and written. */
#include "store/repo_schedule.h"

void schedule_save(struct db *db, const struct schedule_row *row, struct bytes task)
{
    const struct schedule_settings *settings = &row->settings;
    const struct schedule_state *state = &row->state;

    db_run(db, SQL_SCHEDULE_PUT,
           VALUES(VALUE_INT(row->number), VALUE_INT(row->ns), VALUE_TEXT(row->name),
                  VALUE_INT(row->version), VALUE_INT(row->created_at_ms),
                  VALUE_TEXT(row->created_by), VALUE_TEXT(settings->cron),
                  VALUE_TEXT(settings->timezone), VALUE_TEXT(settings->queue),
                  VALUE_INT(settings->overlap), VALUE_INT(settings->missed),
                  VALUE_INT(settings->jitter_ms), VALUE_INT(settings->paused),
                  VALUE_INT(state->next_slot_ms), VALUE_INT(state->last_slot_ms),
                  VALUE_INT(state->made_up), VALUE_INT(state->last.number),
                  VALUE_ID(state->last.id), VALUE_INT(state->other.number),
                  VALUE_ID(state->other.id), VALUE_INT(state->fired), VALUE_INT(state->skipped),
                  VALUE_TEXT(state->error), VALUE_TEXT(task)));
}

void schedule_save_state(struct db *db, int64_t number, const struct schedule_state *state)
{
    db_run(db, SQL_SCHEDULE_MOVE,
           VALUES(VALUE_INT(number), VALUE_INT(state->next_slot_ms), VALUE_INT(state->last_slot_ms),
                  VALUE_INT(state->made_up), VALUE_INT(state->last.number),
                  VALUE_ID(state->last.id), VALUE_INT(state->other.number),
                  VALUE_ID(state->other.id), VALUE_INT(state->fired), VALUE_INT(state->skipped),
                  VALUE_TEXT(state->error)));
}

struct bytes schedule_load_task(struct db *db, int64_t number, struct arena *arena)
{
    struct db_rows *rows = db_query(db, SQL_SCHEDULE_TASK, VALUES(VALUE_INT(number)));
    struct bytes task;

    if (!db_step(rows))
        return BYTES_NONE;
    task = arena_bytes(arena, db_bytes(rows, 0));
    db_done(rows);
    return task;
}

/* What this version does not know does the least. */
static enum schedule_overlap overlap_of(int64_t number)
{
    return number >= 0 && number <= OVERLAP_ALLOW ? (enum schedule_overlap)number : OVERLAP_SKIP;
}

static enum schedule_missed missed_of(int64_t number)
{
    return number >= 0 && number <= MISSED_SKIP ? (enum schedule_missed)number : MISSED_SKIP;
}

void schedule_each(struct db *db, void (*each)(void *ctx, const struct schedule_row *row),
                   void *ctx)
{
    struct db_rows *rows = db_query(db, SQL_SCHEDULE_ALL, NULL, 0);

    while (db_step(rows)) {
        struct schedule_row row = {
            .number = db_int(rows, 0),
            .ns = db_int(rows, 1),
            .name = db_bytes(rows, 2),
            .version = db_int(rows, 3),
            .created_at_ms = db_int(rows, 4),
            .created_by = db_bytes(rows, 5),
            .settings = {.cron = db_bytes(rows, 6),
                         .timezone = db_bytes(rows, 7),
                         .queue = db_bytes(rows, 8),
                         .overlap = overlap_of(db_int(rows, 9)),
                         .missed = missed_of(db_int(rows, 10)),
                         .jitter_ms = db_int(rows, 11),
                         .paused = db_int(rows, 12) != 0},
            .state = {.next_slot_ms = db_int(rows, 13),
                      .last_slot_ms = db_int(rows, 14),
                      .made_up = db_int(rows, 15),
                      .last = {db_int(rows, 16), db_id(rows, 17)},
                      .other = {db_int(rows, 18), db_id(rows, 19)},
                      .fired = db_int(rows, 20),
                      .skipped = db_int(rows, 21),
                      .error = db_bytes(rows, 22)},
        };

        each(ctx, &row);
    }
}

void schedule_delete(struct db *db, int64_t number)
{
    db_run(db, SQL_SCHEDULE_DELETE, VALUES(VALUE_INT(number)));
}
