/* Tests of what is sent: nothing that users say makes another header. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "letter.h"

static const char *line(const struct letter *letter, const char *start)
{
    for (const struct curl_slist *at = letter->headers; at != NULL; at = at->next)
        if (strncmp(at->data, start, strlen(start)) == 0)
            return at->data;
    return NULL;
}

static void a_value_makes_no_other_header(void **state)
{
    struct letter letter = {.url = "http://a"};

    (void)state;
    letter_header(&letter, "Task-Type", BYTES("a\r\nHost: b\x7f"));
    letter_header(&letter, "Task-Queue", BYTES(""));
    assert_string_equal(line(&letter, "Task-Type"), "Task-Type: a??Host: b?");
    assert_null(line(&letter, "Task-Queue")); /* libcurl would take it for "do not send" */
    assert_null(line(&letter, "Host"));
    letter_fini(&letter);
}

static void a_seal_is_that_of_standard_webhooks(void **state)
{
    struct letter letter = {.url = "http://a", .body = BYTES("{\"test\": 2432232314}")};
    struct signature_key key;
    struct seal seal = {.keys = &key,
                        .keys_len = 1,
                        .id = BYTES("msg_p5jXN8AQM9LWM0D4loKWxJek"),
                        .at_s = 1614265330};
    struct arena *mem = arena_new();
    struct error error;

    (void)state;
    assert_int_equal(
        signature_key_read(BYTES("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), &key, &error), OK);
    letter_seal(&letter, &seal, mem);
    assert_string_equal(line(&letter, "webhook-timestamp"), "webhook-timestamp: 1614265330");
    assert_string_equal(line(&letter, "webhook-signature"),
                        "webhook-signature: v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    assert_non_null(line(&letter, "Expect:"));
    assert_null(line(&letter, "Content-Type"));
    letter_fini(&letter);
    arena_free(mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_makes_no_other_header),
        cmocka_unit_test(a_seal_is_that_of_standard_webhooks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
