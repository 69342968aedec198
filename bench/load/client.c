/* Client: many keep-alive HTTP/1.1 connections to one server, driven by one thread over epoll. */
#include "load/client.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/die.h"
#include "common/stopwatch.h"
#include "common/target.h"

#define EVENTS_MAX     256
#define READ_BYTES_MIN 16384

static void watch(const struct connection *connection, int operation, uint32_t events)
{
    struct epoll_event event = {.events = events | EPOLLET, .data.u32 = connection->index};

    if (epoll_ctl(connection->client->epoll_fd, operation, connection->fd, &event) != 0)
        die("epoll_ctl: %s", strerror(errno));
}

static void connection_open(struct connection *connection, const struct sockaddr_in *address)
{
    const int on = 1;

    connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection->fd < 0 ||
        connect(connection->fd, (const struct sockaddr *)address, sizeof *address) != 0)
        die("cannot connect: %s", strerror(errno));
    if (setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0)
        die("cannot set TCP_NODELAY: %s", strerror(errno));
    text_reserve(&connection->input, READ_BYTES_MIN);
    watch(connection, EPOLL_CTL_ADD, EPOLLIN);
}

void client_open(struct client *client, const char *target, const char *token, unsigned n)
{
    const struct sockaddr_in address = target_read(target);

    if (strlen(target) >= sizeof client->host)
        die("the target %s is too long", target);
    memcpy(client->host, target, strlen(target) + 1);
    client->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    client->connections = calloc(n, sizeof *client->connections);
    if (client->epoll_fd < 0 || !client->connections)
        die("cannot make %u connections", n);
    client->n_connections = n;
    client->token = token;
    for (unsigned i = 0; i < n; i++) {
        client->connections[i].client = client;
        client->connections[i].index = i;
        connection_open(&client->connections[i], &address);
    }
}

void client_close(struct client *client)
{
    for (unsigned i = 0; i < client->n_connections; i++) {
        (void)close(client->connections[i].fd); /* nothing unsent is of interest any more */
        text_fini(&client->connections[i].input);
    }
    (void)close(client->epoll_fd);
    free(client->connections);
    *client = (struct client){0};
}

static void write_some(struct connection *connection)
{
    ssize_t n = send(connection->fd, connection->unsent, connection->unsent_bytes,
                     MSG_DONTWAIT | MSG_NOSIGNAL);

    if (n < 0 && errno != EAGAIN)
        die("the server closed a connection: %s", strerror(errno));
    if (n > 0) {
        connection->unsent += n;
        connection->unsent_bytes -= (size_t)n;
    }
}

void client_send(struct client *client, unsigned index, const struct text *request)
{
    struct connection *connection = &client->connections[index];

    if (connection->unsent_bytes > 0)
        die("a request was sent before the last one was gone");
    connection->unsent = request->bytes;
    connection->unsent_bytes = request->length;
    connection->sent_ns = stopwatch_now_ns();
    write_some(connection);
    if (connection->unsent_bytes > 0)
        watch(connection, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
}

/* Read what is there. A short read means that more will raise a new event, so it is the last one.
 */
static void read_all(struct connection *connection)
{
    struct text *input = &connection->input;
    size_t room;
    ssize_t n;

    do {
        if (input->capacity - input->length < READ_BYTES_MIN / 2)
            text_reserve(input, input->capacity);
        room = input->capacity - input->length - 1;
        n = recv(connection->fd, input->bytes + input->length, room, MSG_DONTWAIT);
        if (n < 0 && errno == EAGAIN)
            return;
        if (n <= 0)
            die("the server closed a connection: %s", n == 0 ? "end of file" : strerror(errno));
        input->length += (size_t)n;
        input->bytes[input->length] = '\0';
    } while ((size_t)n == room);
}

static void on_readable(struct connection *connection)
{
    struct answer answer = {.sent_ns = connection->sent_ns};

    read_all(connection);
    size_t whole = answer_parse(connection->input.bytes, connection->input.length, &answer);
    if (whole == 0 || connection->input.length < whole)
        return;
    if (connection->input.length > whole)
        die("the server sent more than one answer to a request");
    answer.read_ns = stopwatch_now_ns();
    connection->input.length = 0; /* the bytes stay until the next read, which is after the call */
    connection->client->on_answer(connection, &answer);
}

static void on_writable(struct connection *connection)
{
    write_some(connection);
    if (connection->unsent_bytes == 0)
        watch(connection, EPOLL_CTL_MOD, EPOLLIN);
}

void client_turn(struct client *client, int timeout_ms)
{
    struct epoll_event events[EVENTS_MAX];
    int n = epoll_wait(client->epoll_fd, events, EVENTS_MAX, timeout_ms);

    if (n < 0 && errno != EINTR)
        die("epoll_wait: %s", strerror(errno));
    for (int i = 0; i < n; i++) {
        struct connection *connection = &client->connections[events[i].data.u32];

        if (events[i].events & EPOLLOUT)
            on_writable(connection);
        if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR))
            on_readable(connection);
    }
}

struct asked {
    struct text *body;
    int status; /* 0 until the answer has come */
};

static void on_asked(struct connection *connection, const struct answer *answer)
{
    struct asked *asked = connection->client->context;

    text_clear(asked->body);
    text_add(asked->body, answer->body, answer->body_bytes);
    asked->status = answer->status;
}

int client_ask(struct client *client, const struct text *request, struct text *body)
{
    const struct client before = *client;
    struct asked asked = {.body = body};

    client->on_answer = on_asked;
    client->context = &asked;
    client_send(client, 0, request);
    while (asked.status == 0)
        client_turn(client, -1);
    client->on_answer = before.on_answer;
    client->context = before.context;
    return asked.status;
}

void client_post(const struct client *client, struct text *request, const char *path,
                 const struct text *body)
{
    text_clear(request);
    text_print(request,
               "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\n"
               "Content-Length: %zu\r\n",
               path, client->host, body->length);
    if (client->token != NULL && client->token[0] != '\0')
        text_print(request, "Authorization: Bearer %s\r\n", client->token);
    text_print(request, "\r\n");
    text_add(request, body->bytes, body->length);
}
