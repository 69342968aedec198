/* Push answer: every status, every failure, and Retry-After as endpoints write it. */
#include "domain/push_answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/compiler.h"

#define NOW_MS INT64_C(784111777000) /* Sun, 06 Nov 1994 08:49:37 GMT */
#define HOUR   INT64_C(3600000)

static struct push_verdict judge(enum push_failure failure, int status, bool is_cut)
{
    return push_judge(&(struct push_answer){failure, status, -1, is_cut});
}

static enum push_end expected_end(int status)
{
    switch (status) {
    case 202:
        return PUSH_END_ACCEPTED;
    case 400:
    case 422:
        return PUSH_END_PERMANENT;
    case 410:
        return PUSH_END_GONE;
    case 429:
    case 503:
        return PUSH_END_RETURNED;
    default:
        return status / 100 == 2 ? PUSH_END_DONE : PUSH_END_FAILED;
    }
}

static void every_status_has_its_end(void **state)
{
    static const enum pace_word WORDS[] = {
        [PUSH_END_DONE] = PACE_GOOD,          [PUSH_END_ACCEPTED] = PACE_GOOD,
        [PUSH_END_FAILED] = PACE_FAILED,      [PUSH_END_PERMANENT] = PACE_REFUSED,
        [PUSH_END_RETURNED] = PACE_THROTTLED, [PUSH_END_GONE] = PACE_REFUSED,
    };

    (void)state;
    for (int status = 0; status < 1000; status++) {
        struct push_verdict verdict = judge(PUSH_ANSWERED, status, status % 2 == 0);

        assert_int_equal(verdict.end, expected_end(status));
        assert_int_equal(verdict.word, WORDS[verdict.end]);
    }
}

static void no_answer_is_a_failed_attempt_unless_it_was_us(void **state)
{
    static const struct {
        enum push_failure failure;
        const char *type;
    } cases[] = {
        {PUSH_DENIED, "push_denied"},       {PUSH_NOT_REACHED, "push_unreachable"},
        {PUSH_UNTRUSTED, "push_untrusted"}, {PUSH_TIMED_OUT, "push_timeout"},
        {PUSH_BROKEN, "push_broken"},
    };

    (void)state;
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        struct push_verdict verdict = judge(cases[i].failure, 200, false);

        assert_int_equal(verdict.end, PUSH_END_FAILED);
        assert_int_equal(verdict.word, PACE_UNREACHABLE);
        assert_string_equal(push_failure_type(cases[i].failure), cases[i].type);
    }
    assert_int_equal(judge(PUSH_GIVEN_UP, 0, false).end, PUSH_END_RETURNED);
    assert_int_equal(judge(PUSH_GIVEN_UP, 0, false).word, PACE_REFUSED);
    assert_string_equal(push_failure_type(PUSH_GIVEN_UP), "push_given_up");
    assert_string_equal(push_failure_type(PUSH_ANSWERED), "push_status");
}

static void retry_after_is_seconds_or_a_date(void **state)
{
    static const struct {
        const char *text;
        int64_t ms;
    } cases[] = {
        {"0", 0},
        {"1", 1000},
        {" 120\t", 120000},
        {"0007", 7000},
        {"3600", HOUR},
        {"3601", HOUR},
        {"1000000000000", HOUR},
        {"99999999999999999999999999", HOUR},
        {"Sun, 06 Nov 1994 08:49:38 GMT", 1000},
        {"Sun, 06 Nov 1994 08:49:37 GMT", 0},
        {"Sun, 06 Nov 1994 08:49:36 GMT", 0},
        {"Sun, 06 Nov 1994 09:49:36 GMT", HOUR - 1000},
        {"Sun, 06 Nov 1994 09:49:38 GMT", HOUR},
        {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
        {"Fri, 31 Dec 9999 23:59:59 GMT", HOUR},
        {"Thu, 29 Feb 1996 00:00:00 GMT", HOUR},
        {"", -1},
        {"-1", -1},
        {"+1", -1},
        {"1.5", -1},
        {"1 s", -1},
        {"soon", -1},
        {"0x10", -1},
        {"1,2", -1},
        {"Wed, 29 Feb 1995 00:00:00 GMT", -1},
        {"Sun, 06 Nov 1994 24:00:00 GMT", -1},
        {"Sun, 06 Nov 1994 08:49:60 GMT", -1},
        {"Sun, 06 Nox 1994 08:49:38 GMT", -1},
        {"Sun, 06 nov 1994 08:49:38 GMT", -1},
        {"Sun, 06 Nov 1994 08:49:38 UTC", -1},
        {"Sun, 06 Nov 1994 08:49:38 +0000", -1},
        {"Sun, 06-Nov-1994 08:49:38 GMT", -1},
        {"Sun, 6 Nov 1994 08:49:38 GMT", -1},
        {"Sun, 06 Nov 1994 08.49.38 GMT", -1},
        {"Sunday, 06-Nov-94 08:49:37 GMT", -1},
        {"Sun Nov  6 08:49:37 1994", -1},
        {"Sun, 06 Nov 1994 08:49:38 GMT, 5", -1},
    };

    (void)state;
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++)
        if (retry_after_read(bytes_of(cases[i].text), NOW_MS) != cases[i].ms)
            fail_msg("%s", cases[i].text);
    assert_int_equal(retry_after_read(BYTES_NONE, NOW_MS), -1);
    assert_int_equal(retry_after_read(BYTES("1\0"), NOW_MS), -1);
    assert_int_equal(retry_after_read(BYTES("Sun, 06 Nov 1994 08:49\0:38 GMT"), NOW_MS), -1);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_status_has_its_end),
        cmocka_unit_test(no_answer_is_a_failed_attempt_unless_it_was_us),
        cmocka_unit_test(retry_after_is_seconds_or_a_date),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
