/* The endpoint that pushes go to: reads a request with its body and answers 200 with a small JSON
 * body, or, with --hang 1, never. GET /counts says what it has seen and forgets it. One thread. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/die.h"
#include "common/option.h"
#include "common/stopwatch.h"
#include "common/target.h"

#define REQUEST_MAX 65536
#define EVENTS_MAX  256
#define ANSWER_BODY "{\"done\":true}"

static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                             "Content-Length: 13\r\n\r\n" ANSWER_BODY;

struct endpoint {
    int listener;
    int epoll;
    bool hangs;
    int64_t connections; /* accepted since the last look */
    int64_t requests;
    int64_t request_bytes;
    int64_t first_ns, last_ns;
};

struct client {
    int fd;
    size_t length;
    char bytes[REQUEST_MAX + 1]; /* always ends with a NUL */
};

static void watch(const struct endpoint *endpoint, int fd, struct client *client)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};

    if (epoll_ctl(endpoint->epoll, EPOLL_CTL_ADD, fd, &event) != 0)
        die("epoll_ctl: %s", strerror(errno));
}

static void client_close(struct client *client)
{
    (void)close(client->fd);
    free(client);
}

static void client_accept(struct endpoint *endpoint)
{
    int fd = accept4(endpoint->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (fd < 0)
        return; /* it went away before it was taken */
    struct client *client = calloc(1, sizeof *client);
    if (!client)
        die("out of memory");
    client->fd = fd;
    endpoint->connections++;
    watch(endpoint, fd, client);
}

/* Answers are far smaller than a socket's buffer, and each waits for the next request. */
static void put(const struct client *client, const char *bytes, size_t n)
{
    ssize_t sent = send(client->fd, bytes, n, MSG_NOSIGNAL);

    if (sent >= 0 && (size_t)sent != n)
        die("an answer did not fit into the socket's buffer");
}

static void counts_put(struct endpoint *endpoint, const struct client *client)
{
    char body[256], text[512];
    int64_t span_ns = endpoint->last_ns - endpoint->first_ns;
    int n = snprintf(body, sizeof body,
                     "{\"connections\":%lld,\"requests\":%lld,\"request_bytes\":%lld,"
                     "\"seconds\":%.6f}",
                     (long long)endpoint->connections, (long long)endpoint->requests,
                     (long long)endpoint->request_bytes, (double)span_ns / (double)NS_PER_S);

    n = snprintf(
        text, sizeof text,
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", n,
        body);
    put(client, text, (size_t)n);
    endpoint->connections = endpoint->requests = endpoint->request_bytes = 0;
    endpoint->first_ns = endpoint->last_ns = 0;
}

static void request_take(struct endpoint *endpoint, const struct client *client, size_t length)
{
    if (strncmp(client->bytes, "GET /counts ", 12) == 0) {
        counts_put(endpoint, client);
        return;
    }
    endpoint->last_ns = stopwatch_now_ns();
    if (endpoint->requests++ == 0)
        endpoint->first_ns = endpoint->last_ns;
    endpoint->request_bytes += (int64_t)length;
    if (!endpoint->hangs)
        put(client, answer, sizeof answer - 1);
}

/* The length of the whole request at the start of the bytes; 0: it is not all there. */
static size_t request_length(const struct client *client)
{
    const char *end = strstr(client->bytes, "\r\n\r\n");
    size_t body = 0;

    if (!end)
        return 0;
    for (const char *line = client->bytes; line < end; line = strstr(line, "\r\n") + 2) {
        if (strncasecmp(line, "content-length:", 15) != 0)
            continue;
        for (const char *digit = line + 15 + strspn(line + 15, " ");
             *digit >= '0' && *digit <= '9' && body <= REQUEST_MAX; digit++)
            body = body * 10 + (size_t)(*digit - '0');
    }
    size_t whole = (size_t)(end + 4 - client->bytes) + body;
    return client->length >= whole ? whole : 0;
}

static void client_read(struct endpoint *endpoint, struct client *client)
{
    ssize_t n = recv(client->fd, client->bytes + client->length, REQUEST_MAX - client->length, 0);

    if (n <= 0) {
        client_close(client);
        return;
    }
    client->length += (size_t)n;
    client->bytes[client->length] = '\0';
    for (size_t length; (length = request_length(client)) > 0;) {
        request_take(endpoint, client, length);
        client->length -= length;
        memmove(client->bytes, client->bytes + length, client->length + 1);
    }
    if (client->length == REQUEST_MAX)
        client_close(client);
}

static int listener_open(const char *target)
{
    const struct sockaddr_in address = target_read(target);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int)) != 0 ||
        bind(fd, (const struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 1024) != 0)
        die("cannot listen on %s: %s", target, strerror(errno));
    return fd;
}

int main(int argc, char **argv)
{
    struct option options[] = {
        {"listen", "127.0.0.1:18190", "address and port"},
        {"hang", "0", "1: take requests and answer none"},
        {NULL, NULL, NULL},
    };
    struct epoll_event events[EVENTS_MAX];

    option_read(options, argc, argv);
    struct endpoint endpoint = {
        .listener = listener_open(option_text(options, "listen")),
        .epoll = epoll_create1(EPOLL_CLOEXEC),
        .hangs = option_number(options, "hang") != 0,
    };
    if (endpoint.epoll < 0)
        die("epoll_create1: %s", strerror(errno));
    watch(&endpoint, endpoint.listener, NULL);
    for (;;) { /* until killed */
        int n = epoll_wait(endpoint.epoll, events, EVENTS_MAX, -1);

        for (int i = 0; i < n; i++) {
            if (events[i].data.ptr)
                client_read(&endpoint, events[i].data.ptr);
            else
                client_accept(&endpoint);
        }
    }
}
