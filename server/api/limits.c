/* Limits: the operations on named limits and rules. */
#include "codec_limit.h"
#include "handlers.h"
#include "list.h"
#include "wire.h"

static struct bytes self_of(const struct call *call, const struct limit_view *limit)
{
    return arena_printf(call->arena, "%.*s/limits/%.*s", BYTES_ARG(call->base),
                        BYTES_ARG(limit->name));
}

static void answer_with(struct call *call, int status)
{
    const struct limit_view *limit = &call->command.reply.limits[0];
    struct answer answer;

    answer_begin(&answer);
    wire_limit(&answer.out, limit, self_of(call, limit));
    if (limit->is_declared)
        answer_etag(call, limit->version);
    answer_send(call, status, &answer);
}

/* ---- look ---- */

static enum err decode_get(struct call *call)
{
    enum err code = limit_name_read(call, false, &call->command.in.limit.name);

    return code == OK ? call_seen(call) : code;
}

static void answer_get(struct call *call)
{
    const struct limit_view *limit = &call->command.reply.limits[0];

    if (!limit->is_declared || !answer_unless_seen(call, limit->version))
        answer_with(call, 200);
}

void op_get_limit(struct request *request)
{
    static const struct operation OPERATION = {
        .kind = COMMAND_GET_LIMIT, .decode = decode_get, .answer = answer_get};

    call_run(request, &OPERATION);
}

static enum err decode_list(struct call *call)
{
    enum err code = list_read_page(call, "limits", NULL);

    if (code == OK)
        list_ask(call);
    return code;
}

static void write_item(struct call *call, struct json_out *out, const void *item)
{
    const struct limit_view *limit = item;

    wire_limit(out, limit, self_of(call, limit));
}

static void answer_list(struct call *call)
{
    const struct reply *reply = &call->command.reply;
    unsigned len = reply->limits_len;
    struct list_entry *entries = arena_alloc(call->arena, len * sizeof(*entries));

    for (unsigned i = 0; i < len; i++) {
        const struct limit_view *item = &reply->limits[i];

        entries[i].item = item;
        entries[i].place = list_place(call, item->created_at_ms, item->name);
    }
    list_answer(call, entries, len, write_item);
}

void op_list_limits(struct request *request)
{
    static const char *const QUERY[] = {"limit", "cursor", NULL};
    static const struct operation OPERATION = {
        .kind = COMMAND_LIST_LIMITS, .decode = decode_list, .answer = answer_list, .query = QUERY};

    call_run(request, &OPERATION);
}

/* ---- change ---- */

static enum err decode_put(struct call *call)
{
    struct limit_edit *edit = &call->command.in.limit;
    enum err code = call_if_absent(call, &edit->if_absent);

    if (code == OK)
        code = limit_name_read(call, true, &edit->name);
    if (code == OK)
        code = call_if_match(call, &edit->if_match);
    return code == OK ? limit_settings_read(call, &edit->settings) : code;
}

static void answer_put(struct call *call)
{
    const struct reply *reply = &call->command.reply;

    if (reply->created)
        request_add_header(call->request, "Location", self_of(call, &reply->limits[0]));
    answer_with(call, reply->created ? 201 : 200);
}

void op_put_limit(struct request *request)
{
    static const struct operation OPERATION = {
        .kind = COMMAND_PUT_LIMIT, .decode = decode_put, .answer = answer_put};

    call_run(request, &OPERATION);
}

static enum err decode_delete(struct call *call)
{
    struct limit_edit *edit = &call->command.in.limit;
    enum err code = limit_name_read(call, false, &edit->name);

    return code == OK ? call_if_match(call, &edit->if_match) : code;
}

static void answer_gone(struct call *call)
{
    answer_status(call, 204);
}

void op_delete_limit(struct request *request)
{
    static const struct operation OPERATION = {
        .kind = COMMAND_DELETE_LIMIT, .decode = decode_delete, .answer = answer_gone};

    call_run(request, &OPERATION);
}
