/* Explain position: how many tasks stand before a ready one for the same workers, who has taken
 * their slots, and how long that may last at the queue's pace. */
#include "explain.h"
#include "skill.h"

enum { AHEAD_COUNTED_MAX = 10000, LINES_ASKED_MAX = 100, SKILLS_MAX = 16 };

/* What its able workers may run. */
struct skills {
    const struct skill *at[SKILLS_MAX];
    unsigned len;
};

static bool is_among(const struct skills *skills, const struct skill *skill)
{
    for (unsigned i = 0; i < skills->len; i++)
        if (skills->at[i] == skill)
            return true;
    return false;
}

static struct skills skills_of(const struct census *census)
{
    struct skills skills = {.len = 0};

    for (unsigned i = 0; i < census->able_len && skills.len < SKILLS_MAX; i++)
        if (!is_among(&skills, census->able[i]->skill))
            skills.at[skills.len++] = census->able[i]->skill;
    return skills;
}

static bool is_rival(const struct explanation *explanation, const struct skills *skills,
                     const struct hot_line *other)
{
    if (other->shelf == explanation->line->shelf)
        return true;
    for (unsigned i = 0; i < skills->len; i++)
        if (skill_runs(skills->at[i], other->shelf->of_class))
            return true;
    return false;
}

/* What a limit holds back lets others pass, but for those that want the same limit: within a
 * priority they wait behind it, and above they are first as soon as there is room. */
static bool lets_pass(const struct hot_line *other, const struct hot_line *line,
                      int64_t now_mono_ms)
{
    int64_t wait_ms;
    const struct hot_limit *full = line_full_limit(other, now_mono_ms, &wait_ms);

    if (full == NULL)
        return false;
    return line_use_of(line, full) == NULL || use_never_fits(line_use_of(other, full)) ||
           (other->priority > line->priority && !line_is_held(line, now_mono_ms));
}

/* Of a line of its own priority those count that stand before it; beyond so many lines, all. */
static int64_t ahead_in(const struct explanation *explanation, const struct hot_line *other,
                        unsigned *asked)
{
    const struct task *task = explanation->task;
    struct ready_head head = {.number = task->number, .share = task->share};

    if (other->priority > explanation->line->priority || *asked >= LINES_ASKED_MAX)
        return line_ready(other);
    (*asked)++;
    return ready_ahead(explanation->batch->db, other->number, &head, AHEAD_COUNTED_MAX);
}

static int64_t count_ahead(const struct explanation *explanation)
{
    const struct hot_line *line = explanation->line;
    const struct hot_queue *queue = explanation->queue;
    struct skills skills = skills_of(&explanation->census);
    unsigned asked = 0;
    int64_t ahead = ahead_in(explanation, line, &asked);

    for (unsigned i = 0; i < queue->lines_len && ahead < AHEAD_COUNTED_MAX; i++) {
        const struct hot_line *other = queue->lines[i];

        if (other != NULL && other != line && other->priority >= line->priority &&
            line_ready(other) > 0 && is_rival(explanation, &skills, other) &&
            !lets_pass(other, line, explanation->batch->now.mono_ms))
            ahead += ahead_in(explanation, other, &asked);
    }
    return ahead < AHEAD_COUNTED_MAX ? ahead : AHEAD_COUNTED_MAX;
}

/* Those whose leases take the slots of the able workers. */
static void explain_slots(struct explanation *explanation, struct blocker *blocker)
{
    const struct census *census = &explanation->census;
    bool has_room = true;

    blocker->slots = census->slots;
    blocker->free = census->free;
    for (unsigned i = 0; i < census->able_len && census->free == 0 && has_room; i++) {
        const struct list *leases = &census->able[i]->leases;

        for (struct list_node *node = list_first(leases); node != NULL && has_room;
             node = list_next(leases, node))
            has_room = explain_holder(explanation, blocker,
                                      CONTAINER_OF(node, struct hot_lease, by_worker));
    }
}

void explain_position(struct explanation *explanation)
{
    const struct hot_queue *queue = explanation->queue;
    double per_s = rate_per_s(&queue->claimed, explanation->batch->now.mono_ms);
    struct blocker *blocker;

    if (explanation->task->state != TASK_READY)
        return;
    blocker = explain_add(explanation, "position");
    blocker->queue = arena_bytes(explanation->command->mem, queue->name);
    blocker->ahead = count_ahead(explanation);
    blocker->workers = explanation->census.able_len;
    explain_slots(explanation, blocker);
    if (per_s > 0)
        explanation->view->estimate_ms = (int64_t)((double)(blocker->ahead + 1) * 1000.0 / per_s);
}
