/* Order: rows say who stands where; whoever leaves the first place wakes the next. */
#include "order.h"

#include "place.h"
#include "store/repo_order.h"

void order_join(struct batch *batch, struct task *task, int64_t place)
{
    struct order_row row = {
        .task = task->number,
        .queue = task->queue_number,
        .key = task->rules.ordering_key,
        .place = place,
    };

    if (row.key.at == NULL)
        return;
    order_insert(batch->db, &row);
    task->is_ordered = true;
    batch->rows++;
}

void order_join_again(struct batch *batch, struct task *task)
{
    if (task->is_ordered || !task->has_rules)
        return;
    body_load_rules(batch->db, task, batch->mem);
    if (task->rules.ordering_key.at != NULL)
        order_join(batch, task, ++batch->hot->last_task);
}

static bool is_first(struct batch *batch, const struct order_row *row)
{
    return order_first(batch->db, row) == row->task;
}

bool order_has_turn(struct batch *batch, const struct task *task)
{
    struct order_row row;

    return !task->is_ordered || !order_load(batch->db, task->number, batch->mem, &row) ||
           is_first(batch, &row);
}

/* A next one that is not due holds the line of itself. */
static void wake_next(struct batch *batch, const struct order_row *gone)
{
    struct task next;

    if (task_load_number(batch->db, order_first(batch->db, gone), &next))
        place_again(batch, &next);
}

static void take_out(struct batch *batch, struct task *task, const struct order_row *row)
{
    bool was_first = is_first(batch, row);

    order_delete(batch->db, task->number);
    task->is_ordered = false;
    batch->rows++;
    if (was_first)
        wake_next(batch, row);
}

void order_leave(struct batch *batch, struct task *task)
{
    struct order_row row;

    if (task->is_ordered && order_load(batch->db, task->number, batch->mem, &row))
        take_out(batch, task, &row);
}

void order_change(struct batch *batch, struct task *task)
{
    order_leave(batch, task);
    order_join_again(batch, task);
}

/* Only who had the turn can block those behind it. */
static bool blocks(struct batch *batch, struct task *task, const struct order_row *row)
{
    if ((task->state != TASK_FAILED && task->state != TASK_EXPIRED) || !is_first(batch, row))
        return false;
    body_load_rules(batch->db, task, batch->mem);
    return task->rules.on_order_failure == ORDER_BLOCK;
}

void order_ended(struct batch *batch, struct task *task)
{
    struct order_row row;

    if (task->is_ordered && order_load(batch->db, task->number, batch->mem, &row) &&
        !blocks(batch, task, &row))
        take_out(batch, task, &row);
}
