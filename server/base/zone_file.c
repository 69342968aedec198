/* Zone file: the check of names, and one bounded read. */
#include "base/zone_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"

static bool is_letter_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_part(struct bytes part)
{
    if (part.len == 0 || !is_letter_or_digit(part.at[0]))
        return false;
    for (size_t i = 0; i < part.len; i++) {
        char c = part.at[i];

        if (!is_letter_or_digit(c) && c != '_' && c != '+' && c != '-')
            return false;
    }
    return true;
}

bool zone_name_is_valid(struct bytes name)
{
    struct bytes part;

    if (name.len == 0 || name.len > ZONE_NAME_MAX || name.at[name.len - 1] == '/')
        return false;
    while (bytes_split(&name, '/', &part))
        if (!is_part(part))
            return false;
    return true;
}

static enum err unknown(struct bytes name, const char *where, struct error *error)
{
    return error_set(error, ERR_INVALID_FIELD, where,
                     "no time zone \"%.*s\" on this machine; a name is like Europe/Berlin or UTC",
                     BYTES_ARG(name));
}

/* All that is there, up to one byte more than is taken; -1: errno says why not. */
static ssize_t read_all(int fd, char *to, size_t len_max)
{
    size_t len = 0;

    while (len < len_max) {
        ssize_t got = read(fd, to + len, len_max - len);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        len += (size_t)got;
    }
    return (ssize_t)len;
}

static enum err read_file(int fd, struct bytes name, const char *where, struct bytes *ret_file,
                          struct error *error)
{
    struct stat facts;

    if (fstat(fd, &facts) == 0 && !S_ISREG(facts.st_mode))
        return unknown(name, where, error);

    char *at = mem_alloc(ZONE_FILE_MAX + 1);
    ssize_t len = read_all(fd, at, ZONE_FILE_MAX + 1);

    if (len < 0 || len > ZONE_FILE_MAX) {
        free(at);
        return len < 0 ? error_set(error, ERR_INTERNAL, where, "the time zone %.*s is not readable",
                                   BYTES_ARG(name))
                       : unknown(name, where, error);
    }
    *ret_file = (struct bytes){at, (size_t)len};
    return OK;
}

enum err zone_file_read(const char *folder, struct bytes name, const char *where,
                        struct bytes *ret_file, struct error *error)
{
    char path[PATH_MAX];

    if (!zone_name_is_valid(name))
        return error_set(
            error, ERR_INVALID_FIELD, where,
            "is not the name of a time zone; one is like Europe/Berlin or UTC, at most "
            "%d characters",
            ZONE_NAME_MAX);

    int len = snprintf(path, sizeof(path), "%s/%.*s", folder, BYTES_ARG(name));

    if (len < 0 || (size_t)len >= sizeof(path))
        return error_set(error, ERR_INTERNAL, where,
                         "the folder of time zones has too long a name");

    /* Without waiting, should somebody have put a pipe there. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP))
        return unknown(name, where, error);
    if (fd < 0)
        return error_set(error, ERR_INTERNAL, where, "the time zone %.*s cannot be opened",
                         BYTES_ARG(name));

    enum err code = read_file(fd, name, where, ret_file, error);

    (void)close(fd); /* it was only read */
    return code;
}
