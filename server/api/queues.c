/* Queues: settings, counts and the verbs that stop and start them. */
#include "codec_queue.h"
#include "handlers.h"
#include "list.h"
#include "wire.h"

static enum err decode_name(struct call *call)
{
    struct queue_name *name = &call->command.in.queue;
    enum err code = call_queue(call, &name->queue);

    name->for_ms = -1;
    return code == OK ? call_if_match(call, &name->if_match) : code;
}

static enum err decode_verb(struct call *call)
{
    enum err code = decode_name(call);

    return code == OK ? call_no_members(call) : code;
}

static void answer_with(struct call *call, int status)
{
    const struct queue_view *queue = &call->command.reply.queues[0];
    struct answer answer;

    answer_begin(&answer);
    wire_queue(&answer.out, queue);
    answer_etag(call, queue->version);
    answer_send(call, status, &answer);
}

static void answer_queue(struct call *call)
{
    answer_with(call, 200);
}

static void answer_gone(struct call *call)
{
    answer_status(call, 204);
}

/* ---- look ---- */

static enum err decode_get(struct call *call)
{
    enum err code = decode_name(call);

    return code == OK ? call_seen(call) : code;
}

static void answer_get(struct call *call)
{
    if (!answer_unless_seen(call, call->command.reply.queues[0].version))
        answer_with(call, 200);
}

void op_get_queue(struct request *request)
{
    static const struct operation OPERATION = {
        .kind = COMMAND_GET_QUEUE, .decode = decode_get, .answer = answer_get};

    call_run(request, &OPERATION);
}

static void answer_stats(struct call *call)
{
    struct answer answer;

    answer_begin(&answer);
    wire_queue_stats(&answer.out, &call->command.reply.queues[0]);
    answer_send(call, 200, &answer);
}

void op_queue_stats(struct request *request)
{
    static const struct operation OPERATION = {
        .kind = COMMAND_GET_QUEUE, .decode = decode_name, .answer = answer_stats};

    call_run(request, &OPERATION);
}

static enum err decode_list(struct call *call)
{
    enum err code = list_read_page(call, "queues", NULL);

    if (code == OK)
        list_ask(call);
    return code;
}

static void write_item(struct call *call, struct json_out *out, const void *item)
{
    (void)call;
    wire_queue(out, item);
}

static void answer_list(struct call *call)
{
    const struct reply *reply = &call->command.reply;
    unsigned len = reply->queues_len;
    struct list_entry *entries = arena_alloc(call->arena, len * sizeof(*entries));

    for (unsigned i = 0; i < len; i++) {
        const struct queue_view *item = &reply->queues[i];

        entries[i].item = item;
        entries[i].place = list_place(call, item->created_at_ms, item->name);
    }
    list_answer(call, entries, len, write_item);
}

void op_list_queues(struct request *request)
{
    static const char *const QUERY[] = {"limit", "cursor", NULL};
    static const struct operation OPERATION = {
        .kind = COMMAND_LIST_QUEUES, .decode = decode_list, .answer = answer_list, .query = QUERY};

    call_run(request, &OPERATION);
}

/* ---- change ---- */

static enum err decode_patch(struct call *call)
{
    struct queue_edit *edit = &call->command.in.queue_edit;
    struct codec codec = call_codec(call);
    enum err code =
        edit->replace ? call_new_queue(call, &edit->queue) : call_queue(call, &edit->queue);

    if (code == OK)
        code = call_if_match(call, &edit->if_match);
    if (code == OK)
        code = queue_edit_read(&codec, call->body, edit);
    return code;
}

static enum err decode_put(struct call *call)
{
    struct queue_edit *edit = &call->command.in.queue_edit;
    enum err code = call_if_absent(call, &edit->if_absent);

    edit->replace = true;
    return code == OK ? decode_patch(call) : code;
}

static void answer_put(struct call *call)
{
    if (call->command.reply.created)
        request_add_header(call->request, "Location",
                           arena_printf(call->arena, "%.*s/queues/%.*s", BYTES_ARG(call->base),
                                        BYTES_ARG(call->command.reply.queues[0].name)));
    answer_with(call, call->command.reply.created ? 201 : 200);
}

void op_put_queue(struct request *request)
{
    static const struct operation OPERATION = {
        .kind = COMMAND_EDIT_QUEUE, .decode = decode_put, .answer = answer_put};

    call_run(request, &OPERATION);
}

void op_patch_queue(struct request *request)
{
    static const struct operation OPERATION = {
        .kind = COMMAND_EDIT_QUEUE, .decode = decode_patch, .answer = answer_put};

    call_run(request, &OPERATION);
}

void op_delete_queue(struct request *request)
{
    static const struct operation OPERATION = {
        .kind = COMMAND_DELETE_QUEUE, .decode = decode_name, .answer = answer_gone};

    call_run(request, &OPERATION);
}

/* ---- verbs ---- */

static enum err decode_pause(struct call *call)
{
    struct codec codec = call_codec(call);
    enum err code = decode_name(call);

    return code == OK ? queue_pause_read(&codec, call->body, &call->command.in.queue) : code;
}

#define VERB(name, command, decoder)                                                               \
    void op_##name(struct request *request)                                                        \
    {                                                                                              \
        static const struct operation OPERATION = {                                                \
            .kind = (command), .decode = (decoder), .answer = answer_queue};                       \
                                                                                                   \
        call_run(request, &OPERATION);                                                             \
    }

VERB(pause_queue, COMMAND_PAUSE_QUEUE, decode_pause)
VERB(resume_queue, COMMAND_RESUME_QUEUE, decode_verb)
VERB(purge_queue, COMMAND_PURGE_QUEUE, decode_verb)
VERB(reopen_queue, COMMAND_REOPEN_QUEUE, decode_verb)

static enum err decode_close(struct call *call)
{
    struct queue_close *close = &call->command.in.queue_close;
    struct codec codec = call_codec(call);
    enum err code = call_queue(call, &close->queue);

    return code == OK ? queue_close_read(&codec, call->body, close) : code;
}

static void answer_close(struct call *call)
{
    const struct queue_view *queue = &call->command.reply.queues[0];
    char id[ID_TEXT_LEN + 1];
    struct answer answer;

    answer_begin(&answer);
    json_out_object(&answer.out);
    json_member_bool(&answer.out, "closed", queue->closed);
    json_out_key(&answer.out, "counts");
    wire_counts(&answer.out, &queue->counts);
    json_out_key(&answer.out, "abandoned");
    json_out_array(&answer.out);
    for (unsigned i = 0; i < queue->abandoned_len; i++) {
        id_format(queue->abandoned[i], id);
        json_out_text(&answer.out, (struct bytes){id, ID_TEXT_LEN});
    }
    json_out_array_end(&answer.out);
    json_out_object_end(&answer.out);
    answer_send(call, queue->closed && call->command.reply.done ? 200 : 202, &answer);
}

void op_close_queue(struct request *request)
{
    static const struct operation OPERATION = {
        .kind = COMMAND_CLOSE_QUEUE, .decode = decode_close, .answer = answer_close, .waits = true};

    call_run(request, &OPERATION);
}
