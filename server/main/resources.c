/* Resources: what the process takes from the system before it serves: files, data folder, signals.
 */
#include "resources.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    FILES_MAX = 1 << 20, /* a hard limit of "unlimited" is no number to size tables by */
    FILES_OWN = 64,      /* store, readers, loop, logs, with room to spare */
};

unsigned resources_raise_files(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 1024;
    if (limit.rlim_cur < limit.rlim_max) {
        rlim_t before = limit.rlim_cur;

        limit.rlim_cur = limit.rlim_max < FILES_MAX ? limit.rlim_max : FILES_MAX;
        if (limit.rlim_cur < before || setrlimit(RLIMIT_NOFILE, &limit) != 0)
            limit.rlim_cur = before;
    }
    return limit.rlim_cur < FILES_MAX ? (unsigned)limit.rlim_cur : FILES_MAX;
}

unsigned resources_connections(unsigned files_max, unsigned wanted)
{
    unsigned room = files_max > 2 * FILES_OWN ? files_max - FILES_OWN : FILES_OWN;

    return wanted < room ? wanted : room;
}

/* The entry of a new folder is its parent's content. */
static bool flush_parent(const char *path)
{
    char parent[PATH_MAX];
    const char *slash = strrchr(path, '/');
    int fd;
    bool is_flushed;

    if (slash == NULL)
        (void)snprintf(parent, sizeof(parent), ".");
    else
        (void)snprintf(parent, sizeof(parent), "%.*s/", (int)(slash - path), path);
    fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return false;
    is_flushed = fsync(fd) == 0;
    close(fd);
    return is_flushed;
}

static bool make_one(const char *path)
{
    if (mkdir(path, 0700) == 0)
        return flush_parent(path);
    return errno == EEXIST;
}

enum err resources_make_folder(const char *path, struct error *error)
{
    char step[PATH_MAX];
    size_t len = strlen(path);
    struct stat stat_of;

    while (len > 1 && path[len - 1] == '/')
        len--;
    if (len == 0 || len >= sizeof(step))
        return error_set(error, ERR_INVALID_FIELD, "data", "the path's length cannot be used");
    memcpy(step, path, len);
    step[len] = '\0';
    for (size_t at = 1; at <= len; at++) {
        char kept = step[at];

        if (kept != '/' && kept != '\0')
            continue;
        step[at] = '\0';
        if (!make_one(step))
            return error_set(error, ERR_STORE_UNAVAILABLE, "data", "%.150s: %s", step,
                             strerrordesc_np(errno));
        step[at] = kept;
    }
    if (stat(step, &stat_of) != 0 || !S_ISDIR(stat_of.st_mode))
        return error_set(error, ERR_STORE_UNAVAILABLE, "data", "%.150s is not a folder", step);
    return OK;
}

void resources_set_process(void)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};

    umask(077);
    sigemptyset(&ignore.sa_mask);
    (void)sigaction(SIGPIPE, &ignore, NULL);
    (void)sigaction(SIGXFSZ, &ignore, NULL);
}
