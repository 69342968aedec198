/* Targets: what the push room is told of endpoints, and what it tells. */
#include "targets.h"

#include "handlers.h"
#include "lookups.h"
#include "push_workers.h"

/* Endpoints in one answer; the room asks on. */
enum { TARGETS_MAX = 1000 };

static void fill_target(const struct batch *batch, const struct hot_target *target,
                        struct arena *arena, struct target_view *ret_view)
{
    *ret_view = (struct target_view){
        .kind = target->owner->kind,
        .changed = target->changed,
        .is_out = target->is_disabled,
        .woken = target->woken,
        .webhook = target->webhook,
        .url = arena_bytes(arena, target->url),
        .keys = {target->key},
        .keys_len = 1,
        .old_key_until_ms = -1,
        .concurrency = 1,
    };
    if (target->old_until_ms > batch->now.wall_ms) {
        ret_view->keys[1] = target->old_key;
        ret_view->keys_len = 2;
        ret_view->old_key_until_ms = target->old_until_ms;
    }
    target->owner->show(target, arena, ret_view);
}

/* Returns whether there is one. */
static bool fill(const struct batch *batch, struct command *command)
{
    const struct hot_targets *targets = &batch->hot->targets;
    const struct hot_target *first = hot_target_after(targets, command->in.targets.since);
    struct reply *reply = &command->reply;
    unsigned len = 0;

    for (const struct hot_target *target = first; target != NULL && len < TARGETS_MAX;
         target = hot_target_next(targets, target))
        len++;
    reply->targets = arena_alloc(command->mem, (len + 1) * sizeof(*reply->targets));
    for (const struct hot_target *target = first; reply->targets_len < len;
         target = hot_target_next(targets, target))
        fill_target(batch, target, command->mem, &reply->targets[reply->targets_len++]);
    return len > 0;
}

/* No token reaches these commands: no route leads to them. */
static bool is_of_the_room(struct batch *batch, struct command *command)
{
    if (command->by == &principal_broker)
        return true;
    batch_refuse(batch, command, ERR_FORBIDDEN, "", "only the broker itself asks for this");
    return false;
}

void run_WATCH_TARGETS(struct batch *batch, struct command *command)
{
    if (!is_of_the_room(batch, command))
        return;
    if (fill(batch, command) || command->wait_ms == 0)
        batch_answer(batch, command);
    else if (batch->engine->drain.is_asked)
        batch_refuse(batch, command, ERR_DRAINING, "", "the broker is stopping");
    else
        (void)park(batch, command, PARKED_TARGETS, command->wait_ms);
}

void targets_end(struct batch *batch, struct parked *parked)
{
    struct command *command = parked->command;

    if (!fill(batch, command) && batch->engine->drain.is_asked)
        (void)error_set(&command->reply.error, ERR_DRAINING, "", "the broker is stopping");
    batch_answer_parked(batch, parked);
}

void targets_changed(struct engine *engine, struct hot_target *target)
{
    const struct list *waiting = &engine->lot.all[PARKED_TARGETS];
    int64_t now_ms = engine_now(engine).mono_ms;

    hot_target_mark(&engine->hot.targets, target);
    for (struct list_node *node = list_first(waiting); node != NULL;
         node = list_next(waiting, node))
        parked_end_by(engine, CONTAINER_OF(node, struct parked, all), now_ms);
}

static struct hot_target *find_target(struct batch *batch, struct command *command)
{
    const struct target_note *note = &command->in.target;
    struct hot_worker *worker = NULL;
    struct hot_target *target;

    if (note->kind == TARGET_WORKER && !find_worker(batch, command, note->worker, &worker))
        return NULL;
    if (note->kind == TARGET_WORKER)
        target = worker->target;
    else if (note->webhook == 0) /* of tasks' own URLs */
        target = batch->hot->webhooks.callbacks->target;
    else
        target = hot_target_of_webhook(&batch->hot->targets, note->webhook);
    if (target == NULL)
        batch_refuse(batch, command, ERR_NOT_FOUND, "", "there is no such endpoint");
    return target;
}

void run_NOTE_TARGET(struct batch *batch, struct command *command)
{
    struct hot_target *target;

    if (!is_of_the_room(batch, command) || (target = find_target(batch, command)) == NULL)
        return;
    push_worker_answered(batch, target, &command->in.target.health);
    hot_target_note(target, &command->in.target.health);
    if (command->in.target.disable && !target->is_disabled)
        target->owner->disable(batch, target);
    batch_answer(batch, command);
}
