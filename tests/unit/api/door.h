/* Door: admission as the HTTP server asks for it, with three tokens in the keyring and a clock that
 * the test moves. One at a time. */
#pragma once

#include "api/failures.h"
#include "api/keyring.h"
#include "fake.h"

/* What the door at work is made of; set anew by door_set_up(). */
struct door {
    int64_t now_ms;
    struct keyring *keyring;
    struct failures *failures;
    struct request *request;
    struct error error;
};

extern struct door the_door;

/* For cmocka: "admin-token" may all, "team-token" works in team, "teams-token" in team-*. */
int door_set_up(void **state);
int door_tear_down(void **state);
void door_put(const char *token, enum role role, const char *ns, const char *queues);
/* A request with this Authorization; NULL: none. */
struct request *door_begin(const char *authorization);
enum err door_admit(enum scope scope, bool urgent);
