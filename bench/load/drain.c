/* Drain: empties a backlog with claims that also carry the outcomes of the claim before. */
#include <stdio.h>
#include <stdlib.h>

#include "common/die.h"
#include "load/meter.h"
#include "load/scenario.h"

#define FILL_BATCH 1000
#define NEVER_MS   (1000LL * 3600)

/* One worker; it has its own connection. */
struct drainer {
    struct text worker;
    struct text path;
    struct text body;
    struct text request;
    unsigned held; /* tasks claimed last, whose outcomes are in the request */
};

struct drain {
    struct meter meter;
    struct client client;
    const struct scenario *scenario;
    struct drainer *drainers;
    unsigned open; /* workers that still find something */
};

static void fill(const struct scenario *scenario, struct client *client)
{
    struct text body = {0};
    struct text request = {0};
    struct text reply = {0};

    for (int64_t left = scenario->tasks; left > 0; left -= FILL_BATCH) {
        text_clear(&body);
        scenario_add_batch(scenario, left < FILL_BATCH ? (unsigned)left : FILL_BATCH, &body);
        client_post(client, &request, "/v1/tasks/batch", &body);
        int status = client_ask(client, &request, &reply);
        if (status != STATUS_OK)
            die("filling the queue: %d %.500s", status, reply.bytes);
    }
    text_fini(&body);
    text_fini(&request);
    text_fini(&reply);
}

/* Write the next claim's body: an outcome for each lease of the answer to the last one. */
static void answer_to_body(const struct answer *answer, struct drainer *drainer, unsigned max)
{
    const char *from = answer->body;
    const char *end = from + answer->body_bytes;
    const char *lease;
    size_t lease_bytes;

    drainer->held = 0;
    text_clear(&drainer->body);
    text_print(&drainer->body, "{\"max\":%u,\"outcomes\":[", max);
    while ((from = answer_find_text(from, end, "lease", &lease, &lease_bytes))) {
        text_print(&drainer->body,
                   "%s{\"lease\":\"%.*s\",\"outcome\":\"succeeded\",\"result\":{\"ok\":true}}",
                   drainer->held == 0 ? "" : ",", (int)lease_bytes, lease);
        drainer->held++;
    }
    text_print(&drainer->body, "]}");
}

static void claim(struct drain *drain, unsigned index)
{
    struct drainer *drainer = &drain->drainers[index];

    client_post(&drain->client, &drainer->request, drainer->path.bytes, &drainer->body);
    client_send(&drain->client, index, &drainer->request);
}

static void on_claimed(struct connection *connection, const struct answer *answer)
{
    struct drain *drain = connection->client->context;
    struct drainer *drainer = &drain->drainers[connection->index];
    unsigned finished = drainer->held;

    if (finished > 0) {
        scenario_expect(answer, STATUS_OK, "claim with outcomes");
        if (answer_count(answer, "\"status\":200") != finished)
            die("not all of %u outcomes were taken", finished);
        meter_add(&drain->meter, finished, answer->read_ns - answer->sent_ns, answer->read_ns);
    } else if (answer->status != STATUS_NO_CONTENT) {
        scenario_expect(answer, STATUS_OK, "claim");
    }
    answer_to_body(answer, drainer, drain->scenario->batch);
    if (drainer->held > 0)
        claim(drain, connection->index);
    else
        drain->open--;
}

static void drainer_init(struct drain *drain, unsigned index)
{
    struct drainer *drainer = &drain->drainers[index];

    scenario_register(drain->scenario, &drain->client, index, &drainer->worker);
    text_print(&drainer->path, "/v1/workers/%s/claim", drainer->worker.bytes);
    text_print(&drainer->body, "{\"max\":%u}", drain->scenario->batch);
}

static void drainer_fini(struct drainer *drainer)
{
    text_fini(&drainer->worker);
    text_fini(&drainer->path);
    text_fini(&drainer->body);
    text_fini(&drainer->request);
}

static void run(struct drain *drain)
{
    const struct scenario *scenario = drain->scenario;

    drain->client.on_answer = on_claimed;
    drain->client.context = drain;
    drain->open = scenario->connections;
    meter_init(&drain->meter, 0, NEVER_MS, scenario->server_pid);
    (void)meter_is_open(&drain->meter, stopwatch_now_ns()); /* starts it: there is no warm-up */
    for (unsigned i = 0; i < scenario->connections; i++)
        claim(drain, i);
    while (drain->open > 0)
        client_turn(&drain->client, -1);
    meter_stop(&drain->meter);
    if (drain->meter.tasks != scenario->tasks)
        die("%lld of %lld tasks were finished", (long long)drain->meter.tasks,
            (long long)scenario->tasks);
}

void scenario_drain(const struct scenario *scenario)
{
    struct drain drain = {.scenario = scenario};

    client_open(&drain.client, scenario->target, scenario->token, scenario->connections);
    drain.drainers = calloc(scenario->connections, sizeof *drain.drainers);
    if (!drain.drainers)
        die("out of memory");
    fill(scenario, &drain.client);
    for (unsigned i = 0; i < scenario->connections; i++)
        drainer_init(&drain, i);
    run(&drain);
    meter_print(&drain.meter, "drain", scenario->connections, scenario->batch);
    for (unsigned i = 0; i < scenario->connections; i++)
        drainer_fini(&drain.drainers[i]);
    free(drain.drainers);
    client_close(&drain.client);
}
