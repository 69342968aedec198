/* Task verbs: what is done to a task that exists: edit, cancel, retry, run now, delete. */
#include "call.h"
#include "codec_task.h"
#include "handlers.h"
#include "wire.h"

static void answer_changed(struct call *call)
{
    answer_task(call, 200);
}

/* ---- edit ---- */

enum { SAID_NAME = 1, SAID_TAGS = 2, SAID_PRIORITY = 4, SAID_RUN_AT = 8, SAID_QUEUE = 16 };

#define AT(member) .at = offsetof(struct edit, member)
static const struct field EDIT_FIELDS[] = {
    {.name = "name",
     .read = field_label,
     AT(name),
     .most = BOUND_TYPE_MAX,
     .nullable = true,
     .bit = SAID_NAME},
    {.name = "tags", .read = field_tags, AT(tags), .nullable = true, .bit = SAID_TAGS},
    {.name = "priority", .read = field_priority, AT(priority), .bit = SAID_PRIORITY},
    {.name = "run_at",
     .read = field_time,
     AT(run_at_ms),
     .most = BOUND_DELAY_MAX,
     .bit = SAID_RUN_AT},
    {.name = "queue", .read = field_name, AT(queue), .most = BOUND_NAME_MAX, .bit = SAID_QUEUE},
};
#undef AT
static const struct shape EDIT_SHAPE = SHAPE(EDIT_FIELDS, NULL);

static enum err decode_edit(struct call *call)
{
    struct edit *edit = &call->command.in.edit;
    unsigned said = 0;
    enum err code = call_id(call, &edit->task);

    if (code == OK)
        code = call_if_match(call, &edit->if_match);
    if (code == OK)
        code = call_body(call, &EDIT_SHAPE, edit, &said);
    edit->has_name = (said & SAID_NAME) != 0;
    edit->has_tags = (said & SAID_TAGS) != 0;
    edit->has_priority = (said & SAID_PRIORITY) != 0;
    edit->has_run_at = (said & SAID_RUN_AT) != 0;
    edit->has_queue = (said & SAID_QUEUE) != 0;
    return code;
}

void op_edit_task(struct request *request)
{
    static const struct operation OPERATION = {
        .kind = COMMAND_EDIT, .decode = decode_edit, .answer = answer_changed};

    call_run(request, &OPERATION);
}

/* ---- cancel ---- */

struct cancel_draft {
    struct cancel *cancel;
    struct bytes reason;
    int64_t grace_ms;
    bool cascade;
    unsigned if_states;
};

static enum err field_states(struct codec *codec, const struct spot *spot, json_t *value,
                             const struct field *field, void *target)
{
    unsigned *states = (void *)((char *)target + field->at);

    if (!json_is_array(value) || json_array_size(value) == 0)
        return codec_refuse(codec, spot, ERR_INVALID_FIELD, "must be an array of states");
    for (size_t i = 0; i < json_array_size(value); i++) {
        const json_t *name = json_array_get(value, i);
        struct spot here = {.up = spot, .index = i};
        enum task_state state = task_state_of(bytes_of(json_string_value(name)));

        if (state == TASK_STATE_NONE)
            return codec_refuse(codec, &here, ERR_INVALID_FIELD, "there is no such state");
        *states |= 1U << (unsigned)state;
    }
    return OK;
}

#define AT(member) .at = offsetof(struct cancel_draft, member)
static const struct field CANCEL_FIELDS[] = {
    {.name = "reason", .read = field_label, AT(reason), .most = BOUND_TYPE_MAX, .nullable = true},
    {.name = "grace_s", .read = field_seconds, AT(grace_ms), .max = DAY_MS},
    {.name = "cascade", .read = field_bool, AT(cascade)},
    {.name = "if_state", .read = field_states, AT(if_states), .nullable = true},
};
#undef AT
static const struct shape CANCEL_SHAPE = SHAPE(CANCEL_FIELDS, NULL);

static enum err decode_cancel(struct call *call)
{
    struct cancel *cancel = &call->command.in.cancel;
    struct cancel_draft draft = {.grace_ms = GRACE_DEFAULT_MS};
    enum err code = call_id(call, &cancel->task);

    if (code == OK)
        code = call_if_match(call, &cancel->if_match);
    if (code == OK)
        code = call_body(call, &CANCEL_SHAPE, &draft, NULL);
    if (code == OK && draft.cascade)
        code =
            error_set(&call->error, ERR_INVALID_FIELD, "/cascade", "not available in this version");
    cancel->reason = draft.reason;
    cancel->grace_ms = draft.grace_ms;
    cancel->if_states = draft.if_states;
    return code;
}

static void answer_cancel(struct call *call)
{
    bool is_over = task_state_is_terminal(call->command.reply.view.task->state);

    answer_task(call, is_over ? 200 : 202);
}

void op_cancel_task(struct request *request)
{
    static const struct operation OPERATION = {
        .kind = COMMAND_CANCEL, .decode = decode_cancel, .answer = answer_cancel, .waits = true};

    call_run(request, &OPERATION);
}

/* ---- retry, run now, delete ---- */

enum { SAID_WORKER = 1 };

static const struct field RETRY_FIELDS[] = {
    {.name = "worker",
     .read = field_id,
     .at = offsetof(struct again, worker),
     .nullable = true,
     .bit = SAID_WORKER},
};
static const struct shape AGAIN_SHAPE = SHAPE(RETRY_FIELDS, NULL);

static struct bytes location_of(const struct call *call)
{
    return call_location(call, "tasks", call->command.reply.view.task->id);
}

static void remember_retry(struct command *command, int *ret_status, struct bytes *ret_location,
                           struct bytes *ret_body)
{
    const struct call *call = command->caller.ctx;
    bool clone = command->in.again.clone;
    struct answer answer;

    answer_begin(&answer);
    wire_task_whole(&answer.out, command->reply.view.task, call->base);
    *ret_status = clone ? 201 : 200;
    *ret_location = clone ? location_of(call) : BYTES_NONE;
    *ret_body = answer_keep(&answer, call->arena);
}

static enum err decode_again(struct call *call)
{
    struct again *again = &call->command.in.again;
    enum err code = call_id(call, &again->task);

    if (code == OK)
        code = call_if_match(call, &again->if_match);
    return code;
}

static enum err decode_retry(struct call *call)
{
    struct again *again = &call->command.in.again;
    unsigned said = 0;
    enum err code = decode_again(call);

    if (code == OK)
        code = call_flag(call, "clone", &again->clone);
    if (code == OK)
        code = call_idempotency(call);
    if (code == OK)
        code = call_body(call, &AGAIN_SHAPE, again, &said);
    again->has_worker = (said & SAID_WORKER) != 0 && !id_is_nil(again->worker);
    call->command.remember = remember_retry;
    return code;
}

static void answer_retry(struct call *call)
{
    if (call->command.reply.replayed) {
        answer_replay(call);
        return;
    }
    if (call->command.in.again.clone)
        request_add_header(call->request, "Location", location_of(call));
    answer_task(call, call->command.in.again.clone ? 201 : 200);
}

void op_retry_task(struct request *request)
{
    static const char *const QUERY[] = {"clone", NULL};
    static const struct operation OPERATION = {
        .kind = COMMAND_RETRY, .decode = decode_retry, .answer = answer_retry, .query = QUERY};

    call_run(request, &OPERATION);
}

static enum err decode_run_now(struct call *call)
{
    enum err code = decode_again(call);

    return code == OK ? call_no_members(call) : code;
}

void op_run_task_now(struct request *request)
{
    static const struct operation OPERATION = {
        .kind = COMMAND_RUN_NOW, .decode = decode_run_now, .answer = answer_changed};

    call_run(request, &OPERATION);
}

static void answer_deleted(struct call *call)
{
    answer_status(call, 204);
}

void op_delete_task(struct request *request)
{
    static const struct operation OPERATION = {
        .kind = COMMAND_DELETE_TASK, .decode = decode_again, .answer = answer_deleted};

    call_run(request, &OPERATION);
}
