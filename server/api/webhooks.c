/* Webhooks: set up, looked at, tried, deleted; and what they were told. */
#include "codec_webhook.h"
#include "handlers.h"
#include "list.h"
#include "wire_webhook.h"

static struct bytes self_of(const struct call *call, const struct webhook_view *webhook)
{
    return arena_printf(call->arena, "%.*s/webhooks/%.*s", BYTES_ARG(call->base),
                        BYTES_ARG(webhook->name));
}

static void answer_with(struct call *call, int status)
{
    const struct webhook_view *webhook = &call->command.reply.webhooks[0];
    struct answer answer;

    answer_begin(&answer);
    wire_webhook(&answer.out, webhook, self_of(call, webhook), call->arena);
    answer_etag(call, webhook->version);
    answer_send(call, status, &answer);
}

static enum err read_name(struct call *call, struct bytes *ret_name)
{
    int name_max = (int)call->api->bounds.of[BOUND_NAME_MAX];

    *ret_name = request_param(call->request, "name");
    if (!name_is_valid(*ret_name))
        return error_set(&call->error, ERR_INVALID_FIELD, "",
                         "a webhook's name is 1 to %d characters of A-Z a-z 0-9 . _ : - "
                         "(name_max: %d)",
                         name_max, name_max);
    return OK;
}

/* ---- look ---- */

static enum err decode_get(struct call *call)
{
    enum err code = read_name(call, &call->command.in.webhook.name);

    return code == OK ? call_seen(call) : code;
}

/* The version is of its settings: how it fares comes and goes without one. */
static void answer_get(struct call *call)
{
    if (!answer_unless_seen(call, call->command.reply.webhooks[0].version))
        answer_with(call, 200);
}

void op_get_webhook(struct request *request)
{
    static const struct operation OPERATION = {
        .kind = COMMAND_GET_WEBHOOK, .decode = decode_get, .answer = answer_get};

    call_run(request, &OPERATION);
}

static enum err decode_list(struct call *call)
{
    enum err code = list_read_page(call, "webhooks", NULL);

    if (code == OK)
        list_ask(call);
    return code;
}

static void write_item(struct call *call, struct json_out *out, const void *item)
{
    wire_webhook(out, item, self_of(call, item), call->arena);
}

static void answer_list(struct call *call)
{
    const struct reply *reply = &call->command.reply;
    unsigned len = reply->webhooks_len;
    struct list_entry *entries = arena_alloc(call->arena, len * sizeof(*entries));

    for (unsigned i = 0; i < len; i++) {
        const struct webhook_view *item = &reply->webhooks[i];

        entries[i].item = item;
        entries[i].place = list_place(call, item->created_at_ms, item->name);
    }
    list_answer(call, entries, len, write_item);
}

void op_list_webhooks(struct request *request)
{
    static const char *const QUERY[] = {"limit", "cursor", NULL};
    static const struct operation OPERATION = {.kind = COMMAND_LIST_WEBHOOKS,
                                               .decode = decode_list,
                                               .answer = answer_list,
                                               .query = QUERY};

    call_run(request, &OPERATION);
}

/* ---- change ---- */

/* Whoever may not is told so, whatever else is wrong; the engine would say the same. */
static enum err check_reach(struct call *call)
{
    if (globs_are_all(call->command.by->grant.queues))
        return OK;
    return error_set(&call->error, ERR_FORBIDDEN, "",
                     "webhooks tell of all queues of the namespace; this token is for some of "
                     "them only");
}

static enum err decode_put(struct call *call)
{
    const struct bounds *bounds = &call->api->bounds;
    struct webhook_edit *edit = &call->command.in.webhook_edit;
    struct codec codec = call_codec(call);
    enum err code = check_reach(call);

    if (code == OK)
        code = read_name(call, &edit->name);
    if (code == OK && (int64_t)edit->name.len > bounds->of[BOUND_NAME_MAX])
        code = bound_refuse(bounds, BOUND_NAME_MAX, edit->name.len, "", &call->error);
    if (code == OK)
        code = call_if_absent(call, &edit->if_absent);
    if (code == OK)
        code = call_if_match(call, &edit->if_match);
    return code == OK ? webhook_edit_read(&codec, call->body, edit) : code;
}

static void answer_put(struct call *call)
{
    const struct reply *reply = &call->command.reply;

    if (reply->created)
        request_add_header(call->request, "Location", self_of(call, &reply->webhooks[0]));
    answer_with(call, reply->created ? 201 : 200);
}

void op_put_webhook(struct request *request)
{
    static const struct operation OPERATION = {
        .kind = COMMAND_PUT_WEBHOOK, .decode = decode_put, .answer = answer_put};

    call_run(request, &OPERATION);
}

static enum err decode_delete(struct call *call)
{
    struct webhook_name *ask = &call->command.in.webhook;
    enum err code = read_name(call, &ask->name);

    return code == OK ? call_if_match(call, &ask->if_match) : code;
}

static void answer_gone(struct call *call)
{
    answer_status(call, 204);
}

void op_delete_webhook(struct request *request)
{
    static const struct operation OPERATION = {
        .kind = COMMAND_DELETE_WEBHOOK, .decode = decode_delete, .answer = answer_gone};

    call_run(request, &OPERATION);
}

/* ---- try ---- */

static enum err decode_test(struct call *call)
{
    enum err code = read_name(call, &call->command.in.webhook.name);

    return code == OK ? call_no_members(call) : code;
}

static void send_delivery(struct call *call, int status)
{
    struct answer answer;

    answer_begin(&answer);
    wire_delivery(&answer.out, &call->command.reply.records[0]);
    answer_send(call, status, &answer);
}

static void answer_test(struct call *call)
{
    send_delivery(call, call->command.reply.done ? 200 : 202);
}

void op_test_webhook(struct request *request)
{
    static const struct operation OPERATION = {
        .kind = COMMAND_TEST_WEBHOOK, .decode = decode_test, .answer = answer_test, .waits = true};

    call_run(request, &OPERATION);
}

/* ---- what it was told ---- */

static const char *const FILTERS[] = {"state", "sort", NULL};

static enum err read_states(struct call *call, unsigned *ret_states)
{
    struct bytes part, rest = request_query(call->request, "state");
    enum delivery_state state;

    *ret_states = rest.at == NULL ? (1U << DELIVERY_STATES) - 1 : 0;
    if (rest.at == NULL)
        return OK;
    while (bytes_split(&rest, ',', &part)) {
        if (!delivery_state_read(part, &state))
            return error_set(&call->error, ERR_INVALID_FIELD, "?state",
                             "must be due, dead or delivered, several joined by commas");
        *ret_states |= 1U << state;
    }
    return OK;
}

static enum err decode_deliveries(struct call *call)
{
    struct deliveries_query *query = &call->command.in.deliveries_query;
    struct bytes sort = request_query(call->request, "sort");
    enum err code = read_name(call, &query->webhook);

    if (code == OK)
        code = list_read_page(call, arena_string(call->arena, query->webhook), FILTERS);
    if (code == OK)
        code = read_states(call, &query->states);
    query->newest_first = bytes_is(sort, "-created_at");
    if (code == OK && sort.at != NULL && !query->newest_first && !bytes_is(sort, "created_at"))
        code = error_set(&call->error, ERR_INVALID_FIELD, "?sort",
                         "must be created_at or -created_at");
    if (code != OK)
        return code;
    query->limit = list_page(call)->limit;
    query->after_number = list_number(list_page(call)->after);
    return OK;
}

static void answer_deliveries(struct call *call)
{
    const struct reply *reply = &call->command.reply;
    struct bytes next = BYTES_NONE;
    struct answer answer;

    if (reply->has_more)
        next = cursor_write(&list_page(call)->list, list_place(call, reply->list_end, BYTES_NONE),
                            call->arena);
    answer_begin(&answer);
    wire_list(&answer.out);
    for (unsigned i = 0; i < reply->records_len; i++)
        wire_delivery(&answer.out, &reply->records[i]);
    wire_list_end(&answer.out, next);
    answer_send(call, 200, &answer);
}

void op_list_deliveries(struct request *request)
{
    static const char *const QUERY[] = {"state", "sort", "limit", "cursor", NULL};
    static const struct operation OPERATION = {.kind = COMMAND_LIST_DELIVERIES,
                                               .decode = decode_deliveries,
                                               .answer = answer_deliveries,
                                               .query = QUERY};

    call_run(request, &OPERATION);
}

/* ---- again ---- */

static enum err decode_redeliver(struct call *call)
{
    struct redelivery *ask = &call->command.in.redelivery;
    enum err code = read_name(call, &ask->webhook);

    ask->id = request_param(call->request, "id");
    return code == OK ? call_no_members(call) : code;
}

static enum err decode_redeliver_all(struct call *call)
{
    struct redelivery *ask = &call->command.in.redelivery;
    enum err code = read_name(call, &ask->webhook);

    ask->id = BYTES_NONE;
    return code == OK ? call_no_members(call) : code;
}

static void answer_redeliver(struct call *call)
{
    send_delivery(call, 202);
}

void op_redeliver(struct request *request)
{
    static const struct operation OPERATION = {
        .kind = COMMAND_REDELIVER, .decode = decode_redeliver, .answer = answer_redeliver};

    call_run(request, &OPERATION);
}

static void answer_redeliver_all(struct call *call)
{
    const struct reply *reply = &call->command.reply;
    struct answer answer;

    answer_begin(&answer);
    json_out_object(&answer.out);
    json_member_int(&answer.out, "redelivered", reply->redelivered);
    json_member_int(&answer.out, "dead", reply->dead_left);
    json_out_object_end(&answer.out);
    answer_send(call, 202, &answer);
}

void op_redeliver_all(struct request *request)
{
    static const struct operation OPERATION = {
        .kind = COMMAND_REDELIVER, .decode = decode_redeliver_all, .answer = answer_redeliver_all};

    call_run(request, &OPERATION);
}
