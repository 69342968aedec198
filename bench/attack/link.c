/* Link: connections that may fail at any time. */
#include "attack/link.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/die.h"
#include "common/stopwatch.h"
#include "common/target.h"

#define EVENTS_MAX     512
#define READ_BYTES_MIN 4096
#define RETRY_NS       (100 * NS_PER_MS)
#define REVIVED_MAX    200 /* handshakes begun in one go */

void links_open(struct links *links, const char *target, unsigned len)
{
    *links = (struct links){.len = len, .target = target_read(target)};
    links->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    links->at = calloc(len, sizeof *links->at);
    if (links->epoll_fd < 0 || links->at == NULL)
        die("cannot make %u connections", len);
    for (unsigned i = 0; i < len; i++)
        links->at[i].fd = -1;
}

void links_close(struct links *links)
{
    for (unsigned i = 0; i < links->len; i++) {
        if (links->at[i].fd >= 0)
            (void)close(links->at[i].fd); /* nobody waits for it */
        text_fini(&links->at[i].input);
    }
    (void)close(links->epoll_fd);
    free(links->at);
}

void link_connect(struct links *links, struct link *link)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET | EPOLLRDHUP,
                                .data.ptr = link};
    const int on = 1;

    link->is_open = false;
    link->sent = 0;
    text_clear(&link->input);
    link->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (link->fd < 0)
        die("socket: %s", strerror(errno));
    (void)setsockopt(link->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(link->fd, (const struct sockaddr *)&links->target, sizeof links->target) != 0 &&
        errno != EINPROGRESS) {
        links->failed++;
        link_drop(links, link, false, RETRY_NS);
        return;
    }
    if (epoll_ctl(links->epoll_fd, EPOLL_CTL_ADD, link->fd, &event) != 0)
        die("epoll_ctl: %s", strerror(errno));
}

void link_drop(struct links *links, struct link *link, bool reset, int64_t retry_ns)
{
    const struct linger abort_it = {.l_onoff = 1, .l_linger = 0};

    (void)links;
    if (reset)
        (void)setsockopt(link->fd, SOL_SOCKET, SO_LINGER, &abort_it, sizeof abort_it);
    (void)close(link->fd); /* the kernel forgets it in the epoll set too */
    link->fd = -1;
    link->is_open = false;
    link->retry_at_ns = stopwatch_now_ns() + retry_ns;
}

unsigned links_revive(struct links *links, int64_t now_ns)
{
    unsigned open = 0, revived = 0;

    for (unsigned i = 0; i < links->len; i++) {
        struct link *link = &links->at[i];

        open += link->is_open;
        if (link->fd >= 0 || link->retry_at_ns > now_ns || revived == REVIVED_MAX)
            continue;
        link_connect(links, link);
        revived++;
    }
    return open;
}

/* False: it has ended. */
static bool read_all(struct link *link)
{
    struct text *input = &link->input;
    ssize_t n;

    do {
        text_reserve(input, READ_BYTES_MIN);
        n = recv(link->fd, input->bytes + input->length, READ_BYTES_MIN - 1, MSG_DONTWAIT);
        if (n > 0) {
            input->length += (size_t)n;
            input->bytes[input->length] = '\0';
        }
    } while (n > 0);
    return n < 0 && errno == EAGAIN;
}

static bool is_connected(const struct link *link)
{
    int error = 0;
    socklen_t len = sizeof error;

    return getsockopt(link->fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 && error == 0;
}

void links_turn(struct links *links, int timeout_ms, void (*on_open)(void *ctx, struct link *link),
                void (*on_input)(void *ctx, struct link *link), void *ctx)
{
    struct epoll_event events[EVENTS_MAX];
    int n = epoll_wait(links->epoll_fd, events, EVENTS_MAX, timeout_ms);

    for (int i = 0; i < n; i++) {
        struct link *link = events[i].data.ptr;

        if (link->fd < 0)
            continue;
        if (!link->is_open && !is_connected(link)) {
            links->failed++;
            link_drop(links, link, false, RETRY_NS);
            continue;
        }
        if (!link->is_open) {
            link->is_open = true;
            links->opened++;
            on_open(ctx, link);
        }
        if (link->fd < 0 || !(events[i].events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)))
            continue;

        bool has_more = read_all(link);

        if (link->input.length > 0)
            on_input(ctx, link);
        if (!has_more && link->fd >= 0) {
            links->closed++;
            link_drop(links, link, false, RETRY_NS);
        }
    }
}
