/* Task state: the table of states makes sense as a whole. */
#include "domain/task_state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "death.h"

#define EACH_STATE(name)                                                                           \
    enum task_state name = (enum task_state)1;                                                     \
    name < TASK_STATE_MAX;                                                                         \
    name = (enum task_state)(name + 1)

static void names_lead_back_to_their_states(void **state)
{
    (void)state;
    for (EACH_STATE(one))
        assert_int_equal(task_state_of(bytes_of(task_state_name(one))), one);
}

static void a_word_that_names_no_state_is_none(void **state)
{
    static const char *const words[] = {"", "Ready", "ready ", "read", "done"};

    (void)state;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        assert_int_equal(task_state_of(bytes_of(words[i])), TASK_STATE_NONE);
    assert_int_equal(task_state_of(BYTES_NONE), TASK_STATE_NONE);
}

static void each_state_is_pending_or_leased_or_terminal(void **state)
{
    (void)state;
    for (EACH_STATE(one)) {
        int is =
            task_state_is_pending(one) + task_state_is_leased(one) + task_state_is_terminal(one);

        assert_int_equal(is, 1);
    }
    assert_true(task_state_is_pending(TASK_BLOCKED));
    assert_true(task_state_is_leased(TASK_WAITING));
    assert_true(task_state_is_terminal(TASK_EXPIRED));
}

static void no_state_moves_to_itself(void **state)
{
    (void)state;
    for (EACH_STATE(one))
        assert_false(task_state_may_move(one, one));
}

static unsigned reached_from(enum task_state first)
{
    unsigned reached = 1U << first, before = 0;

    while (reached != before) {
        before = reached;
        for (EACH_STATE(from))
            for (EACH_STATE(to))
                if ((reached & (1U << from)) != 0 && task_state_may_move(from, to))
                    reached |= 1U << to;
    }
    return reached;
}

static void every_state_can_be_reached_from_every_beginning(void **state)
{
    static const enum task_state beginnings[] = {TASK_SCHEDULED, TASK_BLOCKED, TASK_READY};
    const unsigned all = (1U << TASK_STATE_MAX) - 2;

    (void)state;
    for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++)
        assert_int_equal(reached_from(beginnings[i]), all);
}

static void only_ready_and_waiting_tasks_begin_to_run(void **state)
{
    (void)state;
    for (EACH_STATE(from))
        assert_int_equal(task_state_may_move(from, TASK_RUNNING),
                         from == TASK_READY || from == TASK_WAITING);
}

static void whatever_is_leased_can_end_and_can_be_lost(void **state)
{
    (void)state;
    for (EACH_STATE(from)) {
        if (!task_state_is_leased(from))
            continue;
        assert_true(task_state_may_move(from, TASK_SUCCEEDED));
        assert_true(task_state_may_move(from, TASK_FAILED));
        assert_true(task_state_may_move(from, TASK_CANCELLED));
        assert_true(task_state_may_move(from, TASK_READY));
        assert_true(task_state_may_move(from, TASK_RETRYING));
    }
}

static void whatever_waits_can_be_cancelled_and_expire_but_not_succeed(void **state)
{
    (void)state;
    for (EACH_STATE(from)) {
        if (!task_state_is_pending(from))
            continue;
        assert_true(task_state_may_move(from, TASK_CANCELLED));
        assert_true(task_state_may_move(from, TASK_EXPIRED));
        assert_false(task_state_may_move(from, TASK_SUCCEEDED));
    }
}

static void success_is_final_and_a_bad_end_leads_back_to_waiting_only(void **state)
{
    (void)state;
    for (EACH_STATE(from))
        for (EACH_STATE(to)) {
            if (from == TASK_SUCCEEDED)
                assert_false(task_state_may_move(from, to));
            else if (task_state_is_terminal(from) && task_state_may_move(from, to))
                assert_true(task_state_is_pending(to));
        }
}

static void outcomes_have_names_of_their_own(void **state)
{
    (void)state;
    for (int one = 1; one < ATTEMPT_OUTCOME_MAX; one++)
        for (int other = one + 1; other < ATTEMPT_OUTCOME_MAX; other++)
            assert_string_not_equal(attempt_outcome_name((enum attempt_outcome)one),
                                    attempt_outcome_name((enum attempt_outcome)other));
    assert_string_equal(attempt_outcome_name(ATTEMPT_ANSWER_LOST), "answer_lost");
}

static void name_of_no_state(void)
{
    (void)task_state_name(TASK_STATE_NONE);
}

static void name_behind_the_last_state(void)
{
    (void)task_state_name(TASK_STATE_MAX);
}

static void name_of_no_outcome(void)
{
    (void)attempt_outcome_name(ATTEMPT_OUTCOME_NONE);
}

static void name_behind_the_last_outcome(void)
{
    (void)attempt_outcome_name(ATTEMPT_OUTCOME_MAX);
}

static void what_is_not_in_the_tables_has_no_name(void **state)
{
    (void)state;
    assert_true(dies(name_of_no_state));
    assert_true(dies(name_behind_the_last_state));
    assert_true(dies(name_of_no_outcome));
    assert_true(dies(name_behind_the_last_outcome));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_lead_back_to_their_states),
        cmocka_unit_test(a_word_that_names_no_state_is_none),
        cmocka_unit_test(each_state_is_pending_or_leased_or_terminal),
        cmocka_unit_test(no_state_moves_to_itself),
        cmocka_unit_test(every_state_can_be_reached_from_every_beginning),
        cmocka_unit_test(only_ready_and_waiting_tasks_begin_to_run),
        cmocka_unit_test(whatever_is_leased_can_end_and_can_be_lost),
        cmocka_unit_test(whatever_waits_can_be_cancelled_and_expire_but_not_succeed),
        cmocka_unit_test(success_is_final_and_a_bad_end_leads_back_to_waiting_only),
        cmocka_unit_test(outcomes_have_names_of_their_own),
        cmocka_unit_test(what_is_not_in_the_tables_has_no_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
