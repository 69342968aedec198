/* Explain workers: whether there is one that would take a task, and what those lack that would not.
 */
#include <string.h>

#include "domain/labels.h"
#include "explain.h"
#include "skill.h"
#include "workers.h"

static void count_able(struct census *census, const struct hot_worker *worker)
{
    census->able[census->able_len++] = worker;
    census->slots += worker->concurrency;
    census->free += hot_free_slots(worker) > 0 ? hot_free_slots(worker) : 0;
}

static void count_live(struct census *census, const struct hot_worker *worker,
                       const struct hot_class *of_class, int32_t priority)
{
    census->live++;
    if (!skill_knows_type(worker->skill, of_class))
        return;
    census->typed[census->typed_len++] = worker;
    if (!skill_runs(worker->skill, of_class))
        return;
    if (census->labelled++ == 0 || worker->min_priority < census->min_priority)
        census->min_priority = worker->min_priority;
    if (worker->min_priority <= priority)
        count_able(census, worker);
}

static bool is_resting(const struct hot_worker *worker, int64_t now_wall_ms)
{
    const struct hot_target *target = worker->target;

    return target != NULL && target->health.state == TARGET_RESTING &&
           target->health.resumes_at_ms > now_wall_ms;
}

static bool would_take(const struct hot_worker *worker, const struct hot_class *of_class,
                       int32_t priority)
{
    return skill_runs(worker->skill, of_class) && worker->min_priority <= priority;
}

static int64_t resumes_at(const struct hot_worker *worker)
{
    return worker->target->health.resumes_at_ms;
}

static void count_resting(struct census *census, const struct hot_worker *worker,
                          const struct hot_class *of_class, int32_t priority)
{
    census->resting++;
    if (would_take(worker, of_class, priority) &&
        (census->rests == NULL || resumes_at(worker) < resumes_at(census->rests)))
        census->rests = worker;
}

static bool is_disabled(const struct hot_worker *worker)
{
    return worker->target != NULL && worker->target->is_disabled;
}

static void count_disabled(struct census *census, const struct hot_worker *worker,
                           const struct hot_class *of_class, int32_t priority)
{
    census->disabled++;
    if (would_take(worker, of_class, priority))
        census->is_disabled = worker;
}

static void take_census(struct explanation *explanation, const struct hot_class *of_class)
{
    struct batch *batch = explanation->batch;
    struct census *census = &explanation->census;
    size_t size = (map_len(batch->hot->workers) + 1) * sizeof(const struct hot_worker *);
    int32_t priority = explanation->task->priority;
    const struct hot_worker *worker;

    *census = (struct census){
        .typed = arena_alloc(batch->mem, size),
        .able = arena_alloc(batch->mem, size),
    };
    for (size_t at = 0; (worker = map_each(batch->hot->workers, &at)) != NULL;) {
        if (!worker_serves(worker, explanation->queue))
            continue;
        if (is_disabled(worker))
            count_disabled(census, worker, of_class, priority);
        else if (worker->is_lost || !worker_is_open(worker))
            census->unavailable++;
        else if (is_resting(worker, batch->now.wall_ms))
            count_resting(census, worker, of_class, priority);
        else
            count_live(census, worker, of_class, priority);
    }
}

static bool somebody_meets(const struct census *census, struct bytes demand)
{
    for (unsigned i = 0; i < census->typed_len; i++)
        if (labels_meet(census->typed[i]->labels, demand))
            return true;
    return false;
}

/* The demands that nobody meets; "" when there is somebody for each, but nobody for all. */
static struct bytes unmet(const struct census *census, struct bytes demands, struct arena *mem)
{
    char *text = arena_alloc(mem, demands.len + 1);
    size_t len = 0;
    struct bytes demand;

    while (bytes_split(&demands, '\n', &demand)) {
        if (somebody_meets(census, demand))
            continue;
        memcpy(text + len, demand.at, demand.len);
        len += demand.len;
        text[len++] = '\n';
    }
    return (struct bytes){text, len};
}

static struct blocker *add_blocker(struct explanation *explanation,
                                   const struct hot_class *of_class, const char *kind)
{
    const struct census *census = &explanation->census;
    struct arena *mem = explanation->command->mem;
    struct blocker *blocker = explain_add(explanation, kind);

    blocker->queue = arena_bytes(mem, explanation->queue->name);
    blocker->type = arena_bytes(mem, of_class->type);
    blocker->workers = census->live;
    blocker->unavailable = census->unavailable;
    if (census->resting > 0)
        blocker->resting = census->resting;
    if (census->disabled > 0)
        blocker->disabled = census->disabled;
    if (of_class->pin.len > 0)
        blocker->worker = arena_bytes(mem, of_class->pin);
    explanation->is_open = true;
    return blocker;
}

/* Those that would take it, if only they were called. False: there are none. */
static bool explain_push_workers(struct explanation *explanation, const struct hot_class *of_class)
{
    const struct hot_worker *rests = explanation->census.rests,
                            *disabled = explanation->census.is_disabled;
    struct arena *mem = explanation->command->mem;
    struct blocker *blocker;

    if (rests != NULL) {
        blocker = add_blocker(explanation, of_class, "no_worker");
        blocker->name = arena_bytes(mem, rests->identity);
        blocker->state = target_state_name(TARGET_RESTING);
        blocker->until_ms = resumes_at(rests);
        blocker->error = arena_bytes(mem, rests->target->health.error);
    }
    if (disabled != NULL) {
        blocker = add_blocker(explanation, of_class, "no_worker");
        blocker->name = arena_bytes(mem, disabled->identity);
        blocker->state = WORKER_DISABLED;
    }
    return rests != NULL || disabled != NULL;
}

void explain_workers(struct explanation *explanation)
{
    const struct hot_class *of_class =
        hot_class_numbered(explanation->batch->hot, explanation->task->class_number);
    const struct census *census = &explanation->census;
    struct arena *mem = explanation->command->mem;
    bool lacks_labels;
    struct blocker *blocker;

    take_census(explanation, of_class);
    if (census->able_len > 0 || explain_push_workers(explanation, of_class))
        return;
    lacks_labels = census->typed_len > 0 && census->labelled == 0;
    blocker = add_blocker(explanation, of_class, lacks_labels ? "labels" : "no_worker");
    if (census->labelled > 0)
        blocker->min_priority = census->min_priority;
    if (of_class->demands.len > 0)
    blocker->requires = arena_bytes(mem, of_class->demands);
    if (lacks_labels)
        blocker->missing = unmet(census, of_class->demands, mem);
}
