/* Network: addresses of clients, and the networks that an operator names by CIDRs. */
#include "base/network.h"

#include "base/memory.h"
#include "base/parse.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

enum { V4_BITS_BEFORE = 96, BITS = 128 };

static const uint8_t v4_prefix[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static struct network_address map_v4(const struct in_addr *v4)
{
    struct network_address address;

    memcpy(address.at, v4_prefix, sizeof(v4_prefix));
    memcpy(address.at + sizeof(v4_prefix), v4, sizeof(*v4));
    return address;
}

struct network_address network_address_of(const struct sockaddr *socket_address)
{
    struct network_address address = {.at = {0}};
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;

    if (socket_address != NULL && socket_address->sa_family == AF_INET) {
        memcpy(&v4, socket_address, sizeof(v4));
        return map_v4(&v4.sin_addr);
    }
    if (socket_address != NULL && socket_address->sa_family == AF_INET6) {
        memcpy(&v6, socket_address, sizeof(v6));
        memcpy(address.at, &v6.sin6_addr, sizeof(address.at));
    }
    return address;
}

static bool read_bare(struct bytes text, struct network_address *ret_address)
{
    char copy[NETWORK_TEXT_LEN];
    struct in_addr v4;

    if (text.len == 0 || text.len >= sizeof(copy) || memchr(text.at, '\0', text.len) != NULL)
        return false;
    memcpy(copy, text.at, text.len);
    copy[text.len] = '\0';
    if (inet_pton(AF_INET, copy, &v4) == 1) {
        *ret_address = map_v4(&v4);
        return true;
    }
    return inet_pton(AF_INET6, copy, ret_address->at) == 1;
}

static bool is_port(struct bytes text)
{
    int64_t port;

    return parse_int(text, 0, 65535, &port);
}

bool network_address_read(struct bytes text, struct network_address *ret_address)
{
    const char *end = text.len > 0 ? memchr(text.at, ']', text.len) : NULL;
    const char *colon = text.len > 0 ? memchr(text.at, ':', text.len) : NULL;
    struct bytes rest;

    if (end != NULL && text.at[0] == '[') {
        rest = (struct bytes){end + 1, text.len - (size_t)(end + 1 - text.at)};
        if (rest.len > 0 &&
            (rest.at[0] != ':' || !is_port((struct bytes){rest.at + 1, rest.len - 1})))
            return false;
        return read_bare((struct bytes){text.at + 1, (size_t)(end - text.at) - 1}, ret_address);
    }
    if (colon != NULL) {
        rest = (struct bytes){colon + 1, text.len - (size_t)(colon + 1 - text.at)};
        if (memchr(rest.at, ':', rest.len) == NULL && is_port(rest))
            text.len = (size_t)(colon - text.at);
    }
    return read_bare(text, ret_address);
}

bool network_address_is_v4(const struct network_address *address)
{
    return memcmp(address->at, v4_prefix, sizeof(v4_prefix)) == 0;
}

bool network_address_is_loopback(const struct network_address *address)
{
    if (network_address_is_v4(address))
        return address->at[sizeof(v4_prefix)] == 127;
    return memcmp(address->at, &in6addr_loopback, sizeof(address->at)) == 0;
}

void network_address_text(const struct network_address *address, char ret_text[NETWORK_TEXT_LEN])
{
    bool is_v4 = network_address_is_v4(address);

    ret_text[0] = '\0';
    (void)inet_ntop(is_v4 ? AF_INET : AF_INET6, address->at + (is_v4 ? sizeof(v4_prefix) : 0),
                    ret_text, NETWORK_TEXT_LEN);
}

static bool read_network(struct bytes text, struct network *ret_network)
{
    struct bytes rest = text;
    struct bytes address;
    unsigned before;
    int64_t bits;

    if (!bytes_split(&rest, '/', &address) || !read_bare(address, &ret_network->address))
        return false;
    before =
        network_address_is_v4(&ret_network->address) && memchr(address.at, ':', address.len) == NULL
            ? V4_BITS_BEFORE
            : 0;
    ret_network->bits = BITS;
    if (address.len == text.len)
        return true;
    if (!parse_int(rest, 0, BITS - before, &bits))
        return false;
    ret_network->bits = before + (unsigned)bits;
    return true;
}

enum err networks_read(const char *cidrs, struct networks *ret_networks, struct error *error)
{
    struct bytes rest = bytes_of(cidrs != NULL ? cidrs : "");
    struct bytes part;

    *ret_networks = (struct networks){.at = NULL};
    if (bytes_trim(rest).len == 0)
        return OK;
    ret_networks->at = mem_alloc((rest.len / 2 + 1) * sizeof(*ret_networks->at));
    while (bytes_split(&rest, ',', &part)) {
        part = bytes_trim(part);
        if (!read_network(part, &ret_networks->at[ret_networks->len])) {
            networks_free(ret_networks);
            return error_set(error, ERR_INVALID_FIELD, "trusted_proxies",
                             "%.*s is not a network such as 10.0.0.0/8 or fd00::/8",
                             BYTES_ARG(part));
        }
        ret_networks->len++;
    }
    return OK;
}

void networks_free(struct networks *networks)
{
    free(networks->at);
    *networks = (struct networks){.at = NULL};
}

bool network_has(const struct network *network, const struct network_address *address)
{
    unsigned whole = network->bits / 8;
    unsigned odd = network->bits % 8;
    unsigned mask = (0xff00U >> odd) & 0xffU;

    if (network_address_is_v4(address) && network->bits < V4_BITS_BEFORE)
        return false;
    if (memcmp(network->address.at, address->at, whole) != 0)
        return false;
    return odd == 0 || ((network->address.at[whole] ^ address->at[whole]) & mask) == 0;
}

bool networks_have(const struct networks *networks, const struct network_address *address)
{
    for (unsigned i = 0; i < networks->len; i++)
        if (network_has(&networks->at[i], address))
            return true;
    return false;
}

enum err networks_check(const char *cidrs, struct error *error)
{
    struct networks networks;
    enum err err = networks_read(cidrs, &networks, error);

    if (err == OK)
        networks_free(&networks);
    return err;
}
