/* Peer: what the kernel knows of the other end of a socket. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Any thread. Sees an end behind a pipelined request too, which a peek at the next byte would not. */
bool peer_is_there(int fd);
/* All bytes that have come on the connection; 0 when the kernel does not say. */
uint64_t peer_bytes(int fd);
