/* Heartbeats: renewals live in memory; what is new for the worker goes into the answer. */
#include "heartbeats.h"

#include "handlers.h"
#include "lease_times.h"
#include "leases.h"
#include "lookups.h"
#include "workers.h"

const char *worker_mode_name(enum worker_mode mode)
{
    static const char *const names[] = {
        [WORKER_RUN] = "run",
        [WORKER_QUIET] = "quiet",
        [WORKER_TERMINATE] = "terminate",
        [WORKER_PAUSED] = "paused",
    };

    return names[mode];
}

/* Renew one lease of the worker; the first sign of life is stored. */
static void renew(struct batch *batch, const struct hot_lease *lease)
{
    struct lease_row row;
    struct task task;

    if (!lease_load(batch->db, lease->row.task, &row) || row.delivery != lease->row.delivery)
        return;
    if (row.started_at_ms < 0 && task_load_number(batch->db, row.task, &task))
        (void)lease_note_sign(batch, &task, &row);
    lease_prolong(batch, &row);
}

static const struct hot_lease *lease_of(struct batch *batch, struct command *command,
                                        struct bytes token)
{
    struct lease_row row;
    struct lease_token read;

    if (!lease_find(batch, command, token, &row, &read))
        return NULL;
    return hot_lease(batch->hot, row.task);
}

bool heartbeat_renews(const struct parked *parked)
{
    const struct heartbeat *heartbeat = &parked->command->in.heartbeat;

    return heartbeat->all || heartbeat->leases_len > 0;
}

static void renew_named(struct batch *batch, struct command *command)
{
    const struct heartbeat *heartbeat = &command->in.heartbeat;
    struct reply *reply = &command->reply;

    reply->lost = arena_alloc(command->mem, (heartbeat->leases_len + 1) * sizeof(*reply->lost));
    reply->lost_len = 0;
    for (unsigned i = 0; i < heartbeat->leases_len; i++) {
        const struct hot_lease *lease = lease_of(batch, command, heartbeat->leases[i]);

        if (lease == NULL)
            reply->lost[reply->lost_len++] = heartbeat->leases[i];
        else
            renew(batch, lease);
    }
}

static void renew_all(struct batch *batch, struct command *command, const struct hot_worker *worker)
{
    if (!command->in.heartbeat.all) {
        renew_named(batch, command);
        return;
    }
    for (struct list_node *node = list_first(&worker->leases); node != NULL;
         node = list_next(&worker->leases, node))
        renew(batch, CONTAINER_OF(node, struct hot_lease, by_worker));
}

static void keep_notes(struct batch *batch, struct command *command)
{
    const struct heartbeat *heartbeat = &command->in.heartbeat;

    for (unsigned i = 0; i < heartbeat->notes_len; i++) {
        const struct hot_lease *lease = lease_of(batch, command, heartbeat->notes[i].lease);

        if (lease != NULL)
            progress_keep(batch, lease->row.task, &heartbeat->notes[i]);
    }
}

static int64_t left_ms(const struct batch *batch, int64_t mono_ms)
{
    return mono_ms == INT64_MAX || mono_ms <= batch->now.mono_ms ? 0 : mono_ms - batch->now.mono_ms;
}

static void mark_told(struct engine *engine, struct effect *effect)
{
    const struct hot_worker *worker = effect->object;

    (void)engine;
    for (struct list_node *node = list_first(&worker->leases); node != NULL;
         node = list_next(&worker->leases, node)) {
        struct hot_lease *lease = CONTAINER_OF(node, struct hot_lease, by_worker);

        if (lease->row.grace_at_ms >= 0)
            lease->cancel_told = true;
    }
}

static void add_cancel(struct batch *batch, struct command *command, const struct lease_row *row,
                       int64_t grace_ms)
{
    struct reply *reply = &command->reply;
    struct heartbeat_cancel *cancel = &reply->cancels[reply->cancels_len];
    struct task task;

    if (!task_load_number(batch->db, row->task, &task))
        return;
    result_load_rest(batch->db, &task, command->mem);
    *cancel = (struct heartbeat_cancel){
        .lease = lease_text(row, command->mem),
        .task = task.id,
        .reason = task.cancel_reason,
        .grace_ms = grace_ms,
    };
    reply->cancels_len++;
}

/* Every lease of the worker with an unanswered cancel, from the rows: a cancel of this very batch
 * is among them. Returns whether the worker was not told of one before. */
static bool list_cancels(struct batch *batch, struct command *command,
                         const struct hot_worker *worker)
{
    unsigned room = 1;
    bool has_news = false;

    for (struct list_node *node = list_first(&worker->leases); node != NULL;
         node = list_next(&worker->leases, node))
        room++;
    command->reply.cancels = arena_alloc(command->mem, room * sizeof(struct heartbeat_cancel));
    command->reply.cancels_len = 0;
    for (struct list_node *node = list_first(&worker->leases); node != NULL;
         node = list_next(&worker->leases, node)) {
        const struct hot_lease *lease = CONTAINER_OF(node, struct hot_lease, by_worker);
        struct lease_row row;

        if (!lease_load(batch->db, lease->row.task, &row) || row.grace_at_ms < 0)
            continue;
        add_cancel(batch, command, &row,
                   lease->grace_mono_ms != INT64_MAX ? left_ms(batch, lease->grace_mono_ms)
                                                     : row.grace_at_ms - batch->now.wall_ms);
        has_news = has_news || !lease->cancel_told;
    }
    return has_news;
}

/* Returns whether there is something that the worker was not told before. */
static bool fill(struct batch *batch, struct command *command, const struct hot_worker *worker)
{
    renew_all(batch, command, worker);

    bool has_news = list_cancels(batch, command, worker);

    command->reply.worker_state = worker_order(worker);
    command->reply.next_ms = batch->engine->options.heartbeat_ms;
    return has_news || worker->mode == WORKER_TERMINATE || command->reply.lost_len > 0;
}

static void park_heartbeat(struct batch *batch, struct command *command, struct hot_worker *worker)
{
    struct parked *parked = park(batch, command, PARKED_HEARTBEAT, command->wait_ms);

    parked->worker = worker;
    list_push_back(&worker->heartbeats, &parked->subject);
    if (!heartbeat_renews(parked))
        return;
    /* The answer renews the leases again, so it must come before the first of them could end. */
    for (struct list_node *node = list_first(&worker->leases); node != NULL;
         node = list_next(&worker->leases, node)) {
        const struct hot_lease *lease = CONTAINER_OF(node, struct hot_lease, by_worker);

        parked_end_by(batch->engine, parked, batch->now.mono_ms + lease->row.lease_ms / 2);
    }
}

void run_HEARTBEAT(struct batch *batch, struct command *command)
{
    struct hot_worker *worker = NULL;

    if (!find_own_puller(batch, command, command->in.heartbeat.worker, &worker))
        return;
    worker_seen(batch, worker);
    keep_notes(batch, command);

    bool has_news = fill(batch, command, worker);

    if (!has_news && command->wait_ms > 0 && !batch->engine->drain.is_asked) {
        park_heartbeat(batch, command, worker);
        return;
    }
    batch_effect(batch, mark_told)->object = worker;
    batch_answer(batch, command);
}

void heartbeat_end(struct batch *batch, struct parked *parked)
{
    (void)fill(batch, parked->command, parked->worker);
    batch_effect(batch, mark_told)->object = parked->worker;
    worker_seen(batch, parked->worker);
    batch_answer_parked(batch, parked);
}

void heartbeats_tell(struct batch *batch, const struct lease_row *lease)
{
    struct hot_worker *worker = hot_worker(batch->hot, lease->worker);

    if (worker == NULL)
        return;
    for (struct list_node *node = list_first(&worker->heartbeats); node != NULL;
         node = list_next(&worker->heartbeats, node)) {
        struct parked *parked = CONTAINER_OF(node, struct parked, subject);

        if (!parked->is_answered)
            heartbeat_end(batch, parked);
    }
}

void worker_ordered(struct engine *engine, struct hot_worker *worker)
{
    int64_t now_ms = engine_now(engine).mono_ms;

    for (struct list_node *node = list_first(&worker->heartbeats); node != NULL;
         node = list_next(&worker->heartbeats, node))
        parked_end_by(engine, CONTAINER_OF(node, struct parked, subject), now_ms);
    for (struct list_node *node = list_first(&worker->claims); node != NULL;
         node = list_next(&worker->claims, node))
        if (!worker_is_open(worker))
            parked_end_by(engine, CONTAINER_OF(node, struct parked, subject), now_ms);
}
