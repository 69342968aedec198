/* Scenario: the requests that more than one mode sends. */
#include "load/scenario.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/die.h"

/* About 100 bytes: a typical small argument, not a best case of a few bytes. */
#define PAYLOAD                                                                                    \
    "{\"user\":\"0f3a9c71-52d8\",\"object\":\"photos/2024/11/0001.jpg\",\"width\":1024,"           \
    "\"height\":768,\"quality\":0.85}"

#define BACKLOG_BATCH 1000

/* The line of `also` that is this task's. */
static const char *line_of(const char *also, int64_t number, size_t *ret_bytes)
{
    int64_t lines = 1;

    for (const char *at = also; *at; at++)
        lines += *at == '\n';
    for (int64_t skip = number % lines; skip > 0; skip--)
        also = strchr(also, '\n') + 1;
    *ret_bytes = strcspn(also, "\n");
    return also;
}

/* What stands behind "{n": "}" or "%1000}". */
static const char *add_number(struct text *body, const char *from, int64_t number)
{
    char *end = (char *)(uintptr_t)from;
    long long of = *from == '%' ? strtoll(from + 1, &end, 10) : INT64_MAX;

    if (of <= 0 || *end != '}')
        die("neither {n} nor {n%%NUMBER}: {n%.20s", from);
    text_print(body, "%lld", (long long)number % of);
    return end + 1;
}

static void add_members(const struct scenario *scenario, int64_t number, struct text *body)
{
    size_t bytes;
    const char *from = line_of(scenario->also, number, &bytes);
    const char *end = from + bytes;

    while (from < end) {
        const char *hole = memmem(from, (size_t)(end - from), "{n", 2);

        text_add(body, from, (size_t)((hole != NULL ? hole : end) - from));
        from = hole != NULL ? add_number(body, hole + 2, number) : end;
    }
}

void scenario_add_task(const struct scenario *scenario, int64_t number, struct text *body)
{
    text_print(body, "{\"queue\":\"%s\",\"type\":\"%s\",\"payload\":%s", scenario->queue,
               scenario->type, PAYLOAD);
    if (scenario->also[0] != '\0') {
        text_print(body, ",");
        add_members(scenario, number, body);
    }
    text_print(body, "}");
}

void scenario_add_batch(const struct scenario *scenario, int64_t first, unsigned n,
                        struct text *body)
{
    for (unsigned i = 0; i < n; i++) {
        text_print(body, i == 0 ? "[" : ",");
        scenario_add_task(scenario, first + i, body);
    }
    text_print(body, "]");
}

void scenario_add_backlog(const struct scenario *scenario, struct client *client)
{
    struct text body = {0};
    struct text request = {0};
    struct text reply = {0};

    for (int64_t done = 0; done < scenario->tasks; done += BACKLOG_BATCH) {
        int64_t left = scenario->tasks - done;

        text_clear(&body);
        scenario_add_batch(scenario, done, left < BACKLOG_BATCH ? (unsigned)left : BACKLOG_BATCH,
                           &body);
        client_post(client, &request, "/v1/tasks/batch", &body);
        int status = client_ask(client, &request, &reply);
        if (status != STATUS_OK || strstr(reply.bytes, "\"rejected\":0") == NULL)
            die("filling the queue: %d %.500s", status, reply.bytes);
    }
    text_fini(&body);
    text_fini(&request);
    text_fini(&reply);
}

void scenario_register(const struct scenario *scenario, struct client *client, unsigned i,
                       unsigned slots, struct text *id)
{
    struct text body = {0};
    struct text request = {0};
    struct text reply = {0};
    const char *value;
    size_t value_bytes;

    text_print(&body,
               "{\"identity\":\"bench-%u\",\"instance\":\"bench-%u-%ld\",\"queues\":[\"%s\"],"
               "\"concurrency\":%u%s%s}",
               i, i, (long)getpid(), scenario->queue, slots,
               scenario->worker_also[0] != '\0' ? "," : "", scenario->worker_also);
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
