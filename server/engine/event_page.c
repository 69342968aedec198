/* Event page: walks rows by number and shows those that fit; a page may come back short, with more
 * to come. */
#include "event_page.h"

#include "handlers.h"
#include "store/repo_event.h"

/* How many rows one page may look at, however few fit. */
enum { ROWS_SEEN_MAX = 5000 };

static void copy(struct arena *mem, const struct event *event, struct event *ret_event)
{
    *ret_event = *event;
    ret_event->ns = arena_bytes(mem, event->ns);
    ret_event->queue = arena_bytes(mem, event->queue);
    ret_event->task_type = arena_bytes(mem, event->task_type);
    ret_event->data = arena_bytes(mem, event->data);
}

static bool fits(const struct command *command, const struct event *event)
{
    return event_is_shown(event, command->ns, &command->by->grant) &&
           event_matches(&command->in.events.filter, event);
}

/* Up to a number; false: the page is full. */
static bool walk(struct db *db, struct command *command, int64_t up_to)
{
    const struct event_query *query = &command->in.events;
    struct reply *reply = &command->reply;
    struct db_rows *rows = event_walk(db, query->after, up_to, &query->task);
    struct event event;

    reply->events = arena_alloc(command->mem, query->limit * sizeof(struct event));
    while (db_step(rows)) {
        event_read(rows, &event);
        if (!fits(command, &event))
            continue;
        copy(command->mem, &event, &reply->events[reply->events_len++]);
        if (reply->events_len == query->limit) {
            reply->list_end = event.number;
            db_done(rows);
            return false;
        }
    }
    return true;
}

void event_page(struct db *db, struct command *command)
{
    const struct event_query *query = &command->in.events;
    struct reply *reply = &command->reply;
    struct event_row last;

    /* One snapshot for the page; no page takes long, so no snapshot gets old. */
    db_exec(db, "SAVEPOINT page");
    event_last(db, &last);
    reply->events_first = event_first(db);
    reply->events_last = last.number;
    reply->list_end = last.number;
    if (!id_is_nil(query->task)) {
        enum task_state state = event_task_state(db, query->task);

        reply->task_is_over = state == TASK_STATE_NONE || task_state_is_terminal(state);
    }
    if (query->after >= 0 && query->after < last.number) {
        int64_t up_to = query->after + ROWS_SEEN_MAX;

        reply->list_end = up_to < last.number ? up_to : last.number;
        (void)walk(db, command, reply->list_end);
        reply->has_more = reply->list_end < last.number;
    }
    db_exec(db, "RELEASE page");
    if (db_failure(db) != DB_FINE)
        (void)error_set(&reply->error, ERR_STORE_UNAVAILABLE, "", "%s", db_failure_text(db));
}

/* A reader's work; it comes here only when there are no readers (a store in memory). */
void run_LIST_EVENTS(struct batch *batch, struct command *command)
{
    readers_run(batch->engine->readers, batch->db, command);
    batch_answer(batch, command);
}
