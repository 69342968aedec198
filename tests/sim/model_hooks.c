/* Model hooks: who is to be told of which event, what becomes of each delivery, and why. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "sight.h"

struct told *told_numbered(struct hooks *hooks, int64_t number)
{
    unsigned low = 0, high = hooks->told_len;

    while (low < high) {
        unsigned middle = (low + high) / 2;

        if (hooks->told[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low < hooks->told_len && hooks->told[low].number == number ? &hooks->told[low] : NULL;
}

static int64_t last_told(const struct hooks *hooks)
{
    return hooks->told_len == 0 ? 0 : hooks->told[hooks->told_len - 1].number;
}

/* ---- who is to be told ---- */

enum wish { NOT, PERHAPS, SURELY };

static bool is_an_end(int64_t kind)
{
    return kind == EVENT_TASK_SUCCEEDED || kind == EVENT_TASK_FAILED ||
           kind == EVENT_TASK_CANCELLED || kind == EVENT_TASK_EXPIRED;
}

static bool wants(const struct sight *look, const struct row_webhook *webhook,
                  const struct row_event *event)
{
    const struct row_queue *queue = snapshot_queue(look->before, event->queue);
    const struct webhook_settings settings = {
        .queues = webhook != NULL && webhook->has_queues ? bytes_of(webhook->queues) : BYTES_NONE};
    const struct known *known = model_known(look->model, event->task);

    if (webhook == NULL || !webhook->enabled)
        return false;
    if (queue == NULL)
        queue = snapshot_queue(look->after, event->queue);
    if (event->task != 0 && is_an_end(event->kind) && known != NULL &&
        known->rules.callback_webhook.at != NULL &&
        bytes_is(known->rules.callback_webhook, webhook->name))
        return true;
    return webhook_wants(
        &settings, webhook_kinds(webhook->has_types ? bytes_of(webhook->types) : BYTES_NONE),
        (enum event_kind)event->kind, queue != NULL ? bytes_of(queue->name) : BYTES_NONE);
}

/* Who is set up in the same batch may be told or not. */
static enum wish wish_of(const struct sight *look, int64_t webhook, const struct row_event *event)
{
    const struct known *known = model_known(look->model, event->task);
    bool before, after;

    if (event->ns == 0)
        return NOT;
    if (webhook == 0)
        return event->task != 0 && is_an_end(event->kind) && known != NULL &&
                       known->rules.callback_url.at != NULL
                   ? SURELY
                   : NOT;
    before = wants(look, snapshot_webhook(look->before, webhook), event);
    after = wants(look, snapshot_webhook(look->after, webhook), event);
    return before && after ? SURELY : before || after ? PERHAPS : NOT;
}

static const struct row_delivery *row_for(const struct sight *look, int64_t webhook, int64_t event)
{
    const struct snapshot *after = look->after;

    for (unsigned i = after->deliveries_len; i-- > 0;)
        if (after->deliveries[i].webhook == webhook && after->deliveries[i].event == event)
            return &after->deliveries[i];
    return NULL;
}

static int64_t count_due(const struct snapshot *snapshot, int64_t webhook)
{
    int64_t count = 0;

    for (unsigned i = 0; i < snapshot->deliveries_len; i++)
        count += snapshot->deliveries[i].webhook == webhook;
    return count;
}

/* Returns how many found no room. */
static int64_t check_events(struct sight *look, int64_t webhook)
{
    int64_t missed = 0;

    for (unsigned i = 0; i < look->after->events_len; i++) {
        const struct row_event *event = &look->after->events[i];
        enum wish wish = wish_of(look, webhook, event);
        const struct row_delivery *row = row_for(look, webhook, event->number);

        if (wish == NOT && row != NULL)
            sim_fail(look->sim, "webhook %lld is told event %lld and does not want it",
                     (long long)webhook, (long long)event->number);
        missed += wish == SURELY && row == NULL;
    }
    return missed;
}

/* At most what may be due to it, before anything of it was settled in the batch. */
static int64_t most_due(const struct sight *look, int64_t webhook)
{
    int64_t most = count_due(look->before, webhook), last = last_told(&look->sim->hooks);

    for (unsigned i = 0; i < look->after->deliveries_len; i++)
        most += look->after->deliveries[i].webhook == webhook &&
                (look->after->deliveries[i].number > last || look->sim->hooks.may_come_back);
    return most;
}

static void check_webhook(struct sight *look, int64_t number)
{
    const struct row_webhook *before = snapshot_webhook(look->before, number);
    const struct row_webhook *after = snapshot_webhook(look->after, number);
    int64_t missed = check_events(look, number);
    int64_t counted;

    look->sim->hooks.missed += (uint64_t)missed;
    if (missed > 0 && most_due(look, number) < look->sim->hooks.deliveries_max)
        sim_fail(look->sim, "webhook %lld is not told of %lld events, and has room",
                 (long long)number, (long long)missed);
    if (before == NULL || after == NULL)
        return;
    counted = after->missed - before->missed;
    if (before->version == after->version && counted != missed)
        sim_fail(look->sim, "webhook %lld missed %lld events and counts %lld", (long long)number,
                 (long long)missed, (long long)counted);
}

/* ---- what becomes of a delivery ---- */

/* By what was said of it; what somebody asked to be sent again may come at any time. */
static const char *wrong_when(const struct sim *sim, const struct told *told,
                              const struct row_delivery *row)
{
    int64_t least_ms = delivery_wait_ms(row->attempts, 0);
    int64_t until_ms = row->next_at_ms - sim->now.wall_ms;

    if (least_ms < 0)
        return "is tried after its ladder";
    if (told->said_retry_ms > least_ms)
        least_ms = told->said_retry_ms;
    if (until_ms < least_ms)
        return "is tried again too early";
    return until_ms > least_ms + least_ms / 10 ? "is tried again too late" : NULL;
}

static const char *wrong_with_due(const struct sim *sim, struct told *told,
                                  const struct row_delivery *row)
{
    const char *wrong = NULL;

    if (told->attempts == row->attempts && told->next_at_ms == row->next_at_ms)
        return NULL;
    if (sim->hooks.may_come_back) {
        told->is_said = told->is_said && told->attempts == row->attempts;
        return NULL;
    }
    if (row->attempts > told->attempts) {
        if (row->attempts != told->attempts + 1 || !told->is_said || told->said != DELIVERY_FAILED)
            wrong = "counts a failure that nobody told";
        else if (row->next_at_ms != INT64_MAX)
            wrong = wrong_when(sim, told, row);
        told->is_said = false;
    } else if (row->attempts < told->attempts) {
        wrong = "forgets failures";
    } else if (told->is_said && told->said == DELIVERY_PUT_OFF) {
        if (row->next_at_ms < sim->now.wall_ms + told->said_retry_ms)
            wrong = "was put off and is tried too early";
        told->is_said = false;
    } else if (told->next_at_ms != INT64_MAX || row->next_at_ms < sim->now.wall_ms) {
        wrong = "changed its time and nobody said so";
    }
    return wrong;
}

static const char *wrong_with_over(const struct sim *sim, const struct told *told,
                                   const struct row_delivery *row)
{
    if (!told->is_said)
        return sim->hooks.may_come_back ? NULL : "is over and nobody said so";
    if (row->state == DELIVERY_DELIVERED)
        return told->said == DELIVERY_DONE ? NULL : "is delivered and was not taken";
    if (told->said == DELIVERY_DONE)
        return "was taken and is dead";
    if (told->said == DELIVERY_FAILED && delivery_wait_ms(row->attempts, 0) >= 0 &&
        !(told->webhook == 0 && told->said_gone))
        return "is dead before its ladder was over";
    return NULL;
}

static void look_at_known(struct sight *look, struct told *told)
{
    struct sim *sim = look->sim;
    const struct row_delivery *due = snapshot_delivery(look->after, told->number);
    struct row_delivery row = {.number = told->number};
    const char *wrong = NULL;

    if (due == NULL && told->state != DELIVERY_DUE)
        return;
    if (told->webhook != 0 && snapshot_webhook(look->after, told->webhook) == NULL) {
        told->is_dropped = true;
        return;
    }
    if (due != NULL)
        row = *due;
    if (due != NULL && told->state != DELIVERY_DUE)
        wrong = sim->hooks.may_come_back ? NULL : "was over and is due";
    else if (due != NULL)
        wrong = wrong_with_due(sim, told, due);
    else if (!rows_delivery(sim->rows, told->number, &row))
        wrong = "was due and is gone";
    else
        wrong = wrong_with_over(sim, told, &row);
    if (wrong != NULL)
        sim_fail(sim, "delivery %lld of event %lld to webhook %lld %s", (long long)told->number,
                 (long long)told->event, (long long)told->webhook, wrong);
    if (row.state != DELIVERY_DUE)
        told->is_said = false;
    sim->hooks.died += row.state == DELIVERY_DEAD && told->state == DELIVERY_DUE;
    told->state = (enum delivery_state)row.state;
    told->attempts = row.attempts;
    told->next_at_ms = row.next_at_ms;
}

static void add_new(struct sight *look, const struct row_delivery *row)
{
    struct sim *sim = look->sim;
    struct hooks *hooks = &sim->hooks;

    if (row->event > look->model->last_event || row->attempts != 0)
        sim_fail(sim, "delivery %lld is of event %lld, which never was", (long long)row->number,
                 (long long)row->event);
    if (hooks->told_len == hooks->told_room) {
        hooks->told_room = hooks->told_room * 2 + 64;
        hooks->told = mem_resize(hooks->told, hooks->told_room * sizeof(struct told));
    }
    hooks->told[hooks->told_len++] = (struct told){
        .number = row->number,
        .webhook = row->webhook,
        .event = row->event,
        .task = row->task,
        .next_at_ms = row->next_at_ms,
    };
}

/* Of those of a task that are due, the first has its turn and no other. */
static void check_turns(struct sight *look)
{
    const struct snapshot *after = look->after;

    for (unsigned i = 0; i < after->deliveries_len; i++) {
        const struct row_delivery *row = &after->deliveries[i];
        bool is_first = true;

        for (unsigned j = 0; j < i && row->task != 0; j++)
            is_first = is_first && (after->deliveries[j].webhook != row->webhook ||
                                    after->deliveries[j].task != row->task);
        if (is_first != (row->next_at_ms != INT64_MAX) &&
            (row->webhook == 0 || snapshot_webhook(after, row->webhook) != NULL))
            sim_fail(look->sim, "delivery %lld %s", (long long)row->number,
                     is_first ? "waits for none of its task" : "is not behind those of its task");
    }
}

void hooks_look(struct sight *look)
{
    struct hooks *hooks = &look->sim->hooks;
    int64_t last = last_told(hooks);

    if (!look->sim->room.is_on)
        return;
    check_webhook(look, 0);
    for (unsigned i = 0; i < look->after->webhooks_len; i++)
        check_webhook(look, look->after->webhooks[i].number);
    for (unsigned i = 0; i < hooks->told_len; i++)
        if (!hooks->told[i].is_dropped)
            look_at_known(look, &hooks->told[i]);
    for (unsigned i = 0; i < look->after->deliveries_len; i++)
        if (look->after->deliveries[i].number > last)
            add_new(look, &look->after->deliveries[i]);
    check_turns(look);
}

/* ---- nothing is left to do ---- */

static void check_taker(struct sim *sim, const struct op *op)
{
    const struct snapshot *now = model_now(&sim->model);
    int64_t due_ms = engine_next_due(sim->engine);

    if (op->is_gone || op->was_gone_waiting ||
        (op->webhook != 0 && !row_webhook_is_open(snapshot_webhook(now, op->webhook))))
        return;
    for (unsigned i = 0; i < now->deliveries_len; i++) {
        const struct row_delivery *row = &now->deliveries[i];
        const struct told *told = told_numbered(&sim->hooks, row->number);

        if (row->webhook != op->webhook || row->next_at_ms == INT64_MAX || told->is_out)
            continue;
        if (row->next_at_ms <= sim->now.wall_ms)
            sim_fail(sim, "delivery %lld is due, the room waits for it, and they do not meet",
                     (long long)row->number);
        else if (due_ms - sim->now.mono_ms > row->next_at_ms - sim->now.wall_ms)
            sim_fail(sim, "delivery %lld has no timer", (long long)row->number);
    }
}

static void check_is_known(struct sim *sim, const struct row_webhook *row)
{
    for (unsigned i = 0; i < HOOKS_SEEN_MAX; i++) {
        const struct hook_target *target = &sim->hooks.targets[i];

        if (target->is_known && target->number == row->number &&
            target->is_out != row_webhook_is_open(row))
            return;
    }
    sim_fail(sim, "the room waits to hear of webhooks and does not know how %s is", row->name);
}

void hooks_quiet(struct sim *sim)
{
    const struct snapshot *now = model_now(&sim->model);

    if (!sim->room.is_on)
        return;
    sim->hooks.may_come_back = false;
    for (struct list_node *node = list_first(&sim->asked); node != NULL;
         node = list_next(&sim->asked, node)) {
        const struct op *op = CONTAINER_OF(node, struct op, link);

        if (op->command->kind == COMMAND_TAKE_DELIVERIES)
            check_taker(sim, op);
    }
    for (unsigned i = 0; sim->room.watches && i < now->webhooks_len; i++)
        check_is_known(sim, &now->webhooks[i]);
}
