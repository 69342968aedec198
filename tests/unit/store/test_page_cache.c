/* Page cache: the number at which SQLite parks a page is none that a commit looks behind. */
#include "sqlite/page_cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sqlite3.h>

enum { PAGE_BYTES = 4096, EXTRA_BYTES = 200, MAKE = 2, GIGABYTE = 0x40000000 };

static sqlite3_pcache_methods2 installed;

/* What every connection is given. */
static int install(void **state)
{
    (void)state;
    page_cache_install();
    if (sqlite3_config(SQLITE_CONFIG_GETPCACHE2, &installed) != SQLITE_OK)
        return -1;
    return sqlite3_initialize();
}

static sqlite3_pcache *cache_of(int page_bytes)
{
    sqlite3_pcache *cache = installed.xCreate(page_bytes, EXTRA_BYTES, 1);

    installed.xCachesize(cache, 100);
    return cache;
}

static unsigned parking(int page_bytes)
{
    return GIGABYTE / (unsigned)page_bytes + 1;
}

static void a_page_that_is_parked_stands_below_all_others(void **state)
{
    sqlite3_pcache *cache = cache_of(PAGE_BYTES);
    sqlite3_pcache_page *page = installed.xFetch(cache, 7, MAKE);

    installed.xRekey(cache, page, 7, parking(PAGE_BYTES));

    assert_null(installed.xFetch(cache, 7, 0));
    assert_null(installed.xFetch(cache, parking(PAGE_BYTES), 0));
    installed.xTruncate(cache, 1); /* of all pages that are one */
    assert_int_equal(installed.xPagecount(cache), 1);
    installed.xDestroy(cache);
    (void)state;
}

static void two_pages_change_places(void **state)
{
    sqlite3_pcache *cache = cache_of(PAGE_BYTES);
    sqlite3_pcache_page *seven = installed.xFetch(cache, 7, MAKE);
    sqlite3_pcache_page *nine = installed.xFetch(cache, 9, MAKE);

    installed.xRekey(cache, nine, 9, parking(PAGE_BYTES));
    installed.xRekey(cache, seven, 7, 9);
    installed.xRekey(cache, nine, parking(PAGE_BYTES), 7);

    assert_ptr_equal(installed.xFetch(cache, 7, 0), nine);
    assert_ptr_equal(installed.xFetch(cache, 9, 0), seven);
    assert_int_equal(installed.xPagecount(cache), 2);
    installed.xDestroy(cache);
    (void)state;
}

/* With pages twice as large the same number is one like any other. */
static void another_size_of_page_parks_elsewhere(void **state)
{
    sqlite3_pcache *cache = cache_of(2 * PAGE_BYTES);
    sqlite3_pcache_page *page = installed.xFetch(cache, 7, MAKE);

    installed.xRekey(cache, page, 7, parking(PAGE_BYTES));
    assert_ptr_equal(installed.xFetch(cache, parking(PAGE_BYTES), 0), page);
    installed.xRekey(cache, page, parking(PAGE_BYTES), parking(2 * PAGE_BYTES));
    assert_null(installed.xFetch(cache, parking(2 * PAGE_BYTES), 0));
    installed.xDestroy(cache);
    (void)state;
}

static void what_stands_behind_the_end_is_cut_off(void **state)
{
    sqlite3_pcache *cache = cache_of(PAGE_BYTES);
    sqlite3_pcache_page *kept = installed.xFetch(cache, 3, MAKE);

    installed.xUnpin(cache, installed.xFetch(cache, 4, MAKE), 0);
    installed.xUnpin(cache, installed.xFetch(cache, 5, MAKE), 1);
    assert_int_equal(installed.xPagecount(cache), 2);
    installed.xTruncate(cache, 4);
    assert_int_equal(installed.xPagecount(cache), 1);
    installed.xUnpin(cache, kept, 0);
    installed.xShrink(cache);
    assert_int_equal(installed.xPagecount(cache), 0);
    installed.xDestroy(cache);
    (void)state;
}

/* SQLite keeps what it has once it has begun. */
static void installing_it_again_changes_nothing(void **state)
{
    sqlite3_pcache *cache;

    page_cache_install();
    cache = cache_of(PAGE_BYTES);
    assert_int_equal(installed.xPagecount(cache), 0);
    installed.xDestroy(cache);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_that_is_parked_stands_below_all_others),
        cmocka_unit_test(two_pages_change_places),
        cmocka_unit_test(another_size_of_page_parks_elsewhere),
        cmocka_unit_test(what_stands_behind_the_end_is_cut_off),
        cmocka_unit_test(installing_it_again_changes_nothing),
    };

    return cmocka_run_group_tests(tests, install, NULL);
}
