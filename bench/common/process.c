/* Process: the CPU time of another process, read from /proc. */
#include "common/process.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/stopwatch.h"

/* The numbers 14 and 15 of /proc/PID/stat; counting begins behind the name, which may hold spaces.
 */
static int64_t ticks_of(const char *stat)
{
    unsigned long long user_ticks = 0;
    unsigned long long system_ticks = 0;
    const char *behind_name = strrchr(stat, ')');

    if (!behind_name ||
        sscanf(behind_name + 1, " %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %llu %llu",
               &user_ticks, &system_ticks) != 2)
        return 0;
    return (int64_t)(user_ticks + system_ticks);
}

int64_t process_cpu_ns(int64_t pid)
{
    char path[64];
    char stat[1024] = {0};

    if (pid <= 0)
        return 0;
    (void)snprintf(path, sizeof path, "/proc/%lld/stat", (long long)pid);
    FILE *file = fopen(path, "re");
    if (!file)
        return 0;
    size_t n = fread(stat, 1, sizeof stat - 1, file);
    (void)fclose(file); /* only read */
    return n > 0 ? ticks_of(stat) * (NS_PER_S / sysconf(_SC_CLK_TCK)) : 0;
}
