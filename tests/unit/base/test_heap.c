/* Heap: always the smallest first, whatever was set, moved and removed before. */
#include "base/heap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/random.h"

enum { NODES = 1000 };

static void the_smallest_comes_first(void **state)
{
    struct heap heap;
    struct heap_node nodes[] = {{0}, {0}, {0}};

    (void)state;
    heap_init(&heap);
    assert_null(heap_first(&heap));
    heap_set(&heap, &nodes[0], 20);
    heap_set(&heap, &nodes[1], INT64_MIN);
    heap_set(&heap, &nodes[2], INT64_MAX);
    assert_ptr_equal(heap_first(&heap), &nodes[1]);
    heap_set(&heap, &nodes[1], 30);
    assert_ptr_equal(heap_first(&heap), &nodes[0]);
    heap_remove(&heap, &nodes[0]);
    assert_int_equal(nodes[0].place, 0);
    heap_remove(&heap, &nodes[0]);
    assert_ptr_equal(heap_first(&heap), &nodes[1]);
    heap_fini(&heap);
    assert_int_equal(nodes[1].place, 0);
    heap_fini(NULL);
}

static void assert_ordered(const struct heap *heap)
{
    for (size_t place = 1; place <= heap->len; place++) {
        assert_int_equal(heap->nodes[place - 1]->place, place);
        if (place > 1)
            assert_true(heap->nodes[place / 2 - 1]->key <= heap->nodes[place - 1]->key);
    }
}

static void random_changes_keep_the_order(void **state)
{
    static struct heap_node nodes[NODES];
    struct random_seeded seeded;
    struct random_source random = random_from_seed(&seeded);
    struct heap heap;

    (void)state;
    random_seed(&seeded, 7);
    heap_init(&heap);
    for (unsigned i = 0; i < 20000; i++) {
        struct heap_node *node = &nodes[random_below(&random, NODES)];

        if (random_below(&random, 3) == 0)
            heap_remove(&heap, node);
        else
            heap_set(&heap, node, (int64_t)random_below(&random, 500) - 250);
        if (i % 100 == 0)
            assert_ordered(&heap);
    }
    assert_ordered(&heap);

    int64_t last = INT64_MIN;

    while (heap_first(&heap) != NULL) {
        assert_true(heap_first(&heap)->key >= last);
        last = heap_first(&heap)->key;
        heap_remove(&heap, heap_first(&heap));
    }
    heap_fini(&heap);
}

static void memory_follows_what_is_in_it(void **state)
{
    static struct heap_node nodes[NODES];
    struct heap heap;

    (void)state;
    heap_init(&heap);
    for (unsigned i = 0; i < NODES; i++)
        heap_set(&heap, &nodes[i], i);
    for (unsigned i = 0; i < NODES; i++)
        heap_remove(&heap, &nodes[i]);
    assert_true(heap.capacity <= 64);
    heap_fini(&heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_smallest_comes_first),
        cmocka_unit_test(random_changes_keep_the_order),
        cmocka_unit_test(memory_follows_what_is_in_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
