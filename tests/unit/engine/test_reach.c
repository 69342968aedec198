/* Tests of reach: every kind of command by a token of another namespace, by one of other queues,
 * and by one that came past the way in; none gets at what is not its own or learns of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "reach.h"
#include "reach_tries.h"

#define GRANT(spaces, names)                                                                       \
    {                                                                                              \
        .role = ROLE_OPERATOR, .ns = {(spaces), sizeof(spaces) - 1}, .queues = {                   \
            (names),                                                                               \
            sizeof(names) - 1                                                                      \
        }                                                                                          \
    }

static const struct principal FOREIGN = {.id = {"foreign", 7}, .grant = GRANT("theirs", "*")};
static const struct principal NARROW = {.id = {"narrow", 6}, .grant = GRANT("default", "mail")};

/* A new kind of command does not compile without a line of its own in reach_tries.h. */
static struct command *(*const tries[COMMAND_MAX])(const struct victim *victim) = {
#define COMMAND(name, lane) [COMMAND_##name] = try_##name,
#include "tables/commands.def"
#undef COMMAND
};

static const char *const names[COMMAND_MAX] = {
#define COMMAND(name, lane) [COMMAND_##name] = #name,
#include "tables/commands.def"
#undef COMMAND
};

/* ---- what it must come to ---- */

/* It was told of nothing: a list without the victim's things, sums without them. */
static bool shows_nothing(const struct command *command)
{
    const struct reply *reply = &command->reply;

    for (int state = 1; state < TASK_STATE_MAX; state++)
        if (reply->stats.counts.of[state] != 0)
            return false;
    for (unsigned i = 0; i < reply->namespaces_len; i++)
        if (reply->namespaces[i].counts.of[TASK_READY] != 0 || reply->namespaces[i].workers != 0 ||
            reply->namespaces[i].queues != 0)
            return false;
    return reply->limits_len + reply->tasks_len + reply->workers_len + reply->queues_len +
                   reply->schedules_len + reply->webhooks_len + reply->records_len +
                   reply->cancels_len + reply->audit_len + reply->lost_len ==
               0 &&
           reply->view.task == NULL && !reply->has_more &&
           reply->stats.queues + reply->stats.workers + reply->stats.leases +
                   reply->stats.slots_total + reply->stats.parked ==
               0 &&
           reply->shutdown.live_leases == 0;
}

static enum err verdict(const struct command *command)
{
    const struct reply *reply = &command->reply;

    if (reply->error.code != OK)
        return reply->error.code;
    return reply->outcomes_len > 0 ? reply->outcomes[0].error.code : OK;
}

/* Everything that the victim has, so that a change of any of it shows. */
enum { SIGHTS = 16 };

static void look_around(const struct victim *victim, int64_t ret_numbers[SIGHTS])
{
    static const char *const looks[SIGHTS] = {
        "SELECT sum(version * 1000 + priority + state) FROM tasks WHERE ns = 1",
        "SELECT count(*) FROM tasks WHERE ns = 1",
        "SELECT sum(version + paused + closed + concurrency) FROM queues WHERE ns = 1",
        "SELECT count(*) FROM queues WHERE ns = 1",
        "SELECT sum(mode * 10 + concurrency) FROM workers WHERE ns = 1",
        "SELECT count(*) FROM workers WHERE ns = 1",
        "SELECT sum(lease_ms + expires_at + started_at + grace_at) FROM leases",
        "SELECT count(*) FROM events WHERE ns = 1",
        "SELECT count(*) FROM tasks JOIN results ON task = number WHERE ns = 1",
        "SELECT count(*) FROM tasks JOIN task_logs ON task = number WHERE ns = 1",
        "SELECT count(*) FROM tasks JOIN attempts ON task = number WHERE ns = 1",
        "SELECT sum(pending_limit + version) FROM namespaces WHERE number = 1",
        "SELECT sum(max_running * 10 + version) FROM limits WHERE ns = 1",
        "SELECT sum(version * 1000 + last_task + next_slot) FROM schedules WHERE ns = 1",
        "SELECT sum(version * 1000 + enabled) FROM webhooks WHERE ns = 1",
        "SELECT sum(state * 1000 + attempts + 1) FROM deliveries WHERE ns = 1",
    };

    for (unsigned i = 0; i < SIGHTS; i++)
        ret_numbers[i] = stage_number(victim->stage, looks[i]);
}

static void set_victim(struct victim *victim, struct stage *stage)
{
    const struct task *first, *second;

    victim->stage = stage;
    victim->worker = enrol(stage, "secret", 2);
    (void)stage_ask(stage, to_submit_many(stage, "secret", 2));
    first = claim(stage, victim->worker);
    second = claim(stage, victim->worker);
    (void)finish(stage, first, OUTCOME_SUCCEEDED);
    victim->finished = first->id;
    victim->old_lease = first->lease;
    victim->running = second->id;
    victim->lease = second->lease;
    (void)hook(stage, "hook", NULL);
    victim->waiting = submit(stage, "secret");
    assert_int_equal(code_of(stage_ask(stage, to_plan(stage, "daily", "secret"))), OK);
    assert_int_equal(code_of(stage_ask(stage, to_limit(victim, COMMAND_PUT_LIMIT))), OK);
    assert_int_equal(stage_number(stage, "SELECT number FROM namespaces WHERE name = 'default'"),
                     1);
}

static struct command *ask_as(const struct victim *victim, enum command_kind kind,
                              const struct principal *by, struct bytes ns)
{
    struct command *command = tries[kind](victim);

    if (command == NULL)
        return NULL;
    command->by = by != NULL ? by : &principal_open;
    command->ns = ns;
    return stage_ask(victim->stage, command);
}

static void check(const struct victim *victim, enum command_kind kind, bool is_right,
                  const int64_t before[SIGHTS])
{
    int64_t after[SIGHTS];

    if (!is_right)
        fail_msg("%s got through", names[kind]);
    look_around(victim, after);
    for (unsigned i = 0; i < SIGHTS; i++)
        if (after[i] != before[i])
            fail_msg("%s has changed sight %u from %lld to %lld", names[kind], i,
                     (long long)before[i], (long long)after[i]);
}

/* What is named is made or found in its own namespace, so that only ids are refused. */
static bool is_right_for_foreign(const struct command *command)
{
    switch ((int)command->kind) {
    case COMMAND_LOOK:
    case COMMAND_CANCEL:
    case COMMAND_EDIT:
    case COMMAND_RETRY:
    case COMMAND_RUN_NOW:
    case COMMAND_DELETE_TASK:
    case COMMAND_GET_WORKER:
    case COMMAND_EDIT_WORKER:
    case COMMAND_LEAVE:
    case COMMAND_CLAIM:
    case COMMAND_HEARTBEAT:
    case COMMAND_GET_NS:
    case COMMAND_GET_SCHEDULE:
    case COMMAND_DELETE_SCHEDULE:
    case COMMAND_TRIGGER_SCHEDULE:
    case COMMAND_NEXT_SCHEDULE:
    case COMMAND_GET_LIMIT:
    case COMMAND_DELETE_LIMIT:
    case COMMAND_GET_WEBHOOK:
    case COMMAND_DELETE_WEBHOOK:
    case COMMAND_TEST_WEBHOOK:
    case COMMAND_LIST_DELIVERIES:
    case COMMAND_REDELIVER:
        return verdict(command) == ERR_NOT_FOUND;
    case COMMAND_FINISH:
    case COMMAND_EXTEND:
    case COMMAND_PROGRESS:
    case COMMAND_LEASE_LOGS:
        return verdict(command) == ERR_STALE_LEASE;
    case COMMAND_LIST_TASKS:
    case COMMAND_LIST_WORKERS:
    case COMMAND_LIST_QUEUES:
    case COMMAND_STATS:
    case COMMAND_SHUTDOWN_STATE:
    case COMMAND_LIST_NS:
    case COMMAND_LIST_LIMITS:
    case COMMAND_LIST_SCHEDULES:
    case COMMAND_LIST_WEBHOOKS:
        return verdict(command) == OK && shows_nothing(command);
    default:
        return true;
    }
}

static void another_namespace_gets_at_nothing(void **state)
{
    struct victim victim;
    int64_t before[SIGHTS];

    set_victim(&victim, *state);
    look_around(&victim, before);
    for (int kind = 0; kind < COMMAND_MAX; kind++) {
        struct command *command = NULL;

        /* Lists come first, while there is nothing that is its own. */
        if (kind != COMMAND_SUBMIT && kind != COMMAND_REGISTER && kind != COMMAND_EDIT_QUEUE &&
            kind != COMMAND_PAUSE_QUEUE && kind != COMMAND_PUT_LIMIT &&
            kind != COMMAND_PUT_SCHEDULE && kind != COMMAND_PUT_WEBHOOK)
            command = ask_as(&victim, (enum command_kind)kind, &FOREIGN, BYTES("theirs"));
        if (command != NULL)
            check(&victim, (enum command_kind)kind, is_right_for_foreign(command), before);
    }
    for (int kind = 0; kind < COMMAND_MAX; kind++) {
        struct command *command =
            ask_as(&victim, (enum command_kind)kind, &FOREIGN, BYTES("theirs"));

        if (command != NULL)
            check(&victim, (enum command_kind)kind, true, before);
    }
}

static bool is_right_for_narrow(const struct command *command)
{
    switch ((int)command->kind) {
    case COMMAND_SUBMIT:
    case COMMAND_REGISTER:
    case COMMAND_EDIT_QUEUE:
    case COMMAND_GET_QUEUE:
    case COMMAND_DELETE_QUEUE:
    case COMMAND_PAUSE_QUEUE:
    case COMMAND_RESUME_QUEUE:
    case COMMAND_PURGE_QUEUE:
    case COMMAND_CLOSE_QUEUE:
    case COMMAND_REOPEN_QUEUE:
    case COMMAND_PUT_SCHEDULE:
    case COMMAND_PUT_LIMIT:
    case COMMAND_DELETE_LIMIT:
    case COMMAND_PUT_WEBHOOK:
    case COMMAND_GET_WEBHOOK:
    case COMMAND_LIST_WEBHOOKS:
    case COMMAND_DELETE_WEBHOOK:
    case COMMAND_TEST_WEBHOOK:
    case COMMAND_LIST_DELIVERIES:
    case COMMAND_REDELIVER:
        return verdict(command) == ERR_FORBIDDEN;
    case COMMAND_GET_LIMIT:
    case COMMAND_LIST_LIMITS:
        /* Settings are for all in the namespace; what happens in other queues is not. */
        return verdict(command) == OK && command->reply.limits[0].running == -1;
    case COMMAND_GET_NS:
        return verdict(command) == OK && shows_nothing(command);
    default:
        return is_right_for_foreign(command);
    }
}

static void other_queues_get_at_nothing(void **state)
{
    struct victim victim;
    int64_t before[SIGHTS];

    set_victim(&victim, *state);
    look_around(&victim, before);
    for (int kind = 0; kind < COMMAND_MAX; kind++) {
        struct command *command =
            ask_as(&victim, (enum command_kind)kind, &NARROW, BYTES("default"));

        if (command != NULL)
            check(&victim, (enum command_kind)kind, is_right_for_narrow(command), before);
    }
}

/* A limit is shared by queues, and a task may wait for one of another queue: whoever looks from
 * there learns that something holds it back, and neither what nor how much. */
static void what_holds_back_from_afar_is_not_named(void **state)
{
    struct stage *stage = *state;
    struct victim victim;
    struct command *submitted, *look;
    const struct task_view *seen;
    char id[ID_TEXT_LEN + 1], depends_on[ID_TEXT_LEN + 2];

    set_victim(&victim, stage);
    (void)stage_ask(stage, to_wait_behind(&victim, "secret", BYTES("cap 3\n"), BYTES_NONE));
    while (claim(stage, enrol(stage, "secret", 5)) != NULL)
        ;
    id_format(victim.running, id);
    (void)snprintf(depends_on, sizeof(depends_on), "%s\n", id);
    submitted =
        stage_ask(stage, to_wait_behind(&victim, "mail", BYTES("cap 1\n"), bytes_of(depends_on)));
    assert_int_equal(code_of(submitted), OK);
    look = to_look(stage, submitted->reply.view.task->id, 0);
    look->in.look.with_explain = true;
    look->by = &NARROW;
    seen = &stage_ask(stage, look)->reply.view;
    assert_int_equal(code_of(look), OK);
    assert_true(seen->blockers_len >= 2);
    for (unsigned i = 0; i < seen->blockers_len; i++) {
        assert_int_equal(seen->blockers[i].holders_len, 0);
        assert_int_equal(seen->blockers[i].running, -1);
    }
    assert_int_equal(seen->blockers[0].count, 1); /* of what it depends on */
}

static void a_full_limit_does_not_say_how_full(void **state)
{
    struct stage *stage = *state;
    struct victim victim;
    struct command *command;

    set_victim(&victim, stage);
    command = to_limit(&victim, COMMAND_PUT_LIMIT);
    command->in.limit.settings.over = LIMIT_REJECTS;
    (void)stage_ask(stage, command);
    (void)stage_ask(stage, to_wait_behind(&victim, "secret", BYTES("cap 3\n"), BYTES_NONE));
    command = to_wait_behind(&victim, "mail", BYTES("cap 1\n"), BYTES_NONE);
    command->by = &NARROW;
    assert_int_equal(code_of(stage_ask(stage, command)), ERR_LIMIT_REACHED);
    assert_string_equal(command->reply.error.detail, "the limit cap is full");
    command = stage_ask(stage, to_wait_behind(&victim, "mail", BYTES("cap 1\n"), BYTES_NONE));
    assert_string_equal(command->reply.error.detail,
                        "the limit cap is full: 3 of its 3 units are held");
}

/* Without a namespace, or on the reader's thread: they are answered, with nothing. */
static bool is_answered_to_all(int kind)
{
    return kind == COMMAND_LIST_TASKS || kind == COMMAND_LIST_NS || kind == COMMAND_GET_NS ||
           kind == COMMAND_SHUTDOWN_STATE;
}

/* As if the way in had let it through. */
static void a_namespace_that_is_not_granted_is_refused_here_too(void **state)
{
    struct victim victim;
    int64_t before[SIGHTS];

    set_victim(&victim, *state);
    look_around(&victim, before);
    for (int kind = 0; kind < COMMAND_MAX; kind++) {
        struct command *command =
            ask_as(&victim, (enum command_kind)kind, &FOREIGN, BYTES("default"));

        if (command != NULL)
            check(&victim, (enum command_kind)kind,
                  is_answered_to_all(kind) ? shows_nothing(command)
                                           : verdict(command) == ERR_FORBIDDEN,
                  before);
    }
}

static void who_is_bound_has_no_scope_over_the_broker(void **state)
{
    static const enum scope whole[] = {SCOPE_SHUTDOWN, SCOPE_TEST, SCOPE_NAMESPACES_ADMIN};
    struct grant foreign = FOREIGN.grant, narrow = NARROW.grant;

    (void)state;
    foreign.role = narrow.role = ROLE_ADMIN;
    for (unsigned i = 0; i < sizeof(whole) / sizeof(whole[0]); i++) {
        assert_false(grant_has_scope(&foreign, whole[i]));
        assert_false(grant_has_scope(&narrow, whole[i]));
    }
}

/* The walk is worth something: its owner gets through with each. */
static void the_owner_gets_through(void **state)
{
    struct victim victim;

    set_victim(&victim, *state);
    for (int kind = 0; kind < COMMAND_MAX; kind++) {
        struct command *command;

        if (kind == COMMAND_LEAVE || kind == COMMAND_DELETE_QUEUE || kind == COMMAND_PURGE_QUEUE ||
            kind == COMMAND_CLOSE_QUEUE || kind == COMMAND_CANCEL || kind == COMMAND_FINISH ||
            kind == COMMAND_EDIT_WORKER || kind == COMMAND_RETRY || kind == COMMAND_PAUSE_QUEUE)
            continue; /* what the others need would be gone */
        command = ask_as(&victim, (enum command_kind)kind, NULL, BYTES("default"));
        if (command != NULL && verdict(command) != OK)
            fail_msg("%s: %s", names[kind], command->reply.error.detail);
    }
    assert_int_equal(verdict(ask_as(&victim, COMMAND_FINISH, NULL, BYTES("default"))), OK);
}

#define STAGED(test) cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(another_namespace_gets_at_nothing),
        STAGED(other_queues_get_at_nothing),
        STAGED(what_holds_back_from_afar_is_not_named),
        STAGED(a_full_limit_does_not_say_how_full),
        STAGED(a_namespace_that_is_not_granted_is_refused_here_too),
        STAGED(who_is_bound_has_no_scope_over_the_broker),
        STAGED(the_owner_gets_through),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
