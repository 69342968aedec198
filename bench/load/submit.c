/* Submit: closed loops that send the next request as soon as the last is answered. */
#include <stdio.h>
#include <stdlib.h>

#include "common/die.h"
#include "load/meter.h"
#include "load/scenario.h"

struct submit {
    struct meter meter;
    struct client client;
    const struct scenario *scenario;
    struct text body;
    struct text *requests; /* one a connection where each task is another, else one for all */
    char accepted[32];     /* what a batch's answer must say; empty for single submits */
    int64_t tasks;         /* in one request */
    int64_t number;        /* of the next task */
    int status;
    unsigned open; /* connections whose answer is still to come */
};

static void write_request(struct submit *submit, struct text *request)
{
    bool is_batch = submit->accepted[0] != '\0';

    text_clear(&submit->body);
    if (is_batch)
        scenario_add_batch(submit->scenario, submit->number, (unsigned)submit->tasks,
                           &submit->body);
    else
        scenario_add_task(submit->scenario, submit->number, &submit->body);
    submit->number += submit->tasks;
    client_post(&submit->client, request, is_batch ? "/v1/tasks/batch" : "/v1/tasks",
                &submit->body);
}

static void send_next(struct submit *submit, unsigned index)
{
    struct text *request = &submit->requests[0];

    if (submit->scenario->also[0] != '\0') {
        request = &submit->requests[index];
        write_request(submit, request);
    }
    client_send(&submit->client, index, request);
}

static void on_submitted(struct connection *connection, const struct answer *answer)
{
    struct submit *submit = connection->client->context;

    scenario_expect(answer, submit->status, "submit");
    if (submit->accepted[0] && answer_count(answer, submit->accepted) != 1)
        die("batch: not %s in %.200s", submit->accepted, answer->body);
    meter_add(&submit->meter, submit->tasks, answer->read_ns - answer->sent_ns, answer->read_ns);
    if (meter_is_open(&submit->meter, answer->read_ns))
        send_next(submit, connection->index);
    else
        submit->open--;
}

static void run(struct submit *submit, const char *mode)
{
    const struct scenario *scenario = submit->scenario;

    client_open(&submit->client, scenario->target, scenario->token, scenario->connections);
    submit->requests = calloc(scenario->connections, sizeof *submit->requests);
    if (!submit->requests)
        die("out of memory");
    write_request(submit, &submit->requests[0]);
    submit->client.on_answer = on_submitted;
    submit->client.context = submit;
    submit->open = scenario->connections;
    meter_init(&submit->meter, scenario->warmup_ms, scenario->run_ms, scenario->server_pid);
    for (unsigned i = 0; i < scenario->connections; i++)
        send_next(submit, i);
    while (submit->open > 0)
        client_turn(&submit->client, -1);
    meter_print(&submit->meter, mode, scenario->connections, (unsigned)submit->tasks);
    client_close(&submit->client);
    for (unsigned i = 0; i < scenario->connections; i++)
        text_fini(&submit->requests[i]);
    free(submit->requests);
    text_fini(&submit->body);
}

void scenario_submit(const struct scenario *scenario)
{
    struct submit submit = {.scenario = scenario, .tasks = 1, .status = STATUS_CREATED};

    run(&submit, "submit");
}

void scenario_batch(const struct scenario *scenario)
{
    struct submit submit = {.scenario = scenario, .tasks = scenario->batch, .status = STATUS_OK};

    (void)snprintf(submit.accepted, sizeof submit.accepted, "\"accepted\":%u,", scenario->batch);
    run(&submit, "batch");
}

void scenario_fill(const struct scenario *scenario)
{
    struct client client = {0};
    int64_t begun_ns = stopwatch_now_ns();

    client_open(&client, scenario->target, scenario->token, 1);
    scenario_add_backlog(scenario, &client);
    printf("{\"tool\":\"load\",\"mode\":\"fill\",\"tasks\":%lld,\"seconds\":%.2f}\n",
           (long long)scenario->tasks, (double)(stopwatch_now_ns() - begun_ns) / (double)NS_PER_S);
    client_close(&client);
}
