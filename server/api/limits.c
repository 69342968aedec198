/* Limits: the operations on named limits and rules. */
#include "codec_limit.h"
#include "handlers.h"
#include "header_value.h"
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
    int64_t *seen = arena_alloc(call->arena, sizeof(*seen));
    enum err code = limit_name_read(call, false, &call->command.in.limit.name);

    call->extra = seen;
    if (code == OK)
        code = version_read(request_header(call->request, "if-none-match"), "If-None-Match", true,
                            seen, &call->error);
    return code;
}

static void answer_get(struct call *call)
{
    const int64_t *seen = call->extra;
    const struct limit_view *limit = &call->command.reply.limits[0];

    if (!limit->is_declared || (*seen != VERSION_ANY && *seen != limit->version)) {
        answer_with(call, 200);
        return;
    }
    answer_etag(call, limit->version);
    answer_status(call, 304);
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

static void answer_list(struct call *call)
{
    const struct reply *reply = &call->command.reply;
    unsigned len = reply->limits_len;
    struct list_entry *entries = arena_alloc(call->arena, len * sizeof(*entries));
    struct bytes next;
    struct answer answer;

    for (unsigned i = 0; i < len; i++) {
        const struct limit_view *item = &reply->limits[i];

        entries[i].item = item;
        entries[i].place = list_place(call, item->created_at_ms, item->name);
    }
    entries = list_cut(call, entries, &len, &next);
    answer_begin(&answer);
    wire_list(&answer.out);
    for (unsigned i = 0; i < len; i++)
        wire_limit(&answer.out, entries[i].item, self_of(call, entries[i].item));
    wire_list_end(&answer.out, next);
    answer_send(call, 200, &answer);
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
    int64_t seen = VERSION_UNASKED;
    enum err code = version_read(request_header(call->request, "if-none-match"), "If-None-Match",
                                 true, &seen, &call->error);

    if (code == OK && seen != VERSION_UNASKED && seen != VERSION_ANY)
        code = error_set(&call->error, ERR_INVALID_FIELD, "If-None-Match", "can only be * here");
    edit->if_absent = seen == VERSION_ANY;
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
