/* Audit page: filters, pages, and what a bound token may see. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "play.h"
#include "record.h"

static void note(struct stage *stage, const char *action, const char *object)
{
    struct command *command = stage_make(stage, COMMAND_NOTE);

    command->in.note = (struct audit_note){.action = bytes_of(action), .object = bytes_of(object)};
    (void)stage_ask(stage, command);
}

static void pause(struct stage *stage, const char *ns, const char *queue)
{
    struct command *command = to_queue(stage, COMMAND_PAUSE_QUEUE, queue);

    command->ns = bytes_of(ns);
    (void)stage_ask(stage, command);
}

/* How many rows come for a query that was filled in. */
static unsigned len_of(struct stage *stage, struct command *list)
{
    assert_int_equal(code_of(stage_ask(stage, list)), OK);
    return list->reply.audit_len;
}

static void pages_follow_one_another_and_end_exactly(void **state)
{
    struct stage *stage = *state;
    int64_t expected = 1;

    for (int i = 0; i < 5; i++)
        note(stage, "a.b", NULL);
    for (int64_t after = -1; expected <= 6;) {
        struct command *page = to_list_audit(stage, 3);

        page->in.audit.after_number = after;
        assert_int_equal(len_of(stage, page), 3);
        for (unsigned i = 0; i < 3; i++)
            assert_int_equal(page->reply.audit[i].number, expected++);
        assert_int_equal(page->reply.has_more, expected <= 6);
        after = page->reply.list_end;
    }
}

static void newest_first_goes_the_other_way(void **state)
{
    struct stage *stage = *state;
    struct command *page = to_list_audit(stage, 2), *next = to_list_audit(stage, 9);

    for (int i = 0; i < 4; i++)
        note(stage, "a.b", NULL);
    page->in.audit.newest_first = next->in.audit.newest_first = true;
    assert_int_equal(len_of(stage, page), 2);
    assert_int_equal(page->reply.audit[0].number, 5);
    next->in.audit.after_number = page->reply.list_end;
    assert_int_equal(len_of(stage, next), 3);
    assert_int_equal(next->reply.audit[0].number, 3);
    assert_false(next->reply.has_more);
}

static void filters_choose(void **state)
{
    struct stage *stage = *state;
    struct command *by_action = to_list_audit(stage, 9), *by_actor = to_list_audit(stage, 9);
    struct command *by_object = to_list_audit(stage, 9), *by_time = to_list_audit(stage, 9);
    struct command *before = to_list_audit(stage, 9), *by_ns = to_list_audit(stage, 9);

    note(stage, "a.b", "x");
    note(stage, "a.c", "y");
    stage_skip(stage, 1000);
    note(stage, "d.b", "y");
    pause(stage, "other", "q");
    by_action->in.audit.actions = BYTES("a.*,d.b");
    by_actor->in.audit.actors = BYTES("nobody,broker");
    by_object->in.audit.objects = BYTES("z,y");
    by_time->in.audit.created_after_ms = before->in.audit.created_before_ms = stage->now.wall_ms;
    by_ns->in.audit.ns = BYTES("other");
    assert_int_equal(len_of(stage, by_action), 3);
    assert_int_equal(len_of(stage, by_actor), 1);
    assert_int_equal(len_of(stage, by_object), 2);
    assert_int_equal(len_of(stage, by_time), 2);
    assert_int_equal(len_of(stage, before), 3);
    assert_int_equal(len_of(stage, by_ns), 1);
}

static void a_bound_token_sees_its_namespaces_and_no_chain(void **state)
{
    static const struct principal TENANT = {.id = {"t", 1},
                                            .grant = {ROLE_OPERATOR, {"t1,t2", 5}, {"*", 1}}};
    struct stage *stage = *state;
    struct command *list = to_list_audit(stage, 9);

    pause(stage, "t1", "a");
    pause(stage, "t3", "b");
    pause(stage, "t2", "c");
    note(stage, "a.b", NULL);
    list->by = &TENANT;
    assert_int_equal(len_of(stage, list), 2);
    assert_true(bytes_is(list->reply.audit[0].object, "a"));
    assert_true(bytes_is(list->reply.audit[1].object, "c"));
    assert_null(list->reply.audit[0].hash.at);
}

static void a_token_bound_to_queues_sees_those(void **state)
{
    static const struct principal BOUND = {.id = {"t", 1},
                                           .grant = {ROLE_OPERATOR, {"*", 1}, {"m*,0*", 5}}};
    struct stage *stage = *state;
    struct command *list = to_list_audit(stage, 9);
    struct id task;

    pause(stage, "t1", "mail");
    pause(stage, "t1", "thumbs");
    task = submit(stage, "mail");
    cancel(stage, task, 0);
    (void)stage_ask(stage, to_again(stage, COMMAND_DELETE_TASK, task)); /* its id begins with 0 */
    assert_true(bytes_is(last_act(stage)->action, "task.deleted"));
    list->by = &BOUND;
    assert_int_equal(len_of(stage, list), 1);
    assert_true(bytes_is(list->reply.audit[0].object, "mail"));
    assert_null(list->reply.audit[0].hash.at);
}

#define WITH_STAGE(test) cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WITH_STAGE(pages_follow_one_another_and_end_exactly),
        WITH_STAGE(newest_first_goes_the_other_way),
        WITH_STAGE(filters_choose),
        WITH_STAGE(a_bound_token_sees_its_namespaces_and_no_chain),
        WITH_STAGE(a_token_bound_to_queues_sees_those),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
