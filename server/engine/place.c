/* Place: the one function that decides the state of a task that is not leased. */
#include "place.h"

#include "order.h"

enum task_state place_when_due(struct batch *batch, const struct task *task)
{
    return task->is_dependent || !order_has_turn(batch, task) ? TASK_BLOCKED : TASK_READY;
}

enum task_state place_of(struct batch *batch, const struct task *task)
{
    return task->run_at_ms > batch->now.wall_ms ? TASK_SCHEDULED : place_when_due(batch, task);
}

void place_by_time(struct batch *batch, struct task *task)
{
    enum task_state to = place_of(batch, task);

    if (to == TASK_SCHEDULED && task->state == TASK_RETRYING)
        return;
    if (to != task->state)
        task_move(batch, task, to, EVENT_NONE, BYTES_NONE);
}

void place_again(struct batch *batch, struct task *task)
{
    enum task_state to;

    if (task->state != TASK_BLOCKED && task->state != TASK_READY)
        return;
    to = place_when_due(batch, task);
    if (to != task->state)
        task_move(batch, task, to, EVENT_NONE, BYTES_NONE);
}
