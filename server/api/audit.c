/* Audit: the record, page by page. */
#include "base/time_text.h"
#include "handlers.h"
#include "list.h"
#include "wire_access.h"

enum { PARTS_MAX = 500 };

/* What chooses and orders; limit and cursor do not. */
static const char *const FILTERS[] = {"action",         "actor", "object", "created_after",
                                      "created_before", "sort",  NULL};

static enum err refuse(struct call *call, const char *name, const char *wanted)
{
    char where[32];

    (void)snprintf(where, sizeof(where), "?%s", name);
    return error_set(&call->error, ERR_INVALID_FIELD, where, "must be %s", wanted);
}

static enum err read_list(struct call *call, const char *name, struct bytes *ret_list)
{
    struct bytes part, rest = request_query(call->request, name);
    unsigned parts = 0;

    *ret_list = rest;
    if (rest.at == NULL)
        return OK;
    for (; bytes_split(&rest, ',', &part); parts++)
        if (part.len == 0 || parts == PARTS_MAX)
            return refuse(call, name, "words joined by commas");
    return parts > 0 ? OK : refuse(call, name, "words joined by commas");
}

static enum err read_actions(struct call *call, struct bytes *ret_actions)
{
    *ret_actions = request_query(call->request, "action");
    if (ret_actions->at != NULL && !globs_are_valid(*ret_actions))
        return refuse(call, "action", "actions joined by commas, as in token.*,queue.deleted");
    return OK;
}

static enum err read_time(struct call *call, const char *name, int64_t *ret_wall_ms)
{
    struct bytes text = request_query(call->request, name);

    *ret_wall_ms = -1;
    if (text.at != NULL && !time_read(text, ret_wall_ms))
        return refuse(call, name, "an RFC 3339 time");
    return OK;
}

static enum err read_sort(struct call *call, bool *ret_newest_first)
{
    struct bytes sort = request_query(call->request, "sort");

    *ret_newest_first = bytes_is(sort, "-created_at");
    if (sort.at != NULL && !*ret_newest_first && !bytes_is(sort, "created_at"))
        return refuse(call, "sort", "created_at or -created_at");
    return OK;
}

static enum err decode_list(struct call *call)
{
    struct audit_query *query = &call->command.in.audit;
    enum err code = list_read_page(call, "audit", FILTERS);

    if (code == OK)
        code = read_actions(call, &query->actions);
    if (code == OK)
        code = read_list(call, "actor", &query->actors);
    if (code == OK)
        code = read_list(call, "object", &query->objects);
    if (code == OK)
        code = read_time(call, "created_after", &query->created_after_ms);
    if (code == OK)
        code = read_time(call, "created_before", &query->created_before_ms);
    if (code == OK)
        code = read_sort(call, &query->newest_first);
    if (code != OK)
        return code;
    query->ns = request_names_ns(call->request) ? call->command.ns : BYTES_NONE;
    call->command.ns = BYTES_NONE; /* what the caller may see is not all of one namespace */
    query->limit = list_page(call)->limit;
    query->after_number = list_number(list_page(call)->after);
    return OK;
}

static void answer_list(struct call *call)
{
    const struct reply *reply = &call->command.reply;
    struct bytes next = BYTES_NONE;
    struct answer answer;

    if (reply->has_more)
        next = cursor_write(&list_page(call)->list, list_place(call, reply->list_end, BYTES_NONE),
                            call->arena);
    answer_begin(&answer);
    wire_list(&answer.out);
    for (unsigned i = 0; i < reply->audit_len; i++)
        wire_audit(&answer.out, &reply->audit[i]);
    wire_list_end(&answer.out, next);
    answer_send(call, 200, &answer);
}

void op_list_audit(struct request *request)
{
    static const char *const QUERY[] = {"action",        "actor",          "object",
                                        "created_after", "created_before", "sort",
                                        "limit",         "cursor",         NULL};
    static const struct operation OPERATION = {
        .kind = COMMAND_LIST_AUDIT, .decode = decode_list, .answer = answer_list, .query = QUERY};

    call_run(request, &OPERATION);
}
