/* Dedup: scopes as sets of stages, and the four ways to meet one that is there. */
#include "domain/dedup.h"

enum { LIVE = 1U << DEDUP_NEVER_CLAIMED | 1U << DEDUP_LEASED | 1U << DEDUP_BETWEEN };

enum dedup_stage dedup_stage_of(const struct task *task)
{
    if (task_state_is_terminal(task->state))
        return DEDUP_OVER;
    if (task_state_is_leased(task->state))
        return DEDUP_LEASED;
    return task->delivery == 0 ? DEDUP_NEVER_CLAIMED : DEDUP_BETWEEN;
}

unsigned dedup_stages(enum dedup_scope scope)
{
    switch (scope) {
    case DEDUP_QUEUED:
        return 1U << DEDUP_NEVER_CLAIMED;
    case DEDUP_ACTIVE:
        return 1U << DEDUP_LEASED;
    case DEDUP_WINDOW:
        return LIVE | 1U << DEDUP_OVER;
    case DEDUP_UNFINISHED:
    default:
        return LIVE;
    }
}

unsigned dedup_live_stages(enum dedup_scope scope)
{
    return dedup_stages(scope) & LIVE;
}

bool dedup_reaches_back(const struct dedup *dedup, int64_t created_at_ms, int64_t now_ms)
{
    return dedup->scope != DEDUP_WINDOW || now_ms - created_at_ms < dedup->window_ms;
}

enum dedup_action dedup_action(const struct dedup *dedup, const struct task *found)
{
    if (found == NULL)
        return DEDUP_MAKE;
    switch (dedup->on_conflict) {
    case DEDUP_REJECT:
        return DEDUP_REFUSE;
    case DEDUP_REPLACE:
        return DEDUP_SUPPLANT;
    case DEDUP_DEBOUNCE:
        return dedup_stage_of(found) == DEDUP_NEVER_CLAIMED ? DEDUP_PUT_OFF : DEDUP_GIVE;
    case DEDUP_RETURN:
    default:
        return DEDUP_GIVE;
    }
}

int64_t dedup_put_off_to_ms(const struct dedup *dedup, int64_t created_at_ms, int64_t asked_ms)
{
    int64_t latest_ms = dedup->max_delay_ms < 0 ? INT64_MAX : created_at_ms + dedup->max_delay_ms;

    return asked_ms < latest_ms ? asked_ms : latest_ms;
}
