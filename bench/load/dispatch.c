/* Dispatch: how long an idle broker takes from a submit to the answer of a claim parked for it. */
#include <stdio.h>

#include "common/die.h"
#include "load/meter.h"
#include "load/scenario.h"

#define SUBMITTER     0
#define WORKER        1
#define PARKED_MIN_NS (2 * NS_PER_MS) /* a claim sent so long ago is surely parked */

struct dispatch {
    struct meter meter;
    struct histogram acknowledged; /* the submit's own answer, for comparison */
    struct client client;
    struct text submit;
    struct text claim;
    struct text complete;
    struct text result;
    int64_t claim_sent_ns;
    int64_t submit_sent_ns;
    bool is_submitted; /* a submit is out; its answer and the claim's are awaited */
    bool is_acknowledged;
    bool is_claimed;
    bool is_completing;
};

static void park(struct dispatch *dispatch)
{
    client_send(&dispatch->client, WORKER, &dispatch->claim);
    dispatch->claim_sent_ns = stopwatch_now_ns();
}

static void on_claimed(struct dispatch *dispatch, const struct answer *answer)
{
    const char *lease;
    size_t lease_bytes;
    struct text path = {0};

    if (answer->status == STATUS_NO_CONTENT) {
        park(dispatch);
        return;
    }
    scenario_expect(answer, STATUS_OK, "claim");
    if (!dispatch->is_submitted)
        die("the queue was not empty");
    meter_add(&dispatch->meter, 1, answer->read_ns - dispatch->submit_sent_ns, answer->read_ns);
    if (!answer_find_text(answer->body, answer->body + answer->body_bytes, "lease", &lease,
                          &lease_bytes))
        die("a claim without a lease: %.300s", answer->body);
    text_print(&path, "/v1/leases/%.*s/complete", (int)lease_bytes, lease);
    client_post(&dispatch->client, &dispatch->complete, path.bytes, &dispatch->result);
    text_fini(&path);
    dispatch->is_claimed = true;
}

static void on_submitter_answer(struct dispatch *dispatch, const struct answer *answer)
{
    if (dispatch->is_completing) {
        scenario_expect(answer, STATUS_OK, "complete");
        dispatch->is_completing = dispatch->is_submitted = false;
        dispatch->is_acknowledged = dispatch->is_claimed = false;
        park(dispatch);
        return;
    }
    scenario_expect(answer, STATUS_CREATED, "submit");
    if (dispatch->meter.is_running)
        histogram_add(&dispatch->acknowledged, answer->read_ns - answer->sent_ns);
    dispatch->is_acknowledged = true;
}

static void on_answer(struct connection *connection, const struct answer *answer)
{
    struct dispatch *dispatch = connection->client->context;

    if (connection->index == WORKER)
        on_claimed(dispatch, answer);
    else
        on_submitter_answer(dispatch, answer);
    if (dispatch->is_claimed && dispatch->is_acknowledged && !dispatch->is_completing) {
        dispatch->is_completing = true;
        client_send(&dispatch->client, SUBMITTER, &dispatch->complete);
    }
}

/* Submit when the claim is parked; else this beat is left out. */
static void beat(struct dispatch *dispatch, int64_t now_ns)
{
    if (dispatch->is_submitted || now_ns - dispatch->claim_sent_ns < PARKED_MIN_NS)
        return;
    dispatch->is_submitted = true;
    dispatch->submit_sent_ns = stopwatch_now_ns();
    client_send(&dispatch->client, SUBMITTER, &dispatch->submit);
}

static void run(struct dispatch *dispatch, const struct scenario *scenario)
{
    int64_t beat_ns = NS_PER_S / scenario->rate;
    int64_t now_ns = stopwatch_now_ns();
    int64_t next_ns = now_ns + beat_ns;

    dispatch->client.on_answer = on_answer;
    dispatch->client.context = dispatch;
    meter_init(&dispatch->meter, scenario->warmup_ms, scenario->run_ms, scenario->server_pid);
    park(dispatch);
    while (meter_is_open(&dispatch->meter, now_ns) || dispatch->is_submitted) {
        int64_t wait_ms = (next_ns - now_ns + NS_PER_MS - 1) / NS_PER_MS;

        client_turn(&dispatch->client, wait_ms > 0 ? (int)wait_ms : 0);
        now_ns = stopwatch_now_ns();
        if (now_ns < next_ns)
            continue;
        next_ns = now_ns + beat_ns;
        if (now_ns < dispatch->meter.end_ns)
            beat(dispatch, now_ns);
    }
}

static void prepare(struct dispatch *dispatch, const struct scenario *scenario)
{
    struct text worker = {0};
    struct text path = {0};
    struct text body = {0};

    scenario_register(scenario, &dispatch->client, 0, scenario->batch, &worker);
    text_print(&path, "/v1/workers/%s/claim?wait=30", worker.bytes);
    text_print(&body, "{\"max\":1}");
    client_post(&dispatch->client, &dispatch->claim, path.bytes, &body);
    text_clear(&body);
    scenario_add_task(scenario, 0, &body);
    client_post(&dispatch->client, &dispatch->submit, "/v1/tasks", &body);
    text_print(&dispatch->result, "{\"ok\":true}");
    text_fini(&worker);
    text_fini(&path);
    text_fini(&body);
}

void scenario_dispatch(const struct scenario *scenario)
{
    struct dispatch dispatch = {0};

    client_open(&dispatch.client, scenario->target, scenario->token, 2);
    prepare(&dispatch, scenario);
    run(&dispatch, scenario);
    printf("{\"tool\":\"load\",\"mode\":\"dispatch\",\"tasks\":%lld,\"rate\":%u,\"p50_us\":%.1f,"
           "\"p99_us\":%.1f,\"max_us\":%.1f,\"ack_p50_us\":%.1f,\"ack_p99_us\":%.1f,"
           "\"load_cpu\":%.2f,\"server_cpu\":%.2f}\n",
           (long long)dispatch.meter.tasks, scenario->rate,
           histogram_quantile_us(&dispatch.meter.histogram, 0.50),
           histogram_quantile_us(&dispatch.meter.histogram, 0.99),
           (double)dispatch.meter.histogram.max_ns / 1000.0,
           histogram_quantile_us(&dispatch.acknowledged, 0.50),
           histogram_quantile_us(&dispatch.acknowledged, 0.99), dispatch.meter.load_cpu_share,
           dispatch.meter.server_cpu_share);
    client_close(&dispatch.client);
    text_fini(&dispatch.submit);
    text_fini(&dispatch.claim);
    text_fini(&dispatch.complete);
    text_fini(&dispatch.result);
}
