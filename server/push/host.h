/* Host: a name and port that targets share, and how many requests are under way to it. URLs of
 * tasks have no target with a pace of their own; what they are to a host, its guests, are few at a
 * time, and while the last of them failed, one: so a dead host keeps nobody else's waiting. */
#pragma once

#include "base/list.h"
#include "base/map.h"
#include "domain/push_url.h"

enum {
    HOST_GUESTS_MAX = 8,
    HOST_DOUBTED_MAX = 1000, /* hosts that are remembered for having failed */
    HOST_TURN_AWAY_MS = 5000,
    HOST_TURN_AWAY_MAX_MS = 600 * 1000,
};

struct host {
    char *key; /* "name:port" */
    unsigned in_flight;
    unsigned recalls; /* DELETEs under way, which are counted by themselves */
    unsigned users;
    struct list starved;      /* targets that wait for room here; struct target.starving */
    unsigned guests;          /* sendings to URLs of tasks, waiting or under way */
    unsigned turned_away;     /* guests, since it is doubted */
    struct list_node doubted; /* the last guest failed; one of its users */
};

struct hosts {
    struct map *by_name;
    struct list doubted; /* the longest first */
    unsigned doubted_len;
};

void hosts_init(struct hosts *hosts);
/* Nobody uses them any more. */
void hosts_fini(struct hosts *hosts);

/* The one of the URL; made when it is not there. One more user. */
struct host *host_hold(struct hosts *hosts, const struct push_url *url);
void host_let_go(struct hosts *hosts, struct host *host); /* NULL is fine */
bool host_takes_guest(const struct host *host);
/* One that it does not take: when it may come again. While it is doubted, the more there are the
 * later: else all that is due to a host that hangs would come, and be written, every few seconds.
 */
int64_t host_turn_away(struct host *host);
/* How a guest fared. */
void host_judge(struct hosts *hosts, struct host *host, bool has_failed);
