/* Tests of the heap of lineups: the first is the first, however items come, move and go. */
#include "lineup_heap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/random.h"

enum { ITEMS = 60, STEPS = 20000 };

static const struct lineup_item *first_of(const struct lineup_item *items,
                                          const struct lineup_heap *heap)
{
    const struct lineup_item *first = NULL;

    for (unsigned i = 0; i < ITEMS; i++)
        if (items[i].in == heap &&
            (first == NULL || ready_head_compare(&items[i].key, &first->key) < 0))
            first = &items[i];
    return first;
}

static void the_first_stands_before_all_others(void **state)
{
    static struct lineup_item items[ITEMS];
    struct lineup_heap heaps[2] = {{.items = NULL}};
    struct random_seeded random;
    struct random_source source;

    (void)state;
    random_seed(&random, 5);
    source = random_from_seed(&random);
    for (unsigned step = 0; step < STEPS; step++) {
        struct lineup_item *item = &items[random_below(&source, ITEMS)];
        struct ready_head key = {.number = step, .share = (int64_t)random_below(&source, 20)};

        if (random_below(&source, 3) == 0)
            lineup_heap_remove(item);
        else
            lineup_heap_put(item->in != NULL ? item->in : &heaps[random_below(&source, 2)], item,
                            &key);
        for (unsigned i = 0; i < 2; i++)
            assert_ptr_equal(lineup_heap_first(&heaps[i]), first_of(items, &heaps[i]));
    }
    for (unsigned i = 0; i < ITEMS; i++)
        lineup_heap_remove(&items[i]);
    assert_int_equal(heaps[0].len + heaps[1].len, 0);
    lineup_heap_fini(&heaps[0]);
    lineup_heap_fini(&heaps[1]);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_stands_before_all_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
