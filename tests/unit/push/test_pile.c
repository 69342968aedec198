/* Tests of piles: they grow, and are handed over whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "pile.h"

static void it_grows_and_is_handed_over(void **state)
{
    struct pile pile = {.mem = NULL}, taken;

    (void)state;
    for (int i = 0; i < 100; i++)
        *(int *)pile_add(&pile, sizeof(int)) = i;
    taken = pile_take(&pile);
    assert_int_equal(taken.len, 100);
    assert_int_equal(pile.len, 0);
    for (int i = 0; i < 100; i++)
        assert_int_equal(((const int *)taken.at)[i], i);
    *(int *)pile_add(&pile, sizeof(int)) = 7;
    pile_fini(&pile);
    pile_fini(&taken);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(it_grows_and_is_handed_over)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
