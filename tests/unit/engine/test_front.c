/* Tests of fronts: what is known of a shelf is never wrong, however little it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/random.h"
#include "front.h"

enum { STEPS = 20000, TASKS_MAX = 150 };

/* A shelf as it is: all ready tasks, in order. */
struct plain {
    struct ready_head heads[TASKS_MAX];
    unsigned len;
    int64_t last;
};

static void plain_enter(struct plain *plain, struct ready_head head)
{
    unsigned place = plain->len++;

    for (; place > 0 && ready_head_compare(&head, &plain->heads[place - 1]) < 0; place--)
        plain->heads[place] = plain->heads[place - 1];
    plain->heads[place] = head;
}

static int64_t plain_leave(struct plain *plain, unsigned place)
{
    int64_t number = plain->heads[place].number;

    plain->len--;
    for (unsigned i = place; i < plain->len; i++)
        plain->heads[i] = plain->heads[i + 1];
    return number;
}

static void check(const struct front *front, const struct plain *plain)
{
    assert_true(front->len <= plain->len && front->len <= FRONT_MAX);
    for (unsigned i = 0; i < front->len; i++)
        assert_int_equal(front->at[i].number, plain->heads[i].number);
    if (front->len == 0 && plain->len > 0)
        assert_true(ready_head_compare(&front->bound, &plain->heads[0]) <= 0);
}

static void a_front_is_always_the_beginning_of_the_line(void **state)
{
    struct random_seeded random;
    struct random_source source;
    struct front front = {.at = NULL};
    struct plain plain = {.len = 0};

    (void)state;
    random_seed(&random, 7);
    source = random_from_seed(&random);
    front_forget(&front);
    for (unsigned step = 0; step < STEPS; step++) {
        uint64_t pick = random_below(&source, 100);

        if (pick < 50 && plain.len < TASKS_MAX) {
            struct ready_head head = {
                .number = ++plain.last,
                .priority = (int32_t)random_below(&source, 3),
                .share = (int64_t)random_below(&source, 3),
            };
            bool was_empty = plain.len == 0;

            plain_enter(&plain, head);
            bool is_told = front_enter(&front, &head, plain.len - 1);
            assert_true(is_told || !was_empty);
            assert_true(is_told || plain.heads[0].number != head.number || front.len == 0);
        } else if (pick < 90 && plain.len > 0) {
            bool takes_first = pick < 70;
            unsigned place = takes_first ? 0 : (unsigned)random_below(&source, plain.len);
            bool knew_it = front.len > 0 && place == 0;

            assert_int_equal(front_leave(&front, plain_leave(&plain, place)), knew_it);
        } else if (pick < 92) {
            front_forget(&front);
        } else if (front.len == 0) {
            unsigned len = 8 + (unsigned)pick % 4 * 20;

            front_fill(&front, plain.heads, len < plain.len ? len : plain.len);
        }
        check(&front, &plain);
    }
    front_fini(&front);
}

static void nothing_stands_before_the_best_or_behind_the_last(void **state)
{
    const struct ready_head best = ready_head_best(), last = ready_head_last(),
                            some = {.number = 1, .priority = 100};

    (void)state;
    assert_true(ready_head_compare(&best, &some) < 0);
    assert_true(ready_head_compare(&some, &last) < 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_front_is_always_the_beginning_of_the_line),
        cmocka_unit_test(nothing_stands_before_the_best_or_behind_the_last),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
