/* Room: does with the engine what the push room does: calls endpoints for their workers, one claim
 * and one heartbeat parked for each. What it knows is gone with the process. */
#include <string.h>

#include "sim.h"

enum { WORDS_MAX = 6 };

#define FOR_EVER_MS    (INT64_MAX / 2)
#define REQUEST_MAX_MS 30000

static struct agent *agent_of(struct sim *sim, unsigned endpoint)
{
    return &sim->agents[AGENTS + endpoint];
}

void room_forget(struct sim *sim)
{
    struct room *room = &sim->room;

    memset(room->pushes, 0, sizeof(room->pushes));
    memset(room->endpoints, 0, sizeof(room->endpoints));
    room->since = 0;
    room->watches = false;
    hooks_forget(sim);
}

/* ---- what it asks ---- */

static struct op *ask(struct sim *sim, enum command_kind kind, unsigned endpoint, int64_t wait_ms)
{
    struct op *op = op_new(sim, kind);

    op->agent = AGENTS + endpoint;
    op->of_room = true;
    op->command->by = &principal_broker;
    op->command->wait_ms = wait_ms;
    return op;
}

static void watch(struct sim *sim)
{
    struct op *op;

    if (sim->room.watches)
        return;
    op = ask(sim, COMMAND_WATCH_TARGETS, 0, FOR_EVER_MS);
    op->command->in.targets.since = sim->room.since;
    sim->room.watches = true;
    op_post(op);
}

static void note_target(struct sim *sim, unsigned number, bool disable)
{
    struct endpoint *endpoint = &sim->room.endpoints[number];
    struct op *op = ask(sim, COMMAND_NOTE_TARGET, number, 0);
    struct target_note *note = &op->command->in.target;

    *note =
        (struct target_note){.kind = TARGET_WORKER, .worker = endpoint->worker, .disable = disable};
    pace_show(&endpoint->pace, sim->now, &note->health);
    op_post(op);
}

/* ---- how requests end ---- */

static void end_pace(struct sim *sim, const struct push *push, enum pace_word word)
{
    struct endpoint *endpoint = &sim->room.endpoints[push->endpoint];
    struct pace_result result = {
        .word = word,
        .took_ms = 50,
        .retry_after_ms =
            word == PACE_THROTTLED && sim_chance(sim, 50) ? (int64_t)sim_below(sim, 20000) : -1,
        .chance = sim_pick(sim, 1000) / 1000.0,
    };

    if (endpoint->is_known && id_equal(endpoint->worker, push->worker))
        pace_end(&endpoint->pace, push->number, &result, sim->now.mono_ms);
}

/* It answered 202: the lease is its own now, whatever becomes of the broker. */
static void accept(struct sim *sim, struct push *push)
{
    struct op *op = ask(sim, COMMAND_EXTEND, push->endpoint, 0);
    const struct row_lease *lease = snapshot_lease(model_now(&sim->model), push->token.task);

    op->words = arena_alloc(op->command->mem, sizeof(struct word));
    op->words_len = 1;
    op->words[0] = (struct word){
        .task = push->token.task,
        .delivery = push->token.delivery,
        .is_genuine = true,
        .was_over = lease == NULL || lease->delivery != push->token.delivery,
    };
    op->command->in.extend =
        (struct extend){.lease = lease_token_write(&push->token, op->command->mem), .lease_ms = -1};
    op_post(op);
    for (unsigned i = 0; i < HELD_MAX; i++)
        if (sim->held[i].token.task == push->token.task &&
            sim->held[i].token.delivery == push->token.delivery)
            sim->held[i].act_at_ms = sim->now.mono_ms + (int64_t)sim_below(sim, 20000);
    end_pace(sim, push, PACE_GOOD);
    push->is_under_way = false;
    sim->room.accepted++;
}

struct verdict {
    enum outcome_kind kind;
    enum pace_word word;
    bool is_gone;
};

static struct verdict draw_verdict(struct sim *sim, const struct push *push)
{
    static const struct verdict verdicts[] = {
        {OUTCOME_SUCCEEDED, PACE_GOOD, false},     {OUTCOME_SUCCEEDED, PACE_GOOD, false},
        {OUTCOME_SUCCEEDED, PACE_GOOD, false},     {OUTCOME_FAILED, PACE_FAILED, false},
        {OUTCOME_FAILED, PACE_UNREACHABLE, false}, {OUTCOME_FAILED, PACE_REFUSED, false},
        {OUTCOME_RELEASED, PACE_THROTTLED, false}, {OUTCOME_RELEASED, PACE_REFUSED, true},
    };
    unsigned pick = sim_pick(sim, sizeof(verdicts) / sizeof(verdicts[0]));

    if (sim->room.is_healed)
        return verdicts[0];
    if (push->is_cancelled && sim_chance(sim, 50))
        return (struct verdict){OUTCOME_CANCELLED, PACE_GOOD, false};
    /* Few endpoints are taken out of use. */
    return verdicts[pick == 7 && !sim_chance(sim, 20) ? 0 : pick];
}

static void say(struct sim *sim, struct push *push, struct op *op, struct outcome *outcome)
{
    struct verdict verdict = draw_verdict(sim, push);

    outcome_fill(op, outcome, &push->token, verdict.kind);
    end_pace(sim, push, verdict.word);
    push->is_under_way = false;
    if (verdict.is_gone && sim->room.endpoints[push->endpoint].is_known)
        note_target(sim, push->endpoint, true);
}

static bool is_due(const struct sim *sim, const struct push *push)
{
    return push->is_under_way && push->ends_at_ms <= sim->now.mono_ms;
}

static void end_pushes(struct sim *sim)
{
    for (unsigned i = 0; i < PUSHES_MAX; i++) {
        struct push *push = &sim->room.pushes[i];
        struct op *op;

        if (!is_due(sim, push))
            continue;
        if (!sim->room.is_healed && sim_chance(sim, 25)) {
            accept(sim, push);
            continue;
        }
        op = ask(sim, COMMAND_FINISH, push->endpoint, 0);
        op->command->in.finish.outcomes = arena_alloc(op->command->mem, sizeof(struct outcome));
        op->command->in.finish.outcomes_len = 1;
        say(sim, push, op, op->command->in.finish.outcomes);
        op_post(op);
    }
}

/* ---- claims ---- */

static struct op *parked_claim(struct sim *sim, unsigned endpoint)
{
    for (struct list_node *node = list_first(&sim->asked); node != NULL;
         node = list_next(&sim->asked, node)) {
        struct op *op = CONTAINER_OF(node, struct op, link);

        if (op->of_room && op->command->kind == COMMAND_CLAIM && op->agent == AGENTS + endpoint)
            return op;
    }
    return NULL;
}

/* Outcomes of those that have ended meanwhile go along. */
static void add_outcomes(struct sim *sim, unsigned endpoint, struct op *op)
{
    struct claim *claim = &op->command->in.claim;

    claim->outcomes = arena_alloc(op->command->mem, WORDS_MAX * sizeof(struct outcome));
    for (unsigned i = 0; i < PUSHES_MAX && claim->outcomes_len < WORDS_MAX; i++)
        if (is_due(sim, &sim->room.pushes[i]) && sim->room.pushes[i].endpoint == endpoint &&
            sim_chance(sim, 50))
            say(sim, &sim->room.pushes[i], op, &claim->outcomes[claim->outcomes_len++]);
}

static unsigned places_left(const struct sim *sim)
{
    unsigned left = 0;

    for (unsigned i = 0; i < PUSHES_MAX; i++)
        left += !sim->room.pushes[i].is_under_way;
    return left;
}

static unsigned room_of(const struct sim *sim, const struct endpoint *endpoint)
{
    unsigned room = pace_room(&endpoint->pace, sim->now.mono_ms);
    unsigned left = places_left(sim) / ENDPOINTS;

    return endpoint->is_out ? 0 : room < left ? room : left;
}

static void claim(struct sim *sim, unsigned number)
{
    struct endpoint *endpoint = &sim->room.endpoints[number];
    struct op *op = parked_claim(sim, number);
    unsigned max = room_of(sim, endpoint);

    /* One that waits is withdrawn, and perhaps meant again before anybody looked. */
    if (op != NULL)
        op->is_gone = max == 0 || (!sim->room.is_healed && sim_chance(sim, 5));
    if (op != NULL || max == 0)
        return;
    op = ask(sim, COMMAND_CLAIM, number, FOR_EVER_MS);
    op->command->in.claim = (struct claim){.worker = endpoint->worker, .max = max};
    if (!sim->room.is_healed)
        add_outcomes(sim, number, op);
    agent_of(sim, number)->claims++;
    op_post(op);
}

static void beat(struct sim *sim, unsigned number)
{
    struct op *op;

    if (agent_of(sim, number)->heartbeats > 0)
        return;
    op = ask(sim, COMMAND_HEARTBEAT, number, FOR_EVER_MS);
    op->command->in.heartbeat = (struct heartbeat){.worker = sim->room.endpoints[number].worker};
    agent_of(sim, number)->heartbeats++;
    op_post(op);
}

void room_run(struct sim *sim)
{
    if (!sim->room.is_on)
        return;
    watch(sim);
    for (unsigned i = 0; i < ENDPOINTS; i++) {
        if (!sim->room.endpoints[i].is_known)
            continue;
        claim(sim, i);
        beat(sim, i);
    }
    end_pushes(sim);
    hooks_run(sim);
}

/* ---- what it is answered ---- */

static void learn(struct sim *sim, const struct target_view *view)
{
    unsigned number = view->name.len > 0 ? (unsigned)(view->name.at[view->name.len - 1] - '0') : 9;
    struct endpoint *endpoint;

    if (view->changed > sim->room.since)
        sim->room.since = view->changed;
    if (view->kind == TARGET_WEBHOOK) {
        hooks_learn(sim, view);
        return;
    }
    if (number >= ENDPOINTS) {
        sim_fail(sim, "an endpoint that nobody announced");
        return;
    }
    endpoint = &sim->room.endpoints[number];
    if (!endpoint->is_known || !id_equal(endpoint->worker, view->worker))
        pace_init(&endpoint->pace, view->concurrency);
    else
        pace_limit(&endpoint->pace, view->concurrency);
    endpoint->is_known = true;
    endpoint->is_out = view->is_out;
    endpoint->worker = view->worker;
}

static void take_on(struct op *op, const struct task *task)
{
    struct sim *sim = op->sim;
    struct endpoint *endpoint = &sim->room.endpoints[op->agent - AGENTS];
    struct push *push = sim->room.pushes;

    while (push < sim->room.pushes + PUSHES_MAX && push->is_under_way)
        push++;
    /* A process before this one asked, or the room went away meanwhile. */
    if (push == sim->room.pushes + PUSHES_MAX) {
        sim_fail(sim, "the room was handed more than it asked for");
        return;
    }
    *push = (struct push){
        .is_under_way = true,
        .endpoint = op->agent - AGENTS,
        .worker = op->command->in.claim.worker,
        .task = task->id,
        .ends_at_ms =
            sim->now.mono_ms + (int64_t)sim_below(sim, sim->room.is_healed   ? 100
                                                       : sim_chance(sim, 80) ? 2000
                                                                             : REQUEST_MAX_MS),
    };
    if (!lease_token_read(task->lease, op->command->mem, &push->token))
        sim_fail(sim, "task %lld came with an unreadable token", (long long)task->number);
    push->number = pace_begin(&endpoint->pace, sim->now.mono_ms);
    sim->room.pushed++;
}

static void on_cancel(struct sim *sim, struct id task)
{
    for (unsigned i = 0; i < PUSHES_MAX; i++)
        if (sim->room.pushes[i].is_under_way && id_equal(sim->room.pushes[i].task, task)) {
            sim->room.pushes[i].is_cancelled = true;
            sim->room.pushes[i].ends_at_ms = sim->now.mono_ms + (int64_t)sim_below(sim, 1000);
        }
}

/* Whom it was about. */
static struct id worker_of(const struct op *op)
{
    switch ((int)op->command->kind) {
    case COMMAND_CLAIM:
        return op->command->in.claim.worker;
    case COMMAND_HEARTBEAT:
        return op->command->in.heartbeat.worker;
    case COMMAND_NOTE_TARGET:
        return op->command->in.target.worker;
    default:
        return (struct id){.at = {0}};
    }
}

void room_answered(struct op *op)
{
    const struct reply *reply = &op->command->reply;
    struct sim *sim = op->sim;
    struct endpoint *endpoint = &sim->room.endpoints[op->agent - AGENTS];

    if (op->webhook >= 0) {
        hooks_answered(op);
        return;
    }
    if (op->command->kind == COMMAND_WATCH_TARGETS) {
        sim->room.watches = false;
        for (unsigned i = 0; i < reply->targets_len; i++)
            learn(sim, &reply->targets[i]);
    } else if (reply->error.code == ERR_NOT_FOUND && id_equal(worker_of(op), endpoint->worker)) {
        endpoint->is_known = false;
    }
    for (unsigned i = 0; op->command->kind == COMMAND_CLAIM && i < reply->tasks_len; i++)
        take_on(op, &reply->tasks[i]);
    for (unsigned i = 0; op->command->kind == COMMAND_HEARTBEAT && i < reply->cancels_len; i++)
        on_cancel(sim, reply->cancels[i].task);
}

/* ---- what must be true when nothing is left to do ---- */

static unsigned endpoint_named(const char *url)
{
    return (unsigned)(url[strlen(url) - 1] - '0');
}

void room_quiet(struct sim *sim)
{
    const struct snapshot *now = model_now(&sim->model);

    for (unsigned i = 0; sim->room.watches && i < now->workers_len; i++) {
        const struct row_worker *row = &now->workers[i];
        const struct endpoint *endpoint;
        bool is_out = row->mode != WORKER_RUN || row->push_disabled != 0;

        if (row->push_url[0] == '\0')
            continue;
        endpoint = &sim->room.endpoints[endpoint_named(row->push_url)];
        if (!endpoint->is_known || !id_equal(endpoint->worker, row->id) ||
            endpoint->is_out != is_out || endpoint->pace.most != row->concurrency)
            sim_fail(sim, "the room waits to hear of endpoints and does not know of %s",
                     row->push_url);
    }
}

/* ---- those who run the endpoints ---- */

void act_register_push(struct sim *sim)
{
    unsigned number = sim_pick(sim, ENDPOINTS);
    struct op *op;
    struct worker_spec *spec;

    if (!sim->room.is_on)
        return;
    op = op_new(sim, COMMAND_REGISTER);
    op->agent = AGENTS + number;
    spec = &op->command->in.worker_spec;
    spec->identity = op_printf(op, "push-%u", number);
    spec->push_url = op_printf(op, "http://127.0.0.1:1/%u", number);
    spec->queues = arena_alloc(op->command->mem, QUEUES * sizeof(struct bytes));
    for (unsigned i = 0; i < QUEUES; i++)
        if (sim_chance(sim, 70) || (spec->queues_len == 0 && i == QUEUES - 1))
            spec->queues[spec->queues_len++] = queue_name(i);
    spec->concurrency = (int32_t)sim_below(sim, 6) + 1;
    spec->confirm_ms = -1;
    spec->labels = labels_named(0);
    spec->min_priority = MIN_PRIORITY_NONE;
    op_post(op);
}

static bool has_open_claim(const struct sim *sim, const struct agent *agent)
{
    for (struct list_node *node = list_first(&sim->asked); node != NULL;
         node = list_next(&sim->asked, node)) {
        const struct op *op = CONTAINER_OF(node, struct op, link);

        if (op->command->kind == COMMAND_CLAIM &&
            id_equal(op->command->in.claim.worker, agent->id) &&
            (!op->is_gone || op->ends_mono_ms < 0))
            return true;
    }
    return false;
}

/* As of any worker: not while it may be given more. */
void act_delete_push(struct sim *sim)
{
    const struct snapshot *now = model_now(&sim->model);
    unsigned number = sim_pick(sim, ENDPOINTS);
    struct agent *agent = agent_of(sim, number);
    struct op *claim = sim->room.is_on ? parked_claim(sim, number) : NULL;
    struct op *op;

    if (claim != NULL && claim->ends_mono_ms >= 0)
        claim->is_gone = true;
    if (!agent->is_registered || has_open_claim(sim, agent))
        return;
    op = op_new(sim, COMMAND_LEAVE);
    op->agent = AGENTS + number;
    op->command->in.worker = agent->id;
    agent->is_registered = false;
    for (unsigned i = 0; i < now->leases_len; i++)
        if (id_equal(now->leases[i].worker, agent->id)) {
            struct lease_token token = {.task = now->leases[i].task,
                                        .delivery = (int32_t)now->leases[i].delivery};

            model_said(&sim->model, &token, SAID_BY_LEAVING);
        }
    op_post(op);
}

void act_edit_push(struct sim *sim)
{
    unsigned number = sim_pick(sim, ENDPOINTS);
    const struct agent *agent = agent_of(sim, number);
    struct op *op;

    if (!agent->is_registered)
        return;
    op = op_new(sim, COMMAND_EDIT_WORKER);
    op->agent = AGENTS + number;
    op->command->in.worker_edit = (struct worker_edit){
        .worker = agent->id,
        .has_mode = sim_chance(sim, 60),
        .mode = sim_chance(sim, 70) ? WORKER_RUN : sim_pick(sim, 4),
        .has_concurrency = sim_chance(sim, 50),
        .concurrency = (int32_t)sim_below(sim, 6) + 1,
    };
    op_post(op);
}
