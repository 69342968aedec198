/* Health: at most one note a second of a target, however much happens. */
#include "health.h"

#include "trade.h"
#include "turns.h"

#include <stdio.h>
#include <string.h>

enum { NOTE_EVERY_MS = 1000, GAUGE_EVERY_MS = 1000, KINDS = 2, STATES = 4, STATE_OUT = 3 };

static const char *const state_names[STATES] = {"open", "resting", "probing", "out"};
static const char *const kind_names[KINDS] = {"worker", "webhook"};

void health_failed(struct target *target, const struct push_answer *answer)
{
    if (answer->failure == PUSH_ANSWERED)
        (void)snprintf(target->error, sizeof(target->error), "it answered %d", answer->status);
    else
        (void)snprintf(target->error, sizeof(target->error), "%s",
                       push_failure_type(answer->failure));
    target->noted.sent = -1; /* so that it differs */
}

static bool is_same(const struct target_health *a, const struct target_health *b)
{
    return a->state == b->state && a->window == b->window && a->in_flight == b->in_flight &&
           a->sent == b->sent && a->failed == b->failed && a->latency_ms == b->latency_ms &&
           a->resumes_at_ms == b->resumes_at_ms;
}

static void on_noted(struct push *push, struct errand *errand)
{
    struct target *target = errand->target;
    enum err code = errand->command.reply.error.code;

    target->is_noting = false;
    if (code == ERR_NOT_FOUND)
        target_drop(push, target);
    else
        turns_mark(push, target);
    arena_free(errand->command.mem);
}

static void note(struct push *push, struct target *target, const struct target_health *health)
{
    struct errand *errand = errand_new(NULL, COMMAND_NOTE_TARGET, on_noted);
    struct target_note *note = &errand->command.in.target;

    errand_about(errand, target);
    *note = (struct target_note){
        .kind = target->kind,
        .worker = target->worker,
        .webhook = target->webhook,
        .disable = target->is_gone,
        .health = *health,
    };
    if (target->error[0] != '\0')
        note->health.error = arena_bytes(errand->command.mem, bytes_of(target->error));
    target->noted = *health;
    target->noted_ms = push_now_ms(push);
    target->is_noting = true;
    target->is_gone = false;
    errand_post(push, errand);
}

int64_t health_tell(struct push *push, struct target *target, struct moment now)
{
    struct target_health health = {.latency_ms = -1};
    int64_t from_ms = target->noted_ms + NOTE_EVERY_MS;

    pace_show(&target->pace, now, &health);
    if (target->is_noting || push_is_draining(push) ||
        (is_same(&health, &target->noted) && !target->is_gone))
        return INT64_MAX;
    if (!target->is_gone && target->noted_ms > 0 && push_now_ms(push) < from_ms)
        return from_ms;
    note(push, target, &health);
    return INT64_MAX;
}

/* ---- metrics ---- */

static const char *end_name(enum push_end end)
{
    static const char *const names[] = {
        [PUSH_END_DONE] = "done",         [PUSH_END_ACCEPTED] = "accepted",
        [PUSH_END_FAILED] = "failed",     [PUSH_END_PERMANENT] = "permanent",
        [PUSH_END_RETURNED] = "returned", [PUSH_END_GONE] = "gone",
    };

    return names[end];
}

void health_count(struct push *push, const struct target *target, enum push_end end,
                  int64_t took_ms)
{
    struct bytes labels[] = {bytes_of(target->trade->name), bytes_of(end_name(end))};

    metrics_add(push->options.metrics, METRIC_PUSH_REQUESTS, labels, 1);
    metrics_observe(push->options.metrics, METRIC_PUSH_SECONDS, NULL, (double)took_ms / 1000.0);
}

void health_gauge(struct push *push)
{
    int64_t counts[KINDS][STATES] = {0};
    const struct target *target;

    if (push_now_ms(push) - push->gauged_ms < GAUGE_EVERY_MS)
        return;
    push->gauged_ms = push_now_ms(push);
    for (size_t at = 0; (target = map_each(push->targets, &at)) != NULL;)
        counts[target->kind][target->is_out ? STATE_OUT : (int)target->noted.state]++;
    for (int kind = 0; kind < KINDS; kind++)
        for (int state = 0; state < STATES; state++) {
            struct bytes labels[] = {bytes_of(kind_names[kind]), bytes_of(state_names[state])};

            metrics_set(push->options.metrics, METRIC_PUSH_TARGETS, labels,
                        (double)counts[kind][state]);
        }
    metrics_set(push->options.metrics, METRIC_PUSH_IN_FLIGHT, NULL, (double)push->in_flight);
}
