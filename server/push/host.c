/* Host: lives as long as somebody uses it, or it is remembered for having failed. */
#include "host.h"

#include "base/memory.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

void hosts_init(struct hosts *hosts)
{
    *hosts = (struct hosts){.by_name = map_new()};
    list_init(&hosts->doubted);
}

struct host *host_hold(struct hosts *hosts, const struct push_url *url)
{
    char key[PUSH_HOST_MAX + 16];
    struct host *host;

    (void)snprintf(key, sizeof(key), "%.*s:%u", BYTES_ARG(url->host), url->port);
    for (char *at = key; *at != '\0'; at++) /* names are the same however they are written */
        *at = (char)tolower((unsigned char)*at);
    host = map_get(hosts->by_name, bytes_of(key));
    if (host == NULL) {
        host = mem_alloc(sizeof(*host));
        host->key = (char *)(uintptr_t)bytes_keep(bytes_of(key)).at;
        list_init(&host->starved);
        (void)map_put(hosts->by_name, bytes_of(host->key), host);
    }
    host->users++;
    return host;
}

void host_let_go(struct hosts *hosts, struct host *host)
{
    if (host == NULL || --host->users > 0)
        return;
    while (list_pop_front(&host->starved) != NULL)
        ; /* whoever waited here has nothing for it any more */
    (void)map_remove(hosts->by_name, bytes_of(host->key));
    free(host->key);
    free(host);
}

static void clear(struct hosts *hosts, struct host *host)
{
    list_remove(&host->doubted);
    hosts->doubted_len--;
    host_let_go(hosts, host);
}

static void clear_first(struct hosts *hosts)
{
    clear(hosts, CONTAINER_OF(list_first(&hosts->doubted), struct host, doubted));
}

void hosts_fini(struct hosts *hosts)
{
    while (!list_is_empty(&hosts->doubted))
        clear_first(hosts);
    map_free(hosts->by_name);
}

bool host_takes_guest(const struct host *host)
{
    return host->guests < (list_is_linked(&host->doubted) ? 1 : HOST_GUESTS_MAX);
}

int64_t host_turn_away(struct host *host)
{
    int64_t wait_ms;

    if (!list_is_linked(&host->doubted))
        return HOST_TURN_AWAY_MS;
    wait_ms = HOST_TURN_AWAY_MS * (1 + (int64_t)host->turned_away++ / HOST_GUESTS_MAX);
    return wait_ms < HOST_TURN_AWAY_MAX_MS ? wait_ms : HOST_TURN_AWAY_MAX_MS;
}

void host_judge(struct hosts *hosts, struct host *host, bool has_failed)
{
    if (!has_failed)
        host->turned_away = 0;
    if (has_failed == list_is_linked(&host->doubted))
        return;
    if (!has_failed) {
        clear(hosts, host);
        return;
    }
    if (hosts->doubted_len == HOST_DOUBTED_MAX)
        clear_first(hosts);
    host->users++;
    hosts->doubted_len++;
    list_push_back(&hosts->doubted, &host->doubted);
}
