/* Age: how long ago something was, or how far ahead, short enough for a column. */
#pragma once

#include <stdint.h>

#include "base/arena.h"

/* "3s", "12m", "5h", "2d"; NONE for a time below 0. */
struct bytes age_text(int64_t then_wall_ms, struct arena *arena);
/* The same of how long it is until then. */
struct bytes age_until(int64_t then_wall_ms, struct arena *arena);
