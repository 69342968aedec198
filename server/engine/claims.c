/* Claims: a claim merges the heads of the shelves that its worker may take from, best first, and
 * leases what fits. */
#include "claims.h"

#include <stdlib.h>

#include "base/memory.h"
#include "handlers.h"
#include "lease_times.h"
#include "lookups.h"
#include "outcomes.h"
#include "settle.h"
#include "submits.h"
#include "workers.h"

enum { ENDED_MAX = 250 }; /* overdue tasks that one claim ends on its way */

struct candidate {
    struct ready_head head;
    struct hot_queue *queue;
};

struct picking {
    struct batch *batch;
    struct hot_worker *worker;
    unsigned wanted;
    struct candidate *candidates;
    unsigned len, room;
};

static bool is_asked_for(const struct claim *claim, const struct hot_queue *queue)
{
    if (claim->queues_len == 0)
        return true;
    for (unsigned i = 0; i < claim->queues_len; i++)
        if (bytes_equal(claim->queues[i], queue->name))
            return true;
    return false;
}

static void add_heads(struct picking *picking, struct hot_shelf *shelf, unsigned max)
{
    struct ready_head *heads = arena_alloc(picking->batch->mem, max * sizeof(*heads));
    unsigned len = ready_heads(picking->batch->db, shelf->queue->ns->head.number,
                               shelf->queue->head.number, shelf->of_class->head.number, max, heads);

    if (picking->len + len > picking->room) {
        unsigned room = picking->room * 2 + len;
        struct candidate *more = arena_alloc(picking->batch->mem, room * sizeof(*more));

        for (unsigned i = 0; i < picking->len; i++)
            more[i] = picking->candidates[i];
        picking->candidates = more;
        picking->room = room;
    }
    for (unsigned i = 0; i < len; i++)
        picking->candidates[picking->len++] = (struct candidate){heads[i], shelf->queue};
}

/* Heads of the shelves of one queue, as many as it may give. */
static void add_queue(struct picking *picking, struct hot_queue *queue)
{
    int64_t room = queue_room(&queue->settings, hot_running(queue), picking->batch->now.wall_ms);
    unsigned max = room < (int64_t)picking->wanted ? (unsigned)room : picking->wanted;

    if (queue->purges > 0 || queue->closing == QUEUE_CLOSED || queue->closing == QUEUE_HIDDEN)
        return;
    if (max == 0 && hot_in_state(&queue->counts, TASK_READY) > 0)
        batch_queue_metric(picking->batch, METRIC_HELD_BACK, queue, BYTES_NONE);
    for (unsigned i = 0; i < queue->shelves_len && max > 0; i++)
        if (hot_in_state(&queue->shelves[i]->counts, TASK_READY) > 0 &&
            worker_runs_class(picking->worker, queue->shelves[i]->of_class))
            add_heads(picking, queue->shelves[i], max);
}

/* Higher priority first; within it the smaller share, then the order of commit. */
static int compare(const void *left, const void *right)
{
    const struct ready_head *a = &((const struct candidate *)left)->head;
    const struct ready_head *b = &((const struct candidate *)right)->head;

    if (a->priority != b->priority)
        return a->priority > b->priority ? -1 : 1;
    if (a->share != b->share)
        return a->share < b->share ? -1 : 1;
    return a->number < b->number ? -1 : a->number > b->number;
}

static void pick(struct picking *picking, const struct claim *claim)
{
    for (unsigned i = 0; i < picking->worker->queues_len; i++)
        if (is_asked_for(claim, picking->worker->queues[i]))
            add_queue(picking, picking->worker->queues[i]);
    if (picking->len > 1)
        qsort(picking->candidates, picking->len, sizeof(struct candidate), compare);
}

static void add_lease(struct engine *engine, struct effect *effect)
{
    struct hot_lease *lease = effect->object;

    hot_link_lease(&engine->hot, lease);
    lease_shortens_waits(engine, lease);
}

static void free_lease(struct effect *effect)
{
    free(effect->object);
}

/* Lease one task: row, lease row, event, and its place in memory once that is durable. */
static void grant(struct batch *batch, struct command *command, struct hot_worker *worker,
                  struct task *task)
{
    struct hot_queue *queue = task_queue(batch, task);
    struct hot_lease *lease = lease_make(batch, task, worker, queue);
    struct effect *effect = batch_effect(batch, add_lease);

    effect->object = lease;
    effect->cancel = free_lease;
    task->attempt++;
    task->delivery++;
    task->claimed_at_ms = batch->now.wall_ms;
    task->started_at_ms = -1;
    task->worker = worker->id;
    task->has_worker = true;
    task_move(batch, task, TASK_RUNNING, EVENT_TASK_CLAIMED, BYTES_NONE);
    lease_insert(batch->db, &lease->row);
    worker->adding++;
    batch_offer_worker(batch, worker);
    lease_show(command, task, lease);
    rate_add(&queue->claimed, batch->now.mono_ms, 1);
    wait_times_add(&queue->waits, batch->now.wall_ms - task->run_at_ms);
    metrics_observe(batch->engine->options.metrics, METRIC_WAIT_SECONDS, NULL,
                    (double)(batch->now.wall_ms - task->run_at_ms) / 1000.0);
    batch_queue_metric(batch, METRIC_CLAIMED, queue, BYTES_NONE);
    batch->rows += 2;
}

/* The answer carries the whole task. */
static void load_whole(struct batch *batch, struct command *command, struct task *task)
{
    body_load(batch->db, task, true, command->mem);
    result_load(batch->db, task, command->mem);
    task_name(batch, task);
}

/* Lease of the candidates what may be leased. What is overdue and has not been ended by its timer
 * yet is ended here; how many. */
static unsigned hand_out(const struct picking *picking, struct command *command)
{
    struct batch *batch = picking->batch;
    struct reply *reply = &command->reply;
    unsigned ended = 0;

    for (unsigned i = 0; i < picking->len && reply->tasks_len < picking->wanted; i++) {
        struct hot_queue *queue = picking->candidates[i].queue;
        struct task *task = &reply->tasks[reply->tasks_len];

        /* Each grant uses up room that several heads were picked for. */
        if (queue_room(&queue->settings, hot_running(queue), batch->now.wall_ms) == 0 ||
            !task_load_number(batch->db, picking->candidates[i].head.number, task))
            continue;
        if (settle_overdue(batch, task)) {
            ended++;
            continue;
        }
        load_whole(batch, command, task);
        grant(batch, command, picking->worker, task);
        reply->tasks_len++;
    }
    return ended;
}

/* Lease up to max tasks to the worker into the command's reply; how many. */
static unsigned take(struct batch *batch, struct command *command, struct hot_worker *worker)
{
    const struct claim *claim = &command->in.claim;
    int64_t slots = hot_free_slots(worker);
    struct picking picking = {
        .batch = batch,
        .worker = worker,
        .wanted = slots < (int64_t)claim->max ? (slots > 0 ? (unsigned)slots : 0) : claim->max,
    };
    struct reply *reply = &command->reply;

    if (picking.wanted == 0 || worker->mode != WORKER_RUN || batch->engine->drain.is_asked)
        return 0;
    pick(&picking, claim);
    if (picking.len == 0)
        return 0;
    reply->tasks = arena_alloc(command->mem, picking.wanted * sizeof(struct task));
    for (unsigned ended = 0, more; (more = hand_out(&picking, command)) > 0;) {
        ended += more;
        if (reply->tasks_len > 0 || ended >= ENDED_MAX)
            break;
        picking.len = 0;
        pick(&picking, claim);
    }
    return reply->tasks_len;
}

void run_CLAIM(struct batch *batch, struct command *command)
{
    const struct claim *claim = &command->in.claim;
    struct hot_worker *worker = NULL;

    if (!find_own_worker(batch, command, claim->worker, &worker) ||
        !may_use_queues(batch, command, claim->queues, claim->queues_len))
        return;
    worker_seen(batch, worker);
    outcomes_settle(batch, command, claim->outcomes, claim->outcomes_len);
    if (batch->engine->drain.is_asked && claim->outcomes_len == 0) {
        batch_refuse(batch, command, ERR_DRAINING, "",
                     "the broker is stopping; no new work is handed out");
        return;
    }
    if (take(batch, command, worker) == 0 && command->wait_ms > 0 && !batch->engine->drain.is_asked)
        park_for_claim(batch, command, worker);
    else
        batch_answer(batch, command);
}

/* A client that has gone gets nothing: its answer would be a lease that nobody holds. */
static void try_parked(struct batch *batch, struct parked *parked)
{
    if (parked->is_answered)
        return;
    if (!parked_is_alive(parked)) {
        batch_answer_parked(batch, parked);
        return;
    }
    if (take(batch, parked->command, parked->worker) > 0)
        batch_answer_parked(batch, parked);
}

static bool may_give(const struct batch *batch, const struct hot_queue *queue)
{
    return hot_in_state(&queue->counts, TASK_READY) > 0 &&
           queue_room(&queue->settings, hot_running(queue), batch->now.wall_ms) > 0;
}

/* Whether a look at the rows could find anything: cheap, so that a claim for other types costs next
 * to nothing. */
static bool may_take(const struct hot_worker *worker, const struct hot_queue *queue)
{
    if (worker->mode != WORKER_RUN || hot_free_slots(worker) <= 0)
        return false;
    for (unsigned i = 0; i < queue->shelves_len; i++)
        if (hot_in_state(&queue->shelves[i]->counts, TASK_READY) > 0 &&
            worker_runs_class(worker, queue->shelves[i]->of_class))
            return true;
    return false;
}

static void offer_queue(struct batch *batch, struct hot_queue *queue)
{
    for (struct list_node *node = list_first(&queue->watches);
         node != NULL && may_give(batch, queue); node = list_next(&queue->watches, node)) {
        struct parked *parked = CONTAINER_OF(node, struct watch, link)->parked;

        if (!parked->is_answered && may_take(parked->worker, queue))
            try_parked(batch, parked);
    }
}

static bool has_something_for(const struct batch *batch, const struct hot_worker *worker)
{
    for (unsigned i = 0; i < worker->queues_len; i++)
        if (may_give(batch, worker->queues[i]) && may_take(worker, worker->queues[i]))
            return true;
    return false;
}

static void offer_worker(struct batch *batch, struct hot_worker *worker)
{
    for (struct list_node *node = list_first(&worker->claims);
         node != NULL && has_something_for(batch, worker); node = list_next(&worker->claims, node))
        try_parked(batch, CONTAINER_OF(node, struct parked, subject));
}

/* The dirty lists stay as they are for hot_fold(); granting adds to their ends, which the walks
 * then reach. */
void claims_dispatch(struct batch *batch)
{
    struct hot *hot = batch->hot;

    for (struct list_node *node = list_first(&hot->dirty_queues); node != NULL;
         node = list_next(&hot->dirty_queues, node))
        offer_queue(batch, CONTAINER_OF(node, struct hot_queue, dirty));
    for (struct list_node *node = list_first(&hot->dirty_workers); node != NULL;
         node = list_next(&hot->dirty_workers, node))
        offer_worker(batch, CONTAINER_OF(node, struct hot_worker, dirty));
    for (struct list_node *node = list_first(&hot->dirty_queues); node != NULL;
         node = list_next(&hot->dirty_queues, node))
        held_go_on(batch, CONTAINER_OF(node, struct hot_queue, dirty));
}
