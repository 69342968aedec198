/* Finished repo: pages of task numbers, eight bytes each, the highest first. */
#include "store/repo_finished.h"

#include "base/assert.h"

enum { NUMBER_BYTES = 8 };

static struct bytes pack(const int64_t *tasks, unsigned len,
                         char room[FINISHED_PAGE_MAX * NUMBER_BYTES])
{
    char *at = room;

    for (unsigned i = 0; i < len; i++)
        for (int shift = 56; shift >= 0; shift -= 8)
            *at++ = (char)(unsigned char)((uint64_t)tasks[i] >> shift);
    return (struct bytes){room, (size_t)(at - room)};
}

static unsigned unpack(struct bytes from, int64_t ret_tasks[FINISHED_PAGE_MAX])
{
    unsigned len = (unsigned)(from.len / NUMBER_BYTES);

    if (len > FINISHED_PAGE_MAX)
        len = FINISHED_PAGE_MAX;
    for (unsigned i = 0; i < len; i++) {
        uint64_t number = 0;

        for (unsigned j = 0; j < NUMBER_BYTES; j++)
            number = number << 8 | (unsigned char)from.at[i * NUMBER_BYTES + j];
        ret_tasks[i] = (int64_t)number;
    }
    return len;
}

void finished_insert(struct db *db, const struct finished_page *page)
{
    char room[FINISHED_PAGE_MAX * NUMBER_BYTES];

    ASSERT(page->len <= FINISHED_PAGE_MAX);
    db_run(db, SQL_FINISHED_INSERT,
           VALUES(VALUE_INT(page->queue), VALUE_INT(page->kind), VALUE_INT(page->place_ms),
                  VALUE_INT(page->number), VALUE_BLOB(pack(page->tasks, page->len, room))));
}

bool finished_first(struct db *db, int64_t queue, enum retention_kind kind,
                    struct finished_page *ret_page)
{
    struct db_rows *rows =
        db_query(db, SQL_FINISHED_FIRST, VALUES(VALUE_INT(queue), VALUE_INT(kind)));

    if (!db_step(rows))
        return false;
    ret_page->queue = queue;
    ret_page->kind = kind;
    ret_page->place_ms = db_int(rows, 0);
    ret_page->number = db_int(rows, 1);
    ret_page->len = unpack(db_bytes(rows, 2), ret_page->tasks);
    db_done(rows);
    return true;
}

void finished_drop(struct db *db, const struct finished_page *page, unsigned len)
{
    char room[FINISHED_PAGE_MAX * NUMBER_BYTES];

    if (len < page->len)
        db_run(db, SQL_FINISHED_SHRINK,
               VALUES(VALUE_INT(page->queue), VALUE_INT(page->kind), VALUE_INT(page->place_ms),
                      VALUE_INT(page->number),
                      VALUE_BLOB(pack(page->tasks + len, page->len - len, room))));
    else
        db_run(db, SQL_FINISHED_DELETE,
               VALUES(VALUE_INT(page->queue), VALUE_INT(page->kind), VALUE_INT(page->place_ms),
                      VALUE_INT(page->number)));
}
