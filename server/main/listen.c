/* Listen: an address to serve on, and whether only this machine reaches it. */
#include "listen.h"

#include "base/parse.h"

#include <arpa/inet.h>
#include <string.h>

enum { HOST_MAX = 64, PORT_MAX = 65535 };

static bool is_loopback(const char *host)
{
    struct in_addr v4;
    struct in6_addr v6;

    if (strcmp(host, "localhost") == 0)
        return true;
    if (inet_pton(AF_INET, host, &v4) == 1)
        return (ntohl(v4.s_addr) >> 24) == 127;
    return inet_pton(AF_INET6, host, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

static bool is_address(const char *host)
{
    struct in6_addr any;

    return strcmp(host, "localhost") == 0 || inet_pton(AF_INET, host, &any) == 1 ||
           inet_pton(AF_INET6, host, &any) == 1;
}

/* "[::1]:80" -> "::1"; false without a port or with something longer than any address. */
static bool split(const char *address, char ret_host[HOST_MAX])
{
    const char *colon = strrchr(address, ':');
    size_t len = colon != NULL ? (size_t)(colon - address) : 0;
    int64_t port;

    if (len == 0 || len >= HOST_MAX || !parse_int(bytes_of(colon + 1), 0, PORT_MAX, &port))
        return false;
    memcpy(ret_host, address, len);
    ret_host[len] = '\0';
    if (ret_host[0] == '[' && ret_host[len - 1] == ']') {
        memmove(ret_host, ret_host + 1, len - 2);
        ret_host[len - 2] = '\0';
        return strchr(ret_host, ':') != NULL;
    }
    return strchr(ret_host, ':') == NULL;
}

enum err listen_read(const char *key, const char *address, bool *ret_is_loopback,
                     struct error *error)
{
    char host[HOST_MAX];

    if (!split(address, host) || !is_address(host))
        return error_set(error, ERR_INVALID_FIELD, key, "%.100s is not ADDR:PORT or [ADDR]:PORT",
                         address);
    *ret_is_loopback = is_loopback(host);
    return OK;
}
