/* Addresses: who has how many connections open and how many requests left. Whoever has not been
 * here for longest and has nothing open is forgotten first; it comes back with a full bucket. */
#include "addresses.h"

#include "base/assert.h"
#include "base/list.h"
#include "base/map.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { V6_NETWORK_LEN = 8 };

struct client {
    struct list_node link; /* in idle, the oldest first; unlinked while connections are open */
    struct network_address address;
    unsigned connections;
    struct rate_bucket bucket;
};

struct addresses {
    struct addresses_bounds bounds;
    struct map *clients;
    struct list idle;
};

static struct bytes key_of(const struct network_address *address)
{
    return (struct bytes){(const char *)address->at, sizeof(address->at)};
}

static struct network_address cut(const struct network_address *address)
{
    struct network_address cut = *address;

    if (!network_address_is_v4(address))
        memset(cut.at + V6_NETWORK_LEN, 0, sizeof(cut.at) - V6_NETWORK_LEN);
    return cut;
}

struct addresses *addresses_new(const struct addresses_bounds *bounds)
{
    struct addresses *addresses = mem_alloc(sizeof(*addresses));

    addresses->bounds = *bounds;
    addresses->clients = map_new();
    list_init(&addresses->idle);
    return addresses;
}

void addresses_free(struct addresses *addresses)
{
    struct client *client;
    size_t at = 0;

    if (addresses == NULL)
        return;
    while ((client = map_each(addresses->clients, &at)) != NULL)
        free(client);
    map_free(addresses->clients);
    free(addresses);
}

static void forget_oldest(struct addresses *addresses)
{
    struct list_node *node = list_first(&addresses->idle);
    struct client *client;

    if (map_len(addresses->clients) < addresses->bounds.remembered || node == NULL)
        return;
    client = CONTAINER_OF(node, struct client, link);
    list_remove(&client->link);
    (void)map_remove(addresses->clients, key_of(&client->address));
    free(client);
}

static struct client *find(const struct addresses *addresses, const struct network_address *address)
{
    struct network_address key = cut(address);

    return map_get(addresses->clients, key_of(&key));
}

/* Found or made, and the last to be forgotten. */
static struct client *visit(struct addresses *addresses, const struct network_address *address)
{
    struct client *client = find(addresses, address);

    if (client == NULL) {
        forget_oldest(addresses);
        client = mem_alloc(sizeof(*client));
        client->address = cut(address);
        (void)map_put(addresses->clients, key_of(&client->address), client);
    }
    list_remove(&client->link);
    if (client->connections == 0)
        list_push_back(&addresses->idle, &client->link);
    return client;
}

bool addresses_open(struct addresses *addresses, const struct network_address *address)
{
    struct client *client = visit(addresses, address);

    if (addresses->bounds.connections > 0 && client->connections >= addresses->bounds.connections)
        return false;
    client->connections++;
    list_remove(&client->link);
    return true;
}

void addresses_close(struct addresses *addresses, const struct network_address *address)
{
    struct client *client = find(addresses, address);

    ASSERT(client != NULL && client->connections > 0);
    if (--client->connections == 0)
        list_push_back(&addresses->idle, &client->link);
}

bool addresses_take(struct addresses *addresses, const struct network_address *address,
                    int64_t now_mono_ms, int64_t *ret_wait_ms)
{
    *ret_wait_ms = 0;
    if (addresses->bounds.rate.units <= 0)
        return true;
    return rate_bucket_take(&visit(addresses, address)->bucket, &addresses->bounds.rate, 1,
                            now_mono_ms, ret_wait_ms);
}

unsigned addresses_len(const struct addresses *addresses)
{
    return (unsigned)map_len(addresses->clients);
}
