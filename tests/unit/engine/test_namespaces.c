/* Tests of namespaces as objects: made by use or by setting quotas, never by looking. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "play.h"

static struct command *get(struct stage *stage, const char *name, const struct principal *by)
{
    struct command *command = stage_make(stage, COMMAND_GET_NS);

    command->in.ns.name = bytes_of(name);
    command->by = by != NULL ? by : &principal_open;
    if (by != NULL)
        command->ns = BYTES("team-a");
    return stage_ask(stage, command);
}

static struct command *put(struct stage *stage, const char *name, int64_t pending_limit,
                           int64_t if_match)
{
    struct command *command = stage_make(stage, COMMAND_PUT_NS);

    command->in.ns_edit.name = bytes_of(name);
    command->in.ns_edit.quotas = ns_quotas_default();
    command->in.ns_edit.quotas.pending_limit = pending_limit;
    command->in.ns_edit.quotas.rate = (struct rate_limit){5, 1, 7};
    command->in.ns_edit.if_match = if_match;
    return stage_ask(stage, command);
}

static void submit_into(struct stage *stage, const char *name)
{
    struct command *command = to_submit(stage, "q");

    command->ns = bytes_of(name);
    assert_int_equal(code_of(stage_ask(stage, command)), OK);
}

static void looking_makes_none(void **state)
{
    struct stage *stage = *state;
    struct command *edit = to_edit_queue(stage, "q", 0, queue_default());

    edit->ns = BYTES("team");
    edit->in.queue_edit.replace = false; /* a PATCH makes no queue */
    assert_int_equal(code_of(get(stage, "team", NULL)), ERR_NOT_FOUND);
    assert_int_equal(code_of(stage_ask(stage, edit)), ERR_NOT_FOUND);
    assert_int_equal(code_of(get(stage, "team", NULL)), ERR_NOT_FOUND);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM namespaces"), 0);
    submit_into(stage, "team");
    assert_int_equal(code_of(get(stage, "team", NULL)), OK);
}

static void it_shows_what_it_holds(void **state)
{
    struct stage *stage = *state;
    const struct ns_view *view;

    submit_into(stage, "team");
    submit_into(stage, "team");
    (void)submit(stage, "other");
    view = get(stage, "team", NULL)->reply.namespaces;
    assert_int_equal(view->counts.of[TASK_READY], 2);
    assert_int_equal(view->queues, 1);
    assert_int_equal(view->workers, 0);
    assert_int_equal(view->version, 1);
    assert_int_equal(view->quotas.pending_limit, -1);
}

static void quotas_come_back_after_a_restart(void **state)
{
    struct stage *stage = *state;
    const struct ns_view *view;

    assert_true(put(stage, "team", 3, VERSION_UNASKED)->reply.created);
    assert_false(put(stage, "team", 4, VERSION_UNASKED)->reply.created);
    stage_kill(stage);
    view = get(stage, "team", NULL)->reply.namespaces;
    assert_int_equal(view->version, 2);
    assert_int_equal(view->quotas.pending_limit, 4);
    assert_int_equal(view->quotas.bytes_limit, -1);
    assert_true(view->quotas.rate.units == 5);
    assert_true(view->quotas.rate.burst == 7);
}

static void a_change_needs_the_version_it_names(void **state)
{
    struct stage *stage = *state;

    assert_int_equal(code_of(put(stage, "team", 1, 1)), ERR_PRECONDITION_FAILED);
    assert_int_equal(code_of(put(stage, "team", 1, VERSION_ANY)), ERR_PRECONDITION_FAILED);
    assert_int_equal(code_of(get(stage, "team", NULL)), ERR_NOT_FOUND);
    assert_int_equal(put(stage, "team", 1, VERSION_UNASKED)->reply.namespaces->version, 1);
    assert_int_equal(code_of(put(stage, "team", 2, 2)), ERR_PRECONDITION_FAILED);
    assert_int_equal(put(stage, "team", 2, 1)->reply.namespaces->version, 2);
    assert_int_equal(put(stage, "team", 3, VERSION_ANY)->reply.namespaces->version, 3);
}

static void foreign_ones_are_not_there(void **state)
{
    static const struct principal guest = {
        .id = {"t", 1}, .grant = {.role = ROLE_ADMIN, .ns = {"team-*", 6}, .queues = {"*", 1}}};
    struct stage *stage = *state;
    struct command *list = stage_make(stage, COMMAND_LIST_NS);
    struct command *change = stage_make(stage, COMMAND_PUT_NS);

    submit_into(stage, "team-a");
    submit_into(stage, "secret");
    submit_into(stage, "team-b");
    assert_int_equal(code_of(get(stage, "secret", &guest)), ERR_NOT_FOUND);
    assert_int_equal(code_of(get(stage, "team-a", &guest)), OK);
    list->by = change->by = &guest;
    list->ns = change->ns = BYTES("team-a");
    (void)stage_ask(stage, list);
    assert_int_equal(list->reply.namespaces_len, 2);
    assert_true(bytes_is(list->reply.namespaces[0].name, "team-a"));
    assert_true(bytes_is(list->reply.namespaces[1].name, "team-b"));
    change->in.ns_edit.name = BYTES("secret");
    change->in.ns_edit.quotas = ns_quotas_default();
    change->in.ns_edit.if_match = VERSION_UNASKED;
    assert_int_equal(code_of(stage_ask(stage, change)), ERR_NOT_FOUND);
}

static void who_reaches_a_part_sees_the_sums_of_that(void **state)
{
    static const struct principal clerk = {
        .id = {"t", 1}, .grant = {.role = ROLE_VIEWER, .ns = {"*", 1}, .queues = {"mail", 4}}};
    struct stage *stage = *state;
    struct command *mail = to_submit(stage, "mail");
    const struct ns_view *view;

    mail->ns = BYTES("team-a");
    assert_int_equal(code_of(stage_ask(stage, mail)), OK);
    submit_into(stage, "team-a");
    (void)enrol(stage, "mail", 1); /* in another namespace */
    view = get(stage, "team-a", &clerk)->reply.namespaces;
    assert_int_equal(view->counts.of[TASK_READY], 1);
    assert_int_equal(view->bytes, 2);
    assert_int_equal(view->queues, 1);
    assert_int_equal(view->workers, 0);
    assert_int_equal(get(stage, "team-a", NULL)->reply.namespaces->bytes, 4);
}

static void workers_are_counted_as_they_come_and_go(void **state)
{
    static const struct principal clerk = {
        .id = {"t", 1}, .grant = {.role = ROLE_ADMIN, .ns = {"*", 1}, .queues = {"mail", 4}}};
    struct stage *stage = *state;
    struct command *leave = stage_make(stage, COMMAND_LEAVE);
    struct command *change = stage_make(stage, COMMAND_PUT_NS);

    leave->in.worker = enrol(stage, "mail", 1);
    (void)enrol(stage, "mail", 1);
    (void)enrol(stage, "other", 1);
    assert_int_equal(get(stage, "default", NULL)->reply.namespaces->workers, 3);
    assert_int_equal(get(stage, "default", &clerk)->reply.namespaces->workers, 2);
    assert_int_equal(code_of(stage_ask(stage, leave)), OK);
    change->by = &clerk;
    change->in.ns_edit.name = BYTES("default");
    change->in.ns_edit.quotas = ns_quotas_default();
    change->in.ns_edit.if_match = VERSION_UNASKED;
    (void)stage_ask(stage, change);
    assert_int_equal(change->reply.namespaces->workers, 1);
    stage_restart(stage);
    assert_int_equal(get(stage, "default", &clerk)->reply.namespaces->workers, 1);
    assert_int_equal(get(stage, "default", NULL)->reply.namespaces->workers, 2);
}

static void a_list_is_in_the_order_they_were_made(void **state)
{
    struct stage *stage = *state;
    struct command *first = stage_make(stage, COMMAND_LIST_NS);
    struct command *rest = stage_make(stage, COMMAND_LIST_NS);

    submit_into(stage, "z");
    submit_into(stage, "m");
    submit_into(stage, "a");
    first->in.page.limit = 1;
    (void)stage_ask(stage, first);
    assert_int_equal(first->reply.namespaces_len, 2); /* one more than the page */
    assert_true(bytes_is(first->reply.namespaces[0].name, "z"));
    rest->in.page.limit = 5;
    rest->in.page.after_ms = first->reply.namespaces[0].number;
    rest->in.page.after = BYTES("z");
    (void)stage_ask(stage, rest);
    assert_int_equal(rest->reply.namespaces_len, 2);
    assert_true(bytes_is(rest->reply.namespaces[1].name, "a"));
}

#define STAGED(test) cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(looking_makes_none),
        STAGED(it_shows_what_it_holds),
        STAGED(quotas_come_back_after_a_restart),
        STAGED(a_change_needs_the_version_it_names),
        STAGED(foreign_ones_are_not_there),
        STAGED(who_reaches_a_part_sees_the_sums_of_that),
        STAGED(workers_are_counted_as_they_come_and_go),
        STAGED(a_list_is_in_the_order_they_were_made),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
