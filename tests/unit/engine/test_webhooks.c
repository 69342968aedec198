/* Tests of webhooks: made, changed, shown and deleted, their secrets, and the push room's view. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "brain.h"
#include "sink.h"

static void a_webhook_is_made_changed_and_deleted(void **state)
{
    struct stage *stage = *state;
    struct command *made = stage_ask(stage, to_put_hook(stage, "h"));
    struct command *changed = to_put_hook(stage, "h");

    assert_int_equal(code_of(made), OK);
    assert_true(made->reply.created);
    assert_int_equal(made->reply.webhooks[0].version, 1);
    changed->in.webhook_edit.settings.url = BYTES("https://hooks.example/else");
    (void)stage_ask(stage, changed);
    assert_false(changed->reply.created);
    assert_int_equal(changed->reply.webhooks[0].version, 2);
    stage_restart(stage);
    assert_true(bytes_is(view_hook(stage, "h")->settings.url, "https://hooks.example/else"));
    assert_int_equal(view_hook(stage, "h")->version, 2);
    assert_string_equal(view_hook(stage, "h")->state, "open");
    assert_int_equal(code_of(stage_ask(stage, to_hook(stage, COMMAND_DELETE_WEBHOOK, "h"))), OK);
    assert_int_equal(code_of(stage_ask(stage, to_hook(stage, COMMAND_GET_WEBHOOK, "h"))),
                     ERR_NOT_FOUND);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM webhooks"), 0);
    assert_int_equal(
        stage_number(stage, "SELECT count(*) FROM audit WHERE action LIKE 'webhook.%'"), 3);
}

static void a_secret_is_shown_by_the_answer_that_set_it_alone(void **state)
{
    struct stage *stage = *state;
    struct command *made = stage_ask(stage, to_put_hook(stage, "h"));
    struct command *same = to_put_hook(stage, "h");
    struct command *other = to_put_hook(stage, "h");

    assert_true(made->reply.webhooks[0].shows_key);
    assert_int_equal(made->reply.webhooks[0].key.len, 32);
    assert_false(view_hook(stage, "h")->shows_key);
    same->in.webhook_edit.key = made->reply.webhooks[0].key;
    (void)stage_ask(stage, same);
    assert_false(same->reply.webhooks[0].shows_key);
    assert_int_equal(same->reply.webhooks[0].old_key_until_ms, -1);
    other->in.webhook_edit.makes_key = true;
    (void)stage_ask(stage, other);
    assert_true(other->reply.webhooks[0].shows_key);
    assert_int_equal(other->reply.webhooks[0].old_key_until_ms,
                     stage->now.wall_ms + SIGNATURE_OVERLAP_MS);
    assert_int_equal(
        stage_number(stage, "SELECT count(*) FROM audit WHERE detail LIKE '%new_secret%'"), 2);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM audit WHERE detail LIKE '%whsec%'"),
                     0);
}

static void versions_are_checked(void **state)
{
    struct stage *stage = *state;
    struct command *command = to_put_hook(stage, "h");

    command->in.webhook_edit.if_match = VERSION_ANY;
    assert_int_equal(code_of(stage_ask(stage, command)), ERR_PRECONDITION_FAILED);
    (void)hook(stage, "h", NULL);
    command = to_put_hook(stage, "h");
    command->in.webhook_edit.if_match = 2;
    assert_int_equal(code_of(stage_ask(stage, command)), ERR_PRECONDITION_FAILED);
    command = to_put_hook(stage, "h");
    command->in.webhook_edit.if_absent = true;
    assert_int_equal(code_of(stage_ask(stage, command)), ERR_PRECONDITION_FAILED);
    command = to_hook(stage, COMMAND_DELETE_WEBHOOK, "h");
    command->in.webhook.if_match = 2;
    assert_int_equal(code_of(stage_ask(stage, command)), ERR_PRECONDITION_FAILED);
}

static void there_are_at_most_so_many(void **state)
{
    struct stage *stage = *state;

    stage->options.bounds.webhooks_max = 1;
    stage_restart(stage);
    (void)hook(stage, "a", NULL);
    (void)hook(stage, "a", "task.*");
    assert_int_equal(code_of(stage_ask(stage, to_put_hook(stage, "b"))), ERR_LIMIT_REACHED);
}

static void a_namespace_has_at_most_a_hundred(void **state)
{
    struct stage *stage = *state;
    struct command *one_more, *theirs = to_put_hook(stage, "theirs");
    char names[100][8];

    for (int i = 0; i < 100; i++) {
        (void)snprintf(names[i], sizeof(names[i]), "h%d", i);
        (void)hook(stage, names[i], NULL);
    }
    one_more = stage_ask(stage, to_put_hook(stage, "one-more"));
    assert_int_equal(code_of(one_more), ERR_LIMIT_REACHED);
    assert_non_null(strstr(one_more->reply.error.detail, "the namespace default has 100"));
    (void)hook(stage, "h7", "task.*");
    theirs->ns = BYTES("theirs");
    assert_int_equal(code_of(stage_ask(stage, theirs)), OK);
    (void)stage_ask(stage, to_hook(stage, COMMAND_DELETE_WEBHOOK, "h7"));
    assert_int_equal(code_of(stage_ask(stage, to_put_hook(stage, "one-more"))), OK);
}

static void a_list_has_those_of_the_namespace(void **state)
{
    struct stage *stage = *state;
    struct command *theirs = to_put_hook(stage, "theirs");
    struct command *list = stage_make(stage, COMMAND_LIST_WEBHOOKS);

    theirs->ns = BYTES("theirs");
    (void)stage_ask(stage, theirs);
    (void)hook(stage, "b", NULL);
    (void)hook(stage, "a", NULL);
    (void)stage_ask(stage, list);
    assert_int_equal(list->reply.webhooks_len, 2);
    assert_true(bytes_is(list->reply.webhooks[0].name, "a"));
}

/* ---- the push room ---- */

static const struct target_view *watch(struct stage *stage, int64_t webhook)
{
    struct command *command = stage_make(stage, COMMAND_WATCH_TARGETS);

    command->by = &principal_broker;
    (void)stage_ask(stage, command);
    for (unsigned i = 0; i < command->reply.targets_len; i++)
        if (command->reply.targets[i].kind == TARGET_WEBHOOK &&
            command->reply.targets[i].webhook == webhook)
            return &command->reply.targets[i];
    return NULL;
}

static void the_push_room_sees_what_it_is_to_call(void **state)
{
    struct stage *stage = *state;
    int64_t number = hook(stage, "h", NULL);
    const struct target_view *seen = watch(stage, number);
    struct command *off = to_put_hook(stage, "h");

    assert_non_null(seen);
    assert_true(bytes_is(seen->url, "https://hooks.example/in"));
    assert_true(bytes_is(seen->name, "h"));
    assert_int_equal(seen->keys_len, 1);
    assert_int_equal(seen->concurrency, WEBHOOK_CONCURRENCY);
    assert_false(seen->is_out);
    off->in.webhook_edit.settings.enabled = false;
    (void)stage_ask(stage, off);
    assert_true(watch(stage, number)->changed > seen->changed);
    assert_true(watch(stage, number)->is_out);
    assert_null(watch(stage, 0)); /* tasks' own URLs: there is none so far */
}

static void how_it_fares_is_shown(void **state)
{
    struct stage *stage = *state;
    int64_t number = hook(stage, "h", NULL);
    struct command *note = stage_make(stage, COMMAND_NOTE_TARGET);

    note->by = &principal_broker;
    note->in.target = (struct target_note){
        .kind = TARGET_WEBHOOK,
        .webhook = number,
        .health = {
            .state = TARGET_RESTING, .sent = 3, .failed = 2, .error = BYTES("push_timeout")}};
    assert_int_equal(code_of(stage_ask(stage, note)), OK);
    assert_string_equal(view_hook(stage, "h")->state, "resting");
    assert_int_equal(view_hook(stage, "h")->health.failed, 2);
    assert_true(bytes_is(view_hook(stage, "h")->health.error, "push_timeout"));
    note = stage_make(stage, COMMAND_NOTE_TARGET);
    note->by = &principal_broker;
    note->in.target = (struct target_note){.kind = TARGET_WEBHOOK, .webhook = 77};
    assert_int_equal(code_of(stage_ask(stage, note)), ERR_NOT_FOUND);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, stage_setup, stage_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_webhook_is_made_changed_and_deleted),
        TEST(a_secret_is_shown_by_the_answer_that_set_it_alone),
        TEST(versions_are_checked),
        TEST(there_are_at_most_so_many),
        TEST(a_namespace_has_at_most_a_hundred),
        TEST(a_list_has_those_of_the_namespace),
        TEST(the_push_room_sees_what_it_is_to_call),
        TEST(how_it_fares_is_shown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
