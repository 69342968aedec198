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
/* Sort, cut to the page; *ret_next is the next page's cursor, or NONE at the end. */
struct list_entry *list_cut(struct call *call, struct list_entry *entries, unsigned *len,
                            struct bytes *ret_next);
