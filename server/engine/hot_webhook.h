/* Hot webhook: endpoints that are told of events, in memory: by namespace and by number, with how
 * much each has to be told, and what the push room has in hand. What is to be told stays in the
 * store. */
#pragma once

#include "base/heap.h"
#include "base/list.h"
#include "base/map.h"
#include "hot_limit.h"
#include "hot_target.h"
#include "store/repo_webhook.h"

struct hot;
struct hot_ns;

/* What may be in the push room's hands at once; more than any asks for. */
enum { WEBHOOK_OUT_MAX = 256 };

struct hot_webhook {
    struct hot_ns *ns; /* NULL: the one of tasks' own URLs, in all namespaces; its number is 0 */
    int64_t number, version, created_at_ms;
    struct bytes name, created_by;
    struct webhook_settings settings;
    struct hot_target *target; /* what is called, with its keys and its health */
    int64_t gone_at_ms;        /* wall: it answered 410; -1: it did not */
    uint64_t kinds;            /* settings.types, a bit each */
    struct unit_count counts[DELIVERY_STATES];
    struct unit_count missed;
    int64_t missed_first;         /* event; -1: none */
    int64_t out[WEBHOOK_OUT_MAX]; /* numbers that are handed out; forgotten by a restart */
    unsigned out_len;
    struct list takers;   /* parked: the push room, for what is due */
    struct list watchers; /* parked: for the end of a test */
    struct list_node by_ns;
    struct list_node by_turn;
    struct list_node dirty; /* something may have become due */
    struct heap_node due;   /* wall: something will */
};

struct hot_webhooks {
    struct map *by_number; /* that of callbacks included */
    struct hot_webhook *callbacks;
    struct heap due; /* wall */
    struct list dirty;
    int64_t len; /* without that of callbacks */
    int64_t last, last_delivery;
    struct list turns; /* all, that of callbacks included: the next that the broom comes to first */
    bool has_orphans;  /* the store has deliveries to those that are deleted */
    uint32_t store_id; /* in ids of deliveries */
};

/* After the targets; */
void hot_webhooks_init(struct hot *hot);
/* before them, and before the namespaces. */
void hot_webhooks_fini(struct hot *hot);

/* NULL: there is none. */
struct hot_webhook *hot_webhook(const struct hot_ns *ns, struct bytes name);
struct hot_webhook *hot_webhook_numbered(const struct hot_webhooks *webhooks, int64_t number);
/* Strings are copied. ns NULL: that of callbacks. */
struct hot_webhook *hot_add_webhook(struct hot *hot, struct hot_ns *ns,
                                    const struct webhook_row *row);
/* All but its name; whoever watches targets is to be told. */
void hot_set_webhook(struct hot_webhook *webhook, const struct webhook_row *row);
void hot_drop_webhook(struct hot *hot, struct hot_webhook *webhook);
/* The row that it is. */
struct webhook_row hot_webhook_row(const struct hot_webhook *webhook);

/* Something is sent to it. */
bool webhook_is_open(const struct hot_webhook *webhook);
/* The batch's part included. */
int64_t webhook_count(const struct hot_webhook *webhook, enum delivery_state state);
bool webhook_has_out(const struct hot_webhook *webhook, int64_t delivery);
void webhook_give_out(struct hot_webhook *webhook, int64_t delivery);
/* False: it was not out. */
bool webhook_take_back(struct hot_webhook *webhook, int64_t delivery);
/* Whether it may be sent something is looked at by the next batch. */
void webhook_wake(struct hot_webhooks *webhooks, struct hot_webhook *webhook);
