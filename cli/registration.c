/* Registration: how a worker becomes known to the broker, and known again when the broker has
 * forgotten it. */
#include "work.h"

#include "base/json_out.h"
#include "base/log.h"
#include "exit_code.h"
#include "json.h"
#include "message.h"
#include "problem.h"
#include "version.h"

#include <stdlib.h>
#include <string.h>

enum { TIMEOUT_MS = 15 * 1000, BODY_BYTES_MAX = 1024 * 1024, HEARTBEAT_MS = 5000 };

static void write_names(struct json_out *json, const char *member, const char *const *names)
{
    if (names[0] == NULL)
        return;
    json_out_key(json, member);
    json_out_array(json);
    for (; *names != NULL; names++)
        json_out_text(json, bytes_of(*names));
    json_out_array_end(json);
}

static void write_body(const struct work_config *config, struct buffer *body)
{
    struct json_out json;

    json_out_init(&json, body);
    json_out_object(&json);
    json_member_text(&json, "identity", bytes_of(config->identity));
    json_member_text(&json, "instance", bytes_of(config->instance));
    write_names(&json, "queues", config->queues);
    write_names(&json, "types", config->types);
    json_member_int(&json, "concurrency", config->concurrency);
    json_member_text(&json, "version", BYTES(SLUICE_VERSION));
    json_out_object_end(&json);
}

static void take(struct work *work, struct bytes answer, struct arena *arena)
{
    struct bytes id = json_text_of(answer, "id", arena);

    if (id.len == 0) {
        message_error("the broker's answer to the registration has no id");
        work_give_up(work, EXIT_CODE_FAILURE);
        return;
    }
    work->worker_id = strdup(arena_string(arena, id));
    work->heartbeat_ms = json_seconds_of(answer, "heartbeat_s", HEARTBEAT_MS);
    work->is_quiet = false;
    work->claim.due_mono_ms = 0;
    work->heartbeat.due_mono_ms = errand_now_mono_ms();
    work->idle_since_mono_ms = errand_now_mono_ms();
    log_event(LOG_INFO, "worker.registered", "registered", LOG_TEXT_FIELD("worker", id),
              LOG_TEXT_FIELD("identity", bytes_of(work->config->identity)),
              LOG_TEXT_FIELD("queue", bytes_of(work->config->queues[0])),
              LOG_INT_FIELD("concurrency", work->config->concurrency), );
}

static void on_answer(void *ctx, const struct http_answer *answer)
{
    struct work *work = ctx;
    enum errand_end end = errand_ended(&work->registration, answer);
    struct arena *arena = arena_new();

    work_note_answer(work, answer);
    if (end == ERRAND_ANSWERED && json_is_object(answer->body))
        take(work, answer->body, arena);
    else if (end == ERRAND_REFUSED)
        work_give_up(work,
                     problem_tell(answer->status, answer->body, answer->retry_after_ms, arena));
    else if (end == ERRAND_ANSWERED)
        work_give_up(work, EXIT_CODE_FAILURE);
    arena_free(arena);
}

int64_t registration_move(struct work *work, int64_t now_mono_ms)
{
    struct buffer body;

    if (work->worker_id != NULL)
        return ERRAND_NEVER;
    if (!errand_is_due(&work->registration, now_mono_ms))
        return errand_next_mono_ms(&work->registration);
    buffer_init(&body, BODY_BYTES_MAX);
    write_body(work->config, &body);

    const struct http_request request = {
        .method = "POST",
        .path = "/v1/workers",
        .content_type = "application/json",
        .body = buffer_bytes(&body),
        .timeout_ms = TIMEOUT_MS,
    };

    errand_start(&work->registration, work->http, &request, on_answer, work);
    buffer_fini(&body);
    return ERRAND_NEVER;
}

void registration_lost(struct work *work)
{
    if (work->worker_id == NULL)
        return;
    log_event(LOG_WARN, "worker.unknown", "the broker does not know this worker any more", );
    free(work->worker_id);
    work->worker_id = NULL;
    work->names_leases = true; /* what runs was leased to the one it has forgotten */
    errand_drop(&work->claim, ERRAND_NEVER);
    errand_drop(&work->heartbeat, ERRAND_NEVER);
    work->registration.due_mono_ms = 0;
}
