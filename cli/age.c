/* Age: how long ago something was, short enough for a column. */
#include "age.h"

#include "base/clock.h"

struct unit {
    int64_t s;
    const char *name;
};

static const struct unit units[] = {{86400, "d"}, {3600, "h"}, {60, "m"}, {1, "s"}};

struct bytes age_text(int64_t then_wall_ms, struct arena *arena)
{
    struct clock clock = clock_system();
    int64_t age_s = (clock.now(clock.ctx).wall_ms - then_wall_ms) / 1000;
    const struct unit *unit = units;

    if (then_wall_ms < 0)
        return BYTES_NONE;
    if (age_s < 0)
        age_s = 0;
    while (unit->s > 1 && age_s < unit->s)
        unit++;
    return arena_printf(arena, "%lld%s", (long long)(age_s / unit->s), unit->name);
}
