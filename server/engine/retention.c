/* Retention: a finish is noted in memory and written once a batch; deleting goes in slices that
 * give way to commands. */
#include "retention.h"

#include <stdlib.h>

#include "base/assert.h"
#include "mover.h"
#include "store/repo_finished.h"

/* Tasks of a slice: when nobody waits, and at least; queues of a slice. */
enum { SLICE_IDLE = 200, SLICE_BUSY = 20, SLICE_QUEUES = 50 };

/* Between two slices: commands that come meanwhile share no transaction with one. */
#define PAUSE_MS INT64_C(5)

/* ---- noting ---- */

struct finish_note {
    struct hot_queue *queue;
    enum retention_kind kind;
    int64_t place_ms, number;
};

void retention_note(struct batch *batch, const struct task *task)
{
    struct finish_notes *notes = &batch->finishes;

    if (notes->len == notes->room) {
        unsigned room = notes->room == 0 ? 64 : 2 * notes->room;
        struct finish_note *at = arena_alloc(batch->mem, room * sizeof(*at));

        for (unsigned i = 0; i < notes->len; i++)
            at[i] = notes->at[i];
        notes->at = at;
        notes->room = room;
    }
    notes->at[notes->len++] = (struct finish_note){
        .queue = task_queue(batch, task),
        .kind = retention_kind_of(task->state, task->result_ttl_ms),
        .place_ms = retention_place_ms(task->finished_at_ms, task->result_ttl_ms),
        .number = task->number,
    };
}

static int compare(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int compare_lines(const struct finish_note *a, const struct finish_note *b)
{
    int order = compare(a->queue->head.number, b->queue->head.number);

    if (order == 0)
        order = compare((int64_t)a->kind, (int64_t)b->kind);
    return order != 0 ? order : compare(a->place_ms, b->place_ms);
}

static int by_line(const void *left, const void *right)
{
    const struct finish_note *a = left, *b = right;
    int order = compare_lines(a, b);

    return order != 0 ? order : compare(a->number, b->number);
}

static void note_finish(struct engine *engine, struct effect *effect)
{
    struct hot_queue *queue = effect->object;
    const struct finish_note *note = effect->data;

    if (note->place_ms < queue->kept.oldest_ms[note->kind])
        queue->kept.oldest_ms[note->kind] = note->place_ms;
    retention_time(&engine->hot, queue);
}

/* One page of notes for the same place; returns how many it took. */
static unsigned write_page(struct batch *batch, const struct finish_note *notes, unsigned len,
                           int64_t number)
{
    struct finished_page page = {
        .queue = notes->queue->head.number,
        .kind = notes->kind,
        .place_ms = notes->place_ms,
        .number = number,
    };
    struct effect *effect = batch_effect(batch, note_finish);

    while (page.len < len && page.len < FINISHED_PAGE_MAX &&
           compare_lines(notes, &notes[page.len]) == 0) {
        page.tasks[page.len] = notes[page.len].number;
        page.len++;
    }
    finished_insert(batch->db, &page);
    batch->rows++;
    effect->object = notes->queue;
    effect->data = arena_copy(batch->mem, notes, sizeof(*notes));
    return page.len;
}

void retention_write(struct batch *batch)
{
    struct finish_notes *notes = &batch->finishes;
    /* Each finish has an event, so these numbers are the batch's own. */
    int64_t number = batch->before.event;

    if (notes->len > 1)
        qsort(notes->at, notes->len, sizeof(*notes->at), by_line);
    for (unsigned i = 0; i < notes->len;)
        i += write_page(batch, &notes->at[i], notes->len - i, ++number);
    ASSERT(number <= batch->hot->last_event);
}

/* ---- when ---- */

static int64_t kept_tasks(const struct hot_queue *queue)
{
    int64_t tasks = 0;

    for (int state = 1; state < TASK_STATE_MAX; state++)
        if (task_state_is_terminal((enum task_state)state))
            tasks += hot_in_state(&queue->counts, (enum task_state)state);
    return tasks;
}

static enum retention_over is_over(const struct hot_queue *queue)
{
    return retention_over(&queue->settings.retention, kept_tasks(queue),
                          queue->kept.bytes + queue->kept.adding_bytes);
}

void retention_time(struct hot *hot, struct hot_queue *queue)
{
    const int64_t *oldest_ms = queue->kept.oldest_ms;
    int64_t due_ms = INT64_MAX;

    for (int kind = 0; kind < RETENTION_KINDS; kind++) {
        int64_t at_ms = retention_due_ms(&queue->settings.retention, (enum retention_kind)kind,
                                         oldest_ms[kind]);

        if (at_ms < due_ms)
            due_ms = at_ms;
    }
    if (retention_first(oldest_ms) != RETENTION_KINDS && is_over(queue) != RETENTION_FITS)
        due_ms = 0;
    if (due_ms == INT64_MAX)
        heap_remove(&hot->kept_due, &queue->kept.due);
    else
        heap_set(&hot->kept_due, &queue->kept.due, due_ms);
}

void retention_load(struct hot *hot)
{
    struct hot_queue *queue;

    for (size_t at = 0; (queue = map_each(hot->queues, &at)) != NULL;) {
        if (kept_tasks(queue) == 0)
            continue;
        for (int kind = 0; kind < RETENTION_KINDS; kind++)
            queue->kept.oldest_ms[kind] = 0; /* the first look finds out */
        retention_time(hot, queue);
    }
}

int64_t retention_next_mono(const struct engine *engine)
{
    const struct heap_node *first = heap_first(&engine->hot.kept_due);
    struct moment now = engine_now(engine);

    if (first == NULL || engine->drain.is_asked)
        return INT64_MAX;

    int64_t next_ms = now.mono_ms + (first->key - now.wall_ms);

    return next_ms > engine->retention_mono_ms ? next_ms : engine->retention_mono_ms;
}

/* ---- deleting ---- */

/* The heads of a queue's lines, read as they are needed. */
struct sweep {
    struct batch *batch;
    struct hot_queue *queue;
    struct finished_page heads[RETENTION_KINDS];
    int64_t oldest_ms[RETENTION_KINDS];
    unsigned left;
};

static void read_head(struct sweep *sweep, enum retention_kind kind)
{
    bool is_there =
        finished_first(sweep->batch->db, sweep->queue->head.number, kind, &sweep->heads[kind]);

    sweep->oldest_ms[kind] = is_there ? sweep->heads[kind].place_ms : INT64_MAX;
}

/* It may have been deleted, or run once more and stand elsewhere now. */
static bool is_meant(const struct finished_page *page, const struct task *task)
{
    return task_state_is_terminal(task->state) &&
           retention_kind_of(task->state, task->result_ttl_ms) == page->kind &&
           retention_place_ms(task->finished_at_ms, task->result_ttl_ms) == page->place_ms;
}

static void drop_task(struct sweep *sweep, struct task *task, const char *reason)
{
    task_remove(sweep->batch, task);
    batch_queue_metric(sweep->batch, METRIC_DELETED, task_queue(sweep->batch, task),
                       bytes_of(reason));
}

/* Tasks of the head, in order: all, or as many as there are too many. */
static void drop_head(struct sweep *sweep, enum retention_kind kind, enum retention_over over)
{
    static const char *const REASONS[] = {[RETENTION_FITS] = "age",
                                          [RETENTION_OVER_COUNT] = "count",
                                          [RETENTION_OVER_BYTES] = "bytes"};
    struct finished_page *page = &sweep->heads[kind];
    unsigned done = 0;

    while (done < page->len && sweep->left > 0 &&
           (over == RETENTION_FITS || is_over(sweep->queue) != RETENTION_FITS)) {
        struct task task;

        if (task_load_number(sweep->batch->db, page->tasks[done++], &task) && is_meant(page, &task))
            drop_task(sweep, &task, REASONS[over]);
        sweep->left--;
    }
    finished_drop(sweep->batch->db, page, done);
    sweep->batch->rows++;
    read_head(sweep, kind);
}

static bool drop_due(struct sweep *sweep)
{
    for (int kind = 0; kind < RETENTION_KINDS; kind++)
        if (retention_due_ms(&sweep->queue->settings.retention, (enum retention_kind)kind,
                             sweep->oldest_ms[kind]) <= sweep->batch->now.wall_ms) {
            drop_head(sweep, (enum retention_kind)kind, RETENTION_FITS);
            return true;
        }
    return false;
}

static bool drop_excess(struct sweep *sweep)
{
    enum retention_over over = is_over(sweep->queue);
    enum retention_kind kind = retention_first(sweep->oldest_ms);

    if (over == RETENTION_FITS || kind == RETENTION_KINDS)
        return false;
    drop_head(sweep, kind, over);
    return true;
}

static void know_heads(struct engine *engine, struct effect *effect)
{
    struct hot_queue *queue = effect->object;
    const struct sweep *sweep = effect->data;

    for (int kind = 0; kind < RETENTION_KINDS; kind++)
        queue->kept.oldest_ms[kind] = sweep->oldest_ms[kind];
    retention_time(&engine->hot, queue);
}

static void time_again(struct effect *effect)
{
    struct hot_queue *queue = effect->object;

    const struct sweep *sweep = effect->data;

    retention_time(sweep->batch->hot, queue);
}

static unsigned sweep_queue(struct batch *batch, struct hot_queue *queue, unsigned left)
{
    struct sweep *sweep = arena_alloc(batch->mem, sizeof(*sweep));
    struct effect *effect = batch_effect(batch, know_heads);

    effect->object = queue;
    effect->data = sweep;
    effect->cancel = time_again;
    sweep->batch = batch;
    sweep->queue = queue;
    sweep->left = left;
    for (int kind = 0; kind < RETENTION_KINDS; kind++)
        read_head(sweep, (enum retention_kind)kind);
    while (sweep->left > 0 && (drop_due(sweep) || drop_excess(sweep)))
        ;
    return sweep->left;
}

/* Half as many as there are commands, so that a broker that is never idle keeps up, too. */
static unsigned slice(const struct batch *batch)
{
    const struct list *commands = &batch->commands;
    unsigned waiting = 0;

    for (struct list_node *node = list_first(commands); node != NULL && waiting < 2 * SLICE_IDLE;
         node = list_next(commands, node))
        waiting++;
    if (waiting == 0 && mailbox_is_empty(&batch->engine->mailbox))
        return SLICE_IDLE;
    return waiting / 2 > SLICE_BUSY ? waiting / 2 : SLICE_BUSY;
}

/* On a full disk what ends work comes first: deleting writes, too. */
static bool may_run(const struct batch *batch)
{
    const struct engine *engine = batch->engine;

    return retention_next_mono(engine) <= batch->now.mono_ms &&
           (!engine->disk_is_full || list_is_empty(&batch->commands));
}

void retention_run(struct batch *batch)
{
    struct heap *due = &batch->hot->kept_due;
    struct heap_node *node;
    unsigned queues = SLICE_QUEUES;

    if (!may_run(batch))
        return;

    unsigned left = slice(batch);

    while (left > 0 && queues-- > 0 && db_failure(batch->db) == DB_FINE &&
           (node = heap_first(due)) != NULL && node->key <= batch->now.wall_ms) {
        struct hot_kept *kept = CONTAINER_OF(node, struct hot_kept, due);

        heap_remove(due, node);
        left = sweep_queue(batch, CONTAINER_OF(kept, struct hot_queue, kept), left);
    }
    if (!batch->engine->options.manual_clock)
        batch->engine->retention_mono_ms = batch->now.mono_ms + PAUSE_MS;
}
