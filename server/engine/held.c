/* Held: who waits for room stands in line, and runs again when there is. */
#include "held.h"

#include "keys.h"

bool held_has_waited(const struct submit *submit, unsigned nth)
{
    return &submit->specs[nth] == submit->waited;
}

static bool goes_on(const struct parked *parked)
{
    return held_has_waited(&parked->command->in.submit, 0);
}

/* Who has waited already stands before those who have not, in the order in which they were held. */
static void keep_place(struct hot_queue *queue, struct parked *parked)
{
    struct list_node *before = goes_on(parked) ? list_first(&queue->held) : NULL;

    while (before != NULL && goes_on(CONTAINER_OF(before, struct parked, subject)))
        before = list_next(&queue->held, before);
    list_insert_before(before != NULL ? before : &queue->held.head, &parked->subject);
}

void held_add(struct batch *batch, struct command *command, struct hot_queue *queue)
{
    int64_t wait_ms = command->in.submit.streamed ? INT64_MAX : command->wait_ms;
    struct parked *parked = park(batch, command, PARKED_SUBMIT, wait_ms);

    parked->queue = queue;
    keep_place(queue, parked);
    key_open(batch, command);
}

/* One that was held runs again, with what is left of its wait. */
static void run_again(struct engine *engine, struct parked *parked)
{
    struct command *command = parked->command;

    if (parked->deadline.place != 0) {
        int64_t left_ms = parked->deadline.key - engine_now(engine).mono_ms;

        command->wait_ms = left_ms > 1 ? left_ms : 1;
    }
    unpark(engine, parked);
    command->in.submit.waited = command->in.submit.specs;
    list_remove(&command->link); /* from the list of this batch, if it was held by it only */
    list_push_back(&engine->rerun, &command->link);
}

/* After COMMIT: as many as there is room for run again, before anything new. */
static void release_held(struct engine *engine, struct effect *effect)
{
    struct hot_queue *queue = effect->object;
    int64_t room = queue->settings.pending_limit < 0
                       ? INT64_MAX
                       : queue->settings.pending_limit - hot_pending(queue);
    struct list_node *node = list_first(&queue->held), *next;

    for (; room > 0 && node != NULL; node = next) {
        struct parked *parked = CONTAINER_OF(node, struct parked, subject);

        next = list_next(&queue->held, node);
        if (parked->is_answered) /* by this batch, which hands it over next */
            continue;
        run_again(engine, parked);
        room--;
    }
}

void held_go_on(struct batch *batch, struct hot_queue *queue)
{
    if (!list_is_empty(&queue->held) && !queue_is_full(&queue->settings, hot_pending(queue)))
        batch_effect(batch, release_held)->object = queue;
}

void held_end(struct batch *batch, struct parked *parked)
{
    const struct hot_queue *queue = parked->queue;
    struct error *error = &parked->command->reply.error;

    if (batch->engine->drain.is_asked)
        (void)error_set(error, ERR_DRAINING, "", "the broker is stopping");
    else
        admission_refuse(queue, queue->closing == QUEUE_OPEN ? QUEUE_IS_FULL : QUEUE_IS_CLOSED,
                         error);
    batch_answer_parked(batch, parked);
}

void held_refuse_closed(struct batch *batch, struct parked *parked)
{
    admission_refuse(parked->queue, QUEUE_IS_CLOSED, &parked->command->reply.error);
    batch_answer_parked(batch, parked);
}

static bool is_cut(const struct parked *parked)
{
    return parked->command->in.submit.streamed && !parked->is_answered && !parked_is_alive(parked);
}

void held_sweep(struct batch *batch)
{
    const struct list *all = &batch->engine->lot.all[PARKED_SUBMIT];

    for (struct list_node *node = list_first(all); node != NULL; node = list_next(all, node)) {
        struct parked *parked = CONTAINER_OF(node, struct parked, all);

        if (is_cut(parked))
            held_end(batch, parked);
    }
}
