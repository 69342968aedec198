/* Statements: those that run often or over many rows find their rows by an index, in order, and
 * never by looking at all. */
#include "driver.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "query_plan.h"
#include "store_fixture.h"

static struct query_plan plan_of(struct store_fixture *fixture, enum sql sql)
{
    struct query_plan plan =
        query_plan_of(scratch_path(&fixture->scratch, "data/sluice.db"), statement_texts[sql]);

    if (plan.error[0] != '\0')
        fail_msg("%s: %s", statement_texts[sql], plan.error);
    return plan;
}

static void no_statement_sorts_but_the_recount(void **state)
{
    for (int sql = 0; sql < SQL_MAX; sql++) {
        struct query_plan plan = plan_of(*state, (enum sql)sql);

        if (sql != SQL_COUNTER_RECOUNT && query_plan_sorts(&plan))
            fail_msg("%s:\n%s", statement_texts[sql], plan.text);
    }
}

/* Read whole by intention: at a start, or in tests and checks. */
static bool is_read_whole(enum sql sql)
{
    static const enum sql whole[] = {
        SQL_LEASES_ALL,      SQL_NS_ALL,           SQL_CLASS_ALL,     SQL_QUEUE_ALL,
        SQL_WORKER_ALL,      SQL_COUNTER_ALL,      SQL_INTENT_ALL,    SQL_MIGRATIONS_ALL,
        SQL_COUNTER_RECOUNT, SQL_TASK_LAST_NUMBER, /* the last entry of the key: SQLite calls that a
                                                      scan, too */
        SQL_EVENT_LAST,                            /* the same */
        SQL_EVENT_FIRST,                           /* the first */
        SQL_EVENT_TRIM,                            /* the first few by key */
        SQL_DUE_FIRST,                             /* the first entry of an index */
        SQL_ENDING_FIRST,                          /* the same */
        SQL_TOKEN_ALL,       SQL_AUDIT_LAST,       /* the last entry of the key */
        SQL_AUDIT_TRIM,                            /* the first few by key */
        SQL_TOKEN_OTHER,                           /* the first or the second */
        SQL_TOKEN_COUNT,                           /* as far as the bound */
        SQL_LIMIT_ALL,       SQL_LINE_ALL,         SQL_LEVEL_ALL,     SQL_SHARE_ALL,
        SQL_SCHEDULE_ALL,    SQL_WEBHOOK_ALL,      SQL_DELIVERY_LAST, /* the last entry of the key
                                                                       */
    };

    for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++)
        if (whole[i] == sql)
            return true;
    return false;
}

static void no_statement_looks_at_all_rows_unless_it_is_meant_to(void **state)
{
    for (int sql = 0; sql < SQL_MAX; sql++) {
        struct query_plan plan = plan_of(*state, (enum sql)sql);

        if (!is_read_whole((enum sql)sql) && query_plan_scans(&plan, NULL))
            fail_msg("%s:\n%s", statement_texts[sql], plan.text);
    }
}

static const struct {
    enum sql sql;
    const char *words;
} uses[] = {
    {SQL_READY_HEADS, "USING INDEX tasks_ready (line=?)"},
    {SQL_READY_AHEAD, "USING COVERING INDEX tasks_ready (line=? AND share<?)"},
    {SQL_READY_AHEAD, "USING COVERING INDEX tasks_ready (line=? AND share=? AND number<?)"},
    {SQL_DUE_FIRST, "SCAN tasks USING INDEX tasks_due"},
    {SQL_DUE_TASKS, "USING INDEX tasks_due (run_at<?)"},
    {SQL_ENDING_FIRST, "SCAN endings USING COVERING INDEX endings_at"},
    {SQL_ENDING_TASKS, "USING COVERING INDEX endings_at (ends_at<?)"},
    {SQL_DUE_SOON, "USING INDEX tasks_due (run_at<?)"},
    {SQL_PENDING_SLICE, "USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"},
    {SQL_TASK_BY_ID, "USING INDEX sqlite_autoindex_tasks_1 (id=?)"},
    {SQL_TASK_BY_NUMBER, "USING INTEGER PRIMARY KEY (rowid=?)"},
    {SQL_TASK_UPDATE, "USING INTEGER PRIMARY KEY (rowid=?)"},
    {SQL_LEASE_BY_TASK, "USING INTEGER PRIMARY KEY (rowid=?)"},
    {SQL_LIST_FORWARD, "USING INTEGER PRIMARY KEY (rowid>?)"},
    {SQL_LIST_BACKWARD, "USING INTEGER PRIMARY KEY (rowid<?)"},
    {SQL_LIST_BAD_FORWARD, "USING INDEX tasks_ended_badly (ns=? AND state=? AND number>?)"},
    {SQL_LIST_BAD_BACKWARD, "USING INDEX tasks_ended_badly (ns=? AND state=? AND number<?)"},
    {SQL_TAG_HAS, "USING PRIMARY KEY (ns=? AND tag=? AND task=?)"},
    {SQL_EVENT_TRIM, "USING INTEGER PRIMARY KEY (rowid=?)"},
    {SQL_IDEMPOTENCY_GET, "USING PRIMARY KEY (ns=? AND scope=? AND key=?)"},
    {SQL_IDEMPOTENCY_TRIM, "USING COVERING INDEX idempotency_age (created_at<?)"},
    {SQL_IDEMPOTENCY_TRIM, "USING PRIMARY KEY (ns=? AND scope=? AND key=?)"},
    {SQL_ATTEMPTS_BY_TASK, "USING PRIMARY KEY (task=?)"},
    {SQL_LOG_LAST, "USING PRIMARY KEY (task=?)"},
    {SQL_LOG_TRIM, "USING PRIMARY KEY (task=? AND line<?)"},
};

static void the_statements_of_the_hot_path_use_their_index(void **state)
{
    for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++) {
        struct query_plan plan = plan_of(*state, uses[i].sql);

        if (!query_plan_uses(&plan, uses[i].words))
            fail_msg("%s:\n%s\nshould say %s", statement_texts[uses[i].sql], plan.text,
                     uses[i].words);
    }
}

/* A plan must not change with what is in the tables, even when someone lets SQLite count them. */
static void a_large_store_has_the_same_plans(void **state)
{
    struct store_fixture *fixture = *state;

    db_begin(fixture->db);
    for (int64_t number = 1; number <= 5000; number++)
        task_put(fixture, number);
    db_commit(fixture->db);
    db_exec(fixture->db, "ANALYZE");
    store_fixture_reopen(fixture);
    the_statements_of_the_hot_path_use_their_index(state);
    no_statement_sorts_but_the_recount(state);
}

static void no_statement_is_left_out_of_the_table(void **state)
{
    (void)state;
    for (int sql = 0; sql < SQL_MAX; sql++)
        assert_non_null(statement_texts[sql]);
}

#define WITH_STORE(test)                                                                           \
    cmocka_unit_test_setup_teardown(test, store_fixture_setup, store_fixture_teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WITH_STORE(no_statement_is_left_out_of_the_table),
        WITH_STORE(no_statement_sorts_but_the_recount),
        WITH_STORE(no_statement_looks_at_all_rows_unless_it_is_meant_to),
        WITH_STORE(the_statements_of_the_hot_path_use_their_index),
        WITH_STORE(a_large_store_has_the_same_plans),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
