/* Tests of reach: every kind of command by a token of another namespace, by one of other queues,
 * and by one that came past the way in; none gets at what is not its own or learns of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "play.h"
#include "reach.h"

#include <stdio.h>

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

static struct command *try_RETRY(const struct victim *victim)
{
    return to_again(victim->stage, COMMAND_RETRY, victim->finished);
}

static struct command *try_RUN_NOW(const struct victim *victim)
{
    return to_again(victim->stage, COMMAND_RUN_NOW, victim->waiting);
}

static struct command *try_DELETE_TASK(const struct victim *victim)
{
    return to_again(victim->stage, COMMAND_DELETE_TASK, victim->finished);
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
    };
    return command;
}

static struct command *try_REGISTER(const struct victim *victim)
{
    return to_enrol(victim->stage, BYTES("secret"));
}

static struct command *try_LIST_WORKERS(const struct victim *victim)
{
    return make(victim, COMMAND_LIST_WORKERS);
}

static struct command *of_worker(const struct victim *victim, enum command_kind kind)
{
    struct command *command = make(victim, kind);

    command->in.worker = victim->worker;
    return command;
}

static struct command *try_GET_WORKER(const struct victim *victim)
{
    return of_worker(victim, COMMAND_GET_WORKER);
}

static struct command *try_EDIT_WORKER(const struct victim *victim)
{
    struct command *command = make(victim, COMMAND_EDIT_WORKER);

    command->in.worker_edit =
        (struct worker_edit){.worker = victim->worker, .has_mode = true, .mode = WORKER_TERMINATE};
    return command;
}

static struct command *try_LEAVE(const struct victim *victim)
{
    return of_worker(victim, COMMAND_LEAVE);
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

#define TRY_QUEUE(kind)                                                                            \
    static struct command *try_##kind(const struct victim *victim)                                 \
    {                                                                                              \
        return to_queue(victim->stage, COMMAND_##kind, "secret");                                  \
    }

TRY_QUEUE(GET_QUEUE)
TRY_QUEUE(DELETE_QUEUE)
TRY_QUEUE(PAUSE_QUEUE)
TRY_QUEUE(RESUME_QUEUE)
TRY_QUEUE(PURGE_QUEUE)
TRY_QUEUE(REOPEN_QUEUE)

static struct command *try_LIST_QUEUES(const struct victim *victim)
{
    return make(victim, COMMAND_LIST_QUEUES);
}

static struct command *try_STATS(const struct victim *victim)
{
    return make(victim, COMMAND_STATS);
}

static struct command *try_SHUTDOWN_STATE(const struct victim *victim)
{
    return make(victim, COMMAND_SHUTDOWN_STATE);
}

static struct command *try_LIST_NS(const struct victim *victim)
{
    return make(victim, COMMAND_LIST_NS);
}

static struct command *try_GET_NS(const struct victim *victim)
{
    struct command *command = make(victim, COMMAND_GET_NS);

    command->in.ns.name = BYTES("default");
    return command;
}

/* Not for bound tokens at all: their scopes are over the whole broker, which who_is_bound() looks
 * at, or the process asks by itself. Of the metrics a part is shown, when they are written. Which
 * tokens one may hand out, and which rows of the record one sees, is tested there. */
#define NOT_TRIED(kind)                                                                            \
    static struct command *try_##kind(const struct victim *victim)                                 \
    {                                                                                              \
        (void)victim;                                                                              \
        return NULL;                                                                               \
    }

NOT_TRIED(PUT_NS)
NOT_TRIED(SHUTDOWN)
NOT_TRIED(ADVANCE)
NOT_TRIED(NOTE_TOKEN_USES)
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
enum { SIGHTS = 11 };

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
        "SELECT (SELECT count(*) FROM tasks JOIN task_logs ON task = number WHERE ns = 1) + "
        "(SELECT count(*) FROM tasks JOIN attempts ON task = number WHERE ns = 1)",
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
    command->by = by;
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
                  kind == COMMAND_LIST_TASKS ? shows_nothing(command)
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

/* ---- one by one ---- */

static struct command *ask_narrow(struct stage *stage, struct command *command)
{
    command->by = &NARROW;
    return stage_ask(stage, command);
}

static void what_is_refused_tells_nothing(void **state)
{
    struct stage *stage = *state;
    struct command *known, *unknown;

    (void)submit(stage, "secret");
    known = ask_narrow(stage, to_submit(stage, "secret"));
    unknown = ask_narrow(stage, to_submit(stage, "nosuch"));
    assert_int_equal(code_of(known), ERR_FORBIDDEN);
    assert_int_equal(code_of(unknown), ERR_FORBIDDEN);
    assert_string_equal(known->reply.error.where, "/queue");
    assert_string_equal(unknown->reply.error.where, "/queue");
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM queues"), 1);
    assert_int_equal(code_of(ask_narrow(stage, to_submit(stage, "mail"))), OK);
}

static void each_element_is_judged_by_its_queue(void **state)
{
    struct stage *stage = *state;
    struct command *many = to_submit_many(stage, "mail", 2);

    many->in.submit.specs[0].queue = BYTES("secret");
    (void)ask_narrow(stage, many);
    assert_int_equal(many->reply.items[0].error.code, ERR_FORBIDDEN);
    assert_int_equal(many->reply.items[1].error.code, OK);

    many = to_submit_many(stage, "mail", 2);
    many->in.submit.specs[1].queue = BYTES("secret");
    many->in.submit.atomic = true;
    assert_int_equal(code_of(ask_narrow(stage, many)), ERR_FORBIDDEN);
    assert_int_equal(stage_number(stage, "SELECT count(*) FROM tasks"), 1);
}

static void a_task_is_not_moved_out_of_reach_nor_into_it(void **state)
{
    struct stage *stage = *state;
    struct id ours = submit(stage, "mail"), theirs = submit(stage, "secret");
    struct command *command = stage_make(stage, COMMAND_EDIT);

    command->in.edit = (struct edit){
        .task = ours, .has_queue = true, .queue = BYTES("secret"), .if_match = VERSION_UNASKED};
    assert_int_equal(code_of(ask_narrow(stage, command)), ERR_FORBIDDEN);
    assert_string_equal(command->reply.error.where, "/queue");

    command = stage_make(stage, COMMAND_EDIT);
    command->in.edit = (struct edit){
        .task = theirs, .has_queue = true, .queue = BYTES("mail"), .if_match = VERSION_UNASKED};
    assert_int_equal(code_of(ask_narrow(stage, command)), ERR_NOT_FOUND);
    assert_int_equal(count(stage, "mail", TASK_READY), 1);
}

static void a_wait_for_a_task_that_was_moved_out_of_reach_finds_nothing(void **state)
{
    struct stage *stage = *state;
    struct id task = submit(stage, "mail");
    struct command *look = to_look(stage, task, 60000), *move = stage_make(stage, COMMAND_EDIT);

    assert_false(is_answered(ask_narrow(stage, look)));
    move->in.edit = (struct edit){
        .task = task, .has_queue = true, .queue = BYTES("secret"), .if_match = VERSION_UNASKED};
    assert_int_equal(code_of(stage_ask(stage, move)), OK);
    cancel(stage, task, 0);
    assert_int_equal(code_of(look), ERR_NOT_FOUND);
    assert_null(look->reply.view.task);
}

/* A worker of queues within and without. */
static struct id enrol_shared(struct stage *stage)
{
    static struct bytes queues[] = {{"mail", 4}, {"secret", 6}};
    struct command *command = to_enrol(stage, BYTES_NONE);

    command->in.worker_spec.queues = queues;
    command->in.worker_spec.queues_len = 2;
    command->in.worker_spec.concurrency = 5;
    return stage_ask(stage, command)->reply.workers[0].id;
}

static void a_shared_worker_is_seen_as_far_as_it_serves_ones_queues(void **state)
{
    struct stage *stage = *state;
    struct id worker = enrol_shared(stage);
    struct command *get = stage_make(stage, COMMAND_GET_WORKER),
                   *edit = stage_make(stage, COMMAND_EDIT_WORKER),
                   *queue = to_queue(stage, COMMAND_GET_QUEUE, "mail");
    const struct worker_view *view;

    (void)submit(stage, "secret");
    assert_non_null(claim(stage, worker));
    get->in.worker = worker;
    assert_int_equal(code_of(ask_narrow(stage, get)), OK);
    view = &get->reply.workers[0];
    assert_int_equal(view->spec.queues_len, 1);
    assert_true(bytes_is(view->spec.queues[0], "mail"));
    assert_int_equal(view->running, 0);

    view = ask_narrow(stage, queue)->reply.queues->replicas;
    assert_int_equal(queue->reply.queues->replicas_len, 1);
    assert_int_equal(view->spec.queues_len, 1);

    edit->in.worker_edit =
        (struct worker_edit){.worker = worker, .has_mode = true, .mode = WORKER_QUIET};
    assert_int_equal(code_of(ask_narrow(stage, edit)), ERR_FORBIDDEN);
    assert_int_equal(code_of(ask_narrow(stage, to_claim(stage, worker, 1, 0))), ERR_NOT_FOUND);
}

static void a_claim_names_queues_in_reach(void **state)
{
    struct stage *stage = *state;
    struct bytes secret = BYTES("secret");
    struct command *claim = to_claim(stage, enrol(stage, "mail", 1), 1, 0);

    claim->in.claim.queues = &secret;
    claim->in.claim.queues_len = 1;
    assert_int_equal(code_of(ask_narrow(stage, claim)), ERR_FORBIDDEN);
    assert_string_equal(claim->reply.error.where, "/queues/0");
}

static void outcomes_and_beats_of_other_leases_are_stale(void **state)
{
    struct stage *stage = *state;
    struct victim victim;
    struct id worker;
    struct command *repeat, *claim, *beat;
    struct outcome outcome = {.kind = OUTCOME_SUCCEEDED, .retryable = true, .delay_ms = -1};

    set_victim(&victim, stage);
    worker = enrol(stage, "mail", 1);
    repeat = to_finish(stage, victim.old_lease, OUTCOME_SUCCEEDED);
    assert_int_equal(verdict(ask_narrow(stage, repeat)), ERR_STALE_LEASE);
    repeat = to_finish(stage, victim.old_lease, OUTCOME_SUCCEEDED);
    assert_int_equal(verdict(stage_ask(stage, repeat)), OK);

    outcome.lease = victim.lease;
    claim = to_claim(stage, worker, 1, 0);
    claim->in.claim.outcomes = &outcome;
    claim->in.claim.outcomes_len = 1;
    assert_int_equal(verdict(ask_narrow(stage, claim)), ERR_STALE_LEASE);

    beat = to_beat(stage, worker, 0);
    beat->in.heartbeat.all = false;
    beat->in.heartbeat.leases = &victim.lease;
    beat->in.heartbeat.leases_len = 1;
    (void)ask_narrow(stage, beat);
    assert_int_equal(beat->reply.lost_len, 1);
    assert_int_equal(state_of(stage, victim.running), TASK_RUNNING);
}

static void a_retry_is_pinned_to_a_worker_that_one_sees(void **state)
{
    struct stage *stage = *state;
    struct id task = submit(stage, "mail"), hidden = enrol(stage, "secret", 1),
              own = enrol(stage, "mail", 1);
    struct command *retry = to_again(stage, COMMAND_RETRY, task);

    cancel(stage, task, 0);
    retry->in.again.has_worker = true;
    retry->in.again.worker = hidden;
    assert_int_equal(code_of(ask_narrow(stage, retry)), ERR_NOT_FOUND);
    assert_string_equal(retry->reply.error.where, "/worker");
    retry = to_again(stage, COMMAND_RETRY, task);
    retry->in.again.has_worker = true;
    retry->in.again.worker = own;
    assert_int_equal(code_of(ask_narrow(stage, retry)), OK);
}

/* ---- idempotency keys ---- */

static void remember(struct command *command, int *ret_status, struct bytes *ret_location,
                     struct bytes *ret_body)
{
    (void)command;
    *ret_status = 201;
    *ret_location = BYTES_NONE;
    *ret_body = BYTES("{}");
}

static struct command *keyed(struct command *command)
{
    command->idempotency.key = BYTES("k");
    command->idempotency.scope = BYTES("POST /v1/tasks");
    (void)snprintf(command->idempotency.fingerprint.at, sizeof(command->idempotency.fingerprint.at),
                   "f");
    command->remember = remember;
    return command;
}

static void a_key_gives_no_answer_about_queues_out_of_reach(void **state)
{
    struct stage *stage = *state;
    struct command *many = keyed(to_submit_many(stage, "secret", 2));

    assert_int_equal(code_of(stage_ask(stage, keyed(to_submit(stage, "secret")))), OK);
    assert_int_equal(code_of(ask_narrow(stage, keyed(to_submit(stage, "secret")))), ERR_FORBIDDEN);
    many->in.submit.specs[0].queue = BYTES("mail");
    assert_int_equal(code_of(ask_narrow(stage, many)), ERR_FORBIDDEN);
    assert_false(many->reply.replayed);
}

static void a_key_of_another_token_repeats_what_is_in_reach(void **state)
{
    struct stage *stage = *state;
    struct command *repeat = keyed(to_submit(stage, "mail"));

    assert_int_equal(code_of(stage_ask(stage, keyed(to_submit(stage, "mail")))), OK);
    assert_int_equal(code_of(ask_narrow(stage, repeat)), OK);
    assert_true(repeat->reply.replayed);
}

static void a_key_whose_task_was_moved_out_of_reach_gives_no_answer(void **state)
{
    struct stage *stage = *state;
    struct command *first = stage_ask(stage, keyed(to_submit(stage, "mail")));
    struct command *move = stage_make(stage, COMMAND_EDIT);
    struct command *repeat = keyed(to_submit(stage, "mail"));

    move->in.edit = (struct edit){.task = first->reply.view.task->id,
                                  .has_queue = true,
                                  .queue = BYTES("secret"),
                                  .if_match = VERSION_UNASKED};
    assert_int_equal(code_of(stage_ask(stage, move)), OK);
    assert_int_equal(code_of(ask_narrow(stage, repeat)), ERR_NOT_FOUND);
    assert_false(repeat->reply.replayed);
}

static void an_elements_key_is_judged_alike(void **state)
{
    struct stage *stage = *state;
    struct command *many = to_submit_many(stage, "mail", 1), *move, *repeat;

    many->in.submit.specs[0].idempotency_key = BYTES("line");
    many->in.submit.specs[0].fingerprint = BYTES("f");
    move = stage_make(stage, COMMAND_EDIT);
    move->in.edit = (struct edit){.task = stage_ask(stage, many)->reply.items[0].id,
                                  .has_queue = true,
                                  .queue = BYTES("secret"),
                                  .if_match = VERSION_UNASKED};
    assert_int_equal(code_of(stage_ask(stage, move)), OK);
    repeat = to_submit_many(stage, "mail", 1);
    repeat->in.submit.specs[0] = many->in.submit.specs[0];
    (void)ask_narrow(stage, repeat);
    assert_int_equal(repeat->reply.items[0].error.code, ERR_NOT_FOUND);
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
        STAGED(what_is_refused_tells_nothing),
        STAGED(each_element_is_judged_by_its_queue),
        STAGED(a_task_is_not_moved_out_of_reach_nor_into_it),
        STAGED(a_wait_for_a_task_that_was_moved_out_of_reach_finds_nothing),
        STAGED(a_shared_worker_is_seen_as_far_as_it_serves_ones_queues),
        STAGED(a_claim_names_queues_in_reach),
        STAGED(outcomes_and_beats_of_other_leases_are_stale),
        STAGED(a_retry_is_pinned_to_a_worker_that_one_sees),
        STAGED(a_key_gives_no_answer_about_queues_out_of_reach),
        STAGED(a_key_of_another_token_repeats_what_is_in_reach),
        STAGED(a_key_whose_task_was_moved_out_of_reach_gives_no_answer),
        STAGED(an_elements_key_is_judged_alike),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
