/* Intents: rows, so that a restart goes on with them; many tasks, a slice a batch. */
#include "intent.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "cancels.h"
#include "queue_due.h"

enum { SLICE_TASKS = 300, SLICE_NUMBERS = 5000 };

static struct intent *intent_new(struct engine *engine, struct hot_queue *queue,
                                 const struct intent_row *row)
{
    struct intent *intent = mem_alloc(sizeof(*intent));

    intent->row = *row;
    intent->queue = queue;
    (void)snprintf(intent->reason, sizeof(intent->reason), "%.*s", BYTES_ARG(row->reason));
    intent->row.reason = bytes_of(intent->reason);
    if (row->number > engine->hot.last_intent)
        engine->hot.last_intent = row->number;
    return intent;
}

static void add_intent(struct engine *engine, struct effect *effect)
{
    struct hot_queue *queue = effect->object;

    list_push_back(&engine->intents, &intent_new(engine, queue, effect->data)->link);
}

static void never_started(struct effect *effect)
{
    struct hot_queue *queue = effect->object;

    queue->purges--;
}

void intent_start(struct batch *batch, struct hot_queue *queue, struct bytes reason)
{
    struct intent_row row = {
        .number = ++batch->hot->last_intent,
        .ns = queue->ns->head.number,
        .queue = queue->head.number,
        .kind = INTENT_CANCEL,
        .up_to = batch->hot->last_task,
        .created_at_ms = batch->now.wall_ms,
        .reason = reason,
    };
    struct effect *effect = batch_effect(batch, add_intent);

    intent_insert(batch->db, &row);
    batch->rows++;
    effect->object = queue;
    effect->data = arena_copy(batch->mem, &row, sizeof(row));
    effect->cancel = never_started;
    /* At once: claims of this very batch must not take what is meant. */
    queue->purges++;
}

void intent_load(struct engine *engine, const struct intent_row *row)
{
    struct hot_queue *queue = hot_queue_numbered(&engine->hot, row->queue);

    if (queue == NULL)
        return;
    queue->purges++;
    list_push_back(&engine->intents, &intent_new(engine, queue, row)->link);
}

void intents_free(struct engine *engine)
{
    struct list_node *node;

    while ((node = list_pop_front(&engine->intents)) != NULL)
        free(CONTAINER_OF(node, struct intent, link));
}

static void step_intent(struct engine *engine, struct effect *effect)
{
    struct intent *intent = effect->object;

    intent->done_to = effect->number;
    if (intent->done_to < intent->row.up_to)
        return;
    intent->queue->purges--;
    if (intent->queue->purges == 0)
        parked_wake(engine, &intent->queue->purgers);
    queue_look_again(engine, intent->queue);
    list_remove(&intent->link);
    free(intent);
}

/* The slice after the last one: all tasks of it, or as many as a batch may touch. */
static void run_intent(struct batch *batch, struct intent *intent)
{
    const int64_t key[2] = {intent->row.ns, intent->row.queue};
    struct cancel_how how = {.reason = bytes_of(intent->reason), .grace_ms = GRACE_DEFAULT_MS};
    int64_t end = intent->done_to + SLICE_NUMBERS;
    int64_t numbers[SLICE_TASKS];

    if (end > intent->row.up_to)
        end = intent->row.up_to;

    unsigned len = pending_slice(batch->db, key, intent->done_to, end, SLICE_TASKS, numbers);

    for (unsigned i = 0; i < len; i++) {
        struct task task;

        if (task_load_number(batch->db, numbers[i], &task))
            cancel_task(batch, &task, &how);
    }

    struct effect *effect = batch_effect(batch, step_intent);

    effect->object = intent;
    effect->number = len == SLICE_TASKS ? numbers[len - 1] : end;
    if (effect->number == intent->row.up_to) {
        intent_delete(batch->db, intent->row.number);
        batch->rows++;
    }
    batch_offer_queue(batch, intent->queue);
}

void intents_run(struct batch *batch)
{
    for (struct list_node *node = list_first(&batch->engine->intents); node != NULL;
         node = list_next(&batch->engine->intents, node))
        run_intent(batch, CONTAINER_OF(node, struct intent, link));
}
