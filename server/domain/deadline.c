/* Deadline: expires_at and deadline_at, and which of them counts now. */
#include "domain/deadline.h"

int64_t deadline_after(int64_t now_ms, int64_t duration_ms)
{
    return duration_ms < 0 ? -1 : now_ms + duration_ms;
}

/* Of two moments of which either may be none. */
static int64_t nearer(int64_t a_ms, int64_t b_ms)
{
    if (a_ms < 0 || b_ms < 0)
        return a_ms < 0 ? b_ms : a_ms;
    return a_ms < b_ms ? a_ms : b_ms;
}

static int64_t claim_by(const struct task *task)
{
    return task->delivery == 0 ? task->expires_at_ms : -1;
}

int64_t deadline_next_ms(const struct task *task)
{
    if (!task_state_is_pending(task->state))
        return -1;
    return nearer(claim_by(task), task->deadline_at_ms);
}

/* Both may have passed while nobody looked: the earlier counts, and of one moment the expiry, since
 * the task was never begun. */
enum task_state deadline_verdict(const struct task *task, int64_t now_ms)
{
    int64_t next_ms = deadline_next_ms(task);

    if (next_ms < 0 || next_ms > now_ms)
        return TASK_STATE_NONE;
    return next_ms == claim_by(task) ? TASK_EXPIRED : TASK_FAILED;
}

int64_t deadline_of_attempt(const struct task *task, int64_t now_ms, int64_t timeout_ms)
{
    return nearer(deadline_after(now_ms, timeout_ms), task->deadline_at_ms);
}

bool deadline_cuts(const struct task *task, int64_t timeout_at_ms)
{
    return task->deadline_at_ms >= 0 && task->deadline_at_ms <= timeout_at_ms;
}

static bool clear_passed(int64_t *at_ms, int64_t now_ms)
{
    bool has_passed = *at_ms >= 0 && *at_ms <= now_ms;

    if (has_passed)
        *at_ms = -1;
    return has_passed;
}

bool deadline_forgive(struct task *task, int64_t now_ms)
{
    bool has_expired = clear_passed(&task->expires_at_ms, now_ms);

    return clear_passed(&task->deadline_at_ms, now_ms) || has_expired;
}
