/* List: pages of things in the order they were made. */
#pragma once

#include "call.h"
#include "cursor.h"

/* Which page of which list; call->extra holds it between question and answer. */
struct list_page {
    struct digest list;
    unsigned limit;
    struct bytes after; /* the place behind which it begins; NONE: at the start */
};

/* filters (NULL-ended, may be NULL): the parameters that choose the list's members and order. */
MUST_CHECK enum err list_read_page(struct call *call, const char *name, const char *const *filters);
const struct list_page *list_page(const struct call *call);

/* For lists that the engine gives whole: where an item stands, and the item. */
struct list_entry {
    struct bytes place;
    const void *item;
};
/* What the engine is asked for: the items behind the page's place. */
void list_ask(struct call *call);
/* A place: when it was made, then what tells it from others of the same time. */
struct bytes list_place(struct call *call, int64_t made_at_ms, struct bytes tie);
/* The number that a place of a list by number is; -1 for NONE. */
int64_t list_number(struct bytes place);
typedef void list_write_fn(struct call *call, struct json_out *out, const void *item);
/* Sorted, cut to the page, each written, and the next page's cursor behind them. */
void list_answer(struct call *call, struct list_entry *entries, unsigned len, list_write_fn *write);
