/* Scenario: what a load run is made of; each mode runs one and prints one result line. */
#pragma once

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
    unsigned connections;
    unsigned batch; /* tasks in one request */
    unsigned rate;  /* requests a second, where the mode has a pace */
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

/* Shared by the modes: the task that everybody submits, and a worker's registration. */
void scenario_add_task(const struct scenario *scenario, struct text *body);
void scenario_add_batch(const struct scenario *scenario, unsigned n, struct text *body);

/* Register worker number i of this run; its id goes to `id`. */
void scenario_register(const struct scenario *scenario, struct client *client, unsigned i,
                       struct text *id);

/* Die, telling what the server said, unless the status is the expected one. */
void scenario_expect(const struct answer *answer, int status, const char *what);
