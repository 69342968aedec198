/* Events: what may be asked for, and how it is said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "fake.h"
#include "handlers.h"

#define TASK "0198b2f0-1111-7222-8333-444455556666"

static int setup(void **state)
{
    *state = fake_begin();
    fake_api()->metrics = metrics_new();
    fake_api()->feed = feed_new(fake_api());
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    if (fake_engine()->posted_len > 0 && fake_command()->kind == COMMAND_LIST_EVENTS)
        fake_reply();
    fake_end();
    feed_free(fake_api()->feed);
    metrics_free(fake_api()->metrics);
    return 0;
}

static void what_is_asked_for_reaches_the_log(void **state)
{
    struct request *request = *state;
    const struct event_query *query;

    request->query[0] = (struct fake_pair){"type", "task.*"};
    request->query[1] = (struct fake_pair){"queue", "a-*"};
    request->query[2] = (struct fake_pair){"task", TASK};
    request->query[3] = (struct fake_pair){"after", "17"};
    op_follow_events(request);
    query = &fake_command()->in.events;
    assert_true(bytes_is(query->filter.types, "task.*"));
    assert_true(bytes_is(query->filter.queues, "a-*"));
    assert_int_equal(query->task.at[0], 1);
    assert_int_equal(query->after, 17);
}

static void several_tasks_are_a_filter(void **state)
{
    struct request *request = *state;

    request->query[0] = (struct fake_pair){"task", TASK "," TASK};
    op_follow_events(request);
    assert_true(id_is_nil(fake_command()->in.events.task));
    assert_true(bytes_is(fake_command()->in.events.filter.tasks, TASK "," TASK));
    assert_int_equal(fake_command()->in.events.after, -1);
}

static void the_header_counts_before_the_query(void **state)
{
    struct request *request = *state;

    request->query[0] = (struct fake_pair){"after", "17"};
    request->headers[0] = (struct fake_pair){"last-event-id", "19"};
    op_follow_events(request);
    assert_int_equal(fake_command()->in.events.after, 19);
}

static void refused_with(struct request *request, struct fake_pair query, struct fake_pair header,
                         const char *part)
{
    request->query[0] = query;
    request->headers[0] = header;
    request->answers = 0;
    op_follow_events(request);
    if (!fake_answered_with(400, part))
        fail_msg("%s=%s: %d %s", query.name, query.value, request->status, request->text);
}

static void what_is_malformed_is_refused(void **state)
{
    static const struct fake_pair BAD[] = {
        {"after", "x"}, {"after", "-1"},  {"after", ""}, {"type", "task.nope"},
        {"type", ""},   {"queue", "a b"}, {"task", "1"}, {"task", ""},
        {"root", "1"},  {"group", "g"},   {"nope", "1"}, {"after", "99999999999999999999"},
    };
    struct fake_pair none = {NULL, NULL};

    for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++)
        refused_with(*state, BAD[i], none, "invalid_field|");
    refused_with(*state, none, (struct fake_pair){"last-event-id", "1.5"}, "Last-Event-ID");
    refused_with(*state, (struct fake_pair){"group", "g"}, none, "not available in this version");
    assert_int_equal(fake_engine()->posted_len, 0);
}

static void a_task_is_looked_up_first(void **state)
{
    struct request *request = *state;

    request->params[0] = (struct fake_pair){"id", TASK};
    op_follow_task(request);
    assert_int_equal(fake_command()->kind, COMMAND_LOOK);
    assert_true(request->is_parked);
    fake_reply();
    assert_int_equal(fake_command()->kind, COMMAND_LIST_EVENTS);
    assert_int_equal(fake_command()->in.events.task.at[0], 1);
}

static void a_task_that_is_not_there_is_not_followed(void **state)
{
    struct request *request = *state;

    request->params[0] = (struct fake_pair){"id", TASK};
    op_follow_task(request);
    (void)error_set(&fake_command()->reply.error, ERR_NOT_FOUND, "", "no");
    fake_reply();
    assert_true(fake_answered_with(404, "not_found"));
    assert_int_equal(fake_engine()->posted_len, 1);
}

#define FAKED(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        FAKED(what_is_asked_for_reaches_the_log),  FAKED(several_tasks_are_a_filter),
        FAKED(the_header_counts_before_the_query), FAKED(what_is_malformed_is_refused),
        FAKED(a_task_is_looked_up_first),          FAKED(a_task_that_is_not_there_is_not_followed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
