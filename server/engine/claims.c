/* Claims: a claim takes the best of what stands first in the queues for its worker, and leases it,
 * until it has enough. */
#include "claims.h"

#include <stdlib.h>

#include "base/assert.h"
#include "handlers.h"
#include "held.h"
#include "lease_times.h"
#include "lineup.h"
#include "lookups.h"
#include "outcomes.h"
#include "queue_due.h"
#include "settle.h"
#include "store/repo_dead_letter.h"
#include "tell.h"
#include "workers.h"

/* Overdue tasks that one claim ends on its way. */
enum { ENDED_MAX = 250 };

/* One claim's look at the queues that may give. */
struct picking {
    struct batch *batch;
    struct hot_worker *worker;
    struct lineup **lineups;
    unsigned len;
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

/* Until there is one more by the queue's rate; 0: now. */
static int64_t rate_wait_ms(const struct batch *batch, const struct hot_queue *queue)
{
    struct rate_bucket bucket = queue->claims;
    int64_t wait_ms = 0;

    (void)rate_bucket_take(&bucket, &queue->settings.rate, 1, batch->now.mono_ms, &wait_ms);
    return wait_ms;
}

static int64_t room_of(const struct batch *batch, struct hot_queue *queue)
{
    int64_t room = queue_room(&queue->settings, hot_running(queue), batch->now.wall_ms);
    int64_t wait_ms;

    if (room == 0 || queue->settings.rate.units <= 0)
        return room;
    wait_ms = rate_wait_ms(batch, queue);
    if (wait_ms > 0)
        queue_wake_in(batch, queue, wait_ms);
    return wait_ms > 0 ? 0 : room;
}

static void charge_rate(struct batch *batch, struct hot_queue *queue)
{
    int64_t wait_ms;

    if (queue->settings.rate.units <= 0)
        return;
    (void)rate_bucket_take(&queue->claims, &queue->settings.rate, 1, batch->now.mono_ms, &wait_ms);
    queue->claims_taken++;
    batch_offer_queue(batch, queue); /* it settles with the batch */
}

static void add_queue(struct picking *picking, struct hot_queue *queue)
{
    if (queue->purges > 0 || queue->closing == QUEUE_CLOSED || queue->closing == QUEUE_HIDDEN ||
        hot_in_state(&queue->counts, TASK_READY) == 0)
        return;
    if (room_of(picking->batch, queue) == 0)
        batch_queue_metric(picking->batch, METRIC_HELD_BACK, queue, BYTES_NONE);
    else
        picking->lineups[picking->len++] = skill_lineup(picking->worker->skill, queue);
}

static void add_queues(struct picking *picking, const struct claim *claim)
{
    const struct hot_worker *worker = picking->worker;

    picking->lineups =
        arena_alloc(picking->batch->mem, worker->queues_len * sizeof(struct lineup *));
    for (unsigned i = 0; i < worker->queues_len; i++)
        if (is_asked_for(claim, worker->queues[i]))
            add_queue(picking, worker->queues[i]);
}

static struct lineup_look look_of(const struct batch *batch, const struct hot_worker *worker,
                                  unsigned wanted)
{
    return (struct lineup_look){
        .db = batch->db,
        .now = batch->now,
        .wanted = wanted,
        .min_priority = worker->min_priority,
    };
}

/* What stands first in the queue for the worker. */
static struct lineup_pick next_of(const struct batch *batch, const struct hot_worker *worker,
                                  struct lineup *lineup, unsigned wanted)
{
    struct lineup_look look = look_of(batch, worker, wanted);

    return lineup_first(lineup, &look);
}

static bool is_bound(const struct hot_line *line, const struct hot_worker *worker)
{
    return line->affinity != NULL && line->affinity->worker == worker;
}

/* The line of the same priority that it takes from: one that is bound to it, if there is one. */
static struct hot_line *preferred(const struct batch *batch, struct hot_worker *worker,
                                  struct lineup *lineup, struct hot_line *first)
{
    struct lineup_look look = look_of(batch, worker, 1);
    struct hot_line *lines[AFFINITY_LOOK_MAX], *line;
    unsigned len;

    if (list_is_empty(&worker->affinities_ready) || is_bound(first, worker))
        return first;
    len = affinity_lines(worker, lineup->queue, first->priority, lines);
    line = lineup_preferred(lineup, first, lines, len, &look);
    return line == NULL ? first : line;
}

/* Between queues: the higher rank, then the order of commit. Shares mean nothing there. */
static bool is_before(const struct lineup_pick *a, const struct lineup_pick *b)
{
    if (a->head == NULL || b->head == NULL)
        return a->head != NULL;
    if (a->rank > b->rank || a->rank < b->rank)
        return a->rank > b->rank;
    return a->head->number < b->head->number;
}

/* The best of all queues that have room. Each grant uses up some: they are asked anew each time. */
static const struct ready_head *next(const struct picking *picking, unsigned wanted)
{
    struct lineup_pick best = {.head = NULL};
    struct lineup *of = NULL;
    struct hot_line *line;

    for (unsigned i = 0; i < picking->len; i++) {
        struct lineup *lineup = picking->lineups[i];
        struct lineup_pick first;

        if (room_of(picking->batch, lineup->queue) == 0)
            continue;
        first = next_of(picking->batch, picking->worker, lineup, wanted);
        if (is_before(&first, &best)) {
            best = first;
            of = lineup;
        }
    }
    if (of == NULL)
        return NULL;
    line = preferred(picking->batch, picking->worker, of, best.line);
    if (line == best.line)
        return best.head;
    lineup_pass(of, best.line, line);
    return &line->front.at[0];
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
    task_move(batch, task, TASK_RUNNING, EVENT_TASK_CLAIMED, tell_claimed(batch, task));
    if (task->rules.affinity.len > 0)
        affinity_bind(batch, hot_line_numbered(batch->hot, task->line)->affinity, worker);
    lease_insert(batch->db, &lease->row);
    worker->adding++;
    batch_offer_worker(batch, worker);
    lease_show(command, task, lease);
    charge_rate(batch, queue);
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
    dead_letter_load(batch->db, task, command->mem);
}

static unsigned wanted_by(const struct batch *batch, const struct claim *claim,
                          const struct hot_worker *worker)
{
    int64_t slots = hot_free_slots(worker);

    if (slots <= 0 || !worker_is_open(worker) || batch->engine->drain.is_asked)
        return 0;
    return slots < (int64_t)claim->max ? (unsigned)slots : claim->max;
}

/* Lease up to max tasks to the worker into the command's reply; how many. What is overdue and has
 * not been ended by its timer yet is ended here. */
static unsigned take(struct batch *batch, struct command *command, struct hot_worker *worker)
{
    const struct claim *claim = &command->in.claim;
    unsigned wanted = wanted_by(batch, claim, worker);
    struct picking picking = {.batch = batch, .worker = worker};
    struct reply *reply = &command->reply;
    const struct ready_head *head;
    unsigned ended = 0;

    if (wanted == 0)
        return 0;
    add_queues(&picking, claim);
    while (reply->tasks_len < wanted && ended < ENDED_MAX &&
           (head = next(&picking, wanted - reply->tasks_len)) != NULL) {
        struct task *task;

        if (reply->tasks == NULL)
            reply->tasks = arena_alloc(command->mem, wanted * sizeof(struct task));
        task = &reply->tasks[reply->tasks_len];
        if (!task_load_number(batch->db, head->number, task))
            break; /* the store has failed */
        ASSERT(task->state == TASK_READY);
        if (settle_overdue(batch, task)) {
            ended++;
            continue;
        }
        load_whole(batch, command, task);
        grant(batch, command, worker, task);
        reply->tasks_len++;
    }
    return reply->tasks_len;
}

void run_CLAIM(struct batch *batch, struct command *command)
{
    const struct claim *claim = &command->in.claim;
    struct hot_worker *worker = NULL;

    if (!find_own_puller(batch, command, claim->worker, &worker) ||
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

static bool may_give(const struct batch *batch, struct hot_queue *queue)
{
    return hot_in_state(&queue->counts, TASK_READY) > 0 && room_of(batch, queue) > 0;
}

/* Whether the worker would get something of the queue. */
static bool may_take(const struct batch *batch, const struct hot_worker *worker,
                     struct hot_queue *queue)
{
    return worker_is_open(worker) && hot_free_slots(worker) > 0 &&
           next_of(batch, worker, skill_lineup(worker->skill, queue), 1).head != NULL;
}

/* A parked claim of the worker, if it would be given what is bound to it. */
static void offer_bound(struct batch *batch, struct hot_worker *worker, struct hot_queue *queue)
{
    struct lineup *lineup = skill_lineup(worker->skill, queue);

    for (struct list_node *node = list_first(&worker->claims); node != NULL;
         node = list_next(&worker->claims, node)) {
        struct parked *parked = CONTAINER_OF(node, struct parked, subject);
        struct lineup_pick first;

        if (parked->is_answered || !is_asked_for(&parked->command->in.claim, queue))
            continue;
        if (!may_take(batch, worker, queue))
            return;
        first = next_of(batch, worker, lineup, 1);
        if (is_bound(preferred(batch, worker, lineup, first.line), worker))
            try_parked(batch, parked);
        return;
    }
}

/* What is bound to a worker that waits for it is given to it, whoever waits longer. */
static void offer_all_bound(struct batch *batch, struct hot_queue *queue)
{
    struct hot_worker *worker;

    for (unsigned i = 0; i < AFFINITY_OFFER_MAX && may_give(batch, queue) &&
                         (worker = affinity_next_worker(queue)) != NULL;
         i++)
        offer_bound(batch, worker, queue);
}

static void offer_queue(struct batch *batch, struct hot_queue *queue)
{
    if (!list_is_empty(&queue->affinities_ready) && !list_is_empty(&queue->watches))
        offer_all_bound(batch, queue);
    for (struct list_node *node = list_first(&queue->watches);
         node != NULL && may_give(batch, queue); node = list_next(&queue->watches, node)) {
        struct parked *parked = CONTAINER_OF(node, struct watch, link)->parked;

        if (!parked->is_answered && may_take(batch, parked->worker, queue))
            try_parked(batch, parked);
    }
}

static bool has_something_for(const struct batch *batch, const struct hot_worker *worker)
{
    for (unsigned i = 0; i < worker->queues_len; i++)
        if (may_give(batch, worker->queues[i]) && may_take(batch, worker, worker->queues[i]))
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
