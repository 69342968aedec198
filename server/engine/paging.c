/* Paging: only what the page shows is filled in later; there may be very many. */
#include "paging.h"

#include <stdlib.h>

struct paging paging_begin(const struct page_ask *ask, size_t most, struct arena *arena)
{
    return (struct paging){.ask = ask, .at = arena_alloc(arena, most * sizeof(struct paged))};
}

static bool is_behind(const struct page_ask *ask, int64_t made_at_ms, struct bytes tie)
{
    if (ask->after.at == NULL || made_at_ms != ask->after_ms)
        return ask->after.at == NULL || made_at_ms > ask->after_ms;
    return bytes_compare(tie, ask->after) > 0;
}

void paging_add(struct paging *paging, int64_t made_at_ms, struct bytes tie, void *thing)
{
    if (is_behind(paging->ask, made_at_ms, tie))
        paging->at[paging->len++] = (struct paged){made_at_ms, tie, thing};
}

static int by_place(const void *left, const void *right)
{
    const struct paged *a = left, *b = right;

    if (a->made_at_ms != b->made_at_ms)
        return a->made_at_ms < b->made_at_ms ? -1 : 1;
    return bytes_compare(a->tie, b->tie);
}

void paging_end(struct paging *paging)
{
    unsigned limit = paging->ask->limit;

    qsort(paging->at, paging->len, sizeof(struct paged), by_place);
    if (limit > 0 && paging->len > limit)
        paging->len = limit + 1;
}
