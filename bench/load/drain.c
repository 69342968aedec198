/* Drain: empties a backlog with claims that also carry the outcomes of tasks claimed before, or
 * with claims and outcomes apart; each worker may keep many tasks in hand all the time. */
#include <stdio.h>
#include <stdlib.h>

#include "common/die.h"
#include "load/leases.h"
#include "load/meter.h"
#include "load/scenario.h"

#define NEVER_MS  (1000LL * 3600)
#define CLAIM_MAX 1000

/* One worker; it has its own connection. */
struct drainer {
    struct leases leases;
    struct text worker;
    struct text path;
    struct text body;
    struct text request;
    unsigned told;   /* outcomes in the request */
    bool is_telling; /* they are all of the request */
};

struct drain {
    struct meter meter;
    struct client client;
    const struct scenario *scenario;
    struct drainer *drainers;
    int64_t goal;  /* tasks to finish while it is measured */
    unsigned open; /* workers that still find something */
};

/* Outcomes of the oldest, as many as are in a batch. */
static void add_outcomes(struct drainer *drainer, unsigned max)
{
    text_print(&drainer->body, "\"outcomes\":[");
    for (drainer->told = 0; drainer->told < max && drainer->leases.len > 0; drainer->told++)
        text_print(&drainer->body,
                   "%s{\"lease\":\"%s\",\"outcome\":\"succeeded\",\"result\":{\"ok\":true}}",
                   drainer->told == 0 ? "" : ",", leases_pop(&drainer->leases));
    text_print(&drainer->body, "]");
}

static void send_claim(struct drain *drain, unsigned index)
{
    struct drainer *drainer = &drain->drainers[index];

    text_clear(&drainer->body);
    text_print(&drainer->body, "{\"max\":%u", drain->scenario->batch);
    drainer->told = 0;
    drainer->is_telling = false;
    if (!drain->scenario->is_apart) {
        text_print(&drainer->body, ",");
        add_outcomes(drainer, drain->scenario->batch);
    }
    text_print(&drainer->body, "}");
    text_clear(&drainer->path);
    text_print(&drainer->path, "/v1/workers/%s/claim", drainer->worker.bytes);
    client_post(&drain->client, &drainer->request, drainer->path.bytes, &drainer->body);
    client_send(&drain->client, index, &drainer->request);
}

static void send_outcome(struct drain *drain, unsigned index)
{
    struct drainer *drainer = &drain->drainers[index];

    text_clear(&drainer->path);
    text_print(&drainer->path, "/v1/leases/%s/complete", leases_pop(&drainer->leases));
    text_clear(&drainer->body);
    text_print(&drainer->body, "{\"ok\":true}");
    drainer->told = 1;
    drainer->is_telling = true;
    client_post(&drain->client, &drainer->request, drainer->path.bytes, &drainer->body);
    client_send(&drain->client, index, &drainer->request);
}

static void go_on(struct drain *drain, unsigned index, bool claims)
{
    struct drainer *drainer = &drain->drainers[index];

    if (drain->meter.tasks >= drain->goal || (drainer->leases.len == 0 && !claims))
        drain->open--;
    else if (claims || !drain->scenario->is_apart)
        send_claim(drain, index);
    else
        send_outcome(drain, index);
}

static void on_answer(struct connection *connection, const struct answer *answer)
{
    struct drain *drain = connection->client->context;
    struct drainer *drainer = &drain->drainers[connection->index];

    if (drainer->told > 0) {
        scenario_expect(answer, STATUS_OK, "outcomes");
        if (!drainer->is_telling && answer_count(answer, "\"status\":200") != drainer->told)
            die("not all of %u outcomes were taken: %.300s", drainer->told, answer->body);
        meter_add(&drain->meter, drainer->told, answer->read_ns - answer->sent_ns, answer->read_ns);
    } else if (answer->status != STATUS_NO_CONTENT) {
        scenario_expect(answer, STATUS_OK, "claim");
    }
    if (!drainer->is_telling)
        (void)leases_take(&drainer->leases, answer->body, answer->body + answer->body_bytes);
    go_on(drain, connection->index, drainer->is_telling);
}

/* Before the clock runs: until it has in hand what it is to keep there. */
static void fill_hand(struct drain *drain, struct drainer *drainer, unsigned hold)
{
    struct text reply = {0};
    unsigned taken = 1;

    while (drainer->leases.len < hold && taken > 0) {
        unsigned more = hold - drainer->leases.len;

        text_clear(&drainer->path);
        text_print(&drainer->path, "/v1/workers/%s/claim", drainer->worker.bytes);
        text_clear(&drainer->body);
        text_print(&drainer->body, "{\"max\":%u}", more < CLAIM_MAX ? more : CLAIM_MAX);
        client_post(&drain->client, &drainer->request, drainer->path.bytes, &drainer->body);
        if (client_ask(&drain->client, &drainer->request, &reply) != STATUS_OK)
            die("claim: %.300s", reply.bytes);
        taken = leases_take(&drainer->leases, reply.bytes, reply.bytes + reply.length);
    }
    if (drainer->leases.len < hold)
        die("%u tasks in hand instead of %u", drainer->leases.len, hold);
    text_fini(&reply);
}

static void drainer_init(struct drain *drain, unsigned index)
{
    struct drainer *drainer = &drain->drainers[index];
    const struct scenario *scenario = drain->scenario;
    unsigned hold = scenario->hold > 0 ? scenario->hold : scenario->batch;

    leases_init(&drainer->leases, hold);
    scenario_register(scenario, &drain->client, index, hold, &drainer->worker);
    fill_hand(drain, drainer, hold);
}

static void drainer_fini(struct drainer *drainer)
{
    leases_fini(&drainer->leases);
    text_fini(&drainer->worker);
    text_fini(&drainer->path);
    text_fini(&drainer->body);
    text_fini(&drainer->request);
}

static void run(struct drain *drain)
{
    const struct scenario *scenario = drain->scenario;

    drain->client.on_answer = on_answer;
    drain->client.context = drain;
    drain->open = scenario->connections;
    /* What is in hand all the time is not finished at the end either. */
    drain->goal = scenario->tasks - (int64_t)scenario->hold * scenario->connections;
    meter_init(&drain->meter, 0, NEVER_MS, scenario->server_pid);
    (void)meter_is_open(&drain->meter, stopwatch_now_ns()); /* starts it: there is no warm-up */
    for (unsigned i = 0; i < scenario->connections; i++)
        go_on(drain, i, false);
    while (drain->open > 0 && drain->meter.tasks < drain->goal)
        client_turn(&drain->client, -1);
    meter_stop(&drain->meter);
    if (drain->meter.tasks < drain->goal)
        die("%lld of %lld tasks were finished", (long long)drain->meter.tasks,
            (long long)drain->goal);
}

void scenario_drain(const struct scenario *scenario)
{
    struct drain drain = {.scenario = scenario};

    if (scenario->is_apart && scenario->batch != 1)
        die("outcomes apart are told one by one");
    client_open(&drain.client, scenario->target, scenario->token, scenario->connections);
    drain.drainers = calloc(scenario->connections, sizeof *drain.drainers);
    if (!drain.drainers)
        die("out of memory");
    scenario_add_backlog(scenario, &drain.client);
    for (unsigned i = 0; i < scenario->connections; i++)
        drainer_init(&drain, i);
    run(&drain);
    meter_print(&drain.meter, "drain", scenario->connections, scenario->batch);
    for (unsigned i = 0; i < scenario->connections; i++)
        drainer_fini(&drain.drainers[i]);
    free(drain.drainers);
    client_close(&drain.client);
}
