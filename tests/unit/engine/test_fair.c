/* Tests of fair shares: who stands where, and what is remembered of a key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "brain.h"
#include "play.h"
#include "store/db.h"

enum { BACKLOG = 1000, MANY = 1500 };

static struct command *to_share(struct stage *stage, unsigned len, const char *key, int64_t weight)
{
    struct command *many = to_submit_many(stage, "q", len);

    for (unsigned i = 0; i < len; i++) {
        many->in.submit.specs[i].rules.fairness_key = bytes_of(key);
        many->in.submit.specs[i].rules.weight_milli = weight;
    }
    return many;
}

static struct id share(struct stage *stage, unsigned len, const char *key, int64_t weight)
{
    struct command *many = stage_ask(stage, to_share(stage, len, key, weight));

    assert_string_equal(many->reply.error.detail, "");
    return many->reply.items[0].id;
}

/* Which claim gets the task; 0: none of so many. */
static unsigned claims_until(struct stage *stage, struct id worker, struct id task, unsigned max)
{
    for (unsigned i = 1; i <= max; i++) {
        const struct task *claimed = claim(stage, worker);

        if (claimed == NULL)
            return 0;
        if (bytes_equal((struct bytes){(const char *)claimed->id.at, sizeof(task.at)},
                        (struct bytes){(const char *)task.at, sizeof(task.at)}))
            return i;
    }
    return 0;
}

static int64_t rows(struct stage *stage)
{
    return stage_number(stage, "SELECT count(*) FROM shares");
}

static void dispatches_are_shared_by_weight(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", MANY);

    (void)share(stage, MANY, "one", 1000);
    (void)share(stage, MANY, "three", 3000);
    (void)share(stage, MANY, "half", 500);
    for (unsigned i = 0; i < MANY; i++)
        assert_non_null(claim(stage, worker));

    /* 2 : 6 : 1 of them, but for the one that each may be ahead. */
    const char *const keys[] = {"one", "three", "half"};
    const int64_t parts[] = {2, 6, 1};

    for (unsigned i = 0; i < 3; i++) {
        char sql[160];

        (void)snprintf(sql, sizeof(sql),
                       "SELECT count(*) FROM leases l JOIN bodies b ON b.task = l.task"
                       " WHERE instr(b.rules, '%s') > 0",
                       keys[i]);
        assert_in_range(stage_number(stage, sql), MANY * parts[i] / 9 - 6, MANY * parts[i] / 9 + 6);
    }
}

static void a_newcomer_does_not_stand_behind_a_backlog(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", BACKLOG);

    (void)share(stage, BACKLOG, "busy", 1000);
    assert_in_range(claims_until(stage, worker, share(stage, 1, "new", 1000), 3), 1, 2);
    for (unsigned i = 0; i < 100; i++)
        assert_non_null(claim(stage, worker));
    assert_in_range(claims_until(stage, worker, share(stage, 1, "new", 1000), 3), 1, 2);
    stage_kill(stage);
    assert_in_range(claims_until(stage, worker, share(stage, 1, "newer", 1000), 3), 1, 2);
}

static void who_was_not_handed_out_has_not_used_its_share(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", BACKLOG);

    (void)share(stage, BACKLOG, "busy", 1000);
    for (unsigned i = 0; i < 50; i++)
        cancel(stage, share(stage, 1, "wavering", 1000), 0);
    assert_in_range(claims_until(stage, worker, share(stage, 1, "wavering", 1000), 3), 1, 2);
}

static void who_comes_back_is_not_behind_what_came_after_it(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", BACKLOG), first = share(stage, 1, "k", 1000);
    const struct task *task = claim(stage, worker);

    (void)share(stage, BACKLOG, "k", 1000);
    assert_int_equal(finish(stage, task, OUTCOME_FAILED), TASK_RETRYING);
    stage_pass(stage, 5000);
    assert_in_range(claims_until(stage, worker, first, 3), 1, 2);
}

static void a_key_without_a_backlog_is_forgotten(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", BACKLOG);

    for (unsigned i = 0; i < 100; i++) {
        struct command *command = to_share(stage, 1, "", 1000);

        command->in.submit.specs[0].rules.fairness_key = arena_printf(command->mem, "key-%u", i);
        (void)stage_ask(stage, command);
    }
    assert_int_equal(rows(stage), 100);
    for (unsigned i = 0; i < 100; i++)
        assert_int_equal(finish(stage, claim(stage, worker), OUTCOME_SUCCEEDED), TASK_SUCCEEDED);
    assert_int_equal(rows(stage), 0);
}

/* Its key has paid for it, and nothing of that key is handed out any more. */
static void a_key_whose_last_task_came_back_is_forgotten(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", BACKLOG);

    (void)share(stage, 5, "k", 1000);
    const struct task *task = claim(stage, worker);

    assert_int_equal(finish(stage, task, OUTCOME_FAILED), TASK_RETRYING);
    stage_pass(stage, 5000);
    for (unsigned i = 0; i < 5; i++)
        assert_non_null(claim(stage, worker));
    assert_null(claim(stage, worker));
    (void)share(stage, 20, "others", 1000);
    stage_kill(stage);
    for (unsigned i = 0; i < 20; i++)
        assert_non_null(claim(stage, worker));
    assert_int_equal(rows(stage), 0);
}

static void set_fair(struct stage *stage, bool is_fair)
{
    (void)stage_ask(stage, to_edit_queue(stage, "q", QUEUE_HAS_FAIRNESS,
                                         (struct queue_settings){.is_fair = is_fair}));
}

static void fairness_is_switched_while_tasks_wait(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", BACKLOG);

    (void)share(stage, 50, "busy", 1000);
    set_fair(stage, false);
    assert_int_equal(claims_until(stage, worker, share(stage, 1, "late", 1000), 60), 51);
    (void)share(stage, 50, "busy", 1000);
    set_fair(stage, true);
    assert_int_equal(claims_until(stage, worker, share(stage, 1, "late", 1000), 60), 51);
    (void)share(stage, 50, "busy", 1000);
    assert_in_range(claims_until(stage, worker, share(stage, 1, "late", 1000), 3), 1, 2);
}

/* What a batch that came to nothing has given and taken is as it was. */
static void an_undone_batch_gives_no_shares(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "q", BACKLOG);
    struct command *much = to_share(stage, 20, "k", 1000), *first;
    char sql[64];

    (void)share(stage, 1, "busy", 1000);
    much->in.submit.specs[0].payload.data =
        (struct bytes){arena_alloc(much->mem, 1 << 20), 1 << 20};
    (void)snprintf(sql, sizeof(sql), "PRAGMA max_page_count = %lld",
                   (long long)stage_number(stage, "PRAGMA page_count") + 20);
    db_exec(stage->engine->db, sql);
    first = to_claim(stage, worker, 1, 0);
    stage_post(stage, first);
    stage_post(stage, much);
    stage_settle(stage);
    db_exec(stage->engine->db, "PRAGMA max_page_count = 1000000");
    assert_int_equal(code_of(much), ERR_DISK_RESERVE);
    assert_int_equal(first->reply.tasks_len, 1);
    assert_int_equal(rows(stage), 0);
    stage_pass(stage, 6000);
    (void)share(stage, BACKLOG, "busy", 1000);
    assert_in_range(claims_until(stage, worker, share(stage, 1, "k", 1000), 3), 1, 2);
}

#define STAGED(test)  cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)
#define ON_DISK(test) cmocka_unit_test_setup_teardown(test, stage_setup_on_disk, stage_teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        STAGED(dispatches_are_shared_by_weight),
        STAGED(a_newcomer_does_not_stand_behind_a_backlog),
        STAGED(who_was_not_handed_out_has_not_used_its_share),
        STAGED(who_comes_back_is_not_behind_what_came_after_it),
        STAGED(a_key_without_a_backlog_is_forgotten),
        STAGED(a_key_whose_last_task_came_back_is_forgotten),
        STAGED(fairness_is_switched_while_tasks_wait),
        ON_DISK(an_undone_batch_gives_no_shares),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
