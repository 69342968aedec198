/* List: pages of things in the order they were made. */
#pragma once

#include "call.h"
#include "cursor.h"

/* limit and cursor into command.in.list; list says which list it is. */
MUST_CHECK enum err list_read_page(struct call *call, const struct digest *list);
/* Which list: a name, and the parameters (NULL-ended, may be NULL) that choose its members and order. */
struct digest list_digest(const struct call *call, const char *name, const char *const *filters);
/* The next page's cursor, or NONE at the end. */
struct bytes list_next_cursor(const struct call *call, const struct digest *list, bool has_more,
                              int64_t last_number);
