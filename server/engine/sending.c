/* Sending: taking, settling, and waiting for the end of a test. */
#include "sending.h"

#include "handlers.h"

/* ---- showing ---- */

struct delivery_record delivery_shown(const struct batch *batch, const struct delivery_row *row,
                                      struct arena *arena)
{
    bool has_turn = row->state == DELIVERY_DUE && row->next_at_ms != DELIVERY_BEHIND;

    return (struct delivery_record){
        .number = row->number,
        .id = delivery_id_write(batch->hot->webhooks.store_id, row->number, arena),
        .event = row->event,
        .kind = row->kind,
        .at_ms = row->at_ms,
        .has_task = row->task != 0,
        .task = row->task_id,
        .state = row->state,
        .attempts = row->attempts,
        .next_at_ms = has_turn ? row->next_at_ms : -1,
        .last_at_ms = row->last_at_ms,
        .last_status = row->last_status,
        .took_ms = row->took_ms,
        .last_error = arena_bytes(arena, row->last_error),
        .url = arena_bytes(arena, row->url),
    };
}

static void show_one(const struct batch *batch, struct command *command,
                     const struct delivery_row *row)
{
    command->reply.records = arena_alloc(command->mem, sizeof(*command->reply.records));
    command->reply.records[0] = delivery_shown(batch, row, command->mem);
    command->reply.records_len = 1;
    command->reply.done = row->state != DELIVERY_DUE || row->attempts > 0;
}

void delivery_answer(struct batch *batch, struct command *command, struct hot_webhook *webhook,
                     const struct delivery_row *row)
{
    struct parked *parked;

    if (command->wait_ms <= 0 || batch->engine->drain.is_asked) {
        show_one(batch, command, row);
        batch_answer(batch, command);
        return;
    }
    parked = park(batch, command, PARKED_DELIVERY, command->wait_ms);
    parked->delivery = row->number;
    list_push_back(&webhook->watchers, &parked->subject);
}

void delivery_wait_end(struct batch *batch, struct parked *parked)
{
    struct command *command = parked->command;
    struct delivery_row row;

    if (delivery_load(batch->db, parked->delivery, batch->mem, &row))
        show_one(batch, command, &row);
    else
        (void)error_set(&command->reply.error, ERR_NOT_FOUND, "", "the webhook was deleted");
    batch_answer_parked(batch, parked);
}

static void tell_watchers(struct batch *batch, const struct hot_webhook *webhook,
                          const struct delivery_row *row)
{
    for (struct list_node *node = list_first(&webhook->watchers); node != NULL;
         node = list_next(&webhook->watchers, node)) {
        struct parked *parked = CONTAINER_OF(node, struct parked, subject);

        if (parked->delivery != row->number || parked->is_answered)
            continue;
        show_one(batch, parked->command, row);
        batch_answer_parked(batch, parked);
    }
}

/* ---- taking ---- */

static void not_out(struct effect *effect)
{
    (void)webhook_take_back(effect->object, effect->number);
}

static void out_again(struct effect *effect)
{
    webhook_give_out(effect->object, effect->number);
}

static void on_undo(struct batch *batch, void (*cancel)(struct effect *),
                    struct hot_webhook *webhook, int64_t number)
{
    struct effect *effect = batch_on_undo(batch, cancel);

    effect->object = webhook;
    effect->number = number;
}

/* A task's own URL is signed as the webhook of that name in its namespace is. */
static const struct hot_webhook *signer_of(const struct batch *batch,
                                           const struct hot_webhook *webhook,
                                           const struct delivery_row *row)
{
    return webhook->ns != NULL ? webhook
                               : hot_webhook(hot_ns_numbered(batch->hot, row->ns), webhook->name);
}

static void hand_out(struct batch *batch, struct hot_webhook *webhook, struct command *command,
                     int64_t number)
{
    struct delivery_view *view;
    const struct hot_webhook *signer;
    struct delivery_row row;

    if (!delivery_load(batch->db, number, command->mem, &row))
        return;
    view = &command->reply.deliveries[command->reply.deliveries_len++];
    *view = (struct delivery_view){
        .number = number,
        .id = delivery_id_write(batch->hot->webhooks.store_id, number, command->mem),
        .body = row.body,
        .url = row.url,
        .attempt = (unsigned)row.attempts + 1,
    };
    signer = signer_of(batch, webhook, &row);
    if (signer != NULL)
        view->keys[view->keys_len++] = signer->target->key;
    if (signer != NULL && signer->target->old_until_ms > batch->now.wall_ms)
        view->keys[view->keys_len++] = signer->target->old_key;
    webhook_give_out(webhook, number);
    on_undo(batch, not_out, webhook, number);
}

/* What is due, up to what was asked for. Returns when there will be more: in the past, there is
 * now; INT64_MAX: not by time. */
static int64_t take(struct batch *batch, struct hot_webhook *webhook, struct command *command)
{
    struct delivery_head heads[2 * WEBHOOK_OUT_MAX + 1];
    unsigned most = WEBHOOK_OUT_MAX - webhook->out_len;
    unsigned len;

    if (command->in.deliveries.max < most)
        most = command->in.deliveries.max;
    if (most == 0 || !webhook_is_open(webhook) || webhook_count(webhook, DELIVERY_DUE) == 0)
        return INT64_MAX; /* what comes back makes it looked at again */
    len = delivery_heads(batch->db, webhook->number, webhook->out_len + most + 1, heads);
    for (unsigned i = 0; i < len; i++) {
        if (webhook_has_out(webhook, heads[i].number))
            continue;
        if (command->reply.deliveries_len == most || heads[i].next_at_ms > batch->now.wall_ms)
            return heads[i].next_at_ms;
        if (command->reply.deliveries == NULL)
            command->reply.deliveries =
                arena_alloc(command->mem, most * sizeof(*command->reply.deliveries));
        hand_out(batch, webhook, command, heads[i].number);
    }
    return INT64_MAX;
}

static void wait_until(struct batch *batch, struct hot_webhook *webhook, int64_t wall_ms)
{
    if (wall_ms == INT64_MAX)
        heap_remove(&batch->hot->webhooks.due, &webhook->due);
    else
        heap_set(&batch->hot->webhooks.due, &webhook->due, wall_ms);
}

void run_TAKE_DELIVERIES(struct batch *batch, struct command *command)
{
    const struct deliveries_ask *ask = &command->in.deliveries;
    struct hot_webhook *webhook = hot_webhook_numbered(&batch->hot->webhooks, ask->webhook);
    struct parked *parked;
    int64_t next_ms;

    if (webhook == NULL) {
        batch_refuse(batch, command, ERR_NOT_FOUND, "", "there is no such webhook");
        return;
    }
    if (batch->engine->drain.is_asked) {
        batch_refuse(batch, command, ERR_DRAINING, "", "the broker is stopping");
        return;
    }
    next_ms = take(batch, webhook, command);
    if (command->reply.deliveries_len > 0 || command->wait_ms <= 0) {
        batch_answer(batch, command);
        return;
    }
    parked = park(batch, command, PARKED_TAKE, command->wait_ms);
    list_push_back(&webhook->takers, &parked->subject);
    wait_until(batch, webhook, next_ms);
}

/* Who waits gets what is due; a timer for the rest while somebody still waits. */
static void offer(struct batch *batch, struct hot_webhook *webhook)
{
    int64_t next_ms = INT64_MAX;

    for (struct list_node *node = list_first(&webhook->takers); node != NULL;
         node = list_next(&webhook->takers, node)) {
        struct parked *parked = CONTAINER_OF(node, struct parked, subject);

        if (parked->is_answered)
            continue;
        if (parked_is_alive(parked)) {
            next_ms = take(batch, webhook, parked->command);
            if (parked->command->reply.deliveries_len == 0)
                break;
            next_ms = INT64_MAX;
        }
        batch_answer_parked(batch, parked);
    }
    wait_until(batch, webhook, next_ms);
}

void deliveries_offer(struct batch *batch)
{
    struct list_node *node;

    while ((node = list_pop_front(&batch->hot->webhooks.dirty)) != NULL)
        offer(batch, CONTAINER_OF(node, struct hot_webhook, dirty));
}

/* ---- settling ---- */

/* A task's own URL that is gone will not be back. */
static bool is_final(const struct hot_webhook *webhook, const struct delivery_outcome *outcome)
{
    return webhook->ns == NULL && outcome->status == 410;
}

/* It is due again, and behind those of its task that have come back before it meanwhile. */
static void again(struct batch *batch, struct delivery_row *row, int64_t wait_ms,
                  const struct delivery_outcome *outcome)
{
    if (outcome->retry_after_ms > wait_ms)
        wait_ms = outcome->retry_after_ms;
    row->next_at_ms = batch->now.wall_ms + wait_ms;
    if (row->task != 0 && delivery_is_behind(batch->db, row->webhook, row->task, row->number))
        row->next_at_ms = DELIVERY_BEHIND;
    delivery_move(batch->db, row);
    batch->rows++;
    delivery_note_end(batch, row, outcome->end == DELIVERY_FAILED ? "failed" : "put_off");
}

static double chance(const struct batch *batch)
{
    uint64_t drawn = random_below(&batch->engine->options.random, 1 << 20);

    return (double)drawn / (1 << 20);
}

/* A webhook that asks for time rests as a whole; of tasks' own URLs none does, so one that asks has
 * to be spaced by its tries: else it would be called again at once, and for ever. */
static bool counts_as_failed(const struct hot_webhook *webhook,
                             const struct delivery_outcome *outcome)
{
    return outcome->end == DELIVERY_FAILED ||
           (outcome->end == DELIVERY_PUT_OFF && webhook->ns == NULL && outcome->status != 0);
}

/* Put off for longer than all tries would take: that is a failure, too. */
static void put_off(struct batch *batch, struct hot_webhook *webhook, struct delivery_row *row,
                    const struct delivery_outcome *outcome)
{
    bool was_tried = outcome->status != 0 || row->attempts > 0;

    if (row->at_ms + WEBHOOK_KEPT_MS < batch->now.wall_ms && was_tried)
        delivery_over(batch, webhook, row, DELIVERY_DEAD);
    else
        again(batch, row, 0, outcome);
}

static void failed(struct batch *batch, struct hot_webhook *webhook, struct delivery_row *row,
                   const struct delivery_outcome *outcome)
{
    int64_t wait_ms = delivery_wait_ms(row->attempts, chance(batch));

    if (wait_ms < 0 || is_final(webhook, outcome))
        delivery_over(batch, webhook, row, DELIVERY_DEAD);
    else
        again(batch, row, wait_ms, outcome);
}

static void settle(struct batch *batch, struct hot_webhook *webhook,
                   const struct delivery_outcome *outcome)
{
    bool is_failed = counts_as_failed(webhook, outcome);
    struct delivery_row row;

    if (!webhook_take_back(webhook, outcome->number))
        return;
    on_undo(batch, out_again, webhook, outcome->number);
    if (!delivery_load(batch->db, outcome->number, batch->mem, &row) || row.state != DELIVERY_DUE)
        return;
    if (is_failed || outcome->end == DELIVERY_DONE)
        row.attempts++;
    if (outcome->end != DELIVERY_PUT_OFF || outcome->status != 0 || outcome->error.at != NULL) {
        row.last_at_ms = batch->now.wall_ms;
        row.last_status = outcome->status;
        row.last_error = outcome->error;
        row.took_ms = outcome->took_ms;
    }
    if (outcome->end == DELIVERY_DONE)
        delivery_over(batch, webhook, &row, DELIVERY_DELIVERED);
    else if (is_failed)
        failed(batch, webhook, &row, outcome);
    else
        put_off(batch, webhook, &row, outcome);
    if (row.state != DELIVERY_DUE || row.attempts > 0)
        tell_watchers(batch, webhook, &row);
}

void run_SETTLE_DELIVERIES(struct batch *batch, struct command *command)
{
    const struct deliveries_done *done = &command->in.delivered;
    struct hot_webhook *webhook = hot_webhook_numbered(&batch->hot->webhooks, done->webhook);

    if (webhook == NULL) {
        batch_refuse(batch, command, ERR_NOT_FOUND, "", "there is no such webhook");
        return;
    }
    for (unsigned i = 0; i < done->outcomes_len; i++)
        settle(batch, webhook, &done->outcomes[i]);
    deliveries_look(batch, webhook);
    batch_answer(batch, command);
}
