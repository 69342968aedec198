/* Address: where to listen, read from ADDR:PORT or [V6]:PORT, and the socket that does. */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>

#include "base/bytes.h"
#include "base/error.h"

struct address {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } at;
    char host[64]; /* as a Host header has it: no port, brackets around V6 */
};

MUST_CHECK enum err address_read(const char *text, struct address *ret_address,
                                 struct error *error);
/* A socket that listens, with what accepted sockets inherit; ret_port is the real one when 0 was
 * asked. */
MUST_CHECK enum err address_listen(const struct address *address, int *ret_fd, unsigned *ret_port,
                                   struct error *error);
/* Does a Host header (with or without a port) name this machine's loopback or the listen address?
 */
bool address_is_ours(const struct address *address, struct bytes host);
