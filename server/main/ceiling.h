/* Ceiling: how much memory the process may have, and what fits below it. */
#pragma once

#include "base/bytes.h"

#include <stdint.h>

/* The least of what the machine has and what control groups allow, in bytes. */
int64_t ceiling_read(void);
/* The folder of the control group that has the controller ("" for the unified one) in the text of
 * /proc/self/cgroup; NONE: there is none. */
struct bytes ceiling_group(struct bytes groups, const char *controller);
/* "/a/b" -> "/a" -> "". */
struct bytes ceiling_parent(struct bytes group);
/* How many connections, and how many bytes of bodies, fit: connections may fill half of it, bodies
 * a quarter; the store's caches and the rest have what is left. At most what is wanted, and never
 * so few that nothing works: the largest body that is allowed fits. */
unsigned ceiling_connections(int64_t ceiling, unsigned wanted);
int64_t ceiling_bodies(int64_t ceiling, int64_t wanted, int64_t largest);
