/* Mover: one function for every edge of a task's life. */
#include "mover.h"

#include "base/assert.h"
#include "dead_letter.h"
#include "deps.h"
#include "domain/deadline.h"
#include "fair.h"
#include "hot_line.h"
#include "order.h"
#include "over.h"
#include "retention.h"
#include "store/repo_dead_letter.h"
#include "store/repo_dedup.h"
#include "tell.h"

struct hot_queue *task_queue(const struct batch *batch, const struct task *task)
{
    struct hot_queue *queue = hot_queue_numbered(batch->hot, task->queue_number);

    ASSERT(queue != NULL);
    return queue;
}

struct hot_shelf *task_shelf(const struct batch *batch, const struct task *task)
{
    return hot_shelf(task_queue(batch, task), hot_class_numbered(batch->hot, task->class_number));
}

static void note_due(struct batch *batch, const struct task *task)
{
    bool is_timed = task->state == TASK_SCHEDULED || task->state == TASK_RETRYING;

    /* Too early after a rollback is harmless: the timer looks and finds nothing. */
    if (is_timed && task->run_at_ms < batch->hot->next_due_ms)
        batch->hot->next_due_ms = task->run_at_ms;
}

static bool may_be_ended(const struct task *task)
{
    return task->expires_at_ms >= 0 || task->deadline_at_ms >= 0;
}

/* As above: a moment that has lost its meaning is harmless. */
static void note_ending(struct batch *batch, const struct task *task)
{
    int64_t next_ms = deadline_next_ms(task);

    if (next_ms >= 0 && next_ms < batch->hot->next_end_ms)
        batch->hot->next_end_ms = next_ms;
}

static void offer(struct batch *batch, const struct task *task, enum task_state from)
{
    struct hot_queue *queue = task_queue(batch, task);
    bool makes_room = task_state_is_pending(from) && !list_is_empty(&queue->held);

    if (task->state == TASK_READY || task_state_is_leased(from) || makes_room ||
        queue->closing == QUEUE_CLOSING)
        batch_offer_queue(batch, queue);
}

int64_t task_spec_bytes(const struct task_spec *spec)
{
    return (int64_t)(spec->payload.data.len + spec->headers.len);
}

/* Its line among those of its shelf. */
static struct hot_line *line_for(struct batch *batch, struct task *task, struct hot_shelf *shelf)
{
    body_load_rules(batch->db, task, batch->mem);
    return hot_line(batch->hot, shelf, task);
}

static struct hot_line *line_of(const struct batch *batch, const struct task *task)
{
    return task->line == 0 ? NULL : hot_line_numbered(batch->hot, task->line);
}

/* The key's share of the line's level. */
static struct fair_ask share_of(struct batch *batch, struct task *task, const struct hot_line *line)
{
    body_load_rules(batch->db, task, batch->mem);
    return (struct fair_ask){
        .queue = line->shelf->queue,
        .priority = line->priority,
        .key = task->rules.fairness_key,
        .step = rules_share(&task->rules),
    };
}

/* What it takes and gives back of its share, before its row is written. */
static void settle_share(struct batch *batch, struct task *task, const struct hot_line *before,
                         const struct hot_line *after, enum task_state from)
{
    struct fair_ask ask;

    if (from == TASK_READY) {
        ask = share_of(batch, task, before);
        if (task->state == TASK_RUNNING)
            fair_serve(batch, &ask, task->share);
        else
            fair_leave(batch, &ask);
    }
    if (task->state == TASK_READY && !task->keeps_place) {
        ask = share_of(batch, task, after);
        ask.comes_back = from != TASK_STATE_NONE && from != TASK_READY;
        task->share = fair_enter(batch, &ask);
    }
    task->keeps_place = false;
}

static void stand_in_line(struct hot_line *line, const struct task *task)
{
    if (task->state == TASK_READY)
        line_enters(line, &(struct ready_head){
                              .number = task->number,
                              .share = task->share,
                              .since_ms = task->run_at_ms,
                              .priority = task->priority,
                          });
}

static void leave_line(struct batch *batch, struct hot_line *line, const struct task *task)
{
    line_leaves(line, task->number);
    /* Those behind it may want fewer units than it did. */
    if (line->uses_len > 0 && task->state != TASK_RUNNING)
        batch_offer_queue(batch, line->shelf->queue);
}

/* From one line to another, or within one; NULL: it was, or is, terminal. */
static void change_lines(struct batch *batch, const struct task *task, struct hot_line *before,
                         struct hot_line *after, enum task_state from)
{
    struct hot *hot = batch->hot;

    if (before != NULL)
        line_count(hot, before, from, -1);
    if (after != NULL)
        line_count(hot, after, task->state, 1);
    if (before != after) {
        if (before != NULL)
            line_hold(batch, before, -1);
        if (after != NULL)
            line_hold(batch, after, 1);
    }
    if (from == TASK_RUNNING && task->state != TASK_RUNNING)
        line_release(batch, before);
    if (from != TASK_RUNNING && task->state == TASK_RUNNING)
        line_claim(batch, after);
    if (from == TASK_READY)
        leave_line(batch, before, task);
    if (after != NULL)
        stand_in_line(after, task);
}

static void keep_key(struct batch *batch, const struct task *task)
{
    struct dedup_row row = {
        .task = task->number,
        .queue = task->queue_number,
        .key = task->rules.dedup.key,
        .stage = dedup_stage_of(task),
    };

    if (!task->has_dedup_key)
        return;
    dedup_insert(batch->db, &row);
    batch->rows++;
}

static void entered(struct batch *batch, struct task *task, struct hot_shelf *shelf,
                    struct hot_line *line)
{
    keep_key(batch, task);
    hot_count(batch->hot, shelf, task->state, 1, task->bytes);
    change_lines(batch, task, NULL, line, TASK_STATE_NONE);
    batch_event(batch, EVENT_TASK_SUBMITTED, task, tell_submitted(batch, shelf->of_class->type));
    note_due(batch, task);
    note_ending(batch, task);
    offer(batch, task, TASK_SUCCEEDED);
    batch->rows += 3;
}

/* Before its row is written. */
static struct hot_line *take_line(struct batch *batch, struct task *task, struct hot_shelf *shelf)
{
    struct hot_line *line;

    task->knows_rules = true;
    line = line_for(batch, task, shelf);
    settle_share(batch, task, NULL, line, TASK_STATE_NONE);
    over_hold(batch, task, line->limits);
    task->line = line->number;
    return line;
}

void task_enter(struct batch *batch, struct task *task, const struct task_spec *spec)
{
    struct hot_shelf *shelf = task_shelf(batch, task);
    struct hot_line *line = take_line(batch, task, shelf);

    batch_use_queue(batch, shelf->queue);
    batch_use_class(batch, shelf->of_class);
    task->version = 1;
    task->bytes = task_spec_bytes(spec);
    task_insert(batch->db, task, spec, batch->mem);
    entered(batch, task, shelf, line);
}

void task_enter_copy(struct batch *batch, struct task *task, int64_t from_number)
{
    struct hot_shelf *shelf = task_shelf(batch, task);
    struct hot_line *line = take_line(batch, task, shelf);

    task->version = 1;
    task_insert_copy(batch->db, task, from_number, batch->mem);
    entered(batch, task, shelf, line);
}

void task_enter_bare(struct batch *batch, struct task *task, int64_t from_number)
{
    struct hot_shelf *shelf = task_shelf(batch, task);
    struct hot_line *line = take_line(batch, task, shelf);

    batch_use_queue(batch, shelf->queue);
    batch_use_class(batch, shelf->of_class);
    task->version = 1;
    task_insert_bare(batch->db, task, from_number);
    entered(batch, task, shelf, line);
}

void task_move(struct batch *batch, struct task *task, enum task_state to, enum event_kind event,
               struct bytes data)
{
    enum task_state from = task->state;
    struct hot_line *before = line_of(batch, task);
    struct hot_shelf *shelf = before != NULL ? before->shelf : task_shelf(batch, task);
    struct hot_line *after = task_state_is_terminal(to) ? NULL
                             : before != NULL           ? before
                                                        : line_for(batch, task, shelf);

    ASSERT(task_state_may_move(from, to));
    ASSERT(shelf->of_class->head.number == task->class_number);
    task->state = to;
    task->version++;
    task->finished_at_ms = task_state_is_terminal(to) ? batch->now.wall_ms : -1;
    if (task_state_is_terminal(to)) {
        order_ended(batch, task);
        deps_ended(batch, task);
    }
    task->line = after == NULL ? 0 : after->number;
    settle_share(batch, task, before, after, from);
    if (before == NULL)
        over_hold(batch, task, after->limits);
    else if (after == NULL)
        over_leave(batch, task, before->limits);
    task_save_move(batch->db, task, from);
    hot_count(batch->hot, shelf, from, -1, -task->bytes);
    hot_count(batch->hot, shelf, to, 1, task->bytes);
    change_lines(batch, task, before, after, from);
    if (task->has_dedup_key)
        dedup_save_stage(batch->db, task->number, dedup_stage_of(task));
    if (to == TASK_FAILED)
        data = dead_letter_make(batch, task, data);
    if (event != EVENT_NONE)
        batch_event(batch, event, task, data);
    note_due(batch, task);
    if (may_be_ended(task))
        task_set_ending(batch, task);
    if (task_state_is_terminal(to))
        retention_note(batch, task);
    offer(batch, task, from);
    batch_touch(batch, task->number);
    batch->rows += 2;
}

void task_set_ending(struct batch *batch, const struct task *task)
{
    task_save_ending(batch->db, task);
    note_ending(batch, task);
    batch->rows++;
}

void task_set_end_bytes(struct batch *batch, struct task *task, size_t end_bytes)
{
    int64_t more = (int64_t)end_bytes - task->end_bytes;

    task->bytes += more;
    task->end_bytes += more;
    hot_count(batch->hot, task_shelf(batch, task), task->state, 0, more);
}

void task_set_spec_bytes(struct batch *batch, struct task *task, const struct task_spec *spec)
{
    int64_t more = task_spec_bytes(spec) - (task->bytes - task->end_bytes);

    task->bytes += more;
    hot_count(batch->hot, task_shelf(batch, task), task->state, 0, more);
}

void task_replace(struct batch *batch, struct task *task, struct hot_shelf *from)
{
    struct hot_shelf *to = task_shelf(batch, task);
    struct hot_line *before = line_of(batch, task);
    struct hot_line *after = before == NULL ? NULL : line_for(batch, task, to);

    batch_use_queue(batch, to->queue);
    task->version++;
    if (after != NULL)
        task->line = after->number;
    if (before != after && task->state == TASK_READY)
        settle_share(batch, task, before, after, TASK_READY);
    task_save_move(batch->db, task, task->state);
    if (task->has_dedup_key && from->queue != to->queue)
        dedup_save_queue(batch->db, task->number, task->queue_number);
    hot_count(batch->hot, from, task->state, -1, -task->bytes);
    hot_count(batch->hot, to, task->state, 1, task->bytes);
    change_lines(batch, task, before, after, task->state);
    note_due(batch, task);
    offer(batch, task, TASK_SUCCEEDED);
    batch_offer_queue(batch, from->queue);
    batch_touch(batch, task->number);
    batch->rows++;
}

void task_touch(struct batch *batch, struct task *task)
{
    task->version++;
    task_save_touch(batch->db, task);
    batch_touch(batch, task->number);
    batch->rows++;
}

void task_remove(struct batch *batch, struct task *task)
{
    ASSERT(task_state_is_terminal(task->state));
    order_leave(batch, task);
    body_load(batch->db, task, false, batch->mem);
    task_delete(batch->db, task);
    if (task->has_dedup_key)
        dedup_delete(batch->db, task->number);
    if (task->is_dead_letter)
        dead_letter_delete(batch->db, task->number);
    hot_count(batch->hot, task_shelf(batch, task), task->state, -1, -task->bytes);
    batch_touch(batch, task->number);
    batch->rows += 5;
}

struct retry_policy task_retry(struct batch *batch, struct task *task)
{
    const struct hot_queue *queue = task_queue(batch, task);

    body_load_retry(batch->db, task, batch->mem);
    return retry_merge(retry_merge(retry_default(), &queue->settings.retry), &task->retry);
}

void task_name(const struct batch *batch, struct task *task)
{
    const struct hot_queue *queue = task_queue(batch, task);
    const struct hot_class *of_class = hot_class_numbered(batch->hot, task->class_number);
    struct retry_policy policy =
        retry_merge(retry_merge(retry_default(), &queue->settings.retry), &task->retry);

    task->ns = queue->ns->name;
    task->queue = queue->name;
    task->type = of_class->type;
    task->requires = of_class->demands;
    task->max_attempts = policy.max_attempts;
}
