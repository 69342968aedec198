/* Hot: names, counts and leases in memory. */
#include "hot.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/memory.h"
#include "fair.h"
#include "hot_affinity.h"
#include "hot_line.h"
#include "hot_names.h"
#include "skill.h"

void hot_init(struct hot *hot)
{
    *hot = (struct hot){
        .namespaces = map_new(),
        .queues = map_new(),
        .classes = map_new(),
        .lines = map_new(),
        .workers = map_new(),
        .leases = map_new(),
        .skills = map_new(),
        .pinned = map_new(),
        .next_due_ms = INT64_MAX,
        .next_end_ms = INT64_MAX,
    };
    heap_init(&hot->leases_due);
    heap_init(&hot->limits_due);
    heap_init(&hot->rates_due);
    heap_init(&hot->workers_silent);
    heap_init(&hot->queues_due);
    heap_init(&hot->queues_idle);
    heap_init(&hot->kept_due);
    hot_schedules_init(&hot->schedules);
    hot_targets_init(&hot->targets);
    hot_webhooks_init(hot);
    list_init(&hot->dirty_shelves);
    list_init(&hot->dirty_queues);
    list_init(&hot->dirty_workers);
    list_init(&hot->dirty_limits);
    list_init(&hot->saving);
    list_init(&hot->dirty_lines);
    list_init(&hot->dirty_levels);
    list_init(&hot->dirty_shares);
    list_init(&hot->dirty_affinities);
    list_init(&hot->idle_lines);
    list_init(&hot->full_limits);
}

void hot_fini(struct hot *hot)
{
    struct hot_lease *lease;
    struct hot_worker *worker;

    /* First: the heaps reach into what is freed below. */
    heap_fini(&hot->leases_due);
    heap_fini(&hot->limits_due);
    heap_fini(&hot->rates_due);
    heap_fini(&hot->workers_silent);
    heap_fini(&hot->queues_due);
    heap_fini(&hot->queues_idle);
    heap_fini(&hot->kept_due);
    for (size_t at = 0; (lease = map_each(hot->leases, &at)) != NULL;)
        free(lease);
    for (size_t at = 0; (worker = map_each(hot->workers, &at)) != NULL;)
        hot_free_worker(hot, worker);
    hot_webhooks_fini(hot);
    hot_targets_fini(&hot->targets);
    hot_schedules_fini(hot);
    hot_free_names(hot);
    map_free(hot->namespaces);
    map_free(hot->queues);
    map_free(hot->classes);
    map_free(hot->lines);
    map_free(hot->workers);
    map_free(hot->leases);
    map_free(hot->skills);
    map_free(hot->pinned);
}

void hot_count(struct hot *hot, struct hot_shelf *shelf, enum task_state state, int64_t by,
               int64_t bytes)
{
    struct hot_ns *ns = shelf->queue->ns;

    shelf->counts.adding[state] += by;
    shelf->adding_bytes[state] += bytes;
    shelf->queue->counts.adding[state] += by;
    shelf->queue->adding_bytes += bytes;
    if (task_state_is_terminal(state))
        shelf->queue->kept.adding_bytes += bytes;
    ns->counts.adding[state] += by;
    ns->adding_bytes += bytes;
    if (!list_is_linked(&shelf->dirty))
        list_push_back(&hot->dirty_shelves, &shelf->dirty);
}

int64_t hot_in_state(const struct state_counts *counts, enum task_state state)
{
    return counts->of[state] + counts->adding[state];
}

int64_t hot_running(const struct hot_queue *queue)
{
    return hot_in_state(&queue->counts, TASK_RUNNING);
}

static struct queue_counts all_states(const struct state_counts *from)
{
    struct queue_counts counts = {.of = {0}};

    for (int state = 1; state < TASK_STATE_MAX; state++)
        counts.of[state] = hot_in_state(from, (enum task_state)state);
    return counts;
}

struct queue_counts hot_queue_counts(const struct hot_queue *queue)
{
    return all_states(&queue->counts);
}

int64_t hot_pending(const struct hot_queue *queue)
{
    struct queue_counts counts = hot_queue_counts(queue);

    return queue_pending(&counts);
}

struct queue_counts hot_ns_counts(const struct hot_ns *ns)
{
    return all_states(&ns->counts);
}

int64_t hot_ns_pending(const struct hot_ns *ns)
{
    struct queue_counts counts = hot_ns_counts(ns);

    return queue_pending(&counts);
}

int64_t hot_ns_bytes(const struct hot_ns *ns)
{
    return ns->bytes + ns->adding_bytes;
}

int64_t hot_ns_queues(const struct hot_ns *ns)
{
    return ns->queues_existing;
}

int64_t hot_free_slots(const struct hot_worker *worker)
{
    return worker->concurrency - worker->running - worker->adding;
}

static void fold_counts(struct state_counts *counts, bool keep)
{
    for (int state = 1; state < TASK_STATE_MAX; state++) {
        if (keep)
            counts->of[state] += counts->adding[state];
        counts->adding[state] = 0;
    }
}

static void fold_bytes(int64_t *bytes, int64_t *adding, bool keep)
{
    if (keep)
        *bytes += *adding;
    *adding = 0;
}

static void fold_shelf(struct hot_shelf *shelf, bool keep)
{
    struct hot_queue *queue = shelf->queue;
    struct hot_ns *ns = queue->ns;

    fold_counts(&shelf->counts, keep);
    fold_counts(&queue->counts, keep);
    fold_bytes(&queue->bytes, &queue->adding_bytes, keep);
    fold_bytes(&queue->kept.bytes, &queue->kept.adding_bytes, keep);
    memset(shelf->adding_bytes, 0, sizeof(shelf->adding_bytes));
    fold_counts(&ns->counts, keep);
    fold_bytes(&ns->bytes, &ns->adding_bytes, keep);
}

static void add_existing(const struct hot_name *name, int64_t by)
{
    if (name->existing != NULL)
        *name->existing += by;
}

void hot_save(struct hot *hot, struct hot_name *name)
{
    name->is_saving = true;
    list_push_back(&hot->saving, &name->saving);
    add_existing(name, 1);
}

static void settle(struct hot *hot, bool keep)
{
    struct list_node *node;

    while ((node = list_pop_front(&hot->dirty_shelves)) != NULL)
        fold_shelf(CONTAINER_OF(node, struct hot_shelf, dirty), keep);
    while ((node = list_pop_front(&hot->saving)) != NULL) {
        struct hot_name *name = CONTAINER_OF(node, struct hot_name, saving);

        name->is_saving = false;
        name->is_saved = keep;
        if (!keep)
            add_existing(name, -1);
    }
    hot_lines_settle(hot, keep);
    hot_fair_settle(hot, keep);
    hot_affinities_settle(hot, keep);
    while ((node = list_pop_front(&hot->dirty_queues)) != NULL) {
        struct hot_queue *queue = CONTAINER_OF(node, struct hot_queue, dirty);

        if (!keep)
            rate_bucket_give_back(&queue->claims, queue->claims_taken);
        queue->claims_taken = 0;
    }
    while ((node = list_pop_front(&hot->dirty_workers)) != NULL) {
        struct hot_worker *worker = CONTAINER_OF(node, struct hot_worker, dirty);

        if (keep)
            worker->running += worker->adding;
        worker->adding = 0;
    }
    hot_limits_settle(hot, keep);
}

void hot_fold(struct hot *hot)
{
    settle(hot, true);
}

void hot_drop(struct hot *hot)
{
    settle(hot, false);
}

static int64_t earliest(const struct hot_lease *lease)
{
    int64_t due = lease->expires_mono_ms;

    if (lease->timeout_mono_ms < due)
        due = lease->timeout_mono_ms;
    if (lease->confirm_mono_ms < due)
        due = lease->confirm_mono_ms;
    if (lease->grace_mono_ms < due)
        due = lease->grace_mono_ms;
    return due;
}

void hot_time_lease(struct hot *hot, struct hot_lease *lease)
{
    heap_set(&hot->leases_due, &lease->due, earliest(lease));
}

void hot_link_lease(struct hot *hot, struct hot_lease *lease)
{
    void *before = map_put_int(hot->leases, (uint64_t)lease->row.task, lease);

    ASSERT(before == NULL);
    if (lease->worker != NULL)
        list_push_back(&lease->worker->leases, &lease->by_worker);
    hot_time_lease(hot, lease);
}

void hot_unlink_lease(struct hot *hot, struct hot_lease *lease)
{
    (void)map_remove_int(hot->leases, (uint64_t)lease->row.task);
    list_remove(&lease->by_worker);
    heap_remove(&hot->leases_due, &lease->due);
    free(lease);
}

struct hot_lease *hot_lease(const struct hot *hot, int64_t task)
{
    return map_get_int(hot->leases, (uint64_t)task);
}

struct hot_worker *hot_worker(const struct hot *hot, struct id id)
{
    return map_get(hot->workers, (struct bytes){(const char *)id.at, sizeof(id.at)});
}

bool worker_runs_class(const struct hot_worker *worker, const struct hot_class *of_class)
{
    return skill_runs(worker->skill, of_class);
}

bool worker_serves(const struct hot_worker *worker, const struct hot_queue *queue)
{
    for (unsigned i = 0; i < worker->queues_len; i++)
        if (worker->queues[i]->head.number == queue->head.number)
            return true;
    return false;
}

bool worker_is_open(const struct hot_worker *worker)
{
    return worker->mode == WORKER_RUN && (worker->target == NULL || !worker->target->is_disabled);
}
