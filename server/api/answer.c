/* Answer: how a call ends, with the headers that its operation's answers share. */
#include "call.h"
#include "domain/bounds.h"
#include "header_value.h"
#include "wire.h"

/* Only what is in memory anyway is ever put into an answer; this stops a broken loop. */
#define ANSWER_BYTES_MAX ((size_t)1 << 32)

void answer_begin(struct answer *answer)
{
    buffer_init(&answer->buffer, ANSWER_BYTES_MAX);
    json_out_init(&answer->out, &answer->buffer);
}

static void add_shared_headers(struct call *call)
{
    if (call->preference.at != NULL)
        request_add_header(call->request, "Preference-Applied", call->preference);
}

void answer_send(struct call *call, int status, struct answer *answer)
{
    add_shared_headers(call);
    request_answer(call->request, status, "application/json", &answer->buffer);
}

struct bytes answer_keep(struct answer *answer, struct arena *arena)
{
    struct bytes kept = arena_bytes(arena, buffer_bytes(&answer->buffer));

    buffer_fini(&answer->buffer);
    return kept;
}

void answer_status(struct call *call, int status)
{
    add_shared_headers(call);
    request_answer(call->request, status, NULL, NULL);
}

void answer_refuse(struct call *call, const struct error *error)
{
    int64_t wait_ms = call->command.reply.retry_after_ms;

    /* Whole seconds, never too early. */
    if (wait_ms > 0)
        request_add_header(
            call->request, "Retry-After",
            arena_printf(call->arena, "%lld", (long long)((wait_ms + SECOND_MS - 1) / SECOND_MS)));
    add_shared_headers(call);
    request_refuse(call->request, error);
}

void answer_etag(struct call *call, int64_t version)
{
    request_add_header(call->request, "ETag",
                       arena_printf(call->arena, "\"%lld\"", (long long)version));
}

bool answer_unless_seen(struct call *call, int64_t version)
{
    const int64_t *seen = call->extra;

    if (*seen != VERSION_ANY && *seen != version)
        return false;
    answer_etag(call, version);
    answer_status(call, 304);
    return true;
}

void answer_task_etag(struct call *call, const struct task *task)
{
    request_add_header(call->request, "ETag",
                       arena_printf(call->arena, "\"%lld%s\"", (long long)task->version,
                                    task->is_held ? HELD_SUFFIX : ""));
}

void answer_task(struct call *call, int status)
{
    const struct task *task = call->command.reply.view.task;
    struct answer answer;

    answer_begin(&answer);
    wire_task_whole(&answer.out, task, call->base);
    answer_task_etag(call, task);
    answer_send(call, status, &answer);
}

void answer_replay(struct call *call)
{
    const struct reply *reply = &call->command.reply;
    struct buffer body;

    buffer_init(&body, ANSWER_BYTES_MAX);
    buffer_append(&body, reply->stored_body);
    if (reply->stored_location.len > 0)
        request_add_header(call->request, "Location", reply->stored_location);
    request_add_header(call->request, "Idempotency-Replayed", BYTES("true"));
    add_shared_headers(call);
    request_answer(call->request, reply->stored_status, "application/json", &body);
}
