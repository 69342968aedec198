/* Event page: pages follow one another, filters and what a bound token may see. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "brain.h"
#include "play.h"

static struct command *to_list(struct stage *stage, int64_t after, unsigned limit)
{
    struct command *command = stage_make(stage, COMMAND_LIST_EVENTS);

    command->in.events = (struct event_query){.after = after, .limit = limit};
    return command;
}

static const struct reply *list(struct stage *stage, struct command *command)
{
    assert_int_equal(code_of(stage_ask(stage, command)), OK);
    return &command->reply;
}

static void an_empty_log_says_so(void **state)
{
    const struct reply *reply = list(*state, to_list(*state, 0, 10));

    assert_int_equal(reply->events_len + (unsigned)reply->events_first, 0);
    assert_int_equal(reply->events_last, 0);
    assert_int_equal(reply->list_end, 0);
    assert_false(reply->has_more);
}

static void pages_follow_one_another(void **state)
{
    struct stage *stage = *state;
    const struct reply *reply;

    for (int i = 0; i < 5; i++)
        (void)submit(stage, "q");
    reply = list(stage, to_list(stage, 0, 3));
    assert_int_equal(reply->events_len, 3);
    assert_int_equal(reply->events[0].number, 1);
    assert_true(bytes_is(reply->events[0].queue, "q"));
    assert_int_equal(reply->list_end, 3);
    assert_true(reply->has_more);
    reply = list(stage, to_list(stage, 3, 3));
    assert_int_equal(reply->events_len, 2);
    assert_int_equal(reply->list_end, 5);
    assert_false(reply->has_more);
    assert_int_equal(reply->events_first, 1);
    assert_int_equal(reply->events_last, 5);
}

static void where_it_ends_is_told_without_a_page(void **state)
{
    const struct reply *reply;

    (void)submit(*state, "q");
    reply = list(*state, to_list(*state, -1, 10));
    assert_int_equal(reply->events_len, 0);
    assert_int_equal(reply->list_end, 1);
    assert_false(reply->has_more);
}

static void filters_let_through_what_they_name(void **state)
{
    struct stage *stage = *state;
    struct command *command;
    const struct reply *reply;

    (void)submit(stage, "a");
    (void)submit(stage, "b");
    (void)enrol(stage, "b", 1);
    command = to_list(stage, 0, 10);
    command->in.events.filter.queues = BYTES("b");
    reply = list(stage, command);
    assert_int_equal(reply->events_len, 1);
    assert_int_equal(reply->events[0].number, 2);
    assert_int_equal(reply->list_end, 3);
    command = to_list(stage, 0, 10);
    command->in.events.filter.types = BYTES("worker.*");
    assert_int_equal(list(stage, command)->events_len, 1);
}

static void a_task_has_its_own_and_tells_when_it_is_over(void **state)
{
    struct stage *stage = *state;
    struct id task = submit(stage, "q"), other = submit(stage, "q");
    struct command *command = to_list(stage, 0, 10);
    const struct reply *reply;

    command->in.events.task = task;
    reply = list(stage, command);
    assert_int_equal(reply->events_len, 1);
    assert_false(reply->task_is_over);
    cancel(stage, task, 0);
    command = to_list(stage, 0, 10);
    command->in.events.task = task;
    reply = list(stage, command);
    assert_int_equal(reply->events_len, 2);
    assert_int_equal(reply->events[1].kind, EVENT_TASK_CANCELLED);
    assert_true(reply->task_is_over);
    command = to_list(stage, 0, 10);
    command->in.events.task = other;
    assert_false(list(stage, command)->task_is_over);
}

static unsigned seen_by(struct stage *stage, struct bytes ns, const struct principal *by)
{
    struct command *command = to_list(stage, 0, 10);

    command->ns = ns;
    command->by = by;
    return list(stage, command)->events_len;
}

static void a_bound_token_sees_its_own(void **state)
{
    static const struct principal BOUND = {
        .grant = {.role = ROLE_VIEWER, .ns = {"default", 7}, .queues = {"a*", 2}}};
    struct stage *stage = *state;
    struct command *elsewhere = to_submit(stage, "a");

    elsewhere->ns = BYTES("other");
    (void)stage_ask(stage, elsewhere);
    (void)submit(stage, "a1");
    (void)submit(stage, "b");
    (void)enrol(stage, "a1", 1); /* of no queue */
    assert_int_equal(seen_by(stage, BYTES("default"), &BOUND), 1);
    assert_int_equal(seen_by(stage, BYTES("default"), &principal_open), 3);
    assert_int_equal(seen_by(stage, BYTES("other"), &principal_open), 1);
}

/* However few fit, no page looks at more than its share. */
static void a_page_that_finds_nothing_goes_on_later(void **state)
{
    struct stage *stage = *state;
    struct command *command = to_list(stage, 0, 10);
    const struct reply *reply;

    for (int i = 0; i < 6; i++)
        (void)stage_ask(stage, to_submit_many(stage, "a", 1000));
    (void)submit(stage, "b");
    command->in.events.filter.queues = BYTES("b");
    reply = list(stage, command);
    assert_int_equal(reply->events_len, 0);
    assert_true(reply->has_more);
    assert_int_equal(reply->list_end, 5000);
    command = to_list(stage, 5000, 10);
    command->in.events.filter.queues = BYTES("b");
    reply = list(stage, command);
    assert_int_equal(reply->events_len, 1);
    assert_false(reply->has_more);
}

#define STAGED(test) cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        STAGED(an_empty_log_says_so),
        STAGED(pages_follow_one_another),
        STAGED(where_it_ends_is_told_without_a_page),
        STAGED(filters_let_through_what_they_name),
        STAGED(a_task_has_its_own_and_tells_when_it_is_over),
        STAGED(a_bound_token_sees_its_own),
        STAGED(a_page_that_finds_nothing_goes_on_later),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
