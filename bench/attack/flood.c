/* Flood: far more submits than anybody works off. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "attack/attack.h"
#include "attack/link.h"
#include "common/die.h"
#include "common/histogram.h"
#include "common/stopwatch.h"
#include "load/answer.h"

#define TURN_MS    10
#define REVIVE_NS  (20 * NS_PER_MS)
#define STATUS_MAX 600

struct flood {
    struct links links;
    struct text request;
    struct histogram latency; /* of acknowledged ones */
    FILE *ids;
    int64_t statuses[STATUS_MAX];
    int64_t sent, cut; /* cut: sent, and the connection ended before an answer */
    int64_t end_ns;
};

static void send_rest(struct flood *flood, struct link *link)
{
    ssize_t n = send(link->fd, flood->request.bytes + link->sent,
                     flood->request.length - link->sent, MSG_DONTWAIT | MSG_NOSIGNAL);

    if (n > 0)
        link->sent += (size_t)n;
}

static void ask(struct flood *flood, struct link *link)
{
    link->sent = 0;
    link->sent_ns = stopwatch_now_ns();
    flood->sent++;
    send_rest(flood, link);
}

static void keep_id(struct flood *flood, const struct answer *answer)
{
    const char *id = NULL;
    size_t len = 0;

    if (flood->ids == NULL)
        return;
    if (answer_find_text(answer->body, answer->body + answer->body_bytes, "id", &id, &len) == NULL)
        die("a 201 without an id");
    if (fprintf(flood->ids, "%.*s\n", (int)len, id) < 0)
        die("cannot keep the ids: %s", strerror(errno));
}

static void on_open(void *ctx, struct link *link)
{
    ask(ctx, link);
}

static void on_input(void *ctx, struct link *link)
{
    struct flood *flood = ctx;
    struct answer answer = {0};
    size_t whole = answer_parse(link->input.bytes, link->input.length, &answer);
    int64_t now_ns = stopwatch_now_ns();

    if (whole == 0 || link->input.length < whole)
        return;
    if (answer.status >= 100 && answer.status < STATUS_MAX)
        flood->statuses[answer.status]++;
    if (answer.status == 201) {
        histogram_add(&flood->latency, now_ns - link->sent_ns);
        keep_id(flood, &answer);
    }
    text_clear(&link->input);
    link->sent_ns = 0;
    if (now_ns < flood->end_ns)
        ask(flood, link);
}

static void print(const struct attack *attack, const struct flood *flood)
{
    printf("{\"tool\":\"attack\",\"mode\":\"flood\",\"connections\":%u,\"sent\":%lld,"
           "\"opened\":%lld,\"cut\":%lld,\"failed\":%lld,\"p50_us\":%.1f,\"p99_us\":%.1f,"
           "\"statuses\":{",
           attack->connections, (long long)flood->sent, (long long)flood->links.opened,
           (long long)flood->links.closed, (long long)flood->links.failed,
           histogram_quantile_us(&flood->latency, 0.50),
           histogram_quantile_us(&flood->latency, 0.99));
    for (int status = 0, n = 0; status < STATUS_MAX; status++)
        if (flood->statuses[status] > 0)
            printf("%s\"%d\":%lld", n++ > 0 ? "," : "", status, (long long)flood->statuses[status]);
    printf("}}\n");
}

static void build(const struct attack *attack, struct text *request)
{
    char body[256];
    int len = snprintf(body, sizeof body, "{\"queue\":\"%s\",\"type\":\"t\",\"payload\":{\"a\":1}}",
                       attack->queue);

    text_print(request, "POST /v1/tasks HTTP/1.1\r\nHost: 127.0.0.1\r\n");
    if (attack->token[0] != '\0')
        text_print(request, "Authorization: Bearer %s\r\n", attack->token);
    text_print(request, "Content-Length: %d\r\n\r\n%s", len, body);
}

void attack_flood(const struct attack *attack)
{
    struct flood flood = {0};
    int64_t revived_ns = 0, now_ns;

    links_open(&flood.links, attack->target, attack->connections);
    build(attack, &flood.request);
    if (attack->ids[0] != '\0' && (flood.ids = fopen(attack->ids, "we")) == NULL)
        die("cannot write %s: %s", attack->ids, strerror(errno));
    flood.end_ns = stopwatch_now_ns() + attack->run_ms * NS_PER_MS;
    /* Two more seconds, for the last answers: an acknowledged task that is not in the file would
     * only be missed, not lost. */
    while ((now_ns = stopwatch_now_ns()) < flood.end_ns + 2 * NS_PER_S) {
        if (now_ns < flood.end_ns && now_ns - revived_ns > REVIVE_NS) {
            (void)links_revive(&flood.links, now_ns);
            revived_ns = now_ns;
        }
        links_turn(&flood.links, TURN_MS, on_open, on_input, &flood);
    }
    print(attack, &flood);
    if (flood.ids != NULL && fclose(flood.ids) != 0)
        die("cannot keep the ids: %s", strerror(errno));
    links_close(&flood.links);
    text_fini(&flood.request);
}
