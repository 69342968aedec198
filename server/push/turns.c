/* Turns: what a target may do now, and when it has to be looked at again. */
#include "turns.h"

#include "health.h"
#include "sending.h"
#include "trade.h"

enum {
    ASK_MAX = 256,     /* sendings at once */
    HOLD_MS = 2000,    /* so long a sending waits for room, then others may have it */
    HELD_OFF_MS = 500, /* nothing is asked for after that */
    LOOK_MS = 50,      /* how often a clock that commands move is looked at */
    ALARM_MAX_MS = 1000,
};

void turns_mark(struct push *push, struct target *target)
{
    if (!list_is_linked(&target->due) && !target->is_dropped)
        list_push_back(&push->due, &target->due);
}

static void stop_starving(struct push *push, struct target *target)
{
    if (!list_is_linked(&target->starving))
        return;
    list_remove(&target->starving);
    if (target->is_starving_of_all)
        push->starved_len--;
}

void turns_forget(struct push *push, struct target *target)
{
    list_remove(&target->due);
    stop_starving(push, target);
    heap_remove(&push->sleepers, &target->sleep);
}

static void starve(struct push *push, struct target *target, struct host *host)
{
    if (list_is_linked(&target->starving))
        return;
    target->is_starving_of_all = host == NULL;
    if (host != NULL) {
        list_push_back(&host->starved, &target->starving);
        return;
    }
    list_push_back(&push->starved, &target->starving);
    push->starved_len++;
}

/* Before those who just had some. */
static void feed_first(struct push *push, const struct list *starved)
{
    struct list_node *node = list_first(starved);
    struct target *target;

    if (node == NULL)
        return;
    target = CONTAINER_OF(node, struct target, starving);
    stop_starving(push, target);
    list_remove(&target->due);
    list_push_front(&push->due, &target->due);
}

void turns_freed(struct push *push, struct host *host)
{
    feed_first(push, &host->starved);
    feed_first(push, &push->starved);
}

/* ---- serving one ---- */

static bool has_room(struct push *push, struct target *target, struct host *host)
{
    if (push->in_flight >= push->options.max)
        starve(push, target, NULL);
    else if (host != NULL && host->in_flight >= push->options.per_host)
        starve(push, target, host);
    else
        return true;
    return false;
}

static void send_waiting(struct push *push, struct target *target, int64_t now_mono_ms)
{
    struct list_node *node;

    while ((node = list_first(&target->waiting)) != NULL &&
           pace_room(&target->pace, now_mono_ms) > 0) {
        struct sending *sending = CONTAINER_OF(node, struct sending, link);

        if (!has_room(push, target, sending->host))
            return;
        sending_send(push, sending);
    }
}

/* Since when the first waits for room; INT64_MAX: none does. */
static int64_t held_since_ms(const struct target *target)
{
    struct list_node *node = list_first(&target->waiting);

    return node == NULL ? INT64_MAX : CONTAINER_OF(node, struct sending, link)->came_ms;
}

static bool has_held_too_long(const struct push *push, const struct target *target)
{
    return held_since_ms(target) <= push_now_ms(push) - HOLD_MS;
}

static void give_back_waiting(struct push *push, struct target *target, int64_t now_mono_ms)
{
    struct list_node *node;

    if (list_is_empty(&target->waiting) ||
        (!target->is_out && now_mono_ms >= target->pace.rest_until_mono_ms &&
         !has_held_too_long(push, target)))
        return;
    while ((node = list_first(&target->waiting)) != NULL) {
        struct sending *sending = CONTAINER_OF(node, struct sending, link);

        target->trade->give_back(push, sending);
        sending_end(push, sending);
    }
    target->ask_from_ms = push_now_ms(push) + HELD_OFF_MS;
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* As many as may be begun, and some to have at hand; where others wait for room as well, a share.
 */
static unsigned wanted(struct push *push, struct target *target, unsigned room, unsigned ahead)
{
    unsigned all = push->options.max - push->in_flight;

    if (target->host != NULL)
        room = least(room, push->options.per_host - target->host->in_flight);
    if (push->starved_len > 0)
        all = 1 + all / (1 + push->starved_len);
    room = least(least(room + ahead, ASK_MAX), all);
    return room > target->waiting_len ? room - target->waiting_len : 0;
}

/* A webhook that is shut is handed nothing, and hears only so that it was deleted; a worker hears
 * it by its heartbeats. */
static bool is_asking(const struct target *target)
{
    return !target->is_out || (target->is_shut && target->kind == TARGET_WEBHOOK);
}

static void ask(struct push *push, struct target *target, unsigned room)
{
    unsigned ahead = pace_ahead(&target->pace);
    bool may_ask = is_asking(target) && !push_is_draining(push);
    unsigned max;

    if (target->ask != NULL) {
        errand_want(target->ask, may_ask && room + ahead > 0);
        return;
    }
    if (!may_ask || room + ahead <= target->waiting_len ||
        push_now_ms(push) < target->ask_from_ms ||
        (!has_room(push, target, target->host) && ahead == 0))
        return;
    max = wanted(push, target, room, ahead);
    if (max > 0)
        target->trade->ask(push, target, max);
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* In the room's time; INT64_MAX: something else wakes it. */
static int64_t paced_at_ms(const struct push *push, const struct target *target, int64_t mono_ms)
{
    int64_t wakes_ms = pace_wakes_at(&target->pace, mono_ms);

    if (wakes_ms == INT64_MAX)
        return INT64_MAX;
    if (push->options.manual_clock)
        return push_now_ms(push) + LOOK_MS;
    return push_now_ms(push) + (wakes_ms > mono_ms ? wakes_ms - mono_ms : 0) + 1;
}

static int64_t wakes_at(const struct push *push, const struct target *target, int64_t mono_ms)
{
    int64_t at_ms = held_since_ms(target);

    if (at_ms != INT64_MAX)
        at_ms += HOLD_MS;
    if (target->ended.len > 0 && target->report == NULL)
        at_ms = earlier(at_ms, target->report_from_ms);
    if (!is_asking(target))
        return at_ms;
    if (pace_room(&target->pace, mono_ms) == 0)
        at_ms = earlier(at_ms, paced_at_ms(push, target, mono_ms));
    else if (target->ask_from_ms > push_now_ms(push))
        at_ms = earlier(at_ms, target->ask_from_ms);
    return at_ms;
}

static void report(struct push *push, struct target *target)
{
    if (target->ended.len > 0 && target->report == NULL &&
        target->report_from_ms <= push_now_ms(push))
        target->trade->report(push, target);
}

static void serve(struct push *push, struct target *target)
{
    struct moment now = push_time(push);
    int64_t at_ms = INT64_MAX;

    stop_starving(push, target);
    if (!target->is_out)
        send_waiting(push, target, now.mono_ms);
    give_back_waiting(push, target, now.mono_ms);
    if (target->trade->attend != NULL)
        at_ms = target->trade->attend(push, target);
    ask(push, target, pace_room(&target->pace, now.mono_ms));
    report(push, target);
    at_ms = earlier(at_ms, health_tell(push, target, now));
    at_ms = earlier(at_ms, wakes_at(push, target, now.mono_ms));
    if (at_ms == INT64_MAX)
        heap_remove(&push->sleepers, &target->sleep);
    else
        heap_set(&push->sleepers, &target->sleep, at_ms);
}

void turns_serve(struct push *push)
{
    struct list_node *node;

    while ((node = list_pop_front(&push->due)) != NULL)
        serve(push, CONTAINER_OF(node, struct target, due));
}

/* ---- the alarm ---- */

static void on_alarm(uv_timer_t *timer)
{
    (void)timer; /* being awake is all */
}

void turns_wake(struct push *push)
{
    int64_t now_ms = push_now_ms(push);
    struct heap_node *first;

    while ((first = heap_first(&push->sleepers)) != NULL && first->key <= now_ms) {
        heap_remove(&push->sleepers, first);
        turns_mark(push, CONTAINER_OF(first, struct target, sleep));
    }
}

void turns_set_alarm(struct push *push)
{
    struct heap_node *first = heap_first(&push->sleepers);
    int64_t in_ms = ALARM_MAX_MS;

    if (first != NULL && first->key - push_now_ms(push) < in_ms)
        in_ms = first->key > push_now_ms(push) ? first->key - push_now_ms(push) : 1;
    (void)uv_timer_start(&push->alarm, on_alarm, (uint64_t)in_ms, 0);
}
