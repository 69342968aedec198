/* Admission: each rule in turn, for one task or for all of an array. */
#include "admission.h"

#include <stdio.h>
#include <string.h>

#include "domain/bounds.h"
#include "held.h"
#include "over.h"
#include "quotas.h"

void admission_refuse(const struct hot_queue *queue, enum admission admission,
                      struct error *ret_error)
{
    if (admission == IS_TOO_FAR_OFF)
        (void)error_set(ret_error, ERR_INVALID_FIELD, "/run_at",
                        "run_at is more than ten years away");
    else if (admission == QUEUE_IS_CLOSED)
        (void)error_set(ret_error, ERR_QUEUE_CLOSED, "/queue", "the queue %.*s is closed",
                        BYTES_ARG(queue->name));
    else
        (void)error_set(ret_error, ERR_QUEUE_FULL, "/queue",
                        "the queue %.*s is full: its pending_limit is %lld", BYTES_ARG(queue->name),
                        (long long)queue->settings.pending_limit);
}

/* Nobody overtakes those who wait for room already; who goes on from there has waited its turn.
 * before: others for the same queue that would come in with it. queue NULL: it is yet to be made.
 */
static enum admission judge(const struct batch *batch, const struct hot_queue *queue,
                            const struct task_spec *spec, bool has_waited, int64_t before)
{
    if (spec->run_at_ms > batch->now.wall_ms + DELAY_MAX_MS)
        return IS_TOO_FAR_OFF;
    if (queue == NULL)
        return ADMITTED;
    if (queue->closing == QUEUE_CLOSING || queue->closing == QUEUE_CLOSED)
        return QUEUE_IS_CLOSED;
    if (queue_is_full(&queue->settings, hot_pending(queue) + before) ||
        (!has_waited && !list_is_empty(&queue->held)))
        return QUEUE_IS_FULL;
    return ADMITTED;
}

static bool may_hold(const struct batch *batch, const struct command *command,
                     enum admission admission)
{
    const struct submit *submit = &command->in.submit;

    return admission == QUEUE_IS_FULL &&
           ((submit->single && command->wait_ms > 0) || submit->streamed) &&
           !batch->engine->drain.is_asked;
}

enum verdict admission_meet(struct batch *batch, const struct task_spec *spec, struct aim *aim,
                            struct error *ret_error)
{
    dedup_meet(batch, aim->queue, spec, &aim->meeting);
    switch (aim->meeting.action) {
    case DEDUP_REFUSE:
        dedup_refuse(&aim->meeting, &spec->rules.dedup, ret_error);
        return REFUSE;
    case DEDUP_GIVE:
    case DEDUP_PUT_OFF:
        return JOIN;
    case DEDUP_MAKE:
    case DEDUP_SUPPLANT:
        break;
    }
    return TAKE;
}

/* Its limits, then its namespace's rate: what is charged last has nothing behind it to fail. */
static bool charge(struct batch *batch, struct command *command, const struct task_spec *spec,
                   struct error *ret_error)
{
    struct over over = {.first = NULL};
    bool is_taken =
        over_take(batch, command, spec, &over, ret_error) &&
        quota_charge(batch, command, hot_ns(batch->hot, command->ns, false), 1, ret_error);

    over_settle(batch, &over, is_taken);
    return is_taken;
}

enum verdict admission_decide(struct batch *batch, struct command *command, unsigned nth,
                              struct aim *ret_aim, struct error *ret_error)
{
    const struct submit *submit = &command->in.submit;
    const struct task_spec *spec = &submit->specs[nth];
    struct hot_ns *ns = hot_ns(batch->hot, command->ns, false);
    struct hot_queue *queue = ns == NULL ? NULL : hot_queue(batch->hot, ns, spec->queue, -1);

    *ret_aim = (struct aim){.queue = queue};

    enum verdict met = admission_meet(batch, spec, ret_aim, ret_error);
    int64_t places = ret_aim->meeting.places;
    enum admission admission =
        judge(batch, queue, spec, places > 0 || held_has_waited(submit, nth), -places);
    bool holds = may_hold(batch, command, admission);

    if (admission != ADMITTED && admission != QUEUE_IS_FULL) {
        admission_refuse(queue, admission, ret_error);
        return REFUSE;
    }
    if (met != TAKE)
        return met;
    if (admission != ADMITTED && !holds) {
        admission_refuse(queue, admission, ret_error);
        return REFUSE;
    }

    struct intake intake = {.tasks = places > 0 ? 0 : 1, .bytes = task_spec_bytes(spec)};

    if (queue == NULL)
        intake_add_queue(&intake, ns, spec->queue);
    if (quota_is_short_of_classes(batch, ns))
        intake_add_class(&intake, ns, spec->type, spec->requires);
    if (!quota_has_line(batch, &spec->rules, ret_error) ||
        !quota_fits(batch, command, command->ns, ns, &intake, ret_error))
        return REFUSE;
    if (holds)
        return HOLD;
    return charge(batch, command, spec, ret_error) ? TAKE : REFUSE;
}

/* ---- all or none ---- */

/* The parts of an array that is taken whole or not at all. */
struct whole {
    struct map *queues;  /* by name: how many tasks so far */
    struct map *classes; /* by type and what goes with it */
    struct map *keys;    /* by queue and dedup key: made by this very array */
    struct intake intake;
    struct over over; /* units of limits */
};

/* How often the name came before. */
static int64_t count_name(struct map *names, struct bytes name)
{
    void *counted = map_get(names, name);
    int64_t before = (intptr_t)counted;

    (void)map_put(names, name, (void *)(intptr_t)(before + 1));
    return before;
}

static struct bytes class_name(struct batch *batch, const struct task_spec *spec)
{
    struct bytes parts[] = {spec->type, BYTES("\n"), spec->requires};
    size_t len = 0;
    char *name;

    if (spec->requires.len == 0)
        return spec->type;
    name = arena_alloc(batch->mem, spec->type.len + 1 + spec->requires.len);
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        if (parts[i].len > 0)
            memcpy(name + len, parts[i].at, parts[i].len);
        len += parts[i].len;
    }
    return (struct bytes){name, len};
}

/* What it meets of those that elements before it will have made. */
static enum verdict meet_own(const struct dedup *dedup, struct error *ret_error)
{
    if (dedup->on_conflict == DEDUP_REJECT) {
        (void)error_set(ret_error, ERR_STATE_CONFLICT, "/dedup/key",
                        "another task of the array has this key");
        return REFUSE;
    }
    return dedup->on_conflict == DEDUP_REPLACE ? TAKE : JOIN;
}

static enum verdict meet_in_whole(struct batch *batch, const struct task_spec *spec,
                                  struct whole *whole, struct aim *aim, struct error *ret_error)
{
    const struct dedup *dedup = &spec->rules.dedup;
    enum verdict met = admission_meet(batch, spec, aim, ret_error);
    struct bytes name;

    if (dedup->key.at == NULL || met == REFUSE)
        return met;
    name = arena_printf(batch->mem, "%.*s\n%.*s", BYTES_ARG(spec->queue), BYTES_ARG(dedup->key));
    if (dedup->scope != DEDUP_ACTIVE && map_get(whole->keys, name) != NULL)
        met = meet_own(dedup, ret_error);
    if (met == TAKE)
        (void)count_name(whole->keys, name);
    return met;
}

static bool fits_with(struct batch *batch, struct command *command, const struct task_spec *spec,
                      struct whole *whole)
{
    struct hot_ns *ns = hot_ns(batch->hot, command->ns, false);
    struct aim aim = {.queue = ns == NULL ? NULL : hot_queue(batch->hot, ns, spec->queue, -1)};
    enum verdict met = meet_in_whole(batch, spec, whole, &aim, &command->reply.error);

    if (met == REFUSE)
        return false;

    int64_t before = met == JOIN ? 0 : count_name(whole->queues, spec->queue);
    enum admission admission = judge(batch, aim.queue, spec, false, before);

    if (admission != ADMITTED && (met != JOIN || admission != QUEUE_IS_FULL)) {
        admission_refuse(aim.queue, admission, &command->reply.error);
        return false;
    }
    if (met == JOIN)
        return true;
    if (before == 0)
        intake_add_queue(&whole->intake, ns, spec->queue);
    if (count_name(whole->classes, class_name(batch, spec)) == 0)
        intake_add_class(&whole->intake, ns, spec->type, spec->requires);
    whole->intake.tasks++;
    whole->intake.bytes += task_spec_bytes(spec);
    return quota_has_line(batch, &spec->rules, &command->reply.error) &&
           quota_allows(batch, command, command->ns, &whole->intake, &command->reply.error) &&
           over_take(batch, command, spec, &whole->over, &command->reply.error);
}

/* The whole is refused: the pointer says for which of its tasks. */
static void point_into(struct error *error, unsigned nth)
{
    struct error of_task = *error;

    if (of_task.where[0] == '/')
        (void)snprintf(error->where, sizeof(error->where), "/%u%.*s", nth,
                       (int)sizeof(error->where) - 12, of_task.where);
}

bool admission_fits_all(struct batch *batch, struct command *command)
{
    const struct submit *submit = &command->in.submit;
    struct whole whole = {.queues = map_new(), .classes = map_new(), .keys = map_new()};
    bool fits = true;

    for (unsigned i = 0; i < submit->specs_len && fits; i++) {
        fits = fits_with(batch, command, &submit->specs[i], &whole);
        if (!fits)
            point_into(&command->reply.error, i);
    }
    map_free(whole.queues);
    map_free(whole.classes);
    map_free(whole.keys);
    fits = fits && (whole.intake.tasks == 0 ||
                    quota_charge(batch, command, hot_ns(batch->hot, command->ns, false),
                                 whole.intake.tasks, &command->reply.error));
    over_settle(batch, &whole.over, fits);
    return fits;
}
