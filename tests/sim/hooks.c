/* Hooks: the push room sends what webhooks are to be told; and those who set webhooks up. */
#include "hooks.h"

#include <stdio.h>
#include <string.h>

#include "sim.h"

#define FOR_EVER_MS (INT64_MAX / 2)

enum { HEAL_ROUNDS_MAX = 4000, TAKE_MAX = 6 };

void hooks_draw(struct sim *sim)
{
    struct hooks *hooks = &sim->hooks;

    hooks->has_days = sim_chance(sim, 20);
    hooks->fail_percent = hooks->has_days || sim_chance(sim, 20) ? 95 : sim_pick(sim, 50);
    hooks->has_urls = sim_chance(sim, 50);
    hooks->callback_percent = sim_chance(sim, 50) ? sim_pick(sim, 80) : 0;
    hooks->deliveries_max = sim_chance(sim, 40) ? (int64_t)sim_below(sim, 20) + 1 : 60;
}

void hooks_forget(struct sim *sim)
{
    struct hooks *hooks = &sim->hooks;

    memset(hooks->targets, 0, sizeof(hooks->targets));
    memset(hooks->sends, 0, sizeof(hooks->sends));
    for (unsigned i = 0; i < hooks->told_len; i++)
        hooks->told[i].is_out = false;
}

struct bytes hook_named(unsigned hook)
{
    static const char *const names[HOOKS] = {"ops", "audit", "callbacks"};

    return bytes_of(names[hook]);
}

/* ---- what the room learns ---- */

static struct hook_target *target_of(struct sim *sim, int64_t number)
{
    struct hook_target *free = NULL;

    for (unsigned i = 0; i < HOOKS_SEEN_MAX; i++) {
        struct hook_target *target = &sim->hooks.targets[i];

        if (target->is_known && target->number == number)
            return target;
        if (!target->is_known && free == NULL)
            free = target;
    }
    if (free != NULL)
        *free = (struct hook_target){.number = number};
    return free;
}

void hooks_learn(struct sim *sim, const struct target_view *view)
{
    struct hook_target *target = target_of(sim, view->webhook);

    if (target == NULL)
        return;
    target->is_known = true;
    target->is_out = view->is_out;
}

/* ---- what it asks ---- */

static struct op *ask(struct sim *sim, enum command_kind kind, int64_t webhook, int64_t wait_ms)
{
    struct op *op = op_new(sim, kind);

    op->agent = AGENTS;
    op->of_room = true;
    op->webhook = webhook;
    op->command->by = &principal_broker;
    op->command->wait_ms = wait_ms;
    return op;
}

static struct op *parked_take(struct sim *sim, int64_t webhook)
{
    for (struct list_node *node = list_first(&sim->asked); node != NULL;
         node = list_next(&sim->asked, node)) {
        struct op *op = CONTAINER_OF(node, struct op, link);

        if (op->command->kind == COMMAND_TAKE_DELIVERIES && op->webhook == webhook)
            return op;
    }
    return NULL;
}

/* One that asks may be handed as much as it asked for. */
static unsigned places_left(const struct sim *sim)
{
    unsigned left = 0;

    for (unsigned i = 0; i < SENDS_MAX; i++)
        left += !sim->hooks.sends[i].is_under_way;
    for (unsigned i = 0; i < HOOKS_SEEN_MAX; i++)
        if (sim->hooks.targets[i].asks)
            left = left < TAKE_MAX ? 0 : left - TAKE_MAX;
    return left;
}

static void take(struct sim *sim, struct hook_target *target)
{
    struct op *op = parked_take(sim, target->number);

    if (op != NULL)
        op->is_gone = target->is_out || (!sim->room.is_healed && sim_chance(sim, 3));
    if (op != NULL || target->is_out || places_left(sim) < TAKE_MAX)
        return;
    op = ask(sim, COMMAND_TAKE_DELIVERIES, target->number, FOR_EVER_MS);
    op->command->in.deliveries =
        (struct deliveries_ask){.webhook = target->number, .max = sim_pick(sim, TAKE_MAX) + 1};
    target->asks = true;
    op_post(op);
}

static void note_gone(struct sim *sim, int64_t webhook)
{
    struct op *op = ask(sim, COMMAND_NOTE_TARGET, webhook, 0);

    op->command->in.target =
        (struct target_note){.kind = TARGET_WEBHOOK, .webhook = webhook, .disable = true};
    op_post(op);
}

/* How the request ended: 2xx, an error, 503, or 410. */
static struct delivery_outcome draw_outcome(struct sim *sim, const struct send *send)
{
    struct delivery_outcome outcome = {
        .number = send->number, .end = DELIVERY_DONE, .status = 204, .retry_after_ms = -1};

    if (sim->room.is_healed || !sim_chance(sim, sim->hooks.fail_percent))
        return outcome;
    outcome.error = BYTES("no");
    if (sim_chance(sim, 15)) {
        outcome.end = DELIVERY_PUT_OFF;
        outcome.status = 503;
        outcome.retry_after_ms = sim_chance(sim, 60) ? (int64_t)sim_below(sim, 20000) : -1;
        return outcome;
    }
    outcome.end = DELIVERY_FAILED;
    outcome.status = sim_chance(sim, 3) ? 410 : sim_chance(sim, 80) ? 500 : 0;
    return outcome;
}

static void say(struct sim *sim, struct send *send, struct delivery_outcome *ret_outcome)
{
    struct told *told = told_numbered(&sim->hooks, send->number);

    *ret_outcome = draw_outcome(sim, send);
    send->is_under_way = false;
    told->is_out = false;
    told->is_said = true;
    /* A task's own URL that asks for time has its tries counted. */
    told->said = send->webhook == 0 && ret_outcome->end == DELIVERY_PUT_OFF ? DELIVERY_FAILED
                                                                            : ret_outcome->end;
    told->said_gone = ret_outcome->status == 410;
    told->said_retry_ms = ret_outcome->retry_after_ms;
    sim->hooks.taken += ret_outcome->end == DELIVERY_DONE;
    sim_note(sim, "  delivery %lld to %lld: %d, status %d", (long long)send->number,
             (long long)send->webhook, (int)ret_outcome->end, ret_outcome->status);
    if (ret_outcome->status == 410 && send->webhook != 0)
        note_gone(sim, send->webhook);
}

static void settle(struct sim *sim, int64_t webhook)
{
    struct delivery_outcome outcomes[SENDS_MAX];
    struct op *op;
    unsigned len = 0;

    for (unsigned i = 0; i < SENDS_MAX; i++) {
        struct send *send = &sim->hooks.sends[i];

        if (send->is_under_way && send->webhook == webhook && send->ends_at_ms <= sim->now.mono_ms)
            say(sim, send, &outcomes[len++]);
    }
    if (len == 0)
        return;
    op = ask(sim, COMMAND_SETTLE_DELIVERIES, webhook, 0);
    op->command->in.delivered = (struct deliveries_done){
        .webhook = webhook,
        .outcomes = arena_copy(op->command->mem, outcomes, len * sizeof(*outcomes)),
        .outcomes_len = len,
    };
    op_post(op);
}

void hooks_run(struct sim *sim)
{
    for (unsigned i = 0; i < HOOKS_SEEN_MAX; i++) {
        struct hook_target *target = &sim->hooks.targets[i];

        if (!target->is_known)
            continue;
        settle(sim, target->number);
        take(sim, target);
    }
}

/* ---- what it is answered ---- */

static const char *wrong_with(struct op *op, const struct delivery_view *view)
{
    struct sim *sim = op->sim;
    const struct snapshot *now = model_now(&sim->model);
    const struct told *told = told_numbered(&sim->hooks, view->number);
    const struct row_webhook *after = snapshot_webhook(now, op->webhook);
    const struct row_webhook *before = snapshot_webhook(model_before(&sim->model), op->webhook);
    char event[48];

    if (told == NULL)
        return "is not there";
    (void)snprintf(event, sizeof(event), "\"id\":\"%lld\",", (long long)told->event);
    if (told->webhook != op->webhook)
        return "is another's";
    if (told->is_out)
        return "is out already";
    if (told->state != DELIVERY_DUE)
        return "is over";
    if (told->next_at_ms > sim->now.wall_ms && !sim->swarm.has_wall_jumps)
        return "is not due yet";
    if (view->attempt != (uint64_t)told->attempts + 1)
        return "counts its attempts otherwise";
    if (told->event != 0 && memmem(view->body.at, view->body.len, event, strlen(event)) == NULL)
        return "tells another event";
    if (op->webhook != 0 && !row_webhook_is_open(after) && !row_webhook_is_open(before))
        return "is to one that is out of use";
    for (unsigned i = 0; i < now->deliveries_len && told->task != 0; i++)
        if (now->deliveries[i].number < told->number && now->deliveries[i].task == told->task &&
            now->deliveries[i].webhook == told->webhook && !sim->hooks.may_come_back)
            return "overtakes another of its task";
    return NULL;
}

static void take_on(struct op *op, const struct delivery_view *view)
{
    struct sim *sim = op->sim;
    const char *wrong = wrong_with(op, view);
    struct send *send = sim->hooks.sends;

    if (wrong != NULL) {
        sim_fail(sim, "delivery %lld was handed out and %s", (long long)view->number, wrong);
        return;
    }
    while (send < sim->hooks.sends + SENDS_MAX && send->is_under_way)
        send++;
    if (send == sim->hooks.sends + SENDS_MAX) {
        sim_fail(sim, "the room was handed more deliveries than it asked for");
        return;
    }
    *send = (struct send){
        .is_under_way = true,
        .number = view->number,
        .webhook = op->webhook,
        .ends_at_ms = sim->now.mono_ms + (int64_t)sim_below(sim, sim_chance(sim, 80) ? 200 : 15000),
    };
    told_numbered(&sim->hooks, view->number)->is_out = true;
    sim->hooks.sent++;
}

static void on_taken(struct op *op)
{
    const struct reply *reply = &op->command->reply;
    struct hook_target *target = target_of(op->sim, op->webhook);

    if (target != NULL)
        target->asks = false;
    if (reply->deliveries_len > 0 && op->was_gone_waiting)
        sim_fail(op->sim, "an ask that was withdrawn was handed a delivery");
    if (reply->deliveries_len > op->command->in.deliveries.max)
        sim_fail(op->sim, "the room was handed more deliveries than it asked for");
    for (unsigned i = 0; i < reply->deliveries_len; i++)
        take_on(op, &reply->deliveries[i]);
}

/* The engine could not take it: it is said again, and may have become something else by then. */
static void keep(struct sim *sim, const struct delivery_outcome *outcome, int64_t webhook)
{
    struct send *send = sim->hooks.sends;

    while (send < sim->hooks.sends + SENDS_MAX && send->is_under_way)
        send++;
    if (send == sim->hooks.sends + SENDS_MAX) {
        sim_fail(sim, "the room has more deliveries than it asked for");
        return;
    }
    *send = (struct send){
        .is_under_way = true,
        .number = outcome->number,
        .webhook = webhook,
        .ends_at_ms = sim->now.mono_ms + 1000,
    };
    told_numbered(&sim->hooks, outcome->number)->is_out = true;
}

/* What was taken to know is in the rows. */
static void on_settled(struct op *op)
{
    const struct deliveries_done *done = &op->command->in.delivered;

    for (unsigned i = 0; i < done->outcomes_len; i++) {
        struct told *told = told_numbered(&op->sim->hooks, done->outcomes[i].number);

        if (told->is_said && !told->is_dropped && done->outcomes[i].end != DELIVERY_PUT_OFF &&
            op->command->reply.error.code == OK)
            sim_fail(op->sim, "what was said of delivery %lld was taken and is not there",
                     (long long)told->number);
        told->is_said = false;
        if (op->command->reply.error.code != OK && op->command->reply.error.code != ERR_NOT_FOUND)
            keep(op->sim, &done->outcomes[i], op->webhook);
    }
}

void hooks_answered(struct op *op)
{
    struct hook_target *target = target_of(op->sim, op->webhook);

    if (op->command->kind == COMMAND_TAKE_DELIVERIES)
        on_taken(op);
    else if (op->command->kind == COMMAND_SETTLE_DELIVERIES)
        on_settled(op);
    if (op->command->reply.error.code == ERR_NOT_FOUND && target != NULL)
        target->is_known = false;
}

/* ---- those who set them up ---- */

static void put(struct sim *sim, struct bytes name, const struct webhook_settings *settings)
{
    struct op *op = op_new(sim, COMMAND_PUT_WEBHOOK);
    struct webhook_edit *edit = &op->command->in.webhook_edit;

    edit->name = arena_bytes(op->command->mem, name);
    edit->settings = *settings;
    edit->settings.types = arena_bytes(op->command->mem, settings->types);
    edit->settings.queues = arena_bytes(op->command->mem, settings->queues);
    edit->if_match = -1;
    sim_note(sim, "  %.*s: types %.*s queue %.*s %s", BYTES_ARG(name), BYTES_ARG(settings->types),
             BYTES_ARG(settings->queues), settings->enabled ? "enabled" : "disabled");
    op_post(op);
}

void act_put_webhook(struct sim *sim)
{
    static const char *const types[] = {
        NULL, "task.*", "task.failed,task.succeeded", "*ed,limit.*", "queue.*,worker.*", NULL};
    static const char *const queues[] = {NULL, NULL, NULL, "re*", "green,blue", "b*"};
    unsigned of_types = sim_pick(sim, ARRAY_LEN(types)),
             of_queues = sim_pick(sim, ARRAY_LEN(queues));

    if (!sim->room.is_on)
        return;
    put(sim, hook_named(sim_pick(sim, HOOKS)),
        &(struct webhook_settings){
            .url = BYTES("https://127.0.0.1:1/hook"),
            .types = types[of_types] == NULL ? BYTES_NONE : bytes_of(types[of_types]),
            .queues = queues[of_queues] == NULL ? BYTES_NONE : bytes_of(queues[of_queues]),
            .enabled = sim_chance(sim, 85),
        });
}

void act_delete_webhook(struct sim *sim)
{
    struct op *op = op_new(sim, COMMAND_DELETE_WEBHOOK);

    op->command->in.webhook =
        (struct webhook_name){.name = hook_named(sim_pick(sim, HOOKS)), .if_match = -1};
    op_post(op);
}

void act_test_webhook(struct sim *sim)
{
    struct op *op = op_new(sim, COMMAND_TEST_WEBHOOK);

    op->command->in.webhook =
        (struct webhook_name){.name = hook_named(sim_pick(sim, HOOKS)), .if_match = -1};
    op->command->wait_ms = sim_chance(sim, 50) ? (int64_t)sim_below(sim, 20000) + 1 : 0;
    op_post(op);
}

void act_redeliver(struct sim *sim)
{
    struct op *op = op_new(sim, COMMAND_REDELIVER);

    op->command->in.redelivery = (struct redelivery){.webhook = hook_named(sim_pick(sim, HOOKS))};
    sim->hooks.may_come_back = true;
    op_post(op);
}

/* ---- all is well ---- */

static void enable_all(struct sim *sim)
{
    const struct snapshot *now = model_now(&sim->model);

    for (unsigned i = 0; i < now->webhooks_len; i++) {
        const struct row_webhook *row = &now->webhooks[i];
        struct bytes types = bytes_of(row->types), queues = bytes_of(row->queues);

        put(sim, bytes_of(row->name),
            &(struct webhook_settings){
                .url = BYTES("https://127.0.0.1:1/hook"),
                .types = row->has_types ? types : BYTES_NONE,
                .queues = row->has_queues ? queues : BYTES_NONE,
                .enabled = true,
            });
    }
}

/* The first that is due, or will be; NULL: none. */
static const struct row_delivery *first_due(const struct sim *sim)
{
    const struct snapshot *now = model_now(&sim->model);
    const struct row_delivery *first = NULL;

    for (unsigned i = 0; i < now->deliveries_len; i++) {
        const struct row_delivery *row = &now->deliveries[i];

        if (row->webhook != 0 && snapshot_webhook(now, row->webhook) == NULL)
            continue;
        if (first == NULL || row->next_at_ms < first->next_at_ms)
            first = row;
    }
    return first;
}

void hooks_heal(struct sim *sim)
{
    if (!sim->room.is_on || sim->has_failed)
        return;
    enable_all(sim);
    host_settle(sim);
    for (int i = 0; i < HEAL_ROUNDS_MAX && !sim->has_failed; i++) {
        const struct row_delivery *first = first_due(sim);

        if (first == NULL)
            return;
        room_run(sim);
        host_settle(sim);
        host_pass(sim, first->next_at_ms > sim->now.wall_ms && first->next_at_ms < INT64_MAX
                           ? first->next_at_ms - sim->now.wall_ms
                           : 200);
        host_settle(sim);
    }
    if (!sim->has_failed)
        sim_fail(sim, "delivery %lld does not get through, though all is well",
                 (long long)first_due(sim)->number);
}
