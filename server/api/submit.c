/* Submit: one task, from a JSON object or from a raw body. */
#include "call.h"
#include "codec_body.h"
#include "codec_task.h"
#include "handlers.h"
#include "header_value.h"
#include "wire.h"

enum { QUERY_PAIRS_MAX = 128 };

static const char *const WAIT_QUERY[] = {"until", "on_timeout", "cancel_on_disconnect", NULL};

/* ---- the answer ---- */

/* What a repeat of the key is told: the task that was made, or was there. Engine thread. */
static void remember(struct command *command, int *ret_status, struct bytes *ret_location,
                     struct bytes *ret_body)
{
    const struct call *call = command->caller.ctx;
    const struct task *task = command->reply.view.task;
    struct answer answer;

    answer_begin(&answer);
    wire_task_whole(&answer.out, task, call->base);
    *ret_status = command->reply.created ? 201 : 200;
    *ret_location = call_location(call, "tasks", task->id);
    *ret_body = answer_keep(&answer, call->arena);
}

static void answer_submit(struct call *call)
{
    const struct command *command = &call->command;
    const struct reply *reply = &command->reply;
    const struct task *task = reply->view.task;
    bool has_ended = command->wait_ms > 0 && reply->done && task != NULL &&
                     command->in.submit.until == UNTIL_FINISHED &&
                     task_state_is_terminal(task->state);
    struct answer answer;

    if (reply->replayed && !has_ended) {
        answer_replay(call);
        return;
    }
    if (reply->replayed)
        request_add_header(call->request, "Idempotency-Replayed", BYTES("true"));
    answer_begin(&answer);
    wire_task_whole(&answer.out, task, call->base);
    request_add_header(call->request, "Location", call_location(call, "tasks", task->id));
    answer_task_etag(call, task);
    answer_send(call, has_ended || !reply->created ? 200 : 201, &answer);
}

/* ---- the question ---- */

static enum err decode_shared(struct call *call, struct task_spec *spec)
{
    struct submit *submit = &call->command.in.submit;
    struct bytes traceparent = bytes_trim(request_header(call->request, "traceparent"));
    enum err code =
        call_until(call, &submit->until, &submit->cancel_on_disconnect, &submit->cancel_on_timeout);

    if (code == OK)
        code = call_idempotency(call);
    if (spec->traceparent.at == NULL && traceparent_is_valid(traceparent))
        spec->traceparent = traceparent;
    submit->specs = arena_copy(call->arena, spec, sizeof(*spec));
    submit->specs_len = 1;
    submit->single = true;
    call->command.remember = remember;
    return code;
}

static enum err decode_submit(struct call *call)
{
    struct document document;
    struct codec codec = call_codec(call);
    struct task_spec spec;
    bool require_route; /* what no queue takes is refused anyway */

    if (call_flag(call, "require_route", &require_route) != OK)
        return call->error.code;
    if (call->body.len == 0)
        return error_set(&call->error, ERR_MALFORMED, "", "the body is empty; {} is a task");

    enum err code = document_open(&document, call->body, DOCUMENT_LIFT, codec.bounds, call->arena,
                                  &call->error);

    codec.document = &document;
    if (code == OK)
        code = task_spec_read(&codec, NULL, document.root, false, &spec);
    document_close(&document);
    return code == OK ? decode_shared(call, &spec) : code;
}

void op_submit_task(struct request *request)
{
    static const char *const QUERY[] = {"until", "on_timeout", "cancel_on_disconnect",
                                        "require_route", NULL};
    static const struct operation OPERATION = {.kind = COMMAND_SUBMIT,
                                               .decode = decode_submit,
                                               .answer = answer_submit,
                                               .query = QUERY,
                                               .waits = true};

    call_run(request, &OPERATION);
}

/* ---- raw ---- */

static bool is_for_waiting(struct bytes name)
{
    for (const char *const *known = WAIT_QUERY; *known != NULL; known++)
        if (bytes_is(name, *known))
            return true;
    return bytes_is(name, "wait");
}

static enum err decode_options(struct call *call, struct task_spec *spec)
{
    const struct codec codec = call_codec(call);
    struct query_pair pairs[QUERY_PAIRS_MAX];
    size_t len = 0;

    for (unsigned i = 0; len < QUERY_PAIRS_MAX; i++) {
        struct query_pair *pair = &pairs[len];

        if (!request_query_at(call->request, i, &pair->name, &pair->value))
            break;
        if (!is_for_waiting(pair->name))
            len++;
    }
    if (len == QUERY_PAIRS_MAX)
        return error_set(&call->error, ERR_INVALID_FIELD, "?", "at most %d parameters are taken",
                         QUERY_PAIRS_MAX - 1);
    return task_spec_read_query(&codec, pairs, len, spec);
}

static enum err decode_raw(struct call *call)
{
    struct codec codec = call_codec(call);
    struct task_spec spec;
    enum err code = decode_options(call, &spec);

    if (code == OK)
        code = call_new_queue(call, &spec.queue);
    if (code == OK)
        code = body_of_raw(&codec, call->body, request_header(call->request, "content-type"),
                           BOUND_PAYLOAD_MAX, &spec.payload);
    return code == OK ? decode_shared(call, &spec) : code;
}

void op_submit_raw(struct request *request)
{
    static const struct operation OPERATION = {.kind = COMMAND_SUBMIT,
                                               .decode = decode_raw,
                                               .answer = answer_submit,
                                               .any_query = true,
                                               .waits = true};

    call_run(request, &OPERATION);
}
