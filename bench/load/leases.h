/* Leases: the tokens that a worker has in hand, the oldest first. */
#pragma once

#include "load/answer.h"

#define LEASE_BYTES 64

struct leases {
    char (*at)[LEASE_BYTES]; /* a ring */
    unsigned first, len, room;
};

void leases_init(struct leases *leases, unsigned room);
void leases_fini(struct leases *leases);

/* Take all that an answer has; how many. Dies when there is no room. */
unsigned leases_take(struct leases *leases, const char *from, const char *end);

/* The oldest, which is in hand no more; good until room is taken again. */
const char *leases_pop(struct leases *leases);
