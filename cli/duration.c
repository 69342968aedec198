/* Duration: lengths of time as people type them, with weeks and years too, and as messages show
 * them. */
#include "duration.h"

#include "base/compiler.h"
#include "base/parse.h"

#define DAY_MS INT64_C(86400000)

struct unit {
    const char *name;
    int64_t ms;
};

static const struct unit long_units[] = {{"w", 7 * DAY_MS}, {"y", 365 * DAY_MS}};
static const struct unit shown_units[] = {{"y", 365 * DAY_MS}, {"d", DAY_MS}, {"h", 3600000},
                                          {"m", 60000},        {"s", 1000},   {"ms", 1}};

bool duration_read(struct bytes text, int64_t max_ms, int64_t *ret_ms)
{
    for (size_t i = 0; i < ARRAY_LEN(long_units); i++) {
        const struct unit *unit = &long_units[i];
        int64_t thousandths;

        if (text.len == 0 || text.at[text.len - 1] != unit->name[0])
            continue;
        text.len--; /* what stands before it is a plain number, read as if it were seconds */
        if (!parse_seconds(text, max_ms / (unit->ms / 1000), &thousandths))
            return false;
        *ret_ms = thousandths * (unit->ms / 1000);
        return true;
    }
    return parse_duration(text, max_ms, ret_ms);
}

struct bytes duration_text(int64_t ms, struct arena *arena)
{
    const struct unit *unit = shown_units;

    while (unit->ms > 1 && (ms < unit->ms || ms % unit->ms != 0))
        unit++;
    return arena_printf(arena, "%lld%s", (long long)(ms / unit->ms), unit->name);
}
