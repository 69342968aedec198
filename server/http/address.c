/* Address: where to listen, read from ADDR:PORT or [V6]:PORT, and the socket that does. */
#include "address.h"

#include "base/parse.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    BACKLOG = 4096, /* the kernel cuts it to its own bound; a burst beyond it waits for a second */
    KEEPALIVE_IDLE_S = 15,
    KEEPALIVE_INTERVAL_S = 5,
    KEEPALIVE_PROBES = 3,
    UNANSWERED_MS = 30000, /* sent data that nobody acknowledges for so long ends the connection */
};

/* The text before the last colon and the one behind it; a V6 address keeps its brackets. */
static bool split_port(struct bytes text, struct bytes *ret_host, struct bytes *ret_port)
{
    size_t at = text.len;

    while (at > 0 && text.at[at - 1] != ':')
        at--;
    if (at < 2)
        return false;
    *ret_host = (struct bytes){text.at, at - 1};
    *ret_port = (struct bytes){text.at + at, text.len - at};
    return true;
}

/* True for an address in text; brackets say V6. */
static bool read_host(struct bytes host, struct address *address)
{
    char text[sizeof(address->host) - 2];
    bool is_v6 = host.len > 2 && host.at[0] == '[' && host.at[host.len - 1] == ']';
    struct bytes bare = is_v6 ? (struct bytes){host.at + 1, host.len - 2} : host;

    if (bytes_is(host, "localhost"))
        bare = BYTES("127.0.0.1");
    if (bare.len >= sizeof(text))
        return false;
    memcpy(text, bare.at, bare.len);
    text[bare.len] = '\0';
    (void)snprintf(address->host, sizeof(address->host), is_v6 ? "[%s]" : "%s", text);
    if (is_v6) {
        address->at.v6.sin6_family = AF_INET6;
        return inet_pton(AF_INET6, text, &address->at.v6.sin6_addr) == 1;
    }
    address->at.v4.sin_family = AF_INET;
    return inet_pton(AF_INET, text, &address->at.v4.sin_addr) == 1;
}

enum err address_read(const char *text, struct address *ret_address, struct error *error)
{
    struct address address = {.host = ""};
    struct bytes host;
    struct bytes port_text;
    int64_t port = 0;

    if (!split_port(bytes_of(text), &host, &port_text) || !parse_int(port_text, 0, 65535, &port) ||
        !read_host(host, &address))
        return error_set(error, ERR_INVALID_FIELD, "listen",
                         "%s is not an address such as 127.0.0.1:8080 or [::1]:8080", text);
    if (address.at.any.sa_family == AF_INET6)
        address.at.v6.sin6_port = htons((uint16_t)port);
    else
        address.at.v4.sin_port = htons((uint16_t)port);
    *ret_address = address;
    return OK;
}

static void set_number(int fd, int level, int option, int value)
{
    /* None of them is needed to serve; an old kernel may lack one. */
    (void)setsockopt(fd, level, option, &value, sizeof(value));
}

static bool bind_and_listen(int fd, const struct address *address)
{
    socklen_t len =
        address->at.any.sa_family == AF_INET6 ? sizeof(address->at.v6) : sizeof(address->at.v4);

    set_number(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    set_number(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    set_number(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S);
    set_number(fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S);
    set_number(fd, IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_PROBES);
    set_number(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, UNANSWERED_MS);
    set_number(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    return bind(fd, &address->at.any, len) == 0 && listen(fd, BACKLOG) == 0;
}

static unsigned port_of(const struct address *address)
{
    return ntohs(address->at.any.sa_family == AF_INET6 ? address->at.v6.sin6_port
                                                       : address->at.v4.sin_port);
}

enum err address_listen(const struct address *address, int *ret_fd, unsigned *ret_port,
                        struct error *error)
{
    struct address bound = *address;
    socklen_t len = sizeof(bound.at);
    int fd = socket(address->at.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0 || !bind_and_listen(fd, address) || getsockname(fd, &bound.at.any, &len) != 0) {
        int cause = errno;

        if (fd >= 0)
            (void)close(fd);
        return error_set(error, ERR_INTERNAL, "listen", "cannot listen on %s, port %u: %s",
                         address->host, port_of(address), strerror(cause));
    }
    *ret_port = port_of(&bound);
    *ret_fd = fd;
    return OK;
}

static bool is_text(struct bytes a, const char *b)
{
    return a.len == strlen(b) && strncasecmp(a.at, b, a.len) == 0;
}

bool address_is_ours(const struct address *address, struct bytes host)
{
    char text[sizeof(address->host)];
    struct in_addr v4;
    struct in6_addr v6;
    struct bytes name = host;
    struct bytes port;

    if (host.len > 0 && host.at[host.len - 1] != ']')
        (void)split_port(host, &name, &port);
    if (is_text(name, "localhost") || is_text(name, address->host))
        return true;
    if (name.len >= sizeof(text))
        return false;
    memcpy(text, name.at, name.len);
    text[name.len] = '\0';
    if (inet_pton(AF_INET, text, &v4) == 1)
        return ntohl(v4.s_addr) >> 24 == 127;
    if (name.len < 4 || text[0] != '[')
        return false;
    text[name.len - 1] = '\0';
    return inet_pton(AF_INET6, text + 1, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}
