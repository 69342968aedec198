/* Model limits: units that run and are held, counted from what the tasks' rules say. */
#include "sight.h"

#include <string.h>

#define NEARLY 1e-3

static unsigned limit_number(struct bytes name)
{
    unsigned number = 0;

    while (number < LIMITS && !bytes_equal(limit_named(number), name))
        number++;
    return number;
}

static bool is_live(const struct known *known)
{
    return known->phase == PENDING || known->phase == RUNNING;
}

static int64_t units_of(const struct known *known, struct bytes name)
{
    struct bytes rest = known->rules.limits;
    struct limit_use use;

    while (limits_next(&rest, &use))
        if (bytes_equal(use.name, name))
            return use.units;
    return 0;
}

/* The whole name, or the longest beginning of it that stands before a "*". */
struct limit_settings limit_in_force(const struct snapshot *snapshot, struct bytes name)
{
    const struct row_limit *found = NULL;

    for (unsigned i = 0; i < snapshot->limits_len; i++) {
        const struct row_limit *row = &snapshot->limits[i];
        size_t len = strlen(row->name) - 1;

        if (bytes_is(name, row->name))
            return row->settings;
        if (row->name[len] == '*' && len <= name.len && memcmp(row->name, name.at, len) == 0 &&
            (found == NULL || len >= strlen(found->name)))
            found = row;
    }
    return found != NULL ? found->settings
                         : (struct limit_settings){.max_running = -1, .over = LIMIT_QUEUES};
}

int64_t limit_running(const struct model *model, struct bytes name)
{
    int64_t units = 0;

    for (int64_t i = 0; i < model->tasks_len; i++)
        if (model->tasks[i] != NULL && model->tasks[i]->phase == RUNNING)
            units += units_of(model->tasks[i], name);
    return units;
}

int64_t limit_held(const struct model *model, struct bytes name)
{
    int64_t units = 0;

    for (int64_t i = 0; i < model->tasks_len; i++)
        if (model->tasks[i] != NULL && is_live(model->tasks[i]))
            units += units_of(model->tasks[i], name);
    return units;
}

/* ---- rates ---- */

struct bucket *bucket_of_limit(struct model *model, struct bytes name)
{
    return &model->of_limits[limit_number(name)];
}

double bucket_units(struct bucket *bucket, int64_t now_mono_ms)
{
    const struct rate_limit *rate = &bucket->rate;

    if (rate->units <= 0)
        return 1e9;
    bucket->units +=
        (double)(now_mono_ms - bucket->at_mono_ms) * rate->units / (rate->period_s * 1000);
    bucket->at_mono_ms = now_mono_ms;
    if (bucket->units > rate->burst)
        bucket->units = rate->burst;
    return bucket->units;
}

static void charge(struct sight *look, struct bucket *bucket, int64_t units, const char *what)
{
    double left = bucket_units(bucket, look->sim->now.mono_ms) - (double)units;

    bucket->units = left;
    if (bucket->rate.units > 0 && left < -NEARLY)
        sim_fail(look->sim, "%s: more than its rate of %g in %g s and %g at once", what,
                 bucket->rate.units, bucket->rate.period_s, bucket->rate.burst);
}

/* A rate that is new begins full, and so do all after a restart. */
static void follow(struct bucket *bucket, const struct rate_limit *rate, int64_t now_mono_ms)
{
    if (bucket->rate.units != rate->units || bucket->rate.period_s != rate->period_s ||
        bucket->rate.burst != rate->burst)
        *bucket = (struct bucket){*rate, rate->burst, now_mono_ms};
}

void limits_begin(struct sight *look)
{
    struct model *model = look->model;
    int64_t now_ms = look->sim->now.mono_ms;

    for (unsigned i = 0; i < LIMITS; i++) {
        struct limit_settings settings = limit_in_force(look->before, limit_named(i));

        follow(&model->of_limits[i], &settings.rate, now_ms);
    }
    for (unsigned i = 0; i < look->before->queues_len; i++)
        if (look->before->queues[i].number < BUCKETS)
            follow(&model->of_queues[look->before->queues[i].number], &look->before->queues[i].rate,
                   now_ms);
}

/* ---- along the events ---- */

static bool is_charged_at_submit(const struct limit_settings *settings)
{
    return settings->over == LIMIT_REJECTS || settings->over == LIMIT_CANCELS_NEWEST;
}

void limits_submitted(struct sight *look, struct known *known)
{
    struct bytes rest = known->rules.limits;
    struct limit_use use;

    while (!known->is_copy && limits_next(&rest, &use)) {
        struct limit_settings settings = limit_in_force(look->before, use.name);
        bool is_over =
            settings.max_running >= 0 && limit_held(look->model, use.name) > settings.max_running;

        if (settings.over == LIMIT_REJECTS && is_over)
            sim_fail(look->sim, "task %lld was taken though the limit %.*s was full",
                     (long long)known->number, BYTES_ARG(use.name));
        known->must_end = known->must_end || (settings.over == LIMIT_CANCELS_NEWEST && is_over);
        if (is_charged_at_submit(&settings) && settings.rate.units > 0)
            known->paid |= 1U << limit_number(use.name);
        if (settings.over == LIMIT_CANCELS_OLDEST)
            known->holds |= 1U << limit_number(use.name);
        known->has_room_asked =
            known->has_room_asked || (settings.over == LIMIT_CANCELS_OLDEST && is_over);
    }
}

void limits_claimed(struct sight *look, const struct known *known)
{
    struct bytes rest = known->rules.limits;
    struct limit_use use;

    if (known->queue < BUCKETS)
        charge(look, &look->model->of_queues[known->queue], 1, "a queue's claims");
    while (limits_next(&rest, &use)) {
        struct limit_settings settings = limit_in_force(look->before, use.name);
        int64_t running = limit_running(look->model, use.name);

        if (settings.max_running >= 0 && running > settings.max_running)
            sim_fail(look->sim,
                     "task %lld was handed out: %lld units of the limit %.*s run then, of %lld",
                     (long long)known->number, (long long)running, BYTES_ARG(use.name),
                     (long long)settings.max_running);
        if ((known->paid & 1U << limit_number(use.name)) == 0)
            charge(look, bucket_of_limit(look->model, use.name), use.units, "a limit");
    }
}

/* ---- when the batch is over ---- */

/* Of those who may be asked to stop, and came before: units that nobody has asked for. */
static int64_t unasked_before(const struct sight *look, const struct known *known,
                              struct bytes name)
{
    int64_t units = 0;

    for (int64_t i = 0; i < known->number; i++) {
        const struct known *other = look->model->tasks[i];
        const struct row_task *row;

        if (other == NULL || (other->holds & 1U << limit_number(name)) == 0 || !is_live(other) ||
            other->waits_since == look->sim->steps) /* retried in this batch, perhaps behind it */
            continue;
        row = snapshot_task(look->after, other->number);
        if (row->cancel_requested_at_ms < 0)
            units += units_of(other, name);
    }
    return units;
}

static void check_new(struct sight *look, const struct known *known)
{
    struct bytes rest = known->rules.limits;
    struct limit_use use;

    while (limits_next(&rest, &use)) {
        struct limit_settings settings = limit_in_force(look->before, use.name);
        int64_t others = unasked_before(look, known, use.name);

        /* Another limit of it may have made room in this one. */
        if (known->must_end && is_live(known) && settings.over == LIMIT_CANCELS_NEWEST &&
            settings.max_running >= 0 && limit_held(look->model, use.name) > settings.max_running)
            sim_fail(look->sim, "task %lld found its limit full and was not cancelled",
                     (long long)known->number);

        if (known->paid & 1U << limit_number(use.name) && is_live(known))
            charge(look, bucket_of_limit(look->model, use.name), use.units, "a limit's submits");
        if (settings.over == LIMIT_CANCELS_OLDEST && settings.max_running >= 0 &&
            known->has_room_asked && is_live(known) && others > 0 &&
            !limit_never_fits(&settings, use.units) && others + use.units > settings.max_running)
            sim_fail(look->sim, "task %lld came to the full limit %.*s and nobody makes room",
                     (long long)known->number, BYTES_ARG(use.name));
    }
}

void limits_end(struct sight *look)
{
    for (unsigned i = 0; i < look->after->events_len; i++)
        if (look->after->events[i].kind == EVENT_TASK_SUBMITTED)
            check_new(look, model_known(look->model, look->after->events[i].task));
}
