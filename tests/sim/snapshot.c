/* Snapshot: finding rows in it. */
#include <stdlib.h>

#include "rows.h"

void snapshot_free(struct snapshot *snapshot)
{
    free(snapshot->tasks);
    free(snapshot->leases);
    free(snapshot->queues);
    free(snapshot->workers);
    free(snapshot->classes);
    free(snapshot->events);
    free(snapshot->purged);
    free(snapshot->limits);
    free(snapshot->orders);
    free(snapshot->dependencies);
    free(snapshot->schedules);
    free(snapshot->webhooks);
    free(snapshot->deliveries);
}

const struct row_task *snapshot_task(const struct snapshot *snapshot, int64_t number)
{
    unsigned low = 0, high = snapshot->tasks_len;

    while (low < high) {
        unsigned middle = (low + high) / 2;

        if (snapshot->tasks[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low < snapshot->tasks_len && snapshot->tasks[low].number == number
               ? &snapshot->tasks[low]
               : NULL;
}

const struct row_lease *snapshot_lease(const struct snapshot *snapshot, int64_t task)
{
    for (unsigned i = 0; i < snapshot->leases_len; i++)
        if (snapshot->leases[i].task == task)
            return &snapshot->leases[i];
    return NULL;
}

const struct row_queue *snapshot_queue(const struct snapshot *snapshot, int64_t number)
{
    for (unsigned i = 0; i < snapshot->queues_len; i++)
        if (snapshot->queues[i].number == number)
            return &snapshot->queues[i];
    return NULL;
}

const struct row_worker *snapshot_worker(const struct snapshot *snapshot, struct id id)
{
    for (unsigned i = 0; i < snapshot->workers_len; i++)
        if (id_equal(snapshot->workers[i].id, id))
            return &snapshot->workers[i];
    return NULL;
}

const struct row_class *snapshot_class(const struct snapshot *snapshot, int64_t number)
{
    for (unsigned i = 0; i < snapshot->classes_len; i++)
        if (snapshot->classes[i].number == number)
            return &snapshot->classes[i];
    return NULL;
}

const struct row_order *snapshot_order(const struct snapshot *snapshot, int64_t task)
{
    for (unsigned i = 0; i < snapshot->orders_len; i++)
        if (snapshot->orders[i].task == task)
            return &snapshot->orders[i];
    return NULL;
}

const struct row_schedule *snapshot_schedule(const struct snapshot *snapshot, int64_t number)
{
    for (unsigned i = 0; i < snapshot->schedules_len; i++)
        if (snapshot->schedules[i].number == number)
            return &snapshot->schedules[i];
    return NULL;
}

const struct row_webhook *snapshot_webhook(const struct snapshot *snapshot, int64_t number)
{
    for (unsigned i = 0; i < snapshot->webhooks_len; i++)
        if (snapshot->webhooks[i].number == number)
            return &snapshot->webhooks[i];
    return NULL;
}

const struct row_delivery *snapshot_delivery(const struct snapshot *snapshot, int64_t number)
{
    unsigned low = 0, high = snapshot->deliveries_len;

    while (low < high) {
        unsigned middle = (low + high) / 2;

        if (snapshot->deliveries[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low < snapshot->deliveries_len && snapshot->deliveries[low].number == number
               ? &snapshot->deliveries[low]
               : NULL;
}

bool row_webhook_is_open(const struct row_webhook *row)
{
    return row != NULL && row->enabled && row->gone_at_ms < 0;
}
