/* Submit: closed loops that send the same request again as soon as it is answered. */
#include <stdio.h>

#include "common/die.h"
#include "load/meter.h"
#include "load/scenario.h"

struct submit {
    struct meter meter;
    struct client client;
    struct text request;
    char accepted[32]; /* what a batch's answer must say; empty for single submits */
    int64_t tasks;     /* in one request */
    int status;
    unsigned open; /* connections whose answer is still to come */
};

static void on_submitted(struct connection *connection, const struct answer *answer)
{
    struct submit *submit = connection->client->context;

    scenario_expect(answer, submit->status, "submit");
    if (submit->accepted[0] && answer_count(answer, submit->accepted) != 1)
        die("batch: not %s in %.200s", submit->accepted, answer->body);
    meter_add(&submit->meter, submit->tasks, answer->read_ns - answer->sent_ns, answer->read_ns);
    if (meter_is_open(&submit->meter, answer->read_ns))
        client_send(connection->client, connection->index, &submit->request);
    else
        submit->open--;
}

static void run(struct submit *submit, const struct scenario *scenario, const char *mode)
{
    submit->client.on_answer = on_submitted;
    submit->client.context = submit;
    submit->open = scenario->connections;
    meter_init(&submit->meter, scenario->warmup_ms, scenario->run_ms, scenario->server_pid);
    for (unsigned i = 0; i < scenario->connections; i++)
        client_send(&submit->client, i, &submit->request);
    while (submit->open > 0)
        client_turn(&submit->client, -1);
    meter_print(&submit->meter, mode, scenario->connections, (unsigned)submit->tasks);
    client_close(&submit->client);
    text_fini(&submit->request);
}

void scenario_submit(const struct scenario *scenario)
{
    struct submit submit = {.tasks = 1, .status = STATUS_CREATED};
    struct text body = {0};

    client_open(&submit.client, scenario->target, scenario->token, scenario->connections);
    scenario_add_task(scenario, &body);
    client_post(&submit.client, &submit.request, "/v1/tasks", &body);
    text_fini(&body);
    run(&submit, scenario, "submit");
}

void scenario_batch(const struct scenario *scenario)
{
    struct submit submit = {.tasks = scenario->batch, .status = STATUS_OK};
    struct text body = {0};

    client_open(&submit.client, scenario->target, scenario->token, scenario->connections);
    (void)snprintf(submit.accepted, sizeof submit.accepted, "\"accepted\":%u,", scenario->batch);
    scenario_add_batch(scenario, scenario->batch, &body);
    client_post(&submit.client, &submit.request, "/v1/tasks/batch", &body);
    text_fini(&body);
    run(&submit, scenario, "batch");
}
