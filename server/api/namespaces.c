/* Namespaces: the operations on them. */
#include "codec_rate.h"
#include "handlers.h"
#include "list.h"
#include "wire.h"

#define PENDING_LIMIT_MAX INT64_C(1000000000000)
#define BYTES_LIMIT_MAX   (INT64_C(1) << 60)
enum { QUEUES_LIMIT_MAX = 1000000 };

#define AT(member) .at = offsetof(struct ns_quotas, member)
static const struct field QUOTA_FIELDS[] = {
    {.name = "pending_limit",
     .read = field_int,
     AT(pending_limit),
     .max = PENDING_LIMIT_MAX,
     .nullable = true},
    {.name = "bytes_limit",
     .read = field_int,
     AT(bytes_limit),
     .max = BYTES_LIMIT_MAX,
     .nullable = true},
    {.name = "queues_limit",
     .read = field_int,
     AT(queues_limit),
     .max = QUEUES_LIMIT_MAX,
     .nullable = true},
    {.name = "rate", .read = field_rate, AT(rate), .nullable = true},
};
#undef AT
static const struct shape QUOTAS_SHAPE = SHAPE(QUOTA_FIELDS, NULL);

/* ---- on the wire ---- */

static void write_ns(struct json_out *out, const struct ns_view *ns, struct arena *arena)
{
    json_out_object(out);
    json_member_text(out, "name", ns->name);
    json_member_int(out, "version", ns->version);
    json_member_int_or_null(out, "pending_limit", ns->quotas.pending_limit);
    json_member_int_or_null(out, "bytes_limit", ns->quotas.bytes_limit);
    json_member_int_or_null(out, "queues_limit", ns->quotas.queues_limit);
    json_out_key(out, "rate");
    wire_rate(out, &ns->quotas.rate);
    json_out_key(out, "counts");
    wire_counts(out, &ns->counts);
    json_member_int(out, "bytes", ns->bytes);
    json_member_int(out, "queues", ns->queues);
    json_member_int(out, "workers", ns->workers);
    json_out_key(out, "links");
    json_out_object(out);
    json_member_text(out, "self", arena_printf(arena, "/v1/namespaces/%.*s", BYTES_ARG(ns->name)));
    json_out_object_end(out);
    json_out_object_end(out);
}

static void answer_with(struct call *call, int status)
{
    const struct ns_view *ns = &call->command.reply.namespaces[0];
    struct answer answer;

    answer_begin(&answer);
    write_ns(&answer.out, ns, call->arena);
    answer_etag(call, ns->version);
    answer_send(call, status, &answer);
}

/* ---- look ---- */

static enum err read_name(struct call *call, struct bytes *ret_name)
{
    *ret_name = request_param(call->request, "name");
    if (!name_is_valid(*ret_name))
        return error_set(&call->error, ERR_INVALID_FIELD, "",
                         "a namespace's name is 1 to %d characters of A-Z a-z 0-9 . _ : - "
                         "(name_max: %d)",
                         (int)call->api->bounds.of[BOUND_NAME_MAX],
                         (int)call->api->bounds.of[BOUND_NAME_MAX]);
    return OK;
}

static enum err decode_get(struct call *call)
{
    enum err code = read_name(call, &call->command.in.ns.name);

    return code == OK ? call_seen(call) : code;
}

static void answer_get(struct call *call)
{
    if (!answer_unless_seen(call, call->command.reply.namespaces[0].version))
        answer_with(call, 200);
}

void op_get_namespace(struct request *request)
{
    static const struct operation OPERATION = {
        .kind = COMMAND_GET_NS, .decode = decode_get, .answer = answer_get};

    call_run(request, &OPERATION);
}

static enum err decode_list(struct call *call)
{
    enum err code = list_read_page(call, "namespaces", NULL);

    if (code == OK)
        list_ask(call);
    return code;
}

static void write_item(struct call *call, struct json_out *out, const void *item)
{
    write_ns(out, item, call->arena);
}

static void answer_list(struct call *call)
{
    const struct reply *reply = &call->command.reply;
    unsigned len = reply->namespaces_len;
    struct list_entry *entries = arena_alloc(call->arena, len * sizeof(*entries));

    for (unsigned i = 0; i < len; i++) {
        const struct ns_view *item = &reply->namespaces[i];

        entries[i].item = item;
        entries[i].place = list_place(call, item->number, item->name);
    }
    list_answer(call, entries, len, write_item);
}

void op_list_namespaces(struct request *request)
{
    static const char *const QUERY[] = {"limit", "cursor", NULL};
    static const struct operation OPERATION = {
        .kind = COMMAND_LIST_NS, .decode = decode_list, .answer = answer_list, .query = QUERY};

    call_run(request, &OPERATION);
}

/* ---- change ---- */

static enum err decode_put(struct call *call)
{
    const struct bounds *bounds = &call->api->bounds;
    struct ns_edit *edit = &call->command.in.ns_edit;
    enum err code = read_name(call, &edit->name);

    edit->quotas = ns_quotas_default();
    if (code == OK && (int64_t)edit->name.len > bounds->of[BOUND_NAME_MAX])
        code = bound_refuse(bounds, BOUND_NAME_MAX, edit->name.len, "", &call->error);
    if (code == OK)
        code = call_if_match(call, &edit->if_match);
    if (code == OK)
        code = call_body(call, &QUOTAS_SHAPE, &edit->quotas, NULL);
    return code;
}

static void answer_put(struct call *call)
{
    answer_with(call, call->command.reply.created ? 201 : 200);
}

void op_put_namespace(struct request *request)
{
    static const struct operation OPERATION = {
        .kind = COMMAND_PUT_NS, .decode = decode_put, .answer = answer_put};

    call_run(request, &OPERATION);
}
