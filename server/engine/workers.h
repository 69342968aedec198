/* Workers: registration, signs of life, silence, leaving. */
#pragma once

#include "mover.h"

/* It called: it lives. */
void worker_seen(struct batch *batch, struct hot_worker *worker);
/* Its timer is due: it is lost, or forgotten after a day. */
void worker_silent(struct batch *batch, struct hot_worker *worker);
/* What a worker hears: run, quiet, terminate. */
const char *worker_order(const struct hot_worker *worker);
void worker_time(struct engine *engine, struct hot_worker *worker);
