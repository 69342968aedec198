/* Random: the system's bits differ, a seed's are always the same, and bounds are met evenly. */
#include "base/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void the_system_never_repeats(void **state)
{
    struct random_source random = random_system();
    unsigned char a[100] = {0};
    unsigned char b[100] = {0};

    (void)state;
    random.fill(random.ctx, a, sizeof(a));
    random.fill(random.ctx, b, sizeof(b));
    assert_memory_not_equal(a, b, sizeof(a));
    random.fill(random.ctx, a, 0);
}

/* Computed with the authors' reference code: splitmix64(0) into xoshiro256**. */
static void a_seed_gives_the_reference_sequence(void **state)
{
    struct random_seeded seeded;
    struct random_source random = random_from_seed(&seeded);

    (void)state;
    random_seed(&seeded, 0);
    assert_true(seeded.state[0] == UINT64_C(0xe220a8397b1dcdaf));
    assert_true(random_u64(&random) == UINT64_C(0x99ec5f36cb75f2b4));
    assert_true(random_u64(&random) == UINT64_C(0xbf6e1f784956452a));
}

static void other_seeds_give_other_bits(void **state)
{
    struct random_seeded seeded_a;
    struct random_seeded seeded_b;
    struct random_source a = random_from_seed(&seeded_a);
    struct random_source b = random_from_seed(&seeded_b);

    (void)state;
    random_seed(&seeded_a, 1);
    random_seed(&seeded_b, 2);
    assert_true(random_u64(&a) != random_u64(&b));
}

static void all_results_below_a_bound_are_met(void **state)
{
    struct random_seeded seeded;
    struct random_source random = random_from_seed(&seeded);
    unsigned counts[7] = {0};

    (void)state;
    random_seed(&seeded, 3);
    for (unsigned i = 0; i < 70000; i++)
        counts[random_below(&random, 7)]++;
    for (unsigned i = 0; i < 7; i++)
        assert_in_range(counts[i], 9500, 10500);
    assert_int_equal(random_below(&random, 1), 0);
    assert_true(random_below(&random, UINT64_MAX) < UINT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_system_never_repeats),
        cmocka_unit_test(a_seed_gives_the_reference_sequence),
        cmocka_unit_test(other_seeds_give_other_bits),
        cmocka_unit_test(all_results_below_a_bound_are_met),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
