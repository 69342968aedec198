/* Task repo, second half: results, attempts and logs. */
#include "store/repo_task.h"

static bool read_rest(struct db_rows *rows, struct task *task, struct arena *arena)
{
    if (!db_step(rows))
        return false;
    task->result.content_type = arena_bytes(arena, db_bytes(rows, 0));
    task->error = arena_bytes(arena, db_bytes(rows, 1));
    task->cancel_reason = arena_bytes(arena, db_bytes(rows, 2));
    task->progress = arena_bytes(arena, db_bytes(rows, 3));
    task->checkpoint = arena_bytes(arena, db_bytes(rows, 4));
    return true;
}

void result_load(struct db *db, struct task *task, struct arena *arena)
{
    if (!task->has_results)
        return;

    struct db_rows *rows = db_query(db, SQL_RESULT_BY_TASK, VALUES(VALUE_INT(task->number)));

    if (!read_rest(rows, task, arena))
        return;
    task->result.data = arena_bytes(arena, db_bytes(rows, 5));
    db_done(rows);
}

void result_load_rest(struct db *db, struct task *task, struct arena *arena)
{
    if (!task->has_results)
        return;

    struct db_rows *rows = db_query(db, SQL_RESULT_REST_BY_TASK, VALUES(VALUE_INT(task->number)));

    if (read_rest(rows, task, arena))
        db_done(rows);
}

void result_save_end(struct db *db, int64_t number, const struct body *result, struct bytes error)
{
    db_run(db, SQL_RESULT_PUT_END,
           VALUES(VALUE_INT(number), VALUE_BLOB(result->data), VALUE_TEXT(result->content_type),
                  VALUE_TEXT(error)));
}

void result_save_reason(struct db *db, int64_t number, struct bytes reason)
{
    db_run(db, SQL_RESULT_PUT_REASON, VALUES(VALUE_INT(number), VALUE_TEXT(reason)));
}

void result_save_progress(struct db *db, int64_t number, struct bytes progress)
{
    db_run(db, SQL_RESULT_PUT_PROGRESS, VALUES(VALUE_INT(number), VALUE_TEXT(progress)));
}

void result_save_checkpoint(struct db *db, int64_t number, struct bytes checkpoint)
{
    db_run(db, SQL_RESULT_PUT_CHECKPOINT, VALUES(VALUE_INT(number), VALUE_TEXT(checkpoint)));
}

void result_forget_end(struct db *db, int64_t number)
{
    db_run(db, SQL_RESULT_FORGET_END, VALUES(VALUE_INT(number)));
}

static struct bytes one_of(struct db *db, enum sql sql, int64_t number, struct arena *arena)
{
    struct db_rows *rows = db_query(db, sql, VALUES(VALUE_INT(number)));
    struct bytes text = BYTES_NONE;

    if (db_step(rows)) {
        text = arena_bytes(arena, db_bytes(rows, 0));
        db_done(rows);
    }
    return text;
}

struct bytes result_reason(struct db *db, int64_t number, struct arena *arena)
{
    return one_of(db, SQL_RESULT_REASON, number, arena);
}

struct bytes result_error(struct db *db, int64_t number, struct arena *arena)
{
    return one_of(db, SQL_RESULT_ERROR, number, arena);
}

void attempt_insert(struct db *db, const struct attempt_end *end)
{
    const struct attempt *attempt = end->attempt;

    db_run(db, SQL_ATTEMPT_INSERT,
           VALUES(VALUE_INT(end->task), VALUE_INT(attempt->delivery), VALUE_INT(attempt->attempt),
                  VALUE_ID(attempt->worker), VALUE_BLOB(end->nonce),
                  VALUE_INT(attempt->claimed_at_ms), VALUE_INT(attempt->started_at_ms),
                  VALUE_INT(attempt->finished_at_ms), VALUE_INT(attempt->outcome),
                  VALUE_TEXT(attempt->error)));
}

enum { ATTEMPTS_LOADED_MAX = 2000 };

void attempts_load(struct db *db, int64_t number, struct arena *arena,
                   struct attempt **ret_attempts, unsigned *ret_len)
{
    struct db_rows *rows = db_query(db, SQL_ATTEMPTS_BY_TASK, VALUES(VALUE_INT(number)));
    struct attempt *attempts = NULL;
    unsigned len = 0;
    unsigned room = 0;

    while (db_step(rows)) {
        if (len == ATTEMPTS_LOADED_MAX) {
            db_done(rows);
            break;
        }
        if (len == room) {
            struct attempt *more = arena_alloc(arena, (room * 2 + 8) * sizeof(*more));

            for (unsigned i = 0; i < len; i++)
                more[i] = attempts[i];
            room = room * 2 + 8;
            attempts = more;
        }

        int64_t outcome = db_int(rows, 6);

        attempts[len++] = (struct attempt){
            .attempt = (int32_t)db_int(rows, 0),
            .delivery = (int32_t)db_int(rows, 1),
            .worker = db_id(rows, 2),
            .claimed_at_ms = db_int(rows, 3),
            .started_at_ms = db_int(rows, 4),
            .finished_at_ms = db_int(rows, 5),
            .outcome = (enum attempt_outcome)outcome,
            .error = arena_bytes(arena, db_bytes(rows, 7)),
        };
    }
    *ret_attempts = attempts;
    *ret_len = len;
}

bool attempt_find(struct db *db, int64_t number, int32_t delivery, struct arena *arena,
                  struct bytes *ret_nonce, struct attempt *ret_attempt)
{
    struct db_rows *rows =
        db_query(db, SQL_ATTEMPT_BY_DELIVERY, VALUES(VALUE_INT(number), VALUE_INT(delivery)));

    if (!db_step(rows))
        return false;

    int64_t outcome = db_int(rows, 1);

    *ret_nonce = arena_bytes(arena, db_bytes(rows, 0));
    *ret_attempt = (struct attempt){
        .delivery = delivery,
        .outcome = (enum attempt_outcome)outcome,
        .error = arena_bytes(arena, db_bytes(rows, 2)),
    };
    db_done(rows);
    return true;
}

void logs_append(struct db *db, int64_t number, const struct task_log *lines, unsigned lines_len)
{
    struct db_rows *rows = db_query(db, SQL_LOG_LAST, VALUES(VALUE_INT(number)));
    int64_t last = 0;

    if (db_step(rows)) {
        last = db_int(rows, 0);
        db_done(rows);
    }
    for (unsigned i = 0; i < lines_len; i++)
        db_run(db, SQL_LOG_INSERT,
               VALUES(VALUE_INT(number), VALUE_INT(last + 1 + i), VALUE_INT(lines[i].at_ms),
                      VALUE_TEXT(lines[i].level), VALUE_TEXT(lines[i].logger),
                      VALUE_TEXT(lines[i].message)));
    if (last + lines_len > TASK_LOGS_MAX)
        db_run(db, SQL_LOG_TRIM,
               VALUES(VALUE_INT(number), VALUE_INT(last + lines_len - TASK_LOGS_MAX)));
}

void logs_load(struct db *db, int64_t number, struct arena *arena, struct task_log **ret_lines,
               unsigned *ret_len)
{
    struct db_rows *rows = db_query(db, SQL_LOGS_BY_TASK, VALUES(VALUE_INT(number)));
    struct task_log *lines = arena_alloc(arena, TASK_LOGS_MAX * sizeof(*lines));
    unsigned len = 0;

    while (db_step(rows)) {
        if (len == TASK_LOGS_MAX) {
            db_done(rows);
            break;
        }
        lines[len++] = (struct task_log){
            .at_ms = db_int(rows, 0),
            .level = arena_bytes(arena, db_bytes(rows, 1)),
            .logger = arena_bytes(arena, db_bytes(rows, 2)),
            .message = arena_bytes(arena, db_bytes(rows, 3)),
        };
    }
    *ret_lines = lines;
    *ret_len = len;
}
