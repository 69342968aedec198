/* Tests of quotas: exact whatever comes together, and nothing left behind by what they refuse. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "brain.h"
#include "play.h"

static struct ns_quotas none(void)
{
    return ns_quotas_default();
}

static void set_quotas(struct stage *stage, struct ns_quotas quotas)
{
    struct command *command = stage_make(stage, COMMAND_PUT_NS);

    command->in.ns_edit.name = BYTES("default");
    command->in.ns_edit.quotas = quotas;
    command->in.ns_edit.if_match = VERSION_UNASKED;
    assert_int_equal(code_of(stage_ask(stage, command)), OK);
}

static void limit_waiting(struct stage *stage, int64_t pending_limit)
{
    struct ns_quotas quotas = none();

    quotas.pending_limit = pending_limit;
    set_quotas(stage, quotas);
}

static const struct ns_view *look(struct stage *stage)
{
    struct command *command = stage_make(stage, COMMAND_GET_NS);

    command->in.ns.name = BYTES("default");
    (void)stage_ask(stage, command);
    assert_int_equal(code_of(command), OK);
    return command->reply.namespaces;
}

static enum err try_submit(struct stage *stage, const char *queue)
{
    return code_of(stage_ask(stage, to_submit(stage, queue)));
}

static void assert_counters_are_true(struct stage *stage)
{
    assert_int_equal(
        stage_number(stage,
                     "WITH counted AS (SELECT ns, queue, class, state, tasks, bytes FROM counters"
                     " WHERE tasks <> 0 OR bytes <> 0), real AS (SELECT ns, queue, class, state,"
                     " count(*), sum(bytes) FROM tasks GROUP BY ns, queue, class, state)"
                     " SELECT (SELECT count(*) FROM (SELECT * FROM counted EXCEPT SELECT * FROM"
                     " real)) + (SELECT count(*) FROM (SELECT * FROM real EXCEPT SELECT * FROM"
                     " counted))"),
        0);
    assert_int_equal(look(stage)->bytes,
                     stage_number(stage, "SELECT coalesce(sum(bytes), 0) FROM tasks"));
    assert_int_equal(
        stage_number(stage, "SELECT count(*) FROM tasks t JOIN bodies b ON b.task = t.number"
                            " LEFT JOIN results r ON r.task = t.number WHERE t.bytes <>"
                            " coalesce(length(b.payload), 0) + coalesce(length(b.headers), 0) +"
                            " coalesce(length(r.result), 0) + coalesce(length(r.error), 0)"),
        0);
}

static struct command *to_submit_bytes(struct stage *stage, const char *payload)
{
    struct command *command = to_submit(stage, "q");

    command->in.submit.specs[0].payload.data = bytes_of(payload);
    return command;
}

/* ---- tasks that wait ---- */

static void the_last_place_is_given_once(void **state)
{
    static const char *const queues[] = {"a", "b", "c"};
    struct stage *stage = *state;
    struct command *commands[9];
    int taken = 0;

    limit_waiting(stage, 5);
    for (int i = 0; i < 9; i++) {
        commands[i] = to_submit(stage, queues[i % 3]);
        if (i % 2 == 0)
            commands[i]->in.submit.specs[0].delay_ms = 1000;
        stage_post(stage, commands[i]); /* they share a transaction */
    }
    stage_settle(stage);
    for (int i = 0; i < 9; i++) {
        taken += code_of(commands[i]) == OK;
        assert_int_equal(code_of(commands[i]), i < 5 ? OK : ERR_LIMIT_REACHED);
    }
    assert_int_equal(taken, 5);
    assert_non_null(strstr(commands[8]->reply.error.detail, "default"));
    assert_non_null(strstr(commands[8]->reply.error.detail, "5"));
    assert_string_equal(commands[8]->reply.error.where, "/queue");
}

static void what_runs_makes_room_and_lowering_removes_nothing(void **state)
{
    struct stage *stage = *state;

    limit_waiting(stage, 2);
    (void)submit(stage, "q");
    (void)submit(stage, "q");
    assert_int_equal(try_submit(stage, "q"), ERR_LIMIT_REACHED);
    (void)claim(stage, enrol(stage, "q", 1));
    assert_int_equal(try_submit(stage, "q"), OK);
    limit_waiting(stage, 0);
    assert_int_equal(look(stage)->counts.of[TASK_READY], 2);
    assert_int_equal(try_submit(stage, "q"), ERR_LIMIT_REACHED);
    limit_waiting(stage, -1);
    assert_int_equal(try_submit(stage, "q"), OK);
}

static void a_clone_is_counted_like_a_submit(void **state)
{
    struct stage *stage = *state;
    struct id task = submit(stage, "q");
    struct command *clone = to_again(stage, COMMAND_RETRY, task);
    struct command *later = to_again(stage, COMMAND_RETRY, task);

    cancel(stage, task, 0);
    limit_waiting(stage, 0);
    clone->in.again.clone = later->in.again.clone = true;
    assert_int_equal(code_of(stage_ask(stage, clone)), ERR_LIMIT_REACHED);
    limit_waiting(stage, 1);
    assert_int_equal(code_of(stage_ask(stage, later)), OK);
    assert_counters_are_true(stage);
}

/* ---- bytes ---- */

static void bytes_are_of_all_that_is_kept(void **state)
{
    struct stage *stage = *state;
    struct ns_quotas quotas = none();
    struct command *headed = to_submit_bytes(stage, "12345678");
    struct command *again;
    struct id task;

    headed->in.submit.specs[0].headers = BYTES("{}");
    quotas.bytes_limit = 15;
    set_quotas(stage, quotas);
    (void)stage_ask(stage, headed);
    task = headed->reply.view.task->id;
    assert_int_equal(look(stage)->bytes, 10);
    assert_int_equal(code_of(stage_ask(stage, to_submit_bytes(stage, "123456"))),
                     ERR_LIMIT_REACHED);
    assert_int_equal(code_of(stage_ask(stage, to_submit_bytes(stage, "12345"))), OK);
    assert_int_equal(code_of(stage_ask(stage, to_submit_bytes(stage, ""))), OK);

    /* An end is kept though it is over the limit, in the place of the one before. */
    quotas.bytes_limit = -1;
    set_quotas(stage, quotas);
    (void)finish(stage, claim(stage, enrol(stage, "q", 1)), OUTCOME_FAILED);
    assert_true(look(stage)->bytes > 15);
    assert_counters_are_true(stage);
    cancel(stage, task, 0);
    again = to_again(stage, COMMAND_RETRY, task);
    assert_int_equal(code_of(stage_ask(stage, again)), OK);
    assert_int_equal(look(stage)->bytes, 15);
    assert_counters_are_true(stage);
}

static void bytes_go_with_their_tasks(void **state)
{
    struct stage *stage = *state;
    struct command *first = stage_ask(stage, to_submit_bytes(stage, "12345678"));
    struct id task = first->reply.view.task->id;
    struct command *done;
    const struct task *claimed;

    claimed = claim(stage, enrol(stage, "q", 1));
    done = to_finish(stage, claimed->lease, OUTCOME_SUCCEEDED);
    done->in.finish.outcomes[0].result.data = BYTES("\"four\"");
    (void)stage_ask(stage, done);
    assert_int_equal(look(stage)->bytes, 14);
    assert_counters_are_true(stage);
    stage_kill(stage);
    assert_int_equal(look(stage)->bytes, 14);
    assert_int_equal(look(stage)->counts.of[TASK_SUCCEEDED], 1);
    assert_counters_are_true(stage);
    (void)stage_ask(stage, to_again(stage, COMMAND_DELETE_TASK, task));
    assert_int_equal(look(stage)->bytes, 0);
    assert_counters_are_true(stage);
}

/* ---- queues ---- */

static struct command *to_register(struct stage *stage, struct bytes *queues, unsigned len)
{
    struct command *command = stage_make(stage, COMMAND_REGISTER);

    command->in.worker_spec.identity = BYTES("w");
    command->in.worker_spec.queues = queues;
    command->in.worker_spec.queues_len = len;
    command->in.worker_spec.concurrency = 1;
    command->in.worker_spec.confirm_ms = -1;
    command->in.worker_spec.min_priority = MIN_PRIORITY_NONE;
    return command;
}

static void a_queue_too_many_is_made_by_nobody(void **state)
{
    struct stage *stage = *state;
    struct ns_quotas quotas = none();
    struct bytes wanted[] = {BYTES("a"), BYTES("c"), BYTES("c"), BYTES("d")};

    quotas.queues_limit = 2;
    set_quotas(stage, quotas);
    assert_int_equal(try_submit(stage, "a"), OK);
    assert_int_equal(code_of(stage_ask(stage, to_register(stage, wanted, 4))), ERR_LIMIT_REACHED);
    assert_int_equal(code_of(stage_ask(stage, to_register(stage, wanted, 3))), OK);
    assert_int_equal(try_submit(stage, "b"), ERR_LIMIT_REACHED);
    assert_int_equal(code_of(stage_ask(stage, to_queue(stage, COMMAND_PAUSE_QUEUE, "b"))),
                     ERR_LIMIT_REACHED);
    assert_int_equal(code_of(stage_ask(stage, to_edit_queue(stage, "b", 0, queue_default()))),
                     ERR_LIMIT_REACHED);
    assert_int_equal(look(stage)->queues, 2);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM queues"), 2);

    (void)stage_ask(stage, to_queue(stage, COMMAND_DELETE_QUEUE, "c"));
    assert_int_equal(look(stage)->queues, 1);
    assert_int_equal(try_submit(stage, "b"), OK);
    assert_int_equal(try_submit(stage, "c"), ERR_LIMIT_REACHED);
}

static int64_t queues_walked(const struct hot_ns *ns)
{
    const struct hot_queue *queue;
    int64_t queues = 0;

    for (size_t at = 0; (queue = map_each(ns->queues, &at)) != NULL;)
        queues += queue_exists(queue);
    return queues;
}

static void assert_queues_are(struct stage *stage, int64_t queues)
{
    const struct hot_ns *ns = hot_ns(&stage->engine->hot, BYTES("default"), false);

    assert_int_equal(queues_walked(ns), queues);
    assert_int_equal(hot_ns_queues(ns), queues);
}

static void queues_are_counted_as_they_come_and_go(void **state)
{
    struct stage *stage = *state;
    struct command *much;
    char sql[64];

    (void)submit(stage, "a");
    (void)enrol(stage, "b", 1);
    limit_pending(stage, "c", 1);
    assert_queues_are(stage, 3);
    for (int i = 0; i < 2; i++) {
        (void)stage_ask(stage, to_queue(stage, COMMAND_DELETE_QUEUE, "c"));
        assert_queues_are(stage, 2);
        limit_pending(stage, "c", 1);
        assert_queues_are(stage, 3);
    }
    (void)stage_ask(stage, to_close(stage, "c", true, 0));
    assert_queues_are(stage, 3);
    (void)stage_ask(stage, to_queue(stage, COMMAND_DELETE_QUEUE, "c"));
    stage_restart(stage);
    assert_queues_are(stage, 2);

    much = to_submit_bytes(stage, "");
    much->in.submit.specs[0].queue = BYTES("d");
    much->in.submit.specs[0].payload.data =
        (struct bytes){arena_alloc(much->mem, 1 << 20), 1 << 20};
    (void)snprintf(sql, sizeof(sql), "PRAGMA max_page_count = %lld",
                   (long long)stage_number(stage, "PRAGMA page_count") + 20);
    db_exec(stage->engine->db, sql);
    assert_int_equal(code_of(stage_ask(stage, much)), ERR_DISK_RESERVE);
    assert_queues_are(stage, 2);
}

/* ---- many at once ---- */

static void items_are_refused_alone(void **state)
{
    struct stage *stage = *state;
    struct command *many = to_submit_many(stage, "q", 4);

    limit_waiting(stage, 2);
    (void)stage_ask(stage, many);
    assert_int_equal(code_of(many), OK);
    assert_int_equal(many->reply.items[1].error.code, OK);
    assert_int_equal(many->reply.items[2].error.code, ERR_LIMIT_REACHED);
    assert_int_equal(many->reply.items[3].error.code, ERR_LIMIT_REACHED);
}

static void all_or_none_counts_all(void **state)
{
    struct stage *stage = *state;
    struct command *many = to_submit_many(stage, "q", 3), *few = to_submit_many(stage, "q", 2);

    many->in.submit.atomic = few->in.submit.atomic = true;
    limit_waiting(stage, 2);
    assert_int_equal(code_of(stage_ask(stage, many)), ERR_LIMIT_REACHED);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM tasks"), 0);
    assert_int_equal(look(stage)->queues, 0);
    assert_int_equal(code_of(stage_ask(stage, few)), OK);
}

static void a_quota_holds_no_stream(void **state)
{
    struct stage *stage = *state;
    struct command *piece = to_submit_many(stage, "q", 3);

    limit_waiting(stage, 1);
    piece->in.submit.streamed = true;
    (void)stage_ask(stage, piece);
    assert_true(is_answered(piece));
    assert_int_equal(piece->reply.taken, 3);
    assert_int_equal(piece->reply.items[0].error.code, OK);
    assert_int_equal(piece->reply.items[2].error.code, ERR_LIMIT_REACHED);
}

/* ---- the broker's bounds ---- */

static void names_and_workers_are_bounded(void **state)
{
    struct stage *stage = *state;
    struct command *foreign = to_submit(stage, "q"), *typed = to_submit(stage, "q");
    struct bytes queue = BYTES("q");

    stage->options.bounds = (struct engine_bounds){
        .namespaces_max = 1, .queues_max = 2, .classes_max = 1, .workers_max = 1, .tokens_max = 1};
    stage_restart(stage);
    assert_int_equal(try_submit(stage, "q"), OK);
    foreign->ns = BYTES("other");
    assert_int_equal(code_of(stage_ask(stage, foreign)), ERR_LIMIT_REACHED);
    typed->in.submit.specs[0].type = BYTES("another");
    assert_int_equal(code_of(stage_ask(stage, typed)), ERR_LIMIT_REACHED);
    assert_string_equal(typed->reply.error.where, "/type");
    assert_int_equal(try_submit(stage, "r"), OK);
    assert_int_equal(try_submit(stage, "s"), ERR_LIMIT_REACHED);
    assert_int_equal(code_of(stage_ask(stage, to_register(stage, &queue, 1))), OK);
    assert_int_equal(code_of(stage_ask(stage, to_register(stage, &queue, 1))), ERR_LIMIT_REACHED);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM namespaces"), 1);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM queues"), 2);
    assert_int_equal(look(stage)->workers, 1);
}

static struct command *to_foreign(struct stage *stage, const struct principal *by, const char *ns)
{
    struct command *command = to_submit(stage, "q");

    command->ns = bytes_of(ns);
    command->by = by;
    return command;
}

/* Whoever may use many names spends not all that there are. */
static void tenants_leave_an_eighth(void **state)
{
    static const struct principal bound = {.id = {"bound", 5},
                                           .grant = {ROLE_SUBMITTER, {"t*,default", 10}, {"*", 1}}};
    struct stage *stage = *state;

    stage->options.bounds = (struct engine_bounds){.namespaces_max = 8};
    stage_restart(stage);
    for (int i = 0; i < 7; i++) {
        char name[] = {'t', (char)('0' + i), '\0'};

        assert_int_equal(code_of(stage_ask(stage, to_foreign(stage, &bound, name))), OK);
    }
    assert_int_equal(code_of(stage_ask(stage, to_foreign(stage, &bound, "t7"))), ERR_LIMIT_REACHED);
    assert_int_equal(code_of(stage_ask(stage, to_foreign(stage, &bound, "t0"))), OK);
    assert_int_equal(code_of(stage_ask(stage, to_foreign(stage, &principal_open, "root"))), OK);
    assert_int_equal(code_of(stage_ask(stage, to_foreign(stage, &principal_open, "more"))),
                     ERR_LIMIT_REACHED);
    assert_int_equal(code_of(stage_ask(stage, to_foreign(stage, &bound, "default"))), OK);
}

static enum err code_with_limit(struct stage *stage, const char *limit)
{
    struct command *command = to_submit(stage, "q");

    command->in.submit.specs[0].rules.limits = bytes_of(limit);
    return code_of(stage_ask(stage, command));
}

static void sets_of_limits_are_bounded_and_come_back(void **state)
{
    struct stage *stage = *state;
    struct id worker;

    stage->options.bounds = (struct engine_bounds){.lines_max = 2};
    stage_restart(stage);
    worker = enrol(stage, "q", 5);
    assert_int_equal(code_with_limit(stage, "a 1\n"), OK);
    assert_int_equal(code_with_limit(stage, "b 1\n"), OK);
    assert_int_equal(code_with_limit(stage, "c 1\n"), ERR_LIMIT_REACHED);
    assert_int_equal(stage->engine->hot.limit_names, 2);
    assert_int_equal(code_of(stage_ask(stage, to_submit(stage, "q"))), OK);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM tasks"), 3);
    for (int i = 0; i < 3; i++)
        (void)finish(stage, claim(stage, worker), OUTCOME_SUCCEEDED);
    stage_pass(stage, 11000); /* the broom has come by */
    assert_int_equal(code_with_limit(stage, "c 1\n"), OK);
}

#define STAGED(test) cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(the_last_place_is_given_once),
        STAGED(what_runs_makes_room_and_lowering_removes_nothing),
        STAGED(a_clone_is_counted_like_a_submit),
        STAGED(bytes_are_of_all_that_is_kept),
        STAGED(bytes_go_with_their_tasks),
        STAGED(a_queue_too_many_is_made_by_nobody),
        STAGED(queues_are_counted_as_they_come_and_go),
        STAGED(items_are_refused_alone),
        STAGED(all_or_none_counts_all),
        STAGED(a_quota_holds_no_stream),
        STAGED(names_and_workers_are_bounded),
        STAGED(tenants_leave_an_eighth),
        STAGED(sets_of_limits_are_bounded_and_come_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
