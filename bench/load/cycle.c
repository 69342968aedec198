/* Cycle: submit, claim and complete, one HTTP call each, on every connection at once. */
#include <stdlib.h>

#include "common/die.h"
#include "load/meter.h"
#include "load/scenario.h"

enum step { STEP_SUBMIT, STEP_CLAIM, STEP_COMPLETE };

/* One connection: it submits, and is a worker that may claim what any of them submitted. */
struct cyclist {
    struct text worker;
    struct text claim;
    struct text complete;
    int64_t begun_ns;
    enum step step; /* whose answer is to come */
};

struct cycle {
    struct meter meter;
    struct client client;
    struct cyclist *cyclists;
    struct text submit;
    struct text result;
    unsigned open;
};

static void go(struct cycle *cycle, unsigned index, enum step step, const struct text *request)
{
    cycle->cyclists[index].step = step;
    client_send(&cycle->client, index, request);
}

/* The queue was empty: another one's claim was quicker. Its own task comes back to it, or time is
 * up. */
static void on_missed(struct cycle *cycle, unsigned index, const struct answer *answer)
{
    if (meter_is_open(&cycle->meter, answer->read_ns))
        go(cycle, index, STEP_CLAIM, &cycle->cyclists[index].claim);
    else
        cycle->open--;
}

static void on_claimed(struct cycle *cycle, unsigned index, const struct answer *answer)
{
    struct cyclist *cyclist = &cycle->cyclists[index];
    const char *lease;
    size_t lease_bytes;
    struct text path = {0};

    scenario_expect(answer, STATUS_OK, "claim");
    if (!answer_find_text(answer->body, answer->body + answer->body_bytes, "lease", &lease,
                          &lease_bytes))
        die("a claim without a lease: %.300s", answer->body);
    text_print(&path, "/v1/leases/%.*s/complete", (int)lease_bytes, lease);
    client_post(&cycle->client, &cyclist->complete, path.bytes, &cycle->result);
    text_fini(&path);
    go(cycle, index, STEP_COMPLETE, &cyclist->complete);
}

static void on_completed(struct cycle *cycle, unsigned index, const struct answer *answer)
{
    struct cyclist *cyclist = &cycle->cyclists[index];

    scenario_expect(answer, STATUS_OK, "complete");
    meter_add(&cycle->meter, 1, answer->read_ns - cyclist->begun_ns, answer->read_ns);
    if (!meter_is_open(&cycle->meter, answer->read_ns)) {
        cycle->open--;
        return;
    }
    cyclist->begun_ns = answer->read_ns;
    go(cycle, index, STEP_SUBMIT, &cycle->submit);
}

static void on_answer(struct connection *connection, const struct answer *answer)
{
    struct cycle *cycle = connection->client->context;
    unsigned index = connection->index;

    if (cycle->cyclists[index].step == STEP_SUBMIT) {
        scenario_expect(answer, STATUS_CREATED, "submit");
        go(cycle, index, STEP_CLAIM, &cycle->cyclists[index].claim);
    } else if (cycle->cyclists[index].step == STEP_CLAIM && answer->status == STATUS_NO_CONTENT) {
        on_missed(cycle, index, answer);
    } else if (cycle->cyclists[index].step == STEP_CLAIM) {
        on_claimed(cycle, index, answer);
    } else {
        on_completed(cycle, index, answer);
    }
}

static void cyclist_init(struct cycle *cycle, const struct scenario *scenario, unsigned index)
{
    struct cyclist *cyclist = &cycle->cyclists[index];
    struct text path = {0};
    struct text body = {0};

    scenario_register(scenario, &cycle->client, index, scenario->batch, &cyclist->worker);
    text_print(&path, "/v1/workers/%s/claim", cyclist->worker.bytes);
    text_print(&body, "{\"max\":1}");
    client_post(&cycle->client, &cyclist->claim, path.bytes, &body);
    text_fini(&path);
    text_fini(&body);
}

static void cyclist_fini(struct cyclist *cyclist)
{
    text_fini(&cyclist->worker);
    text_fini(&cyclist->claim);
    text_fini(&cyclist->complete);
}

static void run(struct cycle *cycle, const struct scenario *scenario)
{
    cycle->client.on_answer = on_answer;
    cycle->client.context = cycle;
    cycle->open = scenario->connections;
    meter_init(&cycle->meter, scenario->warmup_ms, scenario->run_ms, scenario->server_pid);
    for (unsigned i = 0; i < scenario->connections; i++) {
        cycle->cyclists[i].begun_ns = stopwatch_now_ns();
        go(cycle, i, STEP_SUBMIT, &cycle->submit);
    }
    while (cycle->open > 0)
        client_turn(&cycle->client, -1);
}

void scenario_cycle(const struct scenario *scenario)
{
    struct cycle cycle = {0};
    struct text body = {0};

    client_open(&cycle.client, scenario->target, scenario->token, scenario->connections);
    cycle.cyclists = calloc(scenario->connections, sizeof *cycle.cyclists);
    if (!cycle.cyclists)
        die("out of memory");
    scenario_add_task(scenario, 0, &body);
    client_post(&cycle.client, &cycle.submit, "/v1/tasks", &body);
    text_print(&cycle.result, "{\"ok\":true}");
    for (unsigned i = 0; i < scenario->connections; i++)
        cyclist_init(&cycle, scenario, i);
    run(&cycle, scenario);
    meter_print(&cycle.meter, "cycle", scenario->connections, 1);
    for (unsigned i = 0; i < scenario->connections; i++)
        cyclist_fini(&cycle.cyclists[i]);
    free(cycle.cyclists);
    text_fini(&body);
    text_fini(&cycle.submit);
    text_fini(&cycle.result);
    client_close(&cycle.client);
}
