/* Push: the room's thread: its loop, its start, its end. */
#include "push/push.h"

#include "base/assert.h"
#include "base/memory.h"
#include "book.h"
#include "health.h"
#include "push_struct.h"
#include "target.h"
#include "trade.h"
#include "turns.h"

#include <stdio.h>
#include <stdlib.h>

enum { IDLE_EXCHANGES_MAX = 256 };

struct exchange *push_take_exchange(struct push *push)
{
    struct list_node *node = list_pop_front(&push->idle);

    if (node == NULL)
        return exchange_new(&push->terms);
    push->idle_len--;
    return CONTAINER_OF(node, struct exchange, link);
}

void push_return_exchange(struct push *push, struct exchange *exchange)
{
    if (push->idle_len >= IDLE_EXCHANGES_MAX) {
        exchange_free(exchange);
        return;
    }
    push->idle_len++;
    list_push_front(&push->idle, &exchange->link);
}

/* ---- the thread ---- */

static void free_all_targets(struct push *push)
{
    struct list_node *node;
    struct target *target;

    for (size_t at = 0; (target = map_each(push->targets, &at)) != NULL;) {
        if (target->ended.len > 0)
            target->trade->report(push, target);
        (void)map_remove(push->targets, (struct bytes){target->key, TARGET_KEY_LEN});
        target_free(push, target);
    }
    while ((node = list_first(&push->dropped)) != NULL)
        target_free(push, CONTAINER_OF(node, struct target, dropped));
    engine_flush(push->options.engine);
}

static void end(struct push *push)
{
    struct list_node *node;

    free_all_targets(push);
    while ((node = list_pop_front(&push->idle)) != NULL)
        exchange_free(CONTAINER_OF(node, struct exchange, link));
    multi_close(&push->multi);
    (void)uv_timer_stop(&push->alarm);
    uv_close((uv_handle_t *)&push->alarm, NULL);
    uv_close((uv_handle_t *)&push->turn, NULL);
    uv_close((uv_handle_t *)&push->wake, NULL);
}

static void on_wake(uv_async_t *async)
{
    struct push *push = async->data;

    if (!atomic_load(&push->is_stopping))
        errands_fetch(push);
    else if (!uv_is_closing((uv_handle_t *)async))
        end(push);
}

/* Before the loop sleeps: what this turn brought is acted on together. */
static void on_turn(uv_prepare_t *prepare)
{
    struct push *push = prepare->data;

    book_watch(push);
    turns_wake(push);
    turns_serve(push);
    turns_set_alarm(push);
    health_gauge(push);
    if (!push->has_posted)
        return;
    push->has_posted = false;
    engine_flush(push->options.engine);
}

static void run(void *ctx)
{
    struct push *push = ctx;

    (void)uv_run(&push->loop, UV_RUN_DEFAULT);
}

/* ---- opening and closing ---- */

static void init_terms(struct push *push)
{
    push->terms = (struct exchange_terms){.push = push,
                                          .multi = &push->multi,
                                          .policy = push->options.policy,
                                          .body_max = push->options.result_max};
    (void)snprintf(push->terms.agent, sizeof(push->terms.agent), "Sluice/%s",
                   push->options.version);
}

static enum err open_loop(struct push *push, struct error *error)
{
    if (uv_loop_init(&push->loop) != 0)
        return error_set(error, ERR_INTERNAL, "", "the push room's loop cannot be made");
    push->wake.data = push->turn.data = push->alarm.data = push;
    if (uv_async_init(&push->loop, &push->wake, on_wake) != 0 ||
        uv_prepare_init(&push->loop, &push->turn) != 0 ||
        uv_prepare_start(&push->turn, on_turn) != 0 ||
        uv_timer_init(&push->loop, &push->alarm) != 0)
        return error_set(error, ERR_INTERNAL, "", "the push room's loop cannot be set up");
    return multi_open(&push->multi, &push->loop, push->options.max, exchange_over, error);
}

static void free_push(struct push *push)
{
    map_free(push->targets);
    hosts_fini(&push->hosts);
    heap_fini(&push->sleepers);
    (void)uv_loop_close(&push->loop);
    free(push);
}

enum err push_open(const struct push_options *options, struct push **ret_push, struct error *error)
{
    struct push *push = mem_alloc(sizeof(*push));

    push->options = *options;
    list_init(&push->idle);
    list_init(&push->due);
    list_init(&push->starved);
    list_init(&push->dropped);
    heap_init(&push->sleepers);
    push->targets = map_new();
    hosts_init(&push->hosts);
    init_terms(push);
    if (open_loop(push, error) != OK) { /* the process ends: what the loop holds is not missed */
        free_push(push);
        return error->code;
    }
    push->inbox = inbox_new(&push->wake);
    if (uv_thread_create(&push->thread, run, push) != 0) {
        inbox_close(push->inbox);
        free_push(push);
        return error_set(error, ERR_INTERNAL, "", "the push room's thread cannot be started");
    }
    *ret_push = push;
    return OK;
}

void push_close(struct push *push)
{
    int failed;

    if (push == NULL)
        return;
    atomic_store(&push->is_stopping, true);
    (void)uv_async_send(&push->wake);
    failed = uv_thread_join(&push->thread);
    ASSERT(failed == 0);
    inbox_close(push->inbox);
    free_push(push);
}
