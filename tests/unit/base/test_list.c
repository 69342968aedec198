/* List: order is kept, removing is safe twice, and moving empties the source. */
#include "base/list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct item {
    int number;
    struct list_node link;
};

static int first_number(const struct list *list)
{
    struct list_node *node = list_first(list);

    return node != NULL ? CONTAINER_OF(node, struct item, link)->number : 0;
}

static void nodes_come_out_in_order(void **state)
{
    struct list list;
    struct item items[] = {{.number = 1}, {.number = 2}, {.number = 3}};

    (void)state;
    list_init(&list);
    assert_true(list_is_empty(&list));
    assert_null(list_first(&list));
    list_push_back(&list, &items[1].link);
    list_push_back(&list, &items[2].link);
    list_push_front(&list, &items[0].link);
    for (int expected = 1; expected <= 3; expected++) {
        assert_int_equal(first_number(&list), expected);
        assert_ptr_equal(list_pop_front(&list), &items[expected - 1].link);
        assert_false(list_is_linked(&items[expected - 1].link));
    }
    assert_null(list_pop_front(&list));
}

static void removing_from_the_middle_closes_the_gap(void **state)
{
    struct list list;
    struct item items[] = {{.number = 1}, {.number = 2}, {.number = 3}};

    (void)state;
    list_init(&list);
    for (unsigned i = 0; i < 3; i++)
        list_push_back(&list, &items[i].link);
    list_remove(&items[1].link);
    list_remove(&items[1].link);
    assert_ptr_equal(list_next(&list, &items[0].link), &items[2].link);
    assert_null(list_next(&list, &items[2].link));
}

static void moving_appends_and_empties(void **state)
{
    struct list to;
    struct list from;
    struct item items[] = {{.number = 1}, {.number = 2}, {.number = 3}};

    (void)state;
    list_init(&to);
    list_init(&from);
    list_push_back(&to, &items[0].link);
    list_push_back(&from, &items[1].link);
    list_push_back(&from, &items[2].link);
    list_move_all(&to, &from);
    assert_true(list_is_empty(&from));
    for (int expected = 1; expected <= 3; expected++) {
        assert_int_equal(first_number(&to), expected);
        (void)list_pop_front(&to);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nodes_come_out_in_order),
        cmocka_unit_test(removing_from_the_middle_closes_the_gap),
        cmocka_unit_test(moving_appends_and_empties),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
