/* Terminal: whether a stream shows colours, and how wide it is. */
#include "terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static bool env_is_set(const char *name)
{
    const char *value = getenv(name);

    return value != NULL && value[0] != '\0';
}

bool terminal_has_color(FILE *stream, const char *when)
{
    const char *term = getenv("TERM");

    if (strcmp(when, "always") == 0)
        return true;
    if (strcmp(when, "never") == 0 || env_is_set("NO_COLOR"))
        return false;
    if (env_is_set("FORCE_COLOR"))
        return true;
    return isatty(fileno(stream)) && term != NULL && strcmp(term, "dumb") != 0;
}

size_t terminal_width(FILE *stream)
{
    struct winsize size;

    if (!isatty(fileno(stream)) || ioctl(fileno(stream), TIOCGWINSZ, &size) != 0)
        return 0;
    return size.ws_col;
}
