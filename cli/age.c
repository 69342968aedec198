/* Age: how long ago something was, or how far ahead, short enough for a column. */
#include "age.h"

#include "base/clock.h"

struct unit {
    int64_t s;
    const char *name;
};

static const struct unit units[] = {{86400, "d"}, {3600, "h"}, {60, "m"}, {1, "s"}};

static int64_t now_wall_ms(void)
{
    struct clock clock = clock_system();

    return clock.now(clock.ctx).wall_ms;
}

static struct bytes length_text(int64_t ms, struct arena *arena)
{
    int64_t length_s = ms > 0 ? ms / 1000 : 0;
    const struct unit *unit = units;

    while (unit->s > 1 && length_s < unit->s)
        unit++;
    return arena_printf(arena, "%lld%s", (long long)(length_s / unit->s), unit->name);
}

struct bytes age_text(int64_t then_wall_ms, struct arena *arena)
{
    return then_wall_ms < 0 ? BYTES_NONE : length_text(now_wall_ms() - then_wall_ms, arena);
}

struct bytes age_until(int64_t then_wall_ms, struct arena *arena)
{
    return then_wall_ms < 0 ? BYTES_NONE : length_text(then_wall_ms - now_wall_ms(), arena);
}
