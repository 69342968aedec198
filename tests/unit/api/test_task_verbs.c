/* Tests of what is done to tasks: edit, cancel, retry, delete. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "fake.h"
#include "handlers.h"

static struct task task = {.ns = BYTES("default"),
                           .queue = BYTES("q"),
                           .type = BYTES(""),
                           .version = 3,
                           .cancel_requested_at_ms = -1};

static struct request *verb(const char *path, const char *body)
{
    struct request *request = fake_begin();

    request->method = "POST";
    request->path = path;
    request->body = bytes_of(body);
    request->params[0] = (struct fake_pair){"id", "01890a5d-ac96-774b-bcce-b302099a8057"};
    return request;
}

static void reply_with(enum task_state state)
{
    task.state = state;
    fake_command()->reply.view.task = &task;
    fake_reply();
}

static void only_what_was_said_is_edited(void **state)
{
    struct request *request = verb("/v1/tasks/x", "{\"name\":null,\"priority\":\"low\"}");

    (void)state;
    request->headers[0] = (struct fake_pair){"if-match", "\"2\""};

    op_edit_task(request);

    const struct edit *edit = &fake_command()->in.edit;

    assert_true(edit->has_name);
    assert_null(edit->name.at);
    assert_true(edit->has_priority);
    assert_int_equal(edit->priority, -10);
    assert_false(edit->has_tags);
    assert_false(edit->has_queue);
    assert_int_equal(edit->if_match, 2);
    reply_with(TASK_READY);
    assert_true(fake_answered_with(200, "\"state\":\"ready\""));
    fake_end();
}

static void a_cancel_has_defaults(void **state)
{
    (void)state;

    op_cancel_task(verb("/v1/tasks/x/cancel", ""));
    assert_int_equal(fake_command()->in.cancel.grace_ms, 10000);
    assert_null(fake_command()->in.cancel.reason.at);
    assert_int_equal(fake_command()->in.cancel.if_states, 0);
    assert_int_equal(fake_command()->in.cancel.if_match, VERSION_UNASKED);
    reply_with(TASK_RUNNING);

    assert_true(fake_answered_with(202, "\"state\":\"running\""));
    fake_end();
}

static void a_cancel_says_what_it_means(void **state)
{
    (void)state;

    op_cancel_task(verb("/v1/tasks/x/cancel",
                        "{\"reason\":\"why\",\"grace_s\":0.5,\"cascade\":false,"
                        "\"if_state\":[\"ready\",\"running\"]}"));
    assert_true(bytes_is(fake_command()->in.cancel.reason, "why"));
    assert_int_equal(fake_command()->in.cancel.grace_ms, 500);
    assert_int_equal(fake_command()->in.cancel.if_states, 1 << TASK_READY | 1 << TASK_RUNNING);
    reply_with(TASK_CANCELLED);
    assert_true(fake_answered_with(200, "\"state\":\"cancelled\""));
    fake_end();

    op_cancel_task(verb("/v1/tasks/x/cancel", "{\"if_state\":[\"ready\",\"gone\"]}"));
    assert_true(fake_answered_with(400, "invalid_field|/if_state/1|"));
    fake_end();
}

static void a_retry_may_clone_and_pin(void **state)
{
    struct request *request =
        verb("/v1/tasks/x/retry", "{\"worker\":\"01890a5d-ac96-774b-bcce-b302099a8058\"}");

    (void)state;
    request->query[0] = (struct fake_pair){"clone", "1"};

    op_retry_task(request);
    assert_true(fake_command()->in.again.clone);
    assert_true(fake_command()->in.again.has_worker);
    reply_with(TASK_READY);

    assert_true(fake_answered_with(201, "\"state\":\"ready\""));
    assert_true(fake_has_header("Location: /v1/tasks/"));
    fake_end();
}

static void a_body_without_members_has_none(void **state)
{
    (void)state;

    op_run_task_now(verb("/v1/tasks/x/run_now", "{\"a\":1}"));
    assert_true(fake_answered_with(400, "unknown_member|/a|"));
    fake_end();

    op_run_task_now(verb("/v1/tasks/x/run_now", ""));
    assert_int_equal(fake_command()->kind, COMMAND_RUN_NOW);
    fake_end();
}

static void a_deleted_task_leaves_nothing(void **state)
{
    (void)state;

    op_delete_task(verb("/v1/tasks/x", ""));
    fake_reply();

    assert_true(fake_answered_with(204, ""));
    fake_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_was_said_is_edited),
        cmocka_unit_test(a_cancel_has_defaults),
        cmocka_unit_test(a_cancel_says_what_it_means),
        cmocka_unit_test(a_retry_may_clone_and_pin),
        cmocka_unit_test(a_body_without_members_has_none),
        cmocka_unit_test(a_deleted_task_leaves_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
