/* Skill: what workers that announced the same may run; they share one look at each queue. */
#pragma once

#include "hot.h"

struct hot_line;
struct lineup;

struct skill_parts {
    const struct bytes *types;
    unsigned types_len;  /* 0: every type */
    struct bytes labels; /* of domain/labels.h */
    struct bytes pin;    /* the id's text of the one worker that has it; NONE: it is anybody's */
};

struct skill {
    struct bytes key;
    struct skill_parts parts;
    unsigned workers;
    struct map *lineups; /* by the queue's number, made when first asked for */
};

/* Take up what is in parts, or what others took up; each taking is dropped once. */
struct skill *skill_take(struct map *skills, const struct skill_parts *parts);
void skill_drop(struct map *skills, struct skill *skill);
bool skill_runs(const struct skill *skill, const struct hot_class *of_class);
/* The same but for the labels that the class demands. */
bool skill_knows_type(const struct skill *skill, const struct hot_class *of_class);
struct lineup *skill_lineup(struct skill *skill, struct hot_queue *queue);
/* The line is about to be freed. */
void skill_forget_line(const struct skill *skill, const struct hot_line *line);
