/* Model keys: who comes after whom, who is the same as whom, who waits for whom. */
#include "sight.h"

static bool is_live(const struct known *known)
{
    return known->phase == PENDING || known->phase == RUNNING;
}

static const struct known *known_at(const struct model *model, int64_t number)
{
    return number >= 0 && number < model->tasks_len ? model->tasks[number] : NULL;
}

void keys_begin(struct sight *look)
{
    look->last_place = look->model->last_place;
    for (unsigned i = 0; i < look->after->tasks_len; i++) {
        const struct row_task *row = &look->after->tasks[i];
        struct known *known = model_known(look->model, row->number);

        if (known->phase == ABSENT || known->queue == row->queue)
            continue;
        known->moved_step = look->sim->steps;
        look->moves++;
    }
    for (int64_t i = 0; i < look->model->tasks_len; i++)
        if (look->model->tasks[i] != NULL && look->model->tasks[i]->blocks)
            look->moves += snapshot_task(look->after, i) == NULL;
}

/* ---- order ---- */

static bool are_in_line(const struct known *a, const struct known *b)
{
    return a != b && a->queue == b->queue && b->rules.ordering_key.at != NULL &&
           bytes_equal(a->rules.ordering_key, b->rules.ordering_key);
}

/* No event says when a task was deleted. */
static bool holds_line(const struct sight *look, const struct known *known)
{
    return is_live(known) || (known->blocks && snapshot_task(look->after, known->number) != NULL);
}

/* Somebody who stands before it in its line, or runs. */
static const struct known *is_ahead(const struct sight *look, const struct known *known,
                                    bool only_running)
{
    for (int64_t i = 0; i < look->model->tasks_len && known->rules.ordering_key.at != NULL; i++) {
        const struct known *other = look->model->tasks[i];

        if (other == NULL || !are_in_line(known, other))
            continue;
        if (only_running ? other->phase == RUNNING
                         : other->place < known->place && holds_line(look, other))
            return other;
    }
    return NULL;
}

static void check_turn(struct sight *look, const struct known *known)
{
    const struct known *other = is_ahead(look, known, true);

    if (other != NULL)
        sim_fail(look->sim, "tasks %lld and %lld of one ordering key run at once",
                 (long long)other->number, (long long)known->number);
    other = look->moves > 0 ? NULL : is_ahead(look, known, false);
    if (other != NULL)
        sim_fail(look->sim, "task %lld of an ordering key was handed out before task %lld",
                 (long long)known->number, (long long)other->number);
}

static void check_place(struct sight *look, struct known *known)
{
    const struct row_order *row = snapshot_order(look->after, known->number);
    bool stands = known->rules.ordering_key.at != NULL && (is_live(known) || known->blocks);

    /* Moved away and back within the step it has a new place as well. */
    bool was_moved = (known->moved_step == look->sim->steps && known->moved_step > 0) ||
                     (look->model->edits_open > 1 && row != NULL && row->place > look->last_place);

    if (row != NULL && was_moved) {
        if (row->place <= look->last_place && row->place != known->place)
            sim_fail(look->sim, "task %lld was moved to the middle of a line",
                     (long long)known->number);
        known->place = row->place;
        known->blocks = !is_live(known);
        stands = true;
    } else if (look->moves > 0 && !is_live(known)) {
        known->blocks = row != NULL;
        stands = row != NULL;
    }
    if (stands != (row != NULL) ||
        (row != NULL && (row->queue != known->queue || row->place != known->place ||
                         !bytes_is(known->rules.ordering_key, row->key))))
        sim_fail(look->sim, "task %lld does not stand where it should in the line of its key",
                 (long long)known->number);
}

/* ---- dedup ---- */

static bool counts_as_same(const struct known *known, const struct known *other, bool only_live,
                           int64_t now_ms)
{
    const struct dedup *dedup = &known->rules.dedup;

    if (other == NULL || other == known || other->queue != known->queue ||
        other->rules.dedup.key.at == NULL || !bytes_equal(other->rules.dedup.key, dedup->key))
        return false;
    switch (dedup->scope) {
    case DEDUP_QUEUED:
        return other->phase == PENDING && other->delivery == 0;
    case DEDUP_ACTIVE:
        return other->phase == RUNNING;
    case DEDUP_WINDOW:
        if (now_ms - other->created_at_ms >= dedup->window_ms)
            return false;
        return is_live(other) || (!only_live && phase_is_over(other->phase));
    case DEDUP_UNFINISHED:
    default:
        return is_live(other);
    }
}

static void two_of_a_key(struct sight *look, const struct known *known, const struct known *other)
{
    sim_fail(look->sim,
             "task %lld has the dedup key of task %lld in phase %d (scope %d, on conflict %d)",
             (long long)known->number, (long long)other->number, (int)other->phase,
             (int)known->rules.dedup.scope, (int)known->rules.dedup.on_conflict);
}

/* A queue that is deleted forgets who was over, and a clock that steps has no window. */
static bool may_forget(const struct sight *look, const struct known *known)
{
    const struct row_queue *queue = snapshot_queue(look->before, known->queue);

    return look->moves > 0 || queue == NULL || queue->closed == 3 ||
           (known->rules.dedup.scope == DEDUP_WINDOW && look->sim->swarm.has_wall_jumps);
}

static void check_same(struct sight *look, struct known *known)
{
    bool replaces = known->rules.dedup.on_conflict == DEDUP_REPLACE;
    bool is_sure = !may_forget(look, known);

    for (int64_t i = 0; i < known->number && known->rules.dedup.key.at != NULL; i++) {
        const struct known *other = look->model->tasks[i];

        if (!is_sure || !counts_as_same(known, other, replaces, look->sim->now.wall_ms) ||
            snapshot_task(look->after, i) == NULL)
            continue;
        if (!replaces || other->phase == PENDING)
            two_of_a_key(look, known, other);
        else if (known->stops_len < STOPS_MAX)
            known->stops[known->stops_len++] =
                (struct other){i, other->delivery, other->ends, false};
    }
}

static void check_same_again(struct sight *look, const struct known *known)
{
    for (int64_t i = 0; i < look->model->tasks_len && known->rules.dedup.key.at != NULL; i++)
        if (look->moves == 0 && known->rules.dedup.scope != DEDUP_WINDOW &&
            counts_as_same(known, look->model->tasks[i], true, look->sim->now.wall_ms))
            two_of_a_key(look, known, look->model->tasks[i]);
}

static bool is_still_at_it(const struct model *model, const struct other *stop)
{
    const struct known *other = known_at(model, stop->task);

    return other->phase == RUNNING && other->delivery == stop->delivery &&
           other->ends == stop->ends;
}

/* Who is replaced was asked to stop, and is waited for. */
static void check_stops(struct sight *look, const struct known *known)
{
    for (unsigned i = 0; i < known->stops_len; i++) {
        const struct row_task *row = snapshot_task(look->after, known->stops[i].task);

        if (!is_still_at_it(look->model, &known->stops[i]))
            continue;
        if (known->phase == RUNNING)
            sim_fail(look->sim, "task %lld runs beside task %lld that it replaces",
                     (long long)known->number, (long long)known->stops[i].task);
        if (row->cancel_requested_at_ms < 0)
            sim_fail(look->sim, "task %lld is replaced and goes on", (long long)row->number);
    }
}

/* ---- dependencies ---- */

static void note_awaited(struct sight *look, struct known *known)
{
    struct bytes rest = known->rules.depends_on, line;
    struct id id;

    while (bytes_split(&rest, '\n', &line)) {
        const struct known *other = id_parse(line, &id) ? model_by_id(look->model, id) : NULL;

        if (other == NULL || known->awaited_len == AWAITED_MAX)
            sim_fail(look->sim, "task %lld depends on what is not there", (long long)known->number);
        else
            known->awaited[known->awaited_len++] =
                (struct other){other->number, other->delivery, other->ends, !is_live(other)};
    }
}

static bool is_met(const struct model *model, const struct known *known, const struct other *await)
{
    const struct known *other = known_at(model, await->task);

    if (known->rules.on_dependency_failure == DEPENDENCY_RUN)
        return await->was_over || other->ends > await->ends;
    return !is_live(other) && other->ended_as == SUCCEEDED;
}

static void check_awaited(struct sight *look, const struct known *known)
{
    for (unsigned i = 0; i < known->awaited_len && !known->needs_nobody; i++)
        if (!is_met(look->model, known, &known->awaited[i]))
            sim_fail(look->sim,
                     "task %lld was handed out and task %lld that it waits for is not over",
                     (long long)known->number, (long long)known->awaited[i].task);
}

bool keys_doom(const struct model *model, const struct known *known)
{
    for (unsigned i = 0; i < known->awaited_len && !known->needs_nobody; i++) {
        const struct known *other = known_at(model, known->awaited[i].task);

        if (known->rules.on_dependency_failure != DEPENDENCY_RUN && !is_live(other) &&
            other->ended_as != SUCCEEDED)
            return true;
    }
    return false;
}

/* ---- along the events ---- */

void keys_submitted(struct sight *look, struct known *known)
{
    known->place = known->number;
    if (known->number > look->model->last_place)
        look->model->last_place = known->number;
    check_same(look, known);
    note_awaited(look, known);
}

void keys_claimed(struct sight *look, const struct known *known)
{
    check_turn(look, known);
    check_stops(look, known);
    check_awaited(look, known);
}

/* Its phase is the end's already. */
void keys_over(struct sight *look, struct known *known)
{
    known->blocks = (known->phase == FAILED || known->phase == EXPIRED) &&
                    known->rules.ordering_key.at != NULL &&
                    known->rules.on_order_failure == ORDER_BLOCK &&
                    is_ahead(look, known, false) == NULL;
}

void keys_again(struct sight *look, struct known *known)
{
    const struct row_order *row = snapshot_order(look->after, known->number);

    known->needs_nobody = true;
    check_same_again(look, known);
    if (!known->blocks && known->rules.ordering_key.at != NULL) {
        known->place = row != NULL ? row->place : look->model->last_place + 1;
        if (known->place <= look->model->last_place && look->moves == 0)
            sim_fail(look->sim, "task %lld came back before others of its ordering key",
                     (long long)known->number);
        if (known->place > look->model->last_place)
            look->model->last_place = known->place;
    }
    known->blocks = false;
}

void keys_end(struct sight *look)
{
    int64_t last_place = look->model->last_place;

    for (int64_t i = 0; i < look->model->tasks_len && !look->sim->has_failed; i++) {
        struct known *known = look->model->tasks[i];

        if (known == NULL || known->phase == ABSENT || known->phase == DELETED)
            continue;
        if (known->rules.ordering_key.at != NULL)
            check_place(look, known);
        if (known->place > last_place)
            last_place = known->place;
        check_stops(look, known);
    }
    look->model->last_place = last_place;
    if (look->letters != 0)
        sim_fail(look->sim, "%d more tasks failed than left a dead letter", -look->letters);
}
