/* Harness: a server with a few routes on a thread of its own, with an engine of sorts beside it. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/server.h"

struct harness;

/* What the routes have seen; read from the test's thread. */
struct harness_seen {
    atomic_int answered; /* on_answered calls */
    atomic_int alive;    /* of parked requests, when last asked; -1: not asked */
    atomic_int cuts;     /* streams that were cut */
    atomic_int pieces;   /* of streams */
    atomic_int held;     /* how often a stream was held */
    atomic_int released; /* request states given back */
};

/* options: NULL for the usual ones; routes, ctx, listen and on_answered are the harness's. */
struct harness *harness_start(const struct http_server_options *options);
/* Closes the server and ends its thread; fails the test when it does not. */
void harness_stop(struct harness *harness);
struct http_server_options harness_options(void);
struct harness_seen *harness_seen(struct harness *harness);
struct http_server_stats harness_stats(struct harness *harness);
void harness_quiesce(struct harness *harness);
enum err harness_reload(struct harness *harness);

unsigned harness_port(const struct harness *harness);
/* Wait until *value is at least least; false after 5 s. */
bool wait_for(atomic_int *value, int least);
