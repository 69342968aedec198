/* Clock: the system's clocks; mono counts while the machine sleeps, so that leases run out then
 * too. */
#include "base/clock.h"

#include <time.h>

#include "base/assert.h"

static int64_t read_ms(clockid_t which)
{
    struct timespec now;

    ASSERT(clock_gettime(which, &now) == 0);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static struct moment system_now(void *ctx)
{
    (void)ctx;
    return (struct moment){.wall_ms = read_ms(CLOCK_REALTIME), .mono_ms = read_ms(CLOCK_BOOTTIME)};
}

struct clock clock_system(void)
{
    return (struct clock){.ctx = NULL, .now = system_now, .grain_ms = 1};
}
