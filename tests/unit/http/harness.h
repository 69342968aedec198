/* Harness: a server with a few routes on a thread of its own, and a client that says exactly the bytes it is told. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/server.h"

struct harness;

/* What the routes have seen; read from the test's thread. */
struct harness_seen {
    atomic_int answered;   /* on_answered calls */
    atomic_int alive;      /* of parked requests, when last asked; -1: not asked */
    atomic_int cuts;       /* streams that were cut */
    atomic_int pieces;     /* of streams */
    atomic_int held;       /* how often a stream was held */
    atomic_int released;   /* request states given back */
};

/* options: NULL for the usual ones; routes, ctx, listen and on_answered are the harness's. */
struct harness *harness_start(const struct http_server_options *options);
/* Closes the server and ends its thread; fails the test when it does not. */
void harness_stop(struct harness *harness);
struct http_server_options harness_options(void);
struct harness_seen *harness_seen(struct harness *harness);
struct http_server_stats harness_stats(struct harness *harness);
void harness_quiesce(struct harness *harness);

/* ---- the client ---- */

enum { ANSWER_MAX = 1 << 20 };

struct answer {
    int status; /* 0: the connection ended before an answer */
    char head[4096];
    char body[8192]; /* cut */
    size_t body_len;
};

int client_open(struct harness *harness);
void client_send(int fd, const char *bytes, size_t len);
void client_say(int fd, const char *text);
/* Reads one answer; gives up after 5 s. */
struct answer client_read(int fd, bool is_head_only);
/* Did the other side close (or reset) within wait_ms? */
bool client_is_closed(int fd, int wait_ms);
void client_close(int fd);
/* Open, say, read, close. */
struct answer client_ask(struct harness *harness, const char *text);
struct answer client_ask_bytes(struct harness *harness, const char *bytes, size_t len);
/* A header's value by its exact name, copied to a static place; "" when absent. */
const char *answer_header(const struct answer *answer, const char *name);
bool answer_has(const struct answer *answer, const char *text); /* in the body */
/* Wait until *value is at least least; false after 5 s. */
bool wait_for(atomic_int *value, int least);
