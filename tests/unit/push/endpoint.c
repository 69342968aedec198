/* Endpoint: as little of HTTP as it takes. */
#include "endpoint.h"

#include "base/assert.h"
#include "base/memory.h"

#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 256 };

struct endpoint {
    int fd;
    unsigned port;
    pthread_t thread;
    pthread_t served[CONNECTIONS_MAX];
    atomic_uint served_len, posts, deletes, busy, peak;
    atomic_int status;
    atomic_bool is_over;
    pthread_mutex_t lock;
    char last[ENDPOINT_TEXT_MAX];
};

struct seat {
    struct endpoint *endpoint;
    int fd;
};

static void say(int fd, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t sent = send(fd, text, len, MSG_NOSIGNAL);

        if (sent <= 0)
            return;
        text += sent;
        len -= (size_t)sent;
    }
}

static void answer(int fd, int status, const char *extra, const char *body)
{
    char text[1024];
    int len = snprintf(text, sizeof(text), "HTTP/1.1 %d X\r\nContent-Length: %zu\r\n%s\r\n%s",
                       status, strlen(body), extra, body);

    say(fd, text, (size_t)len);
}

static void rest(struct endpoint *endpoint, int ms)
{
    for (; ms > 0 && !atomic_load(&endpoint->is_over); ms -= 5)
        (void)usleep(5000);
}

static void say_much(int fd, long count, bool in_head)
{
    char *text = mem_alloc((size_t)count + 200);
    int len = in_head ? snprintf(text, 100, "HTTP/1.1 200 X\r\nX-Long: ")
                      : snprintf(text, 100, "HTTP/1.1 200 X\r\nContent-Length: %ld\r\n\r\n", count);

    memset(text + len, 'x', (size_t)count);
    memcpy(text + len + count, "\r\n\r\n", 4);
    say(fd, text, (size_t)len + (size_t)count + (in_head ? 4 : 0));
    free(text);
}

/* Returns whether the connection stays. */
static bool answer_post(struct endpoint *endpoint, int fd, const char *path)
{
    int status = atomic_load(&endpoint->status), number = 0;
    long count;
    char word[64];

    if (status == 0 && sscanf(path, "/status/%d", &number) == 1)
        status = number;
    if (status != 0) {
        answer(fd, status, "Retry-After: 2\r\nContent-Type: text/plain\r\n",
               status == 204 ? "" : "said so");
        return true;
    }
    if (sscanf(path, "/say/%63[^ ?]", word) == 1)
        answer(fd, 200, "Content-Type: application/json\r\n", word);
    else if (sscanf(path, "/slow/%d", &number) == 1) {
        rest(endpoint, number);
        answer(fd, 200, "", "");
    } else if (sscanf(path, "/big/%ld", &count) == 1)
        say_much(fd, count, false);
    else if (sscanf(path, "/head/%ld", &count) == 1)
        say_much(fd, count, true);
    else if (strncmp(path, "/cut", 4) == 0) {
        say(fd, "HTTP/1.1 200 X\r\nContent-Length: 100\r\n\r\nshort", 43);
        return false;
    } else if (strncmp(path, "/hang", 5) == 0) {
        rest(endpoint, 60000);
        return false;
    } else if (strncmp(path, "/close", 6) == 0)
        return false;
    else
        answer(fd, 404, "", "");
    return true;
}

/* The digits at its beginning. */
static size_t number_at(const char *text)
{
    size_t number = 0;

    for (; *text >= '0' && *text <= '9'; text++)
        number = number * 10 + (size_t)(*text - '0');
    return number;
}

static bool serve_one(struct endpoint *endpoint, int fd, const char *head)
{
    const char *path = strchr(head, ' ') + 1, *asked = strstr(path, "?delete=");
    unsigned busy;
    bool stays;

    if (strncmp(head, "DELETE", 6) == 0) {
        atomic_fetch_add(&endpoint->deletes, 1);
        answer(fd, asked != NULL ? (int)number_at(asked + 8) : 204, "", "");
        return true;
    }
    atomic_fetch_add(&endpoint->posts, 1);
    busy = atomic_fetch_add(&endpoint->busy, 1) + 1;
    if (busy > atomic_load(&endpoint->peak))
        atomic_store(&endpoint->peak, busy);
    stays = answer_post(endpoint, fd, path);
    atomic_fetch_sub(&endpoint->busy, 1);
    return stays;
}

/* The head and the body that its Content-Length tells; false: it is gone. */
static bool read_request(struct endpoint *endpoint, int fd, char *text, size_t *len)
{
    for (;;) {
        struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
        const char *end, *length;
        ssize_t got;

        text[*len] = '\0';
        end = strstr(text, "\r\n\r\n");
        length = strstr(text, "Content-Length: ");
        if (end != NULL &&
            *len >= (size_t)(end + 4 - text) +
                        (length != NULL && length < end ? number_at(length + 16) : 0))
            return true;
        if (poll(&poll_fd, 1, 20) == 0) {
            if (atomic_load(&endpoint->is_over))
                return false;
            continue;
        }
        got = recv(fd, text + *len, ENDPOINT_TEXT_MAX - 1 - *len, 0);
        if (got <= 0)
            return false;
        *len += (size_t)got;
    }
}

static void *serve(void *ctx)
{
    struct seat *seat = ctx;
    char text[ENDPOINT_TEXT_MAX];
    bool stays = true;

    while (stays) {
        size_t len = 0;

        if (!read_request(seat->endpoint, seat->fd, text, &len))
            break;
        (void)pthread_mutex_lock(&seat->endpoint->lock);
        memcpy(seat->endpoint->last, text, len + 1);
        (void)pthread_mutex_unlock(&seat->endpoint->lock);
        stays = serve_one(seat->endpoint, seat->fd, text);
    }
    (void)close(seat->fd);
    free(seat);
    return NULL;
}

static void *accept_all(void *ctx)
{
    struct endpoint *endpoint = ctx;

    while (!atomic_load(&endpoint->is_over)) {
        struct pollfd poll_fd = {.fd = endpoint->fd, .events = POLLIN};
        struct seat *seat;
        int fd;

        if (poll(&poll_fd, 1, 20) <= 0 || (fd = accept(endpoint->fd, NULL, NULL)) < 0)
            continue;
        ASSERT(atomic_load(&endpoint->served_len) < CONNECTIONS_MAX);
        seat = mem_alloc(sizeof(*seat));
        *seat = (struct seat){.endpoint = endpoint, .fd = fd};
        int failed = pthread_create(&endpoint->served[atomic_load(&endpoint->served_len)], NULL,
                                    serve, seat);
        ASSERT(failed == 0);
        atomic_fetch_add(&endpoint->served_len, 1);
    }
    return NULL;
}

struct endpoint *endpoint_open(void)
{
    struct endpoint *endpoint = mem_alloc(sizeof(*endpoint));
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(at);
    int failed;

    endpoint->fd = socket(AF_INET, SOCK_STREAM, 0);
    failed = bind(endpoint->fd, (struct sockaddr *)(void *)&at, sizeof(at));
    failed |= listen(endpoint->fd, 128);
    failed |= getsockname(endpoint->fd, (struct sockaddr *)(void *)&at, &len);
    failed |= pthread_mutex_init(&endpoint->lock, NULL);
    endpoint->port = ntohs(at.sin_port);
    failed |= pthread_create(&endpoint->thread, NULL, accept_all, endpoint);
    ASSERT(failed == 0);
    return endpoint;
}

void endpoint_close(struct endpoint *endpoint)
{
    atomic_store(&endpoint->is_over, true);
    (void)pthread_join(endpoint->thread, NULL);
    for (unsigned i = 0; i < atomic_load(&endpoint->served_len); i++)
        (void)pthread_join(endpoint->served[i], NULL);
    (void)close(endpoint->fd);
    (void)pthread_mutex_destroy(&endpoint->lock);
    free(endpoint);
}

unsigned endpoint_port(const struct endpoint *endpoint)
{
    return endpoint->port;
}

unsigned endpoint_posts(struct endpoint *endpoint)
{
    return atomic_load(&endpoint->posts);
}

unsigned endpoint_deletes(struct endpoint *endpoint)
{
    return atomic_load(&endpoint->deletes);
}

unsigned endpoint_connections(struct endpoint *endpoint)
{
    return atomic_load(&endpoint->served_len);
}

unsigned endpoint_peak(struct endpoint *endpoint)
{
    return atomic_load(&endpoint->peak);
}

void endpoint_last(struct endpoint *endpoint, char ret_text[ENDPOINT_TEXT_MAX])
{
    (void)pthread_mutex_lock(&endpoint->lock);
    memcpy(ret_text, endpoint->last, ENDPOINT_TEXT_MAX);
    (void)pthread_mutex_unlock(&endpoint->lock);
}

void endpoint_answer(struct endpoint *endpoint, int status)
{
    atomic_store(&endpoint->status, status);
}
