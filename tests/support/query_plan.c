/* Query plan: EXPLAIN QUERY PLAN over a connection of its own. */
#include "query_plan.h"

#include <stdio.h>
#include <string.h>

#include <sqlite3.h>

static void add_step(struct query_plan *plan, const char *step)
{
    size_t len = strlen(plan->text);

    (void)snprintf(plan->text + len, sizeof(plan->text) - len, "%s\n", step);
}

static void explain(sqlite3 *handle, const char *sql, struct query_plan *plan)
{
    char explanation[4096];
    sqlite3_stmt *stmt = NULL;

    (void)snprintf(explanation, sizeof(explanation), "EXPLAIN QUERY PLAN %s", sql);
    if (sqlite3_prepare_v2(handle, explanation, -1, &stmt, NULL) != SQLITE_OK) {
        (void)snprintf(plan->error, sizeof(plan->error), "%s", sqlite3_errmsg(handle));
        return;
    }
    plan->parameters = sqlite3_bind_parameter_count(stmt);
    while (sqlite3_step(stmt) == SQLITE_ROW)
        add_step(plan, (const char *)sqlite3_column_text(stmt, 3));
    (void)sqlite3_finalize(stmt);
}

struct query_plan query_plan_of(const char *database_path, const char *sql)
{
    struct query_plan plan = {.text = ""};
    sqlite3 *handle = NULL;

    if (sqlite3_open_v2(database_path, &handle, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK)
        explain(handle, sql, &plan);
    else
        (void)snprintf(plan.error, sizeof(plan.error), "cannot open %.200s", database_path);
    (void)sqlite3_close(handle);
    return plan;
}

bool query_plan_scans(const struct query_plan *plan, const char *table)
{
    char words[128];

    (void)snprintf(words, sizeof(words), "SCAN %s", table != NULL ? table : "");
    for (const char *at = strstr(plan->text, words); at != NULL; at = strstr(at + 1, words))
        if (strncmp(at, "SCAN (subquery", 14) != 0 && strncmp(at, "SCAN CONSTANT ROW", 17) != 0)
            return true;
    return false;
}

bool query_plan_sorts(const struct query_plan *plan)
{
    return query_plan_uses(plan, "TEMP B-TREE");
}

bool query_plan_uses(const struct query_plan *plan, const char *words)
{
    return strstr(plan->text, words) != NULL;
}
