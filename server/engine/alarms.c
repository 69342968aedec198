/* Alarms: each is told once, then noted after COMMIT. */
#include "alarms.h"

#include "domain/bounds.h"
#include "tell.h"

#define IDLE_MS            SECOND_MS
#define SATURATED_EVERY_MS (10 * SECOND_MS)
#define WAL_BYTES_MAX      (INT64_C(256) << 20)

void alarms_init(struct alarms *alarms)
{
    *alarms = (struct alarms){.wal_bytes_max = WAL_BYTES_MAX};
}

/* ---- queues ---- */

static bool has_live(const struct state_counts *counts)
{
    for (int state = 1; state < TASK_STATE_MAX; state++)
        if (!task_state_is_terminal((enum task_state)state) &&
            hot_in_state(counts, (enum task_state)state) > 0)
            return true;
    return false;
}

/* A purge takes out and ends nothing. */
static bool has_ended_some(const struct state_counts *counts)
{
    for (int state = 1; state < TASK_STATE_MAX; state++)
        if (task_state_is_terminal((enum task_state)state) && counts->adding[state] > 0)
            return true;
    return false;
}

static void note_queue(struct batch *batch, struct hot_queue *queue)
{
    struct heap *idle = &batch->hot->queues_idle;

    if (has_live(&queue->counts))
        heap_remove(idle, &queue->idle);
    else if (has_ended_some(&queue->counts))
        heap_set(idle, &queue->idle, batch->now.mono_ms + IDLE_MS);
}

void alarms_note_empty(struct batch *batch)
{
    struct list *dirty = &batch->hot->dirty_shelves;

    for (struct list_node *node = list_first(dirty); node != NULL; node = list_next(dirty, node))
        note_queue(batch, CONTAINER_OF(node, struct hot_shelf, dirty)->queue);
}

/* Nothing was told: once more. */
static void idle_again(struct effect *effect)
{
    struct hot_queue *queue = effect->object;
    struct engine *engine = effect->data;

    heap_set(&engine->hot.queues_idle, &queue->idle, effect->number);
}

static void tell_idle(struct batch *batch, struct hot_queue *queue)
{
    struct effect *effect = batch_on_undo(batch, idle_again);

    effect->object = queue;
    effect->data = batch->engine;
    effect->number = queue->idle.key;
    if (queue->closing != QUEUE_HIDDEN)
        batch_queue_event(batch, EVENT_QUEUE_IDLE, queue, BYTES_NONE);
}

void alarms_run(struct batch *batch)
{
    struct heap *idle = &batch->hot->queues_idle;
    struct heap_node *node;

    while ((node = heap_first(idle)) != NULL && node->key <= batch->now.mono_ms) {
        heap_remove(idle, node);
        tell_idle(batch, CONTAINER_OF(node, struct hot_queue, idle));
    }
}

/* ---- limits ---- */

static void note_told(struct engine *engine, struct effect *effect)
{
    struct hot_limit *limit = effect->object;

    (void)engine;
    limit->told_full_mono_ms = effect->number;
}

static void tell_limit(struct batch *batch, struct hot_limit *limit)
{
    struct event_row row = {
        .kind = EVENT_LIMIT_SATURATED,
        .ns = limit->ns->head.number,
        .data = tell_limit_full(batch, limit),
    };
    struct effect *effect = batch_effect(batch, note_told);

    effect->object = limit;
    effect->number = batch->now.mono_ms;
    batch_put_event(batch, &row);
}

void alarms_tell_limits(struct batch *batch)
{
    struct list_node *node;

    while ((node = list_pop_front(&batch->hot->full_limits)) != NULL) {
        struct hot_limit *limit = CONTAINER_OF(node, struct hot_limit, full);

        if (batch->now.mono_ms - limit->told_full_mono_ms >= SATURATED_EVERY_MS)
            tell_limit(batch, limit);
    }
}

/* ---- the broker ---- */

static void note_alarm(struct engine *engine, struct effect *effect)
{
    bool *is_told = effect->object;

    (void)engine;
    *is_told = true;
}

static void tell_broker(struct batch *batch, enum event_kind kind, bool *is_told, struct bytes data)
{
    struct event_row row = {.kind = kind, .data = data};

    batch_effect(batch, note_alarm)->object = is_told;
    batch_put_event(batch, &row);
}

static void look_at_disk(struct batch *batch)
{
    struct engine *engine = batch->engine;
    struct store_room room = store_room(engine->store);
    bool is_short = engine->disk_is_full || room.free_bytes < 2 * room.reserve_bytes;

    if (is_short && !engine->alarms.disk_low)
        tell_broker(batch, EVENT_BROKER_DISK_LOW, &engine->alarms.disk_low,
                    tell_disk(batch, room.free_bytes));
    else if (!is_short && room.free_bytes >= 3 * room.reserve_bytes)
        engine->alarms.disk_low = false;
}

static void look_at_log(struct batch *batch)
{
    struct alarms *alarms = &batch->engine->alarms;
    int64_t bytes = db_wal_pages(batch->db) * DB_PAGE_BYTES;

    if (bytes > alarms->wal_bytes_max && !alarms->wal_large)
        tell_broker(batch, EVENT_BROKER_WAL_LARGE, &alarms->wal_large, tell_wal(batch, bytes));
    else if (bytes < alarms->wal_bytes_max / 2)
        alarms->wal_large = false;
}

void alarms_look(struct batch *batch)
{
    look_at_disk(batch);
    look_at_log(batch);
}
