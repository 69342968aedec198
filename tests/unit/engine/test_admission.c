/* Tests of admission: what an array counts for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "play.h"

/* An array of three for "q", of which two have the same key. */
static struct command *to_three(struct stage *stage, enum dedup_scope scope,
                                enum dedup_conflict on_conflict)
{
    struct command *many = to_submit_many(stage, "q", 3);

    for (unsigned i = 0; i < 2; i++)
        many->in.submit.specs[i].rules.dedup =
            (struct dedup){.key = BYTES("k"), .scope = scope, .on_conflict = on_conflict};
    many->in.submit.atomic = true;
    return many;
}

static void what_meets_another_of_its_array_needs_no_room(void **state)
{
    struct stage *stage = *state;

    limit_pending(stage, "q", 2);
    assert_int_equal(code_of(stage_ask(stage, to_three(stage, DEDUP_QUEUED, DEDUP_RETURN))), OK);
    assert_int_equal(count(stage, "q", TASK_READY), 2);
}

static void what_is_made_needs_room(void **state)
{
    struct stage *stage = *state;

    limit_pending(stage, "q", 2);
    assert_int_equal(code_of(stage_ask(stage, to_three(stage, DEDUP_ACTIVE, DEDUP_RETURN))),
                     ERR_QUEUE_FULL);
    assert_int_equal(count(stage, "q", TASK_READY), 0);
}

static void what_is_there_needs_none_in_a_full_queue(void **state)
{
    struct stage *stage = *state;
    struct command *many = to_three(stage, DEDUP_QUEUED, DEDUP_RETURN);

    (void)stage_ask(stage, to_three(stage, DEDUP_QUEUED, DEDUP_RETURN));
    limit_pending(stage, "q", 2);
    many->in.submit.specs_len = 2;
    assert_int_equal(code_of(stage_ask(stage, many)), OK);
    assert_true(many->reply.items[0].deduplicated);
    assert_int_equal(code_of(stage_ask(stage, to_three(stage, DEDUP_QUEUED, DEDUP_RETURN))),
                     ERR_QUEUE_FULL);
}

static void a_conflict_in_the_array_refuses_the_whole(void **state)
{
    struct stage *stage = *state;

    assert_int_equal(code_of(stage_ask(stage, to_three(stage, DEDUP_QUEUED, DEDUP_REJECT))),
                     ERR_STATE_CONFLICT);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM tasks"), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stage_setup, stage_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_meets_another_of_its_array_needs_no_room),
        TEST(what_is_made_needs_room),
        TEST(what_is_there_needs_none_in_a_full_queue),
        TEST(a_conflict_in_the_array_refuses_the_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
