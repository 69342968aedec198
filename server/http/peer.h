/* Peer: what the kernel knows of the other end of a socket. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct peer {
    bool is_there;  /* neither end has said that it is done; sees an end behind a pipelined request
                       too */
    uint64_t bytes; /* all that ever came from it */
};

/* Any thread. */
struct peer peer_look(int fd);
/* Has something come that nobody has read? */
bool peer_has_sent(int fd);
