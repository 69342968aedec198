/* Worker on the wire: a registered worker, as it was announced and as it was last seen. */
#include "wire.h"

static void write_texts(struct json_out *out, const char *key, const struct bytes *texts,
                        unsigned len)
{
    json_out_key(out, key);
    json_out_array(out);
    for (unsigned i = 0; i < len; i++)
        json_out_text(out, texts[i]);
    json_out_array_end(out);
}

/* Of the call that set it alone; of one that polls there is none. */
void wire_member_push_secret(struct json_out *out, const struct worker_view *worker)
{
    struct arena *arena;

    if (!worker->shows_key)
        return;
    arena = arena_new();
    json_member_text(out, "push_secret", signature_key_write(&worker->spec.push_key, arena));
    arena_free(arena);
}

void wire_member_health(struct json_out *out, const char *state, const struct target_health *health)
{
    json_out_key(out, "push");
    json_out_object(out);
    json_member_text(out, "state", bytes_of(state));
    json_member_int(out, "window", health->window);
    json_member_int(out, "in_flight", health->in_flight);
    json_member_int(out, "sent", health->sent);
    json_member_int(out, "failed", health->failed);
    json_member_int_or_null(out, "latency_ms", health->latency_ms);
    json_member_time_or_null(out, "resumes_at", health->resumes_at_ms);
    json_member_text_or_null(out, "error", health->error);
    json_out_object_end(out);
}

void wire_worker(struct json_out *out, const struct worker_view *worker)
{
    const struct worker_spec *spec = &worker->spec;
    bool is_push = spec->push_url.at != NULL;

    json_out_object(out);
    wire_member_id(out, "id", worker->id);
    json_member_text(out, "identity", spec->identity);
    json_member_text_or_null(out, "instance", spec->instance);
    json_member_text_or_null(out, "version", spec->version);
    json_member_text(out, "state", bytes_of(worker->state));
    json_member_text(out, "mode", is_push ? BYTES("push") : BYTES("pull"));
    json_member_text_or_null(out, "push_url", spec->push_url);
    write_texts(out, "queues", spec->queues, spec->queues_len);
    write_texts(out, "types", spec->types, spec->types_len);
    wire_member_labels(out, "labels", spec->labels);
    json_member_raw(out, "info", spec->info.at != NULL ? spec->info : BYTES("{}"));
    json_member_int(out, "concurrency", spec->concurrency);
    wire_member_priority_or_null(out, "min_priority", spec->min_priority);
    json_member_int(out, "running", worker->running);
    json_member_seconds_or_null(out, "confirm_s", spec->confirm_ms);
    json_member_time_or_null(out, "registered_at", worker->registered_at_ms);
    json_member_time_or_null(out, "last_seen_at", worker->last_seen_at_ms);
    json_member_bool(out, "lost", worker->lost);
    if (is_push) {
        wire_member_health(
            out, worker->is_disabled ? worker->state : target_state_name(worker->health.state),
            &worker->health);
        wire_member_push_secret(out, worker);
    }
    json_out_object_end(out);
}
