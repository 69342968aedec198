/* Connect: clients that come and go. */
#include <stdio.h>
#include <sys/socket.h>

#include "attack/attack.h"
#include "attack/link.h"
#include "common/stopwatch.h"

#define TURN_MS 5

static const char half[] = "POST /v1/tasks HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Le";

struct connect {
    struct links links;
    int64_t done, most;
    unsigned turn;
};

static void on_open(void *ctx, struct link *link)
{
    struct connect *connect = ctx;
    unsigned kind = connect->turn++ % 3;

    if (kind == 2)
        (void)send(link->fd, half, sizeof half - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
    link_drop(&connect->links, link, kind == 1, INT64_MAX / 4);
    connect->done++;
}

static void on_input(void *ctx, struct link *link)
{
    (void)ctx;
    text_clear(&link->input);
}

void attack_connect(const struct attack *attack)
{
    struct connect connect = {0};
    int64_t begin_ns = stopwatch_now_ns(), now_ns, begun = 0;
    int64_t run_ns = attack->run_ms * NS_PER_MS;
    unsigned at = 0;

    links_open(&connect.links, attack->target, attack->connections);
    while ((now_ns = stopwatch_now_ns()) < begin_ns + run_ns + NS_PER_S &&
           connect.done + connect.links.failed < attack->connects) {
        int64_t due =
            (int64_t)((double)attack->connects * (double)(now_ns - begin_ns) / (double)run_ns);

        for (unsigned looked = 0;
             begun < due && begun < attack->connects && looked < attack->connections;
             looked++, at = (at + 1) % attack->connections)
            if (connect.links.at[at].fd < 0) {
                link_connect(&connect.links, &connect.links.at[at]);
                begun++;
            }
        links_turn(&connect.links, TURN_MS, on_open, on_input, &connect);
    }
    printf("{\"tool\":\"attack\",\"mode\":\"connect\",\"connects\":%lld,\"failed\":%lld}\n",
           (long long)connect.done, (long long)connect.links.failed);
    links_close(&connect.links);
}
