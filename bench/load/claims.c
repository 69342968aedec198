/* Claims: one client submits, claims and completes one task at a time, at two places in turn, so
 * that whatever the machine does meanwhile happens to both. */
#include <stdio.h>

#include "common/die.h"
#include "load/meter.h"
#include "load/scenario.h"

struct place {
    const struct scenario *scenario;
    struct client client;
    struct histogram histogram;
    struct text claim;
    struct text body;
    struct text request;
    struct text reply;
    int64_t number; /* of the next task */
};

static void place_init(struct place *place, const struct scenario *scenario)
{
    struct text worker = {0};
    struct text path = {0};

    place->scenario = scenario;
    client_open(&place->client, scenario->target, scenario->token, 1);
    scenario_register(scenario, &place->client, 0, 1, &worker);
    text_print(&path, "/v1/workers/%s/claim", worker.bytes);
    text_print(&place->body, "{\"max\":1}");
    client_post(&place->client, &place->claim, path.bytes, &place->body);
    text_fini(&worker);
    text_fini(&path);
}

static void place_fini(struct place *place)
{
    client_close(&place->client);
    text_fini(&place->claim);
    text_fini(&place->body);
    text_fini(&place->request);
    text_fini(&place->reply);
}

static void ask(struct place *place, const struct text *request, int status, const char *what)
{
    int got = client_ask(&place->client, request, &place->reply);

    if (got != status)
        die("%s: expected %d, got %d %.500s", what, status, got, place->reply.bytes);
}

static void submit(struct place *place)
{
    text_clear(&place->body);
    scenario_add_task(place->scenario, place->number++, &place->body);
    client_post(&place->client, &place->request, "/v1/tasks", &place->body);
    ask(place, &place->request, STATUS_CREATED, "submit");
}

static void complete(struct place *place)
{
    const char *lease;
    size_t lease_bytes;
    struct text path = {0};

    if (!answer_find_text(place->reply.bytes, place->reply.bytes + place->reply.length, "lease",
                          &lease, &lease_bytes))
        die("a claim without a lease: %.300s", place->reply.bytes);
    text_print(&path, "/v1/leases/%.*s/complete", (int)lease_bytes, lease);
    text_clear(&place->body);
    text_print(&place->body, "{\"ok\":true}");
    client_post(&place->client, &place->request, path.bytes, &place->body);
    text_fini(&path);
    ask(place, &place->request, STATUS_OK, "complete");
}

static void turn(struct place *place, bool counts)
{
    submit(place);

    int64_t begun_ns = stopwatch_now_ns();

    ask(place, &place->claim, STATUS_OK, "claim");
    if (counts)
        histogram_add(&place->histogram, stopwatch_now_ns() - begun_ns);
    complete(place);
}

static void print(const struct place *place, const struct place *beside)
{
    printf("{\"tool\":\"load\",\"mode\":\"claims\",\"tasks\":%lld,\"p50_us\":%.1f,\"p99_us\":%.1f,"
           "\"beside_p50_us\":%.1f,\"beside_p99_us\":%.1f}\n",
           (long long)place->histogram.total, histogram_quantile_us(&place->histogram, 0.50),
           histogram_quantile_us(&place->histogram, 0.99),
           histogram_quantile_us(&beside->histogram, 0.50),
           histogram_quantile_us(&beside->histogram, 0.99));
}

void scenario_claims(const struct scenario *scenario)
{
    struct scenario other = *scenario;
    struct place places[2] = {0};
    int64_t begin_ns = stopwatch_now_ns() + scenario->warmup_ms * NS_PER_MS;
    int64_t now_ns;

    other.target = scenario->beside[0] != '\0' ? scenario->beside : scenario->target;
    other.queue = scenario->beside_queue;
    place_init(&places[0], scenario);
    place_init(&places[1], &other);
    while ((now_ns = stopwatch_now_ns()) < begin_ns + scenario->run_ms * NS_PER_MS) {
        turn(&places[0], now_ns >= begin_ns);
        turn(&places[1], now_ns >= begin_ns);
    }
    print(&places[0], &places[1]);
    place_fini(&places[0]);
    place_fini(&places[1]);
}
