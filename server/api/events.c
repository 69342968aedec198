/* Events: streams of what happens, over the namespace or of one task. */
#include "base/parse.h"
#include "call.h"
#include "codec.h"
#include "domain/event.h"
#include "feed.h"
#include "handlers.h"

static enum err refuse(struct call *call, const char *name, const char *wanted)
{
    char where[32];

    (void)snprintf(where, sizeof(where), "?%s", name);
    return error_set(&call->error, ERR_INVALID_FIELD, where, "must be %s", wanted);
}

/* ---- where it goes on ---- */

/* A browser that comes back says the last id it saw in a header, beside the query it began with. */
static enum err read_after(struct call *call, int64_t *ret_after)
{
    struct bytes id = request_header(call->request, "last-event-id");
    struct bytes after = request_query(call->request, "after");

    *ret_after = -1;
    if (after.at != NULL && !parse_int(after, 0, INT64_MAX, ret_after))
        return refuse(call, "after", "the id of an event, a whole number");
    if (id.len > 0 && !parse_int(id, 0, INT64_MAX, ret_after))
        return error_set(&call->error, ERR_INVALID_FIELD, "Last-Event-ID",
                         "must be the id of an event, a whole number");
    return OK;
}

/* ---- what is wanted ---- */

static enum err read_filter(struct call *call, struct event_filter *filter)
{
    filter->types = request_query(call->request, "type");
    filter->queues = request_query(call->request, "queue");
    if (filter->types.at != NULL && hint_event(filter->types) != NULL &&
        !event_types_are_valid(filter->types))
        return error_set(&call->error, ERR_INVALID_FIELD, "?type",
                         "no event has such a type; did you mean %s?", hint_event(filter->types));
    if (filter->types.at != NULL && !event_types_are_valid(filter->types))
        return refuse(call, "type",
                      "types of events joined by commas, as in task.*,worker.lost; each names one");
    if (filter->queues.at != NULL && !globs_are_valid(filter->queues))
        return refuse(call, "queue", "names of queues joined by commas, as in mail,thumbs-*");
    return OK;
}

static enum err check_tasks(struct call *call, struct bytes tasks, unsigned *ret_len,
                            struct id *ret_first)
{
    struct bytes text;
    struct id id;

    *ret_len = 0;
    while (bytes_split(&tasks, ',', &text)) {
        if (!id_parse(text, &id))
            return refuse(call, "task", "ids of tasks joined by commas");
        if ((*ret_len)++ == 0)
            *ret_first = id;
    }
    return *ret_len > 0 ? OK : refuse(call, "task", "ids of tasks joined by commas");
}

/* A single one is found without a walk. */
static enum err read_tasks(struct call *call, struct subscription *wants)
{
    struct bytes tasks = request_query(call->request, "task");
    unsigned len = 0;
    struct id first;
    enum err code;

    if (tasks.at == NULL)
        return OK;
    if ((code = check_tasks(call, tasks, &len, &first)) != OK)
        return code;
    if (len == 1)
        wants->task = first;
    else
        wants->filter.tasks = tasks;
    return OK;
}

/* So far no task has another one as its root. */
static enum err read_root(struct call *call, struct subscription *wants)
{
    struct bytes root = request_query(call->request, "root");
    struct id id;

    if (request_query(call->request, "group").at != NULL)
        return error_set(&call->error, ERR_INVALID_FIELD, "?group",
                         "not available in this version");
    if (root.at == NULL)
        return OK;
    if (!id_parse(root, &id))
        return refuse(call, "root", "the id of a task");
    if (request_query(call->request, "task").at != NULL)
        return refuse(call, "root", "said alone, or task instead");
    wants->task = id;
    return OK;
}

static struct subscription *new_subscription(struct call *call)
{
    struct subscription *wants = arena_alloc(call->arena, sizeof(*wants));

    wants->ns = call->command.ns;
    call->extra = wants;
    return wants;
}

static enum err decode_events(struct call *call)
{
    struct subscription *wants = new_subscription(call);
    enum err code = read_after(call, &wants->after);

    if (code == OK)
        code = read_filter(call, &wants->filter);
    if (code == OK)
        code = read_tasks(call, wants);
    if (code == OK)
        code = read_root(call, wants);
    call->is_settled = true;
    return code;
}

static void answer_events(struct call *call)
{
    feed_subscribe(call->api->feed, call->request, call->extra, false);
}

void op_follow_events(struct request *request)
{
    static const char *const QUERY[] = {"after", "type", "queue", "task", "root", "group", NULL};
    static const struct operation OPERATION = {.kind = COMMAND_LIST_EVENTS,
                                               .decode = decode_events,
                                               .answer = answer_events,
                                               .query = QUERY};

    call_run(request, &OPERATION);
}

/* ---- of one task ---- */

static enum err decode_task_events(struct call *call)
{
    struct subscription *wants = new_subscription(call);
    enum err code = call_id(call, &wants->task);

    wants->ends_with_it = true;
    if (code == OK)
        code = read_after(call, &wants->after);
    if (code == OK)
        code = read_filter(call, &wants->filter);
    call->command.in.look.task = wants->task;
    return code;
}

/* It is there, and may be seen. */
static void answer_task_events(struct call *call)
{
    feed_subscribe(call->api->feed, call->request, call->extra, true);
}

void op_follow_task(struct request *request)
{
    static const char *const QUERY[] = {"after", "type", "queue", NULL};
    static const struct operation OPERATION = {.kind = COMMAND_LOOK,
                                               .decode = decode_task_events,
                                               .answer = answer_task_events,
                                               .query = QUERY};

    call_run(request, &OPERATION);
}
