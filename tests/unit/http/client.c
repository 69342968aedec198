/* Client: says exactly the bytes it is told and reads answers one by one. */
#include "client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WAIT_MS = 5000 };

int client_open(struct harness *harness)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)harness_port(harness)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int on = 1;

    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return fd;
}

void client_send(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t sent = send(fd, bytes, len, MSG_NOSIGNAL);

        if (sent <= 0)
            return; /* the answer tells */
        bytes += sent;
        len -= (size_t)sent;
    }
}

void client_say(int fd, const char *text)
{
    client_send(fd, text, strlen(text));
}

static bool read_plain(void *ctx, char *ret_byte)
{
    int fd = *(int *)ctx;
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

    return poll(&poll_fd, 1, WAIT_MS) == 1 && recv(fd, ret_byte, 1, 0) == 1;
}

static bool read_head(client_read_byte read_byte, void *ctx, struct answer *answer)
{
    size_t len = 0;

    answer->head[0] = '\0';
    while (len + 1 < sizeof(answer->head)) {
        if (!read_byte(ctx, &answer->head[len]))
            return false;
        answer->head[++len] = '\0';
        if (len >= 4 && memcmp(answer->head + len - 4, "\r\n\r\n", 4) == 0)
            return true;
    }
    return false;
}

struct answer client_read(int fd, bool is_head_only)
{
    return client_read_by(read_plain, &fd, is_head_only);
}

struct answer client_read_by(client_read_byte read_byte, void *ctx, bool is_head_only)
{
    struct answer answer = {.status = 0};
    long len;

    do {
        if (!read_head(read_byte, ctx, &answer))
            return (struct answer){.status = 0};
        (void)sscanf(answer.head, "HTTP/1.1 %d", &answer.status);
    } while (answer.status == 100);
    (void)sscanf(answer_header(&answer, "Content-Length"), "%ld", &len);
    if (answer_header(&answer, "Content-Length")[0] == '\0' || is_head_only)
        return answer;
    for (long i = 0; i < len; i++) {
        char byte;

        if (!read_byte(ctx, &byte))
            return (struct answer){.status = 0};
        if (answer.body_len + 1 < sizeof(answer.body))
            answer.body[answer.body_len++] = byte;
    }
    return answer;
}

bool client_is_closed(int fd, int wait_ms)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    char bytes[4096];
    ssize_t len;

    do {
        if (poll(&poll_fd, 1, wait_ms) != 1)
            return false;
        len = recv(fd, bytes, sizeof(bytes), 0);
    } while (len > 0);
    return true;
}

void client_close(int fd)
{
    (void)close(fd);
}

struct answer client_ask_bytes(struct harness *harness, const char *bytes, size_t len)
{
    int fd = client_open(harness);
    struct answer answer;

    client_send(fd, bytes, len);
    answer = client_read(fd, memcmp(bytes, "HEAD ", 5) == 0);
    client_close(fd);
    return answer;
}

struct answer client_ask(struct harness *harness, const char *text)
{
    return client_ask_bytes(harness, text, strlen(text));
}

const char *answer_header(const struct answer *answer, const char *name)
{
    static _Thread_local char value[512];
    char start[128];
    const char *at;
    size_t len;

    (void)snprintf(start, sizeof(start), "\r\n%s: ", name);
    at = strstr(answer->head, start);
    if (at == NULL)
        return "";
    at += strlen(start);
    len = strcspn(at, "\r");
    if (len >= sizeof(value))
        len = sizeof(value) - 1;
    memcpy(value, at, len);
    value[len] = '\0';
    return value;
}

bool answer_has(const struct answer *answer, const char *text)
{
    return memmem(answer->body, answer->body_len, text, strlen(text)) != NULL;
}
