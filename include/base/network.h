/* Network: addresses of clients, and the networks that an operator names by CIDRs. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/bytes.h"
#include "base/error.h"

enum {
    NETWORK_ADDRESS_LEN = 16,
    NETWORK_TEXT_LEN = 46, /* with its NUL */
};

/* V6 form; a V4 address, mapped or not, is ::ffff:a.b.c.d. */
struct network_address {
    uint8_t at[NETWORK_ADDRESS_LEN];
};

/* NULL or a family that is neither V4 nor V6 gives ::. */
struct network_address network_address_of(const struct sockaddr *socket_address);
/* Numeric; with or without a port and V6's brackets, as proxies write it. */
bool network_address_read(struct bytes text, struct network_address *ret_address);
void network_address_text(const struct network_address *address, char ret_text[NETWORK_TEXT_LEN]);
bool network_address_is_v4(const struct network_address *address);
bool network_address_is_loopback(const struct network_address *address);

struct network {
    struct network_address address;
    unsigned bits;
};

/* A network of V6 has no V4 address, however short its prefix is. */
bool network_has(const struct network *network, const struct network_address *address);

struct networks {
    struct network *at;
    unsigned len;
};

/* CIDRs or single addresses joined by commas; "" or NULL are none. */
MUST_CHECK enum err networks_read(const char *cidrs, struct networks *ret_networks,
                                  struct error *error);
/* Are they written well? */
MUST_CHECK enum err networks_check(const char *cidrs, struct error *error);
void networks_free(struct networks *networks);
bool networks_have(const struct networks *networks, const struct network_address *address);
