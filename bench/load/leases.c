/* Leases: a ring of short texts. */
#include "load/leases.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/die.h"

void leases_init(struct leases *leases, unsigned room)
{
    *leases = (struct leases){.at = calloc(room, LEASE_BYTES), .room = room};
    if (!leases->at)
        die("out of memory");
}

void leases_fini(struct leases *leases)
{
    free(leases->at);
}

unsigned leases_take(struct leases *leases, const char *from, const char *end)
{
    const char *lease;
    size_t lease_bytes;
    unsigned taken = 0;

    while ((from = answer_find_text(from, end, "lease", &lease, &lease_bytes))) {
        if (leases->len == leases->room || lease_bytes >= LEASE_BYTES)
            die("no room for %zu bytes behind %u leases", lease_bytes, leases->len);
        (void)snprintf(leases->at[(leases->first + leases->len) % leases->room], LEASE_BYTES,
                       "%.*s", (int)lease_bytes, lease);
        leases->len++;
        taken++;
    }
    return taken;
}

const char *leases_pop(struct leases *leases)
{
    const char *lease = leases->at[leases->first];

    leases->first = (leases->first + 1) % leases->room;
    leases->len--;
    return lease;
}
