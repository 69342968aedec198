/* Audit page: walks rows by number and shows those that fit; a page may come back short, with more
 * to come. */
#include "audit_page.h"

#include "handlers.h"
#include "store/repo_access.h"

/* How many rows one page may look at, however few fit its filters. */
enum { ROWS_SEEN_MAX = 20000, STEP_ROWS = 1000 };

struct page {
    struct db *db;
    struct command *command;
    const struct audit_query *query;
    const struct grant *grant;
    bool sees_all;
    unsigned seen;
    int64_t last_number;
};

/* ---- who may see, and what fits ---- */

/* A token that is bound to namespaces sees what was done in them; one that is bound to queues as
 * well, what was done to those. */
static bool may_see(const struct page *page, const struct audit_row *row)
{
    if (page->sees_all)
        return true;
    if (row->ns_name.at == NULL || !grant_has_ns(page->grant, row->ns_name))
        return false;
    return globs_are_all(page->grant->queues) ||
           (bytes_starts(row->action, "queue.") && row->object.at != NULL &&
            grant_has_queue(page->grant, row->object));
}

static bool is_among(struct bytes list, struct bytes value)
{
    struct bytes item;

    if (list.at == NULL)
        return true;
    while (value.at != NULL && bytes_split(&list, ',', &item))
        if (bytes_equal(item, value))
            return true;
    return false;
}

static bool fits(const struct page *page, const struct audit_row *row)
{
    const struct audit_query *query = page->query;

    if (query->ns.at != NULL && !bytes_equal(query->ns, row->ns_name))
        return false;
    if ((query->created_after_ms >= 0 && row->at_ms < query->created_after_ms) ||
        (query->created_before_ms >= 0 && row->at_ms >= query->created_before_ms))
        return false;
    return (query->actions.at == NULL || globs_match(query->actions, row->action)) &&
           is_among(query->actors, row->actor) && is_among(query->objects, row->object) &&
           may_see(page, row);
}

/* ---- the walk ---- */

static void add(struct page *page, const struct audit_row *row)
{
    struct reply *reply = &page->command->reply;
    struct arena *mem = page->command->mem;
    struct audit_view *view = &reply->audit[reply->audit_len++];
    char hash[DIGEST_LEN * 2 + 1];

    digest_hex(row->hash, hash);
    *view = (struct audit_view){
        .number = row->number,
        .at_ms = row->at_ms,
        .ns = arena_bytes(mem, row->ns_name),
        .actor = arena_bytes(mem, row->actor),
        .address = arena_bytes(mem, row->address),
        .request_id = arena_bytes(mem, row->request_id),
        .action = arena_bytes(mem, row->action),
        .object = arena_bytes(mem, row->object),
        .detail = arena_bytes(mem, row->detail),
        .hash = page->sees_all ? arena_bytes(mem, bytes_of(hash)) : BYTES_NONE,
    };
}

/* One step of rows; false: the end of the record, or the page is full and one more would fit. */
static bool step(struct page *page)
{
    struct reply *reply = &page->command->reply;
    struct db_rows *rows =
        audit_walk(page->db, page->query->newest_first, page->last_number, STEP_ROWS);
    struct audit_row row;
    unsigned seen = 0;

    while (db_step(rows)) {
        audit_read_row(rows, &row);
        seen++;
        if (fits(page, &row)) {
            if (reply->audit_len == page->query->limit) {
                reply->has_more = true;
                db_done(rows);
                return false;
            }
            add(page, &row);
        }
        page->last_number = row.number;
    }
    page->seen += seen;
    return seen == STEP_ROWS;
}

void audit_page(struct db *db, struct command *command)
{
    const struct audit_query *query = &command->in.audit;
    const struct principal *by = command->by;
    struct page page = {
        .db = db,
        .command = command,
        .query = query,
        .grant = &by->grant,
        .sees_all = grant_is_unbounded(&by->grant),
        .last_number =
            query->after_number >= 0 ? query->after_number : (query->newest_first ? INT64_MAX : 0),
    };

    /* One snapshot for the page; no page takes long, so no snapshot gets old. */
    db_exec(db, "SAVEPOINT page");
    command->reply.audit =
        arena_alloc(command->mem, (query->limit + 1) * sizeof(struct audit_view));
    while (step(&page)) {
        if (page.seen < ROWS_SEEN_MAX)
            continue;
        command->reply.has_more = true;
        break;
    }
    command->reply.list_end = page.last_number;
    db_exec(db, "RELEASE page");
    if (db_failure(db) != DB_FINE)
        (void)error_set(&command->reply.error, ERR_STORE_UNAVAILABLE, "", "%s",
                        db_failure_text(db));
}

/* A reader's work; it comes here only when there are no readers (a store in memory). */
void run_LIST_AUDIT(struct batch *batch, struct command *command)
{
    readers_run(batch->engine->readers, batch->db, command);
    batch_answer(batch, command);
}
