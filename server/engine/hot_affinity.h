/* Affinity: a key that tasks of one queue have in common, and the worker that was handed the last
 * of them. It is a preference and nothing more: kept in memory only, and forgotten with the worker,
 * or when the worker was handed tasks of many other keys since. Engine thread only. */
#pragma once

#include "hot.h"

struct batch;
struct hot_line;

struct hot_affinity {
    struct hot_queue *queue;
    struct bytes key;
    struct hot_worker *worker, *before; /* NULL: none; before: the batch at work */
    unsigned lines;
    struct list ready;          /* of its lines, those that may have something ready */
    struct list_node by_worker; /* bound to it */
    struct list_node worker_ready, queue_ready;
    struct list_node dirty; /* bound by the batch at work */
};

enum {
    AFFINITY_BOUND_MAX = 100, /* to one worker */
    AFFINITY_LOOK_MAX = 16,   /* lines that are looked at for one task */
    AFFINITY_OFFER_MAX = 64,  /* workers that are offered what is bound to them, at a time */
    AFFINITY_PASS_MAX = 16,   /* so often in a row others go before the first of a line */
};

/* The line has this affinity; the line goes. */
void affinity_take(struct hot_line *line, struct bytes key);
void affinity_drop(struct hot_line *line);
/* The line may have something ready. */
void affinity_ready(struct hot_line *line);
/* The worker is handed a task of it. */
void affinity_bind(struct batch *batch, struct hot_affinity *affinity, struct hot_worker *worker);
/* Some of the queue's lines of that priority that are bound to the worker and have something ready;
 * how many. Those left out come first the next time. */
unsigned affinity_lines(struct hot_worker *worker, const struct hot_queue *queue, int32_t priority,
                        struct hot_line *ret_lines[AFFINITY_LOOK_MAX]);
/* One after the other, the workers of the queue's that may have something ready; NULL: there are
 * none.
 */
struct hot_worker *affinity_next_worker(struct hot_queue *queue);
/* The worker goes. */
void affinities_leave(struct hot *hot, struct hot_worker *worker);
void hot_affinities_settle(struct hot *hot, bool keep);
void hot_free_affinities(struct hot_queue *queue);
