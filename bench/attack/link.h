/* Link: one TCP connection of an attacker, which expects nothing good and comes back when it was
 * thrown out. */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/text.h"

struct link {
    int fd;              /* -1: closed */
    bool is_open;        /* the handshake is over */
    int64_t retry_at_ns; /* of a closed one: when it tries again */
    struct text input;
    size_t sent; /* of what is being sent */
    int64_t sent_ns;
};

struct links {
    struct sockaddr_in target;
    int epoll_fd;
    unsigned len;
    struct link *at;
    int64_t opened, closed, failed; /* handshakes done, ends seen, handshakes that failed */
};

/* "A.B.C.D:PORT"; nothing is connected yet. */
void links_open(struct links *links, const char *target, unsigned len);
void links_close(struct links *links);
/* Begin a handshake. */
void link_connect(struct links *links, struct link *link);
/* Close it; with reset the other side sees an abort. It tries again after so long. */
void link_drop(struct links *links, struct link *link, bool reset, int64_t retry_ns);
/* Connect those whose time has come; returns how many are open. */
unsigned links_revive(struct links *links, int64_t now_ns);
/* Wait for events and take handshakes and ends in; on_input is called for each link that got bytes
 * (it may drop it). */
void links_turn(struct links *links, int timeout_ms, void (*on_open)(void *ctx, struct link *link),
                void (*on_input)(void *ctx, struct link *link), void *ctx);
