/* Finished repo: finished tasks in the order in which they are to be deleted. A row names all that
 * one transaction has finished in a queue, so that a finish costs next to nothing. What it names
 * may be gone, or run once more: whoever reads it looks at the task. */
#pragma once

#include "base/arena.h"
#include "domain/retention.h"
#include "store/db.h"

enum { FINISHED_PAGE_MAX = 100 };

struct finished_page {
    int64_t queue;
    enum retention_kind kind;
    int64_t place_ms;
    int64_t number; /* tells pages apart that stand at the same place */
    int64_t tasks[FINISHED_PAGE_MAX];
    unsigned len;
};

void finished_insert(struct db *db, const struct finished_page *page);
/* The first in line. False: there is none. */
bool finished_first(struct db *db, int64_t queue, enum retention_kind kind,
                    struct finished_page *ret_page);
/* Take the first len tasks out of a page; with all of them it goes. */
void finished_drop(struct db *db, const struct finished_page *page, unsigned len);
