/* Tests of limits in memory: which settings hold, and counts of a batch that are kept or dropped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "batch.h"

/* What a batch needs to count. */
struct bench {
    struct hot hot;
    struct batch batch;
    struct hot_ns *ns;
};

static int set_up(void **state)
{
    static struct bench bench;

    bench = (struct bench){.batch = {.hot = &bench.hot, .now = {.mono_ms = 1000}}};
    hot_init(&bench.hot);
    bench.ns = hot_ns(&bench.hot, BYTES("default"), true);
    *state = &bench;
    return 0;
}

static int tear_down(void **state)
{
    hot_fini(&((struct bench *)*state)->hot);
    return 0;
}

static void declare(struct bench *bench, const char *name, int64_t max_running,
                    struct rate_limit rate)
{
    limit_declare(&bench->hot, bench->ns,
                  &(struct hot_declared){
                      .name = bytes_of(name),
                      .version = 1,
                      .settings = {.max_running = max_running, .rate = rate},
                  });
}

static const struct rate_limit NO_RATE = {.units = 0};

static struct hot_limit *take(struct bench *bench, const char *name)
{
    return limit_take(&bench->hot, bench->ns, bytes_of(name));
}

static bool has_room(const struct bench *bench, const struct hot_limit *limit, int64_t units)
{
    int64_t wait_ms;

    return limit_has_room(limit, units, false, bench->batch.now.mono_ms, &wait_ms);
}

static void the_most_specific_settings_hold(void **state)
{
    struct bench *bench = *state;
    struct hot_limit *limit = take(bench, "a:b:c");

    assert_int_equal(limit->settings.max_running, -1);
    assert_null(limit->from);
    declare(bench, "*", 1, NO_RATE);
    assert_int_equal(limit->settings.max_running, 1);
    declare(bench, "a:b:*", 2, NO_RATE);
    declare(bench, "a:*", 3, NO_RATE);
    assert_int_equal(limit->settings.max_running, 2);
    assert_true(bytes_is(limit->from->name, "a:b:*"));
    declare(bench, "a:b:c*", 4, NO_RATE);
    assert_int_equal(limit->settings.max_running, 4);
    declare(bench, "a:b:c", 5, NO_RATE);
    assert_int_equal(limit->settings.max_running, 5);
    assert_int_equal(take(bench, "a:b:d")->settings.max_running, 2);

    limit_undeclare(&bench->hot, bench->ns, BYTES("a:b:c"));
    limit_undeclare(&bench->hot, bench->ns, BYTES("a:b:c*"));
    assert_int_equal(limit->settings.max_running, 2);
    limit_undeclare(&bench->hot, bench->ns, BYTES("a:b:*"));
    limit_undeclare(&bench->hot, bench->ns, BYTES("a:*"));
    limit_undeclare(&bench->hot, bench->ns, BYTES("*"));
    assert_int_equal(limit->settings.max_running, -1);
}

static void every_name_of_a_rule_has_its_own_count(void **state)
{
    struct bench *bench = *state;

    declare(bench, "c:*", 1, NO_RATE);

    struct hot_limit *one = take(bench, "c:1"), *two = take(bench, "c:2");

    limit_claim(&bench->batch, one, 1, false);
    assert_false(has_room(bench, one, 1));
    assert_true(has_room(bench, two, 1));
}

static void counts_of_a_batch_are_kept_or_dropped(void **state)
{
    struct bench *bench = *state;
    struct hot_limit *limit = take(bench, "a");

    declare(bench, "a", 5, (struct rate_limit){.units = 1, .period_s = 1, .burst = 5});
    limit_claim(&bench->batch, limit, 4, false);
    limit_hold(&bench->batch, limit, 4);
    assert_false(has_room(bench, limit, 2));
    hot_drop(&bench->hot);
    assert_int_equal(limit_units_running(limit) + limit_units_held(limit), 0);
    assert_true(has_room(bench, limit, 5)); /* the rate is as it was, too */

    limit_claim(&bench->batch, limit, 4, false);
    limit_hold(&bench->batch, limit, 4);
    hot_fold(&bench->hot);
    hot_drop(&bench->hot);
    assert_int_equal(limit->running.of, 4);
    assert_int_equal(limit->held.of, 4);
    assert_true(has_room(bench, limit, 1));
    assert_false(has_room(bench, limit, 2));
    limit_release(&bench->batch, limit, 4);
    limit_hold(&bench->batch, limit, -4);
    hot_fold(&bench->hot);
    assert_int_equal(limit_units_running(limit) + limit_units_held(limit), 0);
    assert_false(has_room(bench, limit, 2)); /* what ran has used up its rate */
}

static void a_rate_says_how_long_to_wait(void **state)
{
    struct bench *bench = *state;
    struct hot_limit *limit = take(bench, "a");
    int64_t wait_ms = 0;

    declare(bench, "a", -1, (struct rate_limit){.units = 2, .period_s = 1, .burst = 2});
    assert_true(limit_has_room(limit, 2, false, 1000, &wait_ms));
    limit_claim(&bench->batch, limit, 2, false);
    assert_false(limit_has_room(limit, 1, false, 1000, &wait_ms));
    assert_int_equal(wait_ms, 500);
    assert_false(limit_has_room(limit, 3, false, 1000, &wait_ms));
    assert_true(wait_ms == INT64_MAX); /* more than its burst */
    assert_true(limit_has_room(limit, 1, false, 1500, &wait_ms));
    declare(bench, "a", 1, (struct rate_limit){.units = 2, .period_s = 1, .burst = 2});
    assert_false(limit_has_room(limit, 1, false, 1500, &wait_ms));
    assert_true(wait_ms == INT64_MAX); /* time alone does not help against a cap */
}

static void who_has_paid_at_submit_is_not_charged_again(void **state)
{
    struct bench *bench = *state;
    struct hot_limit *limit = take(bench, "a");
    int64_t wait_ms;

    limit_declare(&bench->hot, bench->ns,
                  &(struct hot_declared){
                      .name = BYTES("a"),
                      .settings = {.max_running = -1,
                                   .rate = {.units = 1, .period_s = 1, .burst = 1},
                                   .over = LIMIT_REJECTS},
                  });
    assert_true(limit_charge(&bench->batch, limit, 1, &wait_ms));
    assert_false(limit_charge(&bench->batch, limit, 1, &wait_ms));
    assert_int_equal(wait_ms, 1000);
    assert_false(has_room(bench, limit, 1)); /* for those who have not */
    assert_true(limit_has_room(limit, 1, true, bench->batch.now.mono_ms, &wait_ms));
    limit_claim(&bench->batch, limit, 1, true);
    hot_drop(&bench->hot);
    assert_true(limit_charge(&bench->batch, limit, 1, &wait_ms));
}

static void one_that_nobody_uses_is_forgotten_when_its_rate_is_full(void **state)
{
    struct bench *bench = *state;
    struct hot_limit *limit = take(bench, "a");

    declare(bench, "a", -1, (struct rate_limit){.units = 1, .period_s = 1, .burst = 3});
    limit_claim(&bench->batch, limit, 2, false);
    limit_release(&bench->batch, limit, 2);
    limit_drop(limit);
    hot_fold(&bench->hot);
    limits_run(&bench->batch);
    assert_ptr_equal(limit_in_use(bench->ns, BYTES("a")), limit);
    bench->batch.now.mono_ms += 1999;
    limits_run(&bench->batch);
    assert_ptr_equal(limit_in_use(bench->ns, BYTES("a")), limit);
    bench->batch.now.mono_ms++;
    limits_run(&bench->batch);
    assert_null(limit_in_use(bench->ns, BYTES("a")));
}

static void one_that_counts_is_not_forgotten(void **state)
{
    struct bench *bench = *state;
    struct hot_limit *limit = limit_look_up(&bench->hot, bench->ns, BYTES("a"));

    limit_hold(&bench->batch, limit, 1);
    limits_run(&bench->batch);
    hot_fold(&bench->hot);
    limits_run(&bench->batch);
    assert_ptr_equal(limit_in_use(bench->ns, BYTES("a")), limit);
    limit_hold(&bench->batch, limit, -1);
    hot_fold(&bench->hot);
    limits_run(&bench->batch);
    assert_null(limit_in_use(bench->ns, BYTES("a")));
    (void)limit_look_up(&bench->hot, bench->ns, BYTES("b"));
    limits_run(&bench->batch);
    assert_null(limit_in_use(bench->ns, BYTES("b")));
}

static void a_wake_comes_at_the_earliest_time_asked(void **state)
{
    struct bench *bench = *state;
    struct hot_limit *limit = take(bench, "a");

    limit_wake_in(limit, 1000, INT64_MAX);
    assert_null(heap_first(&bench->hot.limits_due));
    limit_wake_in(limit, 1000, 500);
    limit_wake_in(limit, 1000, 200);
    limit_wake_in(limit, 1000, 700);
    assert_int_equal(heap_first(&bench->hot.limits_due)->key, 1200);
    declare(bench, "a", 3, NO_RATE);
    assert_true(heap_first(&bench->hot.limits_due)->key <= 1000);
    limits_run(&bench->batch);
    assert_null(heap_first(&bench->hot.limits_due));
}

#define BENCHED(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCHED(the_most_specific_settings_hold),
        BENCHED(every_name_of_a_rule_has_its_own_count),
        BENCHED(counts_of_a_batch_are_kept_or_dropped),
        BENCHED(a_rate_says_how_long_to_wait),
        BENCHED(who_has_paid_at_submit_is_not_charged_again),
        BENCHED(one_that_nobody_uses_is_forgotten_when_its_rate_is_full),
        BENCHED(one_that_counts_is_not_forgotten),
        BENCHED(a_wake_comes_at_the_earliest_time_asked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
