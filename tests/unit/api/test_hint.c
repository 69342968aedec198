/* Tests of hints for misspelt names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "codec.h"

static const char *const NAMES[] = {"priority", "payload", "queue", "name", NULL};

static void a_name_with_a_letter_missing_is_recognized(void **state)
{
    (void)state;

    assert_string_equal(hint_near(BYTES("priorty"), NAMES), "priority");
    assert_string_equal(hint_near(BYTES("quueue"), NAMES), "queue");
}

static void a_name_like_none_has_no_hint(void **state)
{
    (void)state;

    assert_null(hint_near(BYTES("zzz"), NAMES));
    assert_null(hint_near(BYTES(""), NAMES));
    assert_null(hint_near(BYTES("a_name_that_is_longer_than_every_known_one"), NAMES));
}

static void of_two_near_ones_the_nearer_is_told(void **state)
{
    static const char *const near[] = {"bird", "word", NULL};

    (void)state;

    assert_string_equal(hint_near(BYTES("wordy"), near), "word");
}

static void words_of_other_queues_are_known(void **state)
{
    static const char *const task[] = {"payload", "queue",      "run_at",    "delay_s", "retry",
                                       "type",    "lease_s",    "timeout_s", "name",    "expires_s",
                                       "dedup",   "depends_on", "limits",    NULL};

    (void)state;

    assert_string_equal(hint_foreign(BYTES("eta"), task), "run_at");
    assert_string_equal(hint_foreign(BYTES("countdown"), task), "delay_s");
    assert_string_equal(hint_foreign(BYTES("max_retries"), task), "retry.max_attempts");
    assert_string_equal(hint_foreign(BYTES("maxRetries"), task), "retry.max_attempts");
    assert_string_equal(hint_foreign(BYTES("kwargs"), task), "payload");
    assert_string_equal(hint_foreign(BYTES("visibility_timeout"), task), "lease_s");
    assert_string_equal(hint_foreign(BYTES("queueName"), task), "queue");
    assert_non_null(strstr(hint_foreign(BYTES("messageId"), task), "Idempotency-Key"));
    assert_string_equal(hint_foreign(BYTES("jobId"), task), "dedup.key");
    assert_string_equal(hint_foreign(BYTES("unique_key"), task), "dedup.key");
    assert_string_equal(hint_foreign(BYTES("dedup_key"), task), "dedup.key");
    assert_string_equal(hint_foreign(BYTES("unique_for"), task), "dedup.window_s");
    assert_string_equal(hint_foreign(BYTES("dependencies"), task), "depends_on");
    assert_string_equal(hint_foreign(BYTES("concurrency_key"), task), "limits");
    assert_string_equal(hint_foreign(BYTES("ttl"), task), "expires_s");
}

static void a_foreign_word_counts_only_where_its_member_is_known(void **state)
{
    static const char *const names[] = {"queue", NULL};

    (void)state;

    assert_null(hint_foreign(BYTES("eta"), names));
    assert_null(hint_foreign(BYTES("queue"), names));
    assert_null(hint_foreign(BYTES("queuenames"), names));
    assert_null(hint_foreign(BYTES("queuenam"), names));
}

static void a_type_of_event_is_recognized(void **state)
{
    (void)state;

    assert_string_equal(hint_event(BYTES("task.faild")), "task.failed");
    assert_null(hint_event(BYTES("mail")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_with_a_letter_missing_is_recognized),
        cmocka_unit_test(a_name_like_none_has_no_hint),
        cmocka_unit_test(of_two_near_ones_the_nearer_is_told),
        cmocka_unit_test(a_type_of_event_is_recognized),
        cmocka_unit_test(words_of_other_queues_are_known),
        cmocka_unit_test(a_foreign_word_counts_only_where_its_member_is_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
