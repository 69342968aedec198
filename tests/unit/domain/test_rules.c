/* Rules: what is written is read, and nothing else is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "domain/rules.h"

static void everything_comes_back(void **state)
{
    struct arena *arena = arena_new();
    struct limit_use uses[] = {{BYTES("gpu"), 2}, {BYTES("api:eu"), 1}};
    struct task_rules said = {
        .limits = limits_write(uses, 2, arena),
        .fairness_key = BYTES("tenant 7"),
        .weight_milli = 2500,
        .ordering_key = BYTES("order-1"),
        .on_order_failure = ORDER_BLOCK,
        .dedup = {.key = BYTES("k"),
                  .scope = DEDUP_WINDOW,
                  .on_conflict = DEDUP_DEBOUNCE,
                  .window_ms = 60000,
                  .max_delay_ms = -1},
        .depends_on = BYTES("a\nb\n"),
        .on_dependency_failure = DEPENDENCY_RUN,
        .affinity = BYTES("cache-3"),
        .callback_webhook = BYTES("ops"),
        .callback_url = BYTES("https://a.example/?b=c d"),
    };
    struct task_rules read;

    (void)state;
    assert_true(rules_read(rules_write(&said, arena), &read));
    assert_true(bytes_is(read.limits, "api:eu 1\ngpu 2\n"));
    assert_true(bytes_is(read.fairness_key, "tenant 7"));
    assert_int_equal(read.weight_milli, 2500);
    assert_true(bytes_is(read.ordering_key, "order-1"));
    assert_int_equal(read.on_order_failure, ORDER_BLOCK);
    assert_true(bytes_is(read.dedup.key, "k"));
    assert_int_equal(read.dedup.scope, DEDUP_WINDOW);
    assert_int_equal(read.dedup.on_conflict, DEDUP_DEBOUNCE);
    assert_int_equal(read.dedup.window_ms, 60000);
    assert_int_equal(read.dedup.max_delay_ms, -1);
    assert_true(bytes_is(read.depends_on, "a\nb\n"));
    assert_int_equal(read.on_dependency_failure, DEPENDENCY_RUN);
    assert_true(bytes_is(read.affinity, "cache-3"));
    assert_true(bytes_is(read.callback_webhook, "ops"));
    assert_true(bytes_is(read.callback_url, "https://a.example/?b=c d"));
    arena_free(arena);
}

static void nothing_said_is_nothing_kept(void **state)
{
    struct arena *arena = arena_new();
    struct task_rules read = {.weight_milli = 7};

    (void)state;
    assert_null(rules_write(&(struct task_rules){.weight_milli = 0}, arena).at);
    assert_true(rules_read(BYTES_NONE, &read));
    assert_int_equal(read.weight_milli, 0);
    assert_null(read.limits.at);
    arena_free(arena);
}

static void a_damaged_text_is_refused(void **state)
{
    static const char *const TEXTS[] = {"l99\na 1\n", "q1\n", "\n", "w-1\n", "lx\n", "b9\n"};
    struct task_rules read;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(TEXTS); i++)
        assert_false(rules_read(bytes_of(TEXTS[i]), &read));
}

static void limits_are_cut_off_one_by_one(void **state)
{
    struct bytes rest = BYTES("a 1\nb 20\n");
    struct limit_use use;

    (void)state;
    assert_true(limits_next(&rest, &use));
    assert_true(bytes_is(use.name, "a"));
    assert_int_equal(use.units, 1);
    assert_true(limits_next(&rest, &use));
    assert_true(bytes_is(use.name, "b"));
    assert_int_equal(use.units, 20);
    assert_false(limits_next(&rest, &use));
}

static void a_heavier_weight_takes_less_of_the_share(void **state)
{
    (void)state;
    assert_int_equal(rules_share(&(struct task_rules){.weight_milli = 0}), SHARE_UNIT);
    assert_int_equal(rules_share(&(struct task_rules){.weight_milli = 2000}), SHARE_UNIT / 2);
    assert_int_equal(rules_share(&(struct task_rules){.weight_milli = 500}), SHARE_UNIT * 2);
    assert_true(rules_share(&(struct task_rules){.weight_milli = WEIGHT_MAX_MILLI}) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_comes_back),
        cmocka_unit_test(nothing_said_is_nothing_kept),
        cmocka_unit_test(a_damaged_text_is_refused),
        cmocka_unit_test(limits_are_cut_off_one_by_one),
        cmocka_unit_test(a_heavier_weight_takes_less_of_the_share),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
