/* Stage: an engine without its thread, on a clock that only the test moves; commands are posted and
 * their answers looked at. Whatever was asked lives until the stage is struck. */
#pragma once

#include "engine/engine.h"
#include "scratch.h"

struct db;

struct stage {
    struct engine *engine;
    struct engine_options options;
    struct moment now;
    struct metrics *metrics;
    int exit_code; /* -1: it has not ended */
    unsigned wakes;
    struct asked *asked; /* all commands, newest first */
    struct random_seeded random;
    struct scratch scratch; /* of a store on disk */
    bool is_on_disk;
    char store_name[64];
    struct db *keeper; /* holds a store in memory from one engine to the next */
};

struct stage *stage_set(void); /* with a store in memory */
struct stage *stage_set_on_disk(void);
void stage_strike(struct stage *stage);
/* For cmocka: setup and teardown of a test; *state becomes the stage. */
int stage_setup(void **state);
int stage_setup_on_disk(void **state);
int stage_teardown(void **state);
/* Close the engine and open another on the same store; kill: nothing is closed in order. */
void stage_restart(struct stage *stage);
void stage_kill(struct stage *stage);

/* Make a command; it is not yet posted. */
struct command *stage_make(struct stage *stage, enum command_kind kind);
void stage_post(struct stage *stage, struct command *command);
/* Run all that can be run now. */
void stage_settle(struct stage *stage);
/* Post and settle; returns the command, which is answered or parked. */
struct command *stage_ask(struct stage *stage, struct command *command);
bool is_answered(const struct command *command);
/* Its client goes away without a word. */
void stage_hang_up(struct command *command);
/* Time goes by, one due moment after the other. */
void stage_pass(struct stage *stage, int64_t ms);
/* Time goes by and nobody notices, as when the process is stopped. */
void stage_skip(struct stage *stage, int64_t ms);

int64_t stage_metric(const struct stage *stage, enum metric metric);
/* The first column of the first row; -1: there is none. */
int64_t stage_number(const struct stage *stage, const char *sql);
