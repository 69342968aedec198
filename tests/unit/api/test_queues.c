/* Tests of queues: settings, tags, verbs, lists. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "domain/queue.h"
#include "fake.h"
#include "handlers.h"

static struct queue_view queue;

static struct request *call_of(const char *method, const char *body)
{
    struct request *request = fake_begin();

    request->method = method;
    request->path = "/v1/queues/q";
    request->body = bytes_of(body);
    request->params[0] = (struct fake_pair){"queue", "q"};
    queue = (struct queue_view){.name = BYTES("q"),
                                .settings = queue_default(),
                                .version = 5,
                                .oldest_ready_age_ms = -1,
                                .wait_p50_ms = -1,
                                .wait_p99_ms = -1};
    return request;
}

static void reply_with_queue(void)
{
    fake_command()->reply.queues = &queue;
    fake_command()->reply.queues_len = 1;
    fake_reply();
}

static void settings_are_said_or_not(void **state)
{
    const struct queue_edit *edit;

    (void)state;

    op_patch_queue(call_of("PATCH", "{\"concurrency\":0,\"pending_limit\":null,\"lease_s\":60,"
                                    "\"retry\":{\"max_attempts\":5}}"));
    edit = &fake_command()->in.queue_edit;
    assert_false(edit->replace);
    assert_int_equal(edit->has, QUEUE_HAS_CONCURRENCY | QUEUE_HAS_PENDING_LIMIT | QUEUE_HAS_LEASE |
                                    QUEUE_HAS_RETRY);
    assert_int_equal(edit->settings.concurrency, 0);
    assert_int_equal(edit->settings.pending_limit, -1);
    assert_int_equal(edit->settings.lease_ms, 60000);
    assert_int_equal(edit->settings.retry.max_attempts, 5);
    assert_int_equal(edit->if_match, VERSION_UNASKED);
    fake_end();
}

static void no_aging_is_not_the_default_aging(void **state)
{
    const struct queue_edit *edit;

    (void)state;

    op_put_queue(call_of("PUT", "{\"fairness\":false,\"aging_s\":null,\"rate\":{\"units\":2},"
                                "\"dead_letter_queue\":\"dead\"}"));
    edit = &fake_command()->in.queue_edit;
    assert_int_equal(edit->has, QUEUE_HAS_FAIRNESS | QUEUE_HAS_AGING | QUEUE_HAS_RATE |
                                    QUEUE_HAS_DEAD_LETTER_QUEUE);
    assert_false(edit->settings.is_fair);
    assert_int_equal(edit->settings.aging_ms, -1);
    assert_true(edit->settings.rate.burst == 2);
    assert_true(bytes_is(edit->settings.dead_letter_queue, "dead"));
    fake_end();
}

static void a_time_of_a_pause_pauses(void **state)
{
    (void)state;

    op_put_queue(call_of("PUT", "{\"paused_until\":\"2026-01-01T00:00:00Z\"}"));
    assert_true(fake_command()->in.queue_edit.replace);
    assert_true(fake_command()->in.queue_edit.settings.paused);
    assert_int_equal(fake_command()->in.queue_edit.has, QUEUE_HAS_PAUSED | QUEUE_HAS_PAUSED_UNTIL);
    fake_end();
}

static void bad_settings_are_refused(void **state)
{
    (void)state;

    op_put_queue(call_of("PUT", "{\"concurrency\":-1}"));
    assert_true(fake_answered_with(400, "invalid_field|/concurrency|"));
    fake_end();
    op_put_queue(call_of("PUT", "{\"rate\":{}}"));
    assert_true(fake_answered_with(400, "invalid_field|/rate/units|is missing"));
    fake_end();
    op_put_queue(call_of("PUT", "{\"lease_s\":null}"));
    assert_true(fake_answered_with(400, "invalid_field|/lease_s|"));
    fake_end();
}

static void a_new_queue_is_201(void **state)
{
    struct request *request = call_of("PUT", "{}");

    (void)state;
    request->headers[0] = (struct fake_pair){"if-none-match", "*"};

    op_put_queue(request);
    assert_true(fake_command()->in.queue_edit.if_absent);
    fake_command()->reply.created = true;
    reply_with_queue();

    assert_true(fake_answered_with(201, "\"retry\":{\"max_attempts\":3,\"max_crashes\":3,"
                                        "\"delays_s\":[1,2,4,8,30,60],\"jitter\":\"none\","));
    assert_true(fake_has_header("Location: /v1/queues/q\n"));
    assert_true(fake_has_header("ETag: \"5\"\n"));
    fake_end();
}

static void the_same_version_is_304(void **state)
{
    struct request *request = call_of("GET", "");

    (void)state;
    request->headers[0] = (struct fake_pair){"if-none-match", "\"5\""};

    op_get_queue(request);
    reply_with_queue();

    assert_true(fake_answered_with(304, ""));
    fake_end();
}

static void a_bad_name_is_refused(void **state)
{
    struct request *request = call_of("GET", "");

    (void)state;
    request->params[0].value = "a/b";

    op_get_queue(request);

    assert_true(fake_answered_with(400, "invalid_field|"));
    fake_end();
}

static void stats_have_rates_and_waits(void **state)
{
    (void)state;

    op_queue_stats(call_of("GET", ""));
    queue.demand = 4;
    queue.submitted_per_s = 0.5;
    queue.wait_p50_ms = 1250;
    reply_with_queue();

    assert_true(fake_answered_with(200, "\"demand\":4,"));
    assert_true(fake_answered_with(200, "\"rates\":{\"submitted_per_s\":0.5,"));
    assert_true(fake_answered_with(200, "\"wait_s\":{\"p50\":1.25,\"p99\":null}"));
    fake_end();
}

static void a_close_says_how_far_it_is(void **state)
{
    struct request *request = call_of("POST", "{\"mode\":\"now\",\"close_timeout_s\":5}");
    struct id left[] = {{{1}}};

    (void)state;
    request->headers[0] = (struct fake_pair){"prefer", "wait=1"};

    op_close_queue(request);
    assert_true(fake_command()->in.queue_close.now);
    assert_int_equal(fake_command()->in.queue_close.wait_timeout_ms, 60000);
    assert_int_equal(fake_command()->in.queue_close.close_timeout_ms, 5000);
    queue.closed = true;
    queue.abandoned = left;
    queue.abandoned_len = 1;
    fake_command()->reply.done = true;
    reply_with_queue();

    assert_true(fake_answered_with(200, "{\"closed\":true,\"counts\":{\"scheduled\":0,"));
    assert_true(fake_answered_with(200, "\"abandoned\":[\"01000000-"));
    fake_end();
}

static void a_pause_may_have_an_end(void **state)
{
    (void)state;

    op_pause_queue(call_of("POST", "{\"for_s\":1.5}"));
    assert_int_equal(fake_command()->in.queue.for_ms, 1500);
    fake_end();
    op_pause_queue(call_of("POST", ""));
    assert_int_equal(fake_command()->in.queue.for_ms, -1);
    fake_end();
}

static void a_list_refuses_bad_pages(void **state)
{
    static const char *const bad[] = {"0", "-1", "501", "1e3", "999999999999999999999", "abc", ""};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct request *request = call_of("GET", "");

        request->query[0] = (struct fake_pair){"limit", bad[i]};
        op_list_queues(request);
        assert_true(fake_answered_with(400, "invalid_field|?limit|"));
        fake_end();
    }

    struct request *request = call_of("GET", "");

    request->query[0] = (struct fake_pair){"cursor", "AAAA"};
    op_list_queues(request);
    assert_true(fake_answered_with(400, "cursor_invalid|?cursor|"));
    fake_end();
}

static void a_cursor_tells_the_engine_where_to_go_on(void **state)
{
    struct queue_view made[] = {{.name = BYTES("a"), .created_at_ms = 7},
                                {.name = BYTES("b"), .created_at_ms = 7}};
    struct request *request = call_of("GET", "");
    char cursor[128] = "";

    (void)state;
    request->query[0] = (struct fake_pair){"limit", "1"};
    op_list_queues(request);
    assert_int_equal(fake_command()->in.page.limit, 1);
    assert_null(fake_command()->in.page.after.at);
    fake_command()->reply.queues = made;
    fake_command()->reply.queues_len = 2;
    fake_reply();
    assert_true(fake_answered_with(200, "\"name\":\"a\""));
    assert_int_equal(
        sscanf(strstr(request->text, "next_cursor"), "next_cursor\":\"%127[^\"]", cursor), 1);
    fake_end();

    request = call_of("GET", "");
    request->query[0] = (struct fake_pair){"cursor", cursor};
    op_list_queues(request);
    assert_int_equal(fake_command()->in.page.after_ms, 7);
    assert_true(bytes_is(fake_command()->in.page.after, "a"));
    fake_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settings_are_said_or_not),
        cmocka_unit_test(no_aging_is_not_the_default_aging),
        cmocka_unit_test(a_time_of_a_pause_pauses),
        cmocka_unit_test(bad_settings_are_refused),
        cmocka_unit_test(a_new_queue_is_201),
        cmocka_unit_test(the_same_version_is_304),
        cmocka_unit_test(a_bad_name_is_refused),
        cmocka_unit_test(stats_have_rates_and_waits),
        cmocka_unit_test(a_close_says_how_far_it_is),
        cmocka_unit_test(a_pause_may_have_an_end),
        cmocka_unit_test(a_list_refuses_bad_pages),
        cmocka_unit_test(a_cursor_tells_the_engine_where_to_go_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
