/* Workers: registration, signs of life, silence, leaving. */
#pragma once

#include "mover.h"

/* It called: it lives. */
void worker_seen(struct batch *batch, struct hot_worker *worker);
/* Its timer is due: it is lost, or forgotten after a day. */
void worker_silent(struct batch *batch, struct hot_worker *worker);
/* The state that is shown of one whose endpoint answered 410. */
#define WORKER_DISABLED "disabled"

/* What a worker hears: run, quiet, terminate. */
const char *worker_order(const struct hot_worker *worker);
void worker_time(struct engine *engine, struct hot_worker *worker);
/* Names as rows hold them: a newline behind each. */
struct bytes worker_lines(const struct bytes *names, unsigned len, struct arena *arena);
/* After COMMIT: its queues are matched with who waits again. */
void worker_look_again(struct engine *engine, const struct hot_worker *worker);
/* As it stands; strings are the worker's own. */
struct worker_row worker_row_of(const struct hot_worker *worker, struct arena *arena);
