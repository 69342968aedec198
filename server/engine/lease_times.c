/* Lease times: wall time in rows, monotonic time in memory. */
#include "lease_times.h"

#include <string.h>

#include "base/digest.h"
#include "base/memory.h"
#include "domain/deadline.h"
#include "heartbeats.h"
#include "reach.h"
#include "tell.h"

/* Renewals are kept in memory; one that ends this much later than the stored one is stored, and so
 * is a new length. */
#define STORED_LAG_MS INT64_C(30000)

static int64_t wall_or_none(int64_t now_ms, int64_t duration_ms)
{
    return duration_ms < 0 ? -1 : now_ms + duration_ms;
}

static int64_t mono_or_never(int64_t now_ms, int64_t duration_ms)
{
    return duration_ms < 0 ? INT64_MAX : now_ms + duration_ms;
}

/* Never before the full time: it may already be a grain of the clock later than it says. */
static int64_t lease_end(const struct batch *batch, int64_t lease_ms)
{
    const struct engine_options *options = &batch->engine->options;

    return batch->now.mono_ms + lease_ms + (options->manual_clock ? 0 : options->clock.grain_ms);
}

struct hot_lease *lease_make(struct batch *batch, const struct task *task,
                             struct hot_worker *worker, struct hot_queue *queue)
{
    struct hot_lease *lease = mem_alloc(sizeof(*lease));
    int64_t lease_ms = task->lease_ms >= 0 ? task->lease_ms : queue->settings.lease_ms;
    int64_t timeout_ms = task->timeout_ms >= 0 ? task->timeout_ms : queue->settings.timeout_ms;
    int64_t first_ms = lease_ms + (worker->target != NULL ? PUSH_MARGIN_MS : 0);
    struct moment now = batch->now;

    lease->line = task->line;
    lease->row = (struct lease_row){
        .task = task->number,
        .queue = queue->head.number,
        .delivery = task->delivery + 1,
        .worker = worker->id,
        .lease_ms = lease_ms,
        .claimed_at_ms = now.wall_ms,
        .started_at_ms = -1,
        .expires_at_ms = now.wall_ms + first_ms,
        .timeout_at_ms = deadline_of_attempt(task, now.wall_ms, timeout_ms),
        .confirm_at_ms = wall_or_none(now.wall_ms, worker->confirm_ms),
        .grace_at_ms = -1,
    };
    batch->engine->options.random.fill(batch->engine->options.random.ctx, lease->row.nonce,
                                       LEASE_NONCE_LEN);
    lease->worker = worker;
    lease->queue = queue;
    lease->expires_mono_ms = lease->stored_expires_mono_ms = lease_end(batch, first_ms);
    lease->timeout_mono_ms = lease->row.timeout_at_ms < 0
                                 ? INT64_MAX
                                 : now.mono_ms + (lease->row.timeout_at_ms - now.wall_ms);
    lease->confirm_mono_ms = mono_or_never(now.mono_ms, worker->confirm_ms);
    lease->grace_mono_ms = INT64_MAX;
    return lease;
}

struct bytes lease_text(const struct lease_row *row, struct arena *arena)
{
    struct lease_token token = {.task = row->task, .delivery = row->delivery};

    memcpy(token.nonce, row->nonce, LEASE_NONCE_LEN);
    return lease_token_write(&token, arena);
}

void lease_show(struct command *command, struct task *task, const struct hot_lease *lease)
{
    task->lease = lease_text(&lease->row, command->mem);
    task->lease_ms = lease->row.lease_ms;
    task->lease_expires_at_ms = lease->row.expires_at_ms;
    task->attempt_deadline_at_ms = lease->row.timeout_at_ms;
}

void lease_shortens_waits(struct engine *engine, struct hot_lease *lease)
{
    if (lease->worker == NULL)
        return;

    struct list *heartbeats = &lease->worker->heartbeats;
    int64_t half_way_ms = lease->expires_mono_ms - lease->row.lease_ms / 2;

    for (struct list_node *node = list_first(heartbeats); node != NULL;
         node = list_next(heartbeats, node)) {
        struct parked *parked = CONTAINER_OF(node, struct parked, subject);

        if (heartbeat_renews(parked))
            parked_end_by(engine, parked, half_way_ms);
    }
}

static void prolong(struct engine *engine, struct effect *effect)
{
    const struct lease_row *row = effect->object;
    struct hot_lease *lease = hot_lease(&engine->hot, row->task);

    if (lease == NULL || lease->row.delivery != row->delivery)
        return;
    lease->row = *row;
    lease->expires_mono_ms = effect->number;
    if (row->started_at_ms >= 0)
        lease->confirm_mono_ms = INT64_MAX;
    hot_time_lease(&engine->hot, lease);
}

static void note_stored(struct engine *engine, struct effect *effect)
{
    const struct lease_row *row = effect->object;
    struct hot_lease *lease = hot_lease(&engine->hot, row->task);

    if (lease != NULL)
        lease->stored_expires_mono_ms = effect->number;
}

void lease_prolong(struct batch *batch, const struct lease_row *row)
{
    struct hot_lease *lease = hot_lease(batch->hot, row->task);
    int64_t ends_mono_ms = lease_end(batch, row->lease_ms);
    struct lease_row *renewed = arena_copy(batch->mem, row, sizeof(*row));
    struct effect *effect = batch_effect(batch, prolong);

    renewed->expires_at_ms = batch->now.wall_ms + row->lease_ms;
    effect->object = renewed;
    effect->number = ends_mono_ms;
    if (lease == NULL || (ends_mono_ms <= lease->stored_expires_mono_ms + STORED_LAG_MS &&
                          row->lease_ms == lease->row.lease_ms))
        return;
    lease_save(batch->db, renewed);
    batch->rows++;
    effect = batch_effect(batch, note_stored);
    effect->object = renewed;
    effect->number = ends_mono_ms;
}

bool lease_note_sign(struct batch *batch, struct task *task, struct lease_row *row)
{
    if (row->started_at_ms >= 0)
        return false;
    row->started_at_ms = batch->now.wall_ms;
    row->confirm_at_ms = -1;
    task->started_at_ms = batch->now.wall_ms;
    lease_save(batch->db, row);
    task_touch(batch, task);
    batch_event(batch, EVENT_TASK_STARTED, task, tell_attempt(batch, task));
    return true;
}

/* The time of the attempt is over, and its timer's turn has not come yet. */
static bool is_out_of_time(const struct batch *batch, const struct lease_row *row)
{
    const struct hot_lease *lease =
        row->timeout_at_ms >= 0 ? hot_lease(batch->hot, row->task) : NULL;

    return lease != NULL && lease->timeout_mono_ms <= batch->now.mono_ms;
}

bool lease_find(struct batch *batch, struct command *command, struct bytes token,
                struct lease_row *ret_row, struct lease_token *ret_token)
{
    if (!lease_token_read(token, command->mem, ret_token))
        return false;
    if (!lease_load(batch->db, ret_token->task, ret_row) ||
        ret_row->delivery != ret_token->delivery || is_out_of_time(batch, ret_row) ||
        !reaches_queue(command, hot_queue_numbered(batch->hot, ret_row->queue)))
        return false;
    return bytes_equal_constant_time(
        (struct bytes){(const char *)ret_row->nonce, LEASE_NONCE_LEN},
        (struct bytes){(const char *)ret_token->nonce, LEASE_NONCE_LEN});
}
