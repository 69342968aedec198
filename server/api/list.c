/* List: limits and cursors, the same for every list. */
#include "list.h"

#include "base/parse.h"

enum { PAGE_MAX = 500, PAGE_DEFAULT = 50, FILTERS_MAX = 30 };

enum err list_read_page(struct call *call, const struct digest *list)
{
    struct list_query *query = &call->command.in.list;
    struct bytes limit = request_query(call->request, "limit");
    struct bytes cursor = request_query(call->request, "cursor");
    int64_t number = PAGE_DEFAULT;

    query->after_number = -1;
    if (limit.at != NULL && !parse_int(limit, 1, PAGE_MAX, &number))
        return error_set(&call->error, ERR_INVALID_FIELD, "?limit",
                         "must be a whole number from 1 to %d", PAGE_MAX);
    query->limit = (unsigned)number;
    if (cursor.at != NULL && !cursor_read(cursor, list, call->arena, &query->after_number))
        return error_set(&call->error, ERR_CURSOR_INVALID, "?cursor",
                         "must be the next_cursor of the page before, with the same filters");
    return OK;
}

struct digest list_digest(const struct call *call, const char *name, const char *const *filters)
{
    struct bytes parts[2 + FILTERS_MAX * 2];
    unsigned len = 0;

    parts[len++] = bytes_of(name);
    parts[len++] = call->command.ns;
    for (; filters != NULL && *filters != NULL && len < ARRAY_LEN(parts); filters++) {
        struct bytes value = request_query(call->request, *filters);

        parts[len++] = value.at != NULL ? bytes_of(*filters) : BYTES("");
        parts[len++] = value.at != NULL ? value : BYTES("");
    }
    return digest_of(parts, len);
}

struct bytes list_next_cursor(const struct call *call, const struct digest *list, bool has_more,
                              int64_t last_number)
{
    return has_more ? cursor_write(list, last_number, call->arena) : BYTES_NONE;
}
