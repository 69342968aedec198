/* Multi: a watcher for each socket and one timer, as curl_multi_socket_action() wants it. */
#include "multi.h"

#include "base/memory.h"

#include <stdlib.h>

struct wire {
    uv_poll_t poll;
    struct multi *multi;
    curl_socket_t fd;
};

static void tell_ends(struct multi *multi)
{
    const CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(multi->curl, &left)) != NULL)
        if (message->msg == CURLMSG_DONE)
            multi->on_over(message->easy_handle, message->data.result);
}

static void act(struct multi *multi, curl_socket_t fd, int events)
{
    int running;

    (void)curl_multi_socket_action(multi->curl, fd, events, &running);
    tell_ends(multi);
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct wire *wire = poll->data;
    int flags = status < 0 ? CURL_CSELECT_ERR : 0;

    if ((events & UV_READABLE) != 0)
        flags |= CURL_CSELECT_IN;
    if ((events & UV_WRITABLE) != 0)
        flags |= CURL_CSELECT_OUT;
    act(wire->multi, wire->fd, flags);
}

static void on_time(uv_timer_t *timer)
{
    act(timer->data, CURL_SOCKET_TIMEOUT, 0);
}

static int on_timer(CURLM *curl, long timeout_ms, void *ctx)
{
    struct multi *multi = ctx;

    (void)curl;
    if (timeout_ms < 0)
        (void)uv_timer_stop(&multi->timer);
    else
        (void)uv_timer_start(&multi->timer, on_time, (uint64_t)timeout_ms, 0);
    return 0;
}

static void free_wire(uv_handle_t *handle)
{
    free(handle->data);
}

static struct wire *wire_new(struct multi *multi, curl_socket_t fd)
{
    struct wire *wire = mem_alloc(sizeof(*wire));

    wire->multi = multi;
    wire->fd = fd;
    if (uv_poll_init_socket(multi->loop, &wire->poll, fd) != 0) {
        free(wire);
        return NULL;
    }
    wire->poll.data = wire;
    (void)curl_multi_assign(multi->curl, fd, wire);
    return wire;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *of_socket)
{
    struct multi *multi = ctx;
    struct wire *wire = of_socket;
    int events = 0;

    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (wire != NULL)
            uv_close((uv_handle_t *)&wire->poll, free_wire);
        (void)curl_multi_assign(multi->curl, fd, NULL);
        return 0;
    }
    if (wire == NULL && (wire = wire_new(multi, fd)) == NULL)
        return -1; /* libcurl ends the transfer */
    if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
        events |= UV_READABLE;
    if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
        events |= UV_WRITABLE;
    return uv_poll_start(&wire->poll, events, on_ready) == 0 ? 0 : -1;
}

enum err multi_open(struct multi *multi, uv_loop_t *loop, unsigned connections_max,
                    void (*on_over)(CURL *easy, CURLcode code), struct error *error)
{
    *multi = (struct multi){.loop = loop, .on_over = on_over};
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return error_set(error, ERR_INTERNAL, "", "libcurl cannot be set up");
    multi->curl = curl_multi_init();
    if (multi->curl == NULL) {
        curl_global_cleanup();
        return error_set(error, ERR_INTERNAL, "", "libcurl cannot be set up");
    }
    (void)uv_timer_init(loop, &multi->timer);
    multi->timer.data = multi;
    (void)curl_multi_setopt(multi->curl, CURLMOPT_SOCKETFUNCTION, on_socket);
    (void)curl_multi_setopt(multi->curl, CURLMOPT_SOCKETDATA, multi);
    (void)curl_multi_setopt(multi->curl, CURLMOPT_TIMERFUNCTION, on_timer);
    (void)curl_multi_setopt(multi->curl, CURLMOPT_TIMERDATA, multi);
    (void)curl_multi_setopt(multi->curl, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
    (void)curl_multi_setopt(multi->curl, CURLMOPT_MAXCONNECTS, (long)connections_max);
    return OK;
}

void multi_close(struct multi *multi)
{
    (void)curl_multi_cleanup(multi->curl);
    multi->curl = NULL;
    uv_close((uv_handle_t *)&multi->timer, NULL);
    curl_global_cleanup();
}
