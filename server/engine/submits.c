/* Submits: new tasks, one by one or many. */
#include "submits.h"

#include "admission.h"
#include "deliveries.h"
#include "deps.h"
#include "domain/deadline.h"
#include "handlers.h"
#include "held.h"
#include "keys.h"
#include "lookups.h"
#include "order.h"
#include "over.h"
#include "place.h"
#include "quotas.h"
#include "reach.h"
#include "refs.h"
#include "views.h"
#include "waits.h"

/* Its state is decided when the rest of it is known. */
struct task submit_blank(struct batch *batch, const struct hot_queue *queue,
                         const struct hot_class *of_class, int64_t run_at_ms)
{
    int64_t now_ms = batch->now.wall_ms;
    struct task task = {
        .number = ++batch->hot->last_task,
        .id = id_next(&batch->engine->ids, now_ms),
        .ns_number = queue->ns->head.number,
        .queue_number = queue->head.number,
        .class_number = of_class->head.number,
        .run_at_ms = run_at_ms,
        .created_at_ms = now_ms,
        .timeout_ms = -1,
        .lease_ms = -1,
        .expires_at_ms = -1,
        .deadline_at_ms = -1,
        .result_ttl_ms = -1,
        .cancel_requested_at_ms = -1,
        .claimed_at_ms = -1,
        .started_at_ms = -1,
        .finished_at_ms = -1,
    };

    task.root = task.id;
    return task;
}

static int64_t run_at(const struct batch *batch, const struct task_spec *spec)
{
    if (spec->run_at_ms >= 0)
        return spec->run_at_ms;
    return spec->delay_ms > 0 ? batch->now.wall_ms + spec->delay_ms : batch->now.wall_ms;
}

static struct hot_queue *known_queue(const struct batch *batch, const struct command *command,
                                     struct bytes name)
{
    struct hot_ns *ns = hot_ns(batch->hot, command->ns, false);

    return ns == NULL ? NULL : hot_queue(batch->hot, ns, name, -1);
}

static struct hot_queue *queue_of(struct batch *batch, const struct command *command,
                                  struct bytes name)
{
    return hot_queue(batch->hot, hot_ns(batch->hot, command->ns, true), name, batch->now.wall_ms);
}

/* Where a new task stands: in the line of its key, behind what it waits for. False: it may not run,
 * because of ret_cause. */
static bool stand(struct batch *batch, struct task *task, struct ended *ret_cause)
{
    bool has_cause;

    order_join(batch, task, task->number);
    has_cause = deps_wait(batch, task, ret_cause);
    task->state = place_of(batch, task);
    return !has_cause;
}

/* Whoever does not say whose share a task takes, takes of the own. */
static void set_rules(const struct command *command, const struct task_rules *rules,
                      struct task *task)
{
    task->rules = *rules;
    if (rules->fairness_key.at == NULL && !command->by->is_open)
        task->rules.fairness_key = command->by->id;
    task->has_rules = rules_say_something(&task->rules);
    task->has_callback = rules_have_callback(rules);
    task->knows_rules = true;
}

/* The order matters: what it replaces is gone before its limits are asked; they are asked before
 * there is a row, since whoever is to end by one is charged by none; its row is there before
 * another task may move, since that may move this one too. */
static void enter(struct batch *batch, const struct command *command, struct hot_queue *queue,
                  const struct task_spec *spec, struct task *ret_task)
{
    struct hot_class *of_class = hot_class(batch->hot, queue->ns, spec->type, spec->requires);
    struct ended cause;
    bool may_run, fits;

    *ret_task = submit_blank(batch, queue, of_class, run_at(batch, spec));
    set_rules(command, &spec->rules, ret_task);
    ret_task->priority = spec->priority;
    ret_task->timeout_ms = spec->timeout_ms;
    ret_task->lease_ms = spec->lease_ms;
    ret_task->expires_at_ms = deadline_after(batch->now.wall_ms, spec->expires_ms);
    ret_task->deadline_at_ms = deadline_after(batch->now.wall_ms, spec->deadline_ms);
    ret_task->at_most_once = spec->at_most_once;
    ret_task->result_ttl_ms = spec->result_ttl_ms;
    ret_task->has_dedup_key = spec->rules.dedup.key.at != NULL;
    if (ret_task->has_dedup_key && spec->rules.dedup.on_conflict == DEDUP_REPLACE)
        dedup_supplant(batch, ret_task);
    may_run = stand(batch, ret_task, &cause);
    fits = may_run && over_judge(batch, ret_task);
    over_charge(batch, ret_task, fits);
    task_enter(batch, ret_task, spec);
    if (!may_run)
        deps_end(batch, ret_task, &cause);
    else if (!fits)
        over_end(batch, ret_task);
    else
        over_stop(batch, ret_task);
    rate_add(&queue->submitted, batch->now.mono_ms, 1);
    batch_queue_metric(batch, METRIC_SUBMITTED, queue, BYTES_NONE);
}

/* As long from now on as the other had from its own submit. */
static int64_t as_long_from(const struct task *from, int64_t at_ms, int64_t now_ms)
{
    return at_ms < 0 ? -1 : now_ms + (at_ms - from->created_at_ms);
}

void submit_clone(struct batch *batch, struct task *from, struct task *ret_task)
{
    struct hot_shelf *shelf = task_shelf(batch, from);
    struct ended none;

    body_load(batch->db, from, false, batch->mem);
    *ret_task = submit_blank(batch, shelf->queue, shelf->of_class, batch->now.wall_ms);
    ret_task->priority = from->priority;
    ret_task->timeout_ms = from->timeout_ms;
    ret_task->lease_ms = from->lease_ms;
    ret_task->expires_at_ms = as_long_from(from, from->expires_at_ms, batch->now.wall_ms);
    ret_task->deadline_at_ms = as_long_from(from, from->deadline_at_ms, batch->now.wall_ms);
    ret_task->at_most_once = from->at_most_once;
    ret_task->result_ttl_ms = from->result_ttl_ms;
    ret_task->tags = from->tags;
    ret_task->bytes = from->bytes - from->end_bytes;
    ret_task->rules = from->rules;
    ret_task->rules.dedup = (struct dedup){.key = BYTES_NONE};
    ret_task->rules.depends_on = BYTES_NONE; /* by hand: it need not wait again */
    ret_task->has_rules = rules_say_something(&ret_task->rules);
    ret_task->has_callback = rules_have_callback(&ret_task->rules);
    (void)stand(batch, ret_task, &none);
    task_enter_copy(batch, ret_task, from->number);
}

/* A new task needs no look at the rows: what was asked and what was decided is all there is. */
static void view_new(struct batch *batch, struct command *command, const struct task *row,
                     const struct task_spec *spec)
{
    struct task *task = arena_copy(command->mem, row, sizeof(*row));

    task->headers = spec->headers;
    task->tags = spec->tags;
    task->name = spec->name;
    task->traceparent = spec->traceparent;
    task->retry = spec->retry;
    task_name(batch, task);
    task_show_state(batch, task);
    command->reply.view = (struct task_view){.task = task, .estimate_ms = -1};
}

/* The task that is there is the answer, and what is waited for. */
static void join(struct batch *batch, const struct task_spec *spec, struct dedup_meeting *meeting)
{
    if (meeting->action == DEDUP_PUT_OFF)
        dedup_put_off(batch, &meeting->found, spec, run_at(batch, spec));
    batch_queue_metric(batch, METRIC_DEDUPLICATED, task_queue(batch, &meeting->found), BYTES_NONE);
}

static void join_one(struct batch *batch, struct command *command, struct dedup_meeting *meeting)
{
    join(batch, &command->in.submit.specs[0], meeting);
    command->reply.deduplicated = true;
    fill_task(batch, command, &meeting->found, (struct view_wants){.result = true});
    key_keep(batch, command, meeting->found.number);
    wait_or_answer(batch, command, &meeting->found);
}

static void take_one(struct batch *batch, struct command *command, struct hot_queue *queue)
{
    const struct task_spec *spec = &command->in.submit.specs[0];
    struct task row;

    if (queue == NULL)
        queue = queue_of(batch, command, spec->queue);
    enter(batch, command, queue, spec, &row);
    command->reply.created = true;
    if (task_state_is_terminal(row.state))
        fill_task(batch, command, &row, (struct view_wants){.result = true});
    else
        view_new(batch, command, &row, spec);
    key_keep(batch, command, row.number);
    if (command->wait_ms > 0 && command->in.submit.until != UNTIL_ACCEPTED)
        wait_or_answer(batch, command, &row);
    else
        batch_answer(batch, command);
}

static void submit_one(struct batch *batch, struct command *command)
{
    const struct task_rules *rules = &command->in.submit.specs[0].rules;
    struct error *error = &command->reply.error;
    struct aim aim;

    if (!deps_are_there(batch, command, rules->depends_on, false, error) ||
        !callback_is_there(batch, command->ns, rules, error)) {
        batch_answer(batch, command);
        return;
    }
    switch (admission_decide(batch, command, 0, &aim, error)) {
    case TAKE:
        take_one(batch, command, aim.queue);
        break;
    case JOIN:
        join_one(batch, command, &aim.meeting);
        break;
    case HOLD:
        held_add(batch, command, aim.queue);
        break;
    case REFUSE:
        batch_answer(batch, command);
        break;
    }
}

enum verdict submit_made(struct batch *batch, struct command *command, struct task *ret_task)
{
    const struct task_spec *spec = &command->in.submit.specs[0];
    struct aim aim;
    enum verdict verdict;

    if (!callback_is_there(batch, command->ns, &spec->rules, &command->reply.error))
        return REFUSE;
    verdict = admission_decide(batch, command, 0, &aim, &command->reply.error);
    if (verdict == TAKE) {
        enter(batch, command, aim.queue != NULL ? aim.queue : queue_of(batch, command, spec->queue),
              spec, ret_task);
    } else if (verdict == JOIN) {
        join(batch, spec, &aim.meeting);
        *ret_task = aim.meeting.found;
    }
    return verdict;
}

/* A whole that is refused for one queue: all or none, and what came with a key, since what the key
 * remembers may be another token's. */
static bool may_use_all(struct batch *batch, struct command *command)
{
    const struct submit *submit = &command->in.submit;

    if (reaches_all_queues(command) ||
        (!submit->single && !submit->atomic && command->idempotency.key.at == NULL))
        return true;
    for (unsigned i = 0; i < submit->specs_len; i++) {
        unsigned place = submit->places != NULL ? submit->places[i] : i;
        const char *where =
            submit->single ? "/queue" : arena_printf(batch->mem, "/%u/queue", place).at;

        if (!may_use_queue(batch, command, submit->specs[i].queue, where))
            return false;
    }
    return true;
}

/* Names of members are there by now; ids of other tasks may not be. */
static bool waits_for_known(struct batch *batch, struct command *command, unsigned nth)
{
    const struct task_rules *rules = &command->in.submit.specs[nth].rules;
    struct error error;

    if (deps_are_there(batch, command, rules->depends_on, true, &error) &&
        callback_is_there(batch, command->ns, rules, &error))
        return true;

    struct bytes where = arena_printf(batch->mem, "/%u%s", nth, error.where);

    (void)error_set(&command->reply.error, error.code, where.at, "%s", error.detail);
    return false;
}

static bool all_wait_for_known(struct batch *batch, struct command *command)
{
    for (unsigned i = 0; i < command->in.submit.specs_len; i++)
        if (!waits_for_known(batch, command, i))
            return false;
    return true;
}

/* False: a stream met a full queue and must wait. */
static bool take_item(struct batch *batch, struct command *command, const struct refs *refs,
                      unsigned nth)
{
    const struct task_spec *spec = &command->in.submit.specs[nth];
    const struct task_spec *resolved;
    struct submit_item *item = &command->reply.items[nth];
    enum verdict verdict = TAKE;
    struct aim aim = {.queue = NULL};
    struct task row;

    if (!reaches_name(command, spec->queue)) {
        reach_refuse(&item->error, "/queue", spec->queue);
        return true;
    }
    if (key_replays_item(batch, command, spec, item))
        return true;
    resolved = refs_resolve(batch, command, refs, nth);
    if (resolved == NULL ||
        !deps_are_there(batch, command, resolved->rules.depends_on, false, &item->error) ||
        !callback_is_there(batch, command->ns, &resolved->rules, &item->error))
        return true;
    if (command->in.submit.atomic) {
        aim.queue = known_queue(batch, command, spec->queue);
        verdict = admission_meet(batch, spec, &aim, &item->error);
    } else {
        verdict = admission_decide(batch, command, nth, &aim, &item->error);
    }
    if (verdict == HOLD || verdict == REFUSE)
        return verdict == REFUSE;
    if (verdict == JOIN)
        join(batch, spec, &aim.meeting);
    else if (aim.queue == NULL)
        aim.queue = queue_of(batch, command, spec->queue);
    if (verdict == TAKE)
        enter(batch, command, aim.queue, resolved, &row);
    else
        row = aim.meeting.found;
    *item = (struct submit_item){.id = row.id,
                                 .number = row.number,
                                 .state = task_shown_state(batch, &row),
                                 .deduplicated = verdict == JOIN};
    key_keep_item(batch, command, spec, item);
    return true;
}

static void submit_many(struct batch *batch, struct command *command)
{
    const struct submit *submit = &command->in.submit;
    struct reply *reply = &command->reply;
    struct refs refs;
    /* What stands behind one that has waited has not: it comes again, behind all who have. */
    unsigned specs_len =
        submit->specs_len > 0 && held_has_waited(submit, 0) ? 1 : submit->specs_len;

    /* A key is kept whatever became of the items, and with it the namespace. */
    if (!quota_admits(batch, command, &(struct intake){.tasks = 0}))
        return;
    reply->items_len = submit->specs_len;
    reply->items = arena_alloc(command->mem, (submit->specs_len + 1) * sizeof(*reply->items));
    if (!refs_read(batch, command, &refs) ||
        (submit->atomic &&
         (!all_wait_for_known(batch, command) || !admission_fits_all(batch, command)))) {
        batch_answer(batch, command);
        return;
    }
    while (reply->taken < specs_len &&
           take_item(batch, command, &refs, refs_nth(&refs, reply->taken)))
        reply->taken++;
    /* A stream that met a full queue at once waits here; one that got some in says so first. */
    if (reply->taken == 0 && submit->specs_len > 0) {
        held_add(batch, command, queue_of(batch, command, submit->specs[0].queue));
        return;
    }
    key_keep(batch, command, -1);
    batch_answer(batch, command);
}

/* Should it not take the room that it was let in for, the next who is held may have it. */
static void offer_room(struct batch *batch, const struct command *command)
{
    const struct submit *submit = &command->in.submit;
    struct hot_queue *queue;

    if (submit->specs_len == 0 || !held_has_waited(submit, 0))
        return;
    queue = known_queue(batch, command, submit->specs[0].queue);
    if (queue != NULL)
        batch_offer_queue(batch, queue);
}

void run_SUBMIT(struct batch *batch, struct command *command)
{
    if (batch->engine->drain.is_asked) {
        batch_refuse(batch, command, ERR_DRAINING, "", "the broker is stopping");
        return;
    }
    offer_room(batch, command);
    if (!may_use_all(batch, command) || key_handles(batch, command))
        return;
    if (batch->engine->disk_is_full) {
        batch_refuse(batch, command, ERR_DISK_RESERVE, "",
                     "the disk is full; only what ends work is taken");
        return;
    }
    if (command->in.submit.single)
        submit_one(batch, command);
    else
        submit_many(batch, command);
}
