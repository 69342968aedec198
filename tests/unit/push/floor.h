/* Floor: a real engine in memory with a push room, an endpoint, and this thread as the main loop.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "endpoint.h"
#include "push/push.h"

enum { FLOOR_COMMANDS_MAX = 8192 };

struct floor {
    struct endpoint *endpoint;
    struct metrics *metrics;
    struct engine *engine;
    struct push *push;
    struct push_policy policy;
    unsigned max, per_host;
    struct command *done[FLOOR_COMMANDS_MAX]; /* freed at the end */
    unsigned done_len;
};

int floor_set_up(void **state);
int floor_tear_down(void **state);
/* Open the room again with other bounds. */
void floor_reopen(struct floor *floor, unsigned max, unsigned per_host);
struct command *floor_make(enum command_kind kind);
/* Post it and wait for its answer; its error is none. */
struct command *floor_ask(struct floor *floor, struct command *command);
/* A push worker of queue q at the endpoint's path. */
struct id floor_worker(struct floor *floor, const char *path, int concurrency);
/* At another URL. */
struct id floor_worker_at(struct floor *floor, const char *url, int concurrency);
struct id floor_submit(struct floor *floor, const char *payload);
/* The task as it is now, with its result. */
struct task *floor_look(struct floor *floor, struct id task);
/* Wait until it is in that state; fails the test after 10 s. */
struct task *floor_await(struct floor *floor, struct id task, enum task_state state);
/* Let the loop run for so long. */
void floor_run(struct floor *floor, int ms);
