/* Errand: a command that the room sends to the engine, and what it does with the answer. */
#pragma once

#include <stdatomic.h>

#include "engine/command.h"

struct errand;
struct inbox;
struct push;
struct target;

enum { ERRAND_AGAIN_MS = 1000 }; /* so long after a refusal it is asked again */
/* Of those that are parked: until there is something. */
#define ERRAND_FOREVER_MS (INT64_MAX / 2)

typedef void errand_back(struct push *push, struct errand *errand);

struct errand {
    struct command command;
    struct inbox *inbox;
    struct target *target; /* that it is about; it stays as long as the errand is out. NULL: none */
    errand_back
        *on_back;      /* room's thread; frees the errand or keeps its memory. NULL: only freed */
    int64_t posted_ms; /* the room's time */
    atomic_bool is_unwanted; /* parked: its answer shall be nothing */
};

/* In mem, which becomes the command's; NULL: a new arena. */
struct errand *errand_new(struct arena *mem, enum command_kind kind, errand_back *on_back);
/* About a target: in its namespace. */
void errand_about(struct errand *errand, struct target *target);
/* The engine is told of all that was posted at the end of the room's turn. */
void errand_post(struct push *push, struct errand *errand);
/* Of a parked one: as if its client had hung up, or had not. */
void errand_want(struct errand *errand, bool is_wanted);
/* Refused for the engine's sake, as a full disk is: nothing was stored, and what it reports is to
 * be reported again. */
bool errand_has_to_be_repeated(const struct errand *errand);
/* Hand out what came back. */
void errands_fetch(struct push *push);
