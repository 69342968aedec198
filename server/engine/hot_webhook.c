/* Hot webhook: strings, lists and what is out. */
#include "hot_webhook.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/memory.h"
#include "hot.h"
#include "webhooks.h"

void hot_webhooks_init(struct hot *hot)
{
    struct hot_webhooks *webhooks = &hot->webhooks;

    *webhooks = (struct hot_webhooks){.by_number = map_new()};
    heap_init(&webhooks->due);
    list_init(&webhooks->dirty);
    list_init(&webhooks->turns);
    webhooks->callbacks = hot_add_webhook(hot, NULL,
                                          &(struct webhook_row){
                                              .name = BYTES(WEBHOOK_OF_CALLBACKS),
                                              .settings = {.enabled = true},
                                              .old_until_ms = -1,
                                              .gone_at_ms = -1,
                                              .missed_first = -1,
                                          });
    /* Not to be seen before there is something for it. */
    list_remove(&webhooks->callbacks->target->by_change);
    webhooks->len = 0;
}

static void drop_strings(const struct hot_webhook *webhook)
{
    bytes_drop(webhook->created_by);
    bytes_drop(webhook->settings.url);
    bytes_drop(webhook->settings.types);
    bytes_drop(webhook->settings.queues);
}

static void free_webhook(struct hot *hot, struct hot_webhook *webhook)
{
    hot_target_free(&hot->targets, webhook->target);
    drop_strings(webhook);
    bytes_drop(webhook->name);
    free(webhook);
}

void hot_webhooks_fini(struct hot *hot)
{
    struct hot_webhooks *webhooks = &hot->webhooks;
    struct hot_webhook *webhook;

    heap_fini(&webhooks->due);
    for (size_t at = 0; (webhook = map_each(webhooks->by_number, &at)) != NULL;)
        free_webhook(hot, webhook);
    map_free(webhooks->by_number);
}

struct hot_webhook *hot_webhook_numbered(const struct hot_webhooks *webhooks, int64_t number)
{
    return map_get_int(webhooks->by_number, (uint64_t)number);
}

struct hot_webhook *hot_webhook(const struct hot_ns *ns, struct bytes name)
{
    for (struct list_node *node = ns == NULL ? NULL : list_first(&ns->webhooks); node != NULL;
         node = list_next(&ns->webhooks, node)) {
        struct hot_webhook *webhook = CONTAINER_OF(node, struct hot_webhook, by_ns);

        if (bytes_equal(webhook->name, name))
            return webhook;
    }
    return NULL;
}

static void set_target(const struct hot_webhook *webhook, const struct webhook_row *row)
{
    struct hot_target *target = webhook->target;
    struct bytes before = target->url;

    target->url = bytes_keep(row->settings.url);
    target->key = row->key;
    target->old_key = row->old_key;
    target->old_until_ms = row->old_until_ms;
    target->is_disabled = row->gone_at_ms >= 0;
    bytes_drop(before);
}

void hot_set_webhook(struct hot_webhook *webhook, const struct webhook_row *row)
{
    struct hot_webhook before = *webhook;

    webhook->version = row->version;
    webhook->created_by = bytes_keep(row->created_by);
    webhook->settings = (struct webhook_settings){
        .url = bytes_keep(row->settings.url),
        .types = bytes_keep(row->settings.types),
        .queues = bytes_keep(row->settings.queues),
        .enabled = row->settings.enabled,
    };
    webhook->kinds = webhook_kinds(webhook->settings.types);
    webhook->gone_at_ms = row->gone_at_ms;
    webhook->missed.of = row->missed;
    webhook->missed_first = row->missed_first;
    set_target(webhook, row);
    drop_strings(&before);
}

struct hot_webhook *hot_add_webhook(struct hot *hot, struct hot_ns *ns,
                                    const struct webhook_row *row)
{
    struct hot_webhooks *webhooks = &hot->webhooks;
    struct hot_webhook *webhook = mem_alloc(sizeof(*webhook));

    webhook->ns = ns;
    webhook->number = row->number;
    webhook->created_at_ms = row->created_at_ms;
    webhook->name = bytes_keep(row->name);
    webhook->target =
        hot_target_new(&hot->targets, &webhook_owner, webhook, row->settings.url, row->number);
    list_init(&webhook->takers);
    list_init(&webhook->watchers);
    hot_set_webhook(webhook, row);
    if (ns != NULL)
        list_push_back(&ns->webhooks, &webhook->by_ns);
    list_push_back(&webhooks->turns, &webhook->by_turn);
    (void)map_put_int(webhooks->by_number, (uint64_t)webhook->number, webhook);
    webhooks->len++;
    if (row->number > webhooks->last)
        webhooks->last = row->number;
    return webhook;
}

void hot_drop_webhook(struct hot *hot, struct hot_webhook *webhook)
{
    struct hot_webhooks *webhooks = &hot->webhooks;

    /* Answered by the same batch, and not yet handed over. */
    while (list_pop_front(&webhook->takers) != NULL || list_pop_front(&webhook->watchers) != NULL)
        ;
    heap_remove(&webhooks->due, &webhook->due);
    list_remove(&webhook->dirty);
    list_remove(&webhook->by_ns);
    list_remove(&webhook->by_turn);
    (void)map_remove_int(webhooks->by_number, (uint64_t)webhook->number);
    webhooks->len--;
    webhooks->has_orphans = true;
    free_webhook(hot, webhook);
}

struct webhook_row hot_webhook_row(const struct hot_webhook *webhook)
{
    return (struct webhook_row){
        .number = webhook->number,
        .ns = webhook->ns == NULL ? 0 : webhook->ns->head.number,
        .version = webhook->version,
        .created_at_ms = webhook->created_at_ms,
        .name = webhook->name,
        .created_by = webhook->created_by,
        .settings = webhook->settings,
        .key = webhook->target->key,
        .old_key = webhook->target->old_key,
        .old_until_ms = webhook->target->old_until_ms,
        .gone_at_ms = webhook->gone_at_ms,
        .missed = webhook->missed.of + webhook->missed.adding,
        .missed_first = webhook->missed_first,
    };
}

bool webhook_is_open(const struct hot_webhook *webhook)
{
    return webhook->settings.enabled && webhook->gone_at_ms < 0;
}

int64_t webhook_count(const struct hot_webhook *webhook, enum delivery_state state)
{
    return webhook->counts[state].of + webhook->counts[state].adding;
}

/* ---- what is out ---- */

bool webhook_has_out(const struct hot_webhook *webhook, int64_t delivery)
{
    for (unsigned i = 0; i < webhook->out_len; i++)
        if (webhook->out[i] == delivery)
            return true;
    return false;
}

void webhook_give_out(struct hot_webhook *webhook, int64_t delivery)
{
    ASSERT(webhook->out_len < WEBHOOK_OUT_MAX);
    webhook->out[webhook->out_len++] = delivery;
}

bool webhook_take_back(struct hot_webhook *webhook, int64_t delivery)
{
    for (unsigned i = 0; i < webhook->out_len; i++) {
        if (webhook->out[i] == delivery) {
            webhook->out[i] = webhook->out[--webhook->out_len];
            return true;
        }
    }
    return false;
}

void webhook_wake(struct hot_webhooks *webhooks, struct hot_webhook *webhook)
{
    heap_set(&webhooks->due, &webhook->due, 0);
}
