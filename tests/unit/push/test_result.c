/* Tests of what an answer says: results and errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "result.h"

struct play {
    struct arena *mem;
    struct reception reception;
    struct outcome outcome;
};

static int set_up(void **state)
{
    struct arena *mem = arena_new();
    struct play *play = arena_alloc(mem, sizeof(*play));

    play->mem = mem;
    buffer_init(&play->reception.body, 65536);
    *state = play;
    return 0;
}

static int tear_down(void **state)
{
    struct play *play = *state;

    buffer_fini(&play->reception.body);
    arena_free(play->mem);
    return 0;
}

static void say(struct play *play, const char *type, const char *body)
{
    (void)snprintf(play->reception.content_type, sizeof(play->reception.content_type), "%s", type);
    buffer_clear(&play->reception.body);
    buffer_append_text(&play->reception.body, body);
    play->outcome = (struct outcome){.retryable = true};
}

static void assert_kept(struct play *play, const char *type, const char *body, const char *kept)
{
    say(play, type, body);
    result_write(&play->outcome, &play->reception, play->mem);
    assert_true(bytes_is(play->outcome.result.data, body));
    if (kept == NULL)
        assert_null(play->outcome.result.content_type.at);
    else
        assert_true(bytes_is(play->outcome.result.content_type, kept));
}

static void a_body_is_json_only_where_it_is(void **state)
{
    assert_kept(*state, "application/json", "{\"a\":1}", NULL);
    assert_kept(*state, "Application/JSON; charset=utf-8", "[]", NULL);
    assert_kept(*state, "application/problem+json", "{}", NULL);
    assert_kept(*state, "", "12", NULL);
    assert_kept(*state, "application/json", "{oops", "text/plain; charset=utf-8");
    assert_kept(*state, "", "\xff", "application/octet-stream");
    assert_kept(*state, "text/html; x=1", "<p>", "text/html; x=1");
}

static void no_body_is_no_result(void **state)
{
    struct play *play = *state;

    say(play, "application/json", "");
    result_write(&play->outcome, &play->reception, play->mem);
    assert_null(play->outcome.result.data.at);
}

static void an_error_says_the_status_and_the_beginning(void **state)
{
    struct play *play = *state;
    struct push_answer answer = {.failure = PUSH_ANSWERED, .status = 500};
    char body[4096];

    memset(body, 'a', sizeof(body));
    memcpy(body + 2047, "\xc3\xa4", 2); /* would be cut in its middle */
    body[4095] = '\0';
    say(play, "text/plain", body);
    result_write_failure(&play->outcome, &answer, &play->reception, play->mem);
    assert_true(bytes_is(play->outcome.failure_type, "push_status"));
    assert_true(bytes_is(play->outcome.failure.message, "\"the endpoint answered 500\""));
    assert_int_equal(play->outcome.failure.data.len,
                     strlen("{\"status\":500,\"body\":\"\"}") + 2047);
}

static void an_error_repeats_no_bytes_that_are_no_text(void **state)
{
    struct play *play = *state;
    struct push_answer answer = {.failure = PUSH_ANSWERED, .status = 500};

    say(play, "image/png", "abc");
    result_write_failure(&play->outcome, &answer, &play->reception, play->mem);
    assert_true(bytes_is(play->outcome.failure.data, "{\"status\":500}"));
    say(play, "text/plain", "\xff");
    result_write_failure(&play->outcome, &answer, &play->reception, play->mem);
    assert_true(bytes_is(play->outcome.failure.data, "{\"status\":500}"));
}

static void an_error_without_an_answer_does_not_tell_what_is_there(void **state)
{
    struct play *play = *state;
    struct push_answer answer = {.failure = PUSH_NOT_REACHED};

    say(play, "", "");
    result_write_failure(&play->outcome, &answer, &play->reception, play->mem);
    assert_true(bytes_is(play->outcome.failure.message, "\"the endpoint could not be reached\""));
    assert_null(play->outcome.failure.data.at);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_body_is_json_only_where_it_is),
        TEST(no_body_is_no_result),
        TEST(an_error_says_the_status_and_the_beginning),
        TEST(an_error_repeats_no_bytes_that_are_no_text),
        TEST(an_error_without_an_answer_does_not_tell_what_is_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
