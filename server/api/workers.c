/* Workers: registering, claiming, signs of life, outcomes, leaving. */
#include "codec_lease.h"
#include "codec_worker.h"
#include "handlers.h"
#include "list.h"
#include "wire.h"

static enum err decode_worker(struct call *call)
{
    return call_id(call, &call->command.in.worker);
}

static void answer_worker(struct call *call)
{
    struct answer answer;

    answer_begin(&answer);
    wire_worker(&answer.out, &call->command.reply.workers[0]);
    answer_send(call, 200, &answer);
}

/* ---- register ---- */

static enum err decode_register(struct call *call)
{
    struct codec codec = call_codec(call);

    return worker_spec_read(&codec, call->body, &call->command.in.worker_spec);
}

static void answer_register(struct call *call)
{
    const struct worker_view *worker = &call->command.reply.workers[0];
    struct answer answer;

    request_add_header(call->request, "Location", call_location(call, "workers", worker->id));
    answer_begin(&answer);
    json_out_object(&answer.out);
    wire_member_id(&answer.out, "id", worker->id);
    json_member_seconds_or_null(&answer.out, "heartbeat_s", call->api->heartbeat_ms);
    json_member_seconds_or_null(&answer.out, "ttl_s", call->api->worker_ttl_ms);
    json_member_seconds_or_null(&answer.out, "lease_s", LEASE_DEFAULT_MS);
    if (id_is_nil(worker->previous))
        json_member_raw_or_null(&answer.out, "previous_binding", BYTES_NONE);
    else
        wire_member_id(&answer.out, "previous_binding", worker->previous);
    wire_member_push_secret(&answer.out, worker);
    json_out_object_end(&answer.out);
    answer_send(call, 201, &answer);
}

void op_register_worker(struct request *request)
{
    static const struct operation OPERATION = {
        .kind = COMMAND_REGISTER, .decode = decode_register, .answer = answer_register};

    call_run(request, &OPERATION);
}

/* ---- look, edit, leave ---- */

static enum err decode_list(struct call *call)
{
    enum err code = list_read_page(call, "workers", NULL);

    if (code == OK)
        list_ask(call);
    return code;
}

static void write_item(struct call *call, struct json_out *out, const void *item)
{
    (void)call;
    wire_worker(out, item);
}

static void answer_list(struct call *call)
{
    const struct reply *reply = &call->command.reply;
    unsigned len = reply->workers_len;
    struct list_entry *entries = arena_alloc(call->arena, len * sizeof(*entries));

    for (unsigned i = 0; i < len; i++) {
        const struct worker_view *item = &reply->workers[i];

        entries[i].item = item;
        entries[i].place =
            list_place(call, item->registered_at_ms,
                       (struct bytes){(const char *)item->id.at, sizeof(item->id.at)});
    }
    list_answer(call, entries, len, write_item);
}

void op_list_workers(struct request *request)
{
    static const char *const QUERY[] = {"limit", "cursor", NULL};
    static const struct operation OPERATION = {
        .kind = COMMAND_LIST_WORKERS, .decode = decode_list, .answer = answer_list, .query = QUERY};

    call_run(request, &OPERATION);
}

void op_get_worker(struct request *request)
{
    static const struct operation OPERATION = {
        .kind = COMMAND_GET_WORKER, .decode = decode_worker, .answer = answer_worker};

    call_run(request, &OPERATION);
}

static enum err decode_edit(struct call *call)
{
    struct worker_edit *edit = &call->command.in.worker_edit;
    struct codec codec = call_codec(call);
    enum err code = call_id(call, &edit->worker);

    return code == OK ? worker_edit_read(&codec, call->body, edit) : code;
}

void op_edit_worker(struct request *request)
{
    static const struct operation OPERATION = {
        .kind = COMMAND_EDIT_WORKER, .decode = decode_edit, .answer = answer_worker};

    call_run(request, &OPERATION);
}

static void answer_left(struct call *call)
{
    answer_status(call, 204);
}

void op_leave_worker(struct request *request)
{
    static const struct operation OPERATION = {
        .kind = COMMAND_LEAVE, .decode = decode_worker, .answer = answer_left};

    call_run(request, &OPERATION);
}

/* ---- outcomes ---- */

static void write_outcomes(struct json_out *out, const struct reply *reply)
{
    json_out_key(out, "outcomes");
    json_out_array(out);
    for (unsigned i = 0; i < reply->outcomes_len; i++) {
        const struct outcome_reply *outcome = &reply->outcomes[i];
        bool is_taken = outcome->error.code == OK;

        json_out_object(out);
        json_member_int(out, "status", is_taken ? 200 : err_status(outcome->error.code));
        if (!id_is_nil(outcome->task))
            wire_member_id(out, "task_id", outcome->task);
        if (is_taken)
            json_member_text(out, "state", bytes_of(task_state_name(outcome->state)));
        else
            json_member_text(out, "code", bytes_of(err_code(outcome->error.code)));
        json_out_object_end(out);
    }
    json_out_array_end(out);
}

static enum err decode_outcomes(struct call *call)
{
    struct finish *finish = &call->command.in.finish;
    struct codec codec = call_codec(call);
    enum err code = call_id(call, &finish->worker);

    finish->by_worker = true;
    return code == OK ? finish_read(&codec, call->body, finish) : code;
}

static void answer_outcomes(struct call *call)
{
    struct answer answer;

    answer_begin(&answer);
    json_out_object(&answer.out);
    write_outcomes(&answer.out, &call->command.reply);
    json_out_object_end(&answer.out);
    answer_send(call, 200, &answer);
}

void op_finish_outcomes(struct request *request)
{
    static const struct operation OPERATION = {
        .kind = COMMAND_FINISH, .decode = decode_outcomes, .answer = answer_outcomes};

    call_run(request, &OPERATION);
}

/* ---- claim ---- */

static enum err decode_claim(struct call *call)
{
    struct claim *claim = &call->command.in.claim;
    struct codec codec = call_codec(call);
    enum err code = call_id(call, &claim->worker);

    return code == OK ? claim_read(&codec, call->body, claim) : code;
}

static void answer_claim(struct call *call)
{
    const struct reply *reply = &call->command.reply;
    struct answer answer;

    if (reply->tasks_len == 0 && reply->outcomes_len == 0) {
        answer_status(call, 204);
        return;
    }
    answer_begin(&answer);
    json_out_object(&answer.out);
    json_out_key(&answer.out, "tasks");
    json_out_array(&answer.out);
    for (unsigned i = 0; i < reply->tasks_len; i++)
        wire_task_claimed(&answer.out, &reply->tasks[i], call->base);
    json_out_array_end(&answer.out);
    write_outcomes(&answer.out, reply);
    json_out_object_end(&answer.out);
    answer_send(call, 200, &answer);
}

void op_claim_tasks(struct request *request)
{
    static const struct operation OPERATION = {
        .kind = COMMAND_CLAIM, .decode = decode_claim, .answer = answer_claim, .waits = true};

    call_run(request, &OPERATION);
}

/* ---- heartbeat ---- */

static enum err decode_heartbeat(struct call *call)
{
    struct heartbeat *heartbeat = &call->command.in.heartbeat;
    struct codec codec = call_codec(call);
    enum err code = call_id(call, &heartbeat->worker);

    return code == OK ? heartbeat_read(&codec, call->body, heartbeat) : code;
}

static void write_cancels(struct json_out *out, const struct reply *reply)
{
    json_out_key(out, "cancelled");
    json_out_array(out);
    for (unsigned i = 0; i < reply->cancels_len; i++) {
        const struct heartbeat_cancel *cancel = &reply->cancels[i];

        json_out_object(out);
        json_member_text(out, "lease", cancel->lease);
        wire_member_id(out, "task_id", cancel->task);
        json_member_text(out, "reason", cancel->reason);
        json_member_seconds_or_null(out, "grace_s", cancel->grace_ms > 0 ? cancel->grace_ms : 0);
        json_out_object_end(out);
    }
    json_out_array_end(out);
}

static void answer_heartbeat(struct call *call)
{
    const struct reply *reply = &call->command.reply;
    struct answer answer;

    answer_begin(&answer);
    json_out_object(&answer.out);
    json_member_text(&answer.out, "state", bytes_of(reply->worker_state));
    write_cancels(&answer.out, reply);
    json_out_key(&answer.out, "lost");
    json_out_array(&answer.out);
    for (unsigned i = 0; i < reply->lost_len; i++)
        json_out_text(&answer.out, reply->lost[i]);
    json_out_array_end(&answer.out);
    json_member_seconds_or_null(&answer.out, "next_s", reply->next_ms);
    json_out_object_end(&answer.out);
    answer_send(call, 200, &answer);
}

void op_heartbeat_worker(struct request *request)
{
    static const struct operation OPERATION = {.kind = COMMAND_HEARTBEAT,
                                               .decode = decode_heartbeat,
                                               .answer = answer_heartbeat,
                                               .waits = true};

    call_run(request, &OPERATION);
}
