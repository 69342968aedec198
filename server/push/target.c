/* Target: what the engine says of an endpoint, kept for as long as something of it is out. */
#include "target.h"

#include "base/memory.h"
#include "health.h"
#include "push_struct.h"
#include "recall.h"
#include "sending.h"
#include "trade.h"
#include "turns.h"

#include <stdlib.h>
#include <string.h>

void target_key(const struct target_view *view, char ret_key[TARGET_KEY_LEN])
{
    memset(ret_key, 0, TARGET_KEY_LEN);
    ret_key[0] = view->kind == TARGET_WORKER ? 'w' : 'h';
    if (view->kind == TARGET_WORKER)
        memcpy(ret_key + 1, view->worker.at, sizeof(view->worker.at));
    else
        memcpy(ret_key + 1, &view->webhook, sizeof(view->webhook));
}

/* False: it cannot be called. */
static bool set_url(struct push *push, struct target *target, struct bytes url)
{
    struct push_url read;
    struct error error;
    struct host *host;

    if (push_url_read(url, push->options.policy, &read, &error) != OK)
        return false;
    host = host_hold(&push->hosts, &read);
    turns_forget(push, target); /* it may starve at the old one */
    host_let_go(&push->hosts, target->host);
    target->host = host;
    target->is_https = read.is_https;
    free(target->url);
    target->url = (char *)(uintptr_t)bytes_keep(url).at;
    return true;
}

void target_change(struct push *push, struct target *target, const struct target_view *view)
{
    bool is_same = target->url != NULL && bytes_equal(bytes_of(target->url), view->url);
    bool had_url = target->url != NULL;
    bool can_be_called = is_same || view->url.len == 0 || set_url(push, target, view->url);

    target->is_shut = view->is_out;
    if (target->woken != view->woken)
        pace_wake(&target->pace, push_time(push).mono_ms);
    target->woken = view->woken;
    target->is_out = target->is_shut || !can_be_called;
    if (!can_be_called) /* push_allow was changed: nothing else would tell why nothing comes */
        health_failed(target, &(struct push_answer){.failure = PUSH_DENIED});
    if (had_url && !is_same)
        pace_renew(&target->pace);
    memcpy(target->keys, view->keys, sizeof(target->keys));
    target->keys_len = view->keys_len;
    target->old_key_until_ms = view->old_key_until_ms;
    pace_limit(&target->pace, view->concurrency > 0 ? view->concurrency : 1);
}

struct target *target_new(struct push *push, const struct target_view *view)
{
    struct target *target = mem_alloc(sizeof(*target));

    target->kind = view->kind;
    target_key(view, target->key);
    target->trade = view->kind == TARGET_WORKER ? &trade_tasks : &trade_deliveries;
    target->worker = view->worker;
    target->webhook = view->webhook;
    target->ns = bytes_keep(view->ns);
    target->name = bytes_keep(view->name);
    list_init(&target->waiting);
    list_init(&target->sent);
    list_init(&target->recalls);
    list_init(&target->unsent);
    pace_init(&target->pace, view->concurrency > 0 ? view->concurrency : 1);
    pace_show(&target->pace, push_time(push), &target->noted);
    target_change(push, target, view);
    return target;
}

static void end_all(struct push *push, struct target *target)
{
    struct list_node *node;

    while ((node = list_first(&target->recalls)) != NULL)
        recall_end(push, CONTAINER_OF(node, struct recall, link));
    while ((node = list_first(&target->sent)) != NULL)
        sending_end(push, CONTAINER_OF(node, struct sending, link));
    while ((node = list_first(&target->waiting)) != NULL)
        sending_end(push, CONTAINER_OF(node, struct sending, link));
}

void target_free(struct push *push, struct target *target)
{
    end_all(push, target);
    turns_forget(push, target);
    list_remove(&target->dropped);
    pile_fini(&target->ended);
    host_let_go(&push->hosts, target->host);
    bytes_drop(target->ns);
    bytes_drop(target->name);
    free(target->url);
    free(target);
}

void target_drop(struct push *push, struct target *target)
{
    if (target->is_dropped)
        return;
    target->is_dropped = true;
    (void)map_remove(push->targets, (struct bytes){target->key, TARGET_KEY_LEN});
    end_all(push, target);
    turns_forget(push, target);
    list_push_back(&push->dropped, &target->dropped);
    if (target->ask != NULL)
        errand_want(target->ask, false);
}

void target_free_if_over(struct push *push, struct target *target)
{
    if (target->is_dropped && target->errands == 0)
        target_free(push, target);
}

unsigned target_keys(const struct target *target, int64_t wall_ms)
{
    return target->keys_len > 1 && wall_ms >= target->old_key_until_ms ? 1 : target->keys_len;
}
