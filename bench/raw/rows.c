/* Rows: the row changes behind a submit, a claim and an outcome, and nothing around them. */
#include "raw/rows.h"

#include <stddef.h>
#include <string.h>
#include <time.h>

#include "common/die.h"

#define NS        1LL
#define QUEUE     1LL
#define CLASS     1LL
#define LINE      1LL
#define LEASE_MS  30000LL
#define DONE_WELL 1LL /* the attempt's outcome */

enum { READY = 3, RUNNING = 4, SUCCEEDED = 7 };
enum { EVENT_SUBMITTED = 1, EVENT_CLAIMED = 2, EVENT_SUCCEEDED = 5 };

enum statement {
    TASK_INSERT,
    BODY_INSERT,
    EVENT_INSERT,
    COUNTER_ADD,
    LINE_PUT,
    READY_LIST,
    BODY_GET,
    TASK_CLAIM,
    LEASE_INSERT,
    TASK_FINISH,
    LEASE_DELETE,
    ATTEMPT_INSERT,
    RESULT_INSERT,
};

static const char payload[] = "{\"user\":\"0f3a9c71-52d8\",\"object\":\"photos/2024/11/0001.jpg\","
                              "\"width\":1024,\"height\":768,\"quality\":0.85}";
static const char result[] = "{\"ok\":true}";
static const unsigned char worker[ROWS_ID_BYTES] = {1};

/* The columns are the broker's; an UPDATE names only those that change, as one who writes by hand
 * would. */
void rows_prepare(struct rows *rows)
{
    static const char *const sql[] = {
        [TASK_INSERT] =
            "INSERT INTO tasks (number, id, ns, queue, class, state, priority, line, share, run_at,"
            " created_at, version, attempt, delivery, failures, losses, timeout_ms, lease_ms, flags,"
            " cancel_requested_at, claimed_at, started_at, finished_at) VALUES (?1, ?2, ?3, ?4, ?5,"
            " ?6, 0, ?8, 0, ?7, ?7, 1, 0, 0, 0, 0, -1, -1, 0, -1, -1, -1, -1)",
        [BODY_INSERT] = "INSERT INTO bodies (task, payload) VALUES (?1, ?2)",
        [EVENT_INSERT] = "INSERT INTO events (number, at, kind, ns, queue, task, task_id)"
                         " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        [COUNTER_ADD] = "INSERT INTO counters (ns, queue, class, state, tasks)"
                        " VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (ns, queue, class, state)"
                        " DO UPDATE SET tasks = tasks + excluded.tasks",
        [LINE_PUT] =
            "INSERT INTO lines (number, queue, class, priority, limits, live, aside, share,"
            " first, paid) VALUES (?1, ?2, ?3, 0, '', ?4, 0, 0, 0, 0) ON CONFLICT (number) DO UPDATE SET"
            " live = live + excluded.live",
        [READY_LIST] = "SELECT number, id FROM tasks WHERE line = ?1 AND state = 3"
                       " ORDER BY share, number LIMIT ?2",
        [BODY_GET] = "SELECT payload, content_type FROM bodies WHERE task = ?1",
        [TASK_CLAIM] = "UPDATE tasks SET state = ?2, version = 2, attempt = 1, delivery = 1,"
                       " claimed_at = ?3, worker = ?4 WHERE number = ?1",
        [LEASE_INSERT] = "INSERT INTO leases (task, queue, delivery, nonce, worker, lease_ms,"
                         " claimed_at, started_at, expires_at, timeout_at, confirm_at, grace_at)"
                         " VALUES (?1, ?2, 1, ?3, ?4, ?5, ?6, -1, ?7, -1, -1, -1)",
        [TASK_FINISH] = "UPDATE tasks SET state = ?2, line = 0, version = 3, flags = 4,"
                        " started_at = ?3, finished_at = ?3 WHERE number = ?1",
        [LEASE_DELETE] = "DELETE FROM leases WHERE task = ?1",
        [ATTEMPT_INSERT] =
            "INSERT INTO attempts (task, delivery, attempt, worker, nonce, claimed_at,"
            " started_at, finished_at, outcome) VALUES (?1, 1, 1, ?2, ?3, ?4, ?5, ?5,"
            " ?6)",
        [RESULT_INSERT] = "INSERT INTO results (task, result) VALUES (?1, ?2)",
    };

    for (unsigned i = 0; i < sizeof sql / sizeof sql[0]; i++)
        database_prepare(&rows->database, i, sql[i]);
}

static void begin(struct rows *rows)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail for this clock */
    rows->now_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
    database_exec(&rows->database, "BEGIN IMMEDIATE");
}

/* 48 bits of time, a counter, a scrambled counter: grows like UUIDv7 and costs nothing. */
static void make_id(struct rows *rows, unsigned char id[ROWS_ID_BYTES])
{
    uint64_t scrambled = ++rows->sequence * 0x9E3779B97F4A7C15ULL;
    uint64_t head = (uint64_t)rows->now_ms << 16 | 0x7000U | (rows->sequence & 0xFFFU);

    for (unsigned i = 0; i < 8; i++)
        id[i] = (unsigned char)(head >> (56 - 8 * i));
    memcpy(id + 8, &scrambled, 8);
}

static void count(struct rows *rows, int64_t state, int64_t change)
{
    database_run(&rows->database, COUNTER_ADD, "iiiii", NS, QUEUE, CLASS, state, change);
}

static void count_line(struct rows *rows, int64_t live)
{
    database_run(&rows->database, LINE_PUT, "iiii", LINE, QUEUE, CLASS, live);
}

static void event(struct rows *rows, int64_t kind, int64_t task, const unsigned char *id)
{
    database_run(&rows->database, EVENT_INSERT, "iiiiiib", ++rows->last_event, rows->now_ms, kind,
                 NS, QUEUE, task, id, ROWS_ID_BYTES);
}

static void submit_one(struct rows *rows)
{
    struct database *database = &rows->database;
    int64_t number = ++rows->last_task;
    unsigned char id[ROWS_ID_BYTES];

    make_id(rows, id);
    database_run(database, TASK_INSERT, "ibiiiiii", number, id, ROWS_ID_BYTES, NS, QUEUE, CLASS,
                 (int64_t)READY, rows->now_ms, LINE);
    database_run(database, BODY_INSERT, "ib", number, payload, (int)sizeof payload - 1);
    event(rows, EVENT_SUBMITTED, number, id);
}

void rows_submit(struct rows *rows, unsigned n)
{
    begin(rows);
    for (unsigned i = 0; i < n; i++)
        submit_one(rows);
    count(rows, READY, n);
    count_line(rows, n);
    database_exec(&rows->database, "COMMIT");
}

static void finish_one(struct rows *rows, const struct held *held)
{
    struct database *database = &rows->database;

    database_run(database, TASK_FINISH, "iii", held->number, (int64_t)SUCCEEDED, rows->now_ms);
    database_run(database, LEASE_DELETE, "i", held->number);
    database_run(database, ATTEMPT_INSERT, "ibbiii", held->number, worker, ROWS_ID_BYTES,
                 held->nonce, ROWS_ID_BYTES, held->claimed_at, rows->now_ms, DONE_WELL);
    database_run(database, RESULT_INSERT, "ib", held->number, result, (int)sizeof result - 1);
    event(rows, EVENT_SUCCEEDED, held->number, held->id);
}

static void claim_one(struct rows *rows, struct held *held)
{
    struct database *database = &rows->database;

    make_id(rows, held->nonce);
    held->claimed_at = rows->now_ms;
    if (database_step(database, BODY_GET, "i", held->number) != SQLITE_ROW)
        die("a task without a body");
    (void)sqlite3_reset(database->statements[BODY_GET]); /* only read */
    database_run(database, TASK_CLAIM, "iiib", held->number, (int64_t)RUNNING, rows->now_ms, worker,
                 ROWS_ID_BYTES);
    database_run(database, LEASE_INSERT, "iibbiii", held->number, QUEUE, held->nonce, ROWS_ID_BYTES,
                 worker, ROWS_ID_BYTES, LEASE_MS, rows->now_ms, rows->now_ms + LEASE_MS);
    event(rows, EVENT_CLAIMED, held->number, held->id);
}

static void list_ready(struct rows *rows, unsigned n)
{
    struct database *database = &rows->database;
    sqlite3_stmt *list = database->statements[READY_LIST];
    int code = database_step(database, READY_LIST, "ii", LINE, (int64_t)n);

    for (rows->n_held = 0; code == SQLITE_ROW; code = sqlite3_step(list)) {
        struct held *held = &rows->held[rows->n_held++];

        held->number = sqlite3_column_int64(list, 0);
        memcpy(held->id, sqlite3_column_blob(list, 1), ROWS_ID_BYTES);
    }
    (void)sqlite3_reset(list); /* a read that failed shows as too few tasks */
}

void rows_finish_and_claim(struct rows *rows, unsigned n)
{
    unsigned finished = rows->n_held;

    begin(rows);
    for (unsigned i = 0; i < finished; i++)
        finish_one(rows, &rows->held[i]);
    list_ready(rows, n);
    for (unsigned i = 0; i < rows->n_held; i++)
        claim_one(rows, &rows->held[i]);
    count(rows, SUCCEEDED, finished);
    count(rows, RUNNING, (int64_t)rows->n_held - (int64_t)finished);
    count(rows, READY, -(int64_t)rows->n_held);
    count_line(rows, -(int64_t)finished);
    database_exec(&rows->database, "COMMIT");
}
