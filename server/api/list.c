/* List: limits and cursors, the same for every list. */
#include "list.h"

#include <stdlib.h>
#include <string.h>

#include "base/parse.h"
#include "wire.h"

enum { PAGE_MAX = 500, PAGE_DEFAULT = 50, FILTERS_MAX = 30 };

static struct digest digest_of_list(const struct call *call, const char *name,
                                    const char *const *filters)
{
    struct bytes parts[3 + FILTERS_MAX * 2];
    unsigned len = 0;

    parts[len++] = (struct bytes){(const char *)call->api->secret, sizeof(call->api->secret)};
    parts[len++] = bytes_of(name);
    parts[len++] = call->command.ns;
    for (; filters != NULL && *filters != NULL && len < ARRAY_LEN(parts); filters++) {
        struct bytes value = request_query(call->request, *filters);

        parts[len++] = value.at != NULL ? bytes_of(*filters) : BYTES("");
        parts[len++] = value.at != NULL ? value : BYTES("");
    }
    return digest_of(parts, len);
}

enum err list_read_page(struct call *call, const char *name, const char *const *filters)
{
    struct list_page *page = arena_alloc(call->arena, sizeof(*page));
    struct bytes limit = request_query(call->request, "limit");
    struct bytes cursor = request_query(call->request, "cursor");
    int64_t number = PAGE_DEFAULT;

    call->extra = page;
    page->list = digest_of_list(call, name, filters);
    if (limit.at != NULL && !parse_int(limit, 1, PAGE_MAX, &number))
        return error_set(&call->error, ERR_INVALID_FIELD, "?limit",
                         "must be a whole number from 1 to %d", PAGE_MAX);
    page->limit = (unsigned)number;
    if (cursor.at != NULL && !cursor_read(cursor, &page->list, call->arena, &page->after))
        return error_set(&call->error, ERR_CURSOR_INVALID, "?cursor",
                         "must be the next_cursor of the page before, with the same filters");
    return OK;
}

const struct list_page *list_page(const struct call *call)
{
    return call->extra;
}

enum { TIME_LEN = 8 };

void list_ask(struct call *call)
{
    const struct list_page *page = list_page(call);
    struct page_ask *ask = &call->command.in.page;
    uint64_t made_at_ms = 0;

    ask->limit = page->limit;
    if (page->after.len < TIME_LEN)
        return;
    for (unsigned i = 0; i < TIME_LEN; i++)
        made_at_ms = made_at_ms << 8 | (unsigned char)page->after.at[i];
    ask->after_ms = (int64_t)made_at_ms;
    ask->after = (struct bytes){page->after.at + TIME_LEN, page->after.len - TIME_LEN};
}

struct bytes list_place(struct call *call, int64_t made_at_ms, struct bytes tie)
{
    char *at = arena_alloc(call->arena, TIME_LEN + tie.len);

    for (unsigned i = 0; i < TIME_LEN; i++)
        at[i] = (char)((uint64_t)made_at_ms >> (8 * (TIME_LEN - 1 - i)));
    if (tie.len > 0)
        memcpy(at + TIME_LEN, tie.at, tie.len);
    return (struct bytes){at, TIME_LEN + tie.len};
}

int64_t list_number(struct bytes place)
{
    uint64_t number = 0;

    if (place.at == NULL)
        return -1;
    for (size_t i = 0; i < place.len; i++)
        number = number << 8 | (unsigned char)place.at[i];
    return (int64_t)number;
}

static int by_place(const void *a, const void *b)
{
    return bytes_compare(((const struct list_entry *)a)->place,
                         ((const struct list_entry *)b)->place);
}

/* What the page shows of them; *ret_next is the next page's cursor, or NONE at the end. */
static struct list_entry *cut(struct call *call, struct list_entry *entries, unsigned *len,
                              struct bytes *ret_next)
{
    const struct list_page *page = list_page(call);

    *ret_next = BYTES_NONE;
    qsort(entries, *len, sizeof(*entries), by_place);
    while (*len > 0 && page->after.at != NULL && bytes_compare(entries->place, page->after) <= 0) {
        entries++;
        --*len;
    }
    if (*len > page->limit) {
        *len = page->limit;
        *ret_next = cursor_write(&page->list, entries[*len - 1].place, call->arena);
    }
    return entries;
}

void list_answer(struct call *call, struct list_entry *entries, unsigned len, list_write_fn *write)
{
    struct bytes next;
    struct answer answer;

    entries = cut(call, entries, &len, &next);
    answer_begin(&answer);
    wire_list(&answer.out);
    for (unsigned i = 0; i < len; i++)
        write(call, &answer.out, entries[i].item);
    wire_list_end(&answer.out, next);
    answer_send(call, 200, &answer);
}
