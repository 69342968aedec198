/* Policy: read once, at the start: a range that is taken away later would leave connections open
 * that it allowed. */
#include "policy.h"

#include "base/assert.h"
#include "base/memory.h"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

enum { OWN_MAX = 1000 };

static bool is_same(const struct network_address *a, const struct network_address *b)
{
    return memcmp(a->at, b->at, sizeof(a->at)) == 0;
}

/* 0.0.0.0 or ::. */
static bool is_any(const struct network_address *address)
{
    const struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct network_address any = network_address_of(NULL);
    struct network_address any_v4 = network_address_of((const struct sockaddr *)(const void *)&v4);

    return is_same(address, &any) || is_same(address, &any_v4);
}

static void add(struct push_own *own, unsigned *len, const struct network_address *address,
                unsigned port)
{
    if (*len < OWN_MAX)
        own[(*len)++] = (struct push_own){.address = *address, .port = port};
}

/* Who serves on all addresses serves on each that this machine has. */
static void add_all(struct push_own *own, unsigned *len, unsigned port)
{
    struct ifaddrs *all;

    if (getifaddrs(&all) != 0)
        return; /* loopback and private ranges are not called in any case */
    for (const struct ifaddrs *one = all; one != NULL; one = one->ifa_next) {
        struct network_address address = network_address_of(one->ifa_addr);

        if (one->ifa_addr != NULL && !is_any(&address))
            add(own, len, &address, port);
    }
    freeifaddrs(all);
}

static void add_listener(struct push_own *own, unsigned *len, const char *listen, unsigned port)
{
    struct network_address address;

    if (bytes_starts(bytes_of(listen), "localhost"))
        listen = "127.0.0.1";
    if (!network_address_read(bytes_of(listen), &address))
        return; /* there is none */
    if (is_any(&address))
        add_all(own, len, port);
    else
        add(own, len, &address, port);
}

void policy_read(struct broker *broker)
{
    const struct config *config = broker->config;
    struct push_own *own = mem_alloc(OWN_MAX * sizeof(*own));
    struct push_policy *policy = &broker->policy;
    struct error error;
    enum err err;

    policy->allow_task_urls = config_switch(config, KNOB_PUSH_ALLOW_TASK_URLS);
    err = networks_read(config_text(config, KNOB_PUSH_ALLOW), &policy->allowed, &error);
    ASSERT(err == OK);
    add_listener(own, &policy->own_len, config_text(config, KNOB_LISTEN),
                 http_server_port(broker->http));
    if (broker->health != NULL)
        add_listener(own, &policy->own_len, config_text(config, KNOB_HEALTH_LISTEN),
                     http_server_port(broker->health));
    policy->own = own;
}

void policy_free(struct push_policy *policy)
{
    networks_free(&policy->allowed);
    free((void *)(uintptr_t)policy->own);
}
