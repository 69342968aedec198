/* Task list: filtered pages of tasks, and tasks by their ids. */
#include "base/parse.h"
#include "base/time_text.h"
#include "domain/bounds.h"
#include "handlers.h"
#include "list.h"
#include "wire.h"

enum { IDS_MAX = 500 };

/* What chooses and orders; limit and cursor do not. */
static const char *const FILTERS[] = {
    "queue",    "type",          "state",          "tag",  "worker", "name", "error",
    "observed", "created_after", "created_before", "root", "ids",    "sort", NULL};

static bool is_state(struct bytes name)
{
    return task_state_of(name) != TASK_STATE_NONE;
}

static bool is_id(struct bytes text)
{
    struct id id;

    return id_parse(text, &id);
}

static bool is_text(struct bytes text)
{
    return text.len > 0;
}

struct filter {
    const char *name;
    size_t at; /* struct bytes in the query */
    bool (*is_valid)(struct bytes part);
    const char *wanted;
};

#define AT(member) .at = offsetof(struct list_query, member)
static const struct filter LISTS[] = {
    {.name = "queue", AT(queues), .is_valid = name_is_valid, .wanted = "names of queues"},
    {.name = "type", AT(types), .is_valid = is_text, .wanted = "types"},
    {.name = "state",
     AT(states),
     .is_valid = is_state,
     .wanted = "names of states: scheduled, blocked, ready, running, waiting, retrying, "
               "succeeded, failed, cancelled, expired"},
    {.name = "tag", AT(tags), .is_valid = name_is_valid, .wanted = "tags"},
    {.name = "worker", AT(workers), .is_valid = is_id, .wanted = "ids of workers"},
    {.name = "name", AT(names), .is_valid = is_text, .wanted = "names"},
    {.name = "root", AT(root), .is_valid = is_id, .wanted = "the id of one task"},
    {.name = "ids", AT(ids), .is_valid = is_id, .wanted = "ids of tasks"},
};
#undef AT

static enum err refuse(struct call *call, const char *name, const char *wanted)
{
    char where[32];

    (void)snprintf(where, sizeof(where), "?%s", name);
    return error_set(&call->error, ERR_INVALID_FIELD, where, "must be %s", wanted);
}

static enum err read_lists(struct call *call)
{
    for (size_t i = 0; i < ARRAY_LEN(LISTS); i++) {
        const struct filter *filter = &LISTS[i];
        struct bytes value = request_query(call->request, filter->name);
        struct bytes rest = value;
        struct bytes part;
        unsigned parts = 0;

        if (value.at == NULL)
            continue;
        for (; bytes_split(&rest, ',', &part); parts++)
            if (!filter->is_valid(part))
                return refuse(call, filter->name, filter->wanted);
        if (parts == 0 || parts > IDS_MAX)
            return refuse(call, filter->name, filter->wanted);
        *(struct bytes *)(void *)((char *)&call->command.in.list + filter->at) = value;
    }
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

static enum err read_rest(struct call *call)
{
    struct list_query *query = &call->command.in.list;
    struct bytes observed = request_query(call->request, "observed");
    struct bytes sort = request_query(call->request, "sort");
    bool flag = false;

    if (observed.at != NULL && !parse_bool(observed, &flag))
        return refuse(call, "observed", "1, 0, true or false");
    query->observed = observed.at == NULL ? -1 : flag;
    if (sort.at != NULL && !bytes_is(sort, "created_at") && !bytes_is(sort, "-created_at"))
        return refuse(call, "sort", "created_at or -created_at");
    query->newest_first = bytes_is(sort, "-created_at");
    query->error = request_query(call->request, "error");
    if (query->error.at != NULL && query->error.len == 0)
        return refuse(call, "error", "some text");
    if (query->root.at != NULL && memchr(query->root.at, ',', query->root.len) != NULL)
        return refuse(call, "root", "the id of one task");
    return OK;
}

static enum err decode_list(struct call *call)
{
    struct list_query *query = &call->command.in.list;
    enum err code = list_read_page(call, "tasks", FILTERS);

    if (code == OK)
        code = read_lists(call);
    if (code == OK)
        code = read_rest(call);
    if (code == OK)
        code = read_time(call, "created_after", &query->created_after_ms);
    if (code == OK)
        code = read_time(call, "created_before", &query->created_before_ms);
    query->limit = query->ids.at != NULL ? (unsigned)IDS_MAX : list_page(call)->limit;
    query->after_number = list_number(list_page(call)->after);
    return code;
}

/* All of ?ids= in the order asked; one that is not there makes it 404. */
static void answer_named(struct call *call)
{
    const struct reply *reply = &call->command.reply;
    struct bytes rest = call->command.in.list.ids;
    struct bytes text;
    struct answer answer;

    answer_begin(&answer);
    wire_list(&answer.out);
    while (bytes_split(&rest, ',', &text)) {
        struct id id;
        unsigned i = 0;

        (void)id_parse(text, &id);
        while (i < reply->tasks_len && !id_equal(reply->tasks[i].id, id))
            i++;
        if (i == reply->tasks_len) {
            buffer_fini(&answer.buffer);
            (void)error_set(&call->error, ERR_NOT_FOUND, "?ids", "there is no task %.*s",
                            BYTES_ARG(text));
            answer_refuse(call, &call->error);
            return;
        }
        wire_task(&answer.out, &reply->tasks[i], call->base);
    }
    wire_list_end(&answer.out, BYTES_NONE);
    answer_send(call, 200, &answer);
}

static void answer_page(struct call *call)
{
    const struct reply *reply = &call->command.reply;
    struct bytes next = BYTES_NONE;
    struct answer answer;

    if (reply->has_more && reply->tasks_len > 0)
        next = cursor_write(&list_page(call)->list,
                            list_place(call, reply->tasks[reply->tasks_len - 1].number, BYTES_NONE),
                            call->arena);
    answer_begin(&answer);
    wire_list(&answer.out);
    for (unsigned i = 0; i < reply->tasks_len; i++)
        wire_task(&answer.out, &reply->tasks[i], call->base);
    wire_list_end(&answer.out, next);
    answer_send(call, 200, &answer);
}

static void answer_list(struct call *call)
{
    if (call->command.in.list.ids.at != NULL)
        answer_named(call);
    else
        answer_page(call);
}

void op_list_tasks(struct request *request)
{
    static const char *const QUERY[] = {
        "queue",         "type",           "state", "tag", "worker", "name",  "error",  "observed",
        "created_after", "created_before", "root",  "ids", "sort",   "limit", "cursor", NULL};
    static const struct operation OPERATION = {
        .kind = COMMAND_LIST_TASKS, .decode = decode_list, .answer = answer_list, .query = QUERY};

    call_run(request, &OPERATION);
}
