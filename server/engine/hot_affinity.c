/* Affinity: found by its key; bound to a worker, and undone with the batch. Lists of what may be
 * ready are kept loosely: a line is put there when something of it becomes ready, and taken out
 * when one that looks finds nothing. */
#include "hot_affinity.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "batch.h"
#include "hot_line.h"

static struct hot_affinity *make_affinity(struct hot_queue *queue, struct bytes key)
{
    struct hot_affinity *affinity = mem_alloc(sizeof(*affinity));

    affinity->queue = queue;
    affinity->key = (struct bytes){memcpy(mem_alloc(key.len), key.at, key.len), key.len};
    list_init(&affinity->ready);
    (void)map_put(queue->affinities, affinity->key, affinity);
    return affinity;
}

static void free_affinity(struct hot_affinity *affinity)
{
    (void)map_remove(affinity->queue->affinities, affinity->key);
    free((void *)(uintptr_t)affinity->key.at);
    free(affinity);
}

static void free_if_unused(struct hot_affinity *affinity)
{
    if (affinity->lines == 0 && affinity->worker == NULL && !list_is_linked(&affinity->dirty))
        free_affinity(affinity);
}

void affinity_take(struct hot_line *line, struct bytes key)
{
    struct hot_queue *queue = line->shelf->queue;
    struct hot_affinity *affinity = map_get(queue->affinities, key);

    if (affinity == NULL)
        affinity = make_affinity(queue, key);
    affinity->lines++;
    line->affinity = affinity;
}

void affinity_drop(struct hot_line *line)
{
    struct hot_affinity *affinity = line->affinity;

    list_remove(&line->among_affinity);
    line->affinity = NULL;
    affinity->lines--;
    free_if_unused(affinity);
}

/* ---- what is ready ---- */

static void show(struct hot_affinity *affinity)
{
    if (affinity->worker == NULL || list_is_empty(&affinity->ready))
        return;
    if (!list_is_linked(&affinity->worker_ready))
        list_push_back(&affinity->worker->affinities_ready, &affinity->worker_ready);
    if (!list_is_linked(&affinity->queue_ready))
        list_push_back(&affinity->queue->affinities_ready, &affinity->queue_ready);
}

static void hide(struct hot_affinity *affinity)
{
    list_remove(&affinity->worker_ready);
    list_remove(&affinity->queue_ready);
}

void affinity_ready(struct hot_line *line)
{
    struct hot_affinity *affinity = line->affinity;

    if (!list_is_linked(&line->among_affinity))
        list_push_back(&affinity->ready, &line->among_affinity);
    show(affinity);
}

/* A look at some lines: which it wants, and how many it may still look at. */
struct search {
    int32_t priority;
    unsigned looks, len;
    struct hot_line **lines;
};

static void search_affinity(struct hot_affinity *affinity, struct search *search)
{
    struct list seen;
    struct list_node *node;

    list_init(&seen);
    while (search->looks > 0 && (node = list_pop_front(&affinity->ready)) != NULL) {
        struct hot_line *line = CONTAINER_OF(node, struct hot_line, among_affinity);

        search->looks--;
        if (line_ready(line) == 0)
            continue;
        list_push_back(&seen, node);
        if (line->priority == search->priority)
            search->lines[search->len++] = line;
    }
    list_move_all(&affinity->ready, &seen);
}

unsigned affinity_lines(struct hot_worker *worker, const struct hot_queue *queue, int32_t priority,
                        struct hot_line *ret_lines[AFFINITY_LOOK_MAX])
{
    struct search search = {.priority = priority, .looks = AFFINITY_LOOK_MAX, .lines = ret_lines};
    struct list seen;
    struct list_node *node;

    list_init(&seen);
    while (search.looks > 0 && (node = list_pop_front(&worker->affinities_ready)) != NULL) {
        struct hot_affinity *affinity = CONTAINER_OF(node, struct hot_affinity, worker_ready);

        if (affinity->queue == queue)
            search_affinity(affinity, &search);
        else
            search.looks--;
        if (list_is_empty(&affinity->ready))
            hide(affinity);
        else
            list_push_back(&seen, node);
    }
    list_move_all(&worker->affinities_ready, &seen);
    return search.len;
}

static bool has_ready(struct hot_affinity *affinity)
{
    struct list_node *node;

    while ((node = list_first(&affinity->ready)) != NULL) {
        if (line_ready(CONTAINER_OF(node, struct hot_line, among_affinity)) > 0)
            return true;
        list_remove(node);
    }
    return false;
}

struct hot_worker *affinity_next_worker(struct hot_queue *queue)
{
    struct list_node *node;

    while ((node = list_pop_front(&queue->affinities_ready)) != NULL) {
        struct hot_affinity *affinity = CONTAINER_OF(node, struct hot_affinity, queue_ready);

        if (has_ready(affinity)) {
            list_push_back(&queue->affinities_ready, node);
            return affinity->worker;
        }
        hide(affinity);
    }
    return NULL;
}

/* ---- whose it is ---- */

static void change(struct hot *hot, struct hot_affinity *affinity, struct hot_worker *worker)
{
    if (!list_is_linked(&affinity->dirty))
        list_push_back(&hot->dirty_affinities, &affinity->dirty);
    hide(affinity);
    if (affinity->worker != NULL) {
        list_remove(&affinity->by_worker);
        affinity->worker->affinities_len--;
    }
    affinity->worker = worker;
    if (worker == NULL)
        return;
    list_push_front(&worker->affinities, &affinity->by_worker);
    worker->affinities_len++;
    show(affinity);
}

void affinity_bind(struct batch *batch, struct hot_affinity *affinity, struct hot_worker *worker)
{
    struct list_node *oldest;

    change(batch->hot, affinity, worker);
    if (worker->affinities_len <= AFFINITY_BOUND_MAX)
        return;
    oldest = worker->affinities.head.prev;
    change(batch->hot, CONTAINER_OF(oldest, struct hot_affinity, by_worker), NULL);
}

/* After the batch: nothing of it is undone any more. */
void affinities_leave(struct hot *hot, struct hot_worker *worker)
{
    struct list_node *node;

    while ((node = list_first(&worker->affinities)) != NULL)
        change(hot, CONTAINER_OF(node, struct hot_affinity, by_worker), NULL);
    hot_affinities_settle(hot, true);
}

void hot_affinities_settle(struct hot *hot, bool keep)
{
    struct list_node *node;

    while ((node = list_pop_front(&hot->dirty_affinities)) != NULL) {
        struct hot_affinity *affinity = CONTAINER_OF(node, struct hot_affinity, dirty);

        if (!keep && affinity->worker != affinity->before) {
            change(hot, affinity, affinity->before);
            list_remove(&affinity->dirty);
        }
        affinity->before = affinity->worker;
        free_if_unused(affinity);
    }
}

void hot_free_affinities(struct hot_queue *queue)
{
    struct hot_affinity *affinity;

    for (size_t at = 0; (affinity = map_each(queue->affinities, &at)) != NULL;)
        free_affinity(affinity);
    map_free(queue->affinities);
}
