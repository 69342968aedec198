/* Tests of looks at tasks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "play.h"

static void a_look_shows_only_what_is_asked_for(void **state)
{
    struct stage *stage = *state;
    struct id task = submit(stage, "q");
    struct command *bare = to_look(stage, task, 0), *full = to_look(stage, task, 0);

    assert_non_null(claim(stage, enrol(stage, "q", 1)));
    bare->in.look.with_attempts = false;
    full->in.look.with_payload = true;
    (void)stage_ask(stage, bare);
    (void)stage_ask(stage, full);

    assert_int_equal(bare->reply.view.attempts_len, 0);
    assert_null(bare->reply.view.task->payload.data.at);
    assert_int_equal(full->reply.view.attempts_len, 1);
    assert_int_equal(full->reply.view.attempts[0].outcome, ATTEMPT_OUTCOME_NONE);
    assert_true(bytes_is(full->reply.view.task->payload.data, "{}"));
}

static void only_who_asks_for_it_marks_an_end_as_observed(void **state)
{
    struct stage *stage = *state;
    struct id task = submit(stage, "q");
    struct command *look = to_look(stage, task, 0);

    cancel(stage, task, 0);
    assert_false(view(stage, task)->task->observed);
    look->in.look.marks_observed = true;
    (void)stage_ask(stage, look);
    assert_true(view(stage, task)->task->observed);
}

static void an_unchanged_version_is_not_shown_again(void **state)
{
    struct stage *stage = *state;
    struct id task = submit(stage, "q");
    struct command *same = to_look(stage, task, 0), *waiting = to_look(stage, task, 60000);

    same->in.look.if_none_match = waiting->in.look.if_none_match = view(stage, task)->task->version;
    assert_true(stage_ask(stage, same)->reply.not_modified);
    (void)stage_ask(stage, waiting);
    assert_false(is_answered(waiting));
    assert_non_null(claim(stage, enrol(stage, "q", 1)));
    assert_true(is_answered(waiting));
    assert_false(waiting->reply.not_modified);
}

#define STAGED(test) cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(a_look_shows_only_what_is_asked_for),
        STAGED(only_who_asks_for_it_marks_an_end_as_observed),
        STAGED(an_unchanged_version_is_not_shown_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
