/* Tests of quotas: a rate reads back as it was written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "domain/namespace.h"

static void by_default_nothing_is_bounded(void **state)
{
    struct ns_quotas quotas = ns_quotas_default();

    (void)state;
    assert_int_equal(quotas.pending_limit, -1);
    assert_int_equal(quotas.bytes_limit, -1);
    assert_int_equal(quotas.queues_limit, -1);
    assert_true(quotas.rate.units <= 0);
}

static void a_rate_reads_back_to_the_last_bit(void **state)
{
    static const struct rate_limit rates[] = {
        {200, 1, 400}, {0.1, 86400, 0.3}, {1e-300, 1e-9, 1e9}, {1e9, 1.0 / 3, 5}};
    struct arena *arena = arena_new();
    struct rate_limit back;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rates); i++) {
        assert_true(rate_read(rate_write(&rates[i], arena), &back));
        assert_memory_equal(&back, &rates[i], sizeof(back));
    }
    arena_free(arena);
}

static void no_rate_is_no_text(void **state)
{
    struct rate_limit none = {.units = 0}, back = {.units = 7};
    struct arena *arena = arena_new();

    (void)state;
    assert_null(rate_write(&none, arena).at);
    assert_true(rate_read(BYTES_NONE, &back));
    assert_true(back.units <= 0);
    arena_free(arena);
}

static void what_is_no_rate_bounds_nothing(void **state)
{
    static const char *const texts[] = {"",
                                        "{}",
                                        "{\"units\":1}",
                                        "{\"units\":1,\"period_s\":0,\"burst\":1}",
                                        "{\"units\":-1,\"period_s\":1,\"burst\":1}",
                                        "{\"units\":1,\"period_s\":1,\"burst\":\"x\"}"};
    struct rate_limit back;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        back.units = 7;
        assert_false(rate_read(bytes_of(texts[i]), &back));
        assert_true(back.units <= 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_default_nothing_is_bounded),
        cmocka_unit_test(a_rate_reads_back_to_the_last_bit),
        cmocka_unit_test(no_rate_is_no_text),
        cmocka_unit_test(what_is_no_rate_bounds_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
