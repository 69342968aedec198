/* Dependency repo: who waits for whom. */
#include "store/repo_dependency.h"

void dependency_insert(struct db *db, int64_t task, int64_t on_task)
{
    db_run(db, SQL_DEPENDENCY_INSERT, VALUES(VALUE_INT(task), VALUE_INT(on_task)));
}

bool dependency_is_any(struct db *db, int64_t task)
{
    return db_number(db, SQL_DEPENDENCY_ANY, VALUES(VALUE_INT(task)), 0) == 1;
}

int64_t dependency_count(struct db *db, int64_t task)
{
    return db_number(db, SQL_DEPENDENCY_COUNT, VALUES(VALUE_INT(task)), 0);
}

unsigned dependency_page(struct db *db, int64_t task, unsigned max, struct id *ret_ids)
{
    struct db_rows *rows =
        db_query(db, SQL_DEPENDENCY_PAGE, VALUES(VALUE_INT(task), VALUE_INT(max)));
    unsigned len = 0;

    while (db_step(rows))
        if (len < max)
            ret_ids[len++] = db_id(rows, 0);
    return len;
}

unsigned dependents(struct db *db, int64_t on_task, unsigned max, int64_t *ret_numbers)
{
    struct db_rows *rows = db_query(db, SQL_DEPENDENTS, VALUES(VALUE_INT(on_task), VALUE_INT(max)));
    unsigned len = 0;

    while (db_step(rows))
        if (len < max)
            ret_numbers[len++] = db_int(rows, 0);
    return len;
}

void dependency_delete(struct db *db, int64_t task, int64_t on_task)
{
    db_run(db, SQL_DEPENDENCY_DELETE, VALUES(VALUE_INT(task), VALUE_INT(on_task)));
}

void dependencies_delete(struct db *db, int64_t task)
{
    db_run(db, SQL_DEPENDENCIES_DELETE, VALUES(VALUE_INT(task)));
}
