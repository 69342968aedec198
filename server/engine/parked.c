/* Parked: the lot's lists, deadlines and waiters. */
#include "parked.h"

#include <stdlib.h>

#include "base/memory.h"
#include "batch.h"

void lot_init(struct parking_lot *lot)
{
    for (int kind = 0; kind < PARKED_KINDS; kind++) {
        list_init(&lot->all[kind]);
        lot->len[kind] = 0;
    }
    heap_init(&lot->deadlines);
    lot->by_task = map_new();
}

void lot_fini(struct parking_lot *lot)
{
    struct task_waiters *waiters;

    heap_fini(&lot->deadlines);
    for (size_t at = 0; (waiters = map_each(lot->by_task, &at)) != NULL;)
        free(waiters);
    map_free(lot->by_task);
}

static int64_t add_capped(int64_t at_ms, int64_t by_ms)
{
    int64_t sum = 0;

    return __builtin_add_overflow(at_ms, by_ms, &sum) ? INT64_MAX : sum;
}

struct parked *park(struct batch *batch, struct command *command, enum parked_kind kind,
                    int64_t wait_ms)
{
    struct engine *engine = batch->engine;
    struct parked *parked = arena_alloc(command->mem, sizeof(*parked));

    parked->command = command;
    parked->kind = kind;
    parked->before = command->reply;
    parked->is_new = true;
    parked->task = -1;
    parked->real_deadline_mono_ms = INT64_MAX;
    command->parked = parked;
    list_push_back(&engine->lot.all[kind], &parked->all);
    engine->lot.len[kind]++;
    if (wait_ms != INT64_MAX) {
        heap_set(&engine->lot.deadlines, &parked->deadline,
                 add_capped(batch->now.mono_ms, wait_ms));
        if (engine->options.manual_clock)
            parked->real_deadline_mono_ms =
                add_capped(engine->options.clock.now(engine->options.clock.ctx).mono_ms, wait_ms);
    }
    list_push_back(&batch->done, &command->link);
    return parked;
}

void park_for_claim(struct batch *batch, struct command *command, struct hot_worker *worker)
{
    struct parked *parked = park(batch, command, PARKED_CLAIM, command->wait_ms);

    parked->worker = worker;
    list_push_back(&worker->claims, &parked->subject);
    parked->watches = arena_alloc(command->mem, worker->queues_len * sizeof(struct watch));
    parked->watches_len = worker->queues_len;
    for (unsigned i = 0; i < worker->queues_len; i++) {
        parked->watches[i].parked = parked;
        list_push_back(&worker->queues[i]->watches, &parked->watches[i].link);
    }
}

void park_for_task(struct batch *batch, struct command *command, int64_t task)
{
    struct parking_lot *lot = &batch->engine->lot;
    struct parked *parked = park(batch, command, PARKED_TASK, command->wait_ms);
    struct task_waiters *waiters = lot_waiters(lot, task);

    if (waiters == NULL) {
        waiters = mem_alloc(sizeof(*waiters));
        waiters->task = task;
        list_init(&waiters->parked);
        (void)map_put_int(lot->by_task, (uint64_t)task, waiters);
    }
    parked->task = task;
    list_push_back(&waiters->parked, &parked->subject);
}

static void leave_task(struct parking_lot *lot, int64_t task)
{
    struct task_waiters *waiters = lot_waiters(lot, task);

    if (waiters == NULL || !list_is_empty(&waiters->parked))
        return;
    (void)map_remove_int(lot->by_task, (uint64_t)task);
    free(waiters);
}

void unpark(struct engine *engine, struct parked *parked)
{
    struct parking_lot *lot = &engine->lot;

    list_remove(&parked->all);
    lot->len[parked->kind]--;
    heap_remove(&lot->deadlines, &parked->deadline);
    list_remove(&parked->subject);
    list_remove(&parked->answered);
    for (unsigned i = 0; i < parked->watches_len; i++)
        list_remove(&parked->watches[i].link);
    if (parked->kind == PARKED_TASK)
        leave_task(lot, parked->task);
    parked->command->parked = NULL;
}

void parked_again(struct engine *engine, struct parked *parked)
{
    parked->is_answered = false;
    parked->command->reply = parked->before;
    /* A timer that ended the wait took it out of the heap; the key is still there. */
    if (parked->deadline.place == 0 && parked->deadline.key > 0)
        heap_set(&engine->lot.deadlines, &parked->deadline, parked->deadline.key);
}

void parked_end_by(struct engine *engine, struct parked *parked, int64_t mono_ms)
{
    if (parked->deadline.place != 0 && parked->deadline.key <= mono_ms)
        return;
    heap_set(&engine->lot.deadlines, &parked->deadline, mono_ms);
}

void parked_wake(struct engine *engine, const struct list *waiting)
{
    int64_t now_ms = engine_now(engine).mono_ms;

    for (struct list_node *node = list_first(waiting); node != NULL;
         node = list_next(waiting, node))
        parked_end_by(engine, CONTAINER_OF(node, struct parked, subject), now_ms);
}

struct task_waiters *lot_waiters(const struct parking_lot *lot, int64_t task)
{
    return map_get_int(lot->by_task, (uint64_t)task);
}

bool parked_is_alive(const struct parked *parked)
{
    const struct caller *caller = &parked->command->caller;

    return caller->is_alive == NULL || caller->is_alive(caller);
}
