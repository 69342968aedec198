/* Scenario: the requests that more than one mode sends. */
#include "load/scenario.h"

#include <unistd.h>

#include "common/die.h"

/* About 100 bytes: a typical small argument, not a best case of a few bytes. */
#define PAYLOAD                                                                                    \
    "{\"user\":\"0f3a9c71-52d8\",\"object\":\"photos/2024/11/0001.jpg\",\"width\":1024,"           \
    "\"height\":768,\"quality\":0.85}"

void scenario_add_task(const struct scenario *scenario, struct text *body)
{
    text_print(body, "{\"queue\":\"%s\",\"type\":\"t\",\"payload\":%s}", scenario->queue, PAYLOAD);
}

void scenario_add_batch(const struct scenario *scenario, unsigned n, struct text *body)
{
    for (unsigned i = 0; i < n; i++) {
        text_print(body, i == 0 ? "[" : ",");
        scenario_add_task(scenario, body);
    }
    text_print(body, "]");
}

void scenario_register(const struct scenario *scenario, struct client *client, unsigned i,
                       struct text *id)
{
    struct text body = {0};
    struct text request = {0};
    struct text reply = {0};
    const char *value;
    size_t value_bytes;

    text_print(&body,
               "{\"identity\":\"bench-%u\",\"instance\":\"bench-%u-%ld\",\"queues\":[\"%s\"],"
               "\"concurrency\":%u}",
               i, i, (long)getpid(), scenario->queue, scenario->batch);
    client_post(client, &request, "/v1/workers", &body);
    int status = client_ask(client, &request, &reply);
    if (status != STATUS_CREATED ||
        !answer_find_text(reply.bytes, reply.bytes + reply.length, "id", &value, &value_bytes))
        die("register: %d %s", status, reply.bytes);
    text_clear(id);
    text_add(id, value, value_bytes);
    text_fini(&body);
    text_fini(&request);
    text_fini(&reply);
}

void scenario_expect(const struct answer *answer, int status, const char *what)
{
    if (answer->status != status)
        die("%s: expected %d, got %d %.*s", what, status, answer->status,
            (int)(answer->body_bytes < 500 ? answer->body_bytes : 500), answer->body);
}
