/* Task on the wire: a task, its attempts, its log and what blocks it. */
#include "wire.h"

/* Lines become an array: names hold nothing that needs an escape. */
static void write_tags(struct json_out *out, struct bytes tags)
{
    struct bytes tag;

    json_out_key(out, "tags");
    json_out_array(out);
    while (bytes_split(&tags, '\n', &tag))
        if (tag.len > 0)
            json_out_text(out, tag);
    json_out_array_end(out);
}

/* Names and ids hold nothing that needs an escape, so a path is written in its parts. */
static void write_links(struct json_out *out, struct bytes base, const char *id)
{
    static const char *const LINKS[][2] = {{"self", ""}, {"result", "/result"}};

    json_out_key(out, "links");
    json_out_object(out);
    for (unsigned i = 0; i < ARRAY_LEN(LINKS); i++) {
        json_out_key(out, LINKS[i][0]);
        json_out_raw(out, BYTES("\""));
        buffer_append(out->buffer, base);
        buffer_append(out->buffer, BYTES("/tasks/"));
        buffer_append(out->buffer, (struct bytes){id, ID_TEXT_LEN});
        buffer_append(out->buffer, bytes_of(LINKS[i][1]));
        buffer_append_char(out->buffer, '"');
    }
    json_out_object_end(out);
}

static void write_identity(struct json_out *out, const struct task *task, const char *id)
{
    json_member_text(out, "id", (struct bytes){id, ID_TEXT_LEN});
    json_member_text(out, "namespace", task->ns);
    json_member_text(out, "type", task->type);
    json_member_text(out, "queue", task->queue);
    json_member_text(out, "state", bytes_of(task_state_name(task->state)));
    json_member_int(out, "priority", task->priority);
    if (task->requires.len > 0)
        wire_member_labels(out, "requires", task->requires);
    else
        json_member_raw_or_null(out, "requires", BYTES_NONE);
    json_member_raw_or_null(out, "headers", task->headers);
    write_tags(out, task->tags);
    json_member_text_or_null(out, "name", task->name);
    json_member_text_or_null(out, "traceparent", task->traceparent);
    json_member_int(out, "attempt", task->attempt);
    json_member_int(out, "delivery", task->delivery);
    json_member_int(out, "max_attempts", task->max_attempts);
    json_out_key(out, "group");
    json_out_null(out);
    wire_member_id(out, "root_id", task->root);
    json_out_key(out, "parent_id");
    json_out_null(out);
    json_out_key(out, "origin_id");
    json_out_null(out);
}

static void write_times(struct json_out *out, const struct task *task)
{
    json_member_time_or_null(out, "created_at", task->created_at_ms);
    json_member_time_or_null(out, "run_at", task->run_at_ms);
    json_member_time_or_null(out, "claimed_at", task->claimed_at_ms);
    json_member_time_or_null(out, "started_at", task->started_at_ms);
    json_member_time_or_null(out, "finished_at", task->finished_at_ms);
    json_member_time_or_null(out, "expires_at", task->expires_at_ms);
    json_member_time_or_null(out, "deadline_at", task->deadline_at_ms);
}

static void write_dead_letter(struct json_out *out, const struct task *task)
{
    const struct dead_letter *dead_letter = &task->dead_letter;

    json_out_key(out, "dead_letter");
    if (!task->is_dead_letter) {
        json_out_null(out);
        return;
    }
    json_out_object(out);
    wire_member_id(out, "task_id", dead_letter->task);
    json_member_text_or_null(out, "queue", dead_letter->queue);
    json_member_int(out, "attempts", dead_letter->attempts);
    json_member_time_or_null(out, "failed_at", dead_letter->failed_at_ms);
    json_member_raw_or_null(out, "error", dead_letter->error);
    json_out_object_end(out);
}

/* Everything but the closing brace. */
static void write_task(struct json_out *out, const struct task *task, struct bytes base)
{
    char id[ID_TEXT_LEN + 1];

    id_format(task->id, id);
    json_out_object(out);
    write_identity(out, task, id);
    write_times(out, task);
    if (task->has_worker) {
        wire_member_id(out, "worker_id", task->worker);
    } else {
        json_out_key(out, "worker_id");
        json_out_null(out);
    }
    json_member_raw_or_null(out, "progress", task->progress);
    json_member_raw_or_null(out, "checkpoint", task->checkpoint);
    json_member_raw_or_null(out, "error", task->error);
    json_member_time_or_null(out, "cancel_requested_at", task->cancel_requested_at_ms);
    json_member_text_or_null(out, "cancel_reason", task->cancel_reason);
    json_member_bool(out, "abandoned", task->abandoned);
    json_member_bool(out, "observed", task->observed);
    json_member_bool(out, "deduplicated", task->deduplicated);
    json_member_int(out, "version", task->version);
    write_links(out, base, id);
}

/* JSON as it was sent, anything else as base64 with its type; null when there is none. */
static void write_body(struct json_out *out, const char *key, const char *key_base64,
                       const struct body *body)
{
    if (body->content_type.at == NULL) {
        json_member_raw_or_null(out, key, body->data);
        return;
    }
    json_out_key(out, key_base64);
    json_out_base64(out, body->data);
    json_member_text(out, "content_type", body->content_type);
}

void wire_task(struct json_out *out, const struct task *task, struct bytes base)
{
    write_task(out, task, base);
    json_out_object_end(out);
}

void wire_task_whole(struct json_out *out, const struct task *task, struct bytes base)
{
    write_task(out, task, base);
    wire_member_rules(out, &task->rules);
    write_dead_letter(out, task);
    if (task->state == TASK_SUCCEEDED)
        write_body(out, "result", "result_base64", &task->result);
    json_out_object_end(out);
}

void wire_task_claimed(struct json_out *out, const struct task *task, struct bytes base)
{
    write_task(out, task, base);
    wire_member_rules(out, &task->rules);
    write_dead_letter(out, task);
    json_member_text(out, "lease", task->lease);
    json_member_time_or_null(out, "lease_expires_at", task->lease_expires_at_ms);
    json_member_time_or_null(out, "attempt_deadline_at", task->attempt_deadline_at_ms);
    json_out_key(out, "persistent");
    json_out_null(out);
    write_body(out, "payload", "payload_base64", &task->payload);
    json_out_object_end(out);
}

void wire_attempt(struct json_out *out, const struct attempt *attempt)
{
    json_out_object(out);
    json_member_int(out, "attempt", attempt->attempt);
    json_member_int(out, "delivery", attempt->delivery);
    if (id_is_nil(attempt->worker)) {
        json_out_key(out, "worker_id");
        json_out_null(out);
    } else {
        wire_member_id(out, "worker_id", attempt->worker);
    }
    json_member_time_or_null(out, "claimed_at", attempt->claimed_at_ms);
    json_member_time_or_null(out, "started_at", attempt->started_at_ms);
    json_member_time_or_null(out, "finished_at", attempt->finished_at_ms);
    json_member_text_or_null(out, "outcome",
                             attempt->outcome == ATTEMPT_OUTCOME_NONE
                                 ? BYTES_NONE
                                 : bytes_of(attempt_outcome_name(attempt->outcome)));
    json_member_raw_or_null(out, "error", attempt->error);
    json_out_object_end(out);
}

void wire_log_line(struct json_out *out, const struct log_line *line)
{
    json_out_object(out);
    json_member_time_or_null(out, "at", line->at_ms);
    json_member_text_or_null(out, "level", line->level);
    json_member_text_or_null(out, "logger", line->logger);
    json_member_text(out, "message", line->message);
    json_out_object_end(out);
}

void wire_blocker(struct json_out *out, const struct blocker *blocker)
{
    struct blocker_number {
        const char *key;
        int64_t value;
    } numbers[] = {
        {"limit", blocker->limit},
        {"running", blocker->running},
        {"units", blocker->units},
        {"ahead", blocker->ahead},
        {"workers", blocker->workers},
        {"count", blocker->count},
        {"unavailable", blocker->unavailable},
        {"resting", blocker->resting},
        {"disabled", blocker->disabled},
        {"slots", blocker->slots},
        {"free", blocker->free},
    };

    json_out_object(out);
    json_member_text(out, "kind", bytes_of(blocker->kind));
    if (blocker->queue.at != NULL)
        json_member_text(out, "queue", blocker->queue);
    if (blocker->name.at != NULL)
        json_member_text(out, "name", blocker->name);
    if (blocker->type.at != NULL)
        json_member_text(out, "type", blocker->type);
    if (blocker->key.at != NULL)
        json_member_text(out, "key", blocker->key);
    if (blocker->holder_state != TASK_STATE_NONE)
        json_member_text(out, "holder_state", bytes_of(task_state_name(blocker->holder_state)));
    if (blocker->state != NULL)
        json_member_text(out, "state", bytes_of(blocker->state));
    if (blocker->error.at != NULL)
        json_member_text(out, "error", blocker->error);
    if (blocker->worker.at != NULL)
        json_member_text(out, "worker", blocker->worker);
    if (blocker->requires.at != NULL)
        wire_member_labels(out, "requires", blocker->requires);
    if (blocker->missing.at != NULL)
        wire_member_labels(out, "missing", blocker->missing);
    if (blocker->min_priority != MIN_PRIORITY_NONE)
        json_member_int(out, "min_priority", blocker->min_priority);
    if (blocker->never_fits)
        json_member_bool(out, "fits", false);
    if (blocker->until_ms >= 0)
        json_member_time_or_null(out, "until", blocker->until_ms);
    for (unsigned i = 0; i < ARRAY_LEN(numbers); i++)
        if (numbers[i].value >= 0)
            json_member_int(out, numbers[i].key, numbers[i].value);
    if (blocker->holders_len > 0) {
        char id[ID_TEXT_LEN + 1];

        json_out_key(out, "holders");
        json_out_array(out);
        for (unsigned i = 0; i < blocker->holders_len; i++) {
            id_format(blocker->holders[i], id);
            json_out_text(out, (struct bytes){id, ID_TEXT_LEN});
        }
        json_out_array_end(out);
    }
    json_out_object_end(out);
}
