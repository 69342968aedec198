/* Redelivery: what webhooks were told, looked at and told again; and a word to try one. */
#include "handlers.h"
#include "quotas.h"
#include "sending.h"
#include "targets.h"
#include "webhooks.h"

/* One call brings back so many, the oldest first. */
enum { DEAD_AT_ONCE = 1000 };

static bool has_room(struct batch *batch, struct command *command,
                     const struct hot_webhook *webhook)
{
    if (webhook_count(webhook, DELIVERY_DUE) < quota_deliveries(batch))
        return true;
    batch_refuse(batch, command, ERR_LIMIT_REACHED, "",
                 "as much is due to the webhook %.*s as may be: the broker's deliveries_max is "
                 "%lld",
                 BYTES_ARG(webhook->name), (long long)quota_deliveries(batch));
    return false;
}

static void wake(struct engine *engine, struct effect *effect)
{
    struct hot_webhook *webhook = effect->object;

    webhook->target->woken++;
    targets_changed(engine, webhook->target);
}

/* Whoever wants it told by hand does not wait until it has rested. */
static void wake_if_resting(struct batch *batch, struct hot_webhook *webhook)
{
    if (webhook->target->health.state == TARGET_RESTING)
        batch_effect(batch, wake)->object = webhook;
}

/* ---- try ---- */

static struct bytes test_body(struct batch *batch, const struct hot_webhook *webhook)
{
    struct event event = {
        .at_ms = batch->now.wall_ms,
        .kind = EVENT_WEBHOOK_TEST,
        .ns = webhook->ns->name,
        .data = arena_printf(batch->mem, "{\"webhook\":\"%.*s\"}", BYTES_ARG(webhook->name)),
    };

    return event_json(&event, batch->mem);
}

void run_TEST_WEBHOOK(struct batch *batch, struct command *command)
{
    struct hot_webhook *webhook;
    struct delivery_row row = {
        .kind = EVENT_WEBHOOK_TEST, .at_ms = batch->now.wall_ms, .last_at_ms = -1};

    if (!may_use_webhooks(batch, command) ||
        !find_webhook(batch, command, command->in.webhook.name, &webhook))
        return;
    if (!webhook_is_open(webhook)) {
        batch_refuse(batch, command, ERR_STATE_CONFLICT, "", "the webhook %.*s is %s",
                     BYTES_ARG(webhook->name), webhook->gone_at_ms >= 0 ? "gone" : "disabled");
        return;
    }
    if (!has_room(batch, command, webhook))
        return;
    row.ns = webhook->ns->head.number;
    row.body = test_body(batch, webhook);
    (void)delivery_put(batch, webhook, &row);
    wake_if_resting(batch, webhook);
    delivery_answer(batch, command, webhook, &row);
}

/* ---- look ---- */

void run_LIST_DELIVERIES(struct batch *batch, struct command *command)
{
    const struct deliveries_query *query = &command->in.deliveries_query;
    struct reply *reply = &command->reply;
    struct hot_webhook *webhook;
    struct delivery_range range = {.states = query->states,
                                   .after = query->after_number,
                                   .newest_first = query->newest_first,
                                   .max = query->limit + 1};
    struct delivery_row *rows;
    unsigned len;

    if (!may_use_webhooks(batch, command) ||
        !find_webhook(batch, command, query->webhook, &webhook))
        return;
    range.webhook = webhook->number;
    if (query->newest_first && query->after_number < 0)
        range.after = INT64_MAX;
    rows = arena_alloc(batch->mem, range.max * sizeof(*rows));
    len = delivery_page(batch->db, &range, batch->mem, rows);
    reply->has_more = len > query->limit;
    reply->records = arena_alloc(command->mem, len * sizeof(*reply->records));
    for (; reply->records_len < len && reply->records_len < query->limit; reply->records_len++)
        reply->records[reply->records_len] =
            delivery_shown(batch, &rows[reply->records_len], command->mem);
    if (reply->records_len > 0)
        reply->list_end = reply->records[reply->records_len - 1].number;
    batch_answer(batch, command);
}

/* ---- again ---- */

/* Those of its task that came later stand behind it again. What is under way goes on. */
static void bring_back(struct batch *batch, struct hot_webhook *webhook, struct delivery_row *row)
{
    if (row->state != DELIVERY_DUE) {
        delivery_count(batch, webhook, row->state, -1);
        delivery_count(batch, webhook, DELIVERY_DUE, 1);
        row->state = DELIVERY_DUE;
        row->attempts = 0;
    }
    row->next_at_ms =
        row->task != 0 && delivery_is_behind(batch->db, row->webhook, row->task, row->number)
            ? DELIVERY_BEHIND
            : batch->now.wall_ms;
    delivery_move(batch->db, row);
    if (row->task != 0)
        delivery_stand_back(batch->db, row);
    batch->rows += 2;
    deliveries_look(batch, webhook);
}

static void bring_back_one(struct batch *batch, struct command *command,
                           struct hot_webhook *webhook)
{
    struct bytes id = command->in.redelivery.id;
    struct delivery_row row;
    int64_t number;

    if (!delivery_id_read(id, batch->hot->webhooks.store_id, &number) ||
        !delivery_load(batch->db, number, batch->mem, &row) || row.webhook != webhook->number) {
        batch_refuse(batch, command, ERR_NOT_FOUND, "", "the webhook %.*s has no delivery %.*s",
                     BYTES_ARG(webhook->name), BYTES_ARG(id));
        return;
    }
    if (row.state != DELIVERY_DUE && !has_room(batch, command, webhook))
        return;
    if (!webhook_has_out(webhook, number))
        bring_back(batch, webhook, &row);
    wake_if_resting(batch, webhook);
    command->reply.records = arena_alloc(command->mem, sizeof(*command->reply.records));
    command->reply.records[0] = delivery_shown(batch, &row, command->mem);
    command->reply.records_len = 1;
    batch_answer(batch, command);
}

static void bring_back_dead(struct batch *batch, struct command *command,
                            struct hot_webhook *webhook)
{
    struct delivery_range range = {
        .webhook = webhook->number, .states = 1 << DELIVERY_DEAD, .after = -1, .max = DEAD_AT_ONCE};
    struct delivery_row *rows = arena_alloc(batch->mem, DEAD_AT_ONCE * sizeof(*rows));
    unsigned len;

    if (webhook_count(webhook, DELIVERY_DEAD) > 0 && !has_room(batch, command, webhook))
        return;
    len = delivery_page(batch->db, &range, batch->mem, rows);
    for (unsigned i = 0; i < len && webhook_count(webhook, DELIVERY_DUE) < quota_deliveries(batch);
         i++) {
        bring_back(batch, webhook, &rows[i]);
        command->reply.redelivered++;
    }
    if (command->reply.redelivered > 0)
        wake_if_resting(batch, webhook);
    command->reply.dead_left = webhook_count(webhook, DELIVERY_DEAD);
    batch_answer(batch, command);
}

void run_REDELIVER(struct batch *batch, struct command *command)
{
    struct hot_webhook *webhook;

    if (!may_use_webhooks(batch, command) ||
        !find_webhook(batch, command, command->in.redelivery.webhook, &webhook))
        return;
    if (command->in.redelivery.id.at != NULL)
        bring_back_one(batch, command, webhook);
    else
        bring_back_dead(batch, command, webhook);
}
