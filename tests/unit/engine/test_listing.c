/* Tests of lists of tasks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "listing.h"
#include "play.h"

static struct command *to_list(struct stage *stage, unsigned limit)
{
    struct command *command = stage_make(stage, COMMAND_LIST_TASKS);

    command->in.list = (struct list_query){.limit = limit,
                                           .observed = -1,
                                           .created_after_ms = -1,
                                           .created_before_ms = -1,
                                           .after_number = -1};
    return command;
}

static struct command *list(struct stage *stage, struct command *command)
{
    (void)stage_ask(stage, command);
    assert_int_equal(code_of(command), OK);
    return command;
}

static void pages_follow_one_another_without_gaps(void **state)
{
    struct stage *stage = *state;
    int64_t expected = 1;

    (void)stage_ask(stage, to_submit_many(stage, "q", 7));
    for (int64_t after = -1; expected <= 7;) {
        struct command *page = to_list(stage, 3);

        page->in.list.after_number = after;
        (void)list(stage, page);
        for (unsigned i = 0; i < page->reply.tasks_len; i++)
            assert_int_equal(page->reply.tasks[i].number, expected++);
        assert_int_equal(page->reply.has_more, expected <= 7);
        after = page->reply.list_end;
    }
}

static void newest_first_goes_the_other_way(void **state)
{
    struct stage *stage = *state;
    struct command *page = to_list(stage, 2), *next = to_list(stage, 9);

    (void)stage_ask(stage, to_submit_many(stage, "q", 5));
    page->in.list.newest_first = next->in.list.newest_first = true;
    (void)list(stage, page);
    next->in.list.after_number = page->reply.list_end;
    (void)list(stage, next);

    assert_int_equal(page->reply.tasks[0].number, 5);
    assert_int_equal(next->reply.tasks_len, 3);
    assert_int_equal(next->reply.tasks[0].number, 3);
}

static void fill(struct stage *stage)
{
    struct command *many = to_submit_many(stage, "q", 4);
    struct task_spec *specs = many->in.submit.specs;

    specs[0].type = BYTES("a");
    specs[1].queue = BYTES("other");
    specs[2].tags = BYTES("x\ny\n");
    specs[3].name = BYTES("n");
    (void)stage_ask(stage, many);
}

static void assert_lists_only(struct stage *stage, struct command *command, int64_t number)
{
    (void)list(stage, command);
    assert_int_equal(command->reply.tasks_len, 1);
    assert_int_equal(command->reply.tasks[0].number, number);
}

static void each_filter_lets_through_what_fits(void **state)
{
    struct stage *stage = *state;
    struct command *by_type = to_list(stage, 9), *by_queue = to_list(stage, 9),
                   *by_tag = to_list(stage, 9);
    struct command *by_name = to_list(stage, 9), *by_state = to_list(stage, 9),
                   *by_worker = to_list(stage, 9);
    char id[ID_TEXT_LEN + 1];

    fill(stage);
    struct id worker = enrol(stage, "other", 1);
    assert_non_null(claim(stage, worker));
    id_format(worker, id);
    by_type->in.list.types = BYTES("b,a");
    by_queue->in.list.queues = BYTES("other");
    by_tag->in.list.tags = BYTES("y");
    by_name->in.list.names = BYTES("n");
    by_state->in.list.states = BYTES("running,failed");
    by_worker->in.list.workers = bytes_of(id);

    assert_lists_only(stage, by_type, 1);
    assert_lists_only(stage, by_queue, 2);
    assert_lists_only(stage, by_tag, 3);
    assert_lists_only(stage, by_name, 4);
    assert_lists_only(stage, by_state, 2);
    assert_lists_only(stage, by_worker, 2);
}

static void failures_are_found_by_their_words(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", 1);
    struct command *by_error = to_list(stage, 9), *unseen = to_list(stage, 9);

    for (int i = 0; i < 2; i++) {
        (void)submit(stage, "q");
        struct command *failed = to_finish(stage, claim(stage, worker)->lease, OUTCOME_FAILED);

        failed->in.finish.outcomes->retryable = false;
        failed->in.finish.outcomes->failure.message =
            i == 0 ? BYTES("\"disk\"") : BYTES("\"network\"");
        (void)stage_ask(stage, failed);
    }
    by_error->in.list.states = BYTES("failed");
    by_error->in.list.error = BYTES("network");
    unseen->in.list.observed = 1;
    assert_lists_only(stage, by_error, 2);
    assert_int_equal(list(stage, unseen)->reply.tasks_len, 0);
}

static void times_and_namespaces_bound_a_list(void **state)
{
    struct stage *stage = *state;
    struct command *since = to_list(stage, 9), *until = to_list(stage, 9),
                   *foreign = to_list(stage, 9);

    (void)submit(stage, "q");
    stage_pass(stage, 1000);
    (void)submit(stage, "q");
    since->in.list.created_after_ms = stage->now.wall_ms - 1;
    until->in.list.created_before_ms = stage->now.wall_ms;
    foreign->ns = BYTES("other");

    assert_lists_only(stage, since, 2);
    assert_lists_only(stage, until, 1);
    assert_int_equal(list(stage, foreign)->reply.tasks_len, 0);
}

static void a_page_looks_at_a_bounded_number_of_rows(void **state)
{
    struct stage *stage = *state;
    struct command *rare = to_list(stage, 9), *next = to_list(stage, 9);

    for (int i = 0; i < 21; i++)
        (void)stage_ask(stage, to_submit_many(stage, "q", 1000));
    (void)submit(stage, "rare");
    rare->in.list.queues = next->in.list.queues = BYTES("rare");
    (void)list(stage, rare);
    assert_int_equal(rare->reply.tasks_len, 0);
    assert_true(rare->reply.has_more);
    next->in.list.after_number = rare->reply.list_end;

    assert_lists_only(stage, next, 21001);
    assert_false(next->reply.has_more);
}

static void named_tasks_come_back_in_the_order_asked(void **state)
{
    struct stage *stage = *state;
    struct id first = submit(stage, "q"), second = submit(stage, "q");
    struct command *command = to_list(stage, 9);
    char ids[2 * ID_TEXT_LEN + 2];

    id_format(second, ids);
    ids[ID_TEXT_LEN] = ',';
    id_format(first, ids + ID_TEXT_LEN + 1);
    command->in.list.ids = bytes_of(ids);
    (void)list(stage, command);

    assert_int_equal(command->reply.tasks_len, 2);
    assert_int_equal(command->reply.tasks[0].number, 2);
    assert_int_equal(command->reply.tasks[1].number, 1);
}

/* On the readers' thread, where no command is judged before. */
static void a_page_of_a_namespace_that_is_not_granted_is_empty(void **state)
{
    static const struct principal foreign = {.grant = {.ns = {"theirs", 6}, .queues = {"*", 1}}},
                                  narrow = {.grant = {.ns = {"default", 7}, .queues = {"m*", 2}}};
    struct stage *stage = *state;
    struct listing *listing = listing_new();
    struct command *theirs = to_list(stage, 9), *ours = to_list(stage, 9);

    (void)submit(stage, "secret");
    (void)submit(stage, "mail");
    theirs->by = &foreign;
    ours->by = &narrow;
    listing_page(listing, stage->keeper, theirs);
    listing_page(listing, stage->keeper, ours);

    assert_int_equal(theirs->reply.tasks_len, 0);
    assert_int_equal(ours->reply.tasks_len, 1);
    assert_true(bytes_is(ours->reply.tasks[0].queue, "mail"));
    listing_free(listing);
}

#define STAGED(test) cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(pages_follow_one_another_without_gaps),
        STAGED(newest_first_goes_the_other_way),
        STAGED(each_filter_lets_through_what_fits),
        STAGED(failures_are_found_by_their_words),
        STAGED(times_and_namespaces_bound_a_list),
        STAGED(a_page_looks_at_a_bounded_number_of_rows),
        STAGED(named_tasks_come_back_in_the_order_asked),
        STAGED(a_page_of_a_namespace_that_is_not_granted_is_empty),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
