/* Tell: objects written at once into room that is large enough for them. */
#include "tell.h"

#include "base/json_scan.h"
#include "base/utf8.h"

enum {
    FEW_BYTES = 192, /* of an object without texts of users */
    TYPE_BYTES_MAX = 200,
    MESSAGE_BYTES_MAX = 500,
    LOG_BYTES_MAX = 1024,
    PROGRESS_BYTES_MAX = 4096,
    STATUS_GONE = 410,
    ESCAPED_MAX = 6, /* what one byte may become */
};

struct telling {
    struct buffer text;
    struct json_out out;
};

/* text_bytes: of users, unescaped. */
static void begin(struct telling *telling, struct batch *batch, size_t text_bytes)
{
    size_t room = FEW_BYTES + text_bytes * ESCAPED_MAX;

    telling->text = (struct buffer){
        .at = arena_alloc(batch->mem, room),
        .capacity = room,
        .len_max = room,
    };
    json_out_init(&telling->out, &telling->text);
    json_out_object(&telling->out);
}

static struct bytes end(struct telling *telling)
{
    json_out_object_end(&telling->out);
    return buffer_bytes(&telling->text);
}

/* Whole characters; what is no UTF-8 counts as bytes. */
static struct bytes cut(struct bytes text, size_t max)
{
    size_t len = max;

    if (text.len <= max)
        return text;
    while (len > 0 && ((unsigned char)text.at[len] & 0xC0) == 0x80)
        len--;
    return (struct bytes){text.at, len};
}

static void member_id(struct json_out *out, const char *key, struct id id)
{
    char text[ID_TEXT_LEN + 1];

    id_format(id, text);
    json_member_text(out, key, bytes_of(text));
}

struct bytes tell_submitted(struct batch *batch, struct bytes type)
{
    struct telling telling;

    begin(&telling, batch, type.len);
    json_member_text(&telling.out, "type", type);
    return end(&telling);
}

struct bytes tell_claimed(struct batch *batch, const struct task *task)
{
    struct telling telling;

    begin(&telling, batch, 0);
    member_id(&telling.out, "worker_id", task->worker);
    json_member_int(&telling.out, "attempt", task->attempt);
    json_member_int(&telling.out, "delivery", task->delivery);
    return end(&telling);
}

struct bytes tell_attempt(struct batch *batch, const struct task *task)
{
    struct telling telling;

    /* Nearly always. */
    if (task->attempt == 1)
        return BYTES("{\"attempt\":1}");
    begin(&telling, batch, 0);
    json_member_int(&telling.out, "attempt", task->attempt);
    return end(&telling);
}

/* A member of the error object, as text. */
static struct bytes part_of(struct batch *batch, struct bytes error, const char *name, size_t max)
{
    struct bytes raw = json_find(error, name);

    return raw.at == NULL ? BYTES_NONE : cut(json_unquote(raw, batch->mem), max);
}

/* What it kept, in short; of an attempt that has none null. */
static void member_error(struct json_out *out, struct batch *batch, struct bytes error)
{
    json_out_key(out, "error");
    if (error.at == NULL) {
        json_out_null(out);
        return;
    }
    json_out_object(out);
    json_member_text_or_null(out, "type", part_of(batch, error, "type", TYPE_BYTES_MAX));
    json_member_text_or_null(out, "message", part_of(batch, error, "message", MESSAGE_BYTES_MAX));
    json_out_object_end(out);
}

struct bytes tell_retrying(struct batch *batch, const struct task *task, int32_t attempt,
                           struct bytes reason, struct bytes error)
{
    struct telling telling;

    begin(&telling, batch, error.at == NULL ? 0 : TYPE_BYTES_MAX + MESSAGE_BYTES_MAX);
    json_member_int(&telling.out, "attempt", attempt);
    json_member_time_or_null(&telling.out, "run_at", task->run_at_ms);
    json_member_text(&telling.out, "reason", reason);
    member_error(&telling.out, batch, error);
    return end(&telling);
}

struct bytes tell_failed(struct batch *batch, const struct task *task, struct bytes error)
{
    bool is_waited_for = lot_waiters(&batch->engine->lot, task->number) != NULL;
    struct telling telling;

    begin(&telling, batch, TYPE_BYTES_MAX + MESSAGE_BYTES_MAX);
    json_member_bool(&telling.out, "handled", is_waited_for);
    json_member_int(&telling.out, "attempt", task->attempt);
    member_error(&telling.out, batch, error);
    return end(&telling);
}

struct bytes tell_cancelled(struct batch *batch, const struct task *task)
{
    struct bytes reason = task->cancel_reason;
    struct telling telling;

    if (reason.at == NULL && task->has_results)
        reason = result_reason(batch->db, task->number, batch->mem);
    begin(&telling, batch, reason.len);
    json_member_text_or_null(&telling.out, "reason", reason);
    json_member_bool(&telling.out, "abandoned", task->abandoned);
    if (task->abandoned)
        json_member_text(&telling.out, "detail", BYTES("closing timed out"));
    return end(&telling);
}

struct bytes tell_expired(struct batch *batch, const struct task *task)
{
    struct telling telling;

    begin(&telling, batch, 0);
    json_member_time_or_null(&telling.out, "expires_at", task->expires_at_ms);
    return end(&telling);
}

struct bytes tell_progress(struct batch *batch, struct bytes note)
{
    struct telling telling;

    if (note.len <= PROGRESS_BYTES_MAX)
        return note;
    begin(&telling, batch, 0);
    json_member_raw_or_null(&telling.out, "percent", json_find(note, "percent"));
    return end(&telling);
}

struct bytes tell_log(struct batch *batch, const struct task_log *line)
{
    struct bytes message = cut(line->message, LOG_BYTES_MAX);
    struct telling telling;

    begin(&telling, batch, line->level.len + line->logger.len + message.len);
    json_member_time_or_null(&telling.out, "at", line->at_ms);
    json_member_text_or_null(&telling.out, "level", line->level);
    json_member_text_or_null(&telling.out, "logger", line->logger);
    json_member_text(&telling.out, "message", message);
    return end(&telling);
}

struct bytes tell_worker(struct batch *batch, const struct hot_worker *worker)
{
    struct telling telling;

    begin(&telling, batch, worker->identity.len);
    member_id(&telling.out, "worker_id", worker->id);
    json_member_text_or_null(&telling.out, "identity", worker->identity);
    return end(&telling);
}

struct bytes tell_worker_gone(struct batch *batch, const struct hot_worker *worker)
{
    struct telling telling;

    begin(&telling, batch, worker->identity.len);
    member_id(&telling.out, "worker_id", worker->id);
    json_member_text_or_null(&telling.out, "identity", worker->identity);
    json_member_int(&telling.out, "status", STATUS_GONE);
    return end(&telling);
}

struct bytes tell_webhook_gone(struct batch *batch, struct bytes name)
{
    struct telling telling;

    begin(&telling, batch, name.len);
    json_member_text(&telling.out, "name", name);
    json_member_int(&telling.out, "status", STATUS_GONE);
    return end(&telling);
}

struct bytes tell_paused(struct batch *batch, int64_t until_ms)
{
    struct telling telling;

    begin(&telling, batch, 0);
    json_member_time_or_null(&telling.out, "until", until_ms);
    return end(&telling);
}

struct bytes tell_limit_full(struct batch *batch, const struct hot_limit *limit)
{
    struct telling telling;

    begin(&telling, batch, limit->name.len + limit->full_for->name.len);
    json_member_text(&telling.out, "limit", limit->name);
    json_member_int(&telling.out, "running", limit_units_running(limit));
    json_member_int_or_null(&telling.out, "max", limit->settings.max_running);
    json_member_text(&telling.out, "queue", limit->full_for->name);
    return end(&telling);
}

struct bytes tell_disk(struct batch *batch, int64_t free_bytes)
{
    struct telling telling;

    begin(&telling, batch, 0);
    json_member_int(&telling.out, "free_bytes", free_bytes);
    json_member_bool(&telling.out, "full", batch->engine->disk_is_full);
    return end(&telling);
}

struct bytes tell_wal(struct batch *batch, int64_t wal_bytes)
{
    struct telling telling;

    begin(&telling, batch, 0);
    json_member_int(&telling.out, "wal_bytes", wal_bytes);
    return end(&telling);
}
