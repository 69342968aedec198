/* Loop: file descriptors that wake us, and whom each belongs to; sleeps together with the HTTP
 * exchanges. */
#pragma once

#include "http.h"

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct watch;

typedef void watch_fn(struct watch *watch);

/* One descriptor; lives inside its owner's struct. */
struct watch {
    int fd; /* -1: none */
    watch_fn *on_ready;
    void *owner;
};

struct loop *loop_new(struct http *http);
void loop_free(struct loop *loop);

/* The descriptor becomes the watch's. */
void loop_add(struct loop *loop, struct watch *watch, bool for_writing);
/* Closes it; fine when there is none. */
void loop_close(struct loop *loop, struct watch *watch);

/* Sleep until something happens or the time is over, then let everyone concerned know. */
void loop_turn(struct loop *loop, int64_t timeout_ms);
