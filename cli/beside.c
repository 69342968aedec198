/* Beside: where the broker of this container or machine answers, by the broker's own settings. */
#include "beside.h"

#include "base/bytes.h"

#include <stdlib.h>
#include <string.h>

/* An empty setting counts as none. */
static struct bytes setting(const char *name)
{
    const char *value = getenv(name);

    return bytes_of(value != NULL ? value : "");
}

/* The address to call for the one that is listened on; the port stays as it is. */
static const char *reachable(struct arena *arena, const char *scheme, struct bytes listen)
{
    static const struct {
        const char *any;
        const char *loopback;
    } places[] = {{"0.0.0.0:", "127.0.0.1:"}, {"[::]:", "[::1]:"}};
    const char *host = "";

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        if (!bytes_starts(listen, places[i].any))
            continue;
        host = places[i].loopback;
        listen.at += strlen(places[i].any);
        listen.len -= strlen(places[i].any);
        break;
    }
    return arena_string(arena, arena_printf(arena, "%s://%s%.*s", scheme, host, BYTES_ARG(listen)));
}

const char *beside_url(struct arena *arena)
{
    struct bytes health = setting("SLUICE_HEALTH_LISTEN");
    struct bytes listen = setting("SLUICE_LISTEN");
    bool has_tls = setting("SLUICE_TLS_CERT").len > 0;

    if (health.len > 0)
        return reachable(arena, "http", health);
    if (listen.len == 0)
        listen = BYTES("127.0.0.1:8080");
    return reachable(arena, has_tls ? "https" : "http", listen);
}

bool beside_wants_certificate(void)
{
    return setting("SLUICE_HEALTH_LISTEN").len == 0 && setting("SLUICE_TLS_CERT").len > 0 &&
           setting("SLUICE_TLS_CLIENT_CA").len > 0;
}
