/* Door: admission as the HTTP server asks for it. */
#include "door.h"

struct door the_door;

static struct moment now(void *ctx)
{
    (void)ctx;
    return (struct moment){.wall_ms = the_door.now_ms, .mono_ms = the_door.now_ms};
}

void door_put(const char *token, enum role role, const char *ns, const char *queues)
{
    struct key_facts facts = {
        .who = {.id = bytes_of(token), .grant = {role, bytes_of(ns), bytes_of(queues)}},
        .hash = token_hash(bytes_of(token)),
        .source = KEY_FROM_STORE,
        .expires_at_ms = -1,
        .last_used_at_ms = -1,
    };

    keyring_put(the_door.keyring, &facts);
}

int door_set_up(void **state)
{
    (void)state;
    the_door.now_ms = 1000000;
    the_door.keyring = keyring_new();
    the_door.failures = failures_new(8);
    door_put("admin-token", ROLE_ADMIN, "*", "*");
    door_put("team-token", ROLE_WORKER, "team", "*");
    door_put("teams-token", ROLE_WORKER, "team-*", "*");
    return 0;
}

int door_tear_down(void **state)
{
    (void)state;
    keyring_free(the_door.keyring);
    failures_free(the_door.failures);
    return 0;
}

struct request *door_begin(const char *authorization)
{
    the_door.request = fake_begin();
    the_door.request->headers[0] = (struct fake_pair){"authorization", authorization};
    the_door.request->ns_is_implied = true;
    fake_api()->keyring = the_door.keyring;
    fake_api()->failures = the_door.failures;
    fake_engine()->clock.now = now;
    return the_door.request;
}

enum err door_admit(enum scope scope, bool urgent)
{
    const struct route route = {.operation = "x", .scope = scope, .urgent = urgent};

    the_door.error = (struct error){.detail = ""};
    return api_admit(fake_api(), the_door.request, &route, &the_door.error);
}
