/* Fair: levels of a queue, each with its clock and its keys. */
#include "fair.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "store/repo_line.h"

/* Keys that one dispatch forgets. */
enum { PASSED_MAX = 16 };

struct fair_clock {
    int64_t now; /* the virtual time */
    int64_t top; /* the latest place that was given out */
};

/* One priority of a queue. */
struct hot_level {
    const struct hot_queue *queue;
    int32_t priority;
    struct fair_clock clock, before; /* before: the batch at work */
    struct map *shares;              /* by key */
    struct heap ends;                /* of shares, by what they have been given */
    struct list_node dirty;
};

#define FINISH_NONE INT64_C(-1)

/* What a key has been given. */
struct hot_share {
    struct hot_level *level;
    struct bytes key;
    int64_t finish, before; /* FINISH_NONE: it has no row */
    struct heap_node end;
    struct list_node dirty;
};

static struct hot_level *level_of(struct hot_queue *queue, int32_t priority)
{
    struct hot_level *level = queue->last_level;

    if (level != NULL && level->priority == priority)
        return level;
    level = map_get_int(queue->levels, (uint32_t)priority);
    if (level != NULL)
        return queue->last_level = level;
    level = mem_alloc(sizeof(*level));
    level->queue = queue;
    level->priority = priority;
    level->shares = map_new();
    heap_init(&level->ends);
    (void)map_put_int(queue->levels, (uint32_t)priority, level);
    return level;
}

/* So many keys with a backlog in one level; those above it share one. */
enum { SHARES_MAX = 200000 };

static struct hot_share *find_share(const struct hot_level *level, struct bytes key)
{
    struct hot_share *share = map_get(level->shares, key);

    return share != NULL || map_len(level->shares) < SHARES_MAX ? share
                                                                : map_get(level->shares, BYTES(""));
}

static void set_finish(struct hot_share *share, int64_t finish)
{
    share->finish = finish;
    heap_set(&share->level->ends, &share->end, finish);
}

static struct hot_share *make_share(struct hot_level *level, struct bytes key, int64_t finish)
{
    struct hot_share *share = mem_alloc(sizeof(*share));
    char *text = mem_alloc(key.len + 1);

    if (key.len > 0)
        memcpy(text, key.at, key.len);
    share->level = level;
    share->key = (struct bytes){text, key.len};
    share->before = finish;
    set_finish(share, finish);
    (void)map_put(level->shares, share->key, share);
    return share;
}

static void free_share(struct hot_share *share)
{
    heap_remove(&share->level->ends, &share->end);
    (void)map_remove(share->level->shares, share->key);
    free((void *)(uintptr_t)share->key.at);
    free(share);
}

static void level_changes(struct batch *batch, struct hot_level *level)
{
    if (!list_is_linked(&level->dirty))
        list_push_back(&batch->hot->dirty_levels, &level->dirty);
}

static void share_changes(struct batch *batch, struct hot_share *share)
{
    if (!list_is_linked(&share->dirty))
        list_push_back(&batch->hot->dirty_shares, &share->dirty);
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

int64_t fair_enter(struct batch *batch, const struct fair_ask *ask)
{
    struct hot_level *level = level_of(ask->queue, ask->priority);
    struct hot_share *share;

    level_changes(batch, level);
    /* In the order of arrival, behind all that stand there from when it was fair. */
    if (!ask->queue->settings.is_fair) {
        level->clock.top = later(level->clock.now, level->clock.top);
        return ask->comes_back ? level->clock.now : level->clock.top;
    }
    share = find_share(level, ask->key);
    if (share == NULL)
        share = make_share(level, map_len(level->shares) < SHARES_MAX ? ask->key : BYTES(""),
                           FINISH_NONE);
    share_changes(batch, share);
    set_finish(share, later(level->clock.now, share->finish) + ask->step);
    level->clock.top = later(level->clock.top, share->finish);
    return ask->comes_back ? level->clock.now + ask->step : share->finish;
}

void fair_leave(struct batch *batch, const struct fair_ask *ask)
{
    struct hot_level *level = level_of(ask->queue, ask->priority);
    struct hot_share *share = find_share(level, ask->key);

    if (share == NULL)
        return;
    share_changes(batch, share);
    set_finish(share, later(level->clock.now, share->finish - ask->step));
}

/* Also of keys that have nothing waiting any more: what came back was served before its key's end.
 */
static void drop_passed(struct batch *batch, struct hot_level *level)
{
    struct heap_node *node;

    for (unsigned left = PASSED_MAX;
         left > 0 && (node = heap_first(&level->ends)) != NULL && node->key <= level->clock.now;
         left--) {
        heap_remove(&level->ends, node);
        share_changes(batch, CONTAINER_OF(node, struct hot_share, end));
    }
}

void fair_serve(struct batch *batch, const struct fair_ask *ask, int64_t place)
{
    struct hot_level *level = level_of(ask->queue, ask->priority);

    level->clock.now = later(level->clock.now, place);
    level_changes(batch, level);
    drop_passed(batch, level);
}

static bool is_passed(const struct hot_share *share)
{
    return share->finish <= share->level->clock.now;
}

void fair_write(struct batch *batch)
{
    struct hot *hot = batch->hot;

    for (struct list_node *node = list_first(&hot->dirty_levels); node != NULL;
         node = list_next(&hot->dirty_levels, node)) {
        const struct hot_level *level = CONTAINER_OF(node, struct hot_level, dirty);

        level_save(batch->db, &(struct level_row){level->queue->head.number, level->priority,
                                                  level->clock.now, level->clock.top});
    }
    for (struct list_node *node = list_first(&hot->dirty_shares); node != NULL;
         node = list_next(&hot->dirty_shares, node)) {
        const struct hot_share *share = CONTAINER_OF(node, struct hot_share, dirty);
        struct share_row row = {share->level->queue->head.number, share->level->priority,
                                share->key, share->finish};

        if (!is_passed(share))
            share_save(batch->db, &row);
        else if (share->before != FINISH_NONE)
            share_delete(batch->db, &row);
    }
}

void hot_fair_settle(struct hot *hot, bool keep)
{
    struct list_node *node;

    while ((node = list_pop_front(&hot->dirty_levels)) != NULL) {
        struct hot_level *level = CONTAINER_OF(node, struct hot_level, dirty);

        if (keep)
            level->before = level->clock;
        else
            level->clock = level->before;
    }
    while ((node = list_pop_front(&hot->dirty_shares)) != NULL) {
        struct hot_share *share = CONTAINER_OF(node, struct hot_share, dirty);

        if (keep)
            share->before = share->finish;
        else
            set_finish(share, share->before);
        if (is_passed(share) || share->finish == FINISH_NONE)
            free_share(share);
        else
            set_finish(share, share->finish);
    }
}

static void on_level(void *ctx, const struct level_row *row)
{
    struct hot_queue *queue = hot_queue_numbered(ctx, row->queue);
    struct hot_level *level;

    if (queue == NULL)
        return;
    level = level_of(queue, row->priority);
    level->clock = level->before = (struct fair_clock){row->now, row->top};
}

static void on_share(void *ctx, const struct share_row *row)
{
    struct hot_queue *queue = hot_queue_numbered(ctx, row->queue);

    if (queue != NULL)
        (void)make_share(level_of(queue, row->priority), row->key, row->finish);
}

void fair_load(struct hot *hot, struct db *db)
{
    level_each(db, on_level, hot);
    share_each(db, on_share, hot);
}

void hot_free_levels(struct hot_queue *queue)
{
    struct hot_level *level;
    struct hot_share *share;

    for (size_t at = 0; (level = map_each(queue->levels, &at)) != NULL;) {
        for (size_t of = 0; (share = map_each(level->shares, &of)) != NULL;)
            free_share(share);
        map_free(level->shares);
        heap_fini(&level->ends);
        free(level);
    }
    map_free(queue->levels);
}
