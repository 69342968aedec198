/* Scenario: what a load run is made of; each mode runs one and prints one result line. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/text.h"
#include "load/client.h"

#define STATUS_OK         200
#define STATUS_CREATED    201
#define STATUS_NO_CONTENT 204

struct scenario {
    const char *target; /* ADDRESS:PORT */
    const char *queue;
    const char *token; /* "": none */
    const char *type;
    /* Members that each task has besides, "" for none: lines taken in turn, in each of which {n}
     * stands for the task's number and {n%1000} for its rest. */
    const char *also;
    const char *worker_also; /* members of a registration */
    const char *beside;      /* what `claims` compares with: ADDRESS:PORT and a queue */
    const char *beside_queue;
    unsigned connections;
    unsigned batch; /* tasks in one request */
    unsigned rate;  /* requests a second, where the mode has a pace */
    unsigned hold;  /* tasks that each worker of drain keeps in hand; 0: one batch */
    bool is_apart;  /* drain tells outcomes by calls of their own */
    int64_t tasks;  /* size of the backlog to drain */
    int64_t warmup_ms;
    int64_t run_ms;
    int64_t server_pid;
};

/* One task a request, each connection sends the next when it has its answer. */
void scenario_submit(const struct scenario *scenario);

/* An array of `batch` tasks a request, else the same. */
void scenario_batch(const struct scenario *scenario);

/* Submits `tasks`, then measures claims of `batch` that finish the ones before in the same call. */
void scenario_drain(const struct scenario *scenario);

/* Submit, claim, complete: one call each, on every connection. */
void scenario_cycle(const struct scenario *scenario);

/* One parked claim, one submitter: time from the first byte sent to the claim's answer read. */
void scenario_dispatch(const struct scenario *scenario);

/* One client submits, claims and completes at two places in turn; how long the claims take. */
void scenario_claims(const struct scenario *scenario);

/* Submits `tasks` and is done. */
void scenario_fill(const struct scenario *scenario);

/* Shared by the modes: the task that everybody submits, with its number, and n from that number on.
 */
void scenario_add_task(const struct scenario *scenario, int64_t number, struct text *body);
void scenario_add_batch(const struct scenario *scenario, int64_t first, unsigned n,
                        struct text *body);

/* Submit `tasks` tasks, many at a time. */
void scenario_add_backlog(const struct scenario *scenario, struct client *client);

/* Register worker number i of this run, with so many slots; its id goes to `id`. */
void scenario_register(const struct scenario *scenario, struct client *client, unsigned i,
                       unsigned slots, struct text *id);

/* Die, telling what the server said, unless the status is the expected one. */
void scenario_expect(const struct answer *answer, int status, const char *what);
