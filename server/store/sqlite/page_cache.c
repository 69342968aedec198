/* Page cache: a thin layer over SQLite's. When a full page of a table or an index is shared out
 * among its neighbours, SQLite puts their page numbers in order and parks one of them, for that
 * moment, at a number that no file uses: the page at one gigabyte. Its cache takes that for the
 * last page there is, and the commit then looks through every page it holds for those behind the
 * end of the file: about a millisecond for 64 MiB, once in forty commits of a large store. Parked
 * at number 0, which no file uses either, the page is not in the way. */
#include "page_cache.h"

#include <stdlib.h>

#include <sqlite3.h>

#include "base/memory.h"

/* SQLite locks files there, so a page that holds it has no other use; 0 is below the first. */
enum { LOCK_AT = 0x40000000, PARKED = 0 };

struct page_cache {
    sqlite3_pcache *inner;
    unsigned unused; /* the page of LOCK_AT */
};

/* SQLite's own, which hands no argument to what stands in its place; set once, before threads
 * start. */
/* NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables) */
static sqlite3_pcache_methods2 plain;

static struct page_cache *as_cache(sqlite3_pcache *cache)
{
    return (struct page_cache *)(void *)cache;
}

static int on_init(void *ctx)
{
    return plain.xInit(ctx);
}

static void on_shutdown(void *ctx)
{
    plain.xShutdown(ctx);
}

static sqlite3_pcache *create(int page_bytes, int extra_bytes, int is_purgeable)
{
    sqlite3_pcache *inner = plain.xCreate(page_bytes, extra_bytes, is_purgeable);
    struct page_cache *cache;

    if (inner == NULL)
        return NULL;
    cache = mem_alloc(sizeof(*cache));
    cache->inner = inner;
    cache->unused = LOCK_AT / (unsigned)page_bytes + 1;
    return (sqlite3_pcache *)(void *)cache;
}

static void set_size(sqlite3_pcache *cache, int pages)
{
    plain.xCachesize(as_cache(cache)->inner, pages);
}

static int count(sqlite3_pcache *cache)
{
    return plain.xPagecount(as_cache(cache)->inner);
}

static sqlite3_pcache_page *fetch(sqlite3_pcache *cache, unsigned number, int create_how)
{
    return plain.xFetch(as_cache(cache)->inner, number, create_how);
}

static void unpin(sqlite3_pcache *cache, sqlite3_pcache_page *page, int discard)
{
    plain.xUnpin(as_cache(cache)->inner, page, discard);
}

static unsigned place_of(const struct page_cache *cache, unsigned number)
{
    return number == cache->unused ? PARKED : number;
}

static void renumber(sqlite3_pcache *base, sqlite3_pcache_page *page, unsigned from, unsigned to)
{
    const struct page_cache *cache = as_cache(base);

    plain.xRekey(cache->inner, page, place_of(cache, from), place_of(cache, to));
}

static void cut(sqlite3_pcache *cache, unsigned from)
{
    plain.xTruncate(as_cache(cache)->inner, from);
}

static void destroy(sqlite3_pcache *cache)
{
    plain.xDestroy(as_cache(cache)->inner);
    free(cache);
}

static void shrink(sqlite3_pcache *cache)
{
    plain.xShrink(as_cache(cache)->inner);
}

void page_cache_install(void)
{
    sqlite3_pcache_methods2 layer = {
        .iVersion = 1,
        .xInit = on_init,
        .xShutdown = on_shutdown,
        .xCreate = create,
        .xCachesize = set_size,
        .xPagecount = count,
        .xFetch = fetch,
        .xUnpin = unpin,
        .xRekey = renumber,
        .xTruncate = cut,
        .xDestroy = destroy,
        .xShrink = shrink,
    };

    /* Refused once SQLite has begun: then it stays as it is. */
    if (plain.xInit == NULL && sqlite3_config(SQLITE_CONFIG_GETPCACHE2, &plain) == SQLITE_OK)
        (void)sqlite3_config(SQLITE_CONFIG_PCACHE2, &layer);
}
