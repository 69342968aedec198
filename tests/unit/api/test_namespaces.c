/* Tests of namespaces: quotas in, what is held out, and when to come again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "fake.h"
#include "handlers.h"

static struct ns_view views[3];

static struct request *call_of(const char *method, const char *body)
{
    struct request *request = fake_begin();

    request->method = method;
    request->path = "/v1/namespaces/team";
    request->body = bytes_of(body);
    request->params[0] = (struct fake_pair){"name", "team"};
    for (unsigned i = 0; i < 3; i++)
        views[i] = (struct ns_view){.name = i == 0   ? BYTES("team")
                                            : i == 1 ? BYTES("b")
                                                     : BYTES("a"),
                                    .number = i + 1,
                                    .version = 5,
                                    .quotas = ns_quotas_default(),
                                    .bytes = 12,
                                    .queues = 3,
                                    .workers = 4};
    return request;
}

static void reply_with(unsigned len)
{
    fake_command()->reply.namespaces = views;
    fake_command()->reply.namespaces_len = len;
    fake_reply();
}

static void it_is_shown_with_its_version(void **state)
{
    (void)state;
    op_get_namespace(call_of("GET", ""));
    assert_int_equal(fake_command()->kind, COMMAND_GET_NS);
    assert_true(bytes_is(fake_command()->in.ns.name, "team"));
    reply_with(1);
    assert_true(fake_answered_with(200,
                                   "\"bytes\":12,\"queues\":3,\"workers\":4,\"links\":{\"self\":"
                                   "\"/v1/namespaces/team\"}"));
    assert_true(
        fake_answered_with(200, "\"bytes_limit\":null,\"queues_limit\":null,\"rate\":null"));
    assert_true(fake_has_header("ETag: \"5\""));
    fake_end();
}

static void quotas_that_are_not_said_are_unlimited(void **state)
{
    const struct ns_edit *edit;

    (void)state;
    op_put_namespace(call_of("PUT", "{\"bytes_limit\":7,\"rate\":{\"units\":2,\"burst\":9}}"));
    edit = &fake_command()->in.ns_edit;
    assert_true(bytes_is(edit->name, "team"));
    assert_int_equal(edit->quotas.pending_limit, -1);
    assert_int_equal(edit->quotas.bytes_limit, 7);
    assert_int_equal(edit->quotas.queues_limit, -1);
    assert_true(edit->quotas.rate.burst == 9);
    assert_int_equal(edit->if_match, VERSION_UNASKED);
    fake_command()->reply.created = true;
    reply_with(1);
    assert_true(fake_answered_with(201, "\"version\":5"));
    fake_end();
}

static void a_page_is_in_the_order_they_were_made(void **state)
{
    struct request *request = call_of("GET", "");

    (void)state;
    request->query[0] = (struct fake_pair){"limit", "2"};
    op_list_namespaces(request);
    assert_int_equal(fake_command()->in.page.limit, 2);
    reply_with(3);
    assert_true(fake_answered_with(200, "\"name\":\"b\""));
    assert_false(fake_answered_with(200, "\"name\":\"a\""));
    assert_false(fake_answered_with(200, "\"next_cursor\":null"));
    fake_end();
}

static void a_refusal_says_when_in_whole_seconds(void **state)
{
    static const struct {
        int64_t wait_ms;
        const char *header;
    } waits[] = {{1, "Retry-After: 1"}, {1000, "Retry-After: 1"}, {1001, "Retry-After: 2"}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(waits); i++) {
        op_get_namespace(call_of("GET", ""));
        fake_command()->reply.retry_after_ms = waits[i].wait_ms;
        (void)error_set(&fake_command()->reply.error, ERR_RATE_LIMITED, "", "too many");
        fake_reply();
        assert_true(fake_answered_with(429, "rate_limited"));
        assert_true(fake_has_header(waits[i].header));
        fake_end();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_shown_with_its_version),
        cmocka_unit_test(quotas_that_are_not_said_are_unlimited),
        cmocka_unit_test(a_page_is_in_the_order_they_were_made),
        cmocka_unit_test(a_refusal_says_when_in_whole_seconds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
