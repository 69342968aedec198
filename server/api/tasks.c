/* Tasks: looking at one of them, and at what belongs to it. */
#include "call.h"
#include "handlers.h"
#include "header_value.h"
#include "wire.h"

/* ---- one task ---- */

static enum err decode_look(struct call *call)
{
    struct look *look = &call->command.in.look;

    look->if_none_match = VERSION_UNASKED;
    return call_id(call, &look->task);
}

static enum err decode_waiting_look(struct call *call)
{
    struct look *look = &call->command.in.look;
    enum err code = decode_look(call);

    look->with_result = true;
    look->marks_observed = true;
    if (code == OK)
        code =
            call_until(call, &look->until, &look->cancel_on_disconnect, &look->cancel_on_timeout);
    return code;
}

static enum err decode_get_task(struct call *call)
{
    struct look *look = &call->command.in.look;
    enum err code = decode_waiting_look(call);

    if (code == OK)
        code = version_read(request_header(call->request, "if-none-match"), "If-None-Match", true,
                            &look->if_none_match, &call->error);
    look->if_none_held = version_is_held(request_header(call->request, "if-none-match"));
    return code;
}

static void answer_get_task(struct call *call)
{
    const struct reply *reply = &call->command.reply;

    if (!reply->not_modified && call->command.in.look.if_none_match != VERSION_ANY) {
        answer_task(call, 200);
        return;
    }
    answer_task_etag(call, reply->view.task);
    answer_status(call, 304);
}

void op_get_task(struct request *request)
{
    static const char *const QUERY[] = {"until", "on_timeout", "cancel_on_disconnect", NULL};
    static const struct operation OPERATION = {.kind = COMMAND_LOOK,
                                               .decode = decode_get_task,
                                               .answer = answer_get_task,
                                               .query = QUERY,
                                               .waits = true};

    call_run(request, &OPERATION);
}

/* ---- its bytes ---- */

/* Bytes that a user sent never run as a page of ours. */
static void answer_bytes(struct call *call, const struct body *body)
{
    struct buffer buffer;
    const char *type = body->content_type.at != NULL ? arena_string(call->arena, body->content_type)
                                                     : "application/json";

    buffer_init(&buffer, body->data.len);
    buffer_append(&buffer, body->data);
    request_add_header(call->request, "Content-Security-Policy", BYTES("sandbox"));
    if (call->preference.at != NULL)
        request_add_header(call->request, "Preference-Applied", call->preference);
    request_answer(call->request, 200, body->data.at != NULL ? type : NULL, &buffer);
}

static void refuse_result(struct call *call, enum err code, const struct task *task,
                          struct answer *members)
{
    struct error error;
    struct bytes text = answer_keep(members, call->arena);

    (void)error_set(&error, code, "", "it ended as %s", task_state_name(task->state));
    /* The members were written as an object; its braces are the problem's. */
    request_refuse_with(call->request, &error, (struct bytes){text.at + 1, text.len - 2});
}

static void answer_failed(struct call *call, const struct task *task)
{
    struct answer members;

    answer_begin(&members);
    json_out_object(&members.out);
    wire_member_id(&members.out, "task_id", task->id);
    json_member_raw_or_null(&members.out, "error", task->error);
    json_out_object_end(&members.out);
    refuse_result(call, ERR_TASK_FAILED, task, &members);
}

static void answer_gone(struct call *call, const struct task *task)
{
    struct answer members;

    answer_begin(&members);
    json_out_object(&members.out);
    wire_member_id(&members.out, "task_id", task->id);
    json_member_text_or_null(&members.out, "cancel_reason", task->cancel_reason);
    json_member_bool(&members.out, "abandoned", task->abandoned);
    json_out_object_end(&members.out);
    refuse_result(call, task->state == TASK_EXPIRED ? ERR_TASK_EXPIRED : ERR_TASK_CANCELLED, task,
                  &members);
}

static void answer_get_result(struct call *call)
{
    const struct task *task = call->command.reply.view.task;

    if (!task_state_is_terminal(task->state))
        answer_task(call, 202);
    else if (task->state == TASK_SUCCEEDED)
        answer_bytes(call, &task->result);
    else if (task->state == TASK_FAILED)
        answer_failed(call, task);
    else
        answer_gone(call, task);
}

void op_get_task_result(struct request *request)
{
    static const char *const QUERY[] = {"on_timeout", "cancel_on_disconnect", NULL};
    static const struct operation OPERATION = {.kind = COMMAND_LOOK,
                                               .decode = decode_waiting_look,
                                               .answer = answer_get_result,
                                               .query = QUERY,
                                               .waits = true};

    call_run(request, &OPERATION);
}

static enum err decode_payload(struct call *call)
{
    call->command.in.look.with_payload = true;
    return decode_look(call);
}

static void answer_payload(struct call *call)
{
    const struct body *payload = &call->command.reply.view.task->payload;

    if (payload->data.at != NULL)
        answer_bytes(call, payload);
    else
        answer_status(call, 204);
}

void op_get_task_payload(struct request *request)
{
    static const struct operation OPERATION = {
        .kind = COMMAND_LOOK, .decode = decode_payload, .answer = answer_payload};

    call_run(request, &OPERATION);
}

/* ---- what belongs to it ---- */

static enum err decode_attempts(struct call *call)
{
    call->command.in.look.with_attempts = true;
    return decode_look(call);
}

static void answer_attempts(struct call *call)
{
    const struct task_view *view = &call->command.reply.view;
    struct answer answer;

    answer_begin(&answer);
    wire_list(&answer.out);
    for (unsigned i = 0; i < view->attempts_len; i++)
        wire_attempt(&answer.out, &view->attempts[i]);
    wire_list_end(&answer.out, BYTES_NONE);
    answer_send(call, 200, &answer);
}

void op_get_task_attempts(struct request *request)
{
    static const struct operation OPERATION = {
        .kind = COMMAND_LOOK, .decode = decode_attempts, .answer = answer_attempts};

    call_run(request, &OPERATION);
}

static enum err decode_logs(struct call *call)
{
    call->command.in.look.with_logs = true;
    return decode_look(call);
}

static void answer_logs(struct call *call)
{
    const struct task_view *view = &call->command.reply.view;
    struct answer answer;

    answer_begin(&answer);
    wire_list(&answer.out);
    for (unsigned i = 0; i < view->logs_len; i++)
        wire_log_line(&answer.out, &view->logs[i]);
    wire_list_end(&answer.out, BYTES_NONE);
    answer_send(call, 200, &answer);
}

void op_get_task_logs(struct request *request)
{
    static const struct operation OPERATION = {
        .kind = COMMAND_LOOK, .decode = decode_logs, .answer = answer_logs};

    call_run(request, &OPERATION);
}

static enum err decode_explain(struct call *call)
{
    call->command.in.look.with_explain = true;
    return decode_look(call);
}

static void write_cancel(struct json_out *out, const struct task_view *view)
{
    const struct task *task = view->task;

    if (task->cancel_requested_at_ms < 0 && task->state != TASK_CANCELLED)
        return;
    json_out_key(out, "cancel");
    json_out_object(out);
    json_member_time_or_null(out, "requested_at", task->cancel_requested_at_ms);
    json_member_text_or_null(out, "reason", task->cancel_reason);
    json_member_time_or_null(out, "ends_at", view->grace_at_ms);
    json_member_bool(out, "abandoned", task->abandoned);
    json_out_object_end(out);
}

static void answer_explain(struct call *call)
{
    const struct task_view *view = &call->command.reply.view;
    struct answer answer;

    answer_begin(&answer);
    json_out_object(&answer.out);
    wire_member_id(&answer.out, "id", view->task->id);
    json_member_text(&answer.out, "state", bytes_of(task_state_name(view->task->state)));
    json_out_key(&answer.out, "blockers");
    json_out_array(&answer.out);
    for (unsigned i = 0; i < view->blockers_len; i++)
        wire_blocker(&answer.out, &view->blockers[i]);
    json_out_array_end(&answer.out);
    json_member_seconds_or_null(&answer.out, "estimate", view->estimate_ms);
    write_cancel(&answer.out, view);
    json_out_object_end(&answer.out);
    answer_send(call, 200, &answer);
}

void op_explain_task(struct request *request)
{
    static const struct operation OPERATION = {
        .kind = COMMAND_LOOK, .decode = decode_explain, .answer = answer_explain};

    call_run(request, &OPERATION);
}
