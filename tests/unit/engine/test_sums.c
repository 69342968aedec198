/* Tests of sums: of what the caller reaches, and of everything for the metrics. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "push_play.h"

static const struct principal MAIL_ONLY = {
    .id = {"tok_mail", 8},
    .grant = {.role = ROLE_VIEWER, .ns = {"default", 7}, .queues = {"mail", 4}},
};

static struct command *ask_as(struct stage *stage, enum command_kind kind,
                              const struct principal *by, struct bytes ns)
{
    struct command *command = stage_make(stage, kind);

    command->by = by != NULL ? by : &principal_open;
    command->ns = ns;
    return stage_ask(stage, command);
}

static void enrol_in(struct stage *stage, struct bytes ns, const char *queue)
{
    struct command *command = stage_make(stage, COMMAND_REGISTER);
    struct bytes name = bytes_of(queue);

    command->ns = ns;
    command->in.worker_spec = (struct worker_spec){
        .identity = BYTES("worker"),
        .queues = arena_copy(command->mem, &name, sizeof(name)),
        .queues_len = 1,
        .concurrency = 100,
        .confirm_ms = -1,
        .min_priority = MIN_PRIORITY_NONE,
    };
    assert_int_equal(code_of(stage_ask(stage, command)), OK);
}

static void sums_are_of_one_namespace(void **state)
{
    struct stage *stage = *state;
    struct command *foreign = to_submit(stage, "q"), *asked;
    const struct stats_view *stats;
    struct id worker;

    foreign->ns = BYTES("other");
    (void)stage_ask(stage, foreign);
    enrol_in(stage, BYTES("other"), "q");
    (void)stage_ask(stage, to_submit_many(stage, "q", 3));
    worker = enrol(stage, "q", 4);
    assert_non_null(claim(stage, worker));
    asked = to_beat(stage, worker, 5000);
    asked->by = &principal_open;
    assert_false(is_answered(stage_ask(stage, asked)));

    stats = &ask_as(stage, COMMAND_STATS, NULL, BYTES("default"))->reply.stats;
    assert_int_equal(stats->counts.of[TASK_READY], 2);
    assert_int_equal(stats->counts.of[TASK_RUNNING], 1);
    assert_int_equal(stats->queues, 1);
    assert_int_equal(stats->workers, 1);
    assert_int_equal(stats->slots_total, 4);
    assert_int_equal(stats->slots_used, 1);
    assert_int_equal(stats->leases, 1);
    assert_int_equal(stats->parked, 1);
    stats = &ask_as(stage, COMMAND_STATS, NULL, BYTES("other"))->reply.stats;
    assert_int_equal(stats->counts.of[TASK_READY], 1);
    assert_int_equal(stats->workers, 1);
    assert_int_equal(stats->slots_total, 100);
    assert_int_equal(stats->leases, 0);
    assert_int_equal(stats->parked, 0);
}

static void sums_are_of_the_queues_in_reach(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol(stage, "secret", 4);
    const struct stats_view *stats;
    struct command *asked;

    (void)stage_ask(stage, to_submit_many(stage, "secret", 3));
    (void)stage_ask(stage, to_submit_many(stage, "mail", 2));
    assert_non_null(claim(stage, worker));
    asked = to_beat(stage, worker, 5000);
    asked->by = &principal_open;
    assert_false(is_answered(stage_ask(stage, asked)));

    stats = &ask_as(stage, COMMAND_STATS, &MAIL_ONLY, BYTES("default"))->reply.stats;
    assert_int_equal(stats->counts.of[TASK_READY], 2);
    assert_int_equal(stats->counts.of[TASK_RUNNING], 0);
    assert_int_equal(stats->queues, 1);
    assert_int_equal(stats->workers, 0);
    assert_int_equal(stats->slots_total, 0);
    assert_int_equal(stats->leases, 0);
    assert_int_equal(stats->parked, 0);
}

static void a_stop_waits_for_leases_of_which_one_sees_ones_own(void **state)
{
    struct stage *stage = *state;

    (void)submit(stage, "secret");
    assert_non_null(claim(stage, enrol(stage, "secret", 4)));

    assert_int_equal(
        ask_as(stage, COMMAND_SHUTDOWN_STATE, NULL, BYTES("default"))->reply.shutdown.live_leases,
        1);
    assert_int_equal(ask_as(stage, COMMAND_SHUTDOWN_STATE, &MAIL_ONLY, BYTES("default"))
                         ->reply.shutdown.live_leases,
                     0);
}

static void the_metrics_are_of_every_namespace(void **state)
{
    struct stage *stage = *state;
    struct command *foreign = to_submit(stage, "q");
    const struct reply *reply;

    foreign->ns = BYTES("other");
    (void)submit(stage, "q");
    (void)stage_ask(stage, foreign);
    enrol_in(stage, BYTES("other"), "q");
    reply = &ask_as(stage, COMMAND_METRICS, &MAIL_ONLY, BYTES("default"))->reply;

    assert_int_equal(reply->queues_len, 2);
    assert_true(bytes_is(reply->queues[0].ns, "default"));
    assert_true(bytes_is(reply->queues[1].ns, "other"));
    assert_int_equal(reply->queues[1].counts.of[TASK_READY], 1);
    assert_int_equal(reply->queues[1].replicas_len, 0);
    assert_int_equal(reply->sums_len, 2);
    assert_int_equal(reply->sums[0].live, 0);
    assert_true(bytes_is(reply->sums[1].ns, "other"));
    assert_int_equal(reply->sums[1].live, 1);
    assert_int_equal(reply->sums[1].slots_total, 100);
}

static void a_worker_that_is_disabled_has_no_slots(void **state)
{
    struct stage *stage = *state;
    struct id id = enrol_push(stage, "q");
    const struct worker_sums *sums =
        &ask_as(stage, COMMAND_METRICS, NULL, BYTES("default"))->reply.sums[0];

    assert_int_equal(sums->live, 1);
    assert_int_equal(sums->slots_total, 2);
    (void)stage_ask(stage, to_note(stage, id, true));
    sums = &ask_as(stage, COMMAND_METRICS, NULL, BYTES("default"))->reply.sums[0];
    assert_int_equal(sums->live, 0);
    assert_int_equal(sums->disabled, 1);
    assert_int_equal(sums->slots_total, 0);
    assert_int_equal(ask_as(stage, COMMAND_STATS, NULL, BYTES("default"))->reply.stats.slots_total,
                     0);
}

static void what_the_push_room_waits_for_is_no_request(void **state)
{
    struct stage *stage = *state;
    struct id id = enrol_push(stage, "q");
    struct command *room[] = {to_watch(stage, INT64_MAX - 1, INT64_MAX / 2),
                              to_claim(stage, id, 1, INT64_MAX / 2)};
    struct command *pulling;

    for (int i = 0; i < 2; i++) {
        room[i]->by = &principal_broker;
        assert_false(is_answered(stage_ask(stage, room[i])));
    }
    assert_int_equal(ask_as(stage, COMMAND_METRICS, NULL, BYTES("default"))->reply.stats.parked, 0);
    assert_int_equal(ask_as(stage, COMMAND_STATS, NULL, BYTES("default"))->reply.stats.parked, 0);
    pulling = to_claim(stage, enrol(stage, "q", 1), 1, 60000);
    pulling->by = &principal_open;
    (void)stage_ask(stage, pulling);
    assert_int_equal(ask_as(stage, COMMAND_METRICS, NULL, BYTES("default"))->reply.stats.parked, 1);
}

static void the_youngest_of_very_many_queues_are_one_number(void **state)
{
    struct stage *stage = *state;
    const struct reply *reply;

    for (int i = 0; i < 1003; i++) {
        struct command *command = to_submit(stage, "");

        command->in.submit.specs[0].queue = arena_printf(command->mem, "q%d", i);
        assert_int_equal(code_of(stage_ask(stage, command)), OK);
    }
    reply = &ask_as(stage, COMMAND_METRICS, NULL, BYTES("default"))->reply;

    assert_int_equal(reply->queues_len, 1001);
    assert_true(bytes_is(reply->queues[0].name, "q0"));
    assert_true(bytes_is(reply->queues[1000].ns, METRICS_OTHER));
    assert_true(bytes_is(reply->queues[1000].name, METRICS_OTHER));
    assert_int_equal(reply->queues[1000].counts.of[TASK_READY], 3);
}

static void who_asks_for_the_metrics_learns_how_large_the_store_is(void **state)
{
    struct stage *stage = *state;

    (void)submit(stage, "q");
    (void)stage_ask(stage, stage_make(stage, COMMAND_METRICS));

    assert_true(stage_metric(stage, METRIC_DB_BYTES) > 0);
    assert_true(stage_metric(stage, METRIC_WAL_BYTES) > 0);
}

#define STAGED(test)  cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)
#define ON_DISK(test) cmocka_unit_test_setup_teardown(test, stage_setup_on_disk, stage_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(a_worker_that_is_disabled_has_no_slots),
        STAGED(what_the_push_room_waits_for_is_no_request),
        STAGED(sums_are_of_one_namespace),
        STAGED(sums_are_of_the_queues_in_reach),
        STAGED(a_stop_waits_for_leases_of_which_one_sees_ones_own),
        STAGED(the_metrics_are_of_every_namespace),
        STAGED(the_youngest_of_very_many_queues_are_one_number),
        ON_DISK(who_asks_for_the_metrics_learns_how_large_the_store_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
