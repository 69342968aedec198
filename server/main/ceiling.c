/* Ceiling: memory of the machine and of control groups, of either version. */
#include "ceiling.h"

#include "base/parse.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    CONNECTION_BYTES = 40 * 1024, /* of one that was used, under TLS; measured */
    CONNECTIONS_LEAST = 64,
    BODIES_LEAST = 8 << 20,
    FILE_MAX = 8192,
};

static struct bytes read_small(const char *path, char *room, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd >= 0 ? read(fd, room, size) : -1;

    if (fd >= 0)
        (void)close(fd); /* it was only read */
    while (len > 0 && (room[len - 1] == '\n' || room[len - 1] == ' '))
        len--;
    return len > 0 ? (struct bytes){room, (size_t)len} : BYTES_NONE;
}

static bool has_controller(struct bytes controllers, const char *controller)
{
    struct bytes one;

    if (controller[0] == '\0')
        return controllers.len == 0;
    while (bytes_split(&controllers, ',', &one))
        if (bytes_is(one, controller))
            return true;
    return false;
}

/* Lines of "number:controllers:/folder". */
struct bytes ceiling_group(struct bytes groups, const char *controller)
{
    struct bytes line, number, controllers;

    while (bytes_split(&groups, '\n', &line)) {
        const char *colon;

        if (!bytes_split(&line, ':', &number) || line.len == 0 ||
            (colon = memchr(line.at, ':', line.len)) == NULL)
            continue;
        controllers = (struct bytes){line.at, (size_t)(colon - line.at)};
        if (has_controller(controllers, controller))
            return (struct bytes){colon + 1, line.len - controllers.len - 1};
    }
    return BYTES_NONE;
}

/* "max", and v1's huge number, are no limit. */
static int64_t limit_in(const char *path)
{
    char room[64];
    int64_t limit;

    return parse_int(read_small(path, room, sizeof(room)), 1, INT64_MAX, &limit) ? limit
                                                                                 : INT64_MAX;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

struct bytes ceiling_parent(struct bytes group)
{
    while (group.len > 0 && group.at[group.len - 1] != '/')
        group.len--;
    if (group.len > 0)
        group.len--;
    return group;
}

/* Each group is bound by those around it. In a container its own is often mounted as the root. */
static int64_t limit_of(struct bytes groups, const char *controller, const char *mount,
                        const char *file)
{
    struct bytes group = ceiling_group(groups, controller);
    char path[FILE_MAX + 256];
    int64_t limit = INT64_MAX;

    if (group.at == NULL)
        return INT64_MAX;
    while (group.len > 0) {
        (void)snprintf(path, sizeof(path), "%s%.*s/%s", mount, BYTES_ARG(group), file);
        limit = least(limit, limit_in(path));
        group = ceiling_parent(group);
    }
    (void)snprintf(path, sizeof(path), "%s/%s", mount, file);
    return least(limit, limit_in(path));
}

int64_t ceiling_read(void)
{
    char room[FILE_MAX];
    struct bytes groups = read_small("/proc/self/cgroup", room, sizeof(room));
    int64_t machine = (int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);
    int64_t unified = limit_of(groups, "", "/sys/fs/cgroup", "memory.max");
    int64_t first = limit_of(groups, "memory", "/sys/fs/cgroup/memory", "memory.limit_in_bytes");

    return least(machine > 0 ? machine : INT64_MAX, least(unified, first));
}

unsigned ceiling_connections(int64_t ceiling, unsigned wanted)
{
    int64_t room = ceiling / 2 / CONNECTION_BYTES;

    if (room >= wanted)
        return wanted;
    if (room >= CONNECTIONS_LEAST)
        return (unsigned)room;
    return wanted < CONNECTIONS_LEAST ? wanted : CONNECTIONS_LEAST;
}

int64_t ceiling_bodies(int64_t ceiling, int64_t wanted, int64_t largest)
{
    int64_t room = ceiling / 4;
    int64_t lowest = largest > BODIES_LEAST ? largest : BODIES_LEAST;

    if (room >= wanted)
        return wanted;
    return room >= lowest ? room : least(wanted, lowest);
}
