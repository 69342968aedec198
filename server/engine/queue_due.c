/* Queue due: the timers of queues. */
#include "queue_due.h"

#include "closing.h"

bool pause_is_over(const struct queue_settings *settings, int64_t now_ms)
{
    return settings->paused && settings->paused_until_ms >= 0 &&
           settings->paused_until_ms <= now_ms;
}

void pause_end(struct queue_settings *settings)
{
    settings->paused = false;
    settings->paused_until_ms = -1;
}

void queue_time(struct hot *hot, struct hot_queue *queue)
{
    int64_t due_ms = INT64_MAX;

    if (queue->settings.paused && queue->settings.paused_until_ms >= 0)
        due_ms = queue->settings.paused_until_ms;
    if (queue->closing == QUEUE_CLOSING && queue->close_cancel_at_ms >= 0 &&
        queue->close_cancel_at_ms < due_ms)
        due_ms = queue->close_cancel_at_ms;
    if (due_ms == INT64_MAX)
        heap_remove(&hot->queues_due, &queue->due);
    else
        heap_set(&hot->queues_due, &queue->due, due_ms);
}

void queue_wake_in(const struct batch *batch, struct hot_queue *queue, int64_t wait_ms)
{
    if (wait_ms == INT64_MAX)
        return;
    heap_set(&batch->hot->rates_due, &queue->rate_due, batch->now.mono_ms + wait_ms);
}

void queue_rates_run(struct batch *batch)
{
    struct heap *due = &batch->hot->rates_due;
    struct heap_node *node;

    while ((node = heap_first(due)) != NULL && node->key <= batch->now.mono_ms) {
        heap_remove(due, node);
        batch_offer_queue(batch, CONTAINER_OF(node, struct hot_queue, rate_due));
    }
}

void queue_look_again(struct engine *engine, struct hot_queue *queue)
{
    heap_set(&engine->hot.queues_due, &queue->due, engine_now(engine).wall_ms);
}

static void time_again(struct engine *engine, struct effect *effect)
{
    struct hot_queue *queue = effect->object;

    queue_time(&engine->hot, queue);
}

static void time_again_undone(struct effect *effect)
{
    time_again(effect->data, effect);
}

static void set_unpaused(struct engine *engine, struct effect *effect)
{
    struct hot_queue *queue = effect->object;

    (void)engine;
    pause_end(&queue->settings);
}

/* A pause that has run out is over for good, even if the wall clock steps back. Nobody changed the
 * queue, so its version stays. */
static void save_pause_end(struct batch *batch, struct hot_queue *queue)
{
    struct hot_queue after = *queue;

    pause_end(&after.settings);
    batch_save_queue(batch, queue, &after);
    batch_effect(batch, set_unpaused)->object = queue;
}

static void run_queue(struct batch *batch, struct hot_queue *queue)
{
    if (pause_is_over(&queue->settings, batch->now.wall_ms))
        save_pause_end(batch, queue);

    struct effect *effect = batch_effect(batch, time_again);

    effect->object = queue;
    effect->data = batch->engine;
    effect->cancel = time_again_undone;
    batch_offer_queue(batch, queue); /* a pause may have run out */
    closing_go_on(batch, queue);
}

void queues_run(struct batch *batch)
{
    struct heap *due = &batch->hot->queues_due;
    struct heap_node *node;

    while ((node = heap_first(due)) != NULL && node->key <= batch->now.wall_ms) {
        heap_remove(due, node);
        run_queue(batch, CONTAINER_OF(node, struct hot_queue, due));
    }
}
