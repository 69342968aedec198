/* Tests of the list of the record: filters, cursors, rows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fake.h"
#include "handlers.h"

static struct request *call_of(const char *name, const char *value)
{
    struct request *request = fake_begin();

    request->path = "/v1/audit";
    request->ns_is_implied = true;
    if (name != NULL)
        request->query[0] = (struct fake_pair){name, value};
    return request;
}

static const struct audit_query *query(void)
{
    return &fake_command()->in.audit;
}

static void nothing_said_is_all_from_the_start(void **state)
{
    (void)state;
    op_list_audit(call_of(NULL, NULL));
    assert_int_equal(fake_command()->kind, COMMAND_LIST_AUDIT);
    assert_int_equal(query()->limit, 50);
    assert_int_equal(query()->after_number, -1);
    assert_int_equal(query()->created_after_ms, -1);
    assert_int_equal(query()->created_before_ms, -1);
    assert_false(query()->newest_first);
    assert_null(query()->actions.at);
    assert_null(query()->ns.at);
    fake_end();
}

static void filters_are_read(void **state)
{
    struct request *request = call_of("action", "token.*,queue.deleted");

    (void)state;
    request->ns = "t1";
    request->ns_is_implied = false;
    request->query[1] = (struct fake_pair){"actor", "k1"};
    request->query[2] = (struct fake_pair){"object", "q"};
    request->query[3] = (struct fake_pair){"created_after", "1970-01-01T00:00:01Z"};
    request->query[4] = (struct fake_pair){"created_before", "1970-01-01T00:00:02Z"};
    request->query[5] = (struct fake_pair){"sort", "-created_at"};
    op_list_audit(request);
    assert_true(bytes_is(query()->actions, "token.*,queue.deleted"));
    assert_true(bytes_is(query()->actors, "k1"));
    assert_true(bytes_is(query()->objects, "q"));
    assert_int_equal(query()->created_after_ms, 1000);
    assert_int_equal(query()->created_before_ms, 2000);
    assert_true(query()->newest_first);
    assert_true(bytes_is(query()->ns, "t1"));
    fake_end();
}

static void bad_filters_are_refused(void **state)
{
    static const struct fake_pair BAD[] = {
        {"action", ""},    {"action", "a b"}, {"actor", ""},
        {"actor", "a,,b"}, {"object", ","},   {"created_after", "then"},
        {"sort", "at"},    {"limit", "0"},    {"cursor", "nonsense"},
        {"acton", "x"},
    };
    char where[64];

    (void)state;
    for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
        op_list_audit(call_of(BAD[i].name, BAD[i].value));
        (void)snprintf(where, sizeof(where), "|?%s|", BAD[i].name);
        assert_true(fake_answered_with(400, where));
        fake_end();
    }
}

static struct audit_view rows[] = {
    {.number = 7,
     .at_ms = 1000,
     .ns = {"default", 7},
     .actor = {"k1", 2},
     .address = {"192.0.2.1", 9},
     .request_id = {"r1", 2},
     .action = {"queue.paused", 12},
     .object = {"q", 1},
     .detail = {"{\"a\":1}", 7},
     .hash = {"ab", 2}},
    {.number = 8, .at_ms = 2000, .actor = {"broker", 6}, .action = {"x.y", 3}, .detail = {"{}", 2}},
};

static void rows_are_shown_and_the_next_page_begins_behind_them(void **state)
{
    struct request *request = call_of(NULL, NULL);
    char cursor[256];
    const char *at;

    (void)state;
    op_list_audit(request);
    fake_command()->reply.audit = rows;
    fake_command()->reply.audit_len = 2;
    fake_command()->reply.has_more = true;
    fake_command()->reply.list_end = 300;
    fake_reply();
    assert_true(fake_answered_with(
        200, "{\"items\":[{\"number\":7,\"at\":\"1970-01-01T00:00:01.000Z\","
             "\"namespace\":\"default\",\"actor\":\"k1\",\"address\":\"192.0.2.1\","
             "\"request_id\":\"r1\",\"action\":\"queue.paused\",\"object\":\"q\","
             "\"detail\":{\"a\":1},\"hash\":\"ab\"},{\"number\":null,"
             "\"at\":\"1970-01-01T00:00:02.000Z\",\"namespace\":null,\"actor\":\"broker\","
             "\"address\":null,\"request_id\":null,\"action\":\"x.y\",\"object\":null,"
             "\"detail\":{},\"hash\":null}],\"next_cursor\":\""));
    at = strstr(request->text, "\"next_cursor\":\"");
    (void)snprintf(cursor, sizeof(cursor), "%.*s", (int)strcspn(at + 15, "\""), at + 15);
    fake_end();
    op_list_audit(call_of("cursor", cursor));
    assert_int_equal(query()->after_number, 300);
    fake_end();
}

static void the_last_page_says_so(void **state)
{
    (void)state;
    op_list_audit(call_of(NULL, NULL));
    fake_reply();
    assert_true(fake_answered_with(200, "{\"items\":[],\"next_cursor\":null}"));
    fake_end();
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_said_is_all_from_the_start),
        cmocka_unit_test(filters_are_read),
        cmocka_unit_test(bad_filters_are_refused),
        cmocka_unit_test(rows_are_shown_and_the_next_page_begins_behind_them),
        cmocka_unit_test(the_last_page_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
