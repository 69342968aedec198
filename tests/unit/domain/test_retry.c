/* Retry: delays, verdicts, laying policies over each other, and their form in a row. */
#include "domain/retry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/random.h"
#include "death.h"
#include "domain/bounds.h"

static struct random_seeded seeded;
static struct random_source source;
static struct arena *arena;

static int set_up(void **state)
{
    (void)state;
    random_seed(&seeded, 42);
    source = random_from_seed(&seeded);
    arena = arena_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static void assert_same(const struct retry_policy *one, const struct retry_policy *other)
{
    assert_int_equal(one->given, other->given);
    assert_int_equal(one->max_attempts, other->max_attempts);
    assert_int_equal(one->max_crashes, other->max_crashes);
    assert_int_equal(one->backoff, other->backoff);
    assert_int_equal(one->jitter, other->jitter);
    assert_int_equal(one->delays_len, other->delays_len);
    assert_memory_equal(one->delays_ms, other->delays_ms,
                        one->delays_len * sizeof(one->delays_ms[0]));
    assert_int_equal(one->delay_ms, other->delay_ms);
    assert_int_equal(one->max_delay_ms, other->max_delay_ms);
    assert_true(bytes_equal(one->non_retryable, other->non_retryable));
}

static void a_ladder_is_climbed_and_its_last_step_repeats(void **state)
{
    static const int64_t expected[] = {1000, 2000, 4000, 8000, 30000, 60000, 60000, 60000};
    struct retry_policy policy = retry_default();

    (void)state;
    for (unsigned i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
        assert_int_equal(retry_delay_ms(&policy, i + 1, 0), expected[i]);
    assert_int_equal(retry_delay_ms(&policy, UINT32_MAX, 0), 60000);
    policy.delays_len = 0;
    assert_int_equal(retry_delay_ms(&policy, 1, 0), 0);
}

static void fixed_linear_and_exponential_delays_grow_as_named(void **state)
{
    struct retry_policy policy = {.backoff = RETRY_FIXED, .delay_ms = 500, .max_delay_ms = -1};

    (void)state;
    assert_int_equal(retry_delay_ms(&policy, 9, 0), 500);
    policy.backoff = RETRY_LINEAR;
    assert_int_equal(retry_delay_ms(&policy, 9, 0), 4500);
    policy.backoff = RETRY_EXPONENTIAL;
    assert_int_equal(retry_delay_ms(&policy, 1, 0), 500);
    assert_int_equal(retry_delay_ms(&policy, 9, 0), 500 * 256);
}

static void no_delay_leaves_the_range_however_often_it_failed(void **state)
{
    struct retry_policy policy = {.delay_ms = DELAY_MAX_MS, .max_delay_ms = -1};

    (void)state;
    for (int backoff = RETRY_LINEAR; backoff <= RETRY_EXPONENTIAL; backoff++)
        for (unsigned nth = 2; nth != 0; nth *= 2) {
            policy.backoff = (enum retry_backoff)backoff;
            assert_int_equal(retry_delay_ms(&policy, nth, 0), DELAY_MAX_MS);
        }
    policy.delay_ms = 1;
    assert_int_equal(retry_delay_ms(&policy, 40, 0), DELAY_MAX_MS);
    assert_int_equal(retry_delay_ms(&policy, UINT32_MAX, 0), DELAY_MAX_MS);
    policy.backoff = RETRY_LINEAR;
    assert_int_equal(retry_delay_ms(&policy, UINT32_MAX, 0), UINT32_MAX);
}

static void a_cap_holds_for_every_kind_of_delay(void **state)
{
    struct retry_policy policy = retry_default();

    (void)state;
    policy.max_delay_ms = 5000;
    assert_int_equal(retry_delay_ms(&policy, 3, 0), 4000);
    assert_int_equal(retry_delay_ms(&policy, 4, 0), 5000);
    policy.max_delay_ms = 0;
    assert_int_equal(retry_delay_ms(&policy, 4, 0), 0);
}

static void full_jitter_spreads_from_zero_to_the_delay(void **state)
{
    struct retry_policy policy = {
        .backoff = RETRY_FIXED, .delay_ms = 9, .max_delay_ms = -1, .jitter = RETRY_JITTER_FULL};
    unsigned seen = 0;

    (void)state;
    for (unsigned i = 0; i < 1000; i++) {
        int64_t delay_ms = retry_delay_ms(&policy, 1, random_u64(&source));

        assert_in_range(delay_ms, 0, 9);
        seen |= 1U << delay_ms;
    }
    assert_int_equal(seen, 0x3ff);
}

static void equal_jitter_keeps_at_least_half(void **state)
{
    struct retry_policy policy = {
        .backoff = RETRY_FIXED, .delay_ms = 9, .max_delay_ms = -1, .jitter = RETRY_JITTER_EQUAL};
    unsigned seen = 0;

    (void)state;
    for (unsigned i = 0; i < 1000; i++) {
        int64_t delay_ms = retry_delay_ms(&policy, 1, random_u64(&source));

        assert_in_range(delay_ms, 4, 9);
        seen |= 1U << delay_ms;
    }
    assert_int_equal(seen, 0x3f0);
    policy.delay_ms = 0;
    assert_int_equal(retry_delay_ms(&policy, 1, UINT64_MAX), 0);
}

static void named_types_and_no_others_end_a_task(void **state)
{
    struct retry_policy policy = retry_default();

    (void)state;
    assert_true(retry_is_retryable(&policy, BYTES("bad_input")));
    policy.non_retryable = BYTES("bad_input\nNot Found\n\n");
    assert_false(retry_is_retryable(&policy, BYTES("bad_input")));
    assert_false(retry_is_retryable(&policy, BYTES("Not Found")));
    assert_true(retry_is_retryable(&policy, BYTES("not found")));
    assert_true(retry_is_retryable(&policy, BYTES("")));
    assert_true(retry_is_retryable(&policy, BYTES_NONE));
}

static void a_failure_is_retried_until_the_attempts_are_spent(void **state)
{
    struct retry_policy policy = retry_default();
    struct retry_verdict second = retry_after_failure(&policy, 2, true, -1, 0);

    (void)state;
    assert_true(second.again);
    assert_int_equal(second.delay_ms, 2000);
    assert_false(retry_after_failure(&policy, 3, true, -1, 0).again);
    assert_false(retry_after_failure(&policy, 4, true, -1, 0).again);
    assert_false(retry_after_failure(&policy, 1, false, -1, 0).again);
}

static void an_asked_delay_goes_before_the_policy_but_buys_no_attempt(void **state)
{
    struct retry_policy policy = retry_default();

    (void)state;
    assert_int_equal(retry_after_failure(&policy, 1, true, 77, 0).delay_ms, 77);
    assert_int_equal(retry_after_failure(&policy, 1, true, 0, 0).delay_ms, 0);
    assert_false(retry_after_failure(&policy, 3, true, 77, 0).again);
    assert_false(retry_after_failure(&policy, 1, false, 77, 0).again);
}

static void the_first_loss_costs_no_delay_and_crashes_count_apart(void **state)
{
    struct retry_policy policy = retry_default();
    struct retry_verdict first = retry_after_loss(&policy, 1, 0),
                         second = retry_after_loss(&policy, 2, 0);

    (void)state;
    assert_true(first.again);
    assert_int_equal(first.delay_ms, 0);
    assert_true(second.again);
    assert_int_equal(second.delay_ms, 1000);
    assert_false(retry_after_loss(&policy, 3, 0).again);
    policy.max_crashes = 1;
    assert_false(retry_after_loss(&policy, 1, 0).again);
}

static void what_is_not_said_is_taken_from_below(void **state)
{
    struct retry_policy nothing = {.given = 0, .max_attempts = 99, .delays_len = 0};
    struct retry_policy merged = retry_merge(retry_default(), &nothing);

    (void)state;
    assert_int_equal(merged.max_attempts, 3);
    assert_int_equal(merged.max_crashes, 3);
    assert_int_equal(merged.delays_len, 6);
    assert_int_equal(merged.given, 0);
}

static void what_is_said_goes_on_top(void **state)
{
    struct retry_policy over = {
        .given = RETRY_HAS_MAX_ATTEMPTS | RETRY_HAS_MAX_CRASHES | RETRY_HAS_DELAYS |
                 RETRY_HAS_JITTER | RETRY_HAS_NON_RETRYABLE,
        .max_attempts = 7,
        .max_crashes = 1,
        .backoff = RETRY_LINEAR,
        .delay_ms = 5,
        .max_delay_ms = 50,
        .jitter = RETRY_JITTER_FULL,
        .non_retryable = BYTES("x\n"),
    };
    struct retry_policy merged = retry_merge(retry_default(), &over);

    (void)state;
    assert_same(&merged, &over);
}

static void one_part_leaves_the_others_alone(void **state)
{
    struct retry_policy over = {.given = RETRY_HAS_JITTER, .jitter = RETRY_JITTER_EQUAL};
    struct retry_policy merged = retry_merge(retry_default(), &over), expected = retry_default();

    (void)state;
    expected.jitter = RETRY_JITTER_EQUAL;
    expected.given = RETRY_HAS_JITTER;
    assert_same(&merged, &expected);
}

static void fill_delays(struct retry_policy *policy)
{
    static const enum retry_backoff all[] = {RETRY_LADDER, RETRY_FIXED, RETRY_LINEAR,
                                             RETRY_EXPONENTIAL};

    policy->backoff = all[random_below(&source, 4)];
    policy->delay_ms = (int64_t)random_below(&source, (uint64_t)DELAY_MAX_MS + 1);
    policy->max_delay_ms = (int64_t)random_below(&source, (uint64_t)DELAY_MAX_MS + 1) - 1;
    policy->delays_len = (unsigned)random_below(&source, RETRY_DELAYS_MAX + 1);
    for (unsigned i = 0; i < policy->delays_len; i++)
        policy->delays_ms[i] = (int64_t)random_below(&source, (uint64_t)DELAY_MAX_MS + 1);
}

/* What was not given has the value that reading leaves there. */
static struct retry_policy any_policy(void)
{
    static const enum retry_jitter all[] = {RETRY_JITTER_NONE, RETRY_JITTER_FULL,
                                            RETRY_JITTER_EQUAL};
    static const struct bytes types[] = {
        {"", 0}, {"a b\n", 4}, {"n1\na3 c3\n", 9}, {"\xc3\xa4\n", 3}};
    struct retry_policy policy = {.given = (unsigned)random_below(&source, 32), .max_delay_ms = -1};

    if (policy.given & RETRY_HAS_MAX_ATTEMPTS)
        policy.max_attempts = (int32_t)random_below(&source, RETRY_ATTEMPTS_MAX + 1);
    if (policy.given & RETRY_HAS_MAX_CRASHES)
        policy.max_crashes = (int32_t)random_below(&source, RETRY_ATTEMPTS_MAX + 1);
    if (policy.given & RETRY_HAS_DELAYS)
        fill_delays(&policy);
    if (policy.given & RETRY_HAS_JITTER)
        policy.jitter = all[random_below(&source, 3)];
    if (policy.given & RETRY_HAS_NON_RETRYABLE)
        policy.non_retryable = types[random_below(&source, 4)];
    return policy;
}

static void any_policy_reads_back_as_it_was_written(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2000; i++) {
        struct retry_policy policy = any_policy(), read;
        struct bytes text = retry_write(&policy, arena);

        assert_int_equal(text.at == NULL, policy.given == 0);
        assert_true(retry_read(text, &read));
        assert_same(&read, &policy);
    }
}

static void what_is_not_a_policy_is_refused_and_changes_nothing(void **state)
{
    static const char *const bad[] = {
        " ",
        "a",
        "a3 x1",
        "a3  c3",
        "ax",
        "a-2",
        "b4",
        "b-1",
        "j3",
        "j-1",
        "a2147483648",
        "c2147483648",
        "l1,x",
        "l-1",
        "l1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17",
        "d999999999999999999999",
        "m-2",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct retry_policy policy = retry_default(), before = policy;

        if (retry_read(bytes_of(bad[i]), &policy))
            fail_msg("taken: '%s'", bad[i]);
        assert_same(&policy, &before);
    }
}

static void a_zeroth_delay(void)
{
    struct retry_policy policy = retry_default();

    (void)retry_delay_ms(&policy, 0, 0);
}

static void a_verdict_without_failure(void)
{
    struct retry_policy policy = retry_default();

    (void)retry_after_failure(&policy, 0, true, -1, 0);
}

static void a_verdict_without_loss(void)
{
    struct retry_policy policy = retry_default();

    (void)retry_after_loss(&policy, 0, 0);
}

static void counting_begins_at_one(void **state)
{
    (void)state;
    assert_true(dies(a_zeroth_delay));
    assert_true(dies(a_verdict_without_failure));
    assert_true(dies(a_verdict_without_loss));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ladder_is_climbed_and_its_last_step_repeats),
        cmocka_unit_test(fixed_linear_and_exponential_delays_grow_as_named),
        cmocka_unit_test(no_delay_leaves_the_range_however_often_it_failed),
        cmocka_unit_test(a_cap_holds_for_every_kind_of_delay),
        cmocka_unit_test(full_jitter_spreads_from_zero_to_the_delay),
        cmocka_unit_test(equal_jitter_keeps_at_least_half),
        cmocka_unit_test(named_types_and_no_others_end_a_task),
        cmocka_unit_test(a_failure_is_retried_until_the_attempts_are_spent),
        cmocka_unit_test(an_asked_delay_goes_before_the_policy_but_buys_no_attempt),
        cmocka_unit_test(the_first_loss_costs_no_delay_and_crashes_count_apart),
        cmocka_unit_test(what_is_not_said_is_taken_from_below),
        cmocka_unit_test(what_is_said_goes_on_top),
        cmocka_unit_test(one_part_leaves_the_others_alone),
        cmocka_unit_test(any_policy_reads_back_as_it_was_written),
        cmocka_unit_test(what_is_not_a_policy_is_refused_and_changes_nothing),
        cmocka_unit_test(counting_begins_at_one),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
