/* Rows: plain SQL on a connection of its own. */
#include "rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "base/assert.h"
#include "base/memory.h"
#include "domain/namespace.h"
#include "domain/retry.h"

enum text {
    TASKS,
    LEASES,
    QUEUES,
    WORKERS,
    CLASSES,
    EVENTS,
    PURGED,
    LIMITS,
    ORDERS,
    DEPENDENCIES,
    SCHEDULES,
    WEBHOOKS,
    DELIVERIES,
    DELIVERY,
    ATTEMPT,
    BODY,
    RETRY,
    CONTRADICTIONS,
    TEXTS
};

static const char *const texts[TEXTS] = {
    [TASKS] =
        "SELECT number, queue, class, state, priority, run_at, created_at, version, attempt, delivery, failures,"
        " losses, timeout_ms, lease_ms, flags, cancel_requested_at, finished_at, expires_at, deadline_at,"
        " coalesce((SELECT ends_at FROM endings WHERE task = number), -1), result_ttl_ms, share, line, id, worker"
        " FROM tasks"
        " ORDER BY number",
    [LEASES] =
        "SELECT task, queue, delivery, lease_ms, started_at, grace_at, timeout_at, nonce, worker FROM leases"
        " ORDER BY task",
    [QUEUES] =
        "SELECT number, concurrency, pending_limit, paused, paused_until, closed, aging_ms, name, retry,"
        " dead_letter_queue, rate FROM queues"
        " ORDER BY number",
    [WORKERS] =
        "SELECT id, concurrency, mode, confirm_ms, queues, types, min_priority, labels, push_url, push_disabled FROM workers",
    [CLASSES] = "SELECT number, type, requires FROM classes ORDER BY number",
    [EVENTS] =
        "SELECT number, at, kind, coalesce(queue, 0), coalesce(task, 0), ns FROM events WHERE number > ?1"
        " ORDER BY number",
    [PURGED] = "SELECT queue FROM intents WHERE kind = 1 ORDER BY queue",
    [LIMITS] = "SELECT name, max_running, over, rate FROM limits",
    [ORDERS] = "SELECT task, queue, place, key FROM orders ORDER BY queue, key, place",
    [DEPENDENCIES] = "SELECT task, on_task FROM dependencies",
    [SCHEDULES] =
        "SELECT number, version, overlap, missed, jitter_ms, paused, next_slot, last_slot, last_task, fired, skipped,"
        " name, cron FROM schedules ORDER BY number",
    [WEBHOOKS] =
        "SELECT number, version, enabled, gone_at, missed, name, types, queues FROM webhooks ORDER BY number",
    [DELIVERIES] =
        "SELECT number, webhook, event, task, state, attempts, next_at FROM deliveries WHERE state = 0"
        " ORDER BY number",
    [DELIVERY] =
        "SELECT number, webhook, event, task, state, attempts, next_at FROM deliveries WHERE number = ?1",
    [ATTEMPT] =
        "SELECT attempt, outcome, worker, started_at FROM attempts WHERE task = ?1 AND delivery = ?2",
    [BODY] = "SELECT name, rules FROM bodies WHERE task = ?1",
    [RETRY] = "SELECT retry FROM bodies WHERE task = ?1",
    [CONTRADICTIONS] =
        "WITH counted AS (SELECT ns, queue, class, state, tasks, bytes FROM counters"
        "    WHERE tasks <> 0 OR bytes <> 0),"
        " real AS (SELECT ns, queue, class, state, count(*), sum(bytes) FROM tasks"
        "    GROUP BY ns, queue, class, state)"
        " SELECT (SELECT count(*) FROM (SELECT * FROM counted EXCEPT SELECT * FROM real))"
        " + (SELECT count(*) FROM (SELECT * FROM real EXCEPT SELECT * FROM counted))"
        " + (SELECT count(*) FROM (SELECT number FROM tasks EXCEPT SELECT task FROM bodies))"
        " + (SELECT count(*) FROM (SELECT task FROM bodies UNION SELECT task FROM results UNION"
        "    SELECT task FROM attempts UNION SELECT task FROM task_logs UNION SELECT task FROM task_tags UNION"
        "    SELECT task FROM leases UNION SELECT task FROM endings EXCEPT SELECT number FROM tasks))"
        " + (SELECT count(*) FROM tasks WHERE queue NOT IN (SELECT number FROM queues)"
        "    OR class NOT IN (SELECT number FROM classes))"
        " + (SELECT count(*) FROM (SELECT number, live, aside FROM lines WHERE live <> 0 EXCEPT"
        "    SELECT line, count(*), sum(state NOT IN (3, 4, 5)) FROM tasks WHERE line > 0 GROUP BY line))"
        " + (SELECT count(*) FROM (SELECT line, count(*), sum(state NOT IN (3, 4, 5)) FROM tasks"
        "    WHERE line > 0 GROUP BY line EXCEPT SELECT number, live, aside FROM lines))"
        " + (SELECT count(*) FROM tasks t JOIN lines l ON l.number = t.line"
        "    WHERE t.state = 3 AND (t.share, t.number) < (l.share, l.first))"
        " + (SELECT count(*) FROM tasks WHERE (line = 0) <> (state >= 7))"
        " + (SELECT count(*) FROM (SELECT 1 FROM lines GROUP BY queue, class, priority, limits, affinity, paid"
        "    HAVING count(*) > 1))"
        " + (SELECT count(*) FROM tasks JOIN lines ON lines.number = line"
        "    WHERE lines.queue <> tasks.queue OR lines.class <> tasks.class OR lines.priority <> tasks.priority)"
        " + (SELECT count(*) FROM dedups d LEFT JOIN tasks t ON t.number = d.task WHERE t.number IS NULL"
        "    OR t.queue <> d.queue OR d.stage <> CASE WHEN t.state >= 7 THEN 3 WHEN t.state IN (4, 5) THEN 1"
        "    WHEN t.delivery = 0 THEN 0 ELSE 2 END)"
        " + (SELECT count(*) FROM tasks WHERE (flags & 64 <> 0) <> (number IN (SELECT task FROM dedups)))"
        " + (SELECT count(*) FROM tasks WHERE (flags & 32 <> 0) <> (number IN (SELECT task FROM orders)))"
        " + (SELECT count(*) FROM orders o LEFT JOIN tasks t ON t.number = o.task WHERE t.number IS NULL"
        "    OR t.queue <> o.queue)"
        " + (SELECT count(*) FROM dependencies LEFT JOIN tasks t ON t.number = task"
        "    WHERE t.number IS NULL OR t.state >= 7 OR t.flags & 256 = 0)"
        " + (SELECT count(*) FROM limit_holders LEFT JOIN tasks t ON t.number = task"
        "    WHERE t.number IS NULL OR t.state >= 7)"
        " + (SELECT count(*) FROM dead_letters WHERE copy NOT IN (SELECT number FROM tasks WHERE flags & 512 <> 0))"
        " + (SELECT count(*) FROM tasks JOIN bodies b ON b.task = number LEFT JOIN results r ON r.task = number"
        "    WHERE bytes <> coalesce(length(b.payload), 0) + coalesce(octet_length(b.headers), 0)"
        "    + coalesce(length(r.result), 0) + coalesce(octet_length(r.error), 0))",
};

struct rows {
    sqlite3 *handle;
    sqlite3_stmt *statements[TEXTS];
};

struct rows *rows_open(const char *store_name)
{
    struct rows *rows = mem_alloc(sizeof(*rows));
    char uri[128];

    (void)snprintf(uri, sizeof(uri), "file:/%s?vfs=memdb", store_name + strlen("memory:"));
    int code = sqlite3_open_v2(uri, &rows->handle,
                               SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI, NULL);
    ASSERT(code == SQLITE_OK);
    return rows;
}

void rows_close(struct rows *rows)
{
    for (int i = 0; i < TEXTS; i++)
        (void)sqlite3_finalize(rows->statements[i]);
    int code = sqlite3_close(rows->handle);
    ASSERT(code == SQLITE_OK);
    free(rows);
}

static sqlite3_stmt *start(struct rows *rows, enum text text)
{
    sqlite3_stmt **stmt = &rows->statements[text];

    if (*stmt == NULL) {
        int code = sqlite3_prepare_v3(rows->handle, texts[text], -1, SQLITE_PREPARE_PERSISTENT,
                                      stmt, NULL);
        ASSERT(code == SQLITE_OK);
    }
    return *stmt;
}

static bool step(sqlite3_stmt *stmt)
{
    int code = sqlite3_step(stmt);

    ASSERT(code == SQLITE_ROW || code == SQLITE_DONE);
    if (code == SQLITE_DONE)
        (void)sqlite3_reset(stmt);
    return code == SQLITE_ROW;
}

/* The array with room for one more element, which is zeroed. */
static void *grown(void *array, unsigned len, unsigned *room, size_t size)
{
    if (len == *room) {
        *room = *room * 2 + 16;
        array = mem_resize(array, *room * size);
    }
    memset((char *)array + len * size, 0, size);
    return array;
}

#define MORE(snapshot, what, which)                                                                \
    ((snapshot)->what = grown((snapshot)->what, (snapshot)->what##_len, &(snapshot)->rooms[which], \
                              sizeof(*(snapshot)->what)),                                          \
     &(snapshot)->what[(snapshot)->what##_len++])

static void get_numbers(sqlite3_stmt *stmt, int64_t *ret_numbers, int len)
{
    for (int i = 0; i < len; i++)
        ret_numbers[i] = sqlite3_column_int64(stmt, i);
}

static void get_bytes(sqlite3_stmt *stmt, int column, void *ret_bytes, size_t size)
{
    const void *at = sqlite3_column_blob(stmt, column);
    size_t len = (size_t)sqlite3_column_bytes(stmt, column);

    if (at != NULL)
        memcpy(ret_bytes, at, len < size ? len : size);
}

static void get_text(sqlite3_stmt *stmt, int column, char *ret_text, size_t size)
{
    get_bytes(stmt, column, ret_text, size - 1);
}

static void get_rate(sqlite3_stmt *stmt, int column, struct rate_limit *ret_rate)
{
    char text[128] = "";

    get_text(stmt, column, text, sizeof(text));
    bool is_read = rate_read(bytes_of(text), ret_rate) || text[0] == '\0';
    ASSERT(is_read);
}

static void read_tasks(struct rows *rows, struct snapshot *snapshot)
{
    sqlite3_stmt *stmt = start(rows, TASKS);

    snapshot->tasks_len = 0;
    while (step(stmt)) {
        struct row_task *row = MORE(snapshot, tasks, TASKS);

        get_numbers(stmt, &row->number, 23);
        get_bytes(stmt, 23, row->id.at, sizeof(row->id.at));
        get_bytes(stmt, 24, row->worker.at, sizeof(row->worker.at));
    }
}

static void read_leases(struct rows *rows, struct snapshot *snapshot)
{
    sqlite3_stmt *stmt = start(rows, LEASES);

    snapshot->leases_len = 0;
    while (step(stmt)) {
        struct row_lease *row = MORE(snapshot, leases, LEASES);

        get_numbers(stmt, &row->task, 7);
        get_bytes(stmt, 7, row->nonce, sizeof(row->nonce));
        get_bytes(stmt, 8, row->worker.at, sizeof(row->worker.at));
    }
}

static void read_queues(struct rows *rows, struct snapshot *snapshot)
{
    sqlite3_stmt *stmt = start(rows, QUEUES);

    snapshot->queues_len = snapshot->purged_len = 0;
    while (step(stmt)) {
        struct row_queue *row = MORE(snapshot, queues, QUEUES);

        get_numbers(stmt, &row->number, 7);
        get_text(stmt, 7, row->name, sizeof(row->name));
        get_text(stmt, 8, row->retry, sizeof(row->retry));
        get_text(stmt, 9, row->dead_letter_queue, sizeof(row->dead_letter_queue));
        get_rate(stmt, 10, &row->rate);
    }
    stmt = start(rows, PURGED);
    while (step(stmt))
        get_numbers(stmt, MORE(snapshot, purged, PURGED), 1);
}

static void read_workers(struct rows *rows, struct snapshot *snapshot)
{
    sqlite3_stmt *stmt = start(rows, WORKERS);

    snapshot->workers_len = snapshot->classes_len = 0;
    while (step(stmt)) {
        struct row_worker *row = MORE(snapshot, workers, WORKERS);

        get_bytes(stmt, 0, row->id.at, sizeof(row->id.at));
        row->concurrency = sqlite3_column_int64(stmt, 1);
        row->mode = sqlite3_column_int64(stmt, 2);
        row->confirm_ms = sqlite3_column_int64(stmt, 3);
        get_text(stmt, 4, row->queues, sizeof(row->queues));
        get_text(stmt, 5, row->types, sizeof(row->types));
        row->min_priority = sqlite3_column_int64(stmt, 6);
        get_text(stmt, 7, row->labels, sizeof(row->labels));
        get_text(stmt, 8, row->push_url, sizeof(row->push_url));
        row->push_disabled = sqlite3_column_int64(stmt, 9);
    }
    stmt = start(rows, CLASSES);
    while (step(stmt)) {
        struct row_class *row = MORE(snapshot, classes, CLASSES);

        row->number = sqlite3_column_int64(stmt, 0);
        get_text(stmt, 1, row->type, sizeof(row->type));
        get_text(stmt, 2, row->requires, sizeof(row->requires));
    }
}

static void read_events(struct rows *rows, int64_t after, struct snapshot *snapshot)
{
    sqlite3_stmt *stmt = start(rows, EVENTS);

    (void)sqlite3_bind_int64(stmt, 1, after);
    snapshot->events_len = 0;
    while (step(stmt)) {
        struct row_event *row = MORE(snapshot, events, EVENTS);

        get_numbers(stmt, &row->number, 6);
    }
}

static void read_limits(struct rows *rows, struct snapshot *snapshot)
{
    sqlite3_stmt *stmt = start(rows, LIMITS);

    snapshot->limits_len = 0;
    while (step(stmt)) {
        struct row_limit *row = MORE(snapshot, limits, LIMITS);
        int64_t over = sqlite3_column_int64(stmt, 2);

        get_text(stmt, 0, row->name, sizeof(row->name));
        row->settings.max_running = sqlite3_column_int64(stmt, 1);
        row->settings.over = (enum limit_over)over;
        get_rate(stmt, 3, &row->settings.rate);
    }
}

static void read_order(struct rows *rows, struct snapshot *snapshot)
{
    sqlite3_stmt *stmt = start(rows, ORDERS);

    snapshot->orders_len = snapshot->dependencies_len = 0;
    while (step(stmt)) {
        struct row_order *row = MORE(snapshot, orders, ORDERS);

        get_numbers(stmt, &row->task, 3);
        get_text(stmt, 3, row->key, sizeof(row->key));
    }
    stmt = start(rows, DEPENDENCIES);
    while (step(stmt))
        get_numbers(stmt, &MORE(snapshot, dependencies, DEPENDENCIES)->task, 2);
}

static void read_schedules(struct rows *rows, struct snapshot *snapshot)
{
    sqlite3_stmt *stmt = start(rows, SCHEDULES);

    snapshot->schedules_len = 0;
    while (step(stmt)) {
        struct row_schedule *row = MORE(snapshot, schedules, SCHEDULES);

        get_numbers(stmt, &row->number, 11);
        get_text(stmt, 11, row->name, sizeof(row->name));
        get_text(stmt, 12, row->cron, sizeof(row->cron));
    }
}

static void read_webhooks(struct rows *rows, struct snapshot *snapshot)
{
    sqlite3_stmt *stmt = start(rows, WEBHOOKS);

    snapshot->webhooks_len = snapshot->deliveries_len = 0;
    while (step(stmt)) {
        struct row_webhook *row = MORE(snapshot, webhooks, WEBHOOKS);

        get_numbers(stmt, &row->number, 5);
        get_text(stmt, 5, row->name, sizeof(row->name));
        get_text(stmt, 6, row->types, sizeof(row->types));
        get_text(stmt, 7, row->queues, sizeof(row->queues));
        row->has_types = sqlite3_column_type(stmt, 6) != SQLITE_NULL;
        row->has_queues = sqlite3_column_type(stmt, 7) != SQLITE_NULL;
    }
    stmt = start(rows, DELIVERIES);
    while (step(stmt))
        get_numbers(stmt, &MORE(snapshot, deliveries, DELIVERIES)->number, 7);
}

bool rows_delivery(struct rows *rows, int64_t number, struct row_delivery *ret_row)
{
    sqlite3_stmt *stmt = start(rows, DELIVERY);

    (void)sqlite3_bind_int64(stmt, 1, number);
    if (!step(stmt))
        return false;
    get_numbers(stmt, &ret_row->number, 7);
    (void)sqlite3_reset(stmt);
    return true;
}

void rows_read(struct rows *rows, int64_t after_event, struct snapshot *snapshot)
{
    read_tasks(rows, snapshot);
    read_leases(rows, snapshot);
    read_queues(rows, snapshot);
    read_workers(rows, snapshot);
    read_limits(rows, snapshot);
    read_order(rows, snapshot);
    read_schedules(rows, snapshot);
    read_webhooks(rows, snapshot);
    read_events(rows, after_event, snapshot);
}

bool rows_attempt(struct rows *rows, int64_t task, int64_t delivery,
                  struct row_attempt *ret_attempt)
{
    sqlite3_stmt *stmt = start(rows, ATTEMPT);

    (void)sqlite3_bind_int64(stmt, 1, task);
    (void)sqlite3_bind_int64(stmt, 2, delivery);
    if (!step(stmt))
        return false;
    *ret_attempt = (struct row_attempt){
        .attempt = sqlite3_column_int64(stmt, 0),
        .outcome = sqlite3_column_int64(stmt, 1),
        .was_started = sqlite3_column_int64(stmt, 3) >= 0,
    };
    get_bytes(stmt, 2, ret_attempt->worker.at, sizeof(ret_attempt->worker.at));
    (void)sqlite3_reset(stmt);
    return true;
}

bool rows_body(struct rows *rows, int64_t task, int64_t *ret_submission, char **ret_rules)
{
    sqlite3_stmt *stmt = start(rows, BODY);

    (void)sqlite3_bind_int64(stmt, 1, task);
    if (!step(stmt))
        return false;
    *ret_submission = sqlite3_column_int64(stmt, 0);
    *ret_rules = mem_alloc((size_t)sqlite3_column_bytes(stmt, 1) + 1);
    get_bytes(stmt, 1, *ret_rules, (size_t)sqlite3_column_bytes(stmt, 1));
    (void)sqlite3_reset(stmt);
    return true;
}

struct retry_policy rows_retry(struct rows *rows, int64_t task)
{
    sqlite3_stmt *stmt = start(rows, RETRY);
    struct retry_policy policy = {.given = 0, .max_delay_ms = -1};
    char text[128] = "";

    (void)sqlite3_bind_int64(stmt, 1, task);
    if (step(stmt))
        get_text(stmt, 0, text, sizeof(text));
    (void)sqlite3_reset(stmt);
    bool is_read = retry_read(bytes_of(text), &policy);
    ASSERT(is_read);
    policy.non_retryable = BYTES_NONE; /* points into text; the simulation uses none */
    return policy;
}

int64_t rows_contradictions(struct rows *rows)
{
    sqlite3_stmt *stmt = start(rows, CONTRADICTIONS);
    int64_t number = step(stmt) ? sqlite3_column_int64(stmt, 0) : -1;

    (void)sqlite3_reset(stmt);
    return number;
}

void rows_limit(struct rows *rows, int64_t by_pages)
{
    sqlite3_int64 size = INT64_C(1) << 30;

    if (by_pages >= 0) {
        sqlite3_stmt *stmt = NULL;
        int code = sqlite3_prepare_v2(rows->handle, "PRAGMA page_count", -1, &stmt, NULL);
        ASSERT(code == SQLITE_OK);
        size = step(stmt) ? (sqlite3_column_int64(stmt, 0) + by_pages) * 4096 : size;
        (void)sqlite3_finalize(stmt);
    }
    int code = sqlite3_file_control(rows->handle, "main", SQLITE_FCNTL_SIZE_LIMIT, &size);
    ASSERT(code == SQLITE_OK);
}
