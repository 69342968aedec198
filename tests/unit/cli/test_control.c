/* Control lines: what is understood, and that everything else is said to be unknown. */
#include "control.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void progress_is_a_share_of_one(void **state)
{
    (void)state;
    struct control_line line = control_parse(BYTES("progress 0.25 a quarter"));

    assert_int_equal(line.kind, CONTROL_PROGRESS);
    assert_true(line.percent > 24.99 && line.percent < 25.01);
    assert_true(bytes_is(line.text, "a quarter"));
    assert_int_equal(control_parse(BYTES("progress 1")).kind, CONTROL_PROGRESS);
}

static void progress_beyond_its_bounds_is_unknown(void **state)
{
    (void)state;
    assert_int_equal(control_parse(BYTES("progress 1.5")).kind, CONTROL_UNKNOWN);
    assert_int_equal(control_parse(BYTES("progress -0.1")).kind, CONTROL_UNKNOWN);
    assert_int_equal(control_parse(BYTES("progress nan")).kind, CONTROL_UNKNOWN);
    assert_int_equal(control_parse(BYTES("progress")).kind, CONTROL_UNKNOWN);
}

static void log_and_result_keep_their_text(void **state)
{
    (void)state;
    struct control_line line = control_parse(BYTES("log  two blanks "));

    assert_int_equal(line.kind, CONTROL_LOG);
    assert_true(bytes_is(line.text, " two blanks "));

    line = control_parse(BYTES("result {\"a\": 1.0}"));
    assert_int_equal(line.kind, CONTROL_RESULT);
    assert_true(bytes_is(line.text, "{\"a\": 1.0}"));
}

static void retry_after_is_a_duration(void **state)
{
    (void)state;
    struct control_line line = control_parse(BYTES("retry-after 1.5"));

    assert_int_equal(line.kind, CONTROL_RETRY_AFTER);
    assert_int_equal(line.retry_after_ms, 1500);
    assert_int_equal(control_parse(BYTES("retry-after soon")).kind, CONTROL_UNKNOWN);
}

static void anything_else_is_unknown(void **state)
{
    (void)state;
    assert_int_equal(control_parse(BYTES("")).kind, CONTROL_UNKNOWN);
    assert_int_equal(control_parse(BYTES("PROGRESS 0.5")).kind, CONTROL_UNKNOWN);
    assert_true(bytes_is(control_parse(BYTES("what is this")).text, "what is this"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(progress_is_a_share_of_one),
        cmocka_unit_test(progress_beyond_its_bounds_is_unknown),
        cmocka_unit_test(log_and_result_keep_their_text),
        cmocka_unit_test(retry_after_is_a_duration),
        cmocka_unit_test(anything_else_is_unknown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
