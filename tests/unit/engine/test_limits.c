/* Tests of declared limits: made, changed, shown and taken back, and kept over a restart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "brain.h"
#include "play.h"

static struct command *to_limit(struct stage *stage, enum command_kind kind, const char *name)
{
    struct command *command = stage_make(stage, kind);

    command->in.limit = (struct limit_edit){
        .name = bytes_of(name), .settings = limit_none(), .if_match = VERSION_UNASKED};
    return command;
}

static struct command *put(struct stage *stage, const char *name, int64_t max_running)
{
    struct command *command = to_limit(stage, COMMAND_PUT_LIMIT, name);

    command->in.limit.settings.max_running = max_running;
    return stage_ask(stage, command);
}

static struct command *get(struct stage *stage, const char *name)
{
    return stage_ask(stage, to_limit(stage, COMMAND_GET_LIMIT, name));
}

static struct command *forget(struct stage *stage, const char *name)
{
    return stage_ask(stage, to_limit(stage, COMMAND_DELETE_LIMIT, name));
}

/* A line of tasks that use it, as if there were one. */
static struct hot_limit *use(struct stage *stage, const char *name)
{
    struct hot *hot = &stage->engine->hot;

    return limit_take(hot, hot_ns(hot, BYTES("default"), true), bytes_of(name));
}

static void a_limit_is_made_changed_and_taken_back(void **state)
{
    struct stage *stage = *state;
    struct command *made = put(stage, "a", 5);

    assert_int_equal(code_of(made), OK);
    assert_true(made->reply.created);
    assert_int_equal(made->reply.limits->version, 1);
    stage_pass(stage, 1000);

    struct command *changed = put(stage, "a", 0);

    assert_false(changed->reply.created);
    assert_int_equal(changed->reply.limits->version, 2);
    assert_int_equal(changed->reply.limits->settings.max_running, 0);
    assert_int_equal(changed->reply.limits->created_at_ms, made->reply.limits->created_at_ms);
    assert_int_equal(get(stage, "a")->reply.limits->version, 2);
    assert_int_equal(code_of(forget(stage, "a")), OK);
    assert_int_equal(code_of(get(stage, "a")), ERR_NOT_FOUND);
    assert_int_equal(code_of(forget(stage, "a")), ERR_NOT_FOUND);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM limits"), 0);
}

static void versions_are_checked(void **state)
{
    struct stage *stage = *state;
    struct command *command = to_limit(stage, COMMAND_PUT_LIMIT, "a");

    command->in.limit.if_match = VERSION_ANY;
    assert_int_equal(code_of(stage_ask(stage, command)), ERR_PRECONDITION_FAILED);
    (void)put(stage, "a", 1);
    command = to_limit(stage, COMMAND_PUT_LIMIT, "a");
    command->in.limit.if_match = 2;
    assert_int_equal(code_of(stage_ask(stage, command)), ERR_PRECONDITION_FAILED);
    command = to_limit(stage, COMMAND_DELETE_LIMIT, "a");
    command->in.limit.if_match = 2;
    assert_int_equal(code_of(stage_ask(stage, command)), ERR_PRECONDITION_FAILED);
    command = to_limit(stage, COMMAND_PUT_LIMIT, "a");
    command->in.limit.if_absent = true;
    assert_int_equal(code_of(stage_ask(stage, command)), ERR_PRECONDITION_FAILED);
    assert_int_equal(get(stage, "a")->reply.limits->version, 1);
}

static void names_go_by_rows_at_once_and_after_a_restart(void **state)
{
    struct stage *stage = *state;
    struct hot_limit *limit = use(stage, "c:1");

    (void)put(stage, "c:*", 2);
    assert_int_equal(limit->settings.max_running, 2);
    (void)put(stage, "c:1", 7);
    assert_int_equal(limit->settings.max_running, 7);
    (void)forget(stage, "c:1");
    assert_int_equal(limit->settings.max_running, 2);
    stage_restart(stage);
    assert_int_equal(use(stage, "c:1")->settings.max_running, 2);
    assert_int_equal(get(stage, "c:*")->reply.limits->names, 1);
    (void)forget(stage, "c:*");
    assert_int_equal(use(stage, "c:1")->settings.max_running, -1);
}

static void a_name_without_a_row_is_shown_while_it_is_used(void **state)
{
    struct stage *stage = *state;
    struct hot_limit *limit;
    const struct limit_view *view;

    (void)put(stage, "c:*", 2);
    assert_int_equal(code_of(get(stage, "c:1")), ERR_NOT_FOUND);
    limit = use(stage, "c:1");
    limit_load(limit, 2, 3);
    view = get(stage, "c:1")->reply.limits;
    assert_false(view->is_declared);
    assert_true(bytes_is(view->rule, "c:*"));
    assert_int_equal(view->settings.max_running, 2);
    assert_int_equal(view->running, 2);
    assert_int_equal(view->held, 3);
    assert_int_equal(view->version, -1);
    view = get(stage, "c:*")->reply.limits;
    assert_int_equal(view->names, 1);
    assert_int_equal(view->running, -1);
}

static void lists_are_in_the_order_of_making(void **state)
{
    struct stage *stage = *state;
    struct command *list = stage_make(stage, COMMAND_LIST_LIMITS);

    (void)put(stage, "b", 1);
    stage_pass(stage, 1);
    (void)put(stage, "a", 1);
    list->in.page.limit = 1;
    (void)stage_ask(stage, list);
    assert_int_equal(list->reply.limits_len, 2); /* one more: there is another page */
    assert_true(bytes_is(list->reply.limits[0].name, "b"));
    assert_true(bytes_is(list->reply.limits[1].name, "a"));
}

static void there_are_no_more_than_the_bound(void **state)
{
    struct stage *stage = *state;

    stage->options.bounds.limits_max = 2;
    stage_restart(stage);
    (void)put(stage, "a", 1);
    assert_int_equal(code_of(put(stage, "b", 1)), OK);
    assert_int_equal(code_of(put(stage, "c", 1)), ERR_LIMIT_REACHED);
    assert_int_equal(code_of(put(stage, "b", 2)), OK);
    stage_restart(stage);
    assert_int_equal(code_of(put(stage, "c", 1)), ERR_LIMIT_REACHED);
    (void)forget(stage, "a");
    assert_int_equal(code_of(put(stage, "c", 1)), OK);
}

static void what_was_done_is_on_record(void **state)
{
    struct stage *stage = *state;

    (void)put(stage, "a", 1);
    (void)put(stage, "a", 2);
    (void)forget(stage, "a");
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM audit WHERE object = 'a' AND "
                                         "action = 'limit.created' AND detail = "
                                         "'{\"after\":{\"max_running\":1,\"rate\":null,"
                                         "\"over\":\"queue\"}}'"),
                     1);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM audit WHERE object = 'a' AND "
                                         "action = 'limit.changed' AND detail LIKE "
                                         "'{\"before\":{\"max_running\":1,%\"max_running\":2,%'"),
                     1);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM audit WHERE object = 'a' AND "
                                         "action = 'limit.deleted' AND ns_name = 'default'"),
                     1);
}

#define STAGED(test) cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(a_limit_is_made_changed_and_taken_back),
        STAGED(versions_are_checked),
        STAGED(names_go_by_rows_at_once_and_after_a_restart),
        STAGED(a_name_without_a_row_is_shown_while_it_is_used),
        STAGED(lists_are_in_the_order_of_making),
        STAGED(there_are_no_more_than_the_bound),
        STAGED(what_was_done_is_on_record),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
