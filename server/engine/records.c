/* Records: event rows, and the rows of names that a batch refers to for the first time. */
#include "batch.h"
#include "deliveries.h"
#include "feed.h"
#include "tell.h"

/* task NULL: it is not about one. */
static void put_event(struct batch *batch, struct event_row *row, const struct task *task)
{
    row->number = ++batch->hot->last_event;
    row->at_ms = batch->now.wall_ms;
    row->size_to = batch->hot->events_size += event_row_size(row);
    event_insert(batch->db, row);
    if (batch->is_heard)
        feed_note(batch, row);
    batch->rows++;
    batch_metric(batch, METRIC_EVENTS);
    deliveries_tell(batch, row, task);
}

void batch_put_event(struct batch *batch, struct event_row *row)
{
    put_event(batch, row, NULL);
}

void batch_event(struct batch *batch, enum event_kind kind, const struct task *task,
                 struct bytes data)
{
    struct event_row row = {
        .kind = kind,
        .ns = task->ns_number,
        .queue = task->queue_number,
        .task = task->number,
        .of_class = task->class_number,
        .task_id = task->id,
        .data = data,
    };

    put_event(batch, &row, task);
}

void batch_queue_event(struct batch *batch, enum event_kind kind, const struct hot_queue *queue,
                       struct bytes data)
{
    struct event_row row = {
        .kind = kind,
        .ns = queue->ns->head.number,
        .queue = queue->head.number,
        .data = data,
    };

    batch_put_event(batch, &row);
}

void batch_worker_event(struct batch *batch, enum event_kind kind, const struct hot_worker *worker)
{
    struct event_row row = {
        .kind = kind,
        .ns = worker->ns->head.number,
        .data = tell_worker(batch, worker),
    };

    batch_put_event(batch, &row);
}

/* Whether its row is still to be written by this batch. */
static bool needs_row(struct batch *batch, struct hot_name *name)
{
    if (name->is_saved || name->is_saving)
        return false;
    hot_save(batch->hot, name);
    batch->rows++;
    return true;
}

void batch_use_ns(struct batch *batch, struct hot_ns *ns)
{
    if (needs_row(batch, &ns->head))
        ns_insert(batch->db, ns->head.number, ns->name);
}

void batch_use_class(struct batch *batch, struct hot_class *of_class)
{
    struct class_row row = {
        .number = of_class->head.number,
        .ns = of_class->ns->head.number,
        .type = of_class->type,
        .requires = of_class->requires,
    };

    batch_use_ns(batch, of_class->ns);
    if (needs_row(batch, &of_class->head))
        class_insert(batch->db, &row);
}

static void save_queue_row(struct batch *batch, const struct hot_queue *as)
{
    struct queue_row row = {
        .number = as->head.number,
        .ns = as->ns->head.number,
        .version = as->version,
        .created_at_ms = as->created_at_ms,
        .name = as->name,
        .settings = as->settings,
        .closed = as->closing,
        .close_cancel_at_ms = as->close_cancel_at_ms,
        .close_end_at_ms = as->close_end_at_ms,
    };

    queue_save(batch->db, &row, batch->mem);
}

void batch_use_queue(struct batch *batch, struct hot_queue *queue)
{
    batch_use_ns(batch, queue->ns);
    if (needs_row(batch, &queue->head))
        save_queue_row(batch, queue);
}

void batch_save_queue(struct batch *batch, struct hot_queue *queue, const struct hot_queue *as)
{
    batch_use_ns(batch, queue->ns);
    (void)needs_row(batch, &queue->head);
    save_queue_row(batch, as);
    batch->rows++;
}
