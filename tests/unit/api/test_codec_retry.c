/* Tests of retry policies as they are said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "arena_fixture.h"
#include "codec_query.h"

static struct error error;
static struct retry_policy policy;

static enum err read_policy(const char *text)
{
    static const struct field FIELD[] = {{.name = "retry", .read = field_retry}};
    static const struct shape WHOLE = SHAPE(FIELD, NULL);

    struct codec codec = {.bounds = &bounds, .arena = arena, .error = &error};

    error = (struct error){.code = OK};
    policy = (struct retry_policy){.given = 0};
    return codec_body(&codec, bytes_of(text), &WHOLE, &policy, NULL);
}

static void refuses(const char *text, const char *where)
{
    assert_int_equal(read_policy(text), ERR_INVALID_FIELD);
    assert_string_equal(error.where, where);
}

static void a_ladder_is_given_as_delays(void **state)
{
    (void)state;

    assert_int_equal(read_policy("{\"retry\":{\"delays_s\":[0.5,60],\"jitter\":\"full\"}}"), OK);

    assert_int_equal(policy.given, RETRY_HAS_DELAYS | RETRY_HAS_JITTER);
    assert_int_equal(policy.backoff, RETRY_LADDER);
    assert_int_equal(policy.delays_len, 2);
    assert_int_equal(policy.delays_ms[0], 500);
    assert_int_equal(policy.jitter, RETRY_JITTER_FULL);
}

static void a_backoff_has_a_delay_and_a_cap(void **state)
{
    (void)state;

    assert_int_equal(read_policy("{\"retry\":{\"backoff\":\"exponential\",\"max_delay_s\":60}}"),
                     OK);

    assert_int_equal(policy.given, RETRY_HAS_DELAYS);
    assert_int_equal(policy.backoff, RETRY_EXPONENTIAL);
    assert_int_equal(policy.delay_ms, 1000);
    assert_int_equal(policy.max_delay_ms, 60000);
}

static void ladders_and_backoffs_do_not_mix(void **state)
{
    (void)state;

    refuses("{\"retry\":{\"backoff\":\"fixed\",\"delays_s\":[1]}}", "/retry/backoff");
    refuses("{\"retry\":{\"delay_s\":1}}", "/retry/backoff");
    refuses("{\"retry\":{\"backoff\":\"fixed\",\"delay_s\":5,\"max_delay_s\":4}}",
            "/retry/delay_s");
}

static void every_number_has_its_bounds(void **state)
{
    (void)state;

    refuses("{\"retry\":{\"max_attempts\":0}}", "/retry/max_attempts");
    refuses("{\"retry\":{\"max_attempts\":1001}}", "/retry/max_attempts");
    refuses("{\"retry\":{\"max_crashes\":0}}", "/retry/max_crashes");
    refuses("{\"retry\":{\"delays_s\":[]}}", "/retry/delays_s");
    refuses("{\"retry\":{\"delays_s\":[1,-1]}}", "/retry/delays_s/1");
    refuses("{\"retry\":{\"delays_s\":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17]}}",
            "/retry/delays_s");
    refuses("{\"retry\":{\"backoff\":\"fast\"}}", "/retry/backoff");
    refuses("{\"retry\":[]}", "/retry");
}

static void failure_types_become_lines(void **state)
{
    (void)state;

    assert_int_equal(read_policy("{\"retry\":{\"non_retryable\":[\"A\",\"B c\"]}}"), OK);
    assert_true(bytes_is(policy.non_retryable, "A\nB c\n"));
    refuses("{\"retry\":{\"non_retryable\":[\"a\\nb\"]}}", "/retry/non_retryable/0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ladder_is_given_as_delays),
        cmocka_unit_test(a_backoff_has_a_delay_and_a_cap),
        cmocka_unit_test(ladders_and_backoffs_do_not_mix),
        cmocka_unit_test(every_number_has_its_bounds),
        cmocka_unit_test(failure_types_become_lines),
    };

    return cmocka_run_group_tests(tests, make_arena, free_arena);
}
