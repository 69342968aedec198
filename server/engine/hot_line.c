/* Line: found by what its tasks have in common; its first few, its counts, its limits. */
#include "hot_line.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/buffer.h"
#include "base/memory.h"
#include "batch.h"
#include "skill.h"

enum { GAPS_FIRST = 16, ASK_LEAST = 16 };

/* ---- finding and making ---- */

/* Class, priority and what is paid, the limits with a newline behind each, the affinity without. */
static struct bytes write_key(struct buffer *text, const struct hot_shelf *shelf,
                              const struct line_row *row)
{
    buffer_init(text, SIZE_MAX);
    buffer_printf(text, "%lld %d %llx\n", (long long)shelf->of_class->head.number,
                  (int)row->priority, (unsigned long long)row->paid);
    buffer_append(text, row->limits);
    buffer_append(text, row->affinity);
    return buffer_bytes(text);
}

static unsigned take_index(struct hot_queue *queue)
{
    if (queue->gaps_len > 0)
        return queue->gaps[--queue->gaps_len];
    queue->lines = mem_resize(queue->lines, (queue->lines_len + 1) * sizeof(struct hot_line *));
    return queue->lines_len++;
}

static void give_index(struct hot_queue *queue, unsigned index)
{
    queue->lines[index] = NULL;
    if (queue->gaps_len == queue->gaps_room) {
        queue->gaps_room = queue->gaps_room > 0 ? queue->gaps_room * 2 : GAPS_FIRST;
        queue->gaps = mem_resize(queue->gaps, queue->gaps_room * sizeof(*queue->gaps));
    }
    queue->gaps[queue->gaps_len++] = index;
}

static void find_limits(struct hot *hot, struct hot_line *line)
{
    struct bytes rest = line->limits;
    struct limit_use use;
    unsigned len = 0;

    while (limits_next(&rest, &use))
        len++;
    line->uses = mem_alloc((len + 1) * sizeof(*line->uses));
    for (rest = line->limits; limits_next(&rest, &use); line->uses_len++) {
        struct line_use *taken = &line->uses[line->uses_len];

        taken->line = line;
        taken->limit = limit_take(hot, line->shelf->queue->ns, use.name);
        taken->units = use.units;
        taken->is_paid = line->uses_len < TASK_PAID_MAX && (line->paid >> line->uses_len & 1) != 0;
        list_push_back(&taken->limit->users, &taken->of_limit);
    }
}

static struct hot_line *make_line(struct hot *hot, struct hot_shelf *shelf, int32_t priority,
                                  int64_t number)
{
    struct hot_queue *queue = shelf->queue;
    struct hot_line *line = mem_alloc(sizeof(*line));

    line->number = number;
    line->shelf = shelf;
    line->priority = priority;
    line->index = take_index(queue);
    queue->lines[line->index] = line;
    front_forget(&line->front);
    line_changed(line);
    (void)map_put_int(hot->lines, (uint64_t)number, line);
    if (number > hot->last_line)
        hot->last_line = number;
    return line;
}

static struct hot_line *plain_line(struct hot *hot, struct hot_shelf *shelf, int32_t priority,
                                   int64_t number)
{
    struct hot_line *line = map_get_int(shelf->plain_lines, (uint32_t)priority);

    if (line != NULL)
        return line;
    line = make_line(hot, shelf, priority, number);
    (void)map_put_int(shelf->plain_lines, (uint32_t)priority, line);
    return line;
}

static struct bytes key_part(const struct hot_line *line, size_t behind, size_t len)
{
    return len == 0 ? BYTES_NONE : (struct bytes){line->key.at + line->key.len - behind - len, len};
}

static struct hot_line *keyed_line(struct hot *hot, struct hot_shelf *shelf,
                                   const struct line_row *row)
{
    struct buffer text;
    struct bytes key = write_key(&text, shelf, row);
    struct hot_line *line = map_get(shelf->queue->keyed_lines, key);

    if (line == NULL) {
        line = make_line(hot, shelf, row->priority, row->number);
        line->key = (struct bytes){memcpy(mem_alloc(key.len), key.at, key.len), key.len};
        line->limits = key_part(line, row->affinity.len, row->limits.len);
        line->paid = row->paid;
        (void)map_put(shelf->queue->keyed_lines, line->key, line);
        find_limits(hot, line);
        if (row->affinity.len > 0)
            affinity_take(line, row->affinity);
    }
    buffer_fini(&text);
    return line;
}

static struct hot_line *find_line(struct hot *hot, struct hot_shelf *shelf,
                                  const struct line_row *row)
{
    if (row->limits.len == 0 && row->affinity.len == 0)
        return plain_line(hot, shelf, row->priority, row->number);
    return keyed_line(hot, shelf, row);
}

struct hot_line *hot_line(struct hot *hot, struct hot_shelf *shelf, const struct task *task)
{
    return find_line(hot, shelf,
                     &(struct line_row){
                         .number = hot->last_line + 1,
                         .priority = task->priority,
                         .limits = task->rules.limits,
                         .affinity = task->rules.affinity,
                         .paid = task->paid,
                     });
}

struct hot_line *hot_line_numbered(const struct hot *hot, int64_t number)
{
    return map_get_int(hot->lines, (uint64_t)number);
}

static bool has_key(const struct hot_line *line)
{
    return line->key.at != NULL;
}

/* Its affinity's worker is told. */
static void stand_ready(struct hot_line *line)
{
    if (line->affinity != NULL && line_ready(line) > 0)
        affinity_ready(line);
}

struct hot_line *hot_load_line(struct hot *hot, const struct line_row *row)
{
    struct hot_queue *queue = hot_queue_numbered(hot, row->queue);
    struct hot_class *of_class = hot_class_numbered(hot, row->class_number);
    struct hot_line *line;

    if (queue == NULL || of_class == NULL)
        return NULL;
    line = find_line(hot, hot_shelf(queue, of_class), row);
    line->has_row = true;
    line->ready += row->live - row->aside; /* less those that are leased, which come later */
    line->live += row->live;
    line->aside += row->aside;
    line->front.bound =
        (struct ready_head){.number = row->first, .share = row->share, .priority = row->priority};
    for (unsigned i = 0; i < line->uses_len; i++)
        limit_load(line->uses[i].limit, 0, row->live * line->uses[i].units);
    stand_ready(line);
    if (has_key(line) && line->live == 0)
        list_push_back(&hot->idle_lines, &line->idle);
    return line;
}

void line_load_leased(struct hot_line *line)
{
    line->ready--;
}

/* ---- going ---- */

static void free_line(struct hot_line *line)
{
    front_fini(&line->front);
    free(line->uses);
    free((void *)(uintptr_t)line->key.at);
    free(line);
}

void hot_drop_line(struct hot *hot, struct hot_line *line)
{
    struct hot_queue *queue = line->shelf->queue;
    struct skill *skill;

    ASSERT(line->live + line->adding_live == 0 && has_key(line));
    for (size_t at = 0; (skill = map_each(hot->skills, &at)) != NULL;)
        skill_forget_line(skill, line);
    for (unsigned i = 0; i < line->uses_len; i++) {
        list_remove(&line->uses[i].of_limit);
        limit_drop(line->uses[i].limit);
    }
    if (line->affinity != NULL)
        affinity_drop(line);
    (void)map_remove(queue->keyed_lines, line->key);
    (void)map_remove_int(hot->lines, (uint64_t)line->number);
    give_index(queue, line->index);
    list_remove(&line->changed);
    list_remove(&line->idle);
    free_line(line);
}

void hot_free_lines(struct hot_queue *queue)
{
    for (unsigned i = 0; i < queue->lines_len; i++)
        if (queue->lines[i] != NULL)
            free_line(queue->lines[i]);
    free(queue->lines);
    free(queue->gaps);
    map_free(queue->keyed_lines);
}

/* ---- counts and the first few ---- */

void line_count(struct hot *hot, struct hot_line *line, enum task_state state, int64_t tasks)
{
    line->adding_live += tasks;
    if (state == TASK_READY)
        line->adding_ready += tasks;
    else if (!task_state_is_leased(state))
        line->adding_aside += tasks;
    if (state == TASK_READY && tasks > 0)
        line->is_filled = true;
    if (!list_is_linked(&line->dirty))
        list_push_back(&hot->dirty_lines, &line->dirty);
}

int64_t line_ready(const struct hot_line *line)
{
    return line->ready + line->adding_ready;
}

void line_changed(struct hot_line *line)
{
    struct hot_queue *queue = line->shelf->queue;

    line->changed_at = ++queue->changes;
    list_remove(&line->changed);
    list_push_front(&queue->changed, &line->changed);
}

void line_enters(struct hot_line *line, const struct ready_head *head)
{
    if (front_enter(&line->front, head, line_ready(line) - 1))
        line_changed(line);
    stand_ready(line);
}

void line_leaves(struct hot_line *line, int64_t number)
{
    if (front_leave(&line->front, number) || line_ready(line) == 0)
        line_changed(line);
}

bool line_learn(struct hot_line *line, struct db *db, unsigned wanted)
{
    struct ready_head heads[FRONT_MAX];
    unsigned max = wanted < ASK_LEAST ? ASK_LEAST : wanted > FRONT_MAX ? FRONT_MAX : wanted;
    unsigned len = ready_heads(db, line->number, max, heads);

    if (db_failure(db) != DB_FINE)
        return false;
    front_fill(&line->front, heads, len);
    line_changed(line);
    return true;
}

/* ---- limits ---- */

const struct line_use *line_use_of(const struct hot_line *line, const struct hot_limit *limit)
{
    for (unsigned i = 0; i < line->uses_len; i++)
        if (line->uses[i].limit == limit)
            return &line->uses[i];
    return NULL;
}

bool use_has_room(const struct line_use *use, int64_t now_mono_ms, int64_t *ret_wait_ms)
{
    return limit_has_room(use->limit, use->units, use->is_paid, now_mono_ms, ret_wait_ms);
}

bool use_never_fits(const struct line_use *use)
{
    const struct limit_settings *settings = &use->limit->settings;

    return use->is_paid ? !limit_fits(settings, 0, use->units)
                        : limit_never_fits(settings, use->units);
}

struct hot_limit *line_full_limit(const struct hot_line *line, int64_t now_mono_ms,
                                  int64_t *ret_wait_ms)
{
    for (unsigned i = 0; i < line->uses_len; i++)
        if (!use_has_room(&line->uses[i], now_mono_ms, ret_wait_ms))
            return line->uses[i].limit;
    return NULL;
}

int64_t line_units(const struct hot_line *line, const struct hot_limit *limit)
{
    for (unsigned i = 0; i < line->uses_len; i++)
        if (line->uses[i].limit == limit)
            return line->uses[i].units;
    return 0;
}

bool line_is_held(const struct hot_line *line, int64_t now_mono_ms)
{
    int64_t wait_ms;

    return line->uses_len > 0 && line_full_limit(line, now_mono_ms, &wait_ms) != NULL;
}

void line_claim(struct batch *batch, struct hot_line *line)
{
    line->passed = 0;
    for (unsigned i = 0; i < line->uses_len; i++)
        limit_claim(batch, line->uses[i].limit, line->uses[i].units, line->uses[i].is_paid);
}

void line_release(struct batch *batch, struct hot_line *line)
{
    for (unsigned i = 0; i < line->uses_len; i++)
        limit_release(batch, line->uses[i].limit, line->uses[i].units);
}

void line_hold(struct batch *batch, struct hot_line *line, int64_t tasks)
{
    for (unsigned i = 0; i < line->uses_len; i++)
        limit_hold(batch, line->uses[i].limit, tasks * line->uses[i].units);
}

int64_t queue_held_back(const struct hot_queue *queue, int64_t now_mono_ms)
{
    const struct hot_line *line;
    int64_t held = 0;

    for (size_t at = 0; (line = map_each(queue->keyed_lines, &at)) != NULL;)
        if (line_ready(line) > 0 && line_is_held(line, now_mono_ms))
            held += line_ready(line);
    return held;
}

int64_t lines_blocked_by(const struct hot_limit *limit, int64_t now_mono_ms)
{
    int64_t blocked = 0, wait_ms;

    for (struct list_node *node = list_first(&limit->users); node != NULL;
         node = list_next(&limit->users, node)) {
        const struct line_use *use = CONTAINER_OF(node, struct line_use, of_limit);

        if (!use_has_room(use, now_mono_ms, &wait_ms))
            blocked += line_ready(use->line);
    }
    return blocked;
}

/* ---- with the batch ---- */

/* What a claim takes away alone is no news: those that are leased are counted at a start, and
 * nothing stands before a first that has left. */
static bool has_news(const struct hot_line *line)
{
    return line->is_filled || line->adding_live != 0 || line->adding_aside != 0;
}

static void write_line(struct db *db, struct hot_line *line)
{
    const struct ready_head *first = front_bound(&line->front);
    struct line_row row = {
        .number = line->number,
        .live = line->live + line->adding_live,
        .aside = line->aside + line->adding_aside,
        .share = first->share,
        .first = first->number,
    };

    line->is_written = true;
    if (line->has_row && !line->is_swept) {
        line_update(db, &row);
        return;
    }
    row.queue = line->shelf->queue->head.number;
    row.class_number = line->shelf->of_class->head.number;
    row.priority = line->priority;
    row.limits = line->limits;
    row.paid = line->paid;
    row.affinity = line->affinity == NULL ? BYTES_NONE : line->affinity->key;
    line_insert(db, &row);
}

void lines_write(struct batch *batch)
{
    for (struct list_node *node = list_first(&batch->hot->dirty_lines); node != NULL;
         node = list_next(&batch->hot->dirty_lines, node)) {
        struct hot_line *line = CONTAINER_OF(node, struct hot_line, dirty);

        /* Swept, it goes with this batch: a row written now would stay for ever. */
        if (has_news(line) && !(line->is_swept && line->live + line->adding_live == 0))
            write_line(batch->db, line);
    }
}

static void settle_line(struct hot *hot, struct hot_line *line, bool keep)
{
    if (keep) {
        line->live += line->adding_live;
        line->ready += line->adding_ready;
        line->aside += line->adding_aside;
        line->has_row |= line->is_written;
    }
    line->adding_live = line->adding_ready = line->adding_aside = 0;
    line->is_filled = line->is_written = false;
    if (line->live > 0)
        list_remove(&line->idle);
    else if (has_key(line) && !list_is_linked(&line->idle))
        list_push_back(&hot->idle_lines, &line->idle);
    if (keep)
        return;
    /* What was known of its first may be of the batch that did not come to be. */
    front_forget(&line->front);
    stand_ready(line);
    line_changed(line);
}

void hot_lines_settle(struct hot *hot, bool keep)
{
    struct list_node *node;

    while ((node = list_pop_front(&hot->dirty_lines)) != NULL)
        settle_line(hot, CONTAINER_OF(node, struct hot_line, dirty), keep);
}

static void drop_line(struct engine *engine, struct effect *effect)
{
    struct hot_line *line = effect->object;

    line->is_swept = false;
    if (line->live + line->adding_live == 0)
        hot_drop_line(&engine->hot, line);
}

static void keep_line(struct effect *effect)
{
    ((struct hot_line *)effect->object)->is_swept = false;
}

int64_t lines_sweep(struct batch *batch, unsigned max)
{
    unsigned len = 0;

    for (struct list_node *node = list_first(&batch->hot->idle_lines); node != NULL && len < max;
         node = list_next(&batch->hot->idle_lines, node)) {
        struct hot_line *line = CONTAINER_OF(node, struct hot_line, idle);

        struct effect *effect = batch_effect(batch, drop_line);

        effect->object = line;
        effect->cancel = keep_line;
        line->is_swept = true;
        line_delete(batch->db, line->number);
        len++;
    }
    return len;
}
