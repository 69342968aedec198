/* Deliveries: who is told of an event, the order of those of one task, and how long they are kept.
 */
#include "deliveries.h"

#include <string.h>

#include "base/digest.h"
#include "domain/webhook.h"
#include "quotas.h"
#include "targets.h"

/* ---- one row ---- */

static void fold_count(struct engine *engine, struct effect *effect)
{
    struct unit_count *count = effect->object;

    (void)engine;
    count->of += effect->number;
    count->adding -= effect->number;
}

static void drop_count(struct effect *effect)
{
    struct unit_count *count = effect->object;

    count->adding -= effect->number;
}

static void add_to(struct batch *batch, struct unit_count *count, int64_t by)
{
    struct effect *effect = batch_effect(batch, fold_count);

    count->adding += by;
    effect->cancel = drop_count;
    effect->object = count;
    effect->number = by;
}

void delivery_count(struct batch *batch, struct hot_webhook *webhook, enum delivery_state state,
                    int64_t by)
{
    add_to(batch, &webhook->counts[state], by);
}

static void look_again(struct effect *effect)
{
    webhook_wake(effect->data, effect->object);
}

void deliveries_look(struct batch *batch, struct hot_webhook *webhook)
{
    struct effect *effect;

    if (list_is_linked(&webhook->dirty))
        return;
    effect = batch_on_undo(batch, look_again);
    effect->object = webhook;
    effect->data = &batch->hot->webhooks;
    list_push_back(&batch->hot->webhooks.dirty, &webhook->dirty);
}

static void never_missed(struct effect *effect)
{
    ((struct hot_webhook *)effect->object)->missed_first = -1;
}

void delivery_note_end(const struct batch *batch, const struct delivery_row *row, const char *end)
{
    const struct hot_ns *ns = hot_ns_numbered(batch->hot, row->ns);
    struct bytes labels[] = {ns != NULL ? ns->name : BYTES(""), bytes_of(end)};

    metrics_add(batch->engine->options.metrics, METRIC_DELIVERIES, labels, 1);
}

/* It is counted instead: what is due already is not thrown away for it. */
static void miss(struct batch *batch, struct hot_webhook *webhook, const struct delivery_row *row)
{
    if (webhook->missed_first < 0) {
        webhook->missed_first = row->event;
        batch_on_undo(batch, never_missed)->object = webhook;
    }
    add_to(batch, &webhook->missed, 1);
    if (webhook->ns != NULL) {
        webhook_save_missed(batch->db, webhook->number, webhook->missed.of + webhook->missed.adding,
                            webhook->missed_first);
        batch->rows++;
    }
    delivery_note_end(batch, row, "missed");
}

/* Of tasks' own URLs: the push room hears of it with the first. */
static void show_target(struct engine *engine, struct effect *effect)
{
    const struct hot_webhook *webhook = effect->object;

    if (!list_is_linked(&webhook->target->by_change))
        targets_changed(engine, webhook->target);
}

bool delivery_put(struct batch *batch, struct hot_webhook *webhook, struct delivery_row *row)
{
    bool has_others = webhook_count(webhook, DELIVERY_DUE) > 0;

    row->webhook = webhook->number;
    if (webhook_count(webhook, DELIVERY_DUE) >= quota_deliveries(batch)) {
        miss(batch, webhook, row);
        return false;
    }
    row->number = ++batch->hot->webhooks.last_delivery;
    row->next_at_ms = has_others && row->task != 0 &&
                              delivery_is_behind(batch->db, row->webhook, row->task, row->number)
                          ? DELIVERY_BEHIND
                          : batch->now.wall_ms;
    row->last_at_ms = -1;
    delivery_insert(batch->db, row);
    batch->rows++;
    delivery_count(batch, webhook, DELIVERY_DUE, 1);
    deliveries_look(batch, webhook);
    if (!list_is_linked(&webhook->target->by_change))
        batch_effect(batch, show_target)->object = webhook;
    return true;
}

void delivery_over(struct batch *batch, struct hot_webhook *webhook, struct delivery_row *row,
                   enum delivery_state state)
{
    int64_t most = state == DELIVERY_DEAD ? WEBHOOK_DEAD_KEPT : WEBHOOK_DELIVERED_KEPT;

    row->state = state;
    delivery_move(batch->db, row);
    batch->rows++;
    delivery_count(batch, webhook, DELIVERY_DUE, -1);
    delivery_count(batch, webhook, state, 1);
    if (row->task != 0 && webhook_count(webhook, DELIVERY_DUE) > 0)
        delivery_give_turn(batch->db, row->webhook, row->task, batch->now.wall_ms);
    if (webhook_count(webhook, state) > most)
        delivery_count(batch, webhook, state,
                       -(int64_t)delivery_trim(batch->db, webhook->number, state, INT64_MAX, 2));
    delivery_note_end(batch, row, delivery_state_words[state]);
}

/* ---- an event ---- */

/* One event, on its way to those who want it. */
struct telling {
    struct batch *batch;
    const struct event_row *event;
    const struct task *task;
    const struct hot_ns *ns;
    struct bytes queue;
    struct bytes body; /* NONE: nobody wanted it so far */
};

static struct bytes body_of(struct telling *telling)
{
    const struct event_row *row = telling->event;
    const struct hot_class *of_class =
        telling->task != NULL ? hot_class_numbered(telling->batch->hot, telling->task->class_number)
                              : NULL;
    struct event event = {
        .number = row->number,
        .at_ms = row->at_ms,
        .kind = row->kind,
        .ns = telling->ns->name,
        .queue = telling->queue,
        .task = row->task_id,
        .task_type = of_class != NULL ? of_class->type : BYTES_NONE,
        .data = row->data,
    };

    if (telling->body.at == NULL)
        telling->body = event_json(&event, telling->batch->mem);
    return telling->body;
}

static void tell(struct telling *telling, struct hot_webhook *webhook, struct bytes url)
{
    const struct event_row *event = telling->event;
    struct delivery_row row = {
        .ns = event->ns,
        .event = event->number,
        .kind = event->kind,
        .at_ms = event->at_ms,
        .task = event->task,
        .task_id = event->task_id,
        .url = url,
        .body = body_of(telling),
    };

    (void)delivery_put(telling->batch, webhook, &row);
}

/* One that is gone goes on collecting, since it may be back; one that was disabled does not. */
static void tell_all(struct telling *telling)
{
    const struct list *webhooks = &telling->ns->webhooks;

    for (struct list_node *node = list_first(webhooks); node != NULL;
         node = list_next(webhooks, node)) {
        struct hot_webhook *webhook = CONTAINER_OF(node, struct hot_webhook, by_ns);

        if (webhook->settings.enabled &&
            webhook_wants(&webhook->settings, webhook->kinds, telling->event->kind, telling->queue))
            tell(telling, webhook, BYTES_NONE);
    }
}

/* What the task itself asked for, unless the webhook was told already. */
static void call_back(struct telling *telling)
{
    struct batch *batch = telling->batch;
    struct task task = *telling->task;
    struct hot_webhook *webhook;

    body_load_rules(batch->db, &task, batch->mem);
    if (task.rules.callback_url.at != NULL)
        tell(telling, batch->hot->webhooks.callbacks, task.rules.callback_url);
    if (task.rules.callback_webhook.at == NULL)
        return;
    webhook = hot_webhook(telling->ns, task.rules.callback_webhook);
    if (webhook != NULL && webhook->settings.enabled &&
        !webhook_wants(&webhook->settings, webhook->kinds, telling->event->kind, telling->queue))
        tell(telling, webhook, BYTES_NONE);
}

bool callback_is_there(const struct batch *batch, struct bytes ns, const struct task_rules *rules,
                       struct error *ret_error)
{
    struct bytes name = rules->callback_webhook;

    if (name.at == NULL || hot_webhook(hot_ns(batch->hot, ns, false), name) != NULL)
        return true;
    (void)error_set(ret_error, ERR_INVALID_FIELD, "/callback/webhook", "there is no webhook %.*s",
                    BYTES_ARG(name));
    return false;
}

void deliveries_tell(struct batch *batch, const struct event_row *row, const struct task *task)
{
    struct telling telling = {.batch = batch, .event = row, .task = task};
    bool calls_back = task != NULL && task->has_callback && event_is_end(row->kind);
    const struct hot_queue *queue;

    if (batch->hot->webhooks.len == 0 && !calls_back)
        return;
    telling.ns = hot_ns_numbered(batch->hot, row->ns);
    if (telling.ns == NULL || (list_is_empty(&telling.ns->webhooks) && !calls_back))
        return;
    queue = row->queue == 0 ? NULL : hot_queue_numbered(batch->hot, row->queue);
    telling.queue = queue != NULL ? queue->name : BYTES_NONE;
    tell_all(&telling);
    if (calls_back)
        call_back(&telling);
}

/* ---- by the clock ---- */

void deliveries_run(struct batch *batch)
{
    struct heap *due = &batch->hot->webhooks.due;
    struct heap_node *node;

    while ((node = heap_first(due)) != NULL && node->key <= batch->now.wall_ms) {
        heap_remove(due, node);
        deliveries_look(batch, CONTAINER_OF(node, struct hot_webhook, due));
    }
}

/* Of webhooks that are no more. */
static int64_t sweep_orphans(struct batch *batch, unsigned max)
{
    struct hot_webhooks *webhooks = &batch->hot->webhooks;
    int64_t number = -1;
    int64_t gone = 0;

    while (webhooks->has_orphans && gone < max) {
        number = delivery_webhook_after(batch->db, number);
        if (number < 0)
            webhooks->has_orphans = false;
        else if (hot_webhook_numbered(webhooks, number) == NULL)
            gone += delivery_drop(batch->db, number, (unsigned)(max - gone));
    }
    return gone;
}

static unsigned sweep_old(struct batch *batch, struct hot_webhook *webhook,
                          enum delivery_state state, unsigned max)
{
    unsigned gone = 0;

    if (webhook_count(webhook, state) > 0 && max > 0)
        gone = delivery_trim(batch->db, webhook->number, state,
                             batch->now.wall_ms - WEBHOOK_KEPT_MS, max);
    if (gone > 0)
        delivery_count(batch, webhook, state, -(int64_t)gone);
    return gone;
}

/* A few of them each time, one after the other. */
int64_t deliveries_sweep(struct batch *batch, unsigned max)
{
    enum { EACH_TIME = 20 };
    struct hot_webhooks *webhooks = &batch->hot->webhooks;
    int64_t gone = sweep_orphans(batch, max);

    for (unsigned i = 0; i < EACH_TIME && i <= webhooks->len && gone < max; i++) {
        struct hot_webhook *webhook =
            CONTAINER_OF(list_first(&webhooks->turns), struct hot_webhook, by_turn);

        gone += sweep_old(batch, webhook, DELIVERY_DELIVERED, (unsigned)(max - gone));
        gone += sweep_old(batch, webhook, DELIVERY_DEAD, (unsigned)(max - gone));
        if (gone >= max) /* there may be more of it */
            break;
        list_remove(&webhook->by_turn);
        list_push_back(&webhooks->turns, &webhook->by_turn);
    }
    return gone;
}

/* ---- at start ---- */

/* Tells stores apart, and nothing of their secrets. */
static uint32_t store_id_of(const struct engine *engine)
{
    struct bytes parts[] = {BYTES("deliveries"),
                            {(const char *)engine->secret, sizeof(engine->secret)}};
    struct digest digest = digest_of(parts, ARRAY_LEN(parts));
    uint32_t id;

    memcpy(&id, digest.at, sizeof(id));
    return id;
}

void deliveries_load(struct engine *engine)
{
    struct hot_webhooks *webhooks = &engine->hot.webhooks;
    int64_t counts[DELIVERY_STATES];
    int64_t number = -1;

    webhooks->store_id = store_id_of(engine);
    webhooks->last_delivery = delivery_last_number(engine->db);
    while ((number = delivery_webhook_after(engine->db, number)) >= 0) {
        struct hot_webhook *webhook = hot_webhook_numbered(webhooks, number);

        /* Not that of a new one: rows of the old one may still be there. */
        if (number > webhooks->last)
            webhooks->last = number;
        if (webhook == NULL) {
            webhooks->has_orphans = true;
            continue;
        }
        delivery_counts(engine->db, number, counts);
        for (int state = 0; state < DELIVERY_STATES; state++)
            webhook->counts[state].of = counts[state];
        if (!list_is_linked(&webhook->target->by_change))
            hot_target_mark(&engine->hot.targets, webhook->target);
    }
}
