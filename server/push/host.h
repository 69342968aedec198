/* Host: a name and port that targets share, and how many requests are under way to it. */
#pragma once

#include "base/list.h"
#include "base/map.h"
#include "domain/push_url.h"

struct host {
    char *key; /* "name:port" */
    unsigned in_flight;
    unsigned users;
    struct list starved; /* targets that wait for room here; struct target.starving */
};

/* The one of the URL; made when it is not there. One more user. */
struct host *host_hold(struct map *hosts, const struct push_url *url);
void host_let_go(struct map *hosts, struct host *host); /* NULL is fine */
