/* Leases: the verbs of one attempt; whoever has the token may use them. */
#include "call.h"
#include "codec_body.h"
#include "codec_lease.h"
#include "handlers.h"
#include "header_value.h"
#include "wire.h"

static struct bytes lease_of(struct call *call)
{
    return request_param(call->request, "lease");
}

/* ---- the answer of all of them ---- */

static void answer_state(struct call *call, struct id task, enum task_state state)
{
    struct answer answer;

    answer_begin(&answer);
    json_out_object(&answer.out);
    wire_member_id(&answer.out, "id", task);
    json_member_text(&answer.out, "state", bytes_of(task_state_name(state)));
    json_out_object_end(&answer.out);
    answer_send(call, 200, &answer);
}

static void answer_lease(struct call *call)
{
    const struct reply *reply = &call->command.reply;

    if (reply->outcomes_len == 0)
        answer_state(call, reply->view.task->id, reply->view.task->state);
    else if (reply->outcomes[0].error.code != OK)
        answer_refuse(call, &reply->outcomes[0].error);
    else
        answer_state(call, reply->outcomes[0].task, reply->outcomes[0].state);
}

/* ---- outcomes ---- */

static struct outcome *outcome_of(struct call *call, enum outcome_kind kind)
{
    struct outcome *outcome = arena_alloc(call->arena, sizeof(*outcome));

    outcome->lease = lease_of(call);
    outcome->kind = kind;
    outcome->retryable = true;
    outcome->delay_ms = -1;
    call->command.in.finish.outcomes = outcome;
    call->command.in.finish.outcomes_len = 1;
    return outcome;
}

static enum err decode_complete(struct call *call)
{
    struct outcome *outcome = outcome_of(call, OUTCOME_SUCCEEDED);
    struct bytes type = request_header(call->request, "content-type");
    struct codec codec = call_codec(call);

    /* No bytes of no type: there is no result. */
    if (call->body.len == 0 && media_of(type) == MEDIA_UNSAID)
        return OK;
    return body_of_raw(&codec, call->body, type, BOUND_RESULT_MAX, &outcome->result);
}

static enum err read_failure(struct call *call, enum outcome_kind kind)
{
    struct codec codec = call_codec(call);

    return outcome_read_failure(&codec, call->body, outcome_of(call, kind));
}

static enum err decode_fail(struct call *call)
{
    return read_failure(call, OUTCOME_FAILED);
}

static enum err decode_cancelled(struct call *call)
{
    return read_failure(call, OUTCOME_CANCELLED);
}

static enum err decode_release(struct call *call)
{
    (void)outcome_of(call, OUTCOME_RELEASED);
    return call_no_members(call);
}

static const struct field SNOOZE_FIELDS[] = {
    {.name = "delay_s",
     .read = field_seconds,
     .at = offsetof(struct outcome, delay_ms),
     .most = BOUND_DELAY_MAX,
     .required = true},
};
static const struct shape SNOOZE_SHAPE = SHAPE(SNOOZE_FIELDS, NULL);

static enum err decode_snooze(struct call *call)
{
    return call_body(call, &SNOOZE_SHAPE, outcome_of(call, OUTCOME_SNOOZED), NULL);
}

#define FINISH(name, decoder)                                                                      \
    void op_##name(struct request *request)                                                        \
    {                                                                                              \
        static const struct operation OPERATION = {                                                \
            .kind = COMMAND_FINISH, .decode = (decoder), .answer = answer_lease};                  \
                                                                                                   \
        call_run(request, &OPERATION);                                                             \
    }

FINISH(complete_lease, decode_complete)
FINISH(fail_lease, decode_fail)
FINISH(release_lease, decode_release)
FINISH(snooze_lease, decode_snooze)
FINISH(cancelled_lease, decode_cancelled)

/* ---- while it runs ---- */

static const struct field EXTEND_FIELDS[] = {
    {.name = "lease_s",
     .read = field_seconds,
     .at = offsetof(struct extend, lease_ms),
     .least = BOUND_LEASE_MIN,
     .most = BOUND_LEASE_MAX,
     .nullable = true},
};
static const struct shape EXTEND_SHAPE = SHAPE(EXTEND_FIELDS, NULL);

static enum err decode_extend(struct call *call)
{
    struct extend *extend = &call->command.in.extend;

    extend->lease = lease_of(call);
    extend->lease_ms = -1;
    return call_body(call, &EXTEND_SHAPE, extend, NULL);
}

void op_extend_lease(struct request *request)
{
    static const struct operation OPERATION = {
        .kind = COMMAND_EXTEND, .decode = decode_extend, .answer = answer_lease};

    call_run(request, &OPERATION);
}

static enum err decode_progress(struct call *call)
{
    struct codec codec = call_codec(call);

    call->command.in.progress.lease = lease_of(call);
    return progress_read(&codec, call->body, &call->command.in.progress);
}

void op_progress_lease(struct request *request)
{
    static const struct operation OPERATION = {
        .kind = COMMAND_PROGRESS, .decode = decode_progress, .answer = answer_lease};

    call_run(request, &OPERATION);
}

static enum err decode_logs(struct call *call)
{
    enum media media = media_of(request_header(call->request, "content-type"));
    struct codec codec = call_codec(call);

    call->command.in.logs.lease = lease_of(call);
    return log_lines_read(&codec, call->body, media == MEDIA_LINES || media == MEDIA_JSON,
                          &call->command.in.logs);
}

void op_log_lease(struct request *request)
{
    static const struct operation OPERATION = {
        .kind = COMMAND_LEASE_LOGS, .decode = decode_logs, .answer = answer_lease};

    call_run(request, &OPERATION);
}
