/* Task repo: the hot row and the body of a task. */
#include "store/repo_task.h"

#include "base/assert.h"
#include "domain/deadline.h"

enum {
    FLAG_ABANDONED = 1,
    FLAG_OBSERVED = 2,
    FLAG_HAS_RESULTS = 4,
    FLAG_AT_MOST_ONCE = 8,
    FLAG_RULES = 16,
    FLAG_ORDERED = 32,
    FLAG_DEDUP = 64,
    FLAG_AWAITED = 128,
    FLAG_DEPENDENT = 256,
    FLAG_DEAD_LETTER = 512,
    FLAG_HOLDER = 1024,
    FLAG_CALLBACK = 2048,
};

/* Above them one for each of its limits. */
enum { PAID_SHIFT = 12 };

static int64_t flags_of(const struct task *task)
{
    return (task->abandoned ? FLAG_ABANDONED : 0) | (task->observed ? FLAG_OBSERVED : 0) |
           (task->has_results ? FLAG_HAS_RESULTS : 0) |
           (task->at_most_once ? FLAG_AT_MOST_ONCE : 0) | (task->has_rules ? FLAG_RULES : 0) |
           (task->is_ordered ? FLAG_ORDERED : 0) | (task->has_dedup_key ? FLAG_DEDUP : 0) |
           (task->is_awaited ? FLAG_AWAITED : 0) | (task->is_dependent ? FLAG_DEPENDENT : 0) |
           (task->is_dead_letter ? FLAG_DEAD_LETTER : 0) | (task->is_holder ? FLAG_HOLDER : 0) |
           (task->has_callback ? FLAG_CALLBACK : 0) | (int64_t)(task->paid << PAID_SHIFT);
}

int64_t task_last_number(struct db *db)
{
    return db_number(db, SQL_TASK_LAST_NUMBER, NULL, 0, 0);
}

void task_save_ending(struct db *db, const struct task *task)
{
    int64_t ends_at_ms = deadline_next_ms(task);

    db_run(db, SQL_TASK_ENDING,
           VALUES(VALUE_INT(task->number), VALUE_INT(flags_of(task)),
                  VALUE_INT(task->expires_at_ms), VALUE_INT(task->deadline_at_ms)));
    if (ends_at_ms >= 0)
        db_run(db, SQL_ENDING_PUT, VALUES(VALUE_INT(task->number), VALUE_INT(ends_at_ms)));
    else
        db_run(db, SQL_ENDING_DELETE, VALUES(VALUE_INT(task->number)));
}

static void insert_row(struct db *db, const struct task *task)
{
    db_run(db, SQL_TASK_INSERT,
           VALUES(VALUE_INT(task->number), VALUE_ID(task->id), VALUE_INT(task->ns_number),
                  VALUE_INT(task->queue_number), VALUE_INT(task->class_number),
                  VALUE_INT(task->state), VALUE_INT(task->priority), VALUE_INT(task->run_at_ms),
                  VALUE_INT(task->created_at_ms), VALUE_INT(task->timeout_ms),
                  VALUE_INT(task->lease_ms), VALUE_INT(task->bytes), VALUE_INT(task->result_ttl_ms),
                  VALUE_INT(flags_of(task)), VALUE_INT(task->line), VALUE_INT(task->share)));
    if (task->expires_at_ms >= 0 || task->deadline_at_ms >= 0)
        task_save_ending(db, task);
}

static void insert_tags(struct db *db, int64_t ns, struct bytes tags, int64_t number)
{
    struct bytes tag;

    while (bytes_split(&tags, '\n', &tag))
        if (tag.len > 0)
            db_run(db, SQL_TAG_INSERT, VALUES(VALUE_INT(ns), VALUE_TEXT(tag), VALUE_INT(number)));
}

static void delete_tags(struct db *db, int64_t ns, struct bytes tags, int64_t number)
{
    struct bytes tag;

    while (bytes_split(&tags, '\n', &tag))
        if (tag.len > 0)
            db_run(db, SQL_TAG_DELETE, VALUES(VALUE_INT(ns), VALUE_TEXT(tag), VALUE_INT(number)));
}

void task_insert(struct db *db, const struct task *task, const struct task_spec *spec,
                 struct arena *arena)
{
    insert_row(db, task);
    db_run(db, SQL_BODY_INSERT,
           VALUES(VALUE_INT(task->number), VALUE_BLOB(spec->payload.data),
                  VALUE_TEXT(spec->payload.content_type), VALUE_TEXT(spec->headers),
                  VALUE_TEXT(spec->tags), VALUE_TEXT(spec->name), VALUE_TEXT(spec->traceparent),
                  VALUE_TEXT(retry_write(&spec->retry, arena)),
                  VALUE_TEXT(task->has_rules ? rules_write(&task->rules, arena) : BYTES_NONE)));
    insert_tags(db, task->ns_number, spec->tags, task->number);
}

void task_insert_copy(struct db *db, const struct task *task, int64_t from_number,
                      struct arena *arena)
{
    insert_row(db, task);
    db_run(db, SQL_BODY_COPY,
           VALUES(VALUE_INT(from_number), VALUE_INT(task->number),
                  VALUE_TEXT(task->has_rules ? rules_write(&task->rules, arena) : BYTES_NONE)));
    insert_tags(db, task->ns_number, task->tags, task->number);
}

void task_insert_bare(struct db *db, const struct task *task, int64_t from_number)
{
    insert_row(db, task);
    db_run(db, SQL_BODY_COPY_BARE, VALUES(VALUE_INT(from_number), VALUE_INT(task->number)));
    insert_tags(db, task->ns_number, task->tags, task->number);
}

void task_read_row(struct db_rows *rows, struct task *ret_task)
{
    int64_t state = db_int(rows, 5);
    int64_t flags = db_int(rows, 16);

    *ret_task = (struct task){
        .number = db_int(rows, 0),
        .id = db_id(rows, 1),
        .ns_number = db_int(rows, 2),
        .queue_number = db_int(rows, 3),
        .class_number = db_int(rows, 4),
        .state = (enum task_state)state,
        .priority = (int32_t)db_int(rows, 6),
        .run_at_ms = db_int(rows, 7),
        .created_at_ms = db_int(rows, 8),
        .version = db_int(rows, 9),
        .attempt = (int32_t)db_int(rows, 10),
        .delivery = (int32_t)db_int(rows, 11),
        .failures = (int32_t)db_int(rows, 12),
        .losses = (int32_t)db_int(rows, 13),
        .timeout_ms = db_int(rows, 14),
        .lease_ms = db_int(rows, 15),
        .abandoned = (flags & FLAG_ABANDONED) != 0,
        .observed = (flags & FLAG_OBSERVED) != 0,
        .has_results = (flags & FLAG_HAS_RESULTS) != 0,
        .at_most_once = (flags & FLAG_AT_MOST_ONCE) != 0,
        .has_rules = (flags & FLAG_RULES) != 0,
        .is_ordered = (flags & FLAG_ORDERED) != 0,
        .has_dedup_key = (flags & FLAG_DEDUP) != 0,
        .is_awaited = (flags & FLAG_AWAITED) != 0,
        .is_dependent = (flags & FLAG_DEPENDENT) != 0,
        .is_dead_letter = (flags & FLAG_DEAD_LETTER) != 0,
        .is_holder = (flags & FLAG_HOLDER) != 0,
        .has_callback = (flags & FLAG_CALLBACK) != 0,
        .paid = (uint64_t)flags >> PAID_SHIFT,
        .cancel_requested_at_ms = db_int(rows, 17),
        .claimed_at_ms = db_int(rows, 18),
        .started_at_ms = db_int(rows, 19),
        .finished_at_ms = db_int(rows, 20),
        .has_worker = db_bytes(rows, 21).at != NULL,
        .worker = db_id(rows, 21),
        .bytes = db_int(rows, 22),
        .end_bytes = db_int(rows, 23),
        .expires_at_ms = db_int(rows, 24),
        .deadline_at_ms = db_int(rows, 25),
        .result_ttl_ms = db_int(rows, 26),
        .line = db_int(rows, 27),
        .share = db_int(rows, 28),
    };
    ret_task->root = ret_task->id;
}

static bool load_one(struct db_rows *rows, struct task *ret_task)
{
    if (!db_step(rows))
        return false;
    task_read_row(rows, ret_task);
    db_done(rows);
    return true;
}

bool task_load(struct db *db, struct id id, struct task *ret_task)
{
    return load_one(db_query(db, SQL_TASK_BY_ID, VALUES(VALUE_ID(id))), ret_task);
}

bool task_load_number(struct db *db, int64_t number, struct task *ret_task)
{
    return load_one(db_query(db, SQL_TASK_BY_NUMBER, VALUES(VALUE_INT(number))), ret_task);
}

void task_save_move(struct db *db, const struct task *task, enum task_state from)
{
    struct bytes worker = {(const char *)task->worker.at, sizeof(task->worker.at)};

    db_run(db, SQL_TASK_UPDATE,
           VALUES(VALUE_INT(task->number), VALUE_INT(from), VALUE_INT(task->state),
                  VALUE_INT(task->queue_number), VALUE_INT(task->class_number),
                  VALUE_INT(task->priority), VALUE_INT(task->run_at_ms), VALUE_INT(task->version),
                  VALUE_INT(task->attempt), VALUE_INT(task->delivery), VALUE_INT(task->failures),
                  VALUE_INT(task->losses), VALUE_INT(flags_of(task)),
                  VALUE_INT(task->cancel_requested_at_ms), VALUE_INT(task->claimed_at_ms),
                  VALUE_INT(task->started_at_ms), VALUE_INT(task->finished_at_ms),
                  VALUE_BLOB(task->has_worker ? worker : BYTES_NONE), VALUE_INT(task->bytes),
                  VALUE_INT(task->end_bytes), VALUE_INT(task->line), VALUE_INT(task->share)));
    /* The engine read the row in this transaction: it cannot have moved meanwhile. */
    ASSERT(db_failure(db) != DB_FINE || db_changes(db) == 1);
}

void task_save_touch(struct db *db, const struct task *task)
{
    db_run(db, SQL_TASK_TOUCH,
           VALUES(VALUE_INT(task->number), VALUE_INT(task->version), VALUE_INT(flags_of(task)),
                  VALUE_INT(task->cancel_requested_at_ms), VALUE_INT(task->started_at_ms)));
}

void task_save_awaited(struct db *db, int64_t number)
{
    db_run(db, SQL_TASK_SET_FLAGS, VALUES(VALUE_INT(number), VALUE_INT(FLAG_AWAITED)));
}

void task_delete(struct db *db, const struct task *task)
{
    static const enum sql deletes[] = {
        SQL_TASK_DELETE,   SQL_TASK_REMEMBER,   SQL_BODY_DELETE,
        SQL_RESULT_DELETE, SQL_ATTEMPTS_DELETE, SQL_LOGS_DELETE,
    };

    delete_tags(db, task->ns_number, task->tags, task->number);
    for (size_t i = 0; i < ARRAY_LEN(deletes); i++)
        db_run(db, deletes[i], VALUES(VALUE_INT(task->number)));
}

void body_load(struct db *db, struct task *task, bool with_payload, struct arena *arena)
{
    struct db_rows *rows = db_query(db, SQL_BODY_BY_TASK, VALUES(VALUE_INT(task->number)));

    if (!db_step(rows))
        return;
    task->payload.content_type = arena_bytes(arena, db_bytes(rows, 0));
    task->headers = arena_bytes(arena, db_bytes(rows, 1));
    task->tags = arena_bytes(arena, db_bytes(rows, 2));
    task->name = arena_bytes(arena, db_bytes(rows, 3));
    task->traceparent = arena_bytes(arena, db_bytes(rows, 4));
    (void)retry_read(arena_bytes(arena, db_bytes(rows, 5)), &task->retry);
    task->knows_rules = rules_read(arena_bytes(arena, db_bytes(rows, 6)), &task->rules);
    if (with_payload)
        task->payload.data = arena_bytes(arena, db_bytes(rows, 7));
    db_done(rows);
}

void body_load_retry(struct db *db, struct task *task, struct arena *arena)
{
    struct db_rows *rows = db_query(db, SQL_BODY_RETRY, VALUES(VALUE_INT(task->number)));

    if (!db_step(rows))
        return;
    (void)retry_read(arena_bytes(arena, db_bytes(rows, 0)), &task->retry);
    db_done(rows);
}

void body_load_rules(struct db *db, struct task *task, struct arena *arena)
{
    struct db_rows *rows;

    if (!task->has_rules || task->knows_rules)
        return;
    rows = db_query(db, SQL_BODY_RULES, VALUES(VALUE_INT(task->number)));
    if (!db_step(rows))
        return;
    task->knows_rules = rules_read(arena_bytes(arena, db_bytes(rows, 0)), &task->rules);
    db_done(rows);
}

void body_renew(struct db *db, int64_t number, const struct task_spec *spec)
{
    db_run(db, SQL_BODY_RENEW,
           VALUES(VALUE_INT(number), VALUE_BLOB(spec->payload.data),
                  VALUE_TEXT(spec->payload.content_type), VALUE_TEXT(spec->headers)));
}

void body_save_label(struct db *db, const struct task *task, struct bytes old_tags)
{
    db_run(db, SQL_BODY_LABEL,
           VALUES(VALUE_INT(task->number), VALUE_TEXT(task->name), VALUE_TEXT(task->tags)));
    delete_tags(db, task->ns_number, old_tags, task->number);
    insert_tags(db, task->ns_number, task->tags, task->number);
}

bool body_name(struct db *db, int64_t number, struct arena *arena, struct bytes *ret_name)
{
    struct db_rows *rows = db_query(db, SQL_BODY_NAME, VALUES(VALUE_INT(number)));

    if (!db_step(rows))
        return false;
    *ret_name = arena_bytes(arena, db_bytes(rows, 0));
    db_done(rows);
    return ret_name->at != NULL;
}

bool task_has_tag(struct db *db, int64_t ns, struct bytes tag, int64_t number)
{
    return db_number(db, SQL_TAG_HAS, VALUES(VALUE_INT(ns), VALUE_TEXT(tag), VALUE_INT(number)),
                     0) == 1;
}
