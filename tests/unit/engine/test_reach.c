/* Tests of reach: every kind of command by a token of another namespace, by one of other queues,
 * and by one that came past the way in; none gets at what is not its own or learns of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "play.h"
#include "reach.h"

#define GRANT(spaces, names)                                                                       \
    {                                                                                              \
        .role = ROLE_OPERATOR, .ns = {(spaces), sizeof(spaces) - 1}, .queues = {                   \
            (names),                                                                               \
            sizeof(names) - 1                                                                      \
        }                                                                                          \
    }

static const struct principal FOREIGN = {.id = {"foreign", 7}, .grant = GRANT("theirs", "*")};
static const struct principal NARROW = {.id = {"narrow", 6}, .grant = GRANT("default", "mail")};

/* What there is to get at: all of it in the namespace default, in the queue secret. */
struct victim {
    struct stage *stage;
    struct id waiting, running, finished, worker;
    struct bytes lease, old_lease;
};

static struct command *make(const struct victim *victim, enum command_kind kind)
{
    return stage_make(victim->stage, kind);
}

/* ---- one of each kind ---- */

#define TRY(kind, made)                                                                            \
    static struct command *try_##kind(const struct victim *victim)                                 \
    {                                                                                              \
        return made;                                                                               \
    }
#define TRY_PLAIN(kind)         TRY(kind, make(victim, COMMAND_##kind))
#define TRY_AGAIN(kind, member) TRY(kind, to_again(victim->stage, COMMAND_##kind, victim->member))
#define TRY_WORKER(kind)        TRY(kind, of_worker(victim, COMMAND_##kind))
#define TRY_QUEUE(kind)         TRY(kind, to_queue(victim->stage, COMMAND_##kind, "secret"))

static struct command *of_worker(const struct victim *victim, enum command_kind kind)
{
    struct command *command = make(victim, kind);

    command->in.worker = victim->worker;
    return command;
}

TRY_PLAIN(LIST_WORKERS)
TRY_PLAIN(LIST_QUEUES)
TRY_PLAIN(STATS)
TRY_PLAIN(SHUTDOWN_STATE)
TRY_PLAIN(LIST_NS)
TRY_AGAIN(RETRY, finished)
TRY_AGAIN(RUN_NOW, waiting)
TRY_AGAIN(DELETE_TASK, finished)
TRY_WORKER(GET_WORKER)
TRY_WORKER(LEAVE)
TRY_QUEUE(GET_QUEUE)
TRY_QUEUE(DELETE_QUEUE)
TRY_QUEUE(PAUSE_QUEUE)
TRY_QUEUE(RESUME_QUEUE)
TRY_QUEUE(PURGE_QUEUE)
TRY_QUEUE(REOPEN_QUEUE)

static struct command *try_SUBMIT(const struct victim *victim)
{
    return to_submit(victim->stage, "secret");
}

static struct command *try_LOOK(const struct victim *victim)
{
    struct command *command = to_look(victim->stage, victim->waiting, 0);

    command->in.look.with_explain = command->in.look.with_logs = true;
    return command;
}

static struct command *try_LIST_TASKS(const struct victim *victim)
{
    struct command *command = make(victim, COMMAND_LIST_TASKS);

    command->in.list = (struct list_query){.observed = -1,
                                           .created_after_ms = -1,
                                           .created_before_ms = -1,
                                           .limit = 100,
                                           .after_number = -1};
    return command;
}

static struct command *try_CANCEL(const struct victim *victim)
{
    return to_cancel(victim->stage, victim->running, 1000);
}

static struct command *try_EDIT(const struct victim *victim)
{
    struct command *command = make(victim, COMMAND_EDIT);

    command->in.edit = (struct edit){
        .task = victim->waiting, .has_priority = true, .priority = 7, .if_match = VERSION_UNASKED};
    return command;
}

static struct command *to_enrol(struct stage *stage, struct bytes queue)
{
    struct command *command = stage_make(stage, COMMAND_REGISTER);

    command->in.worker_spec = (struct worker_spec){
        .identity = BYTES("worker"),
        .queues = arena_copy(command->mem, &queue, sizeof(queue)),
        .queues_len = 1,
        .concurrency = 1,
        .confirm_ms = -1,
        .min_priority = MIN_PRIORITY_NONE,
    };
    return command;
}

static struct command *try_REGISTER(const struct victim *victim)
{
    return to_enrol(victim->stage, BYTES("secret"));
}

static struct command *try_EDIT_WORKER(const struct victim *victim)
{
    struct command *command = make(victim, COMMAND_EDIT_WORKER);

    command->in.worker_edit =
        (struct worker_edit){.worker = victim->worker, .has_mode = true, .mode = WORKER_TERMINATE};
    return command;
}

static struct command *try_CLAIM(const struct victim *victim)
{
    return to_claim(victim->stage, victim->worker, 1, 0);
}

static struct command *try_HEARTBEAT(const struct victim *victim)
{
    return to_beat(victim->stage, victim->worker, 0);
}

static struct command *try_FINISH(const struct victim *victim)
{
    return to_finish(victim->stage, victim->lease, OUTCOME_SUCCEEDED);
}

static struct command *try_EXTEND(const struct victim *victim)
{
    return to_extend(victim->stage, victim->lease, 3600000);
}

static struct command *try_PROGRESS(const struct victim *victim)
{
    struct command *command = make(victim, COMMAND_PROGRESS);

    command->in.progress = (struct progress_note){
        .lease = victim->lease, .progress = BYTES("{\"percent\":1}"), .checkpoint = BYTES("1")};
    return command;
}

static struct command *try_LEASE_LOGS(const struct victim *victim)
{
    static struct log_line line = {.message = {"hello", 5}, .at_ms = -1};
    struct command *command = make(victim, COMMAND_LEASE_LOGS);

    command->in.logs = (struct lease_logs){.lease = victim->lease, .lines = &line, .lines_len = 1};
    return command;
}

static struct command *try_EDIT_QUEUE(const struct victim *victim)
{
    return to_edit_queue(victim->stage, "secret", QUEUE_HAS_CONCURRENCY,
                         (struct queue_settings){.concurrency = 1});
}

static struct command *try_CLOSE_QUEUE(const struct victim *victim)
{
    return to_close(victim->stage, "secret", true, 0);
}

static struct command *try_GET_NS(const struct victim *victim)
{
    struct command *command = make(victim, COMMAND_GET_NS);

    command->in.ns.name = BYTES("default");
    return command;
}

/* Not for bound tokens at all: their scopes are over the whole broker, which is looked at
 * below, or the process asks by itself. Of the metrics a part is shown, when they are written.
 * Which tokens one may hand out, and which rows of the record one sees, is tested there. */
#define NOT_TRIED(kind) TRY(kind, ((void)victim, NULL))

NOT_TRIED(PUT_NS)
NOT_TRIED(SHUTDOWN)
NOT_TRIED(ADVANCE)
NOT_TRIED(NOTE_TOKEN_USES)
NOT_TRIED(SWEEP_TOKENS)
NOT_TRIED(NOTE)
NOT_TRIED(METRICS)
NOT_TRIED(MAKE_TOKEN)
NOT_TRIED(ROTATE_TOKEN)
NOT_TRIED(REVOKE_TOKEN)
NOT_TRIED(LIST_AUDIT)

/* A new kind of command does not compile without a line of its own above. */
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
    return reply->tasks_len + reply->workers_len + reply->queues_len + reply->cancels_len +
                   reply->audit_len + reply->lost_len ==
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
enum { SIGHTS = 12 };

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
    victim->waiting = submit(stage, "secret");
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
            kind != COMMAND_PAUSE_QUEUE)
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
        return verdict(command) == ERR_FORBIDDEN;
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
        STAGED(a_namespace_that_is_not_granted_is_refused_here_too),
        STAGED(who_is_bound_has_no_scope_over_the_broker),
        STAGED(the_owner_gets_through),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
