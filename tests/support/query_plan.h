/* Query plan: what SQLite says it will do for a statement, and whether the statement is understood
 * at all. */
#pragma once

#include <stdbool.h>

struct query_plan {
    char text[2048]; /* a line for each step */
    char error[256]; /* "": the statement is fine */
    int parameters;  /* the greatest ?n */
};

/* database_path: a migrated database. Its writer must not be in a transaction. */
struct query_plan query_plan_of(const char *database_path, const char *sql);
/* Is there a step "SCAN table ..."? table NULL: any scan; one of a subquery's rows does not count.
 */
bool query_plan_scans(const struct query_plan *plan, const char *table);
bool query_plan_sorts(const struct query_plan *plan);
bool query_plan_uses(const struct query_plan *plan, const char *words);
