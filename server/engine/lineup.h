/* Lineup: the lines of one queue that a skill may run, level by level of priority; the line whose
 * first stands before all others of its level on top, and those that a limit holds back out of the
 * way until there may be room. */
#pragma once

#include "base/clock.h"
#include "hot_line.h"
#include "lineup_heap.h"
#include "skill.h"

struct lineup {
    const struct skill *skill;
    struct hot_queue *queue;
    struct lineup_level **levels; /* highest priority first */
    unsigned levels_len;
    struct lineup_place *
        *places; /* of each of the queue's lines, by its index; NULL: not seen yet */
    unsigned places_len;
    uint64_t seen; /* the queue's count of changes when the lineup looked last */
};

/* Who looks. */
struct lineup_look {
    struct db *db;
    struct moment now;
    unsigned wanted;      /* about so many tasks */
    int32_t min_priority; /* nothing below */
};

struct lineup_pick {
    const struct ready_head *head; /* NULL: there is none */
    struct hot_line *line;
    /* Its priority, with one more for each aging_ms that it has waited. */
    double rank;
};

struct lineup *lineup_new(const struct skill *skill, struct hot_queue *queue);
void lineup_free(struct lineup *lineup);
/* The task of the queue that the skill should run next; the store is asked only for lines that may
 * have it. */
struct lineup_pick lineup_first(struct lineup *lineup, const struct lineup_look *look);
/* Which of these lines, of the first's priority, may go before it: the one whose own first stands
 * before those of the others. NULL: none may. */
struct hot_line *lineup_preferred(struct lineup *lineup, struct hot_line *first,
                                  struct hot_line *const *lines, unsigned lines_len,
                                  const struct lineup_look *look);
/* The first of the line is taken before the first of all. */
void lineup_pass(struct lineup *lineup, struct hot_line *first, const struct hot_line *line);
/* The line is about to be freed. */
void lineup_forget(struct lineup *lineup, const struct hot_line *line);
