/* Resources: what the process is to the system before it serves: files, user, signals. */
#include "resources.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    FILES_MAX = 1 << 20, /* a hard limit of "unlimited" is no number to size tables by */
    FILES_OWN = 128,     /* store, readers, loop, logs, HTTP_EXTRA_FILES, with room to spare */
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

bool resources_is_container(pid_t pid, const char *variable)
{
    return pid == 1 || (variable != NULL && strcmp(variable, "1") == 0);
}

enum err resources_check_user(bool allows_root, struct error *error)
{
    if (allows_root || geteuid() != 0 ||
        !resources_is_container(getpid(), getenv("SLUICE_CONTAINER")))
        return OK;
    return error_set(error, ERR_FORBIDDEN, "allow_root",
                     "this is root in a container: run it as another user, or say --allow-root");
}

void resources_set_process(bool with_core_dumps)
{
    const struct rlimit none = {0};
    struct sigaction ignore = {.sa_handler = SIG_IGN};

    umask(077);
    if (!with_core_dumps)
        (void)setrlimit(RLIMIT_CORE, &none);
    sigemptyset(&ignore.sa_mask);
    (void)sigaction(SIGPIPE, &ignore, NULL);
    (void)sigaction(SIGXFSZ, &ignore, NULL);
}
