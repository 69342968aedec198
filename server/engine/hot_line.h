/* Line: the tasks of one class in one queue with one priority, one set of limits, paid or not, and
 * one affinity; whatever holds one of them back holds all. Engine thread only. Counts as in hot.h:
 * a committed part and the batch's. */
#pragma once

#include "domain/rules.h"
#include "hot.h"
#include "hot_affinity.h"
#include "hot_limit.h"
#include "store/repo_line.h"

struct line_use {
    struct hot_line *line;
    struct hot_limit *limit;
    int64_t units;
    bool is_paid; /* its rate took the line's tasks at submit */
    struct list_node of_limit;
};

/* What each claim and each end of a task touches stands first: of thousands of lines none is in the
 * processor's cache. */
struct hot_line {
    int64_t number;
    int64_t ready, adding_ready;
    int64_t live, adding_live;   /* not terminal */
    int64_t aside, adding_aside; /* of these, neither ready nor leased */
    bool has_row;
    /* What the batch at work has done: made something ready; written its row, deleted it. */
    bool is_filled, is_written, is_swept;
    unsigned passed; /* so often in a row has another gone before its first for its affinity */
    struct list_node dirty; /* has something to add */
    struct front front;     /* of the ready ones, as the batch at work sees them */
    struct hot_shelf *shelf;
    struct line_use *uses;
    unsigned uses_len;
    unsigned index; /* among the queue's lines */
    int32_t priority;
    uint64_t changed_at; /* the queue's count when its first changed last */
    struct list_node changed;
    struct hot_affinity *affinity;   /* NULL: none */
    struct list_node among_affinity; /* it may have something ready */
    struct list_node idle;           /* of hot: has a key and nothing that is live */
    struct bytes key;    /* of its queue's map; NONE: it has neither limits nor affinity */
    struct bytes limits; /* a part of key */
    uint64_t paid;       /* as in struct task */
};

/* Find or make, by the task's priority, limits and affinity. */
struct hot_line *hot_line(struct hot *hot, struct hot_shelf *shelf, const struct task *task);
struct hot_line *hot_line_numbered(const struct hot *hot, int64_t number); /* NULL: none */
struct hot_line *hot_load_line(struct hot *hot, const struct line_row *row);
/* Nothing of it is live: out of memory, and out of every lineup. */
void hot_drop_line(struct hot *hot, struct hot_line *line);
void hot_free_lines(struct hot_queue *queue);

/* So many tasks in that state more, or fewer. */
void line_count(struct hot *hot, struct hot_line *line, enum task_state state, int64_t tasks);
/* At a start, once the rows are loaded: one of its tasks is leased. */
void line_load_leased(struct hot_line *line);
int64_t line_ready(const struct hot_line *line);
/* A task became ready, or is it no more; told after it was counted. */
void line_enters(struct hot_line *line, const struct ready_head *head);
void line_leaves(struct hot_line *line, int64_t number);
/* Its first may be another now: those who look at it look again. */
void line_changed(struct hot_line *line);
/* Ask the store for its first few, about so many as are wanted. False: the store has failed, and
 * knows nothing. */
bool line_learn(struct hot_line *line, struct db *db, unsigned wanted);
/* The limit that has no room for one of its tasks now; NULL: each has. ret_wait_ms: when time alone
 * will make room; INT64_MAX: it will not. */
struct hot_limit *line_full_limit(const struct hot_line *line, int64_t now_mono_ms,
                                  int64_t *ret_wait_ms);
/* How the line uses one of its limits. */
const struct line_use *line_use_of(const struct hot_line *line, const struct hot_limit *limit);
/* The same as of a limit, for a task of the line. */
bool use_has_room(const struct line_use *use, int64_t now_mono_ms, int64_t *ret_wait_ms);
bool use_never_fits(const struct line_use *use);
bool line_is_held(const struct hot_line *line, int64_t now_mono_ms);
/* That one task of it takes of the limit. */
int64_t line_units(const struct hot_line *line, const struct hot_limit *limit);
/* What its limits count: a task of it is claimed, or its attempt is over. */
void line_claim(struct batch *batch, struct hot_line *line);
void line_release(struct batch *batch, struct hot_line *line);
void line_hold(struct batch *batch, struct hot_line *line, int64_t tasks);

/* How many of the queue's ready tasks are held back by limits. */
int64_t queue_held_back(const struct hot_queue *queue, int64_t now_mono_ms);

/* Before COMMIT: rows of lines that have changed, but for those of which tasks were handed out and
 * nothing else: a start knows that from the leases. */
void lines_write(struct batch *batch);
/* Take out some that have been idle: slices for the broom. */
int64_t lines_sweep(struct batch *batch, unsigned max);
void hot_lines_settle(struct hot *hot, bool keep);
