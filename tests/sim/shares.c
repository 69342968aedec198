/* Shares: keys of drawn weights with more tasks than are claimed; others that wait for a limit, and
 * some that were cancelled, take nothing from them. The model does not look: there are too many. */
#include "shares.h"

#include <string.h>

#include "base/parse.h"
#include "sim.h"

enum {
    KEYS_MAX = 8,
    WINDOW = 1000,
    CLAIMED_MAX = 2600,
    BACKLOG = 3000,
    SPARE = 80,
    AT_ONCE = 200,
    CLAIM_MAX = 50,
    NOT_A_KEY = KEYS_MAX, /* its tasks wait for a limit that has no room */
};

/* One division of the claims among the keys. */
struct division {
    struct sim sim;
    unsigned keys;
    int64_t weights[KEYS_MAX]; /* thousandths */
    int64_t weights_sum, left[KEYS_MAX + 1];
    uint8_t claimed[CLAIMED_MAX + CLAIM_MAX];
    unsigned claimed_len;
    struct id ids[AT_ONCE]; /* of the last submit */
    struct bytes leases[CLAIM_MAX];
    char lease_texts[CLAIM_MAX][80];
    unsigned leases_len;
};

static struct division division; /* large, and one at a time */

static void settle(void)
{
    for (int i = 0; i < 5000 && engine_step(division.sim.engine); i++)
        engine_fetch(division.sim.engine);
    engine_fetch(division.sim.engine);
}

static void on_answer(struct command *command)
{
    struct op *op = command->caller.ctx;
    const struct reply *reply = &command->reply;
    int64_t key;

    list_remove(&op->link);
    if (reply->error.code != OK && command->kind != COMMAND_CANCEL)
        sim_fail(&division.sim, "%s", reply->error.detail);
    if (command->kind == COMMAND_REGISTER)
        division.sim.agents[0].id = reply->workers->id;
    for (unsigned i = 0; i < reply->items_len; i++)
        division.ids[i] = reply->items[i].id;
    for (unsigned i = 0; i < reply->tasks_len; i++) {
        struct bytes lease = reply->tasks[i].lease;
        char *text = division.lease_texts[division.leases_len];

        memcpy(text, lease.at, lease.len);
        division.leases[division.leases_len++] = (struct bytes){text, lease.len};
        if (!parse_int(reply->tasks[i].payload.data, 0, NOT_A_KEY, &key))
            key = NOT_A_KEY;
        division.left[key]--;
        division.claimed[division.claimed_len++] = (uint8_t)key;
    }
    op_free(op);
}

static struct op *ask(enum command_kind kind)
{
    struct op *op = op_new(&division.sim, kind);

    op->command->caller.done = on_answer;
    return op;
}

static void fill(struct op *op, struct task_spec *spec, unsigned key)
{
    *spec = (struct task_spec){
        .queue = queue_name(0),
        .type = type_name(0),
        .payload.data = op_printf(op, "%u", key),
        .delay_ms = -1,
        .run_at_ms = -1,
        .timeout_ms = -1,
        .result_ttl_ms = -1,
        .lease_ms = 600000,
        .expires_ms = -1,
        .deadline_ms = -1,
        .retry = {.max_delay_ms = -1},
        .rules = {.fairness_key = op_printf(op, "key-%u", key),
                  .weight_milli = key == NOT_A_KEY ? 0 : division.weights[key],
                  .limits = key == NOT_A_KEY ? BYTES("shut 1\n") : BYTES_NONE},
    };
    division.left[key]++;
}

/* One whose share of the backlog is not there yet, so that all run dry at about the same time. */
static unsigned pick_key(void)
{
    for (;;) {
        unsigned key = sim_pick(&division.sim, division.keys);

        if (sim_below(&division.sim, (uint64_t)division.weights_sum) <
            (uint64_t)division.weights[key] + (uint64_t)division.weights_sum / 40)
            return key;
    }
}

/* only: of this key alone. */
static void submit(unsigned len, int only)
{
    struct op *op = ask(COMMAND_SUBMIT);
    struct submit *submit = &op->command->in.submit;

    submit->specs = arena_alloc(op->command->mem, len * sizeof(struct task_spec));
    submit->specs_len = len;
    for (unsigned i = 0; i < len; i++)
        fill(op, &submit->specs[i], only >= 0 ? (unsigned)only : pick_key());
    op_post(op);
    settle();
}

static void submit_and_cancel(unsigned key)
{
    submit(AT_ONCE, (int)key);
    for (unsigned i = 0; i < AT_ONCE; i++) {
        struct op *op = ask(COMMAND_CANCEL);

        op->command->in.cancel = (struct cancel){.task = division.ids[i], .if_match = -1};
        op_post(op);
    }
    settle();
    division.left[key] -= AT_ONCE;
}

static void set_up(void)
{
    struct op *op = ask(COMMAND_PUT_LIMIT);
    struct worker_spec *spec;

    op->command->in.limit =
        (struct limit_edit){.name = BYTES("shut"), .settings = {.max_running = 0}, .if_match = -1};
    op_post(op);
    op = ask(COMMAND_REGISTER);
    spec = &op->command->in.worker_spec;
    spec->identity = BYTES("eater");
    spec->queues = arena_alloc(op->command->mem, sizeof(struct bytes));
    spec->queues[spec->queues_len++] = queue_name(0);
    spec->concurrency = 2 * CLAIM_MAX;
    spec->confirm_ms = -1;
    spec->min_priority = MIN_PRIORITY_NONE;
    op_post(op);
    settle();
    division.keys = sim_pick(&division.sim, KEYS_MAX - 1) + 2;
    for (unsigned i = 0; i < division.keys; i++) {
        division.weights[i] =
            sim_chance(&division.sim, 30) ? 1000 : (int64_t)sim_below(&division.sim, 8000) + 250;
        division.weights_sum += division.weights[i];
    }
}

/* The claim brings back what the last one got. */
static void claim(void)
{
    struct op *op = ask(COMMAND_CLAIM);
    struct claim *claim = &op->command->in.claim;

    claim->worker = division.sim.agents[0].id;
    claim->max = sim_pick(&division.sim, CLAIM_MAX) + 1;
    claim->outcomes =
        arena_alloc(op->command->mem, (division.leases_len + 1) * sizeof(struct outcome));
    for (unsigned i = 0; i < division.leases_len; i++)
        claim->outcomes[claim->outcomes_len++] = (struct outcome){
            .lease = arena_bytes(op->command->mem, division.leases[i]), .kind = OUTCOME_SUCCEEDED};
    division.leases_len = 0;
    op_post(op);
    settle();
    host_pass(&division.sim, (int64_t)sim_below(&division.sim, 100));
}

static bool has_backlog(void)
{
    for (unsigned i = 0; i < division.keys; i++)
        if (division.left[i] < SPARE)
            return false;
    return true;
}

static void check_key(unsigned key)
{
    double due = (double)WINDOW * (double)division.weights[key] / (double)division.weights_sum;
    double slack = due * 0.05 > 2 ? due * 0.05 : 2;
    int got = 0;

    for (unsigned i = 0; i < division.claimed_len; i++) {
        got += division.claimed[i] == key;
        got -= i >= WINDOW && division.claimed[i - WINDOW] == key;
        if (i + 1 >= WINDOW && (got < due - slack || got > due + slack))
            sim_fail(&division.sim, "key %u got %d of %d claims up to the %uth, %.1f were its due",
                     key, got, (int)WINDOW, i + 1, due);
    }
}

static void divide(void)
{
    struct sim *sim = &division.sim;

    set_up();
    submit_and_cancel(0);
    submit(AT_ONCE, NOT_A_KEY);
    for (unsigned i = 0; i < BACKLOG / AT_ONCE; i++)
        submit(AT_ONCE, -1);
    /* Those that got few in the draw. */
    for (unsigned i = 0; i < division.keys; i++)
        while (division.left[i] < 2 * SPARE + 3000 * division.weights[i] / division.weights_sum)
            submit(AT_ONCE / 4, (int)i);
    while (division.claimed_len < CLAIMED_MAX && has_backlog() && !sim->has_failed) {
        claim();
        if (sim_chance(sim, 10))
            submit(20, -1);
        if (sim_chance(sim, 3)) {
            host_kill(sim);
            host_open(sim);
        }
    }
    if (division.claimed_len < WINDOW)
        sim_fail(sim, "only %u tasks were handed out", division.claimed_len);
    for (unsigned i = 0; i < division.keys; i++)
        check_key(i);
}

void shares_run(uint64_t seed, int64_t divisions, bool traces, uint64_t *passed, uint64_t *failed)
{
    for (; divisions > 0; divisions--, seed++) {
        memset(&division, 0, sizeof(division));
        sim_init(&division.sim, seed, traces);
        divide();
        *(division.sim.has_failed ? failed : passed) += 1;
        if (division.sim.has_failed)
            sim_print_failure(&division.sim);
        sim_fini(&division.sim);
    }
}
