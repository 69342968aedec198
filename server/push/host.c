/* Host: lives as long as somebody uses it. */
#include "host.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>

struct host *host_hold(struct map *hosts, const struct push_url *url)
{
    char key[PUSH_HOST_MAX + 16];
    struct host *host;

    (void)snprintf(key, sizeof(key), "%.*s:%u", BYTES_ARG(url->host), url->port);
    host = map_get(hosts, bytes_of(key));
    if (host == NULL) {
        host = mem_alloc(sizeof(*host));
        host->key = (char *)(uintptr_t)bytes_keep(bytes_of(key)).at;
        list_init(&host->starved);
        (void)map_put(hosts, bytes_of(host->key), host);
    }
    host->users++;
    return host;
}

void host_let_go(struct map *hosts, struct host *host)
{
    if (host == NULL || --host->users > 0)
        return;
    while (list_pop_front(&host->starved) != NULL)
        ; /* whoever waited here has nothing for it any more */
    (void)map_remove(hosts, bytes_of(host->key));
    free(host->key);
    free(host);
}
