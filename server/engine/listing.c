/* Listing: walks tasks by number; a page may come back short, even empty, with more to come. */
#include "listing.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/memory.h"
#include "domain/labels.h"
#include "reach.h"
#include "store/repo_line.h"
#include "store/repo_registry.h"
#include "store/repo_task.h"
#include "views.h"

/* How many rows one page may look at, however few fit its filters. */
enum { ROWS_SEEN_MAX = 20000, STEP_ROWS = 1000 };

struct known_queue {
    int64_t ns;
    int32_t max_attempts; /* of tasks that say nothing themselves */
    struct bytes name;
    struct bytes demands; /* of a class */
};

struct listing {
    struct map *namespaces; /* by number: struct known_queue with its name */
    struct map *queues;
    struct map *classes;
    struct arena *names; /* of the three; made anew with each page */
};

struct page {
    struct listing *listing;
    struct db *db;
    struct command *command;
    const struct list_query *query;
    int64_t ns;
    unsigned seen;
    int64_t last_number;
};

struct listing *listing_new(void)
{
    struct listing *listing = mem_alloc(sizeof(*listing));

    listing->names = arena_new();
    return listing;
}

static void forget_names(struct listing *listing)
{
    map_free(listing->namespaces);
    map_free(listing->queues);
    map_free(listing->classes);
    arena_reset(listing->names);
}

void listing_free(struct listing *listing)
{
    forget_names(listing);
    arena_free(listing->names);
    free(listing);
}

static struct known_queue *remember(struct listing *listing, struct map *map, int64_t number,
                                    struct bytes name)
{
    struct known_queue *known = arena_alloc(listing->names, sizeof(*known));

    known->name = arena_bytes(listing->names, name);
    (void)map_put_int(map, (uint64_t)number, known);
    return known;
}

static void on_ns(void *ctx, const struct ns_row *row)
{
    struct listing *listing = ctx;

    remember(listing, listing->namespaces, row->number, row->name)->ns = row->number;
}

static void on_queue(void *ctx, const struct queue_row *row)
{
    struct listing *listing = ctx;
    struct known_queue *known = remember(listing, listing->queues, row->number, row->name);

    known->ns = row->ns;
    known->max_attempts = retry_merge(retry_default(), &row->settings.retry).max_attempts;
}

static void on_class(void *ctx, const struct class_row *row)
{
    struct listing *listing = ctx;
    struct known_queue *known = remember(listing, listing->classes, row->number, row->type);
    struct bytes pin;

    known->demands = arena_bytes(listing->names, labels_of_class(row->requires, &pin));
}

static void load_names(struct listing *listing, struct db *db)
{
    forget_names(listing);
    listing->namespaces = map_new();
    listing->queues = map_new();
    listing->classes = map_new();
    ns_each(db, on_ns, listing);
    queue_each(db, on_queue, listing);
    class_each(db, on_class, listing);
}

static int64_t ns_of(const struct listing *listing, struct bytes name)
{
    const struct known_queue *ns;

    for (size_t at = 0; (ns = map_each(listing->namespaces, &at)) != NULL;)
        if (bytes_equal(ns->name, name))
            return ns->ns;
    return -1;
}

/* ---- filters ---- */

static bool is_among(struct bytes list, struct bytes value)
{
    struct bytes item;

    if (list.at == NULL)
        return true;
    while (bytes_split(&list, ',', &item))
        if (bytes_equal(item, value))
            return true;
    return false;
}

static bool fits_worker(struct bytes list, const struct task *task)
{
    char id[ID_TEXT_LEN + 1];

    if (list.at == NULL)
        return true;
    if (!task->has_worker)
        return false;
    id_format(task->worker, id);
    return is_among(list, bytes_of(id));
}

static bool fits_tags(const struct page *page, const struct task *task)
{
    struct bytes rest = page->query->tags;
    struct bytes tag;

    if (rest.at == NULL)
        return true;
    while (bytes_split(&rest, ',', &tag))
        if (task_has_tag(page->db, page->ns, tag, task->number))
            return true;
    return false;
}

static bool fits_text(const struct page *page, const struct task *task)
{
    const struct list_query *query = page->query;
    struct arena *mem = page->command->mem;
    struct bytes name = BYTES_NONE;

    if (query->names.at != NULL &&
        (!body_name(page->db, task->number, mem, &name) || !is_among(query->names, name)))
        return false;
    if (query->error.at == NULL)
        return true;

    struct bytes error = result_error(page->db, task->number, mem);

    return error.at != NULL &&
           memmem(error.at, error.len, query->error.at, query->error.len) != NULL;
}

/* What a limit holds back is ready in its row and shown as blocked; the engine knows which. */
static bool may_be_shown_in(const struct page *page, const struct task *task)
{
    struct bytes states = page->query->states;

    return is_among(states, bytes_of(task_state_name(task->state))) ||
           (task->state == TASK_READY && is_among(states, BYTES("blocked")) &&
            line_has_limits(page->db, task->line));
}

/* Cheap ones first; those that read other rows last. */
static bool fits(const struct page *page, const struct task *task)
{
    const struct list_query *query = page->query;
    const struct known_queue *queue =
        map_get_int(page->listing->queues, (uint64_t)task->queue_number);
    const struct known_queue *of_class =
        map_get_int(page->listing->classes, (uint64_t)task->class_number);

    if (task->ns_number != page->ns || queue == NULL || of_class == NULL ||
        !reaches_name(page->command, queue->name))
        return false;
    if (!may_be_shown_in(page, task) || !is_among(query->queues, queue->name) ||
        !is_among(query->types, of_class->name))
        return false;
    if (query->observed >= 0 && task->observed != (query->observed != 0))
        return false;
    if ((query->created_after_ms >= 0 && task->created_at_ms <= query->created_after_ms) ||
        (query->created_before_ms >= 0 && task->created_at_ms >= query->created_before_ms))
        return false;
    return fits_worker(query->workers, task) && fits_tags(page, task) && fits_text(page, task);
}

/* ---- the walk ---- */

static void add(struct page *page, const struct task *task)
{
    struct reply *reply = &page->command->reply;
    struct task *shown = &reply->tasks[reply->tasks_len++];
    const struct known_queue *queue =
        map_get_int(page->listing->queues, (uint64_t)task->queue_number);
    const struct known_queue *of_class =
        map_get_int(page->listing->classes, (uint64_t)task->class_number);
    struct arena *mem = page->command->mem;

    *shown = *task;
    body_load(page->db, shown, false, mem);
    result_load_rest(page->db, shown, mem);
    shown->result = (struct body){.data = BYTES_NONE};
    shown->ns = page->command->ns;
    shown->queue = arena_bytes(mem, queue->name);
    shown->type = arena_bytes(mem, of_class->name);
    shown->requires = arena_bytes(mem, of_class->demands);
    shown->max_attempts = (shown->retry.given & RETRY_HAS_MAX_ATTEMPTS) != 0
                              ? shown->retry.max_attempts
                              : queue->max_attempts;
}

/* The one terminal state asked for that has an index of its own; NONE: walk them all. */
static enum task_state indexed_state(const struct list_query *query)
{
    enum task_state state =
        query->states.at == NULL ? TASK_STATE_NONE : task_state_of(query->states);
    bool is_indexed = state == TASK_FAILED || state == TASK_CANCELLED || state == TASK_EXPIRED;

    return is_indexed ? state : TASK_STATE_NONE;
}

static struct db_rows *walk(const struct page *page, enum task_state state)
{
    bool backward = page->query->newest_first;

    if (state == TASK_STATE_NONE)
        return db_query(page->db, backward ? SQL_LIST_BACKWARD : SQL_LIST_FORWARD,
                        VALUES(VALUE_INT(page->last_number), VALUE_INT(STEP_ROWS)));
    return db_query(page->db, backward ? SQL_LIST_BAD_BACKWARD : SQL_LIST_BAD_FORWARD,
                    VALUES(VALUE_INT(page->last_number), VALUE_INT(STEP_ROWS), VALUE_INT(page->ns),
                           VALUE_INT(state)));
}

/* One step of rows; false: the end of the list, or of the page. */
static bool step(struct page *page, enum task_state state)
{
    struct reply *reply = &page->command->reply;
    struct db_rows *rows = walk(page, state);
    struct task task;
    unsigned seen = 0;

    while (db_step(rows)) {
        task_read_row(rows, &task);
        seen++;
        page->last_number = task.number;
        if (fits(page, &task))
            add(page, &task);
        if (reply->tasks_len == page->query->limit) {
            db_done(rows);
            reply->has_more = true;
            return false;
        }
    }
    page->seen += seen;
    return seen == STEP_ROWS;
}

static void list_by_id(struct page *page, struct bytes ids)
{
    struct bytes text;
    struct task task;
    struct id id;

    while (bytes_split(&ids, ',', &text))
        if (id_parse(text, &id) && task_load(page->db, id, &task) && fits(page, &task) &&
            page->command->reply.tasks_len < page->query->limit)
            add(page, &task);
}

static void list_by_walk(struct page *page)
{
    enum task_state state = indexed_state(page->query);

    while (step(page, state)) {
        if (page->seen < ROWS_SEEN_MAX)
            continue;
        page->command->reply.has_more = true;
        break;
    }
    page->command->reply.list_end = page->last_number;
}

bool listing_has_ready(const struct command *command)
{
    for (unsigned i = 0; i < command->reply.tasks_len; i++)
        if (command->reply.tasks[i].state == TASK_READY)
            return true;
    return false;
}

void listing_show(const struct batch *batch, struct command *command)
{
    struct reply *reply = &command->reply;
    unsigned len = 0;

    for (unsigned i = 0; i < reply->tasks_len; i++) {
        struct task *task = &reply->tasks[i];

        task->state = task_shown_state(batch, task);
        if (is_among(command->in.list.states, bytes_of(task_state_name(task->state))))
            reply->tasks[len++] = *task;
    }
    reply->tasks_len = len;
}

void listing_page(struct listing *listing, struct db *db, struct command *command)
{
    const struct list_query *query = &command->in.list;
    struct page page = {
        .listing = listing,
        .db = db,
        .command = command,
        .query = query,
        .last_number =
            query->after_number >= 0 ? query->after_number : (query->newest_first ? INT64_MAX : 0),
    };

    /* One snapshot for the page; no page takes long, so no snapshot gets old. */
    db_exec(db, "SAVEPOINT page");
    load_names(listing, db);
    page.ns = reaches_ns(command) ? ns_of(listing, command->ns) : -1;
    command->reply.tasks = arena_alloc(command->mem, (query->limit + 1) * sizeof(struct task));
    if (query->ids.at != NULL || query->root.at != NULL)
        list_by_id(&page, query->ids.at != NULL ? query->ids : query->root);
    else
        list_by_walk(&page);
    db_exec(db, "RELEASE page");
    if (db_failure(db) != DB_FINE)
        (void)error_set(&command->reply.error, ERR_STORE_UNAVAILABLE, "", "%s",
                        db_failure_text(db));
}
