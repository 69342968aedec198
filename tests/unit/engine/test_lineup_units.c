/* Tests of lines that want more units of a limit than are free, or than there ever are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "play.h"

static void declare(struct stage *stage, int64_t max_running)
{
    struct command *command = stage_make(stage, COMMAND_PUT_LIMIT);

    command->in.limit = (struct limit_edit){
        .name = BYTES("a"),
        .settings = {.max_running = max_running},
        .if_match = VERSION_UNASKED,
    };
    assert_int_equal(code_of(stage_ask(stage, command)), OK);
}

static struct id use(struct stage *stage, const char *limits)
{
    struct command *command = to_submit(stage, "q");

    command->in.submit.specs[0].rules.limits = bytes_of(limits);
    return stage_ask(stage, command)->reply.view.task->id;
}

static void assert_claims(struct stage *stage, struct id worker, struct id task)
{
    const struct task *claimed = claim(stage, worker);

    assert_non_null(claimed);
    assert_memory_equal(&claimed->id, &task, sizeof(task));
}

static void who_wants_more_than_is_free_is_not_passed(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 9), small = use(stage, "a 1\n"), large, other;

    declare(stage, 3);
    assert_claims(stage, worker, small);
    large = use(stage, "a 3\n");
    assert_null(claim(stage, worker));
    other = use(stage, "a 1\n");
    assert_null(claim(stage, worker));
    assert_int_equal(count(stage, "q", TASK_READY) + count(stage, "q", TASK_BLOCKED), 2);

    /* It goes: those behind it need not wait for another end. */
    struct command *waiting = stage_ask(stage, to_claim(stage, worker, 1, 60000));

    assert_false(is_answered(waiting));
    cancel(stage, large, 0);
    assert_int_equal(waiting->reply.tasks_len, 1);
    assert_memory_equal(&waiting->reply.tasks[0].id, &other, sizeof(other));
}

static void who_wants_more_than_there_ever_is_holds_nobody_back(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 9), first = use(stage, "a 1\n"), large, second, third;

    declare(stage, 5);
    assert_claims(stage, worker, first);
    large = use(stage, "a 5\n");
    second = use(stage, "a 2\n");
    assert_null(claim(stage, worker));
    declare(stage, 3);
    assert_claims(stage, worker, second);
    third = use(stage, "a 4\n");
    (void)use(stage, "a 9\n");
    assert_null(claim(stage, worker));

    /* Raised again, those that fit now are looked at, whoever else waits there. */
    cancel(stage, large, 0);
    declare(stage, 7);
    assert_claims(stage, worker, third);
    assert_null(claim(stage, worker));
}

#define STAGED(test) cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        STAGED(who_wants_more_than_is_free_is_not_passed),
        STAGED(who_wants_more_than_there_ever_is_holds_nobody_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
