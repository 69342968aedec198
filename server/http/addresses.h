/* Addresses: who has how many connections open and how many requests left, by address; V6 clients
 * are told apart by their /64, as each has that many to choose from. */
#pragma once

#include "base/rate.h"

#include "base/network.h"

struct addresses;

struct addresses_bounds {
    unsigned connections;   /* 0: no bound */
    struct rate_limit rate; /* of requests; units 0: no bound */
    unsigned remembered; /* how many addresses at least; those with open connections always are */
};

struct addresses *addresses_new(const struct addresses_bounds *bounds);
void addresses_free(struct addresses *addresses);
/* One connection more; false, and not counted, when it is one too many. */
bool addresses_open(struct addresses *addresses, const struct network_address *address);
/* One connection less, of those that were counted. */
void addresses_close(struct addresses *addresses, const struct network_address *address);
/* One request more; false when it comes too early by ret_wait_ms. */
bool addresses_take(struct addresses *addresses, const struct network_address *address,
                    int64_t now_mono_ms, int64_t *ret_wait_ms);
unsigned addresses_len(const struct addresses *addresses);
