/* Duration: lengths of time as people type them, with weeks and years too, and as messages show
 * them. */
#pragma once

#include <stdint.h>

#include "base/arena.h"

/* As parse_duration(), and "2w" of 7 days, "1y" of 365 days. */
bool duration_read(struct bytes text, int64_t max_ms, int64_t *ret_ms);
/* In the largest unit that leaves nothing over: "90d", "1500ms". */
struct bytes duration_text(int64_t ms, struct arena *arena);
