/* Loop: file descriptors that wake us, and whom each belongs to; sleeps together with the HTTP
 * exchanges. */
#include "loop.h"

#include "base/assert.h"
#include "base/memory.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { EVENTS_A_TURN = 256 };

struct loop {
    struct http *http;
    int epoll_fd;
};

struct loop *loop_new(struct http *http)
{
    struct loop *loop = mem_alloc(sizeof(*loop));

    loop->http = http;
    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    ASSERT(loop->epoll_fd >= 0);
    return loop;
}

void loop_free(struct loop *loop)
{
    if (loop == NULL)
        return;
    close(loop->epoll_fd);
    free(loop);
}

void loop_add(struct loop *loop, struct watch *watch, bool for_writing)
{
    struct epoll_event event = {.events = for_writing ? EPOLLOUT : EPOLLIN, .data.ptr = watch};

    ASSERT(epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, watch->fd, &event) == 0);
}

void loop_close(struct loop *loop, struct watch *watch)
{
    if (watch->fd < 0)
        return;
    epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, watch->fd, NULL);
    close(watch->fd);
    watch->fd = -1;
}

/* One event at a time, so that none is left over for a watch that an earlier one has closed. */
void loop_turn(struct loop *loop, int64_t timeout_ms)
{
    struct epoll_event event;

    http_turn(loop->http, loop->epoll_fd, timeout_ms);
    for (unsigned i = 0; i < EVENTS_A_TURN && epoll_wait(loop->epoll_fd, &event, 1, 0) == 1; i++) {
        struct watch *watch = event.data.ptr;

        watch->on_ready(watch);
    }
}
